/* SPDX-License-Identifier: ISC */
/*
 * Configuration text through config_parse, for the tests of config/.
 */
#ifndef TEST_CONFIG_H
#define TEST_CONFIG_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config_parse.h"

#define TEST_CONFIG_NAME "cohort.conf"

/* A fresh directory, the file cohort.conf in it, both gone after the call. */
struct test_config {
	char directory[64];
	struct settings *settings; /* NULL after an error */
	struct error error;
};

/*
 * Parses text as the file cohort.conf, which is what errors call it, with
 * the overrides, or none when they are NULL.  Returns what config_parse did;
 * test_config_fini frees.
 */
static inline int
test_config_parse(struct test_config *config, const char *text,
    const struct config_overrides *overrides)
{
	struct config_overrides used = { .foreground = false };
	char path[96];
	int result;
	FILE *file;

	memset(config, 0, sizeof(*config));
	strcpy(config->directory, "/tmp/cohort-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(config->directory));
	snprintf(path, sizeof(path), "%s/" TEST_CONFIG_NAME, config->directory);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
	if (overrides != NULL)
		used = *overrides;
	used.directory = config->directory;
	used.file = TEST_CONFIG_NAME;
	result = config_parse(&used, &config->settings, &config->error);
	unlink(path);
	rmdir(config->directory);
	return result;
}

/* The same, which must succeed. */
static inline void
test_config_must_parse(struct test_config *config, const char *text,
    const struct config_overrides *overrides)
{
	int result = test_config_parse(config, text, overrides);

	ck_assert_msg(result == 0, "%s", config->error.text);
}

static inline void
test_config_fini(struct test_config *config)
{
	if (config->settings != NULL)
		settings_free(&config->settings);
}

#endif
