/* SPDX-License-Identifier: ISC */
#include "master/master_patience.h"

#include "test_unit.h"

static const struct master_patience patience = {
	.warn_ms = 1000,
	.end_ms = 3000,
	.most_ms = 500,
};

static struct master_hang hang;

static void
set_up(void)
{
	hang = (struct master_hang) { 0 };
}

static enum master_hang_action
see(uint64_t since_ms, uint64_t passed_ms)
{
	return master_hang_see(&hang, &patience, since_ms, 10000, passed_ms);
}

START_TEST(what_goes_on_is_warned_of_once_and_then_ended)
{
	int i;

	for (i = 0; i < 3; i++)
		ck_assert_int_eq(see(7, 250), MASTER_HANG_NOTHING);
	ck_assert_int_eq(see(7, 250), MASTER_HANG_WARN);
	/* Who sees sets it: until then it is due. */
	ck_assert_int_eq(see(7, 250), MASTER_HANG_WARN);
	hang.is_warned = true;
	for (i = 0; i < 6; i++)
		ck_assert_int_eq(see(7, 250), MASTER_HANG_NOTHING);
	ck_assert_int_eq(see(7, 250), MASTER_HANG_END);
	ck_assert_int_eq(see(7, 250), MASTER_HANG_END);
	ck_assert_uint_eq(hang.seen_ms, 3250);
}
END_TEST

START_TEST(another_run_begins_anew)
{
	int i;

	for (i = 0; i < 100; i++)
		ck_assert_int_eq(
		    see((uint64_t)i + 1, 250), MASTER_HANG_NOTHING);
	for (i = 0; i < 100; i++)
		ck_assert_int_eq(see(0, 250), MASTER_HANG_NOTHING);
}
END_TEST

/* It began a moment before the look. */
START_TEST(no_run_is_older_than_it_says)
{
	master_hang_see(&hang, &patience, 7, 30, 250);
	ck_assert_uint_eq(hang.seen_ms, 30);
}
END_TEST

/* The watch was stopped, or the machine slept. */
START_TEST(a_late_look_counts_for_so_much_at_most)
{
	ck_assert_int_eq(see(7, 3600000), MASTER_HANG_NOTHING);
	ck_assert_uint_eq(hang.seen_ms, 500);
}
END_TEST

/* However long the watch was stopped. */
START_TEST(the_first_look_at_an_idle_one_ends_nothing)
{
	const struct master_patience idle = {
		.end_ms = 3000,
		.most_ms = master_hang_most(3000, true),
	};

	ck_assert_int_eq(master_hang_see(&hang, &idle, 7, 3600000, 3600000),
	    MASTER_HANG_NOTHING);
	ck_assert_uint_eq(hang.seen_ms, 2250);
	ck_assert_uint_eq(master_hang_most(250, false), 500);
}
END_TEST

START_TEST(what_is_forgiven_counts_anew)
{
	int i;

	for (i = 0; i < 11; i++)
		see(7, 250);
	hang.is_warned = true;
	master_hang_forgive(&hang);
	ck_assert_int_eq(see(7, 250), MASTER_HANG_NOTHING);
	ck_assert_uint_eq(hang.seen_ms, 250);
	ck_assert(!hang.is_warned);
}
END_TEST

START_TEST(limits_of_zero_mean_never)
{
	const struct master_patience never = { .most_ms = 500 };
	int i;

	for (i = 0; i < 1000; i++)
		ck_assert_int_eq(master_hang_see(&hang, &never, 7, 10000, 250),
		    MASTER_HANG_NOTHING);
}
END_TEST

static const struct {
	uint64_t warn_ms, end_ms, period_ms, idle_ms;
} periods[] = {
	{ 0, 0, 0, 0 },
	{ 1000, 0, 250, 1000 },
	{ 0, 1000, 250, 1000 },
	{ 1000, 400, 100, 400 },
	{ 400, 1000, 100, 400 },
	{ 10, 0, 50, 50 },
	{ 60000, 300000, 1000, 60000 },
};

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

START_TEST(looks_are_as_often_as_the_least_limit_wants)
{
	ck_assert_uint_eq(
	    master_hang_period(periods[_i].warn_ms, periods[_i].end_ms, false),
	    periods[_i].period_ms);
	ck_assert_uint_eq(
	    master_hang_period(periods[_i].warn_ms, periods[_i].end_ms, true),
	    periods[_i].idle_ms);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("master_patience");
	TCase *tests = tcase_create("patience");

	tcase_add_checked_fixture(tests, set_up, NULL);
	tcase_add_test(tests, what_goes_on_is_warned_of_once_and_then_ended);
	tcase_add_test(tests, another_run_begins_anew);
	tcase_add_test(tests, no_run_is_older_than_it_says);
	tcase_add_test(tests, a_late_look_counts_for_so_much_at_most);
	tcase_add_test(tests, the_first_look_at_an_idle_one_ends_nothing);
	tcase_add_test(tests, what_is_forgiven_counts_anew);
	tcase_add_test(tests, limits_of_zero_mean_never);
	tcase_add_loop_test(tests, looks_are_as_often_as_the_least_limit_wants,
	    0, ROWS(periods));
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
