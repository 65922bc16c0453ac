/* SPDX-License-Identifier: ISC */
/*
 * The clock of a test is not the real one: cohort_test_advance lets an hour
 * pass at once.
 */
#include <cohort/test.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct cohort_test *test;

static void
open_test(void)
{
	test = cohort_test_open(NULL);
	ck_assert_ptr_nonnull(test);
}

static void
close_test(void)
{
	ck_assert_str_eq(cohort_test_log(test), "");
	ck_assert_int_eq(cohort_test_close(&test), 0);
}

static struct cohort_test_reply *
begin_events(void)
{
	return cohort_test_begin(test, "GET", "/events", NULL, NULL, 0);
}

static unsigned
count_events(const struct cohort_test_reply *reply)
{
	static const char event[] = "event: time\ndata: ";
	const char *found = cohort_test_body(reply).data;
	unsigned count = 0;

	while ((found = strstr(found, event)) != NULL) {
		found += sizeof(event) - 1;
		ck_assert(
		    strlen(found) >= sizeof("2026-11-23T21:09:20Z\n\n") - 1);
		ck_assert_msg(memcmp(found + 19, "Z\n\n", 3) == 0, "%s", found);
		count++;
	}
	return count;
}

START_TEST(shows_a_page)
{
	struct cohort_test_reply *reply =
	    cohort_test_request(test, "GET", "/", NULL, NULL, 0);

	ck_assert_int_eq(cohort_test_status(reply), 200);
	ck_assert_str_eq(cohort_test_header(reply, "Content-Type", 0),
	    "text/html; charset=utf-8");
	ck_assert_ptr_nonnull(
	    strstr(cohort_test_body(reply).data, "new EventSource('events')"));
}
END_TEST

START_TEST(sends_an_event_each_second)
{
	struct cohort_test_reply *reply = begin_events();

	ck_assert_int_eq(cohort_test_status(reply), 200);
	ck_assert_str_eq(
	    cohort_test_header(reply, "Content-Type", 0), "text/event-stream");
	ck_assert_uint_eq(count_events(reply), 1);
	cohort_test_advance(test, 999);
	ck_assert_uint_eq(count_events(reply), 1);
	cohort_test_advance(test, 1);
	ck_assert_uint_eq(count_events(reply), 2);
	cohort_test_advance(test, 3600 * 1000);
	ck_assert_uint_eq(count_events(reply), 3602);
	cohort_test_hang_up(reply);
}
END_TEST

START_TEST(stops_when_the_client_is_gone)
{
	struct cohort_test_reply *reply = begin_events();
	enum cohort_end end;

	ck_assert(!cohort_test_ended(reply, NULL));
	cohort_test_hang_up(reply);
	ck_assert(cohort_test_ended(reply, &end));
	ck_assert_int_eq(end, COHORT_END_GONE);
	cohort_test_advance(test, 10000);
	ck_assert_uint_eq(count_events(reply), 1);
}
END_TEST

START_TEST(takes_leave_when_the_worker_retires)
{
	struct cohort_test_reply *reply = begin_events();
	const char *farewell;
	enum cohort_end end;

	cohort_test_retire(test);
	ck_assert(cohort_test_ended(reply, &end));
	ck_assert_int_eq(end, COHORT_END_SENT);
	farewell = strstr(cohort_test_body(reply).data, "event: farewell\n");
	ck_assert_ptr_nonnull(farewell);
	ck_assert_str_eq(farewell, "event: farewell\ndata: \n\n");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("clock");
	TCase *all = tcase_create("clock");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(all, open_test, close_test);
	tcase_add_test(all, shows_a_page);
	tcase_add_test(all, sends_an_event_each_second);
	tcase_add_test(all, stops_when_the_client_is_gone);
	tcase_add_test(all, takes_leave_when_the_worker_retires);
	suite_add_tcase(suite, all);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
