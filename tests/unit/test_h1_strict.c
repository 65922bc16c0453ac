/* SPDX-License-Identifier: ISC */
/*
 * The rules one by one; tests/wire has them in whole requests.
 */
#include "test_unit.h"

#include <stdlib.h>
#include <string.h>

#include "http1/h1_strict.h"

/* Exactly as many bytes, so that a step too far is seen. */
static char *
copy(const char *text, size_t size)
{
	return memcpy(malloc(size + (size == 0)), text, size);
}

/* ---- request lines ---- */

#define LINE(fault, text)                                \
	{                                                \
		text, sizeof(text) - 1, H1_FAULT_##fault \
	}

static const struct {
	const char *text;
	size_t size;
	enum h1_fault fault;
} lines[] = {
	LINE(NONE, "GET / HTTP/1.1\r\n"),
	LINE(NONE, "GET / HTTP/1.0\r\n"),
	LINE(NONE, "M-SEARCH /%7e?x=%41 HTTP/1.1\r\n"),
	LINE(NONE, "OPTIONS * HTTP/1.1\r\n"),
	LINE(NONE, "GET http://a/ HTTP/1.1\r\n"),
	LINE(BARE_LF, "\n"),
	LINE(BARE_LF, "GET / HTTP/1.1\n"),
	LINE(METHOD_SYNTAX, "\r\n"),
	LINE(METHOD_SYNTAX, " / HTTP/1.1\r\n"),
	LINE(METHOD_SYNTAX, "G\tT / HTTP/1.1\r\n"),
	LINE(REQUEST_LINE, "GET\r\n"),
	LINE(REQUEST_LINE, "GET \r\n"),
	LINE(REQUEST_LINE, "GET  /\r\n"),
	LINE(REQUEST_LINE, "GET x\r\n"),
	LINE(REQUEST_LINE, "GET /\x01\r\n"),
	LINE(REQUEST_LINE, "GET / HTTP/1.1 \r\n"),
	LINE(REQUEST_LINE, "GET / / HTTP/1.1\r\n"),
	LINE(VERSION_MISSING, "GET /\r\n"),
	LINE(VERSION_SYNTAX, "GET / \r\n"),
	LINE(VERSION_SYNTAX, "GET / http/1.1\r\n"),
	LINE(VERSION_SYNTAX, "GET / HTTP/1,1\r\n"),
	LINE(VERSION_SYNTAX, "GET / HTTP/11.\r\n"),
	LINE(VERSION_SYNTAX, "GET / HTTP/1.1\r\r\n"),
	LINE(VERSION_SYNTAX, "GET / HTTP/1.\r\n"),
	LINE(VERSION_UNSUPPORTED, "GET / HTTP/1.2\r\n"),
	LINE(VERSION_UNSUPPORTED, "GET / HTTP/0.9\r\n"),
	LINE(VERSION_UNSUPPORTED, "PRI * HTTP/2.0\r\n"),
	LINE(CONNECT, "CONNECT a:1 HTTP/1.1\r\n"),
	LINE(CONNECT, "CONNECT [::1]:65535 HTTP/1.1\r\n"),
	LINE(TARGET, "CONNECT a HTTP/1.1\r\n"),
	LINE(TARGET, "CONNECT a: HTTP/1.1\r\n"),
	LINE(TARGET, "CONNECT :1 HTTP/1.1\r\n"),
	LINE(TARGET, "CONNECT a:65536 HTTP/1.1\r\n"),
	LINE(TARGET, "CONNECT [::1] HTTP/1.1\r\n"),
	LINE(TARGET, "CONNECT / HTTP/1.1\r\n"),
	LINE(NONE, "CONNECTX / HTTP/1.1\r\n"),
	LINE(TARGET_ASTERISK, "GET * HTTP/1.1\r\n"),
	LINE(TARGET_ASTERISK, "OPTIONSX * HTTP/1.1\r\n"),
	LINE(TARGET, "GET /# HTTP/1.1\r\n"),
	LINE(TARGET, "GET /{ HTTP/1.1\r\n"),
	LINE(TARGET, "GET /% HTTP/1.1\r\n"),
	LINE(TARGET, "GET /%4 HTTP/1.1\r\n"),
	LINE(TARGET, "GET /%4g HTTP/1.1\r\n"),
	LINE(TARGET, "GET /?%g4 HTTP/1.1\r\n"),
	LINE(TARGET, "GET /\x80 HTTP/1.1\r\n"),
	LINE(TARGET, "GET /\0 HTTP/1.1\r\n"),
};

START_TEST(test_line)
{
	size_t size = lines[_i].size;
	char *text = copy(lines[_i].text, size);
	struct h1_line line;

	ck_assert_int_eq(
	    h1_strict_line(text, 0, size - 1, &line), lines[_i].fault);
	free(text);
}
END_TEST

START_TEST(test_line_spans)
{
	struct h1_line line;

	ck_assert_int_eq(
	    h1_strict_line("\r\nPUT /ab HTTP/1.0\r\n", 2, 19, &line), 0);
	ck_assert_uint_eq(line.method.offset, 2);
	ck_assert_uint_eq(line.method.size, 3);
	ck_assert_uint_eq(line.target.offset, 6);
	ck_assert_uint_eq(line.target.size, 3);
	ck_assert_uint_eq(line.version, 0x0100);
}
END_TEST

START_TEST(test_begin)
{
	ck_assert_int_eq(h1_strict_begin("GE", 0, 2), 0);
	ck_assert_int_eq(h1_strict_begin("GET \x01", 0, 5), 0);
	ck_assert_int_eq(h1_strict_begin("GET\r", 0, 4), 0);
	ck_assert_int_eq(
	    h1_strict_begin("\x16\x03", 0, 2), H1_FAULT_METHOD_SYNTAX);
	ck_assert_int_eq(h1_strict_begin("G\rT", 0, 3), H1_FAULT_METHOD_SYNTAX);
	ck_assert_int_eq(h1_strict_begin(" GET", 0, 4), H1_FAULT_METHOD_SYNTAX);
}
END_TEST

/* ---- fields, with spans as http-parser would give them ---- */

/* A field of the name before the colon and the value behind the space. */
static struct h1_field
span(const char *text, const char *name, const char *value)
{
	const char *name_at = strstr(text, name);
	const char *value_at = strstr(name_at + strlen(name), value);

	return (struct h1_field) {
		.name = { (uint32_t)(name_at - text), (uint32_t)strlen(name) },
		.value = { (uint32_t)(value_at - text),
		    (uint32_t)strlen(value) },
	};
}

static const struct {
	const char *text, *name, *value;
	enum h1_fault fault;
	uint32_t trimmed;
} fields[] = {
	{ "A: b\r\n\r\n", "A", "b", H1_FAULT_NONE, 1 },
	{ "A:b \t\r\n\r\n", "A", "b \t", H1_FAULT_NONE, 1 },
	{ "A:\r\n\r\n", "A", "", H1_FAULT_NONE, 0 },
	{ "A: \t\r\n\r\n", "A", "", H1_FAULT_NONE, 0 },
	{ "A : b\r\n\r\n", "A ", "b", H1_FAULT_FIELD_COLON, 0 },
	{ "A : b\r\n\r\n", "A", "b", H1_FAULT_FIELD_COLON, 0 },
	{ " A: b\r\n\r\n", " A", "b", H1_FAULT_LEADING_SPACE, 0 },
	{ "(A: b\r\n\r\n", "(A", "b", H1_FAULT_FIELD_NAME, 0 },
	{ "A(: b\r\n\r\n", "A", "b", H1_FAULT_FIELD_NAME, 0 },
	{ "A:\r\n b\r\n\r\n", "A", "b", H1_FAULT_FIELD_FOLDED, 0 },
	{ "A: b\n\r\n", "A", "b", H1_FAULT_BARE_LF, 0 },
	{ "A: b\rX\r\n", "A", "b", H1_FAULT_BARE_CR, 0 },
	{ "A: b\r\n\rX", "A", "b", H1_FAULT_BARE_CR, 0 },
	{ "A: b\r\n\n", "A", "b", H1_FAULT_BARE_LF, 0 },
	{ "A: b\r\nX\r\n\r\n", "A", "b", H1_FAULT_PARSER, 0 },
	{ "A: b\r\n\r\nX", "A", "b", H1_FAULT_PARSER, 0 },
	{ "A: b\r\n", "A", "b", H1_FAULT_PARSER, 0 },
	{ "A: b", "A", "b", H1_FAULT_PARSER, 0 },
	{ "XA: b\r\n\r\n", "A", "b", H1_FAULT_PARSER, 0 },
	{ "A: b\x01\r\n\r\n", "A", "b\x01", H1_FAULT_FIELD_VALUE, 0 },
	{ "A: b\x7f\r\n\r\n", "A", "b\x7f", H1_FAULT_FIELD_VALUE, 0 },
	{ "A: b\r \r\n\r\n", "A", "b\r ", H1_FAULT_FIELD_VALUE, 0 },
};

START_TEST(test_field)
{
	struct h1_field field =
	    span(fields[_i].text, fields[_i].name, fields[_i].value);
	size_t size = strlen(fields[_i].text);
	char *text = copy(fields[_i].text, size);

	ck_assert_int_eq(
	    h1_strict_fields(text, 0, size, &field, 1), fields[_i].fault);
	if (fields[_i].fault == H1_FAULT_NONE)
		ck_assert_uint_eq(field.value.size, fields[_i].trimmed);
	free(text);
}
END_TEST

/* ---- framing ---- */

static const struct {
	const char *fields; /* "Name:value|..." */
	unsigned version;
	enum h1_fault fault;
	int64_t body_size;
	bool is_persistent, expects_continue;
} framings[] = {
	{ "Host:a", 0x0101, H1_FAULT_NONE, 0, true, false },
	{ "", 0x0100, H1_FAULT_NONE, 0, false, false },
	{ "", 0x0101, H1_FAULT_HOST_MISSING, 0, false, false },
	{ "HOST:a|hosT:a", 0x0101, H1_FAULT_HOST_REPEATED, 0, false, false },
	{ "Hosts:b|Host:a", 0x0101, H1_FAULT_NONE, 0, true, false },
	{ "Host:a b", 0x0101, H1_FAULT_HOST_SYNTAX, 0, false, false },
	{ "Connection:keep-alive", 0x0100, H1_FAULT_NONE, 0, true, false },
	{ "Connection:keep-alive|Connection:x, close", 0x0100, H1_FAULT_NONE, 0,
	    false, false },
	{ "Content-Length:7", 0x0100, H1_FAULT_NONE, 7, false, false },
	{ "Content-Length:9223372036854775807", 0x0100, H1_FAULT_NONE,
	    INT64_MAX, false, false },
	{ "Content-Length:9223372036854775808", 0x0100, H1_FAULT_LENGTH_SYNTAX,
	    0, false, false },
	{ "Content-Length:7|Content-Length:7", 0x0100, H1_FAULT_LENGTH_REPEATED,
	    0, false, false },
	{ "Host:a|Transfer-Encoding:chunked", 0x0101, H1_FAULT_NONE, -1, true,
	    false },
	{ "Host:a|Transfer-Encoding:,chunked,", 0x0101, H1_FAULT_NONE, -1, true,
	    false },
	{ "Transfer-Encoding:chunked", 0x0100, H1_FAULT_CODING_IN_1_0, 0, false,
	    false },
	{ "Host:|Transfer-Encoding:chunked|Content-Length:1", 0x0101,
	    H1_FAULT_LENGTH_AND_CODING, 0, false, false },
	{ "Content-Length:1|Transfer-Encoding:chunked", 0x0101,
	    H1_FAULT_LENGTH_AND_CODING, 0, false, false },
	{ "Host:a|Transfer-Encoding:chunked|Content-Length:1", 0x0101,
	    H1_FAULT_LENGTH_AND_CODING, 0, false, false },
	{ "Host:a|Transfer-Encoding:a, chunked", 0x0101,
	    H1_FAULT_CODING_UNKNOWN, 0, false, false },
	{ "Host:a|Transfer-Encoding:a|Transfer-Encoding:chunked", 0x0101,
	    H1_FAULT_CODING_UNKNOWN, 0, false, false },
	{ "Host:a|Transfer-Encoding:a", 0x0101, H1_FAULT_CODING_NOT_FINAL, 0,
	    false, false },
	{ "Host:a|Transfer-Encoding:chunked, a", 0x0101,
	    H1_FAULT_CODING_NOT_FINAL, 0, false, false },
	{ "Host:a|Transfer-Encoding:", 0x0101, H1_FAULT_CODING_NOT_FINAL, 0,
	    false, false },
	{ "Host:a|Transfer-Encoding:chunked|Transfer-Encoding:chunked", 0x0101,
	    H1_FAULT_CODING_REPEATED, 0, false, false },
	{ "Host:a|Transfer-Encoding:chunked ;a=b", 0x0101,
	    H1_FAULT_CODING_SYNTAX, 0, false, false },
	{ "Host:a|Transfer-Encoding:\"chunked\"", 0x0101,
	    H1_FAULT_CODING_SYNTAX, 0, false, false },
	{ "Host:a|Expect:100-Continue|Content-Length:1", 0x0101, H1_FAULT_NONE,
	    1, true, true },
	{ "Host:a|Expect:100-continue", 0x0101, H1_FAULT_NONE, 0, true, false },
	{ "Expect:100-continue|Content-Length:1", 0x0100, H1_FAULT_NONE, 1,
	    false, false },
	{ "Host:a|Expect:x", 0x0101, H1_FAULT_EXPECTATION, 0, false, false },
};

static size_t
cut_fields(const char *text, struct h1_field *to)
{
	const char *at = text;
	size_t count = 0;

	while (*at != '\0') {
		size_t name = strcspn(at, ":"), value;

		value = strcspn(at + name + 1, "|");
		to[count++] = (struct h1_field) {
			.name = { (uint32_t)(at - text), (uint32_t)name },
			.value = { (uint32_t)(at + name + 1 - text),
			    (uint32_t)value },
		};
		at += name + 1 + value;
		at += *at == '|';
	}
	return count;
}

START_TEST(test_framing)
{
	struct h1_line line = { .version = framings[_i].version };
	struct h1_framing framing;
	struct h1_field cut[8];
	size_t count = cut_fields(framings[_i].fields, cut);

	ck_assert_int_eq(
	    h1_strict_framing(framings[_i].fields, &line, cut, count, &framing),
	    framings[_i].fault);
	if (framings[_i].fault != H1_FAULT_NONE)
		return;
	ck_assert_int_eq(framing.body_size, framings[_i].body_size);
	ck_assert_int_eq(framing.is_persistent, framings[_i].is_persistent);
	ck_assert_int_eq(
	    framing.expects_continue, framings[_i].expects_continue);
}
END_TEST

START_TEST(test_faults)
{
	int i;

	for (i = H1_FAULT_NONE + 1; i < H1_FAULT_COUNT; i++) {
		ck_assert_int_ge(h1_fault_status(i), 400);
		ck_assert_int_lt(h1_fault_status(i), 600);
		ck_assert_int_eq(strncmp(h1_fault_section(i), "RFC ", 4), 0);
		ck_assert_uint_gt(strlen(h1_fault_text(i)), 0);
	}
}
END_TEST

#define COUNT(table) (int)(sizeof(table) / sizeof(*(table)))

int
main(void)
{
	Suite *suite = suite_create("h1_strict");
	TCase *tcase = tcase_create("all");

	suite_add_tcase(suite, tcase);
	tcase_add_loop_test(tcase, test_line, 0, COUNT(lines));
	tcase_add_test(tcase, test_line_spans);
	tcase_add_test(tcase, test_begin);
	tcase_add_loop_test(tcase, test_field, 0, COUNT(fields));
	tcase_add_loop_test(tcase, test_framing, 0, COUNT(framings));
	tcase_add_test(tcase, test_faults);
	return test_run(suite);
}
