/* SPDX-License-Identifier: ISC */
#include "test_conn_fake.h"
#include "test_network.h"

/* clang-format off */
static const struct {
	int family;
	const char *address;
	uint16_t port;
	const char *expected;
} cases[] = {
	{ AF_INET,  "127.0.0.1",		5000,	"127.0.0.1" },
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
	struct network_address client;
	char text[NETWORK_TEXT_SIZE];
	socklen_t size;
	uint16_t port;

	if (cases[_i].family == AF_INET) {
		inet_pton(AF_INET, cases[_i].address, &ipv4.sin_addr);
		ipv4.sin_port = htons(cases[_i].port);
		memcpy(&address, &ipv4, size = sizeof(ipv4));
	} else {
		inet_pton(AF_INET6, cases[_i].address, &ipv6.sin6_addr);
		ipv6.sin6_port = htons(cases[_i].port);
		memcpy(&address, &ipv6, size = sizeof(ipv6));
	}
	client = conn_peer_read(&address, size, &port);
	network_address_format(&client, text);
	ck_assert_str_eq(text, cases[_i].expected);
	ck_assert_uint_eq(port, cases[_i].port);
}
END_TEST

START_TEST(test_unix)
{
	const struct sockaddr_storage address = { .ss_family = AF_UNIX };
	const struct sockaddr_storage short_one = { .ss_family = AF_INET };
	uint16_t port = 7;

	ck_assert_int_eq(
	    conn_peer_read(&address, sizeof(sa_family_t), &port).family,
	    NETWORK_UNIX);
	ck_assert_uint_eq(port, 0);
	ck_assert_int_eq(
	    conn_peer_read(&short_one, 0, &port).family, NETWORK_UNIX);
}
END_TEST

static const struct {
	const char *list, *peer;
	bool is_trusted;
} trusts[] = {
	{ "", "192.0.2.1", false },
	{ "", "unix", false },
	{ "192.0.2.0/24 ::1", "192.0.2.1", true },
	{ "192.0.2.0/24 ::1", "192.0.3.1", false },
	{ "192.0.2.0/24 ::1", "::1", true },
	{ "192.0.2.0/24 ::1", "unix", false },
	{ "unix", "unix", true },
	{ "0.0.0.0/0 ::/0 unix", "self-check", false },
	{ "0.0.0.0/0 ::/0 unix", "", false },
};

/* Some are nobody that a list could name. */
static struct network_address
client_of(const char *peer)
{
	if (peer[0] == '\0')
		return (struct network_address) { .family = NETWORK_NONE };
	if (strcmp(peer, "self-check") == 0)
		return (struct network_address) { .family = NETWORK_SELF };
	return network_of(peer);
}

START_TEST(test_trust)
{
	const struct network_address client = client_of(trusts[_i].peer);
	struct fake fake = { .base = NULL };
	struct error error;
	struct conn *conn;

	ck_assert_int_eq(network_list_parse(&fake.settings.trusted_proxies,
			     trusts[_i].list, &error),
	    0);
	fake_init(&fake);
	fake_connect(&fake, NULL);
	conn = fake.conn;
	conn->is_trusted = !trusts[_i].is_trusted;
	conn_peer_set(conn, &client, 7);
	ck_assert_int_eq(conn_is_trusted(conn), trusts[_i].is_trusted);
	network_expect(&conn_peer(conn)->address, trusts[_i].peer);
	ck_assert_uint_eq(conn_peer(conn)->port, 7);
	fake_fini(&fake);
	network_list_fini(&fake.settings.trusted_proxies);
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
	tcase_add_loop_test(
	    tests, test_trust, 0, (int)(sizeof(trusts) / sizeof(trusts[0])));
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
