/* SPDX-License-Identifier: ISC */
/*
 * Who may call what: every function of a request in every phase, the dead
 * request, the wrong thread, and the log's context.
 */
#include <pthread.h>
#include <signal.h>

#include "test_app_module.h"

static unsigned freed;
static const char key;

static void
count_free(void *context)
{
	freed++;
}

static enum cohort_verdict
never(struct cohort_request *request, void *context)
{
	return COHORT_FAILED;
}

static void
never_ends(struct cohort_request *request, enum cohort_end end, void *context)
{
}

static void
never_ticks(struct cohort_worker *worker, void *context)
{
}

/* Each returns whether it was let. */

static bool
call_method(struct cohort_request *request)
{
	return cohort_method(request)[0] != '\0';
}

static bool
call_path(struct cohort_request *request)
{
	return cohort_path(request)[0] != '\0';
}

static bool
call_target(struct cohort_request *request)
{
	return cohort_target(request).size != 0;
}

static bool
call_host(struct cohort_request *request)
{
	return cohort_host(request) != NULL;
}

static bool
call_query(struct cohort_request *request)
{
	return cohort_query(request, "q") != NULL;
}

static bool
call_item(struct cohort_request *request)
{
	struct cohort_pair pair;

	return cohort_item(request, COHORT_HEADER, 0, &pair);
}

static bool
call_state(struct cohort_request *request)
{
	return cohort_state(request, &key) != NULL;
}

static bool
call_body(struct cohort_request *request)
{
	return cohort_body(request).size != 0;
}

static bool
call_set(struct cohort_request *request)
{
	return cohort_reply_set(request, "X", "1") == 0;
}

static bool
call_remove(struct cohort_request *request)
{
	return cohort_reply_remove(request, "X") == 0;
}

static bool
call_text(struct cohort_request *request)
{
	return cohort_reply_text(request, 200, "x") == COHORT_DONE;
}

static bool
call_owned(struct cohort_request *request)
{
	freed = 0;
	if (cohort_reply_owned(request, 200, NULL, "x", 1, count_free, NULL) ==
	    COHORT_DONE)
		return true;
	ck_assert_uint_eq(freed, 1);
	return false;
}

static bool
call_redirect(struct cohort_request *request)
{
	return cohort_reply_redirect(request, 303, "/") == COHORT_DONE;
}

static bool
call_stream(struct cohort_request *request)
{
	return cohort_stream(request, 200, NULL, -1) == 0;
}

static bool
call_events(struct cohort_request *request)
{
	return cohort_sse(request, 0) == 0;
}

static bool
call_await_time(struct cohort_request *request)
{
	return cohort_await_time(request, 1, never, NULL) == COHORT_LATER;
}

static bool
call_await_fd(struct cohort_request *request)
{
	return cohort_await_fd(request, 1, COHORT_READ, never, NULL) ==
	    COHORT_LATER;
}

static bool
call_ticket(struct cohort_request *request)
{
	return cohort_request_ticket(request).id != 0;
}

static bool
call_deadline(struct cohort_request *request)
{
	return cohort_deadline(request, 1000) == 0;
}

static bool
call_on_end(struct cohort_request *request)
{
	return cohort_on_end(request, never_ends, NULL) == 0;
}

static bool
call_on_retire(struct cohort_request *request)
{
	return cohort_on_retire(request, never, NULL) == 0;
}

static bool
call_attach(struct cohort_request *request)
{
	freed = 0;
	if (cohort_attach(request, &freed, NULL, count_free) == 0)
		return true;
	ck_assert_uint_eq(freed, 1);
	return false;
}

static bool
call_timer(struct cohort_request *request)
{
	struct cohort_timer *timer =
	    cohort_timer_start(cohort_worker(request), 1, 0, never_ticks, NULL);

	if (timer == NULL)
		return false;
	cohort_timer_stop(&timer);
	return true;
}

enum phase {
	GUARD,
	BEFORE,
	HANDLER,
	AFTER,
	PAGE,
	END
};

/* clang-format off */
static const struct {
	const char *name;	/* in the log */
	bool (*function)(struct cohort_request *request);
	bool may[6];		/* in the order of enum phase */
} calls[] = {
	{ "cohort_method", call_method, { 1, 1, 1, 1, 1, 1 } },
	{ "cohort_path", call_path, { 1, 1, 1, 1, 1, 1 } },
	{ "cohort_target", call_target, { 1, 1, 1, 1, 1, 1 } },
	{ "cohort_host", call_host, { 1, 1, 1, 1, 1, 1 } },
	{ "cohort_query", call_query, { 1, 1, 1, 1, 1, 1 } },
	{ "cohort_item", call_item, { 1, 1, 1, 1, 1, 1 } },
	{ "cohort_state", call_state, { 1, 1, 1, 1, 1, 1 } },
	{ "cohort_body", call_body, { 0, 0, 1, 0, 0, 0 } },
	{ "cohort_reply_set", call_set, { 0, 1, 1, 1, 1, 0 } },
	{ "cohort_reply_remove", call_remove, { 0, 1, 1, 1, 1, 0 } },
	{ "cohort_reply_text", call_text, { 0, 1, 1, 1, 1, 0 } },
	{ "cohort_reply_owned", call_owned, { 0, 1, 1, 1, 1, 0 } },
	{ "cohort_reply_redirect", call_redirect, { 0, 1, 1, 1, 1, 0 } },
	{ "cohort_stream", call_stream, { 0, 0, 1, 0, 0, 0 } },
	{ "cohort_sse", call_events, { 0, 0, 1, 0, 0, 0 } },
	{ "cohort_await_time", call_await_time, { 0, 1, 1, 0, 0, 0 } },
	{ "cohort_await_fd", call_await_fd, { 0, 1, 1, 0, 0, 0 } },
	{ "cohort_request_ticket", call_ticket, { 0, 1, 1, 0, 0, 0 } },
	{ "cohort_deadline", call_deadline, { 0, 1, 1, 0, 0, 0 } },
	{ "cohort_on_end", call_on_end, { 0, 1, 1, 0, 0, 0 } },
	{ "cohort_on_retire", call_on_retire, { 0, 1, 1, 0, 0, 0 } },
	{ "cohort_attach", call_attach, { 0, 1, 1, 0, 0, 0 } },
	{ "cohort_timer_start", call_timer, { 0, 1, 1, 0, 0, 1 } },
};
/* clang-format on */

static const char *const words[] = { "a guard", "a before function",
	"a handler", "an after function", "an error page", "an end function" };

static int call;
static enum phase wanted;
static unsigned called;

static void
try_call(const struct cohort_request *request, enum phase phase)
{
	if (phase != wanted)
		return;
	called++;
	ck_assert_int_eq(
	    calls[call].function((struct cohort_request *)(uintptr_t)request),
	    calls[call].may[phase]);
}

static bool
guard(const struct cohort_request *request, void *context)
{
	try_call(request, GUARD);
	return true;
}

static enum cohort_verdict
before(struct cohort_request *request, void *context)
{
	try_call(request, BEFORE);
	return COHORT_DECLINED;
}

static void
end(struct cohort_request *request, enum cohort_end how, void *context)
{
	try_call(request, END);
}

static enum cohort_verdict
handler(struct cohort_request *request, void *context)
{
	cohort_on_end(request, end, NULL);
	try_call(request, HANDLER);
	if (wanted == PAGE)
		return cohort_fail(request, 500, "for the page");
	if (cohort_reply_status(request) != 0)
		return COHORT_DONE;
	return cohort_reply_text(request, 200, "x");
}

static void
after(struct cohort_request *request, void *context)
{
	try_call(request, AFTER);
}

static enum cohort_verdict
page(struct cohort_request *request, void *context)
{
	try_call(request, PAGE);
	return cohort_reply_text(request, 500, "page");
}

static int
set_up(struct cohort_app *app)
{
	cohort_state_set(app, &key, TEXT("state"), NULL);
	cohort_guard(app, guard, NULL);
	cohort_before(app, before, NULL);
	cohort_after(app, after, NULL);
	cohort_error_page(app, 500, page, NULL);
	cohort_post(app, "/", handler, NULL);
	return 0;
}

START_TEST(functions_know_their_phases)
{
	const char *log;
	char line[128];

	call = _i / 6;
	wanted = (enum phase)(_i % 6);
	cohort_test_request(test, "POST", "/?q=1", NULL, "body", 4);
	ck_assert_uint_ge(called, 1);
	log = cohort_test_log(test);
	strcpy(line, calls[call].name);
	strcat(strcat(line, ": called from "), words[wanted]);
	ck_assert_int_eq(strstr(log, line) == NULL, calls[call].may[wanted]);
}
END_TEST

/* Requests that are not there. */

static struct cohort_request *stale;
static struct cohort_worker *worker;

static void
use_stale(struct cohort_worker *own, void *context)
{
	ck_assert_str_eq(cohort_method(stale), "");
	ck_assert_int_eq(cohort_reply_text(stale, 200, "x"), COHORT_FAILED);
	cohort_log(stale, COHORT_WARN, "%s", "for another");
	cohort_log(NULL, (enum cohort_level)9, "for nobody");
}

static enum cohort_verdict
store(struct cohort_request *request, void *context)
{
	stale = request;
	worker = cohort_worker(request);
	cohort_call(worker, use_stale, NULL);
	return cohort_await_time(request, 10, store, NULL);
}

static enum cohort_verdict
reply(struct cohort_request *request, void *context)
{
	if (context == NULL)
		stale = request;
	cohort_doing(request, "testing it");
	cohort_log(request, COHORT_INFO, "line\n%d", 1);
	cohort_log(request, COHORT_DEBUG, "not wanted");
	cohort_doing(request, NULL);
	cohort_log(NULL, COHORT_ERROR, "other");
	return cohort_reply_text(request, 200, "x");
}

static enum cohort_verdict
use_dead(struct cohort_request *request, void *context)
{
	cohort_method(stale);
	return COHORT_FAILED;
}

static void *
use_in_thread(void *context)
{
	cohort_method((struct cohort_request *)context);
	return NULL;
}

static enum cohort_verdict
start_thread(struct cohort_request *request, void *context)
{
	pthread_t thread;

	pthread_create(&thread, NULL, use_in_thread, request);
	pthread_join(thread, NULL);
	return COHORT_FAILED;
}

static int
set_up_stale(struct cohort_app *app)
{
	cohort_get(app, "/store", store, NULL);
	cohort_get(app, "/reply", reply, NULL);
	cohort_get(app, "/dead", use_dead, NULL);
	cohort_get(app, "/thread", start_thread, NULL);
	return 0;
}

START_TEST(a_stored_request_is_refused)
{
	struct cohort_test_reply *got = begin("/store");

	EXPECT_LOG("error: cohort_method: called from no function of the",
	    "error: cohort_reply_text: called from no function of the",
	    "warn: for another, request 0000000000000001 GET \"/store\"",
	    "error: for nobody");
	cohort_test_hang_up(got);
}
END_TEST

START_TEST(lines_have_their_context)
{
	expect(get("/reply"), 200, "x");
	EXPECT_LOG("info: line\\x0a1, request 0000000000000001 GET \"/reply\", "
		   "while testing it",
	    "error: other, request 0000000000000001 GET \"/reply\"");
}
END_TEST

/* The one that ended last is used again first. */
START_TEST(a_dead_request_panics)
{
	struct cohort_test_reply *one = begin("/store"), *two;

	two = begin("/store");
	cohort_test_hang_up(two);
	cohort_test_hang_up(one);
	get("/dead");
}
END_TEST

START_TEST(a_thread_has_no_request)
{
	get("/thread");
}
END_TEST

static void
open_phases(void)
{
	open_test(set_up);
}

static void
open_stale(void)
{
	open_test(set_up_stale);
}

int
main(void)
{
	Suite *suite = suite_create("app_request");
	TCase *tcase = tcase_create("phases");

	tcase_add_checked_fixture(tcase, open_phases, close_test);
	tcase_add_loop_test(tcase, functions_know_their_phases, 0,
	    6 * sizeof(calls) / sizeof(calls[0]));
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("stale");
	tcase_add_checked_fixture(tcase, open_stale, close_test);
	tcase_add_test(tcase, a_stored_request_is_refused);
	tcase_add_test(tcase, lines_have_their_context);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("panic");
	tcase_add_checked_fixture(tcase, open_stale, NULL);
	tcase_add_test_raise_signal(tcase, a_dead_request_panics, SIGABRT);
	tcase_add_test_raise_signal(tcase, a_thread_has_no_request, SIGABRT);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
