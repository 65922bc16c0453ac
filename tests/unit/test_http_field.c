/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "http/http_field.h"
#include "test_unit.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof(*(array))))
#define STR(text)                      \
	{                              \
		text, sizeof(text) - 1 \
	}

/* What RFC 9110, 5.6.2 writes out. */
static bool
is_token_byte(int byte)
{
	return byte != 0 &&
	    strchr("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
		   "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
		byte) != NULL;
}

/* Each byte at each place of tokens of each length around a step's. */
START_TEST(token_takes_each_tchar_only)
{
	size_t size = (size_t)_i, place, expected;
	char *text = malloc(size + 1);
	int byte;

	ck_assert_ptr_nonnull(text);
	ck_assert(!http_token_is_valid(text, 0));
	for (place = 0; place < size; place++) {
		for (byte = 0; byte < 256; byte++) {
			memset(text, place % 2 == 0 ? '-' : '~', size);
			text[place] = (char)byte;
			expected = is_token_byte(byte) ? size : place;
			ck_assert_msg(http_token_size(text, size) == expected,
			    "byte %d at %zu of %zu", byte, place, size);
			ck_assert_int_eq(http_token_is_valid(text, size),
			    is_token_byte(byte));
		}
	}
	free(text);
}
END_TEST

/* Each byte at each place of values of each length around a step's. */
START_TEST(value_takes_all_but_controls)
{
	size_t size = (size_t)_i, place;
	char *text = malloc(size + 1);
	int byte;

	ck_assert_ptr_nonnull(text);
	for (place = 0; place < size; place++) {
		for (byte = 0; byte < 256; byte++) {
			bool good =
			    (byte >= 0x20 || byte == '\t') && byte != 0x7f;

			memset(text, place % 2 == 0 ? 'x' : '\xff', size);
			text[place] = (char)byte;
			ck_assert_msg(http_value_is_valid(text, size) == good,
			    "byte %d at %zu of %zu", byte, place, size);
			ck_assert_uint_eq(
			    http_value_size(text, size), good ? size : place);
		}
	}
	ck_assert(http_value_is_valid(text, 0));
	free(text);
}
END_TEST

/* A good byte beside a bad one may not hide it, nor a tab. */
START_TEST(value_shows_controls_beside_others)
{
	ck_assert(http_value_is_valid("\t\t\t\t\t\t\t\tabc\t", 12));
	ck_assert(!http_value_is_valid("\t\t\t\t\t\t\t\x01", 8));
	ck_assert(!http_value_is_valid("\x7f\x80\x20\x21\xff\x9f\xa0\x7e", 8));
	ck_assert(http_value_is_valid("\x7e\x80\x20\x21\xff\x9f\xa0\x7e", 8));
	ck_assert(!http_value_is_valid("12345678\r\n1234567", 17));
	ck_assert(!http_value_is_valid("1234567\0", 8));
	ck_assert_uint_eq(http_value_size("123456789\r\n12345\1", 17), 9);
	ck_assert_uint_eq(
	    http_value_size("\t23456789\xff\x7f\n2345\1", 17), 10);
}
END_TEST

static const struct cohort_pair fields[] = {
	{ STR("Host"), STR("a") },
	{ STR("Accept"), STR("b") },
	{ STR("X-Thing"), STR("c") },
	{ STR("accept"), STR("d") },
	{ STR("ACCEPT-Encoding"), STR("e") },
	{ STR("X-[hing"), STR("f") },
	{ { "Viable", 3 }, STR("g") },
};

static const struct {
	const char *name;
	size_t start;
	int index;
} lookups[] = {
	{ "host", 0, 0 },
	{ "HOST", 0, 0 },
	{ "hosT", 1, -1 },
	{ "accept", 0, 1 },
	{ "Accept", 2, 3 },
	{ "accept", 4, -1 },
	{ "accept-encoding", 0, 4 },
	{ "accept-encodin", 0, -1 },
	{ "x-thing", 0, 2 },
	{ "x-[hing", 0, 5 },
	{ "x-{hing", 0, -1 }, /* '[' and '{' differ by 0x20 too */
	{ "", 0, -1 },
	{ "host", 100, -1 },
	{ "via", 0, 6 },
	{ "viable", 0, -1 },
};

START_TEST(fields_are_found_without_case)
{
	ck_assert_int_eq(http_field_find(fields, COUNT(fields),
			     lookups[_i].name, lookups[_i].start),
	    lookups[_i].index);
	ck_assert_int_eq(http_field_find(NULL, 0, lookups[_i].name, 0), -1);
}
END_TEST

static int
plain_lower(int byte)
{
	return byte >= 'A' && byte <= 'Z' ? byte + ('a' - 'A') : byte;
}

static bool
is_found(const char *one, size_t size, const char *other)
{
	const struct cohort_pair field = { .name = { one, size } };

	return http_field_find(&field, 1, other, 0) == 0;
}

/* Each byte against a letter and what stands beside letters, at each place of
 * names of each length around a step's. */
START_TEST(names_match_without_case)
{
	static const char others[] = "kKaAzZ@[`{\r-\xeb";
	size_t size = (size_t)_i, place, i;
	char *one = malloc(size + 1), *two = malloc(size + 1);
	int byte;

	ck_assert(one != NULL && two != NULL);
	memset(one, 'm', size);
	memset(two, 'M', size);
	two[size] = '\0';
	for (place = 0; place < size; place++) {
		for (i = 0; i < sizeof(others) - 1; i++) {
			for (byte = 0; byte < 256; byte++) {
				int other = (unsigned char)others[i];

				one[place] = (char)byte;
				two[place] = (char)other;
				ck_assert_int_eq(is_found(one, size, two),
				    plain_lower(byte) == plain_lower(other));
			}
		}
		one[place] = two[place] = 'n';
	}
	ck_assert(is_found(one, size, two));
	free(one);
	free(two);
}
END_TEST

static const struct {
	struct cohort_str data;
	const char *name;
	bool equal;
} names[] = {
	{ STR("close"), "close", true },
	{ STR("CLOSE"), "close", true },
	{ STR("cLoSe"), "close", true },
	{ STR("clos"), "close", false },
	{ STR("closed"), "close", false },
	{ STR("keep-Alive"), "keep-alive", true },
	{ STR("keep\rAlive"), "keep-alive", false },
	{ STR(""), "", true },
	{ STR(""), "a", false },
	{ STR("a"), "", false },
	{ STR("a\0b"), "a", false },
	{ STR("\0"), "", false },
	{ STR("h\xd4st"), "h\xf4st", false },
};

START_TEST(names_equal_without_case)
{
	ck_assert_int_eq(http_name_equals(names[_i].data.data,
			     names[_i].data.size, names[_i].name),
	    names[_i].equal);
}
END_TEST

/* elements: joined by '|' */
static const struct {
	struct cohort_str value;
	const char *elements;
} lists[] = {
	{ STR(""), "" },
	{ STR("a"), "a|" },
	{ STR(" a\t"), "a|" },
	{ STR("a,b"), "a|b|" },
	{ STR("a , b"), "a|b|" },
	{ STR(",, a ,,\t,b,"), "a|b|" },
	{ STR(" , ,, "), "" },
	{ STR("a b, c"), "a b|c|" },
	{ STR("\"a,b\", c"), "\"a,b\"|c|" },
	{ STR("x=\"a\\\",b\" ;y , c"), "x=\"a\\\",b\" ;y|c|" },
	{ STR("\"a,b"), "\"a,b|" },
	{ STR("\"a\\"), "\"a\\|" },
	{ STR("\"\",\"\""), "\"\"|\"\"|" },
	{ STR("a\"b,c\"d,e"), "a\"b,c\"d|e|" },
};

START_TEST(lists_are_walked)
{
	struct cohort_str value = lists[_i].value, element;
	char *bytes = malloc(value.size + 1), seen[128] = "";

	ck_assert_ptr_nonnull(bytes);
	memcpy(bytes, value.data, value.size);
	/* All of it a heap block, so that ASan sees one byte more. */
	bytes = realloc(bytes, value.size == 0 ? 1 : value.size);
	value.data = bytes;
	while (http_list_next(&value, &element)) {
		strncat(seen, element.data, element.size);
		strcat(seen, "|");
	}
	ck_assert_str_eq(seen, lists[_i].elements);
	ck_assert(!http_list_next(&value, &element));
	free(bytes);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("http_field");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(all, token_takes_each_tchar_only, 0, 35);
	tcase_add_loop_test(all, value_takes_all_but_controls, 0, 35);
	tcase_add_test(all, value_shows_controls_beside_others);
	tcase_add_loop_test(
	    all, fields_are_found_without_case, 0, COUNT(lookups));
	tcase_add_loop_test(all, names_match_without_case, 1, 35);
	tcase_add_loop_test(all, names_equal_without_case, 0, COUNT(names));
	tcase_add_loop_test(all, lists_are_walked, 0, COUNT(lists));
	suite_add_tcase(suite, all);
	return test_run(suite);
}
