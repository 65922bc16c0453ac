/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "config/config_self_check.h"
#include "test_config.h"
#include "test_unit.h"

static const struct {
	const char *text, *method, *target, *host;
} good[] = {
	{ "/", "GET", "/", "" },
	{ "GET /healthz", "GET", "/healthz", "" },
	{ "/healthz?deep=1", "GET", "/healthz?deep=1", "" },
	{ "HEAD /a example.org", "HEAD", "/a", "example.org" },
	{ "/a [::1]:80", "GET", "/a", "[::1]:80" },
	{ "  POST\t/a  b ", "POST", "/a", "b" },
};

START_TEST(words_are_found)
{
	struct config_self_check check;
	struct error error;

	ck_assert_int_eq(
	    config_self_check_parse(good[_i].text, &check, &error), 0);
	ck_assert_uint_eq(check.method_size, strlen(good[_i].method));
	ck_assert_mem_eq(check.method, good[_i].method, check.method_size);
	ck_assert_uint_eq(check.target_size, strlen(good[_i].target));
	ck_assert_mem_eq(check.target, good[_i].target, check.target_size);
	ck_assert_uint_eq(check.host_size, strlen(good[_i].host));
	ck_assert_mem_eq(check.host, good[_i].host, check.host_size);
}
END_TEST

static const char *const bad[] = { " ", "GET", "GET healthz", "healthz",
	"GET /a b c", "G-T /a", "GET /a#b", "GET /\xc3\xa4", "GET /\x7f",
	"/a b/c", "GET /a\r\nX: y", "/\x01" };

START_TEST(others_are_refused)
{
	struct config_self_check check;
	struct error error;

	ck_assert_int_eq(config_self_check_parse(bad[_i], &check, &error), -1);
	ck_assert_ptr_nonnull(strstr(error.text, "[METHOD] target [host]"));
}
END_TEST

START_TEST(a_long_one_is_refused)
{
	char text[CONFIG_SELF_CHECK_MAX + 2];
	struct config_self_check check;
	struct error error;

	memset(text, '/', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	ck_assert_int_eq(config_self_check_parse(text, &check, &error), -1);
	text[sizeof(text) - 2] = '\0';
	ck_assert_int_eq(config_self_check_parse(text, &check, &error), 0);
}
END_TEST

START_TEST(the_file_says_where)
{
	struct test_config config;

	ck_assert_int_eq(test_config_parse(&config,
			     "workers = 1\nself_check = \"nonsense\"\n", NULL),
	    -1);
	ck_assert_ptr_nonnull(strstr(config.error.text,
	    TEST_CONFIG_NAME ":2: self_check: \"nonsense\""));
	test_config_fini(&config);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("config_self_check");
	TCase *tests = tcase_create("words");

	tcase_add_loop_test(
	    tests, words_are_found, 0, (int)(sizeof(good) / sizeof(good[0])));
	tcase_add_loop_test(
	    tests, others_are_refused, 0, (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_test(tests, a_long_one_is_refused);
	tcase_add_test(tests, the_file_says_where);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
