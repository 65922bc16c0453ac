/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>

#include "base/base_error.h"
#include "test_unit.h"

static struct error error;

START_TEST(set_describes)
{
	error.number = 5;
	ck_assert_int_eq(
	    error_set(&error, ERROR_CONFIG, "line %d: %s", 3, "what"), -1);
	ck_assert_str_eq(error.text, "line 3: what");
	ck_assert_int_eq(error.kind, ERROR_CONFIG);
	ck_assert_int_eq(error.number, 0);
}
END_TEST

START_TEST(set_errno_appends_the_reason)
{
	errno = EACCES;
	ck_assert_int_eq(error_set_errno(&error, "bind %d", 80), -1);
	ck_assert_int_eq(errno, EACCES);
	ck_assert_str_eq(error.text, "bind 80: Permission denied");
	ck_assert_int_eq(error.kind, ERROR_SYSTEM);
	ck_assert_int_eq(error.number, EACCES);
}
END_TEST

START_TEST(wrap_keeps_kind_and_number)
{
	errno = EACCES;
	error_set_errno(&error, "bind");
	ck_assert_int_eq(error_wrap(&error, "listen %s", "a:80"), -1);
	ck_assert_str_eq(error.text, "listen a:80: bind: Permission denied");
	ck_assert_int_eq(error.kind, ERROR_SYSTEM);
	ck_assert_int_eq(error.number, EACCES);
}
END_TEST

START_TEST(old_text_may_be_an_argument)
{
	error_set(&error, ERROR_RUNTIME, "inner");
	error_set(&error, ERROR_RUNTIME, "<%s>", error.text);
	ck_assert_str_eq(error.text, "<inner>");
	error_wrap(&error, "%s again", error.text);
	ck_assert_str_eq(error.text, "<inner> again: <inner>");
}
END_TEST

START_TEST(long_text_is_cut)
{
	int i;

	error_set(&error, ERROR_RUNTIME, "%2000s", "x");
	ck_assert_uint_eq(strlen(error.text), sizeof(error.text) - 1);
	error_set(&error, ERROR_RUNTIME, "end");
	for (i = 0; i < 100; i++)
		error_wrap(&error, "%20s", "words");
	ck_assert_uint_eq(strlen(error.text), sizeof(error.text) - 1);
}
END_TEST

START_TEST(clear_empties)
{
	errno = ENOENT;
	error_set_errno(&error, "open");
	error_clear(&error);
	ck_assert_str_eq(error.text, "");
	ck_assert_int_eq(error.kind, ERROR_NONE);
	ck_assert_int_eq(error.number, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("base_error");
	TCase *tcase = tcase_create("error");

	tcase_add_test(tcase, set_describes);
	tcase_add_test(tcase, set_errno_appends_the_reason);
	tcase_add_test(tcase, wrap_keeps_kind_and_number);
	tcase_add_test(tcase, old_text_may_be_an_argument);
	tcase_add_test(tcase, long_text_is_cut);
	tcase_add_test(tcase, clear_empties);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
