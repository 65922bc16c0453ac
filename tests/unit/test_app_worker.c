/* SPDX-License-Identifier: ISC */
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "test_app_module.h"

static char trace[256];
static int fds[2];
static struct cohort_worker *worker;
static struct cohort_timer *timer;
static struct cohort_watch *watch;
static unsigned ticks;

static void
tick(struct cohort_worker *own, void *context)
{
	ck_assert_ptr_eq(own, worker);
	ticks++;
	if (ticks == 4)
		cohort_timer_stop(&timer);
}

static void
once(struct cohort_worker *own, void *context)
{
	ticks++;
}

static void
ready(struct cohort_worker *own, int fd, int events, void *context)
{
	char byte;

	ck_assert_int_eq(fd, fds[0]);
	ck_assert_int_eq(events, COHORT_READ);
	if (read(fd, &byte, 1) == 0) {
		strcat(trace, "end");
		cohort_watch_stop(&watch);
		ck_assert_ptr_null(watch);
		return;
	}
	strncat(trace, &byte, 1);
	if (byte == 'p')
		cohort_watch_change(watch, 0);
}

static int
start(struct cohort_worker *own, void *context)
{
	worker = own;
	ck_assert_int_eq(pipe(fds), 0);
	timer = cohort_timer_start(own, 10, 100, tick, NULL);
	watch = cohort_watch_start(own, fds[0], 0, ready, NULL);
	return timer == NULL || watch == NULL;
}

static void
stop(struct cohort_worker *own, void *context)
{
	ck_assert_ptr_eq(own, worker);
	cohort_timer_stop(&timer);
	cohort_timer_stop(&timer);
	cohort_watch_stop(&watch);
	ck_assert_ptr_null(timer);
}

static enum cohort_verdict
open_watch(struct cohort_request *request, void *context)
{
	ck_assert_ptr_eq(cohort_worker(request), worker);
	cohort_watch_change(watch, COHORT_READ);
	cohort_watch_change(watch, 8);
	return cohort_reply_empty(request, 204);
}

static enum cohort_verdict
misuse(struct cohort_request *request, void *context)
{
	ck_assert_ptr_null(
	    cohort_watch_start(worker, -1, COHORT_READ, ready, NULL));
	ck_assert_ptr_null(cohort_watch_start(worker, fds[0], 8, ready, NULL));
	ck_assert_ptr_null(
	    cohort_watch_start(worker, fds[0], COHORT_READ, NULL, NULL));
	ck_assert_ptr_null(cohort_timer_start(worker, 1, 1, NULL, NULL));
	return cohort_reply_empty(request, 204);
}

static enum cohort_verdict
tell_time(struct cohort_request *request, void *context)
{
	*(uint64_t *)context = cohort_now_ms(worker);
	return cohort_reply_empty(request, 204);
}

/* A timer that fired its once stays until it is stopped. */
static enum cohort_verdict
start_once(struct cohort_request *request, void *context)
{
	static struct cohort_timer *single;

	if (single == NULL)
		single = cohort_timer_start(worker, 5, 0, once, NULL);
	else
		cohort_timer_stop(&single);
	return cohort_reply_empty(request, 204);
}

static uint64_t now;

static int
set_up(struct cohort_app *app)
{
	cohort_on_start(app, start, NULL);
	cohort_on_stop(app, stop, NULL);
	cohort_get(app, "/watch", open_watch, NULL);
	cohort_get(app, "/misuse", misuse, NULL);
	cohort_get(app, "/time", tell_time, &now);
	cohort_get(app, "/once", start_once, NULL);
	return 0;
}

START_TEST(timers_fire_in_time)
{
	cohort_test_advance(test, 9);
	ck_assert_uint_eq(ticks, 0);
	cohort_test_advance(test, 1);
	ck_assert_uint_eq(ticks, 1);
	cohort_test_advance(test, 99);
	ck_assert_uint_eq(ticks, 1);
	cohort_test_advance(test, 201);
	ck_assert_uint_eq(ticks, 4);
	ck_assert_ptr_null(timer);
	cohort_test_advance(test, 1000);
	ck_assert_uint_eq(ticks, 4);
}
END_TEST

START_TEST(a_single_timer_fires_once)
{
	cohort_test_advance(test, 310);
	ticks = 0;
	expect(get("/once"), 204, "");
	cohort_test_advance(test, 100);
	ck_assert_uint_eq(ticks, 1);
	expect(get("/once"), 204, "");
}
END_TEST

START_TEST(watches_see_what_they_want)
{
	ck_assert_int_eq(write(fds[1], "apb", 3), 3);
	cohort_test_advance(test, 0);
	ck_assert_str_eq(trace, "");
	expect(get("/watch"), 204, "");
	cohort_test_advance(test, 0);
	/* After p it wants nothing. */
	ck_assert_str_eq(trace, "ap");
	expect(get("/watch"), 204, "");
	close(fds[1]);
	cohort_test_advance(test, 0);
	ck_assert_str_eq(trace, "apbend");
	EXPECT_LOG("error: cohort_watch_change: events are",
	    "error: cohort_watch_change: events are");
}
END_TEST

START_TEST(misuse_is_refused)
{
	expect(get("/misuse"), 204, "");
	EXPECT_LOG("error: cohort_watch_start: -1 is no descriptor",
	    "error: cohort_watch_start: events are",
	    "error: cohort_watch_start: function is NULL",
	    "error: cohort_timer_start: function is NULL");
}
END_TEST

START_TEST(time_is_the_loops)
{
	uint64_t before;

	expect(get("/time"), 204, "");
	before = now;
	cohort_test_advance(test, 12345);
	expect(get("/time"), 204, "");
	ck_assert_uint_eq(now - before, 12345);
}
END_TEST

static void *
read_clock(void *context)
{
	cohort_now_ms(worker);
	return NULL;
}

START_TEST(the_clock_is_not_for_threads)
{
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, read_clock, NULL), 0);
	pthread_join(thread, NULL);
}
END_TEST

static void
open_worker(void)
{
	open_test(set_up);
}

int
main(void)
{
	Suite *suite = suite_create("app_worker");
	TCase *tcase = tcase_create("worker");

	tcase_add_checked_fixture(tcase, open_worker, close_test);
	tcase_add_test(tcase, timers_fire_in_time);
	tcase_add_test(tcase, a_single_timer_fires_once);
	tcase_add_test(tcase, watches_see_what_they_want);
	tcase_add_test(tcase, misuse_is_refused);
	tcase_add_test(tcase, time_is_the_loops);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("panic");
	tcase_add_checked_fixture(tcase, open_worker, NULL);
	tcase_add_test_raise_signal(
	    tcase, the_clock_is_not_for_threads, SIGABRT);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
