/* SPDX-License-Identifier: ISC */
/*
 * Configuration files, through libconfuse: an error has words, and what was
 * read is read back from what cohortd -T prints.
 */
#include "fuzz.h"

#include <sys/mman.h>

#include <unistd.h>

#include "config/config_parse.h"
#include "config/config_print.h"

const char *const fuzz_corpora[] = { "tests/fuzz/corpus-config", NULL };

/* A file in memory, as the parser wants one that it can open. */
static struct settings *
parse(const void *text, size_t size, struct error *error)
{
	struct config_overrides overrides = { .directory = "/srv" };
	struct settings *settings = NULL;
	char path[64];
	int fd, result;

	fd = memfd_create("cohort.conf", MFD_CLOEXEC);
	FUZZ_CHECK(fd != -1);
	FUZZ_CHECK(write(fd, text, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	overrides.file = path;
	result = config_parse(&overrides, &settings, error);
	close(fd);
	FUZZ_CHECK((result == 0) == (settings != NULL));
	return settings;
}

static char *
print(const struct settings *settings, size_t *size_r)
{
	char *text = NULL;
	FILE *stream = open_memstream(&text, size_r);

	config_print(settings, stream);
	fclose(stream);
	return text;
}

static void
check_print(const struct settings *settings)
{
	struct settings *again;
	struct error error;
	char *first, *second;
	size_t first_size, second_size;

	first = print(settings, &first_size);
	again = parse(first, first_size, &error);
	if (again == NULL)
		fprintf(stderr, "%s\n%s\n", first, error.text);
	FUZZ_CHECK(again != NULL);
	second = print(again, &second_size);
	FUZZ_CHECK(strcmp(first, second) == 0);
	settings_free(&again);
	free(first);
	free(second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct settings *settings;
	struct error error = { .text = "" };

	settings = parse(data, size, &error);
	if (settings == NULL) {
		FUZZ_CHECK(error.text[0] != '\0');
		return 0;
	}
	check_print(settings);
	settings_free(&settings);
	return 0;
}
