/* SPDX-License-Identifier: ISC */
/*
 * Resumes and calls, from the loop and from threads.
 */
#include <pthread.h>

#include "test_app_module.h"

static char trace[256];
static cohort_ticket ticket;
static struct cohort_worker *worker;
static unsigned freed;

static void
note(const char *text)
{
	strcat(strcat(trace, text), ",");
}

static void
expect_trace(const char *expected)
{
	ck_assert_str_eq(trace, expected);
	trace[0] = '\0';
}

static void
note_free(void *context)
{
	note((const char *)context);
}

static void
count_free(void *context)
{
	freed++;
}

static enum cohort_verdict
reply(struct cohort_request *request, void *context)
{
	note("reply");
	return cohort_reply_text(request, 200, "%s", (const char *)context);
}

static enum cohort_verdict
go_on(struct cohort_request *request, void *context)
{
	note("step");
	return COHORT_LATER;
}

static void
resume(cohort_handler *next, const char *context)
{
	ck_assert_int_eq(
	    cohort_resume(worker, ticket, next, TEXT(context), note_free), 0);
}

static enum cohort_verdict
take_ticket(struct cohort_request *request, void *context)
{
	cohort_ticket again;

	ticket = cohort_request_ticket(request);
	again = cohort_request_ticket(request);
	ck_assert_uint_eq(ticket.id, again.id);
	worker = cohort_worker(request);
	return COHORT_LATER;
}

/* Queued while the function runs: runs when it has returned. */
static enum cohort_verdict
resume_at_once(struct cohort_request *request, void *context)
{
	take_ticket(request, NULL);
	resume(go_on, "f1");
	resume(go_on, "f2");
	resume(reply, "f3");
	resume(reply, "f4");
	note("handler");
	return COHORT_LATER;
}

/* A resume that comes when the request does not wait. */
static enum cohort_verdict
resume_before(struct cohort_request *request, void *context)
{
	take_ticket(request, NULL);
	resume(reply, "early");
	note("before");
	return COHORT_DECLINED;
}

static enum cohort_verdict
wait_for_it(struct cohort_request *request, void *context)
{
	note("handler");
	return COHORT_LATER;
}

static enum cohort_verdict
wait_two(struct cohort_request *request, void *context)
{
	take_ticket(request, NULL);
	return cohort_await_time(request, 10, reply, TEXT("time"));
}

#define THREADS 4
#define RESUMES 100

static unsigned resumed;

static enum cohort_verdict
count_resumes(struct cohort_request *request, void *context)
{
	if (++resumed < THREADS * RESUMES)
		return COHORT_LATER;
	return cohort_reply_text(request, 200, "counted");
}

static void *
resume_often(void *context)
{
	int i;

	for (i = 0; i < RESUMES; i++)
		cohort_resume(worker, ticket, count_resumes, NULL, count_free);
	return NULL;
}

static pthread_t threads[THREADS];

static enum cohort_verdict
start_threads(struct cohort_request *request, void *context)
{
	int i;

	take_ticket(request, NULL);
	for (i = 0; i < THREADS; i++)
		ck_assert_int_eq(
		    pthread_create(&threads[i], NULL, resume_often, NULL), 0);
	return COHORT_LATER;
}

static void
call(struct cohort_worker *own, void *context)
{
	ck_assert_ptr_eq(own, worker);
	note((const char *)context);
	if (strcmp((const char *)context, "again") == 0)
		ck_assert_int_eq(cohort_call(own, call, TEXT("second")), 0);
}

static enum cohort_verdict
make_calls(struct cohort_request *request, void *context)
{
	worker = cohort_worker(request);
	ck_assert_int_eq(cohort_call(worker, call, TEXT("first")), 0);
	ck_assert_int_eq(cohort_call(worker, call, TEXT("again")), 0);
	return cohort_reply_empty(request, 204);
}

static void
stop(struct cohort_worker *own, void *context)
{
	if (worker != NULL)
		ck_assert_int_eq(
		    cohort_call(own, call, TEXT("at the stop")), 0);
}

static int
set_up(struct cohort_app *app)
{
	struct cohort_app *early = cohort_scope(app, "/early");

	cohort_on_stop(app, stop, NULL);
	cohort_before(early, resume_before, NULL);
	cohort_post(early, "/", wait_for_it, NULL);
	cohort_get(app, "/ticket", take_ticket, NULL);
	cohort_get(app, "/once", resume_at_once, NULL);
	cohort_get(app, "/two", wait_two, NULL);
	cohort_get(app, "/threads", start_threads, NULL);
	cohort_get(app, "/calls", make_calls, NULL);
	return 0;
}

START_TEST(resumes_run_in_order)
{
	expect(get("/once"), 200, "f3");
	expect_trace("handler,step,f1,step,f2,reply,f3,f4,");
}
END_TEST

START_TEST(an_early_resume_waits_for_the_wait)
{
	struct cohort_test_reply *got =
	    cohort_test_request(test, "POST", "/early/", NULL, "body", 4);

	expect(got, 200, "early");
	expect_trace("before,handler,reply,early,");
}
END_TEST

START_TEST(a_resume_disarms_the_set)
{
	struct cohort_test_reply *got = begin("/two");

	resume(go_on, "f");
	cohort_test_advance(test, 100);
	ck_assert(!cohort_test_ended(got, NULL));
	expect_trace("step,f,");
	resume(reply, "f");
	cohort_test_advance(test, 0);
	expect(got, 200, "f");
	expect_trace("reply,f,");
}
END_TEST

START_TEST(nobody_is_resumed_who_is_gone)
{
	struct cohort_test_reply *got = begin("/ticket"), *next;

	/* Queued first, gone then. */
	resume(reply, "queued");
	cohort_test_hang_up(got);
	cohort_test_advance(test, 0);
	cohort_test_log(test);
	trace[0] = '\0';
	ck_assert_int_eq(
	    cohort_resume(worker, ticket, reply, TEXT("gone"), note_free), -1);
	expect_trace("gone,");
	ck_assert_int_eq(cohort_resume(worker, (cohort_ticket) { 0 }, reply,
			     TEXT("none"), note_free),
	    -1);
	expect_trace("none,");
	ck_assert_int_eq(cohort_resume(worker, ticket, reply, NULL, NULL), -1);
	/* A new request in the old one's place. */
	next = begin("/two");
	ck_assert(!cohort_test_ended(next, NULL));
	cohort_test_advance(test, 10);
	expect(next, 200, "time");
	trace[0] = '\0';
}
END_TEST

START_TEST(nothing_to_run_is_refused)
{
	struct cohort_test_reply *got = begin("/ticket");

	ck_assert_int_eq(
	    cohort_resume(worker, ticket, NULL, TEXT("none"), note_free), -1);
	expect_trace("none,");
	EXPECT_LOG("error: cohort_resume: next is NULL");
	ck_assert_int_eq(cohort_call(worker, NULL, NULL), -1);
	EXPECT_LOG("error: cohort_call: function is NULL");
	cohort_test_hang_up(got);
	trace[0] = '\0';
}
END_TEST

START_TEST(a_ticket_nobody_resumes_is_bounded)
{
	expect_end(get("/ticket"), 503, NULL, COHORT_END_TIMEOUT);
	EXPECT_LOG("warn: /ticket: gave no reply within its timeout");
}
END_TEST

START_TEST(threads_may_resume)
{
	int i;

	expect(get("/threads"), 200, "counted");
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(resumed, THREADS * RESUMES);
	ck_assert_uint_eq(freed, THREADS * RESUMES);
}
END_TEST

START_TEST(calls_run_in_order_to_the_last)
{
	expect(get("/calls"), 204, "");
	expect_trace("first,again,second,");
	ck_assert_int_eq(cohort_test_close(&test), 0);
	expect_trace("at the stop,");
	open_test(set_up);
	worker = NULL;
}
END_TEST

static void
open_queue(void)
{
	open_test(set_up);
}

int
main(void)
{
	Suite *suite = suite_create("app_queue");
	TCase *tcase = tcase_create("queue");

	tcase_add_checked_fixture(tcase, open_queue, close_test);
	tcase_add_test(tcase, resumes_run_in_order);
	tcase_add_test(tcase, an_early_resume_waits_for_the_wait);
	tcase_add_test(tcase, a_resume_disarms_the_set);
	tcase_add_test(tcase, nobody_is_resumed_who_is_gone);
	tcase_add_test(tcase, nothing_to_run_is_refused);
	tcase_add_test(tcase, a_ticket_nobody_resumes_is_bounded);
	tcase_add_test(tcase, threads_may_resume);
	tcase_add_test(tcase, calls_run_in_order_to_the_last);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
