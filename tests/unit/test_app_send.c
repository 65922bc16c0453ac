/* SPDX-License-Identifier: ISC */
/*
 * The seam itself: what the protocol is told, call by call.
 */
#include <stdio.h>
#include <unistd.h>

#include "test_app_setup.h"
#include "test_unit.h"

static char calls[2048];

static void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void
note(const char *format, ...)
{
	size_t used = strlen(calls);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(calls + used, sizeof(calls) - used, format, arguments);
	va_end(arguments);
}

static void
expect(const char *expected)
{
	ck_assert_str_eq(calls, expected);
	calls[0] = '\0';
}

/* The protocol. */

static size_t unsent_bytes;

static void
send_head(struct http_exchange *exchange, const struct http_response *response)
{
	size_t i;

	note("head %d size %lld%s", response->status, (long long)response->size,
	    response->without_body ? " without body" : "");
	for (i = 0; i < response->field_count; i++)
		note(" %s=%s", response->fields[i].name.data,
		    response->fields[i].value.data);
	note(";");
}

static void
send_bytes(struct http_exchange *exchange, const void *data, size_t size)
{
	note("bytes %.*s;", (int)size, (const char *)data);
}

static void
send_copy(struct http_exchange *exchange, const void *data, size_t size)
{
	unsent_bytes += size;
	if (size < 100)
		note("copy %.*s;", (int)size, (const char *)data);
	else
		note("copy of %zu;", size);
}

static void
send_file(struct http_exchange *exchange, int fd, int64_t offset, int64_t size)
{
	note("file %lld %lld;", (long long)offset, (long long)size);
}

static void
send_end(struct http_exchange *exchange)
{
	note("end;");
}

static void
cut(struct http_exchange *exchange)
{
	note("cut;");
}

static size_t
unsent(const struct http_exchange *exchange)
{
	return unsent_bytes;
}

static void
want_room(struct http_exchange *exchange, size_t size)
{
	note("want room %zu;", size);
}

static void
want_body(struct http_exchange *exchange, uint64_t limit)
{
	note("want body %llu;", (unsigned long long)limit);
}

static void
keep_half_closed(struct http_exchange *exchange, bool keep)
{
	note("keep %d;", keep);
}

static const struct http_exchange_functions functions = {
	.send_head = send_head,
	.send_bytes = send_bytes,
	.send_copy = send_copy,
	.send_file = send_file,
	.send_end = send_end,
	.cut = cut,
	.unsent = unsent,
	.want_room = want_room,
	.want_body = want_body,
	.keep_half_closed = keep_half_closed,
};

/* The process: no time passes; one timer is known at a time. */

static int depth;
static bool woken;

static uint64_t
now_ms(const struct app_host *host)
{
	return 1000;
}

static struct app_host_timer *
timer_start(
    struct app_host *host, uint32_t ms, void (*on_due)(void *), void *context)
{
	return (struct app_host_timer *)(void *)&depth;
}

static void
timer_stop(struct app_host *host, struct app_host_timer **timer)
{
	*timer = NULL;
}

static void
wake(struct app_host *host)
{
	woken = true;
}

static void
enter(struct app_host *host, const struct http_exchange *exchange,
    const char *what)
{
	depth++;
	ck_assert_int_le(depth, 2);
}

static void
rename_nobody(struct app_host *host, const struct http_exchange *exchange)
{
}

static void
leave(struct app_host *host)
{
	depth--;
}

static unsigned
arrive_nobody(struct app_host *host, struct http_exchange *exchange)
{
	return 0;
}

static const struct app_host_functions host_functions = {
	.now_ms = now_ms,
	.timer_start = timer_start,
	.timer_stop = timer_stop,
	.wake = wake,
	.enter = enter,
	.leave = leave,
	.rename = rename_nobody,
	.arrive = arrive_nobody,
};

static struct app_host host = { .functions = &host_functions };

/* The module. */

static enum cohort_verdict
reply_text(struct cohort_request *request, void *context)
{
	return cohort_reply_text(request, 200, "text");
}

static enum cohort_verdict
reply_file(struct cohort_request *request, void *context)
{
	FILE *file = tmpfile();

	ck_assert_int_eq(fputs("0123456789", file), 1);
	ck_assert_int_eq(fflush(file), 0);
	cohort_reply_file(request, 200, NULL, dup(fileno(file)), 2, 5);
	fclose(file);
	return COHORT_DONE;
}

static enum cohort_verdict
write_one(struct cohort_request *request, void *context)
{
	char piece[40000] = "";

	switch (cohort_write(request, piece, sizeof(piece))) {
	case COHORT_FULL:
		return cohort_await_room(request, write_one, NULL);
	default:
		return cohort_request_ticket(request).id == 0 ? COHORT_FAILED :
								COHORT_LATER;
	}
}

static enum cohort_verdict
stream(struct cohort_request *request, void *context)
{
	cohort_stream(request, 200, "text/x", -1);
	cohort_write(request, "held", 4);
	cohort_write(request, "+", 1);
	ck_assert_str_eq(calls, "");
	return write_one(request, context);
}

static enum cohort_verdict
echo(struct cohort_request *request, void *context)
{
	return cohort_reply_static(
	    request, 200, NULL, "got it", cohort_body(request).size);
}

static enum cohort_verdict
decline(struct cohort_request *request, void *context)
{
	return COHORT_DECLINED;
}

static int
set_up(struct cohort_app *app)
{
	struct cohort_route *route;

	cohort_get(app, "/text", reply_text, NULL);
	cohort_get(app, "/file", reply_file, NULL);
	cohort_get(app, "/stream", stream, NULL);
	cohort_post(app, "/echo", echo, NULL);
	route = cohort_route(app, "GET", "/keep", decline, NULL);
	cohort_route_option(route, "half_close", "keep");
	route = cohort_route(app, "GET", "/{keep}", reply_text, NULL);
	cohort_route_option(route, "half_close", "end");
	return 0;
}

static struct app *app;
static struct http_server server;
static struct http_exchange exchange;

static void
open_mounts(const struct test_mount *mounts, size_t count)
{
	struct error error;

	ck_assert_int_eq(test_app_new(mounts, count, &app, &error), 0);
	app->host = &host;
	((struct settings *)(uintptr_t)app->settings)->http.body_memory = 4096;
	server = (struct http_server) {
		.application = &app_http_application,
		.context = app,
		.arena_pool = arena_pool_new(8192, 4),
		.arena_limit = 1 << 20,
	};
}

static void
open_app(void)
{
	static const struct test_mount mount = { .setup = set_up };

	open_mounts(&mount, 1);
}

static void
close_app(void)
{
	ck_assert_int_eq(depth, 0);
	app_stop(app);
	app_free(&app);
	arena_pool_free(&server.arena_pool);
}

static void
begin(const char *method, const char *target, int64_t body_size)
{
	struct http_request *request = &exchange.request;

	exchange.functions = &functions;
	http_exchange_init(&exchange, &server);
	http_exchange_begin(&exchange, &server);
	*request = (struct http_request) {
		.method = http_method_parse(method, strlen(method)),
		.method_name = method,
		.target = { target, strlen(target) },
		.version = 0x0101,
		.scheme = "http",
		.body_size = body_size,
	};
	unsent_bytes = 0;
	ck_assert_int_eq(
	    http_uri_parse(&exchange.arena, request->target, &request->uri), 0);
	exchange.application->on_head(&exchange);
}

static void
end(void)
{
	http_exchange_end(&exchange, &server, COHORT_END_SENT);
	http_exchange_fini(&exchange);
}

START_TEST(a_whole_reply_goes_at_once)
{
	begin("GET", "/text", 0);
	expect("head 200 size 4 Content-Type=text/plain; charset=utf-8;"
	       "bytes text;end;");
	end();
	begin("HEAD", "/text", 0);
	expect("head 200 size 4 without body "
	       "Content-Type=text/plain; charset=utf-8;end;");
	end();
	begin("GET", "/file", 0);
	expect("head 200 size 5;file 2 5;end;");
	end();
	begin("HEAD", "/file", 0);
	expect("head 200 size 5 without body;end;");
	end();
}
END_TEST

START_TEST(a_stream_begins_when_its_function_returned)
{
	begin("GET", "/stream", 0);
	expect("head 200 size -1 Content-Type=text/x;copy of 40005;");
	exchange.application->on_room(&exchange);
	exchange.application->on_retire(&exchange);
	ck_assert(!woken);
	expect("");
	end();
	begin("HEAD", "/stream", 0);
	expect("head 200 size -1 without body Content-Type=text/x;end;");
	end();
}
END_TEST

START_TEST(a_body_is_asked_for_once)
{
	begin("POST", "/echo", 4);
	expect("want body 1000;");
	exchange.application->on_body(&exchange, "bo", 2);
	exchange.application->on_body(&exchange, "dy", 2);
	expect("");
	exchange.application->on_body_end(&exchange);
	expect("head 200 size 4;bytes got ;end;");
	end();
	begin("POST", "/echo", HTTP_SIZE_UNKNOWN);
	expect("want body 1000;");
	exchange.application->on_body_too_large(&exchange);
	ck_assert_int_eq(strncmp(calls, "head 413 size 22 ", 17), 0);
	calls[0] = '\0';
	/* What still comes is nobody's. */
	exchange.application->on_body(&exchange, "late", 4);
	exchange.application->on_body_end(&exchange);
	exchange.application->on_body_too_large(&exchange);
	expect("");
	end();
	begin("POST", "/echo", 1001);
	ck_assert_int_eq(strncmp(calls, "head 413 size 22 ", 17), 0);
	calls[0] = '\0';
	end();
}
END_TEST

START_TEST(a_body_that_cannot_be_kept_is_a_500)
{
	static char nowhere[] = "/nonexistent";
	struct settings *settings = (struct settings *)(uintptr_t)app->settings;

	settings->http.body_memory = 0;
	settings->http.body_directory = nowhere;
	begin("POST", "/echo", 4);
	expect("want body 1000;");
	exchange.application->on_body(&exchange, "bo", 2);
	ck_assert_int_eq(strncmp(calls, "head 500 ", 9), 0);
	calls[0] = '\0';
	exchange.application->on_body(&exchange, "dy", 2);
	exchange.application->on_body_end(&exchange);
	expect("");
	end();
}
END_TEST

/* The context stands there once, whether or not the protocol entered it. */
START_TEST(a_line_names_its_request_once)
{
	static char nowhere[] = "/nonexistent";
	struct settings *settings = (struct settings *)(uintptr_t)app->settings;
	FILE *log = tmpfile();
	char line[512] = "";
	const char *context;

	settings->http.body_memory = 0;
	settings->http.body_directory = nowhere;
	log_open("test", LOG_TARGET_FILE, fileno(log), LOG_LEVEL_INFO);
	begin("POST", "/echo", 4);
	if (_i == 1)
		log_enter(&exchange.scope);
	exchange.application->on_body(&exchange, "bo", 2);
	if (_i == 1)
		log_leave(&exchange.scope);
	end();
	rewind(log);
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), log));
	fclose(log);
	context = strstr(line, ", request ");
	ck_assert_ptr_nonnull(context);
	ck_assert_ptr_null(strstr(context + 1, ", request "));
	calls[0] = '\0';
}
END_TEST

static void
never_called(struct cohort_worker *worker, void *context)
{
	ck_abort_msg("called after the stop");
}

START_TEST(an_exchange_has_its_mount)
{
	static const struct test_mount mounts[] = {
		{ .prefix = "/a", .setup = set_up },
		{ .prefix = "/b", .setup = set_up },
	};
	static const struct {
		const char *target;
		uint16_t mount;
	} rows[] = { { "/a/text", 1 }, { "/b/text", 2 }, { "/b/no/such", 2 },
		{ "/c", 0 } };
	size_t i;

	close_app();
	open_mounts(mounts, 2);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin("GET", rows[i].target, 0);
		ck_assert_uint_eq(exchange.mount, rows[i].mount);
		end();
	}
}
END_TEST

START_TEST(nothing_is_queued_after_the_stop)
{
	app_stop(app);
	ck_assert_int_eq(cohort_call(&app->worker, never_called, NULL), -1);
	while (app_run_queued(app))
		continue;
}
END_TEST

START_TEST(half_close_is_the_routes)
{
	begin("GET", "/keep", 0);
	ck_assert_int_eq(strncmp(calls, "keep 1;keep 0;head 200", 22), 0);
	calls[0] = '\0';
	end();
}
END_TEST

START_TEST(half_close_may_be_kept_by_default)
{
	close_app();
	strcpy(test_half_close, "keep");
	open_app();
	begin("GET", "/keep", 0);
	ck_assert_int_eq(strncmp(calls, "keep 0;head 200", 15), 0);
	calls[0] = '\0';
	end();
	begin("GET", "/text", 0);
	ck_assert_int_eq(strncmp(calls, "head 200", 8), 0);
	calls[0] = '\0';
	end();
}
END_TEST

START_TEST(an_exchange_may_end_before_its_head)
{
	exchange.functions = &functions;
	http_exchange_init(&exchange, &server);
	http_exchange_begin(&exchange, &server);
	end();
	expect("");
}
END_TEST

/* What a request took comes back: the next ones need nothing new. */
START_TEST(requests_are_used_again)
{
	void *first;
	int i;

	begin("GET", "/text", 0);
	first = exchange.state;
	end();
	for (i = 0; i < 1000; i++) {
		begin("GET", "/text", 0);
		ck_assert_ptr_eq(exchange.state, first);
		ck_assert_uint_le(exchange.arena.total, 8192);
		end();
	}
	calls[0] = '\0';
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("app_send");
	TCase *tcase = tcase_create("seam");

	tcase_add_checked_fixture(tcase, open_app, close_app);
	tcase_add_test(tcase, a_whole_reply_goes_at_once);
	tcase_add_test(tcase, a_stream_begins_when_its_function_returned);
	tcase_add_test(tcase, a_body_is_asked_for_once);
	tcase_add_test(tcase, a_body_that_cannot_be_kept_is_a_500);
	tcase_add_loop_test(tcase, a_line_names_its_request_once, 0, 2);
	tcase_add_test(tcase, an_exchange_has_its_mount);
	tcase_add_test(tcase, nothing_is_queued_after_the_stop);
	tcase_add_test(tcase, half_close_is_the_routes);
	tcase_add_test(tcase, half_close_may_be_kept_by_default);
	tcase_add_test(tcase, an_exchange_may_end_before_its_head);
	tcase_add_test(tcase, requests_are_used_again);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
