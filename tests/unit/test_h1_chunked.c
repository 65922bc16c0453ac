/* SPDX-License-Identifier: ISC */
#include "test_unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base_buffer.h"
#include "http1/h1_chunked.h"

static const struct h1_limits limits = {
	.max_fields = 5,
	.max_chunk_extension = 1000,
	.max_trailer = 70,
};
static struct h1_chunked chunked;
static struct buffer body;
static enum h1_fault fault;

static void
setup(void)
{
	h1_chunked_init(&chunked, &limits);
	buffer_init(&body, 0);
	fault = H1_FAULT_NONE;
}

static void
teardown(void)
{
	buffer_fini(&body);
}

/* Reads all; *used_r is where it stopped. */
static enum h1_chunked_result
read_all(const char *data, size_t size, size_t *used_r)
{
	enum h1_chunked_result result;
	struct cohort_str piece;
	size_t used;

	*used_r = 0;
	do {
		result = h1_chunked_read(&chunked, data + *used_r,
		    size - *used_r, &used, &piece, &fault);
		*used_r += used;
		if (result == H1_CHUNKED_DATA)
			buffer_append(&body, piece.data, piece.size);
	} while (result == H1_CHUNKED_DATA);
	return result;
}

/* Both parts in exactly their bytes of heap. */
static enum h1_chunked_result
read_split(const char *text, size_t size, size_t split, size_t *used_r)
{
	char *first = memcpy(malloc(split + 1), text, split);
	char *second =
	    memcpy(malloc(size - split + 1), text + split, size - split);
	enum h1_chunked_result result = read_all(first, split, used_r);
	size_t used = 0;

	if (result == H1_CHUNKED_MORE) {
		ck_assert_uint_eq(*used_r, split);
		result = read_all(second, size - split, &used);
	}
	*used_r += used;
	free(first);
	free(second);
	return result;
}

static const struct {
	const char *text, *body;
} good[] = {
	{ "0\r\n\r\n", "" },
	{ "1\r\na\r\n0\r\n\r\n", "a" },
	{ "00a\r\n0123456789\r\n3\r\n\r\n\r\r\n000\r\n\r\n",
	    "0123456789\r\n\r" },
	{ "1;a=\"\\\"\\\\;=\x80\";b ; c = d\r\na\r\n0;e\r\n\r\n", "a" },
	{ "1\t;a\r\na\r\n0\r\nA:\r\nB: \"\\;=:\x80\t\r\n\r\n", "a" },
	{ "0000000000000001\r\na\r\n0\r\n\r\n", "a" },
};

START_TEST(test_good)
{
	size_t size = strlen(good[_i].text), split, used;
	char text[200];

	snprintf(text, sizeof(text), "%sGET", good[_i].text);
	for (split = 0; split <= size + 3; split++) {
		h1_chunked_init(&chunked, &limits);
		buffer_clear(&body);
		ck_assert_int_eq(
		    read_split(text, size + 3, split, &used), H1_CHUNKED_END);
		ck_assert_uint_eq(used, size);
		ck_assert_str_eq(
		    body.size == 0 ? "" : body.data, good[_i].body);
	}
}
END_TEST

static const struct {
	const char *text;
	enum h1_fault fault;
} bad[] = {
	{ "\r", H1_FAULT_CHUNK_SIZE },
	{ "x", H1_FAULT_CHUNK_SIZE },
	{ " ", H1_FAULT_CHUNK_SIZE },
	{ "0x", H1_FAULT_CHUNK_SIZE },
	{ "1 \r", H1_FAULT_CHUNK_SIZE },
	{ "1 1", H1_FAULT_CHUNK_SIZE },
	{ "1\n", H1_FAULT_CHUNK_SIZE },
	{ "1\ra", H1_FAULT_CHUNK_SIZE },
	{ "1\r\r", H1_FAULT_CHUNK_SIZE },
	{ "8000000000000000", H1_FAULT_CHUNK_SIZE },
	{ "00000000000000000", H1_FAULT_CHUNK_SIZE },
	{ "1;\r", H1_FAULT_CHUNK_EXTENSION },
	{ "1;;", H1_FAULT_CHUNK_EXTENSION },
	{ "1;\"", H1_FAULT_CHUNK_EXTENSION },
	{ "1;a=;", H1_FAULT_CHUNK_EXTENSION },
	{ "1;a\n", H1_FAULT_CHUNK_EXTENSION },
	{ "1;a \r", H1_FAULT_CHUNK_EXTENSION },
	{ "1;a=\"b\r", H1_FAULT_CHUNK_EXTENSION },
	{ "1;a=\"\\\n", H1_FAULT_CHUNK_EXTENSION },
	{ "1;a=\"b\"c", H1_FAULT_CHUNK_EXTENSION },
	{ "1;a=b\"", H1_FAULT_CHUNK_EXTENSION },
	{ "1;a=\x80", H1_FAULT_CHUNK_EXTENSION },
	{ "1\r\nab", H1_FAULT_CHUNK_END },
	{ "1\r\na\n", H1_FAULT_CHUNK_END },
	{ "1\r\na\rb", H1_FAULT_CHUNK_END },
	{ "0\r\n:", H1_FAULT_TRAILER },
	{ "0\r\n\n", H1_FAULT_TRAILER },
	{ "0\r\n\rx", H1_FAULT_TRAILER },
	{ "0\r\nA ", H1_FAULT_TRAILER },
	{ "0\r\nA:\n", H1_FAULT_TRAILER },
	{ "0\r\nA:\rx", H1_FAULT_TRAILER },
	{ "0\r\nA:\r\n ", H1_FAULT_TRAILER },
	{ "0\r\nA:\x7f", H1_FAULT_TRAILER },
};

/* At the last byte, and not before. */
START_TEST(test_bad)
{
	size_t size = strlen(bad[_i].text), used;

	ck_assert_int_eq(
	    read_all(bad[_i].text, size - 1, &used), H1_CHUNKED_MORE);
	ck_assert_int_eq(
	    read_all(bad[_i].text + size - 1, 1, &used), H1_CHUNKED_FAULT);
	ck_assert_int_eq(fault, bad[_i].fault);
}
END_TEST

START_TEST(test_largest)
{
	static const char text[] = "7fffffffffffffff\r\nab";
	size_t used;

	ck_assert_int_eq(
	    read_all(text, sizeof(text) - 1, &used), H1_CHUNKED_MORE);
	ck_assert_str_eq(body.data, "ab");
	ck_assert_uint_eq(chunked.left, INT64_MAX - 2);
}
END_TEST

/* Reads text up to count times, as long as it is taken. */
static size_t
repeat(const char *text, size_t count)
{
	size_t i, used;

	for (i = 0; i < count; i++)
		if (read_all(text, strlen(text), &used) != H1_CHUNKED_MORE)
			break;
	return i;
}

START_TEST(test_an_extension_is_bounded)
{
	ck_assert_uint_eq(repeat("1;a=", 1), 1);
	ck_assert_uint_eq(repeat("b", 10000), 1000 - 3);
	ck_assert_int_eq(fault, H1_FAULT_EXTENSION_TOO_LONG);
}
END_TEST

/* Not each for itself. */
START_TEST(test_all_extensions_are_bounded)
{
	size_t taken = repeat("1 ;a=\"\\b\";c\r\nx\r\n", 10000);

	ck_assert_uint_eq(taken, 1000 / strlen(" ;a=\"\\b\";c"));
	ck_assert_int_eq(fault, H1_FAULT_EXTENSION_TOO_LONG);
}
END_TEST

START_TEST(test_no_extension_at_all)
{
	static const struct h1_limits none = { .max_trailer = 0 };

	h1_chunked_init(&chunked, &none);
	ck_assert_uint_eq(repeat("000001\r\nx\r\n", 100000), 100000);
	ck_assert_uint_eq(repeat("1;", 1), 0);
	ck_assert_int_eq(fault, H1_FAULT_EXTENSION_TOO_LONG);
}
END_TEST

START_TEST(test_no_trailer_at_all)
{
	static const struct h1_limits none = { .max_fields = 1 };
	size_t used;

	h1_chunked_init(&chunked, &none);
	ck_assert_int_eq(read_all("0\r\n\r\n", 5, &used), H1_CHUNKED_END);
	h1_chunked_init(&chunked, &none);
	ck_assert_int_eq(read_all("0\r\nA", 4, &used), H1_CHUNKED_FAULT);
	ck_assert_int_eq(fault, H1_FAULT_TRAILER_TOO_LARGE);
}
END_TEST

/* Its empty line is not counted. */
START_TEST(test_trailer_is_bounded)
{
	size_t used;

	ck_assert_uint_eq(repeat("0\r\nA:", 1), 1);
	ck_assert_uint_eq(repeat("b", 66), 66);
	ck_assert_int_eq(read_all("\r\n\r\n", 4, &used), H1_CHUNKED_END);
	setup();
	ck_assert_uint_eq(repeat("0\r\nA:", 1), 1);
	ck_assert_uint_eq(repeat("b", 100), 68);
	ck_assert_int_eq(fault, H1_FAULT_TRAILER_TOO_LARGE);
}
END_TEST

START_TEST(test_trailer_fields_are_counted)
{
	ck_assert_uint_eq(repeat("0\r\n", 1), 1);
	ck_assert_uint_eq(repeat("A:\r\n", 100), 5);
	ck_assert_int_eq(fault, H1_FAULT_TRAILER_TOO_MANY);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("h1_chunked");
	TCase *tcase = tcase_create("all");

	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(
	    tcase, test_good, 0, (int)(sizeof(good) / sizeof(*good)));
	tcase_add_loop_test(
	    tcase, test_bad, 0, (int)(sizeof(bad) / sizeof(*bad)));
	tcase_add_test(tcase, test_largest);
	tcase_add_test(tcase, test_an_extension_is_bounded);
	tcase_add_test(tcase, test_all_extensions_are_bounded);
	tcase_add_test(tcase, test_no_extension_at_all);
	tcase_add_test(tcase, test_no_trailer_at_all);
	tcase_add_test(tcase, test_trailer_is_bounded);
	tcase_add_test(tcase, test_trailer_fields_are_counted);
	return test_run(suite);
}
