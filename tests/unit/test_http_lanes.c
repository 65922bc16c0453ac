/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "http/http_lanes.h"
#include "test_unit.h"

#define SIZES (3 * HTTP_LANES + 2) /* beyond the second border */

/* A heap block of just these bytes, so that ASan sees one more. */
static char *
make_block(size_t size, int fill)
{
	char *block = malloc(size > 0 ? size : 1);

	ck_assert_ptr_nonnull(block);
	memset(block, fill, size > 0 ? size : 1);
	return size > 0 ? block : realloc(block, 1);
}

static http_lanes
are_zero_or_x(http_lanes bytes)
{
	return (http_lanes)(bytes == 0) | (http_lanes)(bytes == 'x');
}

/* Each lane by itself, and all behind it. */
START_TEST(bits_stand_for_lanes)
{
	char bytes[HTTP_LANES] = "";
	http_lanes all = { 0 };

	bytes[_i] = (char)0xff;
	ck_assert_uint_eq(http_lanes_bits(http_lanes_load(bytes)), 1u << _i);
	memset(bytes + _i, 0xff, (size_t)(HTTP_LANES - _i));
	ck_assert_uint_eq(http_lanes_bits(http_lanes_load(bytes)),
	    0xffffu & ~((1u << _i) - 1));
	ck_assert_uint_eq(
	    http_lanes_first(http_lanes_bits(http_lanes_load(bytes))), _i);
	ck_assert_uint_eq(http_lanes_bits(all), 0);
}
END_TEST

START_TEST(part_is_filled_up_with_zeros)
{
	size_t size = (size_t)_i, i;
	char *block = make_block(size, 0), lanes[HTTP_LANES];
	char expected[HTTP_LANES] = "";
	http_lanes part;

	for (i = 0; i < size; i++)
		block[i] = expected[i] = (char)(0x81 + 7 * i);
	part = http_lanes_load_part(block, size);
	memcpy(lanes, &part, sizeof(lanes));
	ck_assert_mem_eq(lanes, expected, sizeof(lanes));
	part = http_lanes_load_some(block, size);
	memcpy(lanes, &part, sizeof(lanes));
	ck_assert_mem_eq(lanes, expected, sizeof(lanes));
	free(block);
}
END_TEST

START_TEST(some_is_no_more_than_the_lanes)
{
	char *block = make_block(HTTP_LANES, 'a');
	http_lanes lanes = http_lanes_load_some(block, HTTP_LANES);

	ck_assert_mem_eq(&lanes, block, HTTP_LANES);
	lanes = http_lanes_load_some(block, HTTP_LANES + 1);
	ck_assert_mem_eq(&lanes, block, HTTP_LANES);
	free(block);
}
END_TEST

/* The first of two at each place. */
START_TEST(span_ends_at_the_first_stop)
{
	size_t size = (size_t)_i, one, other;
	char *block = make_block(size, 'a');

	ck_assert_uint_eq(http_lanes_span(block, size, are_zero_or_x), size);
	for (one = 0; one < size; one++) {
		for (other = one; other < size; other++) {
			memset(block, 'a', size);
			block[other] = 'x';
			block[one] = other % 2 == 0 ? 'x' : '\0';
			ck_assert_uint_eq(
			    http_lanes_span(block, size, are_zero_or_x), one);
		}
	}
	free(block);
}
END_TEST

START_TEST(classes_are_those_of_ascii)
{
	char bytes[HTTP_LANES];
	unsigned letters, digits;

	memset(bytes, _i, sizeof(bytes));
	letters = http_lanes_bits(http_lanes_letters(http_lanes_load(bytes)));
	digits = http_lanes_bits(http_lanes_digits(http_lanes_load(bytes)));
	ck_assert_uint_eq(letters,
	    (_i >= 'a' && _i <= 'z') || (_i >= 'A' && _i <= 'Z') ? 0xffff : 0);
	ck_assert_uint_eq(digits, _i >= '0' && _i <= '9' ? 0xffff : 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("http_lanes");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(all, bits_stand_for_lanes, 0, HTTP_LANES);
	tcase_add_loop_test(all, part_is_filled_up_with_zeros, 0, HTTP_LANES);
	tcase_add_test(all, some_is_no_more_than_the_lanes);
	tcase_add_loop_test(all, span_ends_at_the_first_stop, 0, SIZES);
	tcase_add_loop_test(all, classes_are_those_of_ascii, 0, 256);
	suite_add_tcase(suite, all);
	return test_run(suite);
}
