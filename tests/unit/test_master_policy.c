/* SPDX-License-Identifier: ISC */
#include "master/master_policy.h"
#include "test_unit.h"

START_TEST(a_worker_that_served_is_replaced_at_once)
{
	struct master_policy policy = { 0 };
	int i;

	for (i = 0; i < 100; i++) {
		master_policy_note_death(&policy, true, 1000);
		ck_assert_uint_eq(master_policy_delay(&policy, 1000), 0);
	}
}
END_TEST

START_TEST(early_deaths_double_the_wait_up_to_the_cap)
{
	static const uint64_t waits[] = { 0, 500, 1000, 2000, 4000, 8000, 16000,
		32000, 60000, 60000, 60000 };
	struct master_policy policy = { 0 };
	size_t i;

	for (i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		master_policy_note_death(&policy, false, 77);
		ck_assert_uint_eq(master_policy_delay(&policy, 77), waits[i]);
	}
	ck_assert_uint_eq(master_policy_delay(&policy, 77 + 59999), 1);
	ck_assert_uint_eq(master_policy_delay(&policy, 77 + 60000), 0);
	ck_assert_uint_eq(master_policy_delay(&policy, 77 + 90000), 0);
}
END_TEST

START_TEST(one_success_ends_the_row)
{
	struct master_policy policy = { 0 };
	int i;

	for (i = 0; i < 10; i++)
		master_policy_note_death(&policy, false, 77);
	master_policy_note_serving(&policy);
	ck_assert_uint_eq(master_policy_delay(&policy, 77), 0);
	master_policy_note_death(&policy, false, 77);
	ck_assert_uint_eq(master_policy_delay(&policy, 77), 0);
	master_policy_note_death(&policy, false, 77);
	ck_assert_uint_eq(master_policy_delay(&policy, 77), 500);
}
END_TEST

START_TEST(no_overflow_after_very_many)
{
	struct master_policy policy = { 0 };
	int i;

	for (i = 0; i < 100000; i++)
		master_policy_note_death(&policy, false, 1);
	ck_assert_uint_eq(
	    master_policy_delay(&policy, 1), MASTER_BACKOFF_LAST_MS);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("master_policy");
	TCase *tcase = tcase_create("policy");

	tcase_add_test(tcase, a_worker_that_served_is_replaced_at_once);
	tcase_add_test(tcase, early_deaths_double_the_wait_up_to_the_cap);
	tcase_add_test(tcase, one_success_ends_the_row);
	tcase_add_test(tcase, no_overflow_after_very_many);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
