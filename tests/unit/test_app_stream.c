/* SPDX-License-Identifier: ISC */
#include "app/app_stream.h"
#include "test_app_module.h"

#define IDLE_MS 60000 /* the default of stream_idle */

static unsigned rounds;
static enum cohort_end seen_end;

static void
on_end(struct cohort_request *request, enum cohort_end end, void *context)
{
	seen_end = end;
}

/* Writes a piece, awaits room, and so on, COUNT times. */
#define PIECE 10000
#define COUNT 50

static enum cohort_verdict
write_more(struct cohort_request *request, void *context)
{
	char piece[PIECE];

	memset(piece, 'x', sizeof(piece));
	while (rounds < COUNT) {
		rounds++;
		if (cohort_write(request, piece, sizeof(piece)) == COHORT_FULL)
			return cohort_await_room(request, write_more, NULL);
	}
	return COHORT_DONE;
}

static enum cohort_verdict
stream_much(struct cohort_request *request, void *context)
{
	cohort_reply_set(request, "X", "1");
	if (cohort_stream(request, 200, "text/x", *(int64_t *)context) == -1)
		return COHORT_FAILED;
	return write_more(request, NULL);
}

/* Room is there, so it is soon; not before the function returned. */
static enum cohort_verdict
await_room_soon(struct cohort_request *request, void *context)
{
	rounds++;
	if (rounds == 1)
		ck_assert_int_eq(cohort_stream(request, 200, NULL, -1), 0);
	ck_assert_int_eq(cohort_write(request, "y", 1), COHORT_ROOM);
	if (rounds == 5)
		return COHORT_DONE;
	return cohort_await_room(request, await_room_soon, NULL);
}

static enum cohort_verdict
write_on(struct cohort_request *request, void *context)
{
	static char piece[65536];
	int result;

	do {
		result = cohort_write(request, piece, sizeof(piece));
		rounds++;
	} while (result != -1);
	ck_assert_int_eq(cohort_write(request, "x", 1), -1);
	return COHORT_DONE;
}

static enum cohort_verdict
write_on_later(struct cohort_request *request, void *context)
{
	cohort_on_end(request, on_end, NULL);
	cohort_stream(request, 200, NULL, -1);
	return cohort_await_time(request, 1, write_on, NULL);
}

static enum cohort_verdict
write_on_at_once(struct cohort_request *request, void *context)
{
	cohort_stream(request, 200, NULL, -1);
	return write_on(request, NULL);
}

static enum cohort_verdict
write_declared(struct cohort_request *request, void *context)
{
	size_t written = *(size_t *)context;

	ck_assert_int_eq(cohort_stream(request, 200, NULL, 5), 0);
	ck_assert_int_eq(cohort_write(request, "123456", written),
	    written > 5 ? -1 : COHORT_ROOM);
	return COHORT_DONE;
}

static enum cohort_verdict
be_silent(struct cohort_request *request, void *context)
{
	cohort_on_end(request, on_end, NULL);
	cohort_stream(request, 200, NULL, -1);
	cohort_write(request, "hello", 5);
	cohort_request_ticket(request);
	return COHORT_LATER;
}

static enum cohort_verdict
tick(struct cohort_request *request, void *context)
{
	cohort_write(request, ".", 1);
	return cohort_await_time(request, IDLE_MS - 1, tick, NULL);
}

static enum cohort_verdict
tick_slowly(struct cohort_request *request, void *context)
{
	cohort_stream(request, 200, NULL, -1);
	return tick(request, NULL);
}

static enum cohort_verdict
stream_later(struct cohort_request *request, void *context)
{
	return cohort_await_time(request, 10, stream_much, context);
}

/* As much as there is room for, as often as there is. */
static enum cohort_verdict
stream_endlessly(struct cohort_request *request, void *context)
{
	unsigned i;

	if (cohort_reply_status(request) == 0)
		cohort_stream(request, 200, NULL, -1);
	for (i = 0; cohort_write(request, "0123456789", 10) == COHORT_ROOM; i++)
		ck_assert_uint_lt(i, 1000000);
	return cohort_await_room(request, stream_endlessly, NULL);
}

static enum cohort_verdict
misuse(struct cohort_request *request, void *context)
{
	ck_assert_int_eq(cohort_write(request, "x", 1), -1);
	ck_assert_int_eq(
	    cohort_await_room(request, misuse, NULL), COHORT_FAILED);
	ck_assert_int_eq(cohort_sse_send(request, NULL, NULL, "x"), -1);
	ck_assert_int_eq(cohort_stream(request, 200, NULL, -2), -1);
	ck_assert_int_eq(cohort_stream(request, 100, NULL, -1), -1);
	cohort_reply_empty(request, 204);
	ck_assert_int_eq(cohort_stream(request, 200, NULL, -1), -1);
	return COHORT_DONE;
}

static int64_t unknown = -1, declared = (int64_t)PIECE * COUNT;
static size_t four = 4, five = 5, six = 6;

static int
set_up(struct cohort_app *app)
{
	cohort_get(app, "/endless", stream_endlessly, NULL);
	cohort_get(app, "/unknown", stream_much, &unknown);
	cohort_get(app, "/declared", stream_much, &declared);
	cohort_get(app, "/later", stream_later, &unknown);
	cohort_get(app, "/soon", await_room_soon, NULL);
	cohort_get(app, "/on", write_on_later, NULL);
	cohort_get(app, "/on/once", write_on_at_once, NULL);
	cohort_get(app, "/four", write_declared, &four);
	cohort_get(app, "/five", write_declared, &five);
	cohort_get(app, "/six", write_declared, &six);
	cohort_get(app, "/silent", be_silent, NULL);
	cohort_get(app, "/slow", tick_slowly, NULL);
	cohort_get(app, "/misuse", misuse, NULL);
	return 0;
}

START_TEST(a_fast_client_gets_all)
{
	struct cohort_test_reply *got = get(_i == 0 ? "/unknown" : "/declared");
	const char *length = cohort_test_header(got, "Content-Length", 0);

	expect(got, 200, NULL);
	ck_assert_uint_eq(cohort_test_body(got).size, PIECE * COUNT);
	ck_assert_str_eq(cohort_test_header(got, "X", 0), "1");
	ck_assert_str_eq(cohort_test_header(got, "Content-Type", 0), "text/x");
	if (_i == 0)
		ck_assert_ptr_null(length);
	else
		ck_assert_str_eq(length, "500000");
}
END_TEST

/* FULL above 64 KiB, room again at 32 KiB. */
START_TEST(a_slow_client_is_waited_for)
{
	struct cohort_test_reply *got = begin("/later");

	cohort_test_room(got, 0);
	cohort_test_advance(test, 10);
	ck_assert_uint_eq(rounds, 7);
	ck_assert_int_eq(cohort_test_status(got), 200);
	cohort_test_room(got, 30000);
	ck_assert_uint_eq(rounds, 7);
	cohort_test_room(got, 7232);
	ck_assert_uint_eq(rounds, 11);
	cohort_test_room(got, SIZE_MAX);
	expect(got, 200, NULL);
	ck_assert_uint_eq(cohort_test_body(got).size, PIECE * COUNT);
}
END_TEST

START_TEST(a_client_that_stops_taking_is_cut)
{
	struct cohort_test_reply *got = begin("/later");

	cohort_test_room(got, 0);
	cohort_test_advance(test, 10);
	cohort_test_advance(test, IDLE_MS - 100);
	cohort_test_room(got, 1);
	cohort_test_advance(test, 200);
	ck_assert(!cohort_test_ended(got, NULL));
	cohort_test_advance(test, IDLE_MS);
	expect_end(got, 200, "x", COHORT_END_TIMEOUT);
	EXPECT_LOG("warn: stream cut: idle for ");
}
END_TEST

START_TEST(room_that_is_there_comes_soon)
{
	expect(get("/soon"), 200, "yyyyy");
	ck_assert_uint_eq(rounds, 5);
}
END_TEST

START_TEST(head_ends_a_stream_at_once)
{
	expect(ask("HEAD", "/unknown", NULL), 200, "");
	rounds = 0;
	expect(ask("HEAD", "/silent", NULL), 200, "");
	expect(ask("HEAD", "/five", NULL), 200, "");
	expect(ask("HEAD", "/endless", NULL), 200, "");
}
END_TEST

START_TEST(whoever_writes_on_is_cut)
{
	expect_end(get("/on"), 200, NULL, COHORT_END_FAILED);
	ck_assert_int_eq(seen_end, COHORT_END_FAILED);
	ck_assert_uint_eq(rounds, (65536 + APP_STREAM_EXCESS) / 65536 + 2);
	EXPECT_LOG("error: cohort_write: too much written");
	/* The head has not gone out: the client can be told. */
	expect(get("/on/once"), 500, NULL);
	EXPECT_LOG("error: cohort_write: too much written");
}
END_TEST

START_TEST(a_declared_size_is_enforced)
{
	expect(get("/five"), 200, "12345");
	expect_end(get("/four"), 200, NULL, COHORT_END_FAILED);
	EXPECT_LOG("error: handler /four ended its stream after 4 of 5 bytes");
	expect_end(get("/six"), 200, "", COHORT_END_FAILED);
	EXPECT_LOG("error: cohort_write: 6 bytes are more than the 5 that",
	    "error: handler /six ended its stream after 0 of 5 bytes");
}
END_TEST

START_TEST(silence_is_bounded)
{
	struct cohort_test_reply *got = begin("/silent");

	cohort_test_advance(test, IDLE_MS - 1);
	ck_assert(!cohort_test_ended(got, NULL));
	cohort_test_advance(test, 1);
	expect_end(got, 200, "hello", COHORT_END_TIMEOUT);
	ck_assert_int_eq(seen_end, COHORT_END_TIMEOUT);
	EXPECT_LOG("warn: stream cut: idle for 60000 ms, request ");
}
END_TEST

START_TEST(a_module_that_writes_is_not_idle)
{
	struct cohort_test_reply *got = begin("/slow");

	cohort_test_room(got, 0);
	cohort_test_advance(test, IDLE_MS * 10);
	ck_assert(!cohort_test_ended(got, NULL));
	cohort_test_hang_up(got);
	expect_end(got, 200, NULL, COHORT_END_GONE);
}
END_TEST

START_TEST(misuse_is_refused)
{
	expect(get("/misuse"), 204, "");
	EXPECT_LOG("error: cohort_write: there is no stream",
	    "error: cohort_await_room: there is no stream",
	    "error: cohort_sse_send: there is no stream",
	    "error: cohort_stream: -2 is no size",
	    "error: cohort_stream: status 100 is none of a reply",
	    "error: cohort_stream: a second reply");
}
END_TEST

/* Events. */

static const struct {
	const char *event, *id, *data;
	const char *sent; /* NULL: refused */
} events[] = {
	{ NULL, NULL, "x", "data: x\n\n" },
	{ "e", "1", "x", "event: e\nid: 1\ndata: x\n\n" },
	{ NULL, NULL, "", "data: \n\n" },
	{ NULL, NULL, "a\nb\r\nc\rd",
	    "data: a\ndata: b\ndata: c\ndata: d\n\n" },
	{ NULL, NULL, "a\n", "data: a\ndata: \n\n" },
	{ NULL, NULL, "\r\n\r\n", "data: \ndata: \ndata: \n\n" },
	{ "e\nf", NULL, "x", NULL },
	{ NULL, "1\r", "x", NULL },
	{ "e", NULL, NULL, NULL },
};

static int row;

static enum cohort_verdict
send_again(struct cohort_request *request, void *context)
{
	cohort_sse_send(
	    request, events[row].event, events[row].id, events[row].data);
	return COHORT_DONE;
}

static enum cohort_verdict
send_event(struct cohort_request *request, void *context)
{
	ck_assert_int_eq(cohort_sse(request, 0), 0);
	ck_assert_int_eq(cohort_sse_send(request, events[row].event,
			     events[row].id, events[row].data),
	    events[row].sent == NULL ? -1 : COHORT_ROOM);
	return cohort_await_time(request, 1, send_again, NULL);
}

static enum cohort_verdict
send_farewell(struct cohort_request *request, void *context)
{
	cohort_sse_send(request, NULL, NULL, "bye");
	return cohort_await_time(request, 1000, send_farewell, NULL);
}

static enum cohort_verdict
beat(struct cohort_request *request, void *context)
{
	cohort_on_end(request, on_end, NULL);
	cohort_deadline(request, 100 * IDLE_MS);
	cohort_sse(request, *(uint32_t *)context);
	if (cohort_header(request, "Farewell") != NULL)
		cohort_on_retire(request, send_farewell, NULL);
	cohort_request_ticket(request);
	return COHORT_LATER;
}

static uint32_t never = 0, second = 1000, long_ms = 2 * IDLE_MS;

static int
set_up_events(struct cohort_app *app)
{
	cohort_get(app, "/event", send_event, NULL);
	cohort_get(app, "/beat/0", beat, &never);
	cohort_get(app, "/beat/1", beat, &second);
	cohort_get(app, "/beat/120", beat, &long_ms);
	return 0;
}

START_TEST(events_are_sent_in_lines)
{
	struct cohort_test_reply *got;
	char twice[256] = "";

	row = _i;
	got = get("/event");
	if (events[_i].sent != NULL)
		strcat(strcpy(twice, events[_i].sent), events[_i].sent);
	expect(got, 200, twice);
	ck_assert_str_eq(
	    cohort_test_header(got, "Content-Type", 0), "text/event-stream");
	ck_assert_str_eq(
	    cohort_test_header(got, "Cache-Control", 0), "no-store");
	ck_assert_int_eq(
	    strlen(cohort_test_log(test)) > 0, events[_i].sent == NULL);
}
END_TEST

START_TEST(hearts_beat_in_silence)
{
	struct cohort_test_reply *got = begin("/beat/1");

	cohort_test_advance(test, 999);
	ck_assert_str_eq(cohort_test_body(got).data, "");
	cohort_test_advance(test, 1);
	ck_assert_str_eq(cohort_test_body(got).data, ":\n\n");
	cohort_test_advance(test, 2 * IDLE_MS);
	ck_assert_uint_eq(
	    cohort_test_body(got).size, 3 * (1 + 2 * IDLE_MS / 1000));
	cohort_test_hang_up(got);
	expect_end(got, 200, NULL, COHORT_END_GONE);
}
END_TEST

START_TEST(a_rare_heartbeat_is_too_rare)
{
	struct cohort_test_reply *got = begin(_i ? "/beat/0" : "/beat/120");

	cohort_test_advance(test, IDLE_MS);
	expect_end(got, 200, "", COHORT_END_TIMEOUT);
	EXPECT_LOG("warn: stream cut: idle for 60000 ms");
}
END_TEST

START_TEST(retirement_ends_events)
{
	struct cohort_test_reply *got = begin("/beat/0"), *polite, *late;

	polite = cohort_test_begin(
	    test, "GET", "/beat/0", "Farewell: yes\n", NULL, 0);
	cohort_test_retire(test);
	expect_end(got, 200, "", COHORT_END_RETIRED);
	expect_end(polite, 200, "data: bye\n\n", COHORT_END_RETIRED);
	ck_assert_int_eq(seen_end, COHORT_END_RETIRED);
	late = begin("/beat/0");
	expect_end(late, 200, "", COHORT_END_RETIRED);
}
END_TEST

static void
open_streams(void)
{
	open_test(set_up);
}

static void
open_events(void)
{
	open_test(set_up_events);
}

int
main(void)
{
	Suite *suite = suite_create("app_stream");
	TCase *tcase = tcase_create("stream");

	tcase_add_checked_fixture(tcase, open_streams, close_test);
	tcase_add_loop_test(tcase, a_fast_client_gets_all, 0, 2);
	tcase_add_test(tcase, a_slow_client_is_waited_for);
	tcase_add_test(tcase, a_client_that_stops_taking_is_cut);
	tcase_add_test(tcase, room_that_is_there_comes_soon);
	tcase_add_test(tcase, head_ends_a_stream_at_once);
	tcase_add_test(tcase, whoever_writes_on_is_cut);
	tcase_add_test(tcase, a_declared_size_is_enforced);
	tcase_add_test(tcase, silence_is_bounded);
	tcase_add_test(tcase, a_module_that_writes_is_not_idle);
	tcase_add_test(tcase, misuse_is_refused);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("events");
	tcase_add_checked_fixture(tcase, open_events, close_test);
	tcase_add_loop_test(tcase, events_are_sent_in_lines, 0,
	    sizeof(events) / sizeof(events[0]));
	tcase_add_test(tcase, hearts_beat_in_silence);
	tcase_add_loop_test(tcase, a_rare_heartbeat_is_too_rare, 0, 2);
	tcase_add_test(tcase, retirement_ends_events);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
