/* SPDX-License-Identifier: ISC */
#include <signal.h>
#include <string.h>

#include "conn/conn_private.h"
#include "test_unit.h"

START_TEST(test_last_given_is_next_taken)
{
	struct conn_pool pool;
	void *first, *second;

	conn_pool_init(&pool, 100, 2);
	first = conn_pool_take(&pool);
	second = conn_pool_take(&pool);
	ck_assert_ptr_ne(first, second);
	memset(first, 1, 100);
	memset(second, 2, 100);
	conn_pool_give(&pool, first);
	conn_pool_give(&pool, second);
	ck_assert_ptr_eq(conn_pool_take(&pool), second);
	ck_assert_ptr_eq(conn_pool_take(&pool), first);
	memset(first, 3, 100);
	conn_pool_give(&pool, first);
	conn_pool_give(&pool, second);
	conn_pool_fini(&pool);
}
END_TEST

START_TEST(test_keeps_no_more_than_told)
{
	struct conn_pool pool;
	void *items[3];
	int i;

	conn_pool_init(&pool, 64, 2);
	for (i = 0; i < 3; i++)
		items[i] = conn_pool_take(&pool);
	ck_assert_uint_eq(pool.taken_count, 3);
	for (i = 0; i < 3; i++)
		conn_pool_give(&pool, items[i]);
	ck_assert_uint_eq(pool.free_count, 2);
	ck_assert_uint_eq(pool.taken_count, 0);
	conn_pool_fini(&pool);
}
END_TEST

START_TEST(test_fini_while_in_use_panics)
{
	struct conn_pool pool;

	conn_pool_init(&pool, 64, 2);
	conn_pool_take(&pool);
	conn_pool_fini(&pool);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("conn_pool");
	TCase *tests = tcase_create("pool");

	tcase_add_test(tests, test_last_given_is_next_taken);
	tcase_add_test(tests, test_keeps_no_more_than_told);
	tcase_add_test_raise_signal(
	    tests, test_fini_while_in_use_panics, SIGABRT);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
