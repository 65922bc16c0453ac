/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "http/http_date.h"
#include "test_unit.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof(*(array))))

#define EXAMPLE 784111777  /* the RFC's */
#define Y2026   1767225600 /* 1 January 2026 */

static const struct {
	time_t when;
	const char *text;
} dates[] = {
	{ 0, "Thu, 01 Jan 1970 00:00:00 GMT" },
	{ EXAMPLE, "Sun, 06 Nov 1994 08:49:37 GMT" },
	{ Y2026, "Thu, 01 Jan 2026 00:00:00 GMT" },
	{ 951782399, "Mon, 28 Feb 2000 23:59:59 GMT" },
	{ 951782400, "Tue, 29 Feb 2000 00:00:00 GMT" },
	{ 951868800, "Wed, 01 Mar 2000 00:00:00 GMT" },
	{ 4107542400, "Mon, 01 Mar 2100 00:00:00 GMT" },
	{ -1, "Wed, 31 Dec 1969 23:59:59 GMT" },
	{ -62135596800, "Mon, 01 Jan 0001 00:00:00 GMT" },
	{ 253402300799, "Fri, 31 Dec 9999 23:59:59 GMT" },
};

START_TEST(dates_are_written_and_read_back)
{
	char text[HTTP_DATE_SIZE + 1];
	time_t when;

	http_date_write(text, dates[_i].when);
	ck_assert_str_eq(text, dates[_i].text);
	ck_assert_int_eq(
	    http_date_parse(text, HTTP_DATE_SIZE, Y2026, &when), 0);
	ck_assert_int_eq(when, dates[_i].when);
}
END_TEST

START_TEST(dates_beyond_four_digits_are_bounded)
{
	char text[HTTP_DATE_SIZE + 1];

	http_date_write(text, 253402300800);
	ck_assert_str_eq(text, "Fri, 31 Dec 9999 23:59:59 GMT");
	http_date_write(text, INT64_MAX);
	ck_assert_str_eq(text, "Fri, 31 Dec 9999 23:59:59 GMT");
	http_date_write(text, INT64_MIN);
	ck_assert_str_eq(text, "Mon, 01 Jan 0001 00:00:00 GMT");
}
END_TEST

/* Steps of a bit less than a day and a half, over five centuries. */
START_TEST(dates_agree_with_the_library)
{
	char text[HTTP_DATE_SIZE + 1], expected[64];
	time_t when, read;
	struct tm parts;

	for (when = -9000000000; when < 9000000000; when += 123457) {
		gmtime_r(&when, &parts);
		strftime(expected, sizeof(expected),
		    "%a, %d %b %Y %H:%M:%S GMT", &parts);
		http_date_write(text, when);
		ck_assert_str_eq(text, expected);
		ck_assert_int_eq(
		    http_date_parse(text, HTTP_DATE_SIZE, 0, &read), 0);
		ck_assert_int_eq(read, when);
	}
}
END_TEST

static const struct {
	const char *text;
	time_t now;
	time_t when;
} readable[] = {
	/* clang-format off */
	{ "Sunday, 06-Nov-94 08:49:37 GMT", Y2026, EXAMPLE },
	{ "Sun Nov  6 08:49:37 1994", Y2026, EXAMPLE },
	{ "Sun Nov 06 08:49:37 1994", Y2026, EXAMPLE },
	{ "Wed Nov 16 08:49:37 1994", Y2026, EXAMPLE + 864000 },
	/* The day's name need not agree. */
	{ "Mon, 06 Nov 1994 08:49:37 GMT", Y2026, EXAMPLE },
	/* Leap seconds. */
	{ "Sat, 31 Dec 2016 23:59:60 GMT", Y2026, 1483228800 },
	/* Two digits: at most 50 years ahead, to the second. */
	{ "Thursday, 01-Jan-76 00:00:00 GMT", Y2026, 3345062400 },
	{ "Thursday, 01-Jan-76 00:00:01 GMT", Y2026, 189302401 },
	{ "Thursday, 01-Jan-76 00:00:01 GMT", Y2026 + 1, 3345062401 },
	{ "Thursday, 01-Jan-26 00:00:00 GMT", Y2026, Y2026 },
	{ "Thursday, 01-Jan-25 00:00:00 GMT", Y2026, Y2026 - 31536000 },
	{ "Saturday, 01-Jan-00 00:00:00 GMT", Y2026, 946684800 },
	{ "Friday, 01-Jan-10 00:00:00 GMT", 946684799, 1262304000 },
	{ "Thursday, 01-Jan-70 00:00:00 GMT", 0, 0 },
	/* clang-format on */
};

START_TEST(all_forms_are_read)
{
	const char *text = readable[_i].text;
	time_t when = -7;

	ck_assert_int_eq(
	    http_date_parse(text, strlen(text), readable[_i].now, &when), 0);
	ck_assert_int_eq(when, readable[_i].when);
}
END_TEST

static const char *const unreadable[] = {
	"",
	"0",
	"1994",
	"now",
	"Sun, 06 Nov 1994 08:49:37 GMT ",
	" Sun, 06 Nov 1994 08:49:37 GMT",
	"Sun, 06 Nov 1994 08:49:37 gmt",
	"Sun, 06 Nov 1994 08:49:37 UTC",
	"Sun, 06 Nov 1994 08:49:37",
	"Sun, 06 Nov 1994 08:49:37 +0000",
	"Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
	"sun, 06 Nov 1994 08:49:37 GMT",
	"Sun, 06 nov 1994 08:49:37 GMT",
	"Sun, 6 Nov 1994 08:49:37 GMT",
	"Sun,  6 Nov 1994 08:49:37 GMT",
	"Sun, 06 Nov 94 08:49:37 GMT",
	"Sun, 06-Nov-94 08:49:37 GMT",
	"Sunday, 06-Nov-1994 08:49:37 GMT",
	"Sun, 00 Nov 1994 08:49:37 GMT",
	"Sun, 31 Nov 1994 08:49:37 GMT",
	"Sun, 29 Feb 1994 08:49:37 GMT",
	"Sun, 29 Feb 1900 08:49:37 GMT",
	"Sun, 30 Feb 2000 08:49:37 GMT",
	"Sun, 06 Nov 0000 08:49:37 GMT",
	"Sun, 06 Nov 1994 24:00:00 GMT",
	"Sun, 06 Nov 1994 08:60:37 GMT",
	"Sun, 06 Nov 1994 08:49:61 GMT",
	"Sun, 06 Nov 1994 8:49:37 GMT",
	"Sun, -6 Nov 1994 08:49:37 GMT",
	"Sun Nov 6 08:49:37 1994",
	"Sun Nov  16 08:49:37 1994",
	"Sun Nov  6 08:49:37 1994 GMT",
};

START_TEST(anything_else_is_no_date)
{
	const char *text = unreadable[_i];
	time_t when = -7;

	ck_assert_int_eq(http_date_parse(text, strlen(text), Y2026, &when), -1);
	ck_assert_int_eq(when, -7);
}
END_TEST

START_TEST(only_size_bytes_count)
{
	const char text[] = "Sun, 06 Nov 1994 08:49:37 GMT";
	time_t when;
	size_t size;

	for (size = 0; size < HTTP_DATE_SIZE; size++) {
		char bytes[HTTP_DATE_SIZE];

		memcpy(bytes, text, size);
		ck_assert_int_eq(http_date_parse(bytes, size, 0, &when), -1);
	}
}
END_TEST

START_TEST(line_follows_the_second)
{
	struct http_date_cache cache = { 0 };
	const char *line = http_date_line(&cache, 0);

	ck_assert_str_eq(line, "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n");
	ck_assert_uint_eq(strlen(line), HTTP_DATE_LINE_SIZE);
	line = http_date_line(&cache, EXAMPLE);
	ck_assert_str_eq(line, "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
	line = http_date_line(&cache, 0);
	ck_assert_str_eq(line, "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n");
}
END_TEST

/* What stands there shows whether it was written again. */
START_TEST(line_is_made_once_a_second)
{
	struct http_date_cache cache = { 0 };

	http_date_line(&cache, EXAMPLE);
	cache.line[0] = 'X';
	ck_assert_int_eq(http_date_line(&cache, EXAMPLE)[0], 'X');
	ck_assert_int_eq(http_date_line(&cache, EXAMPLE + 1)[0], 'D');
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("http_date");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(
	    all, dates_are_written_and_read_back, 0, COUNT(dates));
	tcase_add_test(all, dates_beyond_four_digits_are_bounded);
	tcase_add_test(all, dates_agree_with_the_library);
	tcase_add_loop_test(all, all_forms_are_read, 0, COUNT(readable));
	tcase_add_loop_test(
	    all, anything_else_is_no_date, 0, COUNT(unreadable));
	tcase_add_test(all, only_size_bytes_count);
	tcase_add_test(all, line_follows_the_second);
	tcase_add_test(all, line_is_made_once_a_second);
	suite_add_tcase(suite, all);
	return test_run(suite);
}
