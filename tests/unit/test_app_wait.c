/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <unistd.h>

#include "test_app_module.h"

#define TIMEOUT_MS 60000 /* the default of handler_timeout */

static char trace[256];
static int first[2], second[2];

static enum cohort_verdict
done(struct cohort_request *request, void *context)
{
	strcat(trace, (const char *)context);
	return cohort_reply_text(request, 200, "%s", (const char *)context);
}

static enum cohort_verdict
never(struct cohort_request *request, void *context)
{
	ck_abort_msg("this wait was disarmed");
	return COHORT_DONE;
}

static enum cohort_verdict
wait_time(struct cohort_request *request, void *context)
{
	return cohort_await_time(request, 100, done, TEXT("time"));
}

/* The first that happens disarms the others; its function may close. */
static enum cohort_verdict
close_first(struct cohort_request *request, void *context)
{
	strcat(trace, "read,");
	close(first[0]);
	return cohort_await_time(request, 10, done, TEXT("after"));
}

static enum cohort_verdict
wait_set(struct cohort_request *request, void *context)
{
	(void)!cohort_await_time(request, 50, never, NULL);
	(void)!cohort_await_time(request, 1, done, TEXT("soonest"));
	(void)!cohort_await_fd(
	    request, second[0], COHORT_READ, close_first, NULL);
	return cohort_await_fd(
	    request, first[0], COHORT_READ, close_first, NULL);
}

static enum cohort_verdict
wait_written(struct cohort_request *request, void *context)
{
	(void)!cohort_await_fd(
	    request, first[0], COHORT_READ, done, TEXT("read"));
	return cohort_await_fd(request, second[1], COHORT_READ | COHORT_WRITE,
	    done, TEXT("written"));
}

static enum cohort_verdict
loop(struct cohort_request *request, void *context)
{
	unsigned *left = context;

	if ((*left)-- == 0)
		return done(request, TEXT("looped"));
	return cohort_await_time(request, 1, loop, context);
}

static enum cohort_verdict
wait_badly(struct cohort_request *request, void *context)
{
	int file = open("/dev/null", O_RDONLY);

	ck_assert_int_eq(
	    cohort_await_time(request, 1, NULL, NULL), COHORT_FAILED);
	ck_assert_int_eq(cohort_await_fd(request, -1, COHORT_READ, never, NULL),
	    COHORT_FAILED);
	ck_assert_int_eq(
	    cohort_await_fd(request, first[0], 0, never, NULL), COHORT_FAILED);
	ck_assert_int_eq(
	    cohort_await_fd(request, first[0], 4, never, NULL), COHORT_FAILED);
	ck_assert_int_eq(
	    cohort_await_fd(request, first[0], COHORT_READ, never, NULL),
	    COHORT_LATER);
	ck_assert_int_eq(
	    cohort_await_fd(request, first[0], COHORT_WRITE, never, NULL),
	    COHORT_FAILED);
	close(file);
	cohort_reply_empty(request, 204);
	ck_assert_int_eq(
	    cohort_await_time(request, 1, never, NULL), COHORT_FAILED);
	return COHORT_DONE;
}

static enum cohort_verdict
wait_before(struct cohort_request *request, void *context)
{
	if (cohort_header(request, "Before") == NULL)
		return COHORT_DECLINED;
	return cohort_await_time(request, 5,
	    strcmp(cohort_header(request, "Before"), "done") == 0 ? done : loop,
	    strcmp(cohort_header(request, "Before"), "done") == 0 ?
		TEXT("before") :
		context);
}

static unsigned thousand = 1000;

static int
set_up(struct cohort_app *app)
{
	cohort_before(app, wait_before, &thousand);
	cohort_get(app, "/time", wait_time, NULL);
	cohort_get(app, "/set", wait_set, NULL);
	cohort_get(app, "/written", wait_written, NULL);
	cohort_get(app, "/loop", loop, &thousand);
	cohort_get(app, "/badly", wait_badly, NULL);
	return 0;
}

START_TEST(time_passes)
{
	struct cohort_test_reply *got = begin("/time");

	cohort_test_advance(test, 99);
	ck_assert(!cohort_test_ended(got, NULL));
	cohort_test_advance(test, 1);
	expect(got, 200, "time");
}
END_TEST

START_TEST(the_first_disarms_the_rest)
{
	struct cohort_test_reply *got = begin("/set");

	ck_assert_int_eq(write(first[1], "x", 1), 1);
	ck_assert_int_eq(write(second[1], "x", 1), 1);
	/* Both are readable; only one may run. */
	cohort_test_advance(test, 0);
	ck_assert_str_eq(trace, "read,");
	cohort_test_advance(test, 100);
	expect(got, 200, "after");
}
END_TEST

START_TEST(time_disarms_descriptors)
{
	struct cohort_test_reply *got = begin("/set");

	cohort_test_advance(test, 1);
	expect(got, 200, "soonest");
	ck_assert_int_eq(write(first[1], "x", 1), 1);
	ck_assert_int_eq(write(second[1], "x", 1), 1);
	cohort_test_advance(test, 100);
	ck_assert_str_eq(trace, "soonest");
}
END_TEST

START_TEST(descriptors_become_writable)
{
	expect(get("/written"), 200, "written");
}
END_TEST

/* What waits again and again does not grow. */
START_TEST(waits_are_used_again)
{
	expect(get("/loop"), 200, "looped");
	thousand = 200000;
	expect_end(get("/loop"), 503, NULL, COHORT_END_TIMEOUT);
	EXPECT_LOG("warn: /loop: gave no reply within its timeout");
	ck_assert_uint_eq(thousand, 200000 - TIMEOUT_MS);
}
END_TEST

START_TEST(bad_waits_are_refused)
{
	expect(get("/badly"), 204, "");
	EXPECT_LOG("error: cohort_await_time: next is NULL",
	    "error: cohort_await_fd: descriptor -1: it is no descriptor",
	    "error: cohort_await_fd: descriptor",
	    "error: cohort_await_fd: descriptor",
	    "error: cohort_await_fd: descriptor",
	    "error: cohort_await_time: called when a reply was given");
}
END_TEST

START_TEST(before_functions_wait_too)
{
	expect(ask("GET", "/time", "Before: done\n"), 200, "before");
	expect(ask("GET", "/time", "Before: loop\n"), 200, "looped");
}
END_TEST

START_TEST(what_waits_vanishes_with_its_client)
{
	struct cohort_test_reply *got = begin("/set");

	cohort_test_hang_up(got);
	expect_end(got, 0, "", COHORT_END_GONE);
	ck_assert_int_eq(write(first[1], "x", 1), 1);
	cohort_test_advance(test, TIMEOUT_MS);
	ck_assert_str_eq(trace, "");
}
END_TEST

static void
open_waits(void)
{
	open_test(set_up);
	ck_assert_int_eq(pipe(first), 0);
	ck_assert_int_eq(pipe(second), 0);
}

int
main(void)
{
	Suite *suite = suite_create("app_wait");
	TCase *tcase = tcase_create("wait");

	tcase_add_checked_fixture(tcase, open_waits, close_test);
	tcase_add_test(tcase, time_passes);
	tcase_add_test(tcase, the_first_disarms_the_rest);
	tcase_add_test(tcase, time_disarms_descriptors);
	tcase_add_test(tcase, descriptors_become_writable);
	tcase_add_test(tcase, waits_are_used_again);
	tcase_add_test(tcase, bad_waits_are_refused);
	tcase_add_test(tcase, before_functions_wait_too);
	tcase_add_test(tcase, what_waits_vanishes_with_its_client);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
