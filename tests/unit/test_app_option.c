/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "app/app_option.h"
#include "test_unit.h"

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

static char half_close_end[] = "end", half_close_keep[] = "keep";

static struct app_options
fresh(void)
{
	struct settings_http http = {
		.handler_timeout = 60000,
		.half_close = half_close_end,
	};
	struct settings_mount mount = { .max_body = 1048576 };
	struct app_options options;

	app_options_init(&options, &http, &mount);
	return options;
}

START_TEST(defaults_are_those_of_mount_and_http)
{
	struct app_options options = fresh();
	struct settings_http http = { .half_close = half_close_keep };
	struct settings_mount mount = { .max_body = 7 };

	ck_assert_uint_eq(options.body_limit, 1048576);
	ck_assert_uint_eq(options.timeout_ms, 60000);
	ck_assert(!options.keep_half_closed);
	ck_assert_ptr_null(options.name);
	app_options_init(&options, &http, &mount);
	ck_assert_uint_eq(options.body_limit, 7);
	ck_assert(options.keep_half_closed);
}
END_TEST

static const struct {
	const char *key, *value;
	bool of_route;
	struct app_options expected; /* but for given */
} accepted[] = {
	{ "body_limit", "64k", false, { 65536, 60000, false, false, NULL, 0 } },
	{ "body_limit", "0", true, { 0, 60000, false, false, NULL, 0 } },
	{ "body_limit", "1024g", true,
	    { 1099511627776, 60000, false, false, NULL, 0 } },
	{ "timeout", "1500ms", true, { 1048576, 1500, false, false, NULL, 0 } },
	{ "timeout", "24h", false,
	    { 1048576, 86400000, false, false, NULL, 0 } },
	{ "half_close", "keep", true,
	    { 1048576, 60000, true, false, NULL, 0 } },
	{ "half_close", "end", true,
	    { 1048576, 60000, false, false, NULL, 0 } },
	{ "blocking", "yes", true, { 1048576, 60000, false, true, NULL, 0 } },
	{ "blocking", "no", false, { 1048576, 60000, false, false, NULL, 0 } },
	{ "name", "user", true, { 1048576, 60000, false, false, "user", 0 } },
};

START_TEST(accepts_the_words_of_the_configuration)
{
	struct app_options options = fresh();
	const struct app_options *expected = &accepted[_i].expected;
	struct error error;

	ck_assert_int_eq(app_options_set(&options, accepted[_i].of_route,
			     accepted[_i].key, accepted[_i].value, &error),
	    0);
	ck_assert_uint_eq(options.body_limit, expected->body_limit);
	ck_assert_uint_eq(options.timeout_ms, expected->timeout_ms);
	ck_assert_int_eq(options.keep_half_closed, expected->keep_half_closed);
	ck_assert_int_eq(options.is_blocking, expected->is_blocking);
	ck_assert_pstr_eq(options.name, expected->name);
}
END_TEST

static const struct {
	const char *key, *value;
	bool of_route;
	const char *words; /* that the error holds */
} refused[] = {
	{ "body_limt", "1m", true,
	    "option \"body_limt\": there is none of that name for routes: "
	    "body_limit, timeout, half_close, blocking, name" },
	{ "name", "x", false,
	    "option \"name\": there is none of that name for scopes: "
	    "body_limit, timeout, half_close, blocking" },
	{ "", "x", true, "option \"\"" },
	{ "BODY_LIMIT", "1m", true, "option \"BODY_LIMIT\"" },
	{ "body_limit", "1mb", true, "option body_limit: \"1mb\": " },
	{ "body_limit", "1025g", true, "option body_limit: " },
	{ "body_limit", "-1", true, "option body_limit: " },
	{ "timeout", "30", true, "option timeout: \"30\": " },
	{ "timeout", "0", true, "option timeout: " },
	{ "timeout", "25h", true, "option timeout: " },
	{ "half_close", "yes", true,
	    "option half_close: \"yes\": end or keep" },
	{ "blocking", "keep", true, "option blocking: \"keep\": yes or no" },
	{ "name", "", true, "option name: \"\": a name is not empty" },
};

START_TEST(refuses_the_rest_and_says_what_is_allowed)
{
	struct app_options options = fresh(), before = options;
	struct error error;

	ck_assert_int_eq(app_options_set(&options, refused[_i].of_route,
			     refused[_i].key, refused[_i].value, &error),
	    -1);
	ck_assert_int_eq(error.kind, ERROR_CONFIG);
	ck_assert_msg(strstr(error.text, refused[_i].words) == error.text, "%s",
	    error.text);
	ck_assert_mem_eq(&options, &before, sizeof(options));
}
END_TEST

START_TEST(inherits_what_was_not_given)
{
	struct app_options outer = fresh(), inner = { 0 };
	struct error error;

	ck_assert_int_eq(
	    app_options_set(&outer, false, "timeout", "5s", &error), 0);
	ck_assert_int_eq(
	    app_options_set(&outer, false, "half_close", "keep", &error), 0);
	ck_assert_int_eq(
	    app_options_set(&inner, true, "half_close", "end", &error), 0);
	ck_assert_int_eq(app_options_set(&inner, true, "name", "a", &error), 0);
	app_options_inherit(&inner, &outer);
	ck_assert_uint_eq(inner.timeout_ms, 5000);
	ck_assert_uint_eq(inner.body_limit, 1048576);
	ck_assert(!inner.keep_half_closed);
	ck_assert_str_eq(inner.name, "a");
}
END_TEST

START_TEST(does_not_inherit_names)
{
	struct app_options outer = fresh(), inner = { 0 };

	outer.name = "outer";
	app_options_inherit(&inner, &outer);
	ck_assert_ptr_null(inner.name);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("app_option");
	TCase *tcase = tcase_create("option");

	tcase_add_test(tcase, defaults_are_those_of_mount_and_http);
	tcase_add_loop_test(
	    tcase, accepts_the_words_of_the_configuration, 0, ROWS(accepted));
	tcase_add_loop_test(
	    tcase, refuses_the_rest_and_says_what_is_allowed, 0, ROWS(refused));
	tcase_add_test(tcase, inherits_what_was_not_given);
	tcase_add_test(tcase, does_not_inherit_names);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
