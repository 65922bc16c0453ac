/* SPDX-License-Identifier: ISC */
#include "app/app_cookie.h"

#include <string.h>

#include "test_unit.h"

#define LIMIT 100000

static const struct {
	const char *value;
	bool is_valid;
} values[] = {
	{ "", true },
	{ "abc!#$%&'()*+-./:<=>?@[]^_`{|}~", true },
	{ "\"abc\"", true },
	{ "\"\"", true },
	{ "\"", false },
	{ "a\"b", false },
	{ "a b", false },
	{ "a,b", false },
	{ "a;b", false },
	{ "a\\b", false },
	{ "a\x7f", false },
	{ "a\xc3\xa4", false },
	{ "a\r\nb", false },
};

START_TEST(values_are_cookie_octets)
{
	ck_assert_int_eq(
	    app_cookie_value_is_valid(values[_i].value), values[_i].is_valid);
}
END_TEST

static const struct {
	const char *attributes;
	bool is_valid;
} attributes[] = {
	{ "", true },
	{ "Path=/", true },
	{ "path=/a b;SECURE ; HttpOnly;  Partitioned", true },
	{ "Path=", false },
	{ "Path", false },
	{ "Path=a", false },
	{ "Domain=example.org", true },
	{ "Domain=", false },
	{ "Domain=a b", false },
	{ "Max-Age=0", true },
	{ "Max-Age=-1", true },
	{ "Max-Age=1h", false },
	{ "Max-Age=-", false },
	{ "Max-Age", false },
	{ "Expires=Sun, 06 Nov 1994 08:49:37 GMT", true },
	{ "Expires=tomorrow", false },
	{ "Secure=yes", false },
	{ "Secure; ", false },
	{ "SameSite=Strict; SameSite=lax; samesite=NONE", true },
	{ "SameSite=Loose", false },
	{ "Colour=blue", false },
	{ "Path=/\r\nX: y", false },
};

START_TEST(attributes_are_known_ones)
{
	const char *reason =
	    app_cookie_check_attributes(attributes[_i].attributes);

	ck_assert_int_eq(reason == NULL, attributes[_i].is_valid);
}
END_TEST

static struct cohort_str
str(const char *text)
{
	return (struct cohort_str) { text, strlen(text) };
}

START_TEST(no_more_are_read_than_wanted)
{
	struct arena_pool *pool = arena_pool_new(4096, 1);
	struct cohort_pair fields[2] = {
		{ str("Cookie"), str("a=1; b=2") },
		{ str("COOKIE"), str("c=3") },
	};
	struct cohort_pair *pairs;
	struct arena arena;
	size_t count;

	arena_init(&arena, pool, LIMIT);
	ck_assert_int_eq(
	    app_cookie_read(&arena, fields, 2, 3, &pairs, &count), 0);
	ck_assert_uint_eq(count, 3);
	ck_assert_str_eq(pairs[2].name.data, "c");
	ck_assert_str_eq(pairs[1].value.data, "2");
	ck_assert_int_eq(
	    app_cookie_read(&arena, fields, 2, 2, &pairs, &count), -1);
	ck_assert_uint_eq(count, 0);
	arena_reset(&arena);
	arena_init(&arena, pool, 128);
	ck_assert_int_eq(
	    app_cookie_read(&arena, fields, 2, 3, &pairs, &count), -1);
	arena_reset(&arena);
	arena_pool_free(&pool);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("app_cookie");
	TCase *tcase = tcase_create("cookie");

	tcase_add_loop_test(tcase, values_are_cookie_octets, 0,
	    sizeof(values) / sizeof(values[0]));
	tcase_add_loop_test(tcase, attributes_are_known_ones, 0,
	    sizeof(attributes) / sizeof(attributes[0]));
	tcase_add_test(tcase, no_more_are_read_than_wanted);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
