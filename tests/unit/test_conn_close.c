/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "conn/conn_close.h"
#include "test_unit.h"

START_TEST(test_words_are_unique)
{
	int i, j;

	for (i = 0; i < CONN_CLOSE_COUNT; i++) {
		ck_assert_uint_gt(strlen(conn_close_word(i)), 0);
		for (j = 0; j < i; j++)
			ck_assert_str_ne(
			    conn_close_word(i), conn_close_word(j));
	}
}
END_TEST

START_TEST(test_table_is_indexed_by_reason)
{
	ck_assert_str_eq(conn_close_word(CONN_CLOSE_CLIENT), "client");
	ck_assert(!conn_close_is_error(CONN_CLOSE_CLIENT));
	ck_assert_str_eq(
	    conn_close_word(CONN_CLOSE_WRITE_TIMEOUT), "write-timeout");
	ck_assert(conn_close_is_error(CONN_CLOSE_WRITE_TIMEOUT));
	ck_assert_str_eq(conn_close_word(CONN_CLOSE_ERROR), "error");
	ck_assert(conn_close_is_error(CONN_CLOSE_ERROR));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("conn_close");
	TCase *tests = tcase_create("close");

	tcase_add_test(tests, test_words_are_unique);
	tcase_add_test(tests, test_table_is_indexed_by_reason);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
