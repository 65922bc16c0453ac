/* SPDX-License-Identifier: ISC */
#include "master/master_json.h"

#include <string.h>

#include "test_unit.h"

static void
expect(json_t *value, const char *text)
{
	ck_assert_str_eq(json_string_value(value), text);
	json_decref(value);
}

START_TEST(what_others_say_is_escaped)
{
	expect(master_json_text("plain", 5), "plain");
	expect(master_json_text("", 0), "");
	expect(master_json_text("a\0\x1b[2J\xff\"\\", 9),
	    "a\\x00\\x1b[2J\\xff\\\"\\\\");
}
END_TEST

START_TEST(none_is_null)
{
	json_t *value = master_json_text_or_null(NULL);

	ck_assert(json_is_null(value));
	json_decref(value);
	expect(master_json_text_or_null(""), "");
	expect(master_json_text_or_null("\n"), "\\x0a");
}
END_TEST

START_TEST(times_are_utc)
{
	expect(master_json_time(0), "1970-01-01T00:00:00Z");
	expect(master_json_time(1893456000), "2030-01-01T00:00:00Z");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("master_json");
	TCase *tests = tcase_create("json");

	tcase_add_test(tests, what_others_say_is_escaped);
	tcase_add_test(tests, none_is_null);
	tcase_add_test(tests, times_are_utc);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
