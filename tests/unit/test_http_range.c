/* SPDX-License-Identifier: ISC */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/base_memory.h"
#include "http/http_range.h"
#include "test_unit.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof(*(array))))

/* ranges: NULL is ignored, "" unsatisfiable, else as they should be. */
static const struct {
	const char *value;
	uint64_t size;
	const char *ranges;
} cases[] = {
	/* clang-format off */
	{ "bytes=0-499", 10000, "0-499" },
	{ "bytes=500-999", 10000, "500-999" },
	{ "bytes=-500", 10000, "9500-9999" },
	{ "bytes=9500-", 10000, "9500-9999" },
	{ "bytes=0-0", 10000, "0-0" },
	{ "bytes=0-", 1, "0-0" },
	{ "bytes=0-0", 1, "0-0" },
	{ "bytes=-1", 1, "0-0" },
	{ "bytes=9999-9999", 10000, "9999-9999" },
	{ "BYTES=0-1", 10, "0-1" },
	{ "Bytes=007-008", 10, "7-8" },
	/* Beyond the end. */
	{ "bytes=0-10000", 10000, "0-9999" },
	{ "bytes=0-18446744073709551615", 10000, "0-9999" },
	{ "bytes=0-18446744073709551616", 10000, "0-9999" },
	{ "bytes=1-99999999999999999999999999", 10000, "1-9999" },
	{ "bytes=-10000", 10000, "0-9999" },
	{ "bytes=-10001", 10000, "0-9999" },
	{ "bytes=-99999999999999999999999999", 10000, "0-9999" },
	{ "bytes=10000-", 10000, "" },
	{ "bytes=10000-10000", 10000, "" },
	{ "bytes=18446744073709551616-", 10000, "" },
	{ "bytes=99999999999999999999-99999999999999999999", 10000, "" },
	{ "bytes=-0", 10000, "" },
	{ "bytes=-0,10000-", 10000, "" },
	/* As large as can be. */
	{ "bytes=0-", UINT64_MAX, "0-18446744073709551614" },
	{ "bytes=-1", UINT64_MAX, "18446744073709551614-18446744073709551614" },
	{ "bytes=18446744073709551615-", UINT64_MAX, "" },
	{ "bytes=5-,0-3", UINT64_MAX, "5-18446744073709551614,0-3" },
	{ "bytes=5-,0-4", UINT64_MAX, "0-18446744073709551614" },
	/* Nothing to send part of. */
	{ "bytes=0-", 0, "" },
	{ "bytes=0-0", 0, "" },
	{ "bytes=-0", 0, "" },
	{ "bytes=-5", 0, NULL },
	{ "bytes=0-1,-5", 0, NULL },
	/* Several. */
	{ "bytes=0-1,3-4", 10, "0-1,3-4" },
	{ "bytes= 0-1 ,\t3-4 ", 10, "0-1,3-4" },
	{ "bytes=,0-1,,3-4,", 10, "0-1,3-4" },
	{ "bytes=6-7,0-1,3-4", 10, "6-7,0-1,3-4" },
	{ "bytes=-1,0-1", 10, "9-9,0-1" },
	{ "bytes=0-1,20-30", 10, "0-1" },
	{ "bytes=20-30,-0,0-1", 10, "0-1" },
	/* Joined. */
	{ "bytes=0-1,2-3", 10, "0-3" },
	{ "bytes=2-3,0-1", 10, "0-3" },
	{ "bytes=0-5,3-8", 10, "0-8" },
	{ "bytes=3-8,0-5", 10, "0-8" },
	{ "bytes=0-9,3-4", 10, "0-9" },
	{ "bytes=3-4,0-9", 10, "0-9" },
	{ "bytes=0-0,0-0", 10, "0-0" },
	{ "bytes=8-9,4-5,0-1,5-6", 10, "0-1,4-6,8-9" },
	{ "bytes=5-,-5", 10, "5-9" },
	{ "bytes=0-,0-,0-,0-,0-,0-,0-,0-,0-,0-,0-,0-,0-,0-,0-,0-", 10, "0-9" },
	{ "bytes=9-9,7-7,5-5,3-3,1-1,8-8,6-6,4-4,2-2,0-0", 10, "0-9" },
	{ "bytes=2-3,6-7,4-5,0-1", 10, "0-7" },
	/* Not to be understood. */
	{ "", 10, NULL },
	{ "bytes", 10, NULL },
	{ "bytes=", 10, NULL },
	{ "bytes=,", 10, NULL },
	{ "bytes= ", 10, NULL },
	{ "bytes =0-1", 10, NULL },
	{ " bytes=0-1", 10, NULL },
	{ "bytes:0-1", 10, NULL },
	{ "bytes0-1", 10, NULL },
	{ "byte=0-1", 10, NULL },
	{ "bytess=0-1", 10, NULL },
	{ "items=0-1", 10, NULL },
	{ "0-1", 10, NULL },
	{ "bytes=-", 10, NULL },
	{ "bytes=--1", 10, NULL },
	{ "bytes=1", 10, NULL },
	{ "bytes=1-0", 10, NULL },
	{ "bytes=5-4,0-1", 10, NULL },
	{ "bytes=20-19", 10, NULL },
	{ "bytes=0 -1", 10, NULL },
	{ "bytes=0- 1", 10, NULL },
	{ "bytes=0-1x", 10, NULL },
	{ "bytes=0-1 2-3", 10, NULL },
	{ "bytes=0-1;2-3", 10, NULL },
	{ "bytes=+0-1", 10, NULL },
	{ "bytes=0--1", 10, NULL },
	{ "bytes=0x0-0x1", 10, NULL },
	{ "bytes=a-b", 10, NULL },
	{ "bytes=0-1,x", 10, NULL },
	{ "bytes=20-,x", 10, NULL },
	{ "bytes=-5x", 10, NULL },
	{ "bytes=\"0-1\"", 10, NULL },
	{ "bytes=bytes=0-1", 10, NULL },
	/* clang-format on */
};

static enum http_range_result
parse(
    const char *value, uint64_t size, struct http_range *ranges, size_t *count)
{
	size_t length = strlen(value);
	char *exact = memory_alloc(length == 0 ? 1 : length);
	enum http_range_result result;

	memcpy(exact, value, length);
	result = http_range_parse(
	    (struct cohort_str) { exact, length }, size, ranges, count);
	memory_free(exact);
	return result;
}

static void
show(char *to, size_t room, const struct http_range *ranges, size_t count)
{
	size_t i, at = 0;

	*to = '\0';
	for (i = 0; i < count; i++)
		at += (size_t)snprintf(to + at, room - at,
		    "%s%" PRIu64 "-%" PRIu64, i == 0 ? "" : ",",
		    ranges[i].first, ranges[i].last);
}

START_TEST(ranges_are_read)
{
	struct http_range ranges[HTTP_RANGES_MAX];
	enum http_range_result expected = HTTP_RANGE_SATISFIABLE;
	char seen[512];
	size_t count = 77;

	if (cases[_i].ranges == NULL)
		expected = HTTP_RANGE_IGNORE;
	else if (cases[_i].ranges[0] == '\0')
		expected = HTTP_RANGE_UNSATISFIABLE;
	ck_assert_msg(
	    parse(cases[_i].value, cases[_i].size, ranges, &count) == expected,
	    "\"%s\"", cases[_i].value);
	show(seen, sizeof(seen), ranges, count);
	ck_assert_str_eq(
	    seen, expected == HTTP_RANGE_SATISFIABLE ? cases[_i].ranges : "");
}
END_TEST

/* Counted as the client gave them, satisfiable or not. */
START_TEST(ranges_are_limited)
{
	struct http_range ranges[HTTP_RANGES_MAX];
	char value[512] = "bytes=";
	size_t count;
	int i;

	for (i = 0; i < HTTP_RANGES_MAX; i++)
		sprintf(value + strlen(value), "%d-%d,", i * 10, i * 10 + 1);
	ck_assert_int_eq(
	    parse(value, 1000, ranges, &count), HTTP_RANGE_SATISFIABLE);
	ck_assert_uint_eq(count, HTTP_RANGES_MAX);
	ck_assert_uint_eq(ranges[15].first, 150);
	strcat(value, "2000-");
	ck_assert_int_eq(parse(value, 1000, ranges, &count), HTTP_RANGE_IGNORE);
	ck_assert_uint_eq(count, 0);
}
END_TEST

/* Whatever comes is within the size, and no two parts meet. */
START_TEST(any_set_keeps_the_promises)
{
	unsigned state = 4711;
	int round;

	for (round = 0; round < 20000; round++) {
		struct http_range ranges[HTTP_RANGES_MAX];
		size_t count, i, j;
		char value[512] = "bytes=";
		int left = 1 + round % HTTP_RANGES_MAX;

		while (left-- > 0) {
			unsigned first, length;

			state = state * 1664525u + 1013904223u;
			first = (state >> 16) % 110;
			length = (state >> 24) % 9;
			sprintf(value + strlen(value), "%u-%u,", first,
			    first + length);
		}
		if (parse(value, 100, ranges, &count) != HTTP_RANGE_SATISFIABLE)
			continue;
		for (i = 0; i < count; i++) {
			ck_assert_uint_le(ranges[i].first, ranges[i].last);
			ck_assert_uint_lt(ranges[i].last, 100);
			for (j = 0; j < i; j++)
				ck_assert_msg(
				    ranges[i].first > ranges[j].last + 1 ||
					ranges[j].first > ranges[i].last + 1,
				    "%s", value);
		}
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("http_range");
	TCase *all = tcase_create("all");

	tcase_set_timeout(all, 60);
	tcase_add_loop_test(all, ranges_are_read, 0, COUNT(cases));
	tcase_add_test(all, ranges_are_limited);
	tcase_add_test(all, any_set_keeps_the_promises);
	suite_add_tcase(suite, all);
	return test_run(suite);
}
