/* SPDX-License-Identifier: ISC */
/*
 * For tests of set-up: an application of a few mounts whose setups are
 * functions of the test.
 */
#ifndef TEST_APP_SETUP_H
#define TEST_APP_SETUP_H

#include <check.h>
#include <string.h>

#include "app/app_private.h"

struct test_mount {
	const char *host;   /* NULL: "*"; those of a host together */
	const char *prefix; /* NULL: "/" */
	int (*setup)(struct cohort_app *app); /* NULL: test_no_setup */
	struct settings_pair set[3];          /* up to one with name NULL */
	enum settings_service service;        /* NONE: a module */
	const char *module;                   /* a path; setup is not called */
};

#define TEST_MOUNTS_MAX 8

static char test_half_close[sizeof("keep")] = "end";

static const struct test_mount *test_mounts; /* what test_setup looks at */

static inline int
test_no_setup(struct cohort_app *app)
{
	return 0;
}

/* The setup of all mounts: calls that of the mount. */
static inline int
test_setup(struct cohort_app *app)
{
	const struct test_mount *mount = &test_mounts[app->index];

	return mount->setup != NULL ? mount->setup(app) : 0;
}

static inline int
test_service_setup(struct cohort_app *app, const struct settings *settings,
    const struct settings_mount *mount)
{
	return test_setup(app);
}

static inline size_t
test_copy_mounts(const struct test_mount *mounts, size_t count,
    struct settings_mount *to, struct settings_host *hosts)
{
	size_t i, host_count = 0;
	const char *host = "";

	for (i = 0; i < count; i++) {
		const char *name =
		    mounts[i].host != NULL ? mounts[i].host : "*";

		to[i] = (struct settings_mount) {
			.prefix = memory_copy_text(
			    mounts[i].prefix != NULL ? mounts[i].prefix : "/"),
			.place = memory_format("test.conf:%zu", i + 1),
			.service = mounts[i].service != SETTINGS_SERVICE_NONE ?
			    mounts[i].service :
			    SETTINGS_SERVICE_MODULE,
			.module = memory_copy_text(mounts[i].module),
			.max_body = 1000 * (i + 1),
			.set = memory_alloc(sizeof(mounts[i].set)),
		};
		memcpy(to[i].set, mounts[i].set, sizeof(mounts[i].set));
		while (to[i].set_count < 3 &&
		    to[i].set[to[i].set_count].name != NULL)
			to[i].set_count++;
		if (strcmp(host, name) != 0)
			hosts[host_count++] = (struct settings_host) {
				.name = memory_copy_text(name),
				.mounts = &to[i],
			};
		hosts[host_count - 1].mount_count++;
		host = name;
	}
	return host_count;
}

static inline void
test_free_settings(struct settings_mount *mounts, struct settings_host *hosts)
{
	size_t i;

	for (i = 0; i < TEST_MOUNTS_MAX; i++) {
		memory_free(mounts[i].prefix);
		memory_free(mounts[i].place);
		memory_free(mounts[i].module);
		memory_free(mounts[i].set);
		memory_free(hosts[i].name);
		mounts[i] = (struct settings_mount) { 0 };
		hosts[i] = (struct settings_host) { 0 };
	}
}

/* The settings live until the next call: one application at a time. */
static inline int
test_app_new(const struct test_mount *mounts, size_t count, struct app **app_r,
    struct error *error)
{
	static struct settings settings;
	static struct settings_mount copies[TEST_MOUNTS_MAX];
	static struct settings_host hosts[TEST_MOUNTS_MAX];
	static const struct cohort_module builtin = {
		.magic = COHORT_MODULE_MAGIC,
		.abi = COHORT_ABI,
		.size = sizeof(builtin),
		.api = COHORT_API,
		.name = "test",
		.built = COHORT_VERSION,
		.setup = test_setup,
	};
	static const struct app_service service = {
		.service = SETTINGS_SERVICE_FILES,
		.setup = test_service_setup,
	};
	const struct app_settings wanted = {
		.settings = &settings,
		.builtin = &builtin,
		.services = &service,
		.service_count = 1,
	};

	ck_assert_uint_le(count, TEST_MOUNTS_MAX);
	test_free_settings(copies, hosts);
	test_mounts = mounts;
	settings.http.handler_timeout = 60000;
	settings.http.output_buffer = 65536;
	settings.http.half_close = test_half_close;
	settings.hosts = hosts;
	settings.host_count = test_copy_mounts(mounts, count, copies, hosts);
	return app_new(&wanted, app_r, error);
}

#endif
