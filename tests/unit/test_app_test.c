/* SPDX-License-Identifier: ISC */
/*
 * <cohort/test.h> by itself: a module, linked in below, whose handlers do
 * what is to be seen from outside.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "test_unit.h"

#include <cohort/cohort.h>
#include <cohort/test.h>

#define HOUR_MS  (60 * 60 * 1000)
#define BIG_SIZE 200000

/* What the module's functions did. */
static struct {
	enum cohort_end end;
	unsigned ends;
	unsigned ticks, turns;
	struct cohort_worker *worker;
	struct cohort_timer *timer;
	struct cohort_watch *watch;
	uint64_t started_ms;
	bool started, stopped;
	int pipe[2];
	pthread_t thread;
	cohort_ticket ticket;
} seen;

static void
on_end(struct cohort_request *request, enum cohort_end end, void *context)
{
	seen.end = end;
	seen.ends++;
}

static enum cohort_verdict
done(struct cohort_request *request, void *context)
{
	return cohort_reply_text(request, 200, "%llu",
	    (unsigned long long)(cohort_now_ms(cohort_worker(request)) -
		seen.started_ms));
}

static enum cohort_verdict
get_setting(struct cohort_request *request, void *context)
{
	return cohort_reply_text(request, 200, "%s", (const char *)context);
}

/* The head as a handler sees it, a field a line. */
static enum cohort_verdict
show_head(struct cohort_request *request, void *context)
{
	struct cohort_pair field;
	char *text = cohort_format(request, "%s %s %s %s\n",
	    cohort_method(request), cohort_path(request), cohort_host(request),
	    cohort_peer(request));
	size_t i;

	for (i = 0; cohort_item(request, COHORT_HEADER, i, &field); i++)
		text = cohort_format(request, "%s%s=%s\n", text,
		    field.name.data, field.value.data);
	cohort_reply_add(request, "X-Twice", "one");
	cohort_reply_add(request, "X-Twice", "two");
	return cohort_reply_text(request, 201, "%s", text);
}

static enum cohort_verdict
echo(struct cohort_request *request, void *context)
{
	struct cohort_str body = cohort_body(request);

	return cohort_reply_copy(request, 200, NULL, body.data, body.size);
}

static enum cohort_verdict
wait_hour(struct cohort_request *request, void *context)
{
	cohort_deadline(request, 2 * HOUR_MS);
	cohort_on_end(request, on_end, NULL);
	return cohort_await_time(request, HOUR_MS, done, NULL);
}

static enum cohort_verdict
take_turn(struct cohort_request *request, void *context)
{
	return cohort_reply_text(request, 200, "%u", ++seen.turns);
}

static enum cohort_verdict
wait_turn(struct cohort_request *request, void *context)
{
	return cohort_await_time(request, 10, take_turn, NULL);
}

static enum cohort_verdict
wait_ticket(struct cohort_request *request, void *context)
{
	seen.ticket = cohort_request_ticket(request);
	return COHORT_LATER;
}

static enum cohort_verdict
read_pipe(struct cohort_request *request, void *context)
{
	char text[16];
	ssize_t size = read(seen.pipe[0], text, sizeof(text));

	return cohort_reply_copy(request, 200, NULL, text, (size_t)size);
}

static enum cohort_verdict
wait_pipe(struct cohort_request *request, void *context)
{
	return cohort_await_fd(
	    request, seen.pipe[0], COHORT_READ, read_pipe, NULL);
}

/* The thread writes when the request is already waiting. */
static void *
write_pipe(void *context)
{
	ck_assert_int_eq(write(seen.pipe[1], "piped", 5), 5);
	return NULL;
}

static enum cohort_verdict
wait_writer(struct cohort_request *request, void *context)
{
	ck_assert_int_eq(
	    pthread_create(&seen.thread, NULL, write_pipe, NULL), 0);
	return wait_pipe(request, NULL);
}

static void *
resume(void *context)
{
	cohort_resume(seen.worker, seen.ticket, done, NULL, NULL);
	return NULL;
}

static enum cohort_verdict
wait_thread(struct cohort_request *request, void *context)
{
	seen.ticket = cohort_request_ticket(request);
	ck_assert_int_eq(pthread_create(&seen.thread, NULL, resume, NULL), 0);
	return COHORT_LATER;
}

/* Writes pieces of 1000 bytes until it is told that there is no room. */
static enum cohort_verdict
stream_more(struct cohort_request *request, void *context)
{
	size_t *written = context;
	char piece[1000];

	memset(piece, 's', sizeof(piece));
	while (*written < BIG_SIZE) {
		*written += sizeof(piece);
		switch (cohort_write(request, piece, sizeof(piece))) {
		case COHORT_ROOM:
			continue;
		case COHORT_FULL:
			return cohort_await_room(request, stream_more, written);
		default:
			return COHORT_FAILED;
		}
	}
	return COHORT_DONE;
}

static enum cohort_verdict
stream(struct cohort_request *request, void *context)
{
	cohort_on_end(request, on_end, NULL);
	if (cohort_stream(request, 200, "text/plain", BIG_SIZE) == -1)
		return COHORT_FAILED;
	return stream_more(request, cohort_alloc(request, sizeof(size_t)));
}

static enum cohort_verdict
stream_farewell(struct cohort_request *request, void *context)
{
	cohort_write(request, "bye", 3);
	return COHORT_DONE;
}

static enum cohort_verdict
stream_until_retired(struct cohort_request *request, void *context)
{
	if (cohort_stream(request, 200, NULL, -1) == -1)
		return COHORT_FAILED;
	cohort_on_retire(request, stream_farewell, NULL);
	cohort_on_end(request, on_end, NULL);
	return cohort_await_time(request, HOUR_MS, done, NULL);
}

/* A file of BIG_SIZE bytes, of which as many as context says are there. */
static enum cohort_verdict
send_file(struct cohort_request *request, void *context)
{
	int fd = memfd_create("file", MFD_CLOEXEC);

	ck_assert_int_eq(ftruncate(fd, BIG_SIZE), 0);
	ck_assert_int_eq(pwrite(fd, "end", 3, BIG_SIZE - 3), 3);
	cohort_on_end(request, on_end, NULL);
	cohort_reply_file(request, 200, "text/plain", dup(fd), 1000, -1);
	ck_assert_int_eq(ftruncate(fd, *(const off_t *)context), 0);
	close(fd);
	return COHORT_DONE;
}

static enum cohort_verdict
fail_request(struct cohort_request *request, void *context)
{
	return cohort_fail(request, 500, "words for the log");
}

static void
on_tick(struct cohort_worker *worker, void *context)
{
	seen.ticks++;
}

static void
on_ready(struct cohort_worker *worker, int fd, int events, void *context)
{
	cohort_watch_stop(&seen.watch);
	close(fd);
	seen.pipe[0] = -1;
}

static enum cohort_verdict
start_timer(struct cohort_request *request, void *context)
{
	seen.timer = cohort_timer_start(
	    cohort_worker(request), 1000, 500, on_tick, NULL);
	return cohort_reply_empty(request, 204);
}

static enum cohort_verdict
start_watch(struct cohort_request *request, void *context)
{
	seen.watch = cohort_watch_start(
	    cohort_worker(request), seen.pipe[0], COHORT_READ, on_ready, NULL);
	return cohort_reply_empty(request, 204);
}

static enum cohort_verdict
stop_timer(struct cohort_request *request, void *context)
{
	cohort_timer_stop(&seen.timer);
	return cohort_reply_empty(request, 204);
}

static int
on_start(struct cohort_worker *worker, void *context)
{
	seen.started = true;
	seen.worker = worker;
	seen.started_ms = cohort_now_ms(worker);
	return strcmp((const char *)context, "unstartable") == 0 ? -1 : 0;
}

static void
on_stop(struct cohort_worker *worker, void *context)
{
	seen.stopped = true;
}

static const off_t whole = BIG_SIZE, shrunk = 50000;

static const struct {
	const char *methods, *path;
	cohort_handler *handler;
	const off_t *context;
} routes[] = {
	{ "GET PUT", "/head", show_head, NULL },
	{ "POST", "/echo", echo, NULL },
	{ "GET", "/hour", wait_hour, NULL },
	{ "GET", "/turn", wait_turn, NULL },
	{ "GET", "/ticket", wait_ticket, NULL },
	{ "GET", "/pipe", wait_pipe, NULL },
	{ "GET", "/writer", wait_writer, NULL },
	{ "GET", "/thread", wait_thread, NULL },
	{ "GET", "/stream", stream, NULL },
	{ "GET", "/until-retired", stream_until_retired, NULL },
	{ "GET", "/file", send_file, &whole },
	{ "GET", "/shrunk", send_file, &shrunk },
	{ "GET", "/fail", fail_request, NULL },
	{ "GET", "/timer", start_timer, NULL },
	{ "GET", "/timer/stop", stop_timer, NULL },
	{ "GET", "/watch", start_watch, NULL },
};

static int
setup(struct cohort_app *app)
{
	const char *setting = cohort_setting(app, "setting", "default");
	size_t i;

	for (i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		cohort_route(app, routes[i].methods, routes[i].path,
		    routes[i].handler, (void *)(uintptr_t)routes[i].context);
	cohort_get(app, "/setting", get_setting, (void *)(uintptr_t)setting);
	cohort_option(app, "body_limit", "100k");
	cohort_on_start(app, on_start, (void *)(uintptr_t)setting);
	cohort_on_stop(app, on_stop, NULL);
	return 0;
}

COHORT_MODULE("test", setup);

static struct cohort_test *test;

static void
open_test(void)
{
	test = cohort_test_open(NULL);
	ck_assert_ptr_nonnull(test);
	ck_assert_int_eq(pipe(seen.pipe), 0);
}

static void
close_test(void)
{
	ck_assert_str_eq(cohort_test_log(test), "");
	ck_assert_int_eq(cohort_test_close(&test), 0);
	ck_assert_ptr_null(test);
	ck_assert(seen.stopped);
}

static struct cohort_test_reply *
get(const char *target)
{
	return cohort_test_request(test, "GET", target, NULL, NULL, 0);
}

static struct cohort_test_reply *
begin(const char *target)
{
	return cohort_test_begin(test, "GET", target, NULL, NULL, 0);
}

static void
expect(struct cohort_test_reply *reply, int status, const char *body)
{
	enum cohort_end end;

	ck_assert(cohort_test_ended(reply, &end));
	ck_assert_int_eq(end, COHORT_END_SENT);
	ck_assert_int_eq(cohort_test_status(reply), status);
	if (body != NULL)
		ck_assert_str_eq(cohort_test_body(reply).data, body);
}

static void
expect_end(struct cohort_test_reply *reply, enum cohort_end expected)
{
	enum cohort_end end;

	ck_assert(cohort_test_ended(reply, &end));
	ck_assert_int_eq(end, expected);
	ck_assert_uint_eq(seen.ends, 1);
	ck_assert_int_eq(seen.end, expected);
}

START_TEST(settings_are_those_of_the_mount)
{
	test = cohort_test_open(NULL);
	expect(get("/setting"), 200, "default");
	ck_assert_int_eq(cohort_test_close(&test), 0);
	test = cohort_test_open("# a comment\nsetting = \"it's set\" # too");
	expect(get("/setting"), 200, "it's set");
	ck_assert_int_eq(cohort_test_close(&test), 0);
}
END_TEST

START_TEST(what_cannot_be_opened_is_null)
{
	ck_assert_ptr_null(cohort_test_open("unknown = \"x\""));
	ck_assert_ptr_null(cohort_test_open("no syntax"));
	ck_assert(!seen.started);
	ck_assert_ptr_null(cohort_test_open("setting = \"unstartable\""));
	ck_assert(seen.started);
	ck_assert(!seen.stopped);
	ck_assert_ptr_null(cohort_test_load("/nonexistent.so", NULL));
	ck_assert_ptr_null(cohort_test_load("/dev/null", NULL));
}
END_TEST

START_TEST(the_head_is_made_complete)
{
	struct cohort_test_reply *reply;

	expect(get("/a/../head"), 201,
	    "GET /head localhost 127.0.0.1\nHost=localhost\n");
	reply = cohort_test_request(test, "PUT", "/head",
	    "X-A:  b \nhost: example.org\nX-Empty:", "12", 2);
	expect(reply, 201,
	    "PUT /head example.org 127.0.0.1\nX-A=b\nhost=example.org\n"
	    "X-Empty=\nContent-Length=2\n");
	reply = cohort_test_request(test, "PUT", "/head", NULL, "", 0);
	expect(reply, 201,
	    "PUT /head localhost 127.0.0.1\nContent-Length=0\n"
	    "Host=localhost\n");
}
END_TEST

static const struct {
	const char *method, *target, *headers;
} bad[] = {
	{ "GET", "/%00", NULL },
	{ "GET", "head", NULL },
	{ "GE T", "/head", NULL },
	{ "GET", "/head", "no colon" },
	{ "GET", "/head", "bad name: x" },
	{ "GET", "/head", "X: \x01" },
	{ "PUT", "/head", "Content-Length: many" },
};

START_TEST(no_bad_head_reaches_the_module)
{
	struct cohort_test_reply *reply;

	reply = cohort_test_request(
	    test, bad[_i].method, bad[_i].target, bad[_i].headers, NULL, 0);
	expect(reply, 400, "");
}
END_TEST

START_TEST(the_reply_is_seen)
{
	struct cohort_test_reply *reply = get("/head");
	struct cohort_str body = cohort_test_body(reply);

	ck_assert_str_eq(cohort_test_header(reply, "x-twice", 0), "one");
	ck_assert_str_eq(cohort_test_header(reply, "X-Twice", 1), "two");
	ck_assert_ptr_null(cohort_test_header(reply, "X-Twice", 2));
	ck_assert_ptr_null(cohort_test_header(reply, "X-None", 0));
	ck_assert_int_eq((int)body.size,
	    atoi(cohort_test_header(reply, "Content-Length", 0)));
	ck_assert_uint_eq(body.size, strlen(body.data));

	reply = cohort_test_request(test, "HEAD", "/head", NULL, NULL, 0);
	expect(reply, 201, "");
	ck_assert_str_eq(cohort_test_header(reply, "Content-Length", 0), "46");
}
END_TEST

START_TEST(bodies_come_whole)
{
	char *body = malloc(100000);
	struct cohort_test_reply *reply;
	const char *headers[] = { NULL, "Transfer-Encoding: chunked" };
	size_t i;

	for (i = 0; i < 100000; i++)
		body[i] = (char)('a' + i % 26);
	for (i = 0; i < 2; i++) {
		reply = cohort_test_request(
		    test, "POST", "/echo", headers[i], body, 100000);
		expect(reply, 200, NULL);
		ck_assert_uint_eq(cohort_test_body(reply).size, 100000);
		ck_assert_mem_eq(cohort_test_body(reply).data, body, 100000);
	}
	reply = cohort_test_request(test, "POST", "/echo", NULL, "", 0);
	expect(reply, 200, "");
	reply = cohort_test_request(
	    test, "POST", "/echo", "Content-Length: 2", "xyz", 3);
	expect(reply, 200, "xy");
	free(body);
}
END_TEST

START_TEST(bodies_beyond_the_limit_are_refused)
{
	char *body = calloc(1, 102401);
	struct cohort_test_reply *reply;

	reply = cohort_test_request(test, "POST", "/echo", NULL, body, 102401);
	ck_assert_int_eq(cohort_test_status(reply), 413);
	reply = cohort_test_request(
	    test, "POST", "/echo", "Transfer-Encoding: chunked", body, 102401);
	ck_assert_int_eq(cohort_test_status(reply), 413);
	reply = cohort_test_request(
	    test, "POST", "/echo", "Content-Length: 1000000", NULL, 0);
	ck_assert_int_eq(cohort_test_status(reply), 413);
	cohort_test_log(test);
	free(body);
}
END_TEST

START_TEST(a_body_may_stay_away)
{
	struct cohort_test_reply *reply = cohort_test_begin(
	    test, "POST", "/echo", "Content-Length: 3", "xy", 2);

	ck_assert(!cohort_test_ended(reply, NULL));
	ck_assert_int_eq(cohort_test_status(reply), 0);
	cohort_test_hang_up(reply);
	ck_assert(cohort_test_ended(reply, NULL));
	cohort_test_log(test);
}
END_TEST

START_TEST(time_jumps_where_only_timers_wait)
{
	struct cohort_test_reply *reply = get("/hour");

	expect(reply, 200, "3600000");
	expect_end(reply, COHORT_END_SENT);
}
END_TEST

START_TEST(time_passes_as_told)
{
	struct cohort_test_reply *reply = begin("/hour"), *later;

	cohort_test_advance(test, 1000);
	later = begin("/hour");
	cohort_test_advance(test, HOUR_MS - 1001);
	ck_assert_int_eq(cohort_test_status(reply), 0);
	cohort_test_advance(test, 1);
	expect(reply, 200, "3600000");
	ck_assert(!cohort_test_ended(later, NULL));
	cohort_test_advance(test, HOUR_MS);
	expect(later, 200, "3601000");
}
END_TEST

START_TEST(timers_run_in_the_order_they_were_started)
{
	struct cohort_test_reply *first = begin("/turn");
	struct cohort_test_reply *second = begin("/turn");

	cohort_test_advance(test, 10);
	expect(first, 200, "1");
	expect(second, 200, "2");
}
END_TEST

START_TEST(a_ticket_that_nobody_resumes_ends)
{
	struct cohort_test_reply *reply = get("/ticket");

	ck_assert_int_eq(cohort_test_status(reply), 503);
	ck_assert_ptr_nonnull(strstr(cohort_test_log(test), "/ticket"));
}
END_TEST

START_TEST(timers_of_the_worker_run)
{
	get("/timer");
	cohort_test_advance(test, 999);
	ck_assert_uint_eq(seen.ticks, 0);
	cohort_test_advance(test, 1001);
	ck_assert_uint_eq(seen.ticks, 3);
	get("/timer/stop");
	cohort_test_advance(test, HOUR_MS);
	ck_assert_uint_eq(seen.ticks, 3);
}
END_TEST

START_TEST(descriptors_are_waited_for)
{
	struct cohort_test_reply *reply = begin("/pipe");

	ck_assert(!cohort_test_ended(reply, NULL));
	cohort_test_advance(test, 100);
	ck_assert(!cohort_test_ended(reply, NULL));
	ck_assert_int_eq(write(seen.pipe[1], "late", 4), 4);
	cohort_test_advance(test, 0);
	expect(reply, 200, "late");

	expect(get("/writer"), 200, "piped");
	pthread_join(seen.thread, NULL);
}
END_TEST

/* No thread of ours makes it ready, only real time does. */
START_TEST(descriptors_live_in_real_time)
{
	const struct itimerspec soon = { .it_value.tv_nsec = 20000000 };
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	ck_assert_int_eq(timerfd_settime(timer, 0, &soon, NULL), 0);
	ck_assert_int_eq(dup2(timer, seen.pipe[0]), seen.pipe[0]);
	expect(get("/pipe"), 200, NULL);
	ck_assert_uint_lt(cohort_now_ms(seen.worker) - seen.started_ms, 10000);
}
END_TEST

START_TEST(watches_run_and_may_stop_themselves)
{
	get("/watch");
	cohort_test_advance(test, 100);
	ck_assert_ptr_nonnull(seen.watch);
	close(seen.pipe[1]);
	cohort_test_advance(test, 0);
	ck_assert_ptr_null(seen.watch);
	ck_assert_int_eq(seen.pipe[0], -1);
}
END_TEST

START_TEST(a_closed_descriptor_is_told)
{
	get("/watch");
	close(seen.pipe[0]);
	cohort_test_advance(test, 0);
	ck_assert_ptr_nonnull(
	    strstr(cohort_test_log(test), "was closed while it was watched"));
	cohort_test_advance(test, 1000);
	ck_assert_str_eq(cohort_test_log(test), "");
	ck_assert_int_eq(cohort_test_close(&test), -1);
	open_test();
}
END_TEST

START_TEST(threads_are_waited_for)
{
	struct cohort_test_reply *reply = get("/thread");

	pthread_join(seen.thread, NULL);
	expect(reply, 200, NULL);
	ck_assert_int_lt(atoi(cohort_test_body(reply).data), 10000);
}
END_TEST

START_TEST(a_slow_client_is_felt)
{
	struct cohort_test_reply *reply;

	cohort_test_window(test, 0);
	reply = begin("/stream");
	ck_assert_int_eq(cohort_test_status(reply), 200);
	cohort_test_advance(test, 10);
	ck_assert_uint_eq(cohort_test_body(reply).size, 0);
	cohort_test_room(reply, 1000);
	ck_assert_uint_eq(cohort_test_body(reply).size, 1000);
	cohort_test_advance(test, 10);
	ck_assert_uint_eq(cohort_test_body(reply).size, 1000);
	cohort_test_room(reply, 150001);
	ck_assert_uint_eq(cohort_test_body(reply).size, 151001);
	ck_assert(!cohort_test_ended(reply, NULL));
	cohort_test_room(reply, SIZE_MAX);
	expect_end(reply, COHORT_END_SENT);
	ck_assert_uint_eq(cohort_test_body(reply).size, BIG_SIZE);
}
END_TEST

START_TEST(a_client_that_takes_nothing_is_cut)
{
	struct cohort_test_reply *reply;

	cohort_test_window(test, 0);
	reply = begin("/stream");
	cohort_test_advance(test, HOUR_MS);
	expect_end(reply, COHORT_END_TIMEOUT);
	cohort_test_log(test);
}
END_TEST

START_TEST(a_client_vanishes)
{
	struct cohort_test_reply *reply = begin("/hour");

	cohort_test_hang_up(reply);
	expect_end(reply, COHORT_END_GONE);
	ck_assert_int_eq(cohort_test_status(reply), 0);
	cohort_test_advance(test, 2 * HOUR_MS);
	cohort_test_hang_up(reply);
	expect_end(reply, COHORT_END_GONE);
}
END_TEST

START_TEST(the_worker_retires)
{
	struct cohort_test_reply *reply = begin("/until-retired");

	cohort_test_retire(test);
	expect(reply, 200, "bye");
	expect_end(reply, COHORT_END_SENT);
}
END_TEST

START_TEST(files_are_read)
{
	struct cohort_test_reply *reply = get("/file");

	expect(reply, 200, NULL);
	ck_assert_uint_eq(cohort_test_body(reply).size, BIG_SIZE - 1000);
	ck_assert_str_eq(cohort_test_body(reply).data + BIG_SIZE - 1003, "end");
}
END_TEST

START_TEST(a_file_that_shrinks_cuts)
{
	struct cohort_test_reply *reply = get("/shrunk");

	expect_end(reply, COHORT_END_FAILED);
	ck_assert_uint_eq(cohort_test_body(reply).size, 49000);
	cohort_test_log(test);
}
END_TEST

START_TEST(the_log_is_kept)
{
	const char *line;

	ck_assert_int_eq(cohort_test_status(get("/fail")), 500);
	line = cohort_test_log(test);
	ck_assert_msg(
	    strncmp(line, "error: words for the log, ", 26) == 0, "%s", line);
	ck_assert_ptr_nonnull(strstr(line, "GET \"/fail\""));
	ck_assert_ptr_eq(strchr(line, '\n'), line + strlen(line) - 1);
	ck_assert_str_eq(cohort_test_log(test), "");
}
END_TEST

static const char *const leftovers[] = { "/hour", "/timer", "/watch" };

START_TEST(what_is_left_behind_is_told)
{
	begin(leftovers[_i]);
	ck_assert_int_eq(cohort_test_close(&test), -1);
	ck_assert_ptr_null(test);
	ck_assert(seen.stopped);
	if (_i == 0)
		ck_assert_int_eq(seen.end, COHORT_END_RETIRED);
	open_test();
}
END_TEST

START_TEST(what_never_ends_returns_all_the_same)
{
	struct cohort_test_reply *reply = cohort_test_request(
	    test, "POST", "/echo", "Content-Length: 3", NULL, 0);

	ck_assert(!cohort_test_ended(reply, NULL));
	cohort_test_hang_up(reply);
	cohort_test_log(test);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("app_test");
	TCase *opening = tcase_create("opening");
	TCase *open = tcase_create("open");

	tcase_add_test(opening, settings_are_those_of_the_mount);
	tcase_add_test(opening, what_cannot_be_opened_is_null);
	suite_add_tcase(suite, opening);

	tcase_add_checked_fixture(open, open_test, close_test);
	tcase_add_test(open, the_head_is_made_complete);
	tcase_add_loop_test(open, no_bad_head_reaches_the_module, 0,
	    sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(open, the_reply_is_seen);
	tcase_add_test(open, bodies_come_whole);
	tcase_add_test(open, bodies_beyond_the_limit_are_refused);
	tcase_add_test(open, a_body_may_stay_away);
	tcase_add_test(open, time_jumps_where_only_timers_wait);
	tcase_add_test(open, time_passes_as_told);
	tcase_add_test(open, timers_run_in_the_order_they_were_started);
	tcase_add_test(open, a_ticket_that_nobody_resumes_ends);
	tcase_add_test(open, timers_of_the_worker_run);
	tcase_add_test(open, descriptors_are_waited_for);
	tcase_add_test(open, descriptors_live_in_real_time);
	tcase_add_test(open, watches_run_and_may_stop_themselves);
	tcase_add_test(open, a_closed_descriptor_is_told);
	tcase_add_test(open, threads_are_waited_for);
	tcase_add_test(open, a_slow_client_is_felt);
	tcase_add_test(open, a_client_that_takes_nothing_is_cut);
	tcase_add_test(open, a_client_vanishes);
	tcase_add_test(open, the_worker_retires);
	tcase_add_test(open, files_are_read);
	tcase_add_test(open, a_file_that_shrinks_cuts);
	tcase_add_test(open, the_log_is_kept);
	tcase_add_loop_test(open, what_is_left_behind_is_told, 0,
	    sizeof(leftovers) / sizeof(leftovers[0]));
	tcase_add_test(open, what_never_ends_returns_all_the_same);
	suite_add_tcase(suite, open);
	return test_run(suite);
}
