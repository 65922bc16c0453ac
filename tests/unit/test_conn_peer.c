/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <string.h>

#include "conn/conn_private.h"
#include "test_unit.h"

/* clang-format off */
static const struct {
	int family;
	const char *address;
	uint16_t port;
	const char *expected;
} cases[] = {
	{ AF_INET,  "127.0.0.1",		5000,	"127.0.0.1" },
	{ AF_INET,  "0.9.10.99",		1,	"0.9.10.99" },
	{ AF_INET,  "100.101.199.200",		65535,	"100.101.199.200" },
	{ AF_INET,  "255.255.255.255",		0,	"255.255.255.255" },
	{ AF_INET6, "::1",			5000,	"::1" },
	{ AF_INET6, "2001:db8::ff00:42:8329",	443,	"2001:db8::ff00:42:8329" },
	{ AF_INET6, "::ffff:192.0.2.128",	80,	"192.0.2.128" },
};
/* clang-format on */

START_TEST(test_internet)
{
	struct sockaddr_storage address = { .ss_family = AF_UNSPEC };
	struct sockaddr_in ipv4 = { .sin_family = AF_INET };
	struct sockaddr_in6 ipv6 = { .sin6_family = AF_INET6 };
	struct http_peer peer;
	socklen_t size;

	if (cases[_i].family == AF_INET) {
		inet_pton(AF_INET, cases[_i].address, &ipv4.sin_addr);
		ipv4.sin_port = htons(cases[_i].port);
		memcpy(&address, &ipv4, size = sizeof(ipv4));
	} else {
		inet_pton(AF_INET6, cases[_i].address, &ipv6.sin6_addr);
		ipv6.sin6_port = htons(cases[_i].port);
		memcpy(&address, &ipv6, size = sizeof(ipv6));
	}
	conn_peer_format(&peer, &address, size);
	ck_assert_str_eq(peer.address, cases[_i].expected);
	ck_assert_uint_eq(peer.port, cases[_i].port);
}
END_TEST

START_TEST(test_unix)
{
	const struct sockaddr_storage address = { .ss_family = AF_UNIX };
	const struct sockaddr_storage short_one = { .ss_family = AF_INET };
	struct http_peer peer = { .port = 7 };

	conn_peer_format(&peer, &address, sizeof(sa_family_t));
	ck_assert_str_eq(peer.address, "unix");
	ck_assert_uint_eq(peer.port, 0);
	conn_peer_format(&peer, &short_one, 0);
	ck_assert_str_eq(peer.address, "unix");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("conn_peer");
	TCase *tests = tcase_create("peer");

	tcase_add_loop_test(
	    tests, test_internet, 0, (int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_test(tests, test_unix);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
