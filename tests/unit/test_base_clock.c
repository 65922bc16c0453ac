/* SPDX-License-Identifier: ISC */
#include "base/base_clock.h"
#include "test_unit.h"

#define TICK_MS 10 /* the longest a coarse clock may be behind */

START_TEST(coarse_and_precise_clock_agree)
{
	uint64_t before, coarse, after;
	int i;

	for (i = 0; i < 1000; i++) {
		before = clock_monotonic_us() / 1000;
		coarse = clock_monotonic_ms();
		after = clock_monotonic_us() / 1000;
		ck_assert_uint_ge(coarse + TICK_MS + 1, before);
		ck_assert_uint_le(coarse, after);
	}
}
END_TEST

START_TEST(wall_clock_is_that_of_time)
{
	time_t before = time(NULL), seconds = clock_wall_seconds();

	ck_assert_int_ge(seconds, before - 1);
	ck_assert_int_le(seconds, time(NULL));
}
END_TEST

START_TEST(timeval_has_seconds_and_the_rest)
{
	struct timeval value = clock_timeval(86400001);

	ck_assert_int_eq(value.tv_sec, 86400);
	ck_assert_int_eq(value.tv_usec, 1000);
	value = clock_timeval(999);
	ck_assert_int_eq(value.tv_sec, 0);
	ck_assert_int_eq(value.tv_usec, 999000);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("base_clock");
	TCase *tcase = tcase_create("clock");

	tcase_add_test(tcase, coarse_and_precise_clock_agree);
	tcase_add_test(tcase, wall_clock_is_that_of_time);
	tcase_add_test(tcase, timeval_has_seconds_and_the_rest);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
