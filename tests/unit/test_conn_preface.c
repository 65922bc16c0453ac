/* SPDX-License-Identifier: ISC */
#include "base/base_clock.h"
#include "test_conn_fake.h"
#include "test_network.h"

#define LINE "PROXY TCP4 192.0.2.1 192.0.2.2 5000 80\r\n"

static struct fake fake;
static struct ipc_packet *packet;

static bool
on_departing(void *context)
{
	(void)context;
	return false;
}

/* The fake's clients come over unix sockets. */
static void
set_up(void)
{
	struct error error;

	packet = memory_alloc(sizeof(*packet));
	ck_assert_int_eq(
	    network_list_parse(&fake.origin.proxies, "unix", &error), 0);
	ck_assert_int_eq(network_list_parse(&fake.settings.trusted_proxies,
			     "192.0.2.0/24", &error),
	    0);
	fake.settings.on_departing = on_departing;
	fake_init(&fake);
}

static void
tear_down(void)
{
	fake_fini(&fake);
	network_list_fini(&fake.origin.proxies);
	network_list_fini(&fake.settings.trusted_proxies);
	memory_free(packet);
}

static struct conn *
only_conn(void)
{
	struct list_link *link = list_first(&fake.set->conns);

	ck_assert_ptr_nonnull(link);
	return LIST_OBJECT(link, struct conn, link);
}

static void
say(const char *text)
{
	ck_assert_int_eq(
	    send(fake.client, text, strlen(text), MSG_NOSIGNAL), strlen(text));
	fake_turn(&fake);
}

static void
expect_told(void)
{
	const struct ipc_row *row = &fake.rows[0];

	network_expect(&conn_peer(fake.conn)->address, "192.0.2.1");
	ck_assert_uint_eq(conn_peer(fake.conn)->port, 5000);
	ck_assert(conn_is_trusted(fake.conn));
	ck_assert_int_eq(fake.conn->state, CONN_STATE_OPEN);
	ck_assert_int_eq(row->fd, fake.conn->fd + 1);
	network_expect(&row->peer, "192.0.2.1");
	ck_assert_uint_eq(row->port, 5000);
	ck_assert_uint_eq(row->exchange, IPC_ROW_NONE);
}

/* ---- a header ---- */

START_TEST(what_is_behind_it_goes_on_at_once)
{
	fake.on_input = fake_consume_all;
	fake_connect_with(&fake, SOCK_SEQPACKET, LINE "GET");
	ck_assert_str_eq(fake.calls, "open input(3) ");
	expect_told();
	ck_assert_ptr_null(fake.conn->input.data);
}
END_TEST

START_TEST(nothing_behind_it_is_no_input)
{
	fake_connect(&fake, LINE);
	ck_assert_str_eq(fake.calls, "open ");
	expect_told();
	ck_assert_int_eq(fake.conn->wait.class, CONN_DEADLINE_NONE);
	ck_assert_uint_eq(fake.rows[0].deadline_class, CONN_DEADLINE_NONE);
	say("GET");
	ck_assert_str_eq(fake.calls, "open input(3) ");
}
END_TEST

START_TEST(an_end_behind_it_is_the_protocols)
{
	fake_connect(&fake, NULL);
	ck_assert_int_gt(send(fake.client, LINE, strlen(LINE), 0), 0);
	shutdown(fake.client, SHUT_WR);
	fake_turn(&fake);
	fake_turn(&fake);
	ck_assert_str_eq(fake.calls, "open input(0,end) ");
}
END_TEST

/* And its first byte may come at any of them. */
START_TEST(it_comes_byte_by_byte)
{
	const struct ipc_row *row = &fake.rows[0];
	struct conn *conn;
	size_t i;

	fake_connect(&fake, NULL);
	conn = only_conn();
	for (i = 0; i < strlen(LINE) - 1; i++) {
		ck_assert_int_eq(conn->state, CONN_STATE_PROXY);
		ck_assert_uint_eq(row->exchange, IPC_ROW_PROXY);
		ck_assert_uint_eq(row->input_size, i);
		ck_assert_uint_eq(row->deadline_class, CONN_DEADLINE_HEAD);
		ck_assert_uint_gt(row->due_ms, 0);
		network_expect(&row->peer, "unix");
		ck_assert_str_eq(fake.calls, "");
		say((char[]) { LINE[i], '\0' });
	}
	say("\n");
	ck_assert_str_eq(fake.calls, "open ");
	expect_told();
}
END_TEST

START_TEST(one_for_the_proxy_itself_leaves_the_peer)
{
	fake_connect(&fake, "PROXY UNKNOWN\r\n");
	ck_assert_str_eq(fake.calls, "open ");
	network_expect(&conn_peer(fake.conn)->address, "unix");
	ck_assert(!conn_is_trusted(fake.conn));
}
END_TEST

START_TEST(others_have_none)
{
	network_list_fini(&fake.origin.proxies);
	if (_i == 1) {
		struct error error;

		ck_assert_int_eq(network_list_parse(&fake.origin.proxies,
				     "0.0.0.0/0 ::/0", &error),
		    0);
	}
	fake_connect(&fake, LINE);
	ck_assert_str_eq(fake.calls, "open input(40) ");
	network_expect(&conn_peer(fake.conn)->address, "unix");
	ck_assert_uint_eq(fake.rows[0].exchange, IPC_ROW_NONE);
}
END_TEST

/* ---- none ---- */

static void
expect_closed(enum conn_close reason)
{
	ck_assert_uint_eq(conn_set_count(fake.set), 0);
	ck_assert_uint_eq(fake.closed[reason], 1);
	ck_assert_str_eq(fake.calls, ""); /* nobody was told */
	ck_assert_str_eq(fake_received(&fake), "");
}

START_TEST(something_else_is_refused)
{
	fake_connect_with(&fake, SOCK_SEQPACKET, "GET / HTTP/1.1\r\n\r\n");
	expect_closed(CONN_CLOSE_PROXY);
}
END_TEST

START_TEST(an_end_within_is_a_loss)
{
	fake_connect(&fake, "PROXY TCP4");
	shutdown(fake.client, SHUT_WR);
	fake_turn(&fake);
	expect_closed(CONN_CLOSE_RESET);
}
END_TEST

START_TEST(an_end_at_once_is_none)
{
	fake_connect(&fake, NULL);
	shutdown(fake.client, SHUT_WR);
	fake_turn(&fake);
	expect_closed(CONN_CLOSE_CLIENT);
}
END_TEST

/* From its accept on: what comes of it meanwhile is no progress. */
START_TEST(it_has_its_time)
{
	uint64_t due_ms;

	fake_connect(&fake, _i == 0 ? NULL : "PRO");
	due_ms = only_conn()->wait.due_ms;
	ck_assert_uint_ge(due_ms, clock_monotonic_ms() + 50000);
	if (_i == 1)
		say("XY");
	ck_assert_uint_eq(only_conn()->wait.due_ms, due_ms);
	only_conn()->wait.due_ms = 1;
	conn_deadlines_expire(&fake.set->deadlines);
	expect_closed(CONN_CLOSE_HEAD_TIMEOUT);
}
END_TEST

/* ---- with a worker that goes ---- */

START_TEST(a_part_of_it_is_handed_over)
{
	const struct ipc_orphan *orphan = &packet->handover.orphans[0];
	uint64_t due_ms;

	fake.origin.listener = 9;
	fake_connect(&fake, _i == 0 ? "PROXY TC" : NULL);
	due_ms = only_conn()->wait.due_ms;
	conn_set_hand_over(fake.set);
	ck_assert_uint_eq(fake.rows[0].exchange, IPC_ROW_PROXY);
	ck_assert_int_gt(fake.rows[0].fd, 0);
	ck_assert_uint_eq(conn_set_pack(fake.set, packet), 1);
	ck_assert_uint_eq(orphan->kind, IPC_ORPHAN_PROXY);
	ck_assert_uint_eq(orphan->deadline_class, CONN_DEADLINE_HEAD);
	ck_assert_uint_eq(orphan->due_ms, due_ms);
	ck_assert_uint_eq(orphan->input_size, _i == 0 ? 8 : 0);
	network_expect(&orphan->peer, "unix");
	conn_set_unpack(fake.set, true);
	conn_set_settle(fake.set);
	ck_assert_uint_eq(fake.closed[CONN_CLOSE_HANDED], 1);
	ck_assert_str_eq(fake.calls, "");
}
END_TEST

/* Also where new ones would begin without it by now. */
START_TEST(a_part_of_it_is_adopted)
{
	struct ipc_orphan orphan = {
		.kind = IPC_ORPHAN_PROXY,
		.deadline_class = CONN_DEADLINE_HEAD,
		.due_ms = clock_monotonic_ms() + 5000,
		.input_size = 8,
		.peer = { .family = NETWORK_UNIX },
	};
	int ends[2];

	network_list_fini(&fake.origin.proxies);
	fake_pair(&fake, SOCK_STREAM, ends);
	fake_adopt(&fake, ends[0], &orphan, LINE);
	ck_assert_uint_eq(fake.rows[0].exchange, IPC_ROW_PROXY);
	conn_set_settle(fake.set);
	ck_assert_str_eq(fake.calls, "");
	ck_assert_uint_eq(only_conn()->wait.due_ms, orphan.due_ms);
	say(LINE + 8);
	ck_assert_str_eq(fake.calls, "open ");
	expect_told();
}
END_TEST

/* What an adopted one's header told before is not asked for again. */
START_TEST(one_that_told_keeps_its_client)
{
	struct ipc_orphan orphan = {
		.kind = IPC_ORPHAN_IDLE,
		.port = 5000,
		.peer = { NETWORK_IPV4, { 192, 0, 2, 1 } },
	};
	int ends[2];

	fake_pair(&fake, SOCK_STREAM, ends);
	fake_adopt(&fake, ends[0], &orphan, "");
	conn_set_settle(fake.set);
	ck_assert_str_eq(fake.calls, "open ");
	expect_told();
}
END_TEST

START_TEST(a_stop_closes_who_is_silent)
{
	fake_connect(&fake, _i == 0 ? NULL : "PROXY");
	conn_set_retire(fake.set, true);
	if (_i == 0) {
		expect_closed(CONN_CLOSE_RETIRED);
		return;
	}
	ck_assert_str_eq(fake.calls, "");
	say(LINE + 5);
	ck_assert_str_eq(fake.calls, "open retire(now) ");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("conn_preface");
	TCase *tests = tcase_create("preface");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, what_is_behind_it_goes_on_at_once);
	tcase_add_test(tests, nothing_behind_it_is_no_input);
	tcase_add_test(tests, an_end_behind_it_is_the_protocols);
	tcase_add_test(tests, it_comes_byte_by_byte);
	tcase_add_test(tests, one_for_the_proxy_itself_leaves_the_peer);
	tcase_add_loop_test(tests, others_have_none, 0, 2);
	tcase_add_test(tests, something_else_is_refused);
	tcase_add_test(tests, an_end_within_is_a_loss);
	tcase_add_test(tests, an_end_at_once_is_none);
	tcase_add_loop_test(tests, it_has_its_time, 0, 2);
	tcase_add_loop_test(tests, a_part_of_it_is_handed_over, 0, 2);
	tcase_add_test(tests, a_part_of_it_is_adopted);
	tcase_add_test(tests, one_that_told_keeps_its_client);
	tcase_add_loop_test(tests, a_stop_closes_who_is_silent, 0, 2);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
