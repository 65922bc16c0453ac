/* SPDX-License-Identifier: ISC */
#include "base/base_clock.h"
#include "test_conn_fake.h"
#include "test_network.h"

static struct fake fake;
static struct ipc_orphan orphan;

static void
set_up(void)
{
	fake_init(&fake);
	orphan = (struct ipc_orphan) {
		.kind = IPC_ORPHAN_IDLE,
		.port = 5000,
		.deadline_class = CONN_DEADLINE_IDLE,
		.due_ms = clock_monotonic_ms() + 5000,
		.request_count = 3,
		.peer = { NETWORK_IPV4, { 192, 0, 2, 9 } },
	};
}

static void
tear_down(void)
{
	fake_fini(&fake);
}

static void
adopt(const char *input)
{
	int ends[2];

	fake_pair(&fake, SOCK_STREAM, ends);
	orphan.input_size = (uint32_t)strlen(input);
	fake_adopt(&fake, ends[0], &orphan, input);
}

static void
look_at_open(struct fake *state, struct conn *conn)
{
	(void)state;
	ck_assert(conn_is_adopted(conn));
	ck_assert_uint_eq(conn_request_count(conn), 3);
	ck_assert_int_eq(conn_waiting(conn), CONN_DEADLINE_IDLE);
	ck_assert_uint_eq(conn->wait.due_ms, orphan.due_ms);
	ck_assert(list_is_linked(&conn->wait.link));
	network_expect(&conn_peer(conn)->address, "192.0.2.9");
	ck_assert_uint_eq(conn_peer(conn)->port, 5000);
}

START_TEST(test_idle)
{
	fake.on_open = look_at_open;
	adopt("");
	ck_assert_str_eq(fake.calls, "");
	conn_set_settle(fake.set);
	ck_assert_str_eq(fake.calls, "open ");
	ck_assert_uint_eq(fake.adopted, 1);
	ck_assert_uint_eq(fake.accepted, 0);
	ck_assert_uint_eq(fake.open, 1);
	ck_assert_int_eq(send(fake.client, "request", 7, 0), 7);
	fake_turn(&fake);
	ck_assert_str_eq(fake.calls, "open input(7) ");
}
END_TEST

START_TEST(test_accepted_ones_are_not_adopted)
{
	fake_connect(&fake, NULL);
	ck_assert(!conn_is_adopted(fake.conn));
	ck_assert_uint_eq(fake.adopted, 0);
}
END_TEST

/* It can be handed over again at once, as nobody has touched it. */
START_TEST(test_row)
{
	const struct ipc_row *row = &fake.rows[0];

	orphan.deadline_class = CONN_DEADLINE_HEAD;
	adopt("GET");
	ck_assert_int_gt(row->fd, 0);
	ck_assert_uint_eq(row->exchange, IPC_ROW_NONE);
	ck_assert_uint_eq(row->deadline_class, CONN_DEADLINE_HEAD);
	ck_assert_uint_eq(row->due_ms, orphan.due_ms);
	ck_assert_uint_eq(row->request_count, 3);
	ck_assert_uint_eq(row->input_size, 3);
	ck_assert_mem_eq((const void *)(uintptr_t)row->input, "GET", 3);
	ck_assert_uint_eq(row->port, 5000);
	network_expect(&row->peer, "192.0.2.9");
	conn_set_settle(fake.set);
}
END_TEST

/* A crash before the master knows would give it to two workers. */
START_TEST(test_no_row_until_it_is_owned)
{
	const struct ipc_row *row = &fake.rows[0];
	int ends[2];

	fake_pair(&fake, SOCK_STREAM, ends);
	conn_set_enter(fake.set);
	conn_set_adopt(fake.set, ends[0], &orphan, "", &fake.origin);
	ck_assert_int_eq(row->fd, 0);
	conn_set_own(fake.set);
	ck_assert_int_eq(row->fd, ends[0] + 1);
	conn_set_settle(fake.set);
}
END_TEST

static void
own_again(struct fake *state, struct conn *conn)
{
	conn_exchange_begin(conn, 77, false);
	conn_mark(conn, 0);
	conn_set_own(state->set);
}

/* What happened to one since then stays in its row. */
START_TEST(test_owned_once)
{
	adopt("");
	fake.on_open = own_again;
	conn_set_settle(fake.set);
	ck_assert_uint_eq(fake.rows[0].exchange_id, 77);
	ck_assert_uint_eq(fake.rows[0].exchange, IPC_ROW_UNANSWERED);
}
END_TEST

static void
look_at_input(struct fake *state, struct conn *conn)
{
	size_t size;

	(void)state;
	ck_assert_mem_eq(conn_input(conn, &size), "GET / HT", 8);
}

START_TEST(test_input_comes_behind_open)
{
	fake.on_input = look_at_input;
	adopt("GET / HT");
	conn_set_settle(fake.set);
	ck_assert_str_eq(fake.calls, "open input(8) ");
	ck_assert_int_eq(send(fake.client, "TP", 2, 0), 2);
	fake_turn(&fake);
	ck_assert_str_eq(fake.calls, "open input(8) input(10) ");
}
END_TEST

START_TEST(test_most_input)
{
	static char bytes[IPC_ORPHAN_INPUT_MAX + 2];

	memset(bytes, 'x', IPC_ORPHAN_INPUT_MAX);
	adopt(bytes);
	conn_set_settle(fake.set);
	ck_assert_str_eq(fake.calls, "open input(8192) ");
	bytes[IPC_ORPHAN_INPUT_MAX] = 'x';
	adopt(bytes);
	conn_set_settle(fake.set);
	ck_assert_str_eq(fake_received(&fake), "");
	ck_assert_uint_eq(fake.closed[CONN_CLOSE_ERROR], 1);
}
END_TEST

/* What it waits for is decided by the input that came along. */
START_TEST(test_overdue)
{
	orphan.deadline_class = CONN_DEADLINE_HEAD;
	orphan.due_ms = 1;
	adopt("GET");
	conn_deadlines_expire(&fake.set->deadlines);
	ck_assert_str_eq(fake.calls, "open input(3) deadline(1) ");
}
END_TEST

START_TEST(test_overdue_by_the_timer)
{
	orphan.due_ms = 1;
	adopt("");
	conn_set_settle(fake.set);
	ck_assert_str_eq(fake.calls, "open ");
	while (strstr(fake.calls, "deadline") == NULL)
		event_base_loop(fake.base, EVLOOP_ONCE);
	ck_assert_str_eq(fake.calls, "open deadline(4) ");
}
END_TEST

static const struct {
	uint32_t class;
	enum conn_deadline_class expected;
} classes[] = {
	{ CONN_DEADLINE_NONE, CONN_DEADLINE_NONE },
	{ CONN_DEADLINE_HEAD, CONN_DEADLINE_HEAD },
	{ CONN_DEADLINE_BODY, CONN_DEADLINE_BODY },
	{ CONN_DEADLINE_WRITE, CONN_DEADLINE_NONE },
	{ CONN_DEADLINE_IDLE, CONN_DEADLINE_IDLE },
	{ CONN_DEADLINE_LINGER, CONN_DEADLINE_NONE },
	{ CONN_DEADLINE_COUNT, CONN_DEADLINE_NONE },
	{ UINT32_MAX, CONN_DEADLINE_NONE },
};

START_TEST(test_class)
{
	orphan.deadline_class = classes[_i].class;
	adopt("");
	conn_set_settle(fake.set);
	ck_assert_int_eq(conn_waiting(fake.conn), classes[_i].expected);
	ck_assert_int_eq(list_is_linked(&fake.conn->wait.link),
	    classes[_i].expected != CONN_DEADLINE_NONE);
}
END_TEST

START_TEST(test_linger)
{
	orphan.kind = IPC_ORPHAN_LINGER;
	adopt("unread");
	conn_set_settle(fake.set);
	ck_assert_uint_eq(fake.rows[0].exchange, IPC_ROW_NONE);
	ck_assert_uint_eq(fake.rows[0].deadline_class, CONN_DEADLINE_LINGER);
	ck_assert_uint_eq(fake.rows[0].due_ms, orphan.due_ms);
	ck_assert_uint_eq(fake.rows[0].input_size, 0);
	ck_assert_str_eq(fake_received(&fake), "");
	ck_assert_int_eq(send(fake.client, "more", 4, 0), 4);
	fake_turn(&fake);
	ck_assert_uint_eq(fake.open, 1);
	shutdown(fake.client, SHUT_WR);
	fake_turn(&fake);
	ck_assert_uint_eq(fake.open, 0);
	ck_assert_uint_eq(fake.closed[CONN_CLOSE_ANSWERED], 1);
	ck_assert_str_eq(fake.calls, "");
}
END_TEST

START_TEST(test_overdue_linger)
{
	orphan.kind = IPC_ORPHAN_LINGER;
	orphan.due_ms = 1;
	adopt("");
	conn_set_settle(fake.set);
	fake_run_until_closed(&fake);
	ck_assert_uint_eq(fake.closed[CONN_CLOSE_LINGER_TIMEOUT], 1);
	ck_assert_str_eq(fake.calls, "");
}
END_TEST

START_TEST(test_no_linger_without_a_time_for_it)
{
	fake.set->settings.timeouts_ms[CONN_DEADLINE_LINGER] = 0;
	orphan.kind = IPC_ORPHAN_LINGER;
	adopt("");
	conn_set_settle(fake.set);
	ck_assert_uint_eq(fake.open, 0);
	ck_assert_uint_eq(fake.closed[CONN_CLOSE_ANSWERED], 1);
	ck_assert_str_eq(fake.calls, "");
}
END_TEST

START_TEST(test_unknown_kind)
{
	orphan.kind = (uint16_t)(_i * (IPC_ORPHAN_PROXY + 1));
	adopt("");
	conn_set_settle(fake.set);
	ck_assert_uint_eq(fake.open, 0);
	ck_assert_uint_eq(fake.closed[CONN_CLOSE_ERROR], 1);
	ck_assert_str_eq(fake_received(&fake), "");
	ck_assert_str_eq(fake.calls, "");
}
END_TEST

START_TEST(test_peer_of_no_family)
{
	memset(&orphan.peer, 0xff, sizeof(orphan.peer));
	adopt("");
	conn_set_settle(fake.set);
	network_expect(&conn_peer(fake.conn)->address, "");
}
END_TEST

START_TEST(test_worker_that_retires)
{
	conn_set_retire(fake.set, true);
	adopt("");
	conn_set_settle(fake.set);
	ck_assert_str_eq(fake.calls, "open retire(now) ");
}
END_TEST

static void
adopt_another(struct fake *state, struct conn *conn)
{
	(void)state;
	(void)conn;
	adopt("");
}

START_TEST(test_not_inside_a_step)
{
	fake.on_input = adopt_another;
	fake_connect(&fake, "x");
}
END_TEST

/* ---- the end, while the worker before has a copy of the descriptor ---- */

/* Over TCP, as a reset is told from an end only there. */
static int
adopt_copied(void)
{
	int copy;

	fake_connect_tcp(&fake);
	copy = dup(fake.conn->fd);
	fake.conn->is_adopted = true;
	return copy;
}

static const struct {
	bool hard;
	const char *received;
} ends[] = {
	{ false, "" },
	{ true, "Connection reset by peer" },
};

START_TEST(test_end_in_spite_of_a_copy)
{
	int copy = adopt_copied();

	conn_close(fake.conn, CONN_CLOSE_CUT, ends[_i].hard);
	conn_set_settle(fake.set);
	ck_assert_str_eq(fake_received(&fake), ends[_i].received);
	close(copy);
}
END_TEST

/* What a reset is for: a client must not take a part for the whole. */
START_TEST(test_reset_behind_output)
{
	int copy = adopt_copied();

	conn_send(fake.conn, "part", 4);
	conn_set_settle(fake.set);
	ck_assert_str_eq(fake_received(&fake), "part");
	conn_close(fake.conn, CONN_CLOSE_CUT, true);
	conn_set_settle(fake.set);
	ck_assert_str_eq(fake_received(&fake), "Connection reset by peer");
	close(copy);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("conn_adopt");
	TCase *tests = tcase_create("adopt");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, test_idle);
	tcase_add_test(tests, test_accepted_ones_are_not_adopted);
	tcase_add_test(tests, test_row);
	tcase_add_test(tests, test_no_row_until_it_is_owned);
	tcase_add_test(tests, test_owned_once);
	tcase_add_test(tests, test_input_comes_behind_open);
	tcase_add_test(tests, test_most_input);
	tcase_add_test(tests, test_overdue);
	tcase_add_test(tests, test_overdue_by_the_timer);
	tcase_add_loop_test(
	    tests, test_class, 0, sizeof(classes) / sizeof(*classes));
	tcase_add_test(tests, test_linger);
	tcase_add_test(tests, test_overdue_linger);
	tcase_add_test(tests, test_no_linger_without_a_time_for_it);
	tcase_add_loop_test(tests, test_unknown_kind, 0, 2);
	tcase_add_test(tests, test_peer_of_no_family);
	tcase_add_test(tests, test_worker_that_retires);
	tcase_add_test_raise_signal(tests, test_not_inside_a_step, SIGABRT);
	tcase_add_loop_test(tests, test_end_in_spite_of_a_copy, 0, 2);
	tcase_add_test(tests, test_reset_behind_output);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
