/* SPDX-License-Identifier: ISC */
#include "test_unit.h"

#include <stdlib.h>
#include <string.h>

#include "http1/h1_head.h"

static const struct h1_limits limits = {
	.max_request_line = 1000,
	.max_head = 10000,
	.max_fields = 10,
	.max_segments = 3,
};

static struct arena_pool *pool;
static struct arena arena;
static struct h1_parse *parse;
static struct http_request request;

static void
setup(void)
{
	pool = arena_pool_new(4096, 4);
	arena_init(&arena, pool, 1 << 20);
	parse = h1_parse_new(&limits);
}

static void
teardown(void)
{
	h1_parse_free(&parse);
	arena_reset(&arena);
	arena_pool_free(&pool);
}

/* The bytes are gone when the request is looked at. */
static enum h1_fault
read_text(const char *text)
{
	char *data = strdup(text);
	enum h1_fault fault;

	h1_parse_reset(parse);
	ck_assert_int_eq(
	    h1_parse_feed(parse, data, strlen(data)), H1_PARSE_HEAD);
	fault =
	    h1_head_read(h1_parse_head(parse), data, &limits, &arena, &request);
	free(data);
	return fault;
}

static void
expect_str(struct cohort_str str, const char *text)
{
	ck_assert_uint_eq(str.size, strlen(text));
	ck_assert_str_eq(str.data, text);
}

START_TEST(test_request)
{
	ck_assert_int_eq(read_text("\r\nPOST /a/b?c HTTP/1.1\r\nHost: h:1 \r\n"
				   "Empty:\r\nX-Y: \tz z\t\r\n"
				   "Transfer-Encoding: chunked\r\n\r\n"),
	    H1_FAULT_NONE);
	ck_assert_int_eq(request.method, HTTP_METHOD_POST);
	ck_assert_str_eq(request.method_name, "POST");
	expect_str(request.target, "/a/b?c");
	expect_str(request.uri.path, "/a/b");
	expect_str(request.uri.query, "c");
	ck_assert_uint_eq(request.version, 0x0101);
	ck_assert_str_eq(request.host, "h:1");
	ck_assert_uint_eq(request.field_count, 4);
	expect_str(request.fields[0].name, "Host");
	expect_str(request.fields[0].value, "h:1");
	expect_str(request.fields[1].name, "Empty");
	expect_str(request.fields[1].value, "");
	expect_str(request.fields[2].name, "X-Y");
	expect_str(request.fields[2].value, "z z");
	expect_str(request.fields[3].name, "Transfer-Encoding");
	expect_str(request.fields[3].value, "chunked");
	ck_assert_int_eq(request.body_size, HTTP_SIZE_UNKNOWN);
}
END_TEST

START_TEST(test_unknown_method)
{
	ck_assert_int_eq(read_text("MKCOL / HTTP/1.0\r\n\r\n"), 0);
	ck_assert_int_eq(request.method, HTTP_METHOD_OTHER);
	ck_assert_str_eq(request.method_name, "MKCOL");
	ck_assert_ptr_null(request.host);
	ck_assert_uint_eq(request.field_count, 0);
	ck_assert_int_eq(request.body_size, 0);
}
END_TEST

START_TEST(test_host_of_target_wins)
{
	ck_assert_int_eq(
	    read_text("GET http://b:8/ HTTP/1.1\r\nHost: a\r\n\r\n"), 0);
	ck_assert_str_eq(request.host, "b:8");
	expect_str(request.fields[0].value, "b:8");
	expect_str(request.target, "http://b:8/");
	ck_assert_int_eq(read_text("GET http://c HTTP/1.0\r\n\r\n"), 0);
	ck_assert_str_eq(request.host, "c");
}
END_TEST

START_TEST(test_scheme_of_target)
{
	ck_assert_int_eq(
	    read_text("GET https://a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
	    H1_FAULT_NONE);
	ck_assert_str_eq(request.scheme, "https");
	ck_assert_int_eq(read_text("GET HTTP://a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
	    H1_FAULT_NONE);
	ck_assert_str_eq(request.scheme, "http");
	ck_assert_int_eq(read_text("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
	    H1_FAULT_TARGET);
}
END_TEST

START_TEST(test_host_empty)
{
	ck_assert_int_eq(read_text("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 0);
	ck_assert_ptr_null(request.host);
}
END_TEST

static const char *const bad_targets[] = {
	"GET /../a HTTP/1.0\r\n\r\n",
	"GET /%00 HTTP/1.0\r\n\r\n",
	"GET http:///a HTTP/1.0\r\n\r\n",
	"GET http://u@a/ HTTP/1.0\r\n\r\n",
};

START_TEST(test_bad_target)
{
	ck_assert_int_eq(read_text(bad_targets[_i]), H1_FAULT_TARGET);
}
END_TEST

START_TEST(test_segments)
{
	char line[300] = "GET ";
	int i;

	ck_assert_int_eq(read_text("GET /a/b/c/ HTTP/1.0\r\n\r\n"), 0);
	ck_assert_int_eq(read_text("GET /a//%2e/b/../c/d HTTP/1.0\r\n\r\n"), 0);
	ck_assert_int_eq(read_text("GET /a/b/c/d HTTP/1.0\r\n\r\n"),
	    H1_FAULT_SEGMENTS_TOO_MANY);
	/* Also where the array ends. */
	for (i = 0; i <= HTTP_SEGMENTS_MAX; i++)
		strcat(line, "/a");
	strcat(line, " HTTP/1.0\r\n\r\n");
	ck_assert_int_eq(read_text(line), H1_FAULT_SEGMENTS_TOO_MANY);
}
END_TEST

START_TEST(test_no_memory)
{
	arena_reset(&arena);
	arena_init(&arena, pool, 4096);
	ck_assert_int_eq(
	    read_text("GET / HTTP/1.0\r\n\r\n"), H1_FAULT_NO_MEMORY);
}
END_TEST

START_TEST(test_refused)
{
	static const char text[] = "GET /x HTTP/1.0\r\nA\r\n\r\n";

	h1_head_read_refused(NULL, text, &arena, &request);
	ck_assert_str_eq(request.method_name, "");
	ck_assert_str_eq(request.target.data, "");
	ck_assert_int_eq(
	    h1_parse_feed(parse, text, sizeof(text) - 1), H1_PARSE_FAULT);
	h1_head_read_refused(h1_parse_line(parse), text, &arena, &request);
	ck_assert_str_eq(request.method_name, "GET");
	ck_assert_int_eq(request.method, HTTP_METHOD_GET);
	expect_str(request.target, "/x");
	ck_assert_uint_eq(request.version, 0x0100);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("h1_head");
	TCase *tcase = tcase_create("all");

	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_request);
	tcase_add_test(tcase, test_unknown_method);
	tcase_add_test(tcase, test_host_of_target_wins);
	tcase_add_test(tcase, test_scheme_of_target);
	tcase_add_test(tcase, test_host_empty);
	tcase_add_loop_test(tcase, test_bad_target, 0,
	    (int)(sizeof(bad_targets) / sizeof(*bad_targets)));
	tcase_add_test(tcase, test_segments);
	tcase_add_test(tcase, test_no_memory);
	tcase_add_test(tcase, test_refused);
	return test_run(suite);
}
