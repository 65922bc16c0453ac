/* SPDX-License-Identifier: ISC */
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>

#include "app/app_test_private.h"
#include "config/config_settings.h"
#include "test_app_module.h"

#define THREAD_QUEUE   1024 /* the defaults */
#define THREAD_COUNT   4
#define THREAD_TIMEOUT 60000

/* What a job is given: in memory of the request, so that the sanitizers see
 * if that goes too early. */
struct work {
	char text[32];
	const char *path;
	struct cohort_str body;
};

static sem_t begun, may_end;
static atomic_int runs, frees;
static unsigned nexts;
static char trace[256];

static void
count_free(void *context)
{
	const struct work *work = context;

	ck_assert_int_ne(work->text[0], '\0');
	atomic_fetch_add(&frees, 1);
}

/* Reads all that it was given. */
static void
read_all(struct work *work)
{
	size_t i, sum = 0;

	for (i = 0; i < work->body.size; i++)
		sum += (unsigned char)work->body.data[i];
	snprintf(work->text, sizeof(work->text), "%zu:%.10s", sum, work->path);
	atomic_fetch_add(&runs, 1);
}

static void
run_quick(void *context)
{
	read_all(context);
}

static void
run_gated(void *context)
{
	sem_post(&begun);
	while (sem_wait(&may_end) == -1)
		continue;
	read_all(context);
}

static struct work *
work_new(struct cohort_request *request)
{
	struct work *work = cohort_alloc(request, sizeof(*work));

	strcpy(work->text, "-");
	work->path = cohort_path(request);
	return work;
}

static enum cohort_verdict
reply_result(struct cohort_request *request, void *context)
{
	const struct work *work = context;

	nexts++;
	return cohort_reply_text(request, 200, "%s", work->text);
}

/* context: how it runs. */
static void (*const quick)(void *) = run_quick;
static void (*const gated)(void *) = run_gated;

static void (*function_of(void *context))(void *)
{
	return *(void (*const *)(void *))context;
}

static enum cohort_verdict
await_one(struct cohort_request *request, void *context)
{
	struct work *work = work_new(request);

	if (strcmp(cohort_method(request), "POST") == 0)
		work->body = cohort_body(request);
	return cohort_await_job(
	    request, function_of(context), reply_result, work, count_free);
}

/* ---- fan-out ---- */

#define FANS 8

struct fan {
	unsigned left;
	struct work *works[FANS];
};

static enum cohort_verdict
gather(struct cohort_request *request, void *context)
{
	static const char key;
	struct fan *fan = cohort_attached(request, &key);

	nexts++;
	if (fan == NULL) {
		fan = cohort_alloc(request, sizeof(*fan));
		fan->left = FANS;
		cohort_attach(request, &key, fan, NULL);
	}
	return --fan->left > 0 ? COHORT_LATER :
				 cohort_reply_text(request, 200, "all");
}

static enum cohort_verdict
fan_out(struct cohort_request *request, void *context)
{
	int i;

	for (i = 0; i < FANS; i++)
		if (cohort_await_job(request, run_quick, gather,
			work_new(request), count_free) != COHORT_LATER)
			return COHORT_FAILED;
	return COHORT_LATER;
}

/* ---- beside the set, and wrong ---- */

static enum cohort_verdict
note(struct cohort_request *request, void *context)
{
	strcat(trace, (const char *)context);
	return COHORT_LATER;
}

/* A wait that ends leaves the job armed. */
static enum cohort_verdict
await_both(struct cohort_request *request, void *context)
{
	(void)!cohort_await_time(request, 5, note, TEXT("time,"));
	return await_one(request, context);
}

static enum cohort_verdict
reply_at_once(struct cohort_request *request, void *context)
{
	(void)!await_one(request, context);
	(void)!await_one(request, context);
	return cohort_reply_text(request, 200, "at once");
}

static enum cohort_verdict
await_badly(struct cohort_request *request, void *context)
{
	struct work *work = work_new(request);

	ck_assert_int_eq(
	    cohort_await_job(request, NULL, reply_result, work, count_free),
	    COHORT_FAILED);
	ck_assert_int_eq(
	    cohort_await_job(request, run_quick, NULL, work, count_free),
	    COHORT_FAILED);
	cohort_reply_empty(request, 204);
	ck_assert_int_eq(cohort_await_job(request, run_quick, reply_result,
			     work, count_free),
	    COHORT_FAILED);
	return COHORT_DONE;
}

static void
log_line(void *context)
{
	cohort_log(NULL, COHORT_INFO, "from a job");
	read_all(context);
}

static void (*const logging)(void *) = log_line;

static struct cohort_worker *worker;

static void
use_timers(void *context)
{
	ck_assert_ptr_null(cohort_timer_start(worker, 1, 0, NULL, NULL));
	ck_assert_uint_eq(cohort_now_ms(worker), 0);
	read_all(context);
}

static void (*const timing)(void *) = use_timers;

static enum cohort_verdict
go_on(struct cohort_request *request, void *context)
{
	nexts++;
	return COHORT_DECLINED;
}

static enum cohort_verdict
before(struct cohort_request *request, void *context)
{
	worker = cohort_worker(request);
	if (cohort_header(request, "Before") == NULL)
		return COHORT_DECLINED;
	return cohort_await_job(
	    request, run_quick, go_on, work_new(request), count_free);
}

static enum cohort_verdict
stream(struct cohort_request *request, void *context)
{
	cohort_stream(request, 200, "text/plain", -1);
	cohort_write(request, "one,", 4);
	return cohort_await_job(
	    request, function_of(context), note, work_new(request), count_free);
}

static enum cohort_verdict
ignore_full(struct cohort_request *request, void *context)
{
	enum cohort_verdict verdict = await_one(request, context);

	return verdict == COHORT_LATER ?
	    verdict :
	    cohort_reply_text(request, 200, "without");
}

static enum cohort_verdict
stay(struct cohort_request *request, void *context)
{
	(void)!await_one(request, context);
	return COHORT_LATER;
}

static void
free_attached(void *data)
{
	strcat(trace, "attached,");
}

static void
on_end(struct cohort_request *request, enum cohort_end end, void *context)
{
	strcat(trace, "end,");
}

static enum cohort_verdict
attach(struct cohort_request *request, void *context)
{
	static const char key;

	cohort_attach(request, &key, trace, free_attached);
	cohort_on_end(request, on_end, NULL);
	return await_one(request, context);
}

#define JOB(pointer) ((void *)(uintptr_t) & (pointer))

static int
set_up_module(struct cohort_app *app)
{
	cohort_before(app, before, NULL);
	cohort_get(app, "/quick", await_one, JOB(quick));
	cohort_post(app, "/quick", await_one, JOB(quick));
	cohort_get(app, "/gated", await_one, JOB(gated));
	cohort_post(app, "/gated", await_one, JOB(gated));
	cohort_get(app, "/fan", fan_out, NULL);
	cohort_get(app, "/both", await_both, JOB(gated));
	cohort_get(app, "/at-once", reply_at_once, JOB(gated));
	cohort_get(app, "/badly", await_badly, NULL);
	cohort_get(app, "/log", await_one, JOB(logging));
	cohort_get(app, "/timers", await_one, JOB(timing));
	cohort_get(app, "/stream", stream, JOB(gated));
	cohort_get(app, "/ignore", ignore_full, JOB(gated));
	cohort_get(app, "/stay", stay, JOB(gated));
	cohort_get(app, "/attach", attach, JOB(gated));
	return 0;
}

static void
set_up(void)
{
	sem_init(&begun, 0, 0);
	sem_init(&may_end, 0, 0);
	open_test(set_up_module);
}

static void
let_end(unsigned count)
{
	while (count-- > 0)
		sem_post(&may_end);
}

/* Lets happen what has to until it ended. */
static void
await_end(struct cohort_test_reply *reply)
{
	while (!cohort_test_ended(reply, NULL)) {
		test_pause();
		cohort_test_advance(test, 0);
	}
}

static void
await_frees(int count)
{
	while (frees < count) {
		test_pause();
		cohort_test_advance(test, 0);
	}
	ck_assert_int_eq(frees, count);
}

START_TEST(next_runs_with_the_result)
{
	expect(get("/quick"), 200, "0:/quick");
	ck_assert_int_eq(runs, 1);
	ck_assert_int_eq(frees, 1);
}
END_TEST

START_TEST(a_job_may_read_a_body_of_any_size)
{
	static char body[3000000];
	char expected[64];

	memset(body, 1, sizeof(body));
	snprintf(expected, sizeof(expected), "%zu:/quick", sizeof(body) / 3);
	expect(cohort_test_request(
		   test, "POST", "/quick", NULL, body, sizeof(body) / 3),
	    200, expected);
}
END_TEST

START_TEST(several_jobs_of_one_request_are_gathered)
{
	expect(get("/fan"), 200, "all");
	ck_assert_uint_eq(nexts, FANS);
	ck_assert_int_eq(frees, FANS);
}
END_TEST

START_TEST(jobs_stand_beside_the_set)
{
	struct cohort_test_reply *got = begin("/both");

	sem_wait(&begun);
	cohort_test_advance(test, 5);
	ck_assert_str_eq(trace, "time,");
	let_end(1);
	await_end(got);
	expect(got, 200, "0:/both");
}
END_TEST

/* Jobs that run go on, those that wait for a thread do not. */
START_TEST(a_reply_ends_the_wait_for_jobs)
{
	struct cohort_test_reply *busy[THREAD_COUNT];
	int i;

	for (i = 0; i < THREAD_COUNT - 1; i++)
		busy[i] = begin("/gated");
	for (i = 0; i < THREAD_COUNT - 1; i++)
		sem_wait(&begun);
	expect(begin("/at-once"), 200, "at once");
	ck_assert_int_ge(frees, 1);
	let_end(THREAD_COUNT + 1);
	for (i = 0; i < THREAD_COUNT - 1; i++)
		await_end(busy[i]);
	await_frees(THREAD_COUNT + 1);
	ck_assert_uint_eq(nexts, THREAD_COUNT - 1);
}
END_TEST

START_TEST(a_client_that_goes_leaves_the_running_job)
{
	static char body[20000];
	struct cohort_test_reply *got;

	memset(body, 2, sizeof(body));
	got =
	    cohort_test_begin(test, "POST", "/gated", NULL, body, sizeof(body));
	sem_wait(&begun);
	cohort_test_hang_up(got);
	ck_assert(cohort_test_ended(got, NULL));
	/* Others get, and return, memory in between. */
	expect(get("/quick"), 200, "0:/quick");
	ck_assert_int_eq(frees, 1);
	let_end(1);
	await_frees(2);
	ck_assert_int_eq(runs, 2);
	ck_assert_uint_eq(nexts, 1);
}
END_TEST

START_TEST(a_client_that_goes_takes_the_waiting_job)
{
	struct cohort_test_reply *busy[THREAD_COUNT], *got;
	int i;

	for (i = 0; i < THREAD_COUNT; i++)
		busy[i] = begin("/gated");
	for (i = 0; i < THREAD_COUNT; i++)
		sem_wait(&begun);
	got = begin("/gated");
	cohort_test_hang_up(got);
	ck_assert_int_eq(frees, 1);
	let_end(THREAD_COUNT);
	for (i = 0; i < THREAD_COUNT; i++)
		await_end(busy[i]);
	ck_assert_int_eq(runs, THREAD_COUNT);
}
END_TEST

/* The test's end comes first. */
START_TEST(a_worker_that_stops_waits_for_the_running_job)
{
	struct cohort_test_reply *got = begin("/gated");

	sem_wait(&begun);
	cohort_test_hang_up(got);
	let_end(1);
}
END_TEST

START_TEST(attachments_stay_until_the_job_ended)
{
	struct cohort_test_reply *got = begin("/attach");

	sem_wait(&begun);
	cohort_test_hang_up(got);
	ck_assert_str_eq(trace, "end,");
	let_end(1);
	await_frees(1);
	ck_assert_str_eq(trace, "end,attached,");
}
END_TEST

START_TEST(a_late_job_gives_503)
{
	struct cohort_test_reply *got = begin("/gated");

	sem_wait(&begun);
	cohort_test_advance(test, THREAD_TIMEOUT - 1);
	ck_assert(!cohort_test_ended(got, NULL));
	cohort_test_advance(test, 1);
	expect_end(got, 503, NULL, COHORT_END_TIMEOUT);
	ck_assert_int_eq(frees, 0);
	let_end(1);
	await_frees(1);
	ck_assert_uint_eq(nexts, 0);
	ck_assert_ptr_nonnull(strstr(cohort_test_log(test), "imeout"));
}
END_TEST

START_TEST(a_late_job_cuts_a_stream)
{
	struct cohort_test_reply *got = begin("/stream");
	enum cohort_end end;

	sem_wait(&begun);
	ck_assert_int_eq(cohort_test_status(got), 200);
	cohort_test_advance(test, THREAD_TIMEOUT);
	ck_assert(cohort_test_ended(got, &end));
	ck_assert_int_eq(end, COHORT_END_TIMEOUT);
	let_end(1);
	await_frees(1);
	ck_assert_ptr_nonnull(strstr(cohort_test_log(test), "thread_timeout"));
}
END_TEST

START_TEST(a_full_queue_gives_503)
{
	struct cohort_test_reply *got;
	unsigned i;

	for (i = 0; i < THREAD_COUNT + THREAD_QUEUE; i++)
		begin("/gated");
	for (i = 0; i < THREAD_COUNT; i++)
		sem_wait(&begun);
	got = get("/gated");
	expect(got, 503, NULL);
	ck_assert_str_eq(cohort_test_header(got, "Retry-After", 0), "1");
	EXPECT_LOG("warn: thread_queue is full: 1024 jobs wait");
	/* Whatever the handler makes of it. */
	expect(get("/stay"), 503, NULL);
	expect(get("/ignore"), 200, "without");
	ck_assert_str_eq(cohort_test_log(test), "");
	cohort_test_advance(test, 1000);
	expect(get("/gated"), 503, NULL);
	EXPECT_LOG("warn: thread_queue is full: 1024 jobs wait; so 2 requests "
		   "since");
	ck_assert_int_eq(frees, 4);
	let_end(THREAD_COUNT + THREAD_QUEUE);
	await_frees(4 + THREAD_COUNT + THREAD_QUEUE);
}
END_TEST

START_TEST(before_functions_may_have_jobs)
{
	expect(ask("GET", "/quick", "Before: yes"), 200, "0:/quick");
	ck_assert_uint_eq(nexts, 2);
	expect(cohort_test_request(
		   test, "POST", "/quick", "Before: yes", "\1\1", 2),
	    200, "2:/quick");
	ck_assert_int_eq(frees, 4);
}
END_TEST

START_TEST(bad_calls_are_refused)
{
	expect(get("/badly"), 204, "");
	EXPECT_LOG("error: cohort_await_job: work is NULL",
	    "error: cohort_await_job: next is NULL",
	    "error: cohort_await_job: called when a reply was given");
	ck_assert_int_eq(frees, 3);
}
END_TEST

START_TEST(without_threads_there_is_no_job)
{
	test->settings->threads = 0;
	expect(get("/quick"), 500, NULL);
	EXPECT_LOG("error: cohort_await_job: there are no threads (threads = "
		   "0)",
	    "error: handler /quick failed");
	ck_assert_int_eq(frees, 1);
}
END_TEST

START_TEST(lines_of_a_job_have_its_context)
{
	expect(get("/log"), 200, NULL);
	EXPECT_LOG("info: from a job, from 127.0.0.1, port 50000, request "
		   "0000000000000001 GET \"/log\"");
}
END_TEST

START_TEST(a_job_has_nothing_of_the_worker)
{
	expect(get("/timers"), 200, NULL);
	EXPECT_LOG("error: cohort_timer_start: called from the work of a job",
	    "error: cohort_now_ms: called from the work of a job");
}
END_TEST

/* Time goes on while nothing but a job can happen. */
START_TEST(many_requests_at_once)
{
	struct cohort_test_reply *replies[500];
	unsigned round, i;

	for (round = 0; round < 20; round++) {
		for (i = 0; i < 500; i++)
			replies[i] = begin(i % 3 == 0 ? "/fan" : "/quick");
		for (i = 0; i < 500; i += 7)
			cohort_test_hang_up(replies[i]);
		for (i = 0; i < 500; i++)
			await_end(replies[i]);
		cohort_test_log(test);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("app_job");
	TCase *tcase = tcase_create("job");

	tcase_add_checked_fixture(tcase, set_up, close_test);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, next_runs_with_the_result);
	tcase_add_test(tcase, a_job_may_read_a_body_of_any_size);
	tcase_add_test(tcase, several_jobs_of_one_request_are_gathered);
	tcase_add_test(tcase, jobs_stand_beside_the_set);
	tcase_add_test(tcase, a_reply_ends_the_wait_for_jobs);
	tcase_add_test(tcase, a_client_that_goes_leaves_the_running_job);
	tcase_add_test(tcase, a_client_that_goes_takes_the_waiting_job);
	tcase_add_test(tcase, a_worker_that_stops_waits_for_the_running_job);
	tcase_add_test(tcase, attachments_stay_until_the_job_ended);
	tcase_add_test(tcase, a_late_job_gives_503);
	tcase_add_test(tcase, a_late_job_cuts_a_stream);
	tcase_add_test(tcase, a_full_queue_gives_503);
	tcase_add_test(tcase, before_functions_may_have_jobs);
	tcase_add_test(tcase, bad_calls_are_refused);
	tcase_add_test(tcase, without_threads_there_is_no_job);
	tcase_add_test(tcase, lines_of_a_job_have_its_context);
	tcase_add_test(tcase, a_job_has_nothing_of_the_worker);
	tcase_add_test(tcase, many_requests_at_once);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
