/* SPDX-License-Identifier: ISC */
/* The rules one by one; tests/wire has them in whole requests. */
#include "test_h1_text.h"
#include "test_unit.h"

#include <stdbool.h>

#include "http1/h1_line.h"

static const struct {
	const char *text;
	size_t size;
	enum h1_fault fault;
} lines[] = {
	JUDGED(NONE, "GET / HTTP/1.1\r\n"),
	JUDGED(NONE, "GET / HTTP/1.0\r\n"),
	JUDGED(NONE, "M-SEARCH /%7e?x=%41 HTTP/1.1\r\n"),
	JUDGED(NONE, "OPTIONS * HTTP/1.1\r\n"),
	JUDGED(NONE, "GET http://a/ HTTP/1.1\r\n"),
	JUDGED(BARE_LF, "\n"),
	JUDGED(BARE_LF, "GET / HTTP/1.1\n"),
	JUDGED(BARE_LF, "GET\n"),
	JUDGED(METHOD_SYNTAX, "@\n"),
	JUDGED(METHOD_SYNTAX, "\r\n"),
	JUDGED(METHOD_SYNTAX, " / HTTP/1.1\r\n"),
	JUDGED(METHOD_SYNTAX, "G\tT / HTTP/1.1\r\n"),
	JUDGED(REQUEST_LINE, "GET\r\n"),
	JUDGED(REQUEST_LINE, "GET \r\n"),
	JUDGED(REQUEST_LINE, "GET  /\r\n"),
	JUDGED(REQUEST_LINE, "GET x\r\n"),
	JUDGED(REQUEST_LINE, "GET /\x01\r\n"),
	JUDGED(REQUEST_LINE, "GET / HTTP/1.1 \r\n"),
	JUDGED(REQUEST_LINE, "GET / / HTTP/1.1\r\n"),
	JUDGED(VERSION_MISSING, "GET /\r\n"),
	JUDGED(VERSION_SYNTAX, "GET / \r\n"),
	JUDGED(VERSION_SYNTAX, "GET / http/1.1\r\n"),
	JUDGED(VERSION_SYNTAX, "GET / HTTP/1,1\r\n"),
	JUDGED(VERSION_SYNTAX, "GET / HTTP/11.\r\n"),
	JUDGED(VERSION_SYNTAX, "GET / HTTP/1.1\r\r\n"),
	JUDGED(VERSION_SYNTAX, "GET / HTTP/1.\r\n"),
	JUDGED(VERSION_UNSUPPORTED, "GET / HTTP/1.2\r\n"),
	JUDGED(VERSION_UNSUPPORTED, "GET / HTTP/0.9\r\n"),
	JUDGED(VERSION_UNSUPPORTED, "PRI * HTTP/2.0\r\n"),
	JUDGED(CONNECT, "CONNECT a:1 HTTP/1.1\r\n"),
	JUDGED(CONNECT, "CONNECT [::1]:65535 HTTP/1.1\r\n"),
	JUDGED(TARGET, "CONNECT a HTTP/1.1\r\n"),
	JUDGED(TARGET, "CONNECT a: HTTP/1.1\r\n"),
	JUDGED(TARGET, "CONNECT :1 HTTP/1.1\r\n"),
	JUDGED(TARGET, "CONNECT a:65536 HTTP/1.1\r\n"),
	JUDGED(TARGET, "CONNECT [::1] HTTP/1.1\r\n"),
	JUDGED(TARGET, "CONNECT / HTTP/1.1\r\n"),
	JUDGED(NONE, "CONNECTX / HTTP/1.1\r\n"),
	JUDGED(TARGET_ASTERISK, "GET * HTTP/1.1\r\n"),
	JUDGED(TARGET_ASTERISK, "OPTIONSX * HTTP/1.1\r\n"),
	JUDGED(TARGET, "GET /# HTTP/1.1\r\n"),
	JUDGED(TARGET, "GET /{ HTTP/1.1\r\n"),
	JUDGED(TARGET, "GET /% HTTP/1.1\r\n"),
	JUDGED(TARGET, "GET /%4 HTTP/1.1\r\n"),
	JUDGED(TARGET, "GET /%4g HTTP/1.1\r\n"),
	JUDGED(TARGET, "GET /?%g4 HTTP/1.1\r\n"),
	JUDGED(TARGET, "GET /\x80 HTTP/1.1\r\n"),
	JUDGED(TARGET, "GET /\0 HTTP/1.1\r\n"),
};

START_TEST(test_line)
{
	size_t size = lines[_i].size;
	char *text = copy_exactly(lines[_i].text, size);
	struct h1_line line;

	ck_assert_int_eq(
	    h1_line_read(text, 0, size - 1, &line), lines[_i].fault);
	free(text);
}
END_TEST

/* RFC 3986, and what browsers add, as one byte after another. */
static bool
is_target(const char *target, size_t size)
{
	static const char hex[] = "0123456789abcdefABCDEF";
	static const char path[] =
	    "-._~!$&'()*+,;=:@/[]|^0123456789"
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	bool is_query = false;
	size_t at;

	for (at = 0; at < size; at++) {
		char byte = target[at];

		if (byte == '\0')
			return false;
		if (byte == '?') {
			is_query = true;
		} else if (byte == '%') {
			if (size - at < 3 ||
			    strchr(hex, target[at + 1]) == NULL ||
			    strchr(hex, target[at + 2]) == NULL)
				return false;
		} else if (strchr(path, byte) == NULL &&
		    (!is_query || strchr("`{}\\", byte) == NULL)) {
			return false;
		}
	}
	return true;
}

/* Each byte at each place of paths and queries of each length around a
 * step's. */
START_TEST(test_target_bytes)
{
	static const char begin[] = "GET /", end[] = " HTTP/1.1\r\n";
	size_t size = (size_t)_i, place, all;
	char filled[64], *text;
	struct h1_line line;
	bool good;
	int byte;

	all = strlen(begin) + size + strlen(end);
	for (place = 0; place < 2 * size; place++) {
		for (byte = 0; byte < 256; byte++) {
			memset(filled, 'a', size);
			if (place >= size)
				filled[0] = '?';
			filled[place % size] = (char)byte;
			text = malloc(all);
			memcpy(text, begin, strlen(begin));
			memcpy(text + strlen(begin), filled, size);
			memcpy(text + strlen(begin) + size, end, strlen(end));
			good = is_target(filled, size);
			ck_assert_msg((h1_line_read(text, 0, all - 1, &line) ==
					  H1_FAULT_NONE) == good,
			    "byte %d at %zu of %zu", byte, place, size);
			if (good)
				ck_assert_uint_eq(line.target.size, size + 1);
			free(text);
		}
	}
}
END_TEST

START_TEST(test_line_spans)
{
	struct h1_line line;

	ck_assert_int_eq(
	    h1_line_read("\r\nPUT /ab HTTP/1.0\r\n", 2, 19, &line), 0);
	ck_assert_uint_eq(line.method.offset, 2);
	ck_assert_uint_eq(line.method.size, 3);
	ck_assert_uint_eq(line.target.offset, 6);
	ck_assert_uint_eq(line.target.size, 3);
	ck_assert_uint_eq(line.version, 0x0100);
}
END_TEST

START_TEST(test_begin)
{
	ck_assert_int_eq(h1_line_begin("GE", 0, 2), 0);
	ck_assert_int_eq(h1_line_begin("GET \x01", 0, 5), 0);
	ck_assert_int_eq(h1_line_begin("GET\r", 0, 4), 0);
	ck_assert_int_eq(
	    h1_line_begin("\x16\x03", 0, 2), H1_FAULT_METHOD_SYNTAX);
	ck_assert_int_eq(h1_line_begin("G\rT", 0, 3), H1_FAULT_METHOD_SYNTAX);
	ck_assert_int_eq(h1_line_begin(" GET", 0, 4), H1_FAULT_METHOD_SYNTAX);
}
END_TEST

START_TEST(test_too_long)
{
	ck_assert_int_eq(
	    h1_line_too_long("GETGET", 0, 6), H1_FAULT_METHOD_TOO_LONG);
	ck_assert_int_eq(
	    h1_line_too_long("GET /aaa", 0, 8), H1_FAULT_LINE_TOO_LONG);
	ck_assert_int_eq(
	    h1_line_too_long("G\tT /aaa", 0, 8), H1_FAULT_METHOD_SYNTAX);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("h1_line");
	TCase *tcase = tcase_create("all");

	suite_add_tcase(suite, tcase);
	tcase_add_loop_test(tcase, test_line, 0, COUNT(lines));
	tcase_add_loop_test(tcase, test_target_bytes, 1, 36);
	tcase_add_test(tcase, test_line_spans);
	tcase_add_test(tcase, test_begin);
	tcase_add_test(tcase, test_too_long);
	return test_run(suite);
}
