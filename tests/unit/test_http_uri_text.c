/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "base/base_buffer.h"
#include "base/base_memory.h"
#include "http/http_uri.h"
#include "test_unit.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof(*(array))))
#define STR(text)                      \
	{                              \
		text, sizeof(text) - 1 \
	}

static struct arena_pool *pool;
static struct arena arena;

static void
open_arena(void)
{
	pool = arena_pool_new(1024, 4);
	arena_init(&arena, pool, 16384);
}

static void
close_arena(void)
{
	arena_reset(&arena);
	arena_pool_free(&pool);
}

static const struct {
	struct cohort_str from, plain, form; /* form: plus is space */
} escapes[] = {
	{ STR(""), STR(""), STR("") },
	{ STR("abc"), STR("abc"), STR("abc") },
	{ STR("a+b"), STR("a+b"), STR("a b") },
	{ STR("%2B+%2b"), STR("+++"), STR("+ +") },
	{ STR("%41%4a%4A"), STR("AJJ"), STR("AJJ") },
	{ STR("%00"), STR("\0"), STR("\0") },
	{ STR("%ff"), STR("\xff"), STR("\xff") },
	{ STR("%"), STR("%"), STR("%") },
	{ STR("%4"), STR("%4"), STR("%4") },
	{ STR("100%"), STR("100%"), STR("100%") },
	{ STR("%zz%g0%0g"), STR("%zz%g0%0g"), STR("%zz%g0%0g") },
	{ STR("%%41"), STR("%A"), STR("%A") },
	{ STR("%2541"), STR("%41"), STR("%41") },
	{ STR("%u0041"), STR("%u0041"), STR("%u0041") },
};

static void
check_decoded(struct cohort_str from, struct cohort_str expected, bool plus)
{
	char *bytes = memory_alloc(from.size + 1);
	char *exact = memory_alloc(from.size == 0 ? 1 : from.size);

	memcpy(exact, from.data, from.size);
	memset(bytes, 'X', from.size + 1);
	ck_assert_uint_eq(
	    http_uri_decode(bytes, exact, from.size, plus), expected.size);
	ck_assert_mem_eq(bytes, expected.data, expected.size + 1);
	memory_free(exact);
	memory_free(bytes);
}

START_TEST(escapes_are_decoded_once)
{
	check_decoded(escapes[_i].from, escapes[_i].plain, false);
	check_decoded(escapes[_i].from, escapes[_i].form, true);
}
END_TEST

static const struct {
	struct cohort_str from;
	const char *to;
} encodings[] = {
	{ STR(""), "" },
	{ STR("aZ09-._~"), "aZ09-._~" },
	{ STR("a b"), "a%20b" },
	{ STR("/?#%"), "%2F%3F%23%25" },
	{ STR("\"<>&'"), "%22%3C%3E%26%27" },
	{ STR("a:b"), "a%3Ab" },
	{ STR("\r\n\0"), "%0D%0A%00" },
	{ STR("\xc3\xa4!"), "%C3%A4%21" },
};

START_TEST(segments_are_encoded)
{
	struct buffer buffer;

	buffer_init(&buffer, 0);
	buffer_append_text(&buffer, "=");
	http_uri_encode(
	    &buffer, encodings[_i].from.data, encodings[_i].from.size);
	ck_assert_str_eq(buffer.data + 1, encodings[_i].to);
	buffer_fini(&buffer);
}
END_TEST

START_TEST(each_byte_survives_the_way_there_and_back)
{
	struct buffer buffer;
	char bytes[256], back[256 * 3 + 1];
	int i;

	for (i = 0; i < 256; i++)
		bytes[i] = (char)i;
	buffer_init(&buffer, 0);
	http_uri_encode(&buffer, bytes, sizeof(bytes));
	ck_assert_uint_eq(
	    http_uri_decode(back, buffer.data, buffer.size, true), 256);
	ck_assert_mem_eq(back, bytes, 256);
	buffer_fini(&buffer);
}
END_TEST

static const struct {
	const char *text;
	bool good;
} authorities[] = {
	{ "a", true },
	{ "example.org", true },
	{ "example.org.", true },
	{ "1.2.3.4", true },
	{ "1234", true },
	{ "a:1", true },
	{ "a:0080", true },
	{ "a:", true },
	{ "a:199", true },
	{ "%00", false },
	{ "%01", true },
	{ "a_b", true },
	{ "%41", true },
	{ "[::]", true },
	{ "[::1]:80", true },
	{ "[v1.a]", true },
	{ "[V1f.a:b!~]:80", true },
	{ "[v.a]", false },
	{ "[v1a]", false },
	{ "[v1.]", false },
	{ "[vg.a]", false },
	{ "[v1.a/]", false },
	{ "[v]", false },
	{ "[]", false },
	{ "[1:2:3:4:5:6:7:8]:", true },
	{ "[1111:2222:3333:4444:5555:6666:111.111.111.111]", true },
	{ "", false },
	{ ":", false },
	{ ":80", false },
	{ "a:b", false },
	{ "a:80:80", false },
	{ "a:65536", false },
	{ "a:99999999999999999999", false },
	{ "a:+80", false },
	{ "a@b", false },
	{ "@", false },
	{ "a b", false },
	{ " a", false },
	{ "a ", false },
	{ "a/b", false },
	{ "a?", false },
	{ "a#", false },
	{ "a,b", true },
	{ "a\\b", false },
	{ "a\x7f", false },
	{ "a\xe4", false },
	{ "%4", false },
	{ "%", false },
	{ "%4g", false },
	{ "[", false },
	{ "]", false },
	{ "[]", false },
	{ "[:]", false },
	{ "[::1", false },
	{ "[::1:80", false },
	{ "::1", false },
	{ "[::1]80", false },
	{ "[::1]a:80", false },
	{ "[1.2.3.4]", false },
	{ "[fe80::1%25eth0]", false },
	{ "[::1 ]", false },
	{ "[11111111111111111111111111111111111111111111111111]", false },
};

START_TEST(authorities_are_judged)
{
	size_t size = strlen(authorities[_i].text);
	char *exact = memory_alloc(size == 0 ? 1 : size);

	memcpy(exact, authorities[_i].text, size);
	ck_assert_msg(
	    http_uri_is_authority(exact, size) == authorities[_i].good,
	    "\"%s\"", authorities[_i].text);
	memory_free(exact);
}
END_TEST

/* What may stand between letters that are hex digits. */
static bool
is_good_between(int byte, size_t place, size_t size)
{
	if (byte == ':')
		return place > 0 && place == size - 1;
	if (byte == '%')
		return size - place >= 3;
	return byte != 0 &&
	    strchr("-._~!$&'()*+,;=0123456789abcdefghijklmnopqrstuvwxyz"
		   "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
		byte) != NULL;
}

/* Each byte at each place of hosts of each length around a step's. */
START_TEST(host_takes_its_bytes_only)
{
	size_t size = (size_t)_i, place;
	char *exact = memory_alloc(size);
	int byte;

	for (place = 0; place < size; place++) {
		for (byte = 0; byte < 256; byte++) {
			memset(exact, 'a', size);
			exact[place] = (char)byte;
			ck_assert_msg(http_uri_is_authority(exact, size) ==
				is_good_between(byte, place, size),
			    "byte %d at %zu of %zu", byte, place, size);
		}
	}
	memory_free(exact);
}
END_TEST

START_TEST(nul_is_in_no_authority)
{
	ck_assert(!http_uri_is_authority("a\0b", 3));
	ck_assert(!http_uri_is_authority("[::1\0]", 6));
	ck_assert(!http_uri_is_authority("a:8\0", 4));
}
END_TEST

/* pairs: "name=value|" each */
static const struct {
	const char *query, *pairs;
	size_t count;
} queries[] = {
	{ "", "", 0 },
	{ "&", "", 0 },
	{ "a", "a=|", 1 },
	{ "a=", "a=|", 1 },
	{ "a=b", "a=b|", 1 },
	{ "a&b=", "a=|b=|", 2 },
	{ "a=1&b=2&a=3", "a=1|b=2|a=3|", 3 },
	{ "&&a=1&&b&", "a=1|b=|", 2 },
	{ "=x", "=x|", 1 },
	{ "=", "=|", 1 },
	{ "a=b=c", "a=b=c|", 1 },
	{ "a+b=c+d", "a b=c d|", 1 },
	{ "a%26b=c%3Dd", "a&b=c=d|", 1 },
	{ "a=%41&%42=%", "a=A|B=%|", 2 },
	{ "a;b=c", "a;b=c|", 1 },
	{ "a=b?c", "a=b?c|", 1 },
};

START_TEST(queries_are_split)
{
	struct cohort_pair *pairs;
	struct cohort_str query;
	char seen[128] = "";
	size_t count, i;
	char *exact;

	query.size = strlen(queries[_i].query);
	exact = memory_alloc(query.size == 0 ? 1 : query.size);
	memcpy(exact, queries[_i].query, query.size);
	query.data = exact;
	ck_assert_int_eq(
	    http_uri_parse_query(&arena, query, 3, &pairs, &count), 0);
	memory_free(exact);
	ck_assert_uint_eq(count, queries[_i].count);
	for (i = 0; i < count; i++) {
		ck_assert_uint_eq(
		    strlen(pairs[i].name.data), pairs[i].name.size);
		ck_assert_uint_eq(
		    strlen(pairs[i].value.data), pairs[i].value.size);
		strcat(seen, pairs[i].name.data);
		strcat(seen, "=");
		strcat(seen, pairs[i].value.data);
		strcat(seen, "|");
	}
	ck_assert_str_eq(seen, queries[_i].pairs);
}
END_TEST

START_TEST(query_may_hold_nul)
{
	struct cohort_str query = STR("a%00b=%00");
	struct cohort_pair *pairs;
	size_t count;

	ck_assert_int_eq(
	    http_uri_parse_query(&arena, query, 1, &pairs, &count), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert_uint_eq(pairs[0].name.size, 3);
	ck_assert_mem_eq(pairs[0].name.data, "a\0b", 4);
	ck_assert_uint_eq(pairs[0].value.size, 1);
	ck_assert_mem_eq(pairs[0].value.data, "\0", 2);
}
END_TEST

START_TEST(query_is_limited)
{
	struct cohort_str query = STR("a&b&c&"), none = { NULL, 0 };
	struct cohort_pair *pairs = NULL;
	size_t count = 7;

	ck_assert_int_eq(
	    http_uri_parse_query(&arena, query, 2, &pairs, &count), -1);
	ck_assert_int_eq(
	    http_uri_parse_query(&arena, query, 0, &pairs, &count), -1);
	ck_assert_int_eq(
	    http_uri_parse_query(&arena, query, 3, &pairs, &count), 0);
	ck_assert_uint_eq(count, 3);
	ck_assert_int_eq(
	    http_uri_parse_query(&arena, none, 0, &pairs, &count), 0);
	ck_assert_uint_eq(count, 0);
}
END_TEST

/* Pairs are larger than their text: the arena's limit may come first. */
START_TEST(full_arena_refuses_queries)
{
	char text[8192];
	struct cohort_str query = { text, sizeof(text) - 1 };
	struct cohort_pair *pairs;
	size_t count, i;

	for (i = 0; i < sizeof(text) - 1; i++)
		text[i] = i % 2 == 0 ? 'a' : '&';
	text[i] = '\0';
	ck_assert_int_eq(
	    http_uri_parse_query(&arena, query, 10000, &pairs, &count), -1);
	query.size = 200;
	ck_assert_int_eq(
	    http_uri_parse_query(&arena, query, 10000, &pairs, &count), 0);
	ck_assert_uint_eq(count, 100);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("http_uri_text");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, open_arena, close_arena);
	tcase_add_loop_test(all, escapes_are_decoded_once, 0, COUNT(escapes));
	tcase_add_loop_test(all, segments_are_encoded, 0, COUNT(encodings));
	tcase_add_test(all, each_byte_survives_the_way_there_and_back);
	tcase_add_loop_test(all, authorities_are_judged, 0, COUNT(authorities));
	tcase_add_loop_test(all, host_takes_its_bytes_only, 1, 36);
	tcase_add_test(all, nul_is_in_no_authority);
	tcase_add_loop_test(all, queries_are_split, 0, COUNT(queries));
	tcase_add_test(all, query_may_hold_nul);
	tcase_add_test(all, query_is_limited);
	tcase_add_test(all, full_arena_refuses_queries);
	suite_add_tcase(suite, all);
	return test_run(suite);
}
