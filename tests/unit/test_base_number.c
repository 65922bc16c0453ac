/* SPDX-License-Identifier: ISC */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/base_number.h"
#include "test_unit.h"

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

static const struct {
	const char *text;
	int64_t min, max;
	bool accepted;
	int64_t number;
} texts[] = {
	{ "0", 0, 0, true, 0 },
	{ "-0", 0, 0, true, 0 },
	{ "007", 0, 10, true, 7 },
	{ "10", 0, 10, true, 10 },
	{ "11", 0, 10, false, 0 },
	{ "-1", 0, 10, false, 0 },
	{ "-5", -5, 5, true, -5 },
	{ "-6", -5, 5, false, 0 },
	{ "9223372036854775807", 0, INT64_MAX, true, INT64_MAX },
	{ "9223372036854775808", 0, INT64_MAX, false, 0 },
	{ "-9223372036854775808", INT64_MIN, 0, true, INT64_MIN },
	{ "-9223372036854775809", INT64_MIN, INT64_MAX, false, 0 },
	{ "18446744073709551616", INT64_MIN, INT64_MAX, false, 0 },
	{ "18446744073709551621", INT64_MIN, INT64_MAX, false, 0 },
	{ "99999999999999999999999", INT64_MIN, INT64_MAX, false, 0 },
	{ "", INT64_MIN, INT64_MAX, false, 0 },
	{ "-", INT64_MIN, INT64_MAX, false, 0 },
	{ "--1", INT64_MIN, INT64_MAX, false, 0 },
	{ "+1", INT64_MIN, INT64_MAX, false, 0 },
	{ " 1", INT64_MIN, INT64_MAX, false, 0 },
	{ "1 ", INT64_MIN, INT64_MAX, false, 0 },
	{ "1\n", INT64_MIN, INT64_MAX, false, 0 },
	{ "0x10", INT64_MIN, INT64_MAX, false, 0 },
	{ "1e3", INT64_MIN, INT64_MAX, false, 0 },
	{ "1.0", INT64_MIN, INT64_MAX, false, 0 },
	{ "1,000", INT64_MIN, INT64_MAX, false, 0 },
	{ "\xd9\xa1", INT64_MIN, INT64_MAX, false, 0 },
};

START_TEST(parses_strictly)
{
	int64_t number = 4711;
	int result;

	result =
	    number_parse(texts[_i].text, texts[_i].min, texts[_i].max, &number);
	ck_assert_int_eq(result, texts[_i].accepted ? 0 : -1);
	ck_assert_int_eq(number, texts[_i].accepted ? texts[_i].number : 4711);
}
END_TEST

static const struct {
	const char *data;
	size_t size;
	uint64_t max;
	bool accepted;
	uint64_t number;
} bytes[] = {
	{ "12345", 3, 1000, true, 123 },
	{ "1000", 4, 1000, true, 1000 },
	{ "1001", 4, 1000, false, 0 },
	{ "00001000", 8, 1000, true, 1000 },
	{ "5", 1, 4, false, 0 },
	{ "0", 1, 0, true, 0 },
	{ "18446744073709551615", 20, UINT64_MAX, true, UINT64_MAX },
	{ "18446744073709551616", 20, UINT64_MAX, false, 0 },
	{ "28446744073709551615", 20, UINT64_MAX, false, 0 },
	{ "184467440737095516150", 21, UINT64_MAX, false, 0 },
	{ "-1", 2, UINT64_MAX, false, 0 },
	{ "1\0", 2, UINT64_MAX, false, 0 },
	{ "1", 0, UINT64_MAX, false, 0 },
	{ "/", 1, UINT64_MAX, false, 0 },
	{ ":", 1, UINT64_MAX, false, 0 },
};

START_TEST(parses_bytes_strictly)
{
	uint64_t number = 4711;
	int result;

	result = number_parse_bytes(
	    bytes[_i].data, bytes[_i].size, bytes[_i].max, &number);
	ck_assert_int_eq(result, bytes[_i].accepted ? 0 : -1);
	ck_assert_uint_eq(number, bytes[_i].accepted ? bytes[_i].number : 4711);
}
END_TEST

static const struct {
	uint64_t number;
	const char *text;
} numbers[] = {
	{ 0, "0" },
	{ 9, "9" },
	{ 10, "10" },
	{ 1234567890, "1234567890" },
	{ UINT64_MAX, "18446744073709551615" },
};

START_TEST(writes_digits_without_nul)
{
	char text[22];
	size_t size;

	memset(text, '#', sizeof(text));
	size = number_write(text, numbers[_i].number);
	ck_assert_uint_eq(size, strlen(numbers[_i].text));
	ck_assert_mem_eq(text, numbers[_i].text, size);
	ck_assert_int_eq(text[size], '#');
}
END_TEST

START_TEST(writes_hexadecimal_where_it_fits)
{
	static const unsigned char data[] = { 0x00, 0x1f, 0xa0, 0xff };
	char text[9];

	number_write_hexadecimal(text, sizeof(text), data, sizeof(data));
	ck_assert_str_eq(text, "001fa0ff");
	number_write_hexadecimal(text, sizeof(text) - 1, data, sizeof(data));
	ck_assert_str_eq(text, "");
	number_write_hexadecimal(text, 1, data, 0);
	ck_assert_str_eq(text, "");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("base_number");
	TCase *tcase = tcase_create("number");

	tcase_add_loop_test(tcase, parses_strictly, 0, ROWS(texts));
	tcase_add_loop_test(tcase, parses_bytes_strictly, 0, ROWS(bytes));
	tcase_add_loop_test(tcase, writes_digits_without_nul, 0, ROWS(numbers));
	tcase_add_test(tcase, writes_hexadecimal_where_it_fits);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
