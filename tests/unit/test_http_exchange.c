/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "http/http_exchange.h"
#include "test_unit.h"

static char seen[256]; /* what was called, in order */

static void
record(struct http_recorder *recorder, const struct http_exchange *exchange,
    enum cohort_end end)
{
	sprintf(
	    seen + strlen(seen), "record %d %d;", (int)end, exchange->status);
}

/* The arena still stands here. */
static void
on_end(struct http_exchange *exchange, enum cohort_end end)
{
	sprintf(seen + strlen(seen), "end %d %s;", (int)end,
	    (const char *)exchange->state);
}

static const struct http_application application = { .on_end = on_end };
static struct http_recorder recorder = { .record = record };
static struct http_server server;
static struct http_exchange exchange;

static void
open_server(void)
{
	seen[0] = '\0';
	recorder.wants_time = false;
	server = (struct http_server) {
		.application = &application,
		.context = &server,
		.recorder = &recorder,
		.arena_pool = arena_pool_new(512, 2),
		.arena_limit = 4096,
		.next_id = 0x00c0ffee12345678,
	};
	memset(&exchange, 0xa5, sizeof(exchange));
	exchange.request = (struct http_request) { 0 };
	exchange.functions = NULL;
	http_exchange_init(&exchange, &server);
}

static void
close_server(void)
{
	http_exchange_fini(&exchange);
	arena_pool_free(&server.arena_pool);
}

START_TEST(begin_leaves_functions_and_request)
{
	exchange.request.field_count = 7;
	http_exchange_begin(&exchange, &server);
	ck_assert_uint_eq(exchange.magic, HTTP_EXCHANGE_MAGIC);
	ck_assert_ptr_null(exchange.functions);
	ck_assert_ptr_eq(exchange.application, &application);
	ck_assert_ptr_eq(exchange.context, &server);
	ck_assert_ptr_null(exchange.state);
	ck_assert_uint_eq(exchange.request.field_count, 7);
	ck_assert_uint_eq(arena_left(&exchange.arena), 4096 - 512);
	ck_assert_uint_eq(exchange.started_us, 0);
	ck_assert_int_eq(exchange.status, 0);
	ck_assert_uint_eq(exchange.body_sent, 0);
	ck_assert_ptr_null(exchange.route);
	ck_assert_ptr_null(exchange.doing);
	http_exchange_end(&exchange, &server, COHORT_END_SENT);
}
END_TEST

START_TEST(ids_are_counted_up)
{
	char text[HTTP_ID_SIZE];

	http_exchange_begin(&exchange, &server);
	http_exchange_id(&exchange, text);
	ck_assert_str_eq(text, "00c0ffee12345678");
	http_exchange_end(&exchange, &server, COHORT_END_SENT);
	http_exchange_begin(&exchange, &server);
	http_exchange_id(&exchange, text);
	ck_assert_str_eq(text, "00c0ffee12345679");
	http_exchange_end(&exchange, &server, COHORT_END_SENT);
}
END_TEST

START_TEST(id_wraps_around)
{
	char text[HTTP_ID_SIZE];

	server.next_id = UINT64_MAX;
	http_exchange_begin(&exchange, &server);
	http_exchange_id(&exchange, text);
	ck_assert_str_eq(text, "ffffffffffffffff");
	ck_assert_uint_eq(server.next_id, 0);
	http_exchange_end(&exchange, &server, COHORT_END_SENT);
}
END_TEST

START_TEST(time_is_taken_where_wanted)
{
	recorder.wants_time = true;
	http_exchange_begin(&exchange, &server);
	ck_assert_uint_ne(exchange.started_us, 0);
	http_exchange_end(&exchange, &server, COHORT_END_SENT);
}
END_TEST

START_TEST(end_is_recorded_then_told)
{
	http_exchange_begin(&exchange, &server);
	exchange.state = arena_copy(&exchange.arena, "state", 5);
	exchange.status = 200;
	http_exchange_end(&exchange, &server, COHORT_END_GONE);
	ck_assert_str_eq(seen, "record 2 200;end 2 state;");
	ck_assert_uint_eq(arena_left(&exchange.arena), 4096 - 512);
	ck_assert_uint_ne(exchange.magic, HTTP_EXCHANGE_MAGIC);
}
END_TEST

START_TEST(what_the_protocol_refused_is_recorded_only)
{
	http_exchange_begin(&exchange, &server);
	exchange.application = NULL;
	exchange.status = 400;
	http_exchange_end(&exchange, &server, COHORT_END_SENT);
	ck_assert_str_eq(seen, "record 1 400;");
}
END_TEST

START_TEST(without_a_recorder_the_end_is_told)
{
	server.recorder = NULL;
	http_exchange_begin(&exchange, &server);
	exchange.state = arena_copy(&exchange.arena, "x", 1);
	http_exchange_end(&exchange, &server, COHORT_END_SENT);
	ck_assert_str_eq(seen, "end 1 x;");
}
END_TEST

static const struct {
	const char *method, *target, *doing;
	const char *words;
} descriptions[] = {
	{ "GET", "/x?y", NULL, ", request 00c0ffee12345678 GET \"/x?y\"" },
	{ "GET", "/x", "reading the body",
	    ", request 00c0ffee12345678 GET \"/x\","
	    " while reading the body" },
	{ "GET", "/\"\\\r\n\x1b\xff", NULL,
	    ", request 00c0ffee12345678 GET \"/\\\"\\\\"
	    "\\x0d\\x0a\\x1b\\xff\"" },
	{ "", "", NULL, ", request 00c0ffee12345678" },
	{ NULL, NULL, "reading the head",
	    ", request 00c0ffee12345678, while reading the head" },
};

START_TEST(scope_names_the_request)
{
	const char *target = descriptions[_i].target;
	struct buffer line;

	exchange.request.method_name = descriptions[_i].method;
	if (target != NULL)
		exchange.request.target =
		    (struct cohort_str) { target, strlen(target) };
	http_exchange_begin(&exchange, &server);
	exchange.doing = descriptions[_i].doing;
	buffer_init(&line, 0);
	exchange.scope.describe(exchange.scope.object, &line);
	ck_assert_str_eq(line.data, descriptions[_i].words);
	buffer_fini(&line);
	exchange.application = NULL;
	http_exchange_end(&exchange, &server, COHORT_END_SENT);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("http_exchange");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, open_server, close_server);
	tcase_add_test(all, begin_leaves_functions_and_request);
	tcase_add_test(all, ids_are_counted_up);
	tcase_add_test(all, id_wraps_around);
	tcase_add_test(all, time_is_taken_where_wanted);
	tcase_add_test(all, end_is_recorded_then_told);
	tcase_add_test(all, what_the_protocol_refused_is_recorded_only);
	tcase_add_test(all, without_a_recorder_the_end_is_told);
	tcase_add_loop_test(all, scope_names_the_request, 0,
	    sizeof(descriptions) / sizeof(*descriptions));
	suite_add_tcase(suite, all);
	return test_run(suite);
}
