/* SPDX-License-Identifier: ISC */
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "test_app_module.h"

#define THREAD_COUNT   4 /* the defaults */
#define THREAD_TIMEOUT 60000

static sem_t begun, may_end;
static atomic_int frees;
static pthread_t loop;
static char trace[256];

/* What there is room for. */
static void
note(const char *word)
{
	if (strlen(trace) + strlen(word) < sizeof(trace))
		strcat(trace, word);
}

static void
count_free(void *owner)
{
	free(owner);
	atomic_fetch_add(&frees, 1);
}

/* Everything that it may. */
static enum cohort_verdict
all_things(struct cohort_request *request, void *context)
{
	struct cohort_str body = cohort_body(request);
	char *copy = cohort_alloc(request, 100000);
	struct cohort_pair pair;

	ck_assert(!pthread_equal(pthread_self(), loop));
	ck_assert_int_eq(copy[99999], 0);
	ck_assert(cohort_item(request, COHORT_QUERY, 0, &pair));
	ck_assert_ptr_nonnull(cohort_worker(request));
	ck_assert_str_eq(cohort_request_id(request), "0000000000000001");
	ck_assert_str_eq(cohort_attached(request, trace), "attached");
	cohort_doing(request, "all things");
	cohort_log(request, COHORT_INFO, "done %s", "soon");
	cohort_reply_set(request, "X-Own", cohort_format(request, "%d", 7));
	cohort_reply_cookie(request, "a", "b", NULL);
	return cohort_reply_text(request, 201, "%s %s %s %s %s %s %zu",
	    cohort_method(request), cohort_path_param(request, "name"),
	    cohort_query(request, "q"), cohort_header(request, "Some"),
	    cohort_cookie(request, "c"), cohort_peer(request), body.size);
}

static enum cohort_verdict
reply_owned(struct cohort_request *request, void *context)
{
	char *text = strdup("owned");

	return cohort_reply_owned(
	    request, 200, "text/plain", text, 5, count_free, text);
}

static enum cohort_verdict
reply_large(struct cohort_request *request, void *context)
{
	static char large[100000];
	int i;

	for (i = 0; i < 40; i++)
		cohort_reply_add(
		    request, "X-Many", cohort_format(request, "%d", i));
	return cohort_reply_copy(
	    request, 200, "text/plain", large, sizeof(large));
}

static enum cohort_verdict
reply_file(struct cohort_request *request, void *context)
{
	FILE *file = tmpfile();
	int fd = dup(fileno(file));

	ck_assert_int_eq(write(fd, "a file", 6), 6);
	fclose(file);
	return cohort_reply_file(request, 200, "text/plain", fd, 2, -1);
}

static enum cohort_verdict
gated(struct cohort_request *request, void *context)
{
	char *text = strdup("gated");
	struct cohort_str body;

	sem_post(&begun);
	while (sem_wait(&may_end) == -1)
		continue;
	ck_assert_str_eq(cohort_path(request), "/gated");
	body = cohort_body(request);
	ck_assert_ptr_null(memchr(body.data, 'x', body.size));
	ck_assert_str_eq(cohort_attached(request, trace), "attached");
	cohort_reply_set(request, "X-Late", "yes");
	return cohort_reply_owned(
	    request, 200, "text/plain", text, 5, count_free, text);
}

static enum cohort_verdict
fail_it(struct cohort_request *request, void *context)
{
	return cohort_fail(request, 502, "the database is away");
}

static enum cohort_verdict
refuse(struct cohort_request *request, void *context)
{
	return cohort_refuse(request, 422, "a %s thing", "bad");
}

static enum cohort_verdict
say(struct cohort_request *request, void *context)
{
	return (enum cohort_verdict)(intptr_t)context;
}

static enum cohort_verdict
decline(struct cohort_request *request, void *context)
{
	cohort_reply_set(request, "X-Declined", "yes");
	return COHORT_DECLINED;
}

static enum cohort_verdict
after_decline(struct cohort_request *request, void *context)
{
	ck_assert(pthread_equal(pthread_self(), loop));
	ck_assert_str_eq(cohort_reply_get(request, "X-Declined"), "yes");
	return cohort_reply_text(request, 200, "the next");
}

static enum cohort_verdict
never(struct cohort_request *request, void *context)
{
	ck_abort_msg("a blocking handler waited");
	return COHORT_DONE;
}

static void
never_work(void *context)
{
	ck_abort_msg("a blocking handler waited");
}

static enum cohort_verdict
forbidden(struct cohort_request *request, void *context)
{
	struct cohort_worker *worker = cohort_worker(request);

	ck_assert_int_eq(
	    cohort_await_time(request, 1, never, NULL), COHORT_FAILED);
	ck_assert_int_eq(
	    cohort_await_job(request, never_work, never, malloc(1), count_free),
	    COHORT_FAILED);
	ck_assert_uint_eq(cohort_request_ticket(request).id, 0);
	ck_assert_int_eq(cohort_deadline(request, 1), -1);
	ck_assert_int_eq(
	    cohort_attach(request, trace, malloc(1), count_free), -1);
	ck_assert_int_eq(cohort_stream(request, 200, NULL, -1), -1);
	ck_assert_ptr_null(cohort_timer_start(worker, 1, 0, NULL, NULL));
	ck_assert_uint_eq(cohort_now_ms(worker), 0);
	ck_assert_int_eq(frees, 2);
	return COHORT_LATER;
}

static struct cohort_request *kept;

static enum cohort_verdict
keep(struct cohort_request *request, void *context)
{
	kept = request;
	return cohort_reply_empty(request, 204);
}

static cohort_ticket ticket;
static struct cohort_worker *worker;

static void
free_attached(void *data)
{
	note("freed,");
}

/* What a handler finds. */
static enum cohort_verdict
before(struct cohort_request *request, void *context)
{
	loop = pthread_self();
	worker = cohort_worker(request);
	ticket = cohort_request_ticket(request);
	cohort_attach(request, trace, TEXT("attached"), free_attached);
	cohort_reply_set(request, "X-Before", "yes");
	return COHORT_DECLINED;
}

static void
after(struct cohort_request *request, void *context)
{
	ck_assert(pthread_equal(pthread_self(), loop));
	if (kept != NULL)
		cohort_alloc(kept, 1);
	cohort_reply_set(request, "X-After", "yes");
}

static void
on_end(struct cohort_request *request, enum cohort_end end, void *context)
{
	note("end,");
}

static enum cohort_verdict
before_gated(struct cohort_request *request, void *context)
{
	cohort_on_end(request, on_end, NULL);
	return COHORT_DECLINED;
}

static int
set_up_module(struct cohort_app *app)
{
	struct cohort_app *blocking = cohort_scope(app, "");
	struct cohort_route *next;

	cohort_before(app, before, NULL);
	cohort_before(app, before_gated, NULL);
	cohort_after(app, after, NULL);
	cohort_option(blocking, "blocking", "yes");
	cohort_route(blocking, "GET POST", "/all/{name}", all_things, NULL);
	cohort_get(blocking, "/owned", reply_owned, NULL);
	cohort_get(blocking, "/large", reply_large, NULL);
	cohort_get(blocking, "/file", reply_file, NULL);
	cohort_route(blocking, "GET POST", "/gated", gated, NULL);
	cohort_get(blocking, "/fail", fail_it, NULL);
	cohort_get(blocking, "/refuse", refuse, NULL);
	cohort_get(blocking, "/done", say, (void *)(intptr_t)COHORT_DONE);
	cohort_get(blocking, "/later", say, (void *)(intptr_t)COHORT_LATER);
	cohort_get(blocking, "/zero", say, NULL);
	cohort_get(blocking, "/{any}", decline, NULL);
	next = cohort_route(blocking, "GET", "/{any}*", after_decline, NULL);
	cohort_route_option(next, "blocking", "no");
	cohort_get(blocking, "/forbidden", forbidden, NULL);
	cohort_get(blocking, "/keep", keep, NULL);
	return 0;
}

static void
set_up(void)
{
	sem_init(&begun, 0, 0);
	sem_init(&may_end, 0, 0);
	loop = pthread_self();
	open_test(set_up_module);
}

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

START_TEST(may_do_what_a_handler_does)
{
	struct cohort_test_reply *got;

	got = cohort_test_request(
	    test, "POST", "/all/me?q=1", "Some: thing\nCookie: c=d", "body", 4);
	expect(got, 201, "POST me 1 thing d 127.0.0.1 4");
	ck_assert_str_eq(cohort_test_header(got, "X-Own", 0), "7");
	ck_assert_str_eq(cohort_test_header(got, "X-Before", 0), "yes");
	ck_assert_str_eq(cohort_test_header(got, "X-After", 0), "yes");
	ck_assert_ptr_nonnull(cohort_test_header(got, "Set-Cookie", 0));
	EXPECT_LOG("info: done soon, from 127.0.0.1, port 50000, request "
		   "0000000000000001 POST \"/all/me?q=1\", while all things");
}
END_TEST

START_TEST(gives_any_whole_reply)
{
	struct cohort_test_reply *got;

	expect(get("/owned"), 200, "owned");
	ck_assert_int_eq(frees, 1);
	got = get("/large");
	ck_assert_uint_eq(cohort_test_body(got).size, 100000);
	ck_assert_str_eq(cohort_test_header(got, "X-Many", 39), "39");
	expect(get("/file"), 200, "file");
}
END_TEST

START_TEST(fails_and_refuses)
{
	expect(get("/fail"), 502, "502 Bad Gateway\n");
	EXPECT_LOG("error: the database is away");
	expect(get("/refuse"), 422, "a bad thing");
	EXPECT_LOG("info: a bad thing");
}
END_TEST

START_TEST(declines_to_the_next_route)
{
	struct cohort_test_reply *got = get("/other");

	expect(got, 200, "the next");
	ck_assert_str_eq(cohort_test_header(got, "X-Before", 0), "yes");
	ck_assert_ptr_null(cohort_test_header(got, "X-Before", 1));
}
END_TEST

START_TEST(wrong_verdicts_are_blamed)
{
	expect(get("/done"), 500, NULL);
	EXPECT_LOG("error: handler /done returned DONE without a reply");
	expect(get("/later"), 500, NULL);
	EXPECT_LOG("error: handler /later returned LATER although it blocks");
	expect(get("/zero"), 500, NULL);
	EXPECT_LOG("error: handler /zero returned 0, which is no verdict");
}
END_TEST

START_TEST(may_not_wait_stream_or_use_the_worker)
{
	expect(get("/forbidden"), 500, NULL);
	EXPECT_LOG("error: cohort_await_time: called from a blocking handler, "
		   "where it is not allowed",
	    "error: cohort_await_job: called from a blocking handler",
	    "error: cohort_request_ticket: called from a blocking handler",
	    "error: cohort_deadline: called from a blocking handler",
	    "error: cohort_attach: called from a blocking handler",
	    "error: cohort_stream: called from a blocking handler",
	    "error: cohort_timer_start: called from a blocking handler",
	    "error: cohort_now_ms: called from a blocking handler",
	    "error: handler /forbidden returned LATER although it blocks");
}
END_TEST

START_TEST(others_run_meanwhile)
{
	struct cohort_test_reply *got = begin("/gated");

	sem_wait(&begun);
	expect(get("/owned"), 200, "owned");
	ck_assert(!cohort_test_ended(got, NULL));
	sem_post(&may_end);
	await_end(got);
	expect(got, 200, "gated");
	ck_assert_str_eq(cohort_test_header(got, "X-Late", 0), "yes");
}
END_TEST

START_TEST(a_client_that_goes_leaves_the_handler_its_memory)
{
	static char body[200000];
	struct cohort_test_reply *got;

	got =
	    cohort_test_begin(test, "POST", "/gated", NULL, body, sizeof(body));
	sem_wait(&begun);
	cohort_test_hang_up(got);
	ck_assert(cohort_test_ended(got, NULL));
	ck_assert_str_eq(trace, "end,");
	expect(get("/owned"), 200, "owned");
	trace[0] = '\0';
	sem_post(&may_end);
	await_frees(2);
	ck_assert_str_eq(trace, "freed,");
}
END_TEST

START_TEST(a_late_handler_loses_its_reply)
{
	struct cohort_test_reply *got = begin("/gated");

	sem_wait(&begun);
	cohort_test_advance(test, THREAD_TIMEOUT);
	expect_end(got, 503, NULL, COHORT_END_TIMEOUT);
	ck_assert_str_eq(cohort_test_header(got, "X-Before", 0), "yes");
	ck_assert_ptr_null(cohort_test_header(got, "X-Late", 0));
	sem_post(&may_end);
	await_frees(1);
	ck_assert_ptr_nonnull(strstr(cohort_test_log(test), "imeout"));
}
END_TEST

/* A slow client still takes the 503 when the handler returns. */
START_TEST(a_late_handler_may_return_before_its_request_ends)
{
	struct cohort_test_reply *got;

	cohort_test_window(test, 0);
	got = begin("/gated");
	sem_wait(&begun);
	cohort_test_advance(test, THREAD_TIMEOUT);
	ck_assert_int_eq(cohort_test_status(got), 503);
	ck_assert(!cohort_test_ended(got, NULL));
	sem_post(&may_end);
	await_frees(1);
	cohort_test_room(got, SIZE_MAX);
	expect_end(got, 503, NULL, COHORT_END_TIMEOUT);
	cohort_test_log(test);
}
END_TEST

/* Nothing else continues a request that a handler has. */
START_TEST(a_ticket_waits_for_the_handler)
{
	struct cohort_test_reply *got = begin("/gated");

	sem_wait(&begun);
	ck_assert_int_eq(
	    cohort_resume(worker, ticket, never, malloc(1), count_free), 0);
	cohort_test_advance(test, 10);
	ck_assert_int_eq(frees, 0);
	sem_post(&may_end);
	await_end(got);
	expect(got, 200, "gated");
	ck_assert_int_eq(frees, 2);
}
END_TEST

START_TEST(a_retiring_worker_waits_for_the_handler)
{
	struct cohort_test_reply *got = begin("/gated");

	sem_wait(&begun);
	cohort_test_retire(test);
	ck_assert(!cohort_test_ended(got, NULL));
	sem_post(&may_end);
	await_end(got);
	expect(got, 200, "gated");
}
END_TEST

START_TEST(a_full_queue_gives_503)
{
	struct cohort_test_reply *got;
	unsigned i;

	for (i = 0; i < THREAD_COUNT + 1024; i++)
		begin("/gated");
	got = get("/owned");
	expect(got, 503, NULL);
	ck_assert_str_eq(cohort_test_header(got, "Retry-After", 0), "1");
	ck_assert_ptr_nonnull(
	    strstr(cohort_test_log(test), "thread_queue is full"));
	for (i = 0; i < THREAD_COUNT + 1024; i++)
		sem_post(&may_end);
	await_frees(THREAD_COUNT + 1024);
}
END_TEST

START_TEST(many_at_once)
{
	static const char *const targets[] = { "/owned", "/large", "/refuse",
		"/other", "/file" };
	struct cohort_test_reply *replies[400];
	unsigned round, i;

	for (round = 0; round < 20; round++) {
		for (i = 0; i < 400; i++)
			replies[i] = begin(targets[i % 5]);
		for (i = 0; i < 400; i += 7)
			cohort_test_hang_up(replies[i]);
		for (i = 0; i < 400; i++)
			await_end(replies[i]);
		cohort_test_log(test);
	}
}
END_TEST

/* The after function has it, whose memory is still there. */
START_TEST(a_request_that_was_kept_panics)
{
	get("/keep");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("app_blocking");
	TCase *tcase = tcase_create("blocking"),
	      *panics = tcase_create("panic");

	tcase_add_checked_fixture(tcase, set_up, close_test);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, may_do_what_a_handler_does);
	tcase_add_test(tcase, gives_any_whole_reply);
	tcase_add_test(tcase, fails_and_refuses);
	tcase_add_test(tcase, declines_to_the_next_route);
	tcase_add_test(tcase, wrong_verdicts_are_blamed);
	tcase_add_test(tcase, may_not_wait_stream_or_use_the_worker);
	tcase_add_test(tcase, others_run_meanwhile);
	tcase_add_test(tcase, a_client_that_goes_leaves_the_handler_its_memory);
	tcase_add_test(tcase, a_late_handler_loses_its_reply);
	tcase_add_test(
	    tcase, a_late_handler_may_return_before_its_request_ends);
	tcase_add_test(tcase, a_ticket_waits_for_the_handler);
	tcase_add_test(tcase, a_retiring_worker_waits_for_the_handler);
	tcase_add_test(tcase, a_full_queue_gives_503);
	tcase_add_test(tcase, many_at_once);
	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(panics, set_up, NULL);
	tcase_add_test_raise_signal(
	    panics, a_request_that_was_kept_panics, SIGABRT);
	suite_add_tcase(suite, panics);
	return test_run(suite);
}
