/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "config/config_address.h"
#include "test_unit.h"

#define ALLOWED \
	"ADDRESS:PORT, [IPv6 ADDRESS]:PORT, NAME:PORT, *:PORT or unix:/PATH"

static const struct {
	const char *text, *name, *port;
} good[] = {
	{ "127.0.0.1:80", "127.0.0.1", "80" },
	{ "127.0.0.1:0", "127.0.0.1", "0" },
	{ "*:65535", "", "65535" },
	{ "[::1]:80", "::1", "80" },
	{ "[FE80::1%Eth0]:0080", "fe80::1%Eth0", "80" },
	{ "[::ffff:1.2.3.4]:1", "::ffff:1.2.3.4", "1" },
	{ "LocalHost:8080", "localhost", "8080" },
	{ "a-b_c.example.:1", "a-b_c.example.", "1" },
};

START_TEST(parse_inet)
{
	struct config_address address;
	struct error error;

	ck_assert_msg(
	    config_address_parse(good[_i].text, &address, &error) == 0, "%s",
	    good[_i].text);
	ck_assert(!address.is_unix);
	ck_assert_str_eq(address.name, good[_i].name);
	ck_assert_str_eq(address.port, good[_i].port);
}
END_TEST

START_TEST(parse_unix)
{
	struct config_address address;
	struct error error;
	char text[200];

	ck_assert_int_eq(
	    config_address_parse("unix:/run/a:b", &address, &error), 0);
	ck_assert(address.is_unix);
	ck_assert_str_eq(address.path, "/run/a:b");

	snprintf(text, sizeof(text), "unix:/%0106d", 1);
	ck_assert_int_eq(config_address_parse(text, &address, &error), 0);
	ck_assert_uint_eq(strlen(address.path), sizeof(address.path) - 1);
	snprintf(text, sizeof(text), "unix:/%0107d", 1);
	ck_assert_int_eq(config_address_parse(text, &address, &error), -1);
}
END_TEST

static const char *const bad[] = {
	"",
	"80",
	":80",
	"127.0.0.1",
	"127.0.0.1:",
	"127.0.0.1:65536",
	"127.0.0.1:-1",
	"127.0.0.1:http",
	"127.0.0.1: 80",
	"::1:80",
	"[::1]",
	"[::1]80",
	"[::1:80",
	"[:80",
	"[]:80",
	"[127.0.0.1]:80",
	"[::1%]:80",
	"[::1%a b]:80",
	"a b:80",
	"**:80",
	"*.example:80",
	"http://a:80",
	"unix:",
	"unix:run/a",
	"unix:@a",
};

START_TEST(refused)
{
	struct config_address address;
	char expected[200];
	struct error error;

	ck_assert_msg(config_address_parse(bad[_i], &address, &error) == -1,
	    "%s", bad[_i]);
	snprintf(expected, sizeof(expected), "\"%s\": " ALLOWED, bad[_i]);
	ck_assert_str_eq(error.text, expected);
	ck_assert_int_eq(error.kind, ERROR_CONFIG);
}
END_TEST

START_TEST(too_long)
{
	struct config_address address;
	struct error error;
	char text[400];

	snprintf(text, sizeof(text), "%0255d:80", 1);
	ck_assert_int_eq(config_address_parse(text, &address, &error), 0);
	snprintf(text, sizeof(text), "%0256d:80", 1);
	ck_assert_int_eq(config_address_parse(text, &address, &error), -1);
}
END_TEST

static const struct {
	const char *one, *other;
	bool equal;
} pairs[] = {
	{ "a:80", "A:080", true },
	{ "[::1]:80", "[::1]:80", true },
	{ "unix:/a", "unix:/a", true },
	{ "a:80", "a:81", false },
	{ "a:80", "b:80", false },
	{ "*:80", "0.0.0.0:80", false },
	{ "unix:/a", "unix:/A", false },
};

START_TEST(equal)
{
	struct config_address one, other;
	struct error error;

	ck_assert_int_eq(config_address_parse(pairs[_i].one, &one, &error), 0);
	ck_assert_int_eq(
	    config_address_parse(pairs[_i].other, &other, &error), 0);
	ck_assert_int_eq(config_address_equal(&one, &other), pairs[_i].equal);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

int
main(void)
{
	Suite *suite = suite_create("config_address");
	TCase *tests = tcase_create("config_address");

	tcase_add_loop_test(tests, parse_inet, 0, COUNT(good));
	tcase_add_test(tests, parse_unix);
	tcase_add_loop_test(tests, refused, 0, COUNT(bad));
	tcase_add_test(tests, too_long);
	tcase_add_loop_test(tests, equal, 0, COUNT(pairs));
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
