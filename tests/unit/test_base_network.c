/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <string.h>

#include <check.h>

#include "base/base_network.h"
#include "test_network.h"
#include "test_unit.h"

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

static const struct {
	const char *list, *address;
	bool has;
} memberships[] = {
	{ "10.0.0.0/8", "10.255.0.1", true },
	{ "10.0.0.0/8", "11.0.0.1", false },
	{ "10.0.0.0/8", "::ffff:10.1.2.3", true },
	{ "::ffff:10.1.2.3", "10.1.2.3", true },
	{ "192.0.2.1", "192.0.2.1", true },
	{ "192.0.2.1", "192.0.2.2", false },
	{ "192.0.2.128/25", "192.0.2.129", true },
	{ "192.0.2.128/25", "192.0.2.127", false },
	{ "0.0.0.0/0", "255.255.255.255", true },
	{ "0.0.0.0/0", "::1", false },
	{ "0.0.0.0/0", "unix", false },
	{ "::/0", "::1", true },
	{ "::/0", "127.0.0.1", false },
	{ "2001:db8::/33", "2001:db8:7fff::1", true },
	{ "2001:db8::/33", "2001:db8:8000::1", false },
	{ "2001:db8::1/128", "2001:db8::1", true },
	{ "unix", "unix", true },
	{ "unix", "127.0.0.1", false },
	{ " \t192.0.2.1\t  unix 10.0.0.0/8 ", "10.0.0.1", true },
	{ " \t192.0.2.1\t  unix 10.0.0.0/8 ", "unix", true },
	{ "", "127.0.0.1", false },
	{ "", "unix", false },
};

START_TEST(an_address_is_in_a_list_or_not)
{
	struct network_address address = network_of(memberships[_i].address);
	struct network_list list;
	struct error error;

	ck_assert_int_eq(
	    network_list_parse(&list, memberships[_i].list, &error), 0);
	ck_assert_msg(network_list_has(&list, &address) == memberships[_i].has,
	    "\"%s\": %s", memberships[_i].list, memberships[_i].address);
	network_list_fini(&list);
}
END_TEST

static const char *const texts[] = { "0.9.10.99", "100.101.199.200",
	"255.255.255.255", "0.0.0.0", "::1", "::", "2001:db8::ff00:42:8329",
	"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "unix" };

START_TEST(an_address_becomes_text)
{
	struct network_address address = network_of(texts[_i]);
	char text[NETWORK_TEXT_SIZE];

	network_address_format(&address, text);
	ck_assert_str_eq(text, texts[_i]);
}
END_TEST

START_TEST(some_have_another_text)
{
	struct network_address address = network_of("::ffff:192.0.2.128");
	char text[NETWORK_TEXT_SIZE];

	network_address_format(&address, text);
	ck_assert_str_eq(text, "192.0.2.128");
	network_address_format(
	    &(struct network_address) { NETWORK_NONE }, text);
	ck_assert_str_eq(text, "");
	network_address_format(
	    &(struct network_address) { .family = NETWORK_SELF }, text);
	ck_assert_str_eq(text, "self-check");
	network_address_format(
	    &(struct network_address) { .family = NETWORK_SELF + 1 }, text);
	ck_assert_str_eq(text, "");
}
END_TEST

static const struct {
	struct network_address address;
	bool is_client;
} claims[] = {
	{ { NETWORK_NONE, { 0 } }, false },
	{ { NETWORK_UNIX, { 0 } }, true },
	{ { NETWORK_UNIX, { 1 } }, false },
	{ { NETWORK_IPV4, { 0 } }, true },
	{ { NETWORK_IPV4, { 127, 0, 0, 1 } }, true },
	{ { NETWORK_IPV4, { 127, 0, 0, 1, 1 } }, false },
	{ { NETWORK_IPV4, { [15] = 1 } }, false },
	{ { NETWORK_IPV6, { [15] = 1 } }, true },
	{ { NETWORK_SELF, { 0 } }, false },
	{ { UINT8_MAX, { 0 } }, false },
};

START_TEST(an_address_that_others_sent_is_looked_at)
{
	ck_assert_int_eq(network_address_is_client(&claims[_i].address),
	    claims[_i].is_client);
}
END_TEST

static const struct {
	const char *list, *words;
} mistakes[] = {
	{ "localhost", "\"localhost\" is no network" },
	{ "10.0.0.0/8, ::1", "\"10.0.0.0/8,\" has a wrong number of bits" },
	{ "::1 10.0.0/8", "\"10.0.0/8\" is no network" },
	{ "10.0.0.0/33", "wrong number of bits" },
	{ "10.0.0.0/", "wrong number of bits" },
	{ "10.0.0.0/-1", "wrong number of bits" },
	{ "10.0.0.0/8/8", "wrong number of bits" },
	{ "::/129", "wrong number of bits" },
	{ "10.0.0.1/8", "\"10.0.0.1/8\" has bits behind those of its network" },
	{ "2001:db8::1/64", "has bits behind" },
	{ "unix/0", "is no network" },
	{ "fe80::1%lo", "is no network" },
	{ "[::1]", "is no network" },
	{ "0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0", "is no" },
};

START_TEST(a_mistake_is_named)
{
	struct network_list list;
	struct error error;

	ck_assert_int_eq(
	    network_list_parse(&list, mistakes[_i].list, &error), -1);
	ck_assert_msg(
	    strstr(error.text, mistakes[_i].words) != NULL, "%s", error.text);
	ck_assert_uint_eq(list.count, 0);
	ck_assert_ptr_null(list.networks);
}
END_TEST

START_TEST(bytes_are_what_text_is)
{
	uint8_t bytes[16];
	struct network_address address, expected;

	inet_pton(AF_INET, "192.0.2.7", bytes);
	address = network_address_of_ipv4(bytes);
	expected = network_of("192.0.2.7");
	ck_assert(network_address_is_equal(&address, &expected));
	inet_pton(AF_INET6, "::ffff:192.0.2.7", bytes);
	address = network_address_of_ipv6(bytes);
	ck_assert(network_address_is_equal(&address, &expected));
	inet_pton(AF_INET6, "2001:db8::7", bytes);
	address = network_address_of_ipv6(bytes);
	ck_assert(!network_address_is_equal(&address, &expected));
	expected = network_of("2001:db8::7");
	ck_assert(network_address_is_equal(&address, &expected));
}
END_TEST

START_TEST(text_that_holds_a_nul_is_no_address)
{
	struct network_address address;

	ck_assert_int_eq(network_address_parse("::1\0", 4, &address), -1);
	ck_assert_int_eq(address.family, NETWORK_NONE);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("base_network");
	TCase *tests = tcase_create("network");

	tcase_add_loop_test(
	    tests, an_address_is_in_a_list_or_not, 0, ROWS(memberships));
	tcase_add_loop_test(tests, a_mistake_is_named, 0, ROWS(mistakes));
	tcase_add_test(tests, bytes_are_what_text_is);
	tcase_add_test(tests, text_that_holds_a_nul_is_no_address);
	tcase_add_loop_test(tests, an_address_becomes_text, 0, ROWS(texts));
	tcase_add_test(tests, some_have_another_text);
	tcase_add_loop_test(tests, an_address_that_others_sent_is_looked_at, 0,
	    (int)(sizeof(claims) / sizeof(claims[0])));
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
