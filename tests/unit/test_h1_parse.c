/* SPDX-License-Identifier: ISC */
#include "test_h1_text.h"
#include "test_unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http1/h1_parse.h"

static const struct h1_limits limits = {
	.max_request_line = 40,
	.max_head = 200,
	.max_fields = 3,
};

static struct h1_parse *parse;

static void
setup(void)
{
	parse = h1_parse_new(&limits);
}

static void
teardown(void)
{
	h1_parse_free(&parse);
}

/* In a buffer of its own, which is another one each time. */
static enum h1_parse_result
feed(const char *text, size_t size)
{
	char *data = malloc(size + 1);
	enum h1_parse_result result;

	memcpy(data, text, size);
	result = h1_parse_feed(parse, data, size);
	free(data);
	return result;
}

static const char request[] = "\r\nPUT /x HTTP/1.1\r\nHost: a\r\nEmpty:\r\n"
			      "content-length:  12  \r\n\r\n";

static void
expect_request(void)
{
	const struct h1_head *head = h1_parse_head(parse);

	ck_assert_uint_eq(head->size, sizeof(request) - 1);
	expect_span(request, head->line.method, "PUT");
	expect_span(request, head->line.target, "/x");
	ck_assert_uint_eq(head->field_count, 3);
	expect_span(request, head->fields[0].name, "Host");
	expect_span(request, head->fields[0].value, "a");
	expect_span(request, head->fields[1].name, "Empty");
	expect_span(request, head->fields[1].value, "");
	expect_span(request, head->fields[2].name, "content-length");
	expect_span(request, head->fields[2].value, "12");
	ck_assert_int_eq(head->framing.body_size, 12);
	ck_assert_int_eq(head->framing.host, 0);
}

START_TEST(test_every_split)
{
	size_t size = sizeof(request) - 1, first, second;

	for (first = 0; first <= size; first++)
		for (second = first; second < size; second++) {
			h1_parse_reset(parse);
			ck_assert_int_eq(first == size ? H1_PARSE_MORE :
							 feed(request, first),
			    H1_PARSE_MORE);
			ck_assert_int_eq(feed(request, second), H1_PARSE_MORE);
			ck_assert_int_eq(feed(request, size), H1_PARSE_HEAD);
			expect_request();
		}
}
END_TEST

START_TEST(test_what_follows)
{
	char text[sizeof(request) + 20];

	snprintf(text, sizeof(text), "%s%s", request, "GET / HTTP/1.1\r\n");
	ck_assert_int_eq(feed(text, strlen(text)), H1_PARSE_HEAD);
	expect_request();
}
END_TEST

/* A wish to speak something else makes nothing of what follows. */
START_TEST(test_upgrade)
{
	static const char text[] =
	    "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\n"
	    "Upgrade: x\r\n\r\nGET /";

	ck_assert_int_eq(feed(text, sizeof(text) - 1), H1_PARSE_HEAD);
	ck_assert_uint_eq(
	    h1_parse_head(parse)->size, sizeof(text) - 1 - strlen("GET /"));
}
END_TEST

START_TEST(test_no_fields)
{
	static const char text[] = "GET / HTTP/1.0\r\n\r\n";

	ck_assert_int_eq(feed(text, sizeof(text) - 1), H1_PARSE_HEAD);
	ck_assert_uint_eq(h1_parse_head(parse)->field_count, 0);
	ck_assert_uint_eq(h1_parse_head(parse)->size, sizeof(text) - 1);
}
END_TEST

static const struct {
	const char *text;
	enum h1_fault fault;
	bool has_line;
} refused[] = {
	{ "\n", H1_FAULT_BARE_LF, false },
	{ "\rG", H1_FAULT_BARE_CR, false },
	{ "\r\n\r\n\r\n\r\n\r\n", H1_FAULT_EMPTY_LINES, false },
	{ "(", H1_FAULT_METHOD_SYNTAX, false },
	{ "GET /\r\n", H1_FAULT_VERSION_MISSING, false },
	{ "BREW56789012345678901234567890123456789012",
	    H1_FAULT_METHOD_TOO_LONG, false },
	{ "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", H1_FAULT_FIELD_FOLDED, true },
	{ "GET / HTTP/1.1\r\nA: b\r\n\r\n", H1_FAULT_HOST_MISSING, true },
	{ "GET / HTTP/1.0\r\nA: b\r\nB:\r\nC:\r\nD:\r\n",
	    H1_FAULT_FIELDS_TOO_MANY, true },
	{ "GET / HTTP/1.0\r\nA\r\n\r\n", H1_FAULT_FIELD_NO_COLON, true },
	{ "GET / HTTP/1.0\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
	    H1_FAULT_LENGTH_REPEATED, true },
	{ "GET /34567890123456789012345678 HTTP/1.0\r\n\r\n", H1_FAULT_NONE,
	    true },
	{ "GET /345678901234567890123456789 HTTP/1.0\r\n\r\n",
	    H1_FAULT_LINE_TOO_LONG, false },
	{ "GET /3456789012345678901234567890123456789", H1_FAULT_LINE_TOO_LONG,
	    false },
};

START_TEST(test_refused)
{
	enum h1_parse_result result =
	    feed(refused[_i].text, strlen(refused[_i].text));

	ck_assert_int_eq(h1_parse_fault(parse), refused[_i].fault);
	ck_assert_int_eq(result,
	    refused[_i].fault == H1_FAULT_NONE ? H1_PARSE_HEAD :
						 H1_PARSE_FAULT);
	ck_assert_int_eq(h1_parse_line(parse) != NULL, refused[_i].has_line);
}
END_TEST

START_TEST(test_max_head)
{
	char text[300];
	size_t size;

	memset(text, 'a', sizeof(text));
	memcpy(text, "GET / HTTP/1.0\r\nA: ", 19);
	for (size = 199; size <= 201; size++) {
		h1_parse_reset(parse);
		memset(text + 195, 'a', 20);
		memcpy(text + size - 4, "\r\n\r\n", 4);
		ck_assert_int_eq(feed(text, size),
		    size <= 200 ? H1_PARSE_HEAD : H1_PARSE_FAULT);
	}
	ck_assert_int_eq(h1_parse_fault(parse), H1_FAULT_HEAD_TOO_LARGE);
	/* Not waiting for its end. */
	h1_parse_reset(parse);
	memset(text + 19, 'a', sizeof(text) - 19);
	ck_assert_int_eq(feed(text, 199), H1_PARSE_MORE);
	ck_assert_int_eq(feed(text, 200), H1_PARSE_FAULT);
	ck_assert_int_eq(h1_parse_fault(parse), H1_FAULT_HEAD_TOO_LARGE);
}
END_TEST

/* ---- what is wrong depends on the bytes, not on how they came ---- */

/* In a buffer of exactly that size. */
static enum h1_parse_result
feed_exactly(struct h1_parse *to, const char *text, size_t size)
{
	char *data = copy_exactly(text, size);
	enum h1_parse_result result = h1_parse_feed(to, data, size);

	free(data);
	return result;
}

static enum h1_fault
fault_of(const struct h1_limits *of, const char *text, size_t size, size_t step)
{
	struct h1_parse *one = h1_parse_new(of);
	enum h1_parse_result result = H1_PARSE_MORE;
	enum h1_fault fault;
	size_t fed = 0;

	while (result == H1_PARSE_MORE && fed < size) {
		fed = size - fed < step ? size : fed + step;
		result = feed_exactly(one, text, fed);
	}
	fault = h1_parse_fault(one);
	ck_assert_int_eq(result == H1_PARSE_FAULT, fault != H1_FAULT_NONE);
	h1_parse_free(&one);
	return fault;
}

static const struct {
	const char *before;
	size_t target; /* its size */
	const char *behind;
	enum h1_fault fault;
} long_lines[] = {
	/* 13 bytes of the line are not the target's, 40 are allowed. */
	{ "GET ", 26, " HTTP/1.0\r\n", H1_FAULT_HEAD_TOO_LARGE },
	{ "GET ", 26, " HTTP/1.0\r\n\r\n", H1_FAULT_HEAD_TOO_LARGE },
	{ "GET ", 26, " HTTP/1.0\r\nbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
	    H1_FAULT_HEAD_TOO_LARGE },
	{ "\r\n\r\n\r\n\r\nGET ", 26, " HTTP/1.0\r\n",
	    H1_FAULT_HEAD_TOO_LARGE },
	{ "\r\n\r\n\r\n\r\nGET ", 26, " HTTP/1.0\r\nA: b\r\n\r\n",
	    H1_FAULT_HEAD_TOO_LARGE },
	{ "\r\nGET ", 20, " HTTP/1.0\r\n\r\n", H1_FAULT_NONE },
	{ "GET ", 24, " HTTP/1.0\r\n\r\n", H1_FAULT_HEAD_TOO_LARGE },
	{ "GET ", 23, " HTTP/1.0\r\n\r\n", H1_FAULT_NONE },
	{ "GET ", 27, " HTTP/1.0\r\n", H1_FAULT_HEAD_TOO_LARGE },
	{ "GET ", 28, " HTTP/1.0\r\n\r\n", H1_FAULT_LINE_TOO_LONG },
	/* The first bad byte is the one too many. */
	{ "", 40, "\x01", H1_FAULT_NONE },
	{ "", 40, "\x01\n", H1_FAULT_METHOD_SYNTAX },
	{ "", 40, "\x01 more of it", H1_FAULT_METHOD_TOO_LONG },
	{ "@", 2, "\n", H1_FAULT_METHOD_SYNTAX },
};

/* The request line may be as long as the head, and then nothing else fits. */
START_TEST(test_line_as_long_as_the_head)
{
	static const struct h1_limits narrow = {
		.max_request_line = 40,
		.max_head = 40,
		.max_fields = 3,
	};
	char text[200], *at = text;
	size_t step, size;

	at = stpcpy(at, long_lines[_i].before);
	memset(at, '/', long_lines[_i].target);
	if (long_lines[_i].before[0] == '\0')
		memset(at, 'M', long_lines[_i].target);
	at = stpcpy(at + long_lines[_i].target, long_lines[_i].behind);
	size = (size_t)(at - text);
	for (step = 1; step <= size; step++)
		ck_assert_int_eq(
		    fault_of(&narrow, text, size, step), long_lines[_i].fault);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("h1_parse");
	TCase *tcase = tcase_create("all");

	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_every_split);
	tcase_add_test(tcase, test_what_follows);
	tcase_add_test(tcase, test_upgrade);
	tcase_add_test(tcase, test_no_fields);
	tcase_add_loop_test(tcase, test_refused, 0, COUNT(refused));
	tcase_add_test(tcase, test_max_head);
	tcase_add_loop_test(
	    tcase, test_line_as_long_as_the_head, 0, COUNT(long_lines));
	return test_run(suite);
}
