/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/base_memory.h"
#include "test_config.h"
#include "test_unit.h"
#include "worker/worker_landlock.h"

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

static struct test_config config;
static struct buffer seen;

static void
set_up(void)
{
	buffer_init(&seen, 0);
}

static void
tear_down(void)
{
	buffer_fini(&seen);
	test_config_fini(&config);
}

/* worker_landlock_visit */
static int
on_place(void *context, const struct worker_landlock_place *place,
    struct error *error)
{
	static const char letters[] = {
		[WORKER_LANDLOCK_READ] = 'r',
		[WORKER_LANDLOCK_WRITE] = 'w',
		[WORKER_LANDLOCK_KEEP] = 'k',
	};

	buffer_format(&seen, "%c %s, ", letters[place->access], place->path);
	return 0;
}

#define LISTEN       "listen \"127.0.0.1:0\" {}\n"
#define HOST(mounts) LISTEN "host \"*\" { " mounts " }\n"
#define FILES        "mount \"/f\" { files = \"/srv\" }\n"
#define MODULE(more) "mount \"/m\" { module = \"/m.so\" " more " }\n"
#define BODIES       "k /tmp, "

static const struct {
	const char *text, *places;
} places[] = {
	{ HOST(FILES), "r /srv, " BODIES },
	{ HOST(MODULE("")), BODIES },
	{ HOST("mount \"/\" { redirect = \"/x\" }"), BODIES },
	{ HOST(MODULE("read = \"/a:/b\" write = \"/c\"") FILES),
	    "r /a, r /b, w /c, r /srv, " BODIES },
	{ "types = \"/t\"\n" HOST(FILES), "r /srv, r /t, " BODIES },
	{ "core_directory = \"/c\"\n" HOST(FILES), "r /srv, " BODIES },
	{ "core_directory = \"/c\"\ncore_dumps = true\n" HOST(FILES),
	    "r /srv, " BODIES "k /c, " },
};

START_TEST(settings_name_places)
{
	struct error error;

	test_config_must_parse(&config, places[_i].text, NULL);
	ck_assert_int_eq(
	    worker_landlock_each(config.settings, on_place, NULL, &error), 0);
	ck_assert_str_eq(seen.data, places[_i].places);
}
END_TEST

static const struct {
	const char *text, *reason;
} checks[] = {
	{ HOST(MODULE("read = \"/etc:/dev\" write = \"/tmp\"")), NULL },
	{ HOST(FILES), NULL }, /* its service says it */
	{ "core_directory = \"/nowhere\"\ncore_dumps = true\n" HOST(MODULE("")),
	    NULL }, /* it is made */
	{ HOST(MODULE("read = \"/etc:/nowhere\"")),
	    "cohort.conf:2: mount \"/m\": read \"/nowhere\": No such file or "
	    "directory" },
	{ HOST(MODULE("write = \"/nowhere\"")),
	    "cohort.conf:2: mount \"/m\": write \"/nowhere\": No such file or "
	    "directory" },
	{ "http { body_directory = \"/nowhere\" }\n" HOST(FILES),
	    "body_directory \"/nowhere\": No such file or directory" },
};

START_TEST(what_is_not_there_is_named)
{
	struct error error;
	int result;

	test_config_must_parse(&config, checks[_i].text, NULL);
	result = worker_landlock_check(config.settings, &error);
	ck_assert_int_eq(result, checks[_i].reason == NULL ? 0 : -1);
	if (checks[_i].reason == NULL)
		return;
	ck_assert_str_eq(error.text, checks[_i].reason);
	ck_assert_int_eq(error.kind, ERROR_CONFIG);
}
END_TEST

START_TEST(words_name_each_place_once)
{
	char *again;

	if (worker_landlock_version() == 0)
		return;
	test_config_must_parse(&config,
	    HOST(MODULE("read = \"/srv\" write = \"/c:/d\"") FILES), NULL);
	worker_landlock_describe(config.settings, &seen);
	ck_assert_ptr_nonnull(strstr(seen.data,
	    "what programs need, read \"/srv\", read and write \"/c\" "
	    "\"/d\", keep files in \"/tmp\""));
	again = strstr(strstr(seen.data, "/srv") + 1, "/srv");
	ck_assert_ptr_null(again);
	buffer_clear(&seen);
	config.settings->landlock = false;
	worker_landlock_describe(config.settings, &seen);
	ck_assert_str_eq(seen.data, "landlock is off");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("worker_landlock_places");
	TCase *tests = tcase_create("places");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_loop_test(tests, settings_name_places, 0, ROWS(places));
	tcase_add_loop_test(tests, what_is_not_there_is_named, 0, ROWS(checks));
	tcase_add_test(tests, words_name_each_place_once);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
