/* SPDX-License-Identifier: ISC */
/*
 * Deadlines, retirement, and what runs when a request ended.
 */
#include "test_app_module.h"

#define TIMEOUT_MS 60000 /* the default of handler_timeout */

static char trace[256];
static const char key, other_key;
static cohort_ticket ticket;

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
note_end(struct cohort_request *request, enum cohort_end end, void *context)
{
	static const char *const words[] = { "", "sent", "gone", "timeout",
		"retired", "failed" };

	note((const char *)context);
	note(words[end]);
}

static void
note_free(void *data)
{
	note((const char *)data);
}

static enum cohort_verdict
done(struct cohort_request *request, void *context)
{
	return cohort_reply_text(request, 200, "done");
}

static enum cohort_verdict
wait_long(struct cohort_request *request, void *context)
{
	cohort_on_end(request, note_end, TEXT("end"));
	return cohort_await_time(request, 10 * TIMEOUT_MS, done, NULL);
}

static enum cohort_verdict
wait_before(struct cohort_request *request, void *context)
{
	if (cohort_header(request, "Before") == NULL)
		return COHORT_DECLINED;
	return wait_long(request, context);
}

/* 50 s before the handler and 50 s in it are within 60 s each. */
static enum cohort_verdict
decline(struct cohort_request *request, void *context)
{
	return COHORT_DECLINED;
}

static enum cohort_verdict
wait_some_before(struct cohort_request *request, void *context)
{
	return cohort_await_time(request, TIMEOUT_MS - 10000, decline, NULL);
}

static enum cohort_verdict
wait_some(struct cohort_request *request, void *context)
{
	return cohort_await_time(request, TIMEOUT_MS - 10000, done, NULL);
}

static enum cohort_verdict
set_deadline(struct cohort_request *request, void *context)
{
	ck_assert_int_eq(cohort_deadline(request, 10), 0);
	ck_assert_int_eq(cohort_deadline(request, *(uint32_t *)context), 0);
	return wait_long(request, NULL);
}

static enum cohort_verdict
stream_with_deadline(struct cohort_request *request, void *context)
{
	cohort_stream(request, 200, NULL, -1);
	cohort_write(request, "begun", 5);
	return set_deadline(request, context);
}

/* The reply is given, and its client takes nothing. */
static enum cohort_verdict
reply_with_deadline(struct cohort_request *request, void *context)
{
	ck_assert_int_eq(cohort_deadline(request, 0), -1);
	set_deadline(request, context);
	return cohort_reply_text(request, 200, "%0*d", 100000, 0);
}

static enum cohort_verdict
wait_then_reply(struct cohort_request *request, void *context)
{
	return cohort_await_time(request, 1, reply_with_deadline, context);
}

static void
end_inner(struct cohort_request *request, enum cohort_end end, void *context)
{
	char *text = cohort_format(request, "%s", cohort_path(request));

	ck_assert_str_eq(text, "/order");
	ck_assert_int_eq(cohort_reply_status(request), 200);
	ck_assert_str_eq(cohort_attached(request, &key), "k2");
	/* Too late for all of these. */
	ck_assert_int_eq(cohort_reply_text(request, 200, "x"), COHORT_FAILED);
	ck_assert_int_eq(
	    cohort_await_time(request, 1, done, NULL), COHORT_FAILED);
	ck_assert_int_eq(cohort_on_end(request, note_end, NULL), -1);
	ck_assert_int_eq(
	    cohort_attach(request, &key, TEXT("late"), note_free), -1);
	ck_assert_int_eq(cohort_resume(cohort_worker(request), ticket, done,
			     TEXT("resume"), note_free),
	    -1);
	note_end(request, end, context);
}

static enum cohort_verdict
order(struct cohort_request *request, void *context)
{
	ticket = cohort_request_ticket(request);
	cohort_on_end(request, note_end, TEXT("e1"));
	cohort_on_end(request, end_inner, TEXT("e2"));
	cohort_attach(request, &key, TEXT("k1"), note_free);
	cohort_attach(request, &other_key, TEXT("o1"), note_free);
	cohort_attach(request, &key, TEXT("k2"), note_free);
	ck_assert_str_eq(cohort_attached(request, &key), "k2");
	ck_assert_str_eq(cohort_attached(request, &other_key), "o1");
	ck_assert_ptr_null(cohort_attached(request, &ticket));
	note("handler");
	return cohort_reply_owned(
	    request, 200, NULL, "x", 1, note_free, TEXT("owner"));
}

static enum cohort_verdict
retire(struct cohort_request *request, void *context)
{
	note("retire");
	return cohort_reply_text(request, 200, "retired");
}

static enum cohort_verdict
wait_retirement(struct cohort_request *request, void *context)
{
	ck_assert_int_eq(cohort_on_retire(request, done, NULL), 0);
	ck_assert_int_eq(cohort_on_retire(request, retire, NULL), 0);
	return cohort_await_time(request, 1000, done, NULL);
}

static enum cohort_verdict
decline_later(struct cohort_request *request, void *context)
{
	return cohort_await_time(request, *(uint32_t *)context, decline, NULL);
}

static void
retire_now(struct cohort_worker *worker, void *context)
{
	cohort_test_retire(test);
}

static enum cohort_verdict
farewell(struct cohort_request *request, void *context)
{
	cohort_write(request, "bye", 3);
	return COHORT_DONE;
}

/* Whose client is so fast that there is always room. */
static enum cohort_verdict
pour(struct cohort_request *request, void *context)
{
	unsigned *rounds = context;

	if (++*rounds == 1000)
		return COHORT_FAILED;
	if (*rounds == 10)
		cohort_call(cohort_worker(request), retire_now, NULL);
	cohort_write(request, ".", 1);
	return cohort_await_room(request, pour, context);
}

static enum cohort_verdict
begin_pouring(struct cohort_request *request, void *context)
{
	ck_assert_int_eq(cohort_on_end(request, NULL, NULL), -1);
	cohort_stream(request, 200, NULL, -1);
	cohort_on_retire(request, farewell, NULL);
	return pour(request, context);
}

static enum cohort_verdict
not_armed(struct cohort_request *request, void *context)
{
	cohort_on_retire(request, retire, NULL);
	return COHORT_LATER;
}

static unsigned rounds;
static uint32_t long_ms = 5 * TIMEOUT_MS, short_ms = 1000;
static uint32_t nearly_ms = 900;

/* Two routes of one path: the first waits and declines. */
static void
set_up_next(struct cohort_app *app)
{
	struct cohort_app *first = cohort_scope(app, "/next");
	struct cohort_app *next = cohort_scope(app, "/next");

	cohort_option(first, "timeout", "1s");
	cohort_get(first, "/{name}", decline_later, &nearly_ms);
	cohort_before(next, decline_later, &nearly_ms);
	cohort_get(next, "/{path}*", done, NULL);
}

static int
set_up(struct cohort_app *app)
{
	struct cohort_app *slow = cohort_scope(app, "/slow");
	struct cohort_route *route;

	cohort_before(app, wait_before, NULL);
	cohort_before(slow, wait_some_before, NULL);
	cohort_get(slow, "/", wait_some, NULL);
	cohort_get(app, "/wait", wait_long, NULL);
	route = cohort_route(app, "GET", "/wait/2s", wait_long, NULL);
	cohort_route_option(route, "timeout", "2s");
	cohort_get(app, "/deadline", set_deadline, &long_ms);
	cohort_get(app, "/deadline/short", set_deadline, &short_ms);
	cohort_get(app, "/stream", stream_with_deadline, &short_ms);
	cohort_get(app, "/reply", wait_then_reply, &short_ms);
	cohort_get(app, "/order", order, NULL);
	cohort_get(app, "/retire", wait_retirement, NULL);
	cohort_get(app, "/not-armed", not_armed, NULL);
	cohort_get(app, "/pour", begin_pouring, &rounds);
	set_up_next(app);
	return 0;
}

static const struct {
	const char *target, *headers;
	uint32_t ms;
	int status;
	const char *log;
} timeouts[] = {
	{ "/wait", NULL, TIMEOUT_MS, 503,
	    "warn: /wait: gave no reply within its timeout, request " },
	{ "/wait", "Before: yes\n", TIMEOUT_MS, 503,
	    "warn: /wait: gave no reply within its timeout, request " },
	{ "/wait/2s", NULL, 2000, 503,
	    "warn: /wait/2s: gave no reply within its timeout, request " },
	{ "/deadline", NULL, 5 * TIMEOUT_MS, 503,
	    "warn: /deadline: its deadline passed, request " },
	{ "/deadline/short", NULL, 1000, 503,
	    "warn: /deadline/short: its deadline passed, request " },
	{ "/stream", NULL, 1000, 200,
	    "warn: /stream: its deadline passed, request " },
};

START_TEST(deadlines_pass)
{
	struct cohort_test_reply *got;

	got = cohort_test_begin(
	    test, "GET", timeouts[_i].target, timeouts[_i].headers, NULL, 0);
	cohort_test_advance(test, timeouts[_i].ms - 1);
	ck_assert(!cohort_test_ended(got, NULL));
	expect_trace("");
	cohort_test_advance(test, 1);
	expect_end(got, timeouts[_i].status, NULL, COHORT_END_TIMEOUT);
	expect_trace("end,timeout,");
	EXPECT_LOG(timeouts[_i].log);
}
END_TEST

START_TEST(a_deadline_holds_to_the_very_end)
{
	struct cohort_test_reply *got = begin("/reply");

	cohort_test_room(got, 0);
	cohort_test_advance(test, 1);
	ck_assert_int_eq(cohort_test_status(got), 200);
	cohort_test_advance(test, 999);
	ck_assert(!cohort_test_ended(got, NULL));
	cohort_test_advance(test, 1);
	expect_end(got, 200, NULL, COHORT_END_TIMEOUT);
	EXPECT_LOG("error: cohort_deadline: 0 ms",
	    "warn: /reply: its deadline passed");
}
END_TEST

START_TEST(time_begins_anew_with_the_handler)
{
	expect(get("/slow/"), 200, "done");
}
END_TEST

START_TEST(ends_come_last_in_first_out)
{
	expect(get("/order"), 200, "x");
	expect_trace("k1,handler,late,resume,e2,sent,e1,sent,k2,o1,owner,");
	EXPECT_LOG("error: cohort_reply_text: called from an end function",
	    "error: cohort_await_time: called from an end function",
	    "error: cohort_on_end: called from an end function",
	    "error: cohort_attach: called from an end function");
}
END_TEST

START_TEST(a_client_that_goes_ends_it)
{
	struct cohort_test_reply *got = begin("/wait");

	cohort_test_hang_up(got);
	expect_end(got, 0, "", COHORT_END_GONE);
	expect_trace("end,gone,");
}
END_TEST

START_TEST(retirement_continues_who_wants_it)
{
	struct cohort_test_reply *got = begin("/retire"), *waits;

	waits = begin("/wait");
	cohort_test_retire(test);
	expect(got, 200, "retired");
	expect_trace("retire,");
	ck_assert(!cohort_test_ended(waits, NULL));
	cohort_test_hang_up(waits);
	expect_trace("end,gone,");
	/* It is retired already. */
	expect(get("/retire"), 200, "retired");
}
END_TEST

START_TEST(each_route_has_its_own_timeout)
{
	expect(get("/next/x"), 200, "done");
}
END_TEST

START_TEST(room_does_not_keep_retirement_away)
{
	struct cohort_test_reply *got = begin("/pour");

	EXPECT_LOG("error: cohort_on_end: function is NULL");
	ck_assert(cohort_test_ended(got, NULL));
	ck_assert_uint_lt(rounds, 20);
	ck_assert_ptr_nonnull(strstr(cohort_test_body(got).data, "bye"));
}
END_TEST

START_TEST(on_retire_is_no_wait)
{
	expect(get("/not-armed"), 500, NULL);
	EXPECT_LOG("error: handler /not-armed returned LATER with nothing");
}
END_TEST

static void
open_ends(void)
{
	open_test(set_up);
}

int
main(void)
{
	Suite *suite = suite_create("app_end");
	TCase *tcase = tcase_create("end");

	tcase_add_checked_fixture(tcase, open_ends, close_test);
	tcase_add_loop_test(
	    tcase, deadlines_pass, 0, sizeof(timeouts) / sizeof(timeouts[0]));
	tcase_add_test(tcase, a_deadline_holds_to_the_very_end);
	tcase_add_test(tcase, time_begins_anew_with_the_handler);
	tcase_add_test(tcase, ends_come_last_in_first_out);
	tcase_add_test(tcase, a_client_that_goes_ends_it);
	tcase_add_test(tcase, retirement_continues_who_wants_it);
	tcase_add_test(tcase, each_route_has_its_own_timeout);
	tcase_add_test(tcase, room_does_not_keep_retirement_away);
	tcase_add_test(tcase, on_retire_is_no_wait);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
