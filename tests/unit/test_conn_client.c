/* SPDX-License-Identifier: ISC */
#include "test_conn_fake.h"
#include "test_network.h"

#define MOST    3
#define REFUSAL "no more"

static struct fake fake;
static struct network_list exempt;
static int clients[64];
static size_t client_count;

static void
set_up(void)
{
	struct error error;

	ck_assert_int_eq(
	    network_list_parse(&exempt, "10.0.0.0/8 2001:db8:f::/48", &error),
	    0);
	fake.settings.client_max = MOST;
	fake.settings.trusted_proxies = exempt;
	fake.settings.client_refusal = REFUSAL;
	fake.settings.client_refusal_size = strlen(REFUSAL);
	fake_init(&fake);
	client_count = 0;
}

static void
tear_down(void)
{
	while (client_count > 0)
		close(clients[--client_count]);
	fake_fini(&fake);
	network_list_fini(&exempt);
}

static socklen_t
make_address(const char *text, struct sockaddr_storage *address_r)
{
	struct sockaddr_in ipv4 = { .sin_family = AF_INET };
	struct sockaddr_in6 ipv6 = { .sin6_family = AF_INET6 };

	memset(address_r, 0, sizeof(*address_r));
	if (inet_pton(AF_INET, text, &ipv4.sin_addr) == 1) {
		memcpy(address_r, &ipv4, sizeof(ipv4));
		return sizeof(ipv4);
	}
	if (inet_pton(AF_INET6, text, &ipv6.sin6_addr) == 1) {
		memcpy(address_r, &ipv6, sizeof(ipv6));
		return sizeof(ipv6);
	}
	address_r->ss_family = AF_UNIX;
	return sizeof(sa_family_t);
}

static int
make_pair(void)
{
	int ends[2];

	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	clients[client_count++] = ends[1];
	return ends[0];
}

/* True if it may stay. */
static bool
come(const char *text)
{
	struct sockaddr_storage address;
	socklen_t size = make_address(text, &address);
	int fd = make_pair();

	ck_assert_int_eq(send(clients[client_count - 1], "request", 7, 0), 7);
	fake.calls[0] = '\0';
	conn_set_enter(fake.set);
	conn_set_accept(fake.set, fd, &address, size, &fake.origin);
	return fake.calls[0] != '\0';
}

static void
finish_at_end(struct fake *state, struct conn *conn)
{
	fake_consume_all(state, conn);
	if (conn_input_ended(conn))
		conn_finish(conn, CONN_CLOSE_CLIENT, false);
}

static const char *
received(size_t index)
{
	static char text[64];
	ssize_t size = recv(clients[index], text, sizeof(text) - 1, 0);

	ck_assert_int_ge(size, 0);
	text[size] = '\0';
	return text;
}

START_TEST(test_one_more_is_refused)
{
	int i;

	for (i = 0; i < MOST; i++)
		ck_assert(come("192.0.2.1"));
	ck_assert(!come("192.0.2.1"));
	/* It hears why, and then the end; no protocol has seen it. */
	ck_assert_str_eq(received(MOST), REFUSAL);
	ck_assert_str_eq(received(MOST), "");
	ck_assert_str_eq(fake.calls, "");
	ck_assert_uint_eq(fake.closed[CONN_CLOSE_CLIENT_LIMIT], 1);
	ck_assert_uint_eq(fake.accepted, MOST + 1);
	ck_assert_uint_eq(fake.open, MOST);
	/* Others are not concerned. */
	ck_assert(come("192.0.2.2"));
}
END_TEST

START_TEST(test_who_goes_makes_room)
{
	int i;

	for (i = 0; i < MOST; i++)
		ck_assert(come("192.0.2.1"));
	ck_assert(!come("192.0.2.1"));
	fake.on_input = finish_at_end;
	shutdown(clients[0], SHUT_RDWR);
	fake_turn(&fake);
	ck_assert_uint_eq(fake.open, MOST - 1);
	ck_assert(come("192.0.2.1"));
	ck_assert(!come("192.0.2.1"));
}
END_TEST

static const struct {
	const char *one, *other;
	bool is_same;
} pairs[] = {
	{ "192.0.2.1", "192.0.2.1", true }, { "192.0.2.1", "192.0.2.3", false },
	{ "192.0.2.1", "::ffff:192.0.2.1", true },
	{ "2001:db8:0:1::1", "2001:db8:0:1:ffff:2:3:4", true },
	{ "2001:db8:0:1::1", "2001:db8:0:2::1", false },
	{ "32.1.13.184", "2001:db8::", false }, /* the same bytes */
};

START_TEST(test_who_is_one_client)
{
	int i;

	for (i = 0; i < MOST; i++)
		ck_assert(come(pairs[_i].one));
	ck_assert_int_eq(!come(pairs[_i].other), pairs[_i].is_same);
}
END_TEST

static const char *const exempt_ones[] = { "unix", "10.1.2.3",
	"::ffff:10.1.2.3", "2001:db8:f:1::1" };

START_TEST(test_exempt)
{
	int i;

	for (i = 0; i < 2 * MOST; i++)
		ck_assert(come(exempt_ones[_i]));
	ck_assert_uint_eq(fake.set->clients.pool.taken_count, 0);
}
END_TEST

/* It is not refused, but it counts. */
START_TEST(test_adopted)
{
	struct ipc_orphan orphan = {
		.kind = IPC_ORPHAN_IDLE,
		.peer = network_of("2001:db8::1"),
	};
	int i;

	conn_set_enter(fake.set);
	for (i = 0; i < MOST + 1; i++)
		conn_set_adopt(
		    fake.set, make_pair(), &orphan, NULL, &fake.origin);
	conn_set_own(fake.set);
	conn_set_settle(fake.set);
	ck_assert_uint_eq(fake.open, MOST + 1);
	ck_assert(!come("2001:db8::2"));
}
END_TEST

#define HEADER(client) "PROXY TCP4 " client " 198.51.100.2 5000 80\r\n"

/* Handed over before their headers came: each is its client's, none the
 * proxy's. */
START_TEST(test_adopted_behind_a_proxy)
{
	static const char *const headers[MOST + 1] = { HEADER("192.0.2.1"),
		HEADER("192.0.2.2"), HEADER("192.0.2.3"), HEADER("192.0.2.4") };
	struct ipc_orphan orphan = {
		.kind = IPC_ORPHAN_PROXY,
		.peer = network_of("198.51.100.1"),
	};
	int i;

	for (i = 0; i < MOST + 1; i++) {
		orphan.input_size = (uint32_t)strlen(headers[i]);
		conn_set_enter(fake.set);
		conn_set_adopt(
		    fake.set, make_pair(), &orphan, headers[i], &fake.origin);
		conn_set_own(fake.set);
		conn_set_settle(fake.set);
	}
	ck_assert_uint_eq(fake.closed[CONN_CLOSE_CLIENT_LIMIT], 0);
	ck_assert_uint_eq(fake.open, MOST + 1);
	for (i = 0; i < MOST; i++)
		ck_assert_int_eq(come("192.0.2.1"), i < MOST - 1);
}
END_TEST

/* As behind a PROXY header. */
START_TEST(test_a_client_known_later)
{
	struct network_address address;
	int i;

	ck_assert_int_eq(network_address_parse("192.0.2.1", 9, &address), 0);
	for (i = 0; i < MOST + 1; i++) {
		ck_assert(come("unix"));
		conn_set_enter(fake.set);
		conn_peer_set(fake.conn, &address, 0);
		ck_assert_int_eq(conn_client_admit(fake.conn), i < MOST);
		conn_set_settle(fake.set);
	}
	ck_assert_uint_eq(fake.open, MOST);
	ck_assert_str_eq(received(MOST), REFUSAL);
}
END_TEST

/* As many clients as buckets, and then nobody. */
START_TEST(test_entries_are_used_again)
{
	char text[32];
	int round, i;

	fake.on_input = finish_at_end;
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 20; i++) {
			snprintf(text, sizeof(text), "192.0.2.%d", i);
			ck_assert(come(text));
		}
		ck_assert_uint_eq(fake.set->clients.pool.taken_count, 20);
		while (client_count > 0)
			close(clients[--client_count]);
		fake_turn(&fake);
		ck_assert_uint_eq(fake.open, 0);
		ck_assert_uint_eq(fake.set->clients.pool.taken_count, 0);
		ck_assert_uint_eq(fake.set->clients.pool.free_count, 20);
	}
}
END_TEST

START_TEST(test_no_limit)
{
	struct conn_set *limited = fake.set;
	int i;

	fake.settings.client_max = 0;
	fake.set = conn_set_new(fake.base, &fake.settings);
	for (i = 0; i < 2 * MOST; i++)
		ck_assert(come("192.0.2.1"));
	ck_assert_ptr_null(fake.set->clients.buckets);
	conn_set_free(&fake.set);
	fake.set = limited;
}
END_TEST

START_TEST(test_refusals_fill_no_log)
{
	int i;

	for (i = 0; i < MOST + 20; i++)
		come("192.0.2.1");
	/* All but the first wait for the next line. */
	ck_assert_uint_ge(fake.set->clients.refused, 18);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("conn_client");
	TCase *tests = tcase_create("client");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, test_one_more_is_refused);
	tcase_add_test(tests, test_who_goes_makes_room);
	tcase_add_loop_test(tests, test_who_is_one_client, 0,
	    (int)(sizeof(pairs) / sizeof(pairs[0])));
	tcase_add_loop_test(tests, test_exempt, 0,
	    (int)(sizeof(exempt_ones) / sizeof(exempt_ones[0])));
	tcase_add_test(tests, test_adopted);
	tcase_add_test(tests, test_adopted_behind_a_proxy);
	tcase_add_test(tests, test_a_client_known_later);
	tcase_add_test(tests, test_entries_are_used_again);
	tcase_add_test(tests, test_no_limit);
	tcase_add_test(tests, test_refusals_fill_no_log);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
