/* SPDX-License-Identifier: ISC */
/*
 * What the signal handler would find, at the times when application code
 * runs: inside the protocol's functions, and between callbacks.
 */
#include "test_conn_fake.h"
#include "test_network.h"

static struct fake fake;

static void
set_up(void)
{
	fake_init(&fake);
	fake.origin.listener = 7;
}

static void
tear_down(void)
{
	fake_fini(&fake);
}

static const struct ipc_row *
row_of(const struct conn *conn)
{
	return &fake.rows[conn->row_number - 1];
}

static void
expect_input(const struct conn *conn, const char *text)
{
	const struct ipc_row *row = row_of(conn);

	ck_assert_uint_eq(row->input_size, strlen(text));
	if (row->input_size > 0)
		ck_assert_mem_eq(
		    (const void *)(uintptr_t)row->input, text, row->input_size);
}

START_TEST(test_new_one)
{
	const struct ipc_row *row = &fake.rows[0];

	fake_connect_tcp(&fake);
	ck_assert_int_eq(row->fd, fake.conn->fd + 1);
	ck_assert_uint_eq(row->exchange, IPC_ROW_NONE);
	ck_assert_uint_eq(row->has_unsent, 0);
	ck_assert_uint_eq(row->listener, 7);
	ck_assert_uint_eq(row->deadline_class, CONN_DEADLINE_NONE);
	ck_assert_uint_eq(row->due_ms, 0);
	ck_assert_uint_eq(row->request_count, 0);
	ck_assert_uint_eq(row->input_size, 0);
	ck_assert_uint_eq(row->port, 0);
	network_expect(&row->peer, "unix"); /* as the fake accepts */
}
END_TEST

/* It keeps nothing of the one before it. */
START_TEST(test_row_is_used_again)
{
	const struct ipc_row *row = &fake.rows[0];

	fake_connect(&fake, "part");
	conn_wait(fake.conn, CONN_DEADLINE_HEAD);
	conn_count_request(fake.conn);
	conn_exchange_begin(fake.conn, 9, true);
	conn_send(fake.conn, "x", 1);
	conn_close(fake.conn, CONN_CLOSE_CLIENT, false);
	ck_assert_int_eq(row->fd, 0);
	conn_set_settle(fake.set);
	fake_connect(&fake, NULL);
	ck_assert_ptr_eq(row_of(fake.conn), row);
	ck_assert_int_eq(row->fd, fake.conn->fd + 1);
	ck_assert_uint_eq(row->exchange, IPC_ROW_NONE);
	ck_assert_uint_eq(row->exchange_id, 0);
	ck_assert_uint_eq(row->is_head_only, 0);
	ck_assert_uint_eq(row->has_unsent, 0);
	ck_assert_uint_eq(row->deadline_class, CONN_DEADLINE_NONE);
	ck_assert_uint_eq(row->request_count, 0);
	ck_assert_uint_eq(row->input_size, 0);
}
END_TEST

/* They are served like all others. */
START_TEST(test_more_connections_than_rows)
{
	int clients[FAKE_ROWS + 2], ends[2], i;
	struct conn *conns[FAKE_ROWS + 2];

	for (i = 0; i < FAKE_ROWS + 2; i++) {
		fake.client = -1;
		fake_pair(&fake, SOCK_STREAM, ends);
		clients[i] = ends[1];
		fake_accept(&fake, ends[0]);
		conns[i] = fake.conn;
		ck_assert_uint_eq(
		    conns[i]->row_number, i < FAKE_ROWS ? (unsigned)i + 1 : 0);
	}
	conn_exchange_begin(conns[FAKE_ROWS], 1, false);
	conn_send(conns[FAKE_ROWS], "1", 1);
	conn_exchange_begin(conns[FAKE_ROWS], 2, false);
	ck_assert_uint_eq(fake.output.row, 0);
	conn_set_settle(fake.set);
	fake.client = clients[FAKE_ROWS];
	ck_assert_str_eq(fake_received(&fake), "1");
	conn_close(conns[FAKE_ROWS], CONN_CLOSE_IDLE, false);
	conn_close(conns[2], CONN_CLOSE_IDLE, false);
	conn_set_settle(fake.set);
	fake.client = -1;
	fake_connect(&fake, NULL);
	ck_assert_uint_eq(fake.conn->row_number, 3);
	for (i = 0; i < FAKE_ROWS + 2; i++)
		close(clients[i]);
}
END_TEST

static void
note_stepping(struct fake *state, struct conn *conn)
{
	ck_assert_uint_eq(state->loop.stepping, conn->row_number);
	ck_assert_uint_eq(state->loop.running, 1);
	state->wakes++;
}

START_TEST(test_where_the_loop_is)
{
	fake.on_open = note_stepping;
	fake_connect(&fake, NULL);
	ck_assert_uint_eq(fake.loop.running, 0);
	ck_assert_uint_eq(fake.loop.stepping, 0);
	fake.on_input = note_stepping;
	ck_assert_int_eq(send(fake.client, "x", 1, 0), 1);
	fake_turn(&fake);
	ck_assert_uint_eq(fake.wakes, 2);
	ck_assert_uint_eq(fake.loop.running, 0);
	ck_assert_uint_eq(fake.loop.stepping, 0);
}
END_TEST

static void
serve_first_of_two(struct fake *state, struct conn *conn)
{
	const struct ipc_row *row = row_of(conn);

	if (state->wakes++ > 0)
		return;
	expect_input(conn, "onetwo");
	conn_exchange_begin(conn, 12, true);
	ck_assert_uint_eq(row->exchange, IPC_ROW_UNANSWERED);
	ck_assert_uint_eq(row->exchange_id, 12);
	ck_assert_uint_eq(row->is_head_only, 1);
	ck_assert_uint_eq(row->has_unsent, 0);
	conn_count_request(conn);
	conn_consume(conn, 3);
	conn_exchange_answer(conn);
	ck_assert_uint_eq(row->exchange, IPC_ROW_ANSWERING);
	conn_send(conn, "1", 1);
	ck_assert_uint_eq(row->has_unsent, 1);
	conn_exchange_end(conn);
	ck_assert_uint_eq(row->exchange, IPC_ROW_NONE);
	ck_assert_uint_eq(row->request_count, 1);
	expect_input(conn, "two");
}

static void
expect_sent(struct fake *state, struct conn *conn)
{
	(void)state;
	ck_assert_uint_eq(row_of(conn)->has_unsent, 0);
	expect_input(conn, "two");
}

START_TEST(test_an_exchange)
{
	fake.on_input = serve_first_of_two;
	fake.on_writable = expect_sent;
	fake_connect(&fake, "onetwo");
	ck_assert_str_eq(fake.calls, "open input(6) writable ");
	ck_assert_uint_eq(row_of(fake.conn)->has_unsent, 0);
	expect_input(fake.conn, "two");
	ck_assert_int_eq(send(fake.client, "three", 5, 0), 5);
	fake_turn(&fake);
	expect_input(fake.conn, "twothree");
	conn_input_grow(fake.conn, 100000);
	expect_input(fake.conn, "twothree");
}
END_TEST

START_TEST(test_a_count_that_is_full)
{
	struct conn *conn;

	fake_connect(&fake, NULL);
	conn = fake.conn;
	conn->request_count = UINT32_MAX - 1;
	conn_count_request(conn);
	ck_assert_uint_eq(row_of(conn)->request_count, UINT32_MAX);
	conn_count_request(conn);
	ck_assert_uint_eq(conn_request_count(conn), UINT32_MAX);
	ck_assert_uint_eq(row_of(conn)->request_count, UINT32_MAX);
}
END_TEST

START_TEST(test_input_follows_when_it_is_moved)
{
	char bytes[CONN_INPUT_SIZE];

	memset(bytes, 'x', sizeof(bytes));
	fake_connect(&fake, NULL);
	ck_assert_int_eq(
	    send(fake.client, bytes, sizeof(bytes), 0), sizeof(bytes));
	fake_turn(&fake);
	conn_consume(fake.conn, sizeof(bytes) - 5);
	expect_input(fake.conn, "xxxxx");
	conn_input_receive(fake.conn); /* nothing has come */
	ck_assert_uint_eq(fake.conn->input.start, 0);
	expect_input(fake.conn, "xxxxx");
	ck_assert_uint_eq(
	    row_of(fake.conn)->input, (uintptr_t)fake.conn->input.data);
	conn_set_settle(fake.set);
}
END_TEST

START_TEST(test_wait)
{
	const struct ipc_row *row = &fake.rows[0];

	fake_connect(&fake, NULL);
	conn_wait(fake.conn, CONN_DEADLINE_IDLE);
	ck_assert_uint_eq(row->deadline_class, CONN_DEADLINE_IDLE);
	ck_assert_uint_eq(row->due_ms, fake.conn->wait.due_ms);
	conn_wait(fake.conn, CONN_DEADLINE_NONE);
	ck_assert_uint_eq(row->deadline_class, CONN_DEADLINE_NONE);
	ck_assert_uint_eq(row->due_ms, 0);
	fake.set->deadlines.timeouts_ms[CONN_DEADLINE_BODY] = 0;
	conn_wait(fake.conn, CONN_DEADLINE_BODY);
	ck_assert_uint_eq(row->deadline_class, CONN_DEADLINE_BODY);
	ck_assert_uint_eq(row->due_ms, 0);
	conn_set_settle(fake.set);
}
END_TEST

START_TEST(test_unsent_until_all_is_sent)
{
	static char bytes[1000000];
	const struct ipc_row *row = &fake.rows[0];
	size_t received = 0;
	ssize_t size;

	fake_connect(&fake, NULL);
	conn_exchange_begin(fake.conn, 1, false);
	conn_exchange_answer(fake.conn);
	conn_send(fake.conn, bytes, sizeof(bytes));
	conn_exchange_end(fake.conn);
	conn_set_settle(fake.set);
	ck_assert(fake.conn->is_blocked);
	while (received < sizeof(bytes)) {
		ck_assert_uint_eq(
		    row->has_unsent, conn_output_pending(fake.conn) > 0);
		size = recv(fake.client, bytes, sizeof(bytes), 0);
		if (size > 0)
			received += (size_t)size;
		fake_turn(&fake);
	}
	ck_assert_uint_eq(row->has_unsent, 0);
}
END_TEST

/* Flushing nobody else can go on; lingering it can be drained elsewhere. */
START_TEST(test_end)
{
	static char bytes[1000000];
	const struct ipc_row *row = &fake.rows[0];
	ssize_t size;

	fake_connect(&fake, "unread");
	conn_send(fake.conn, bytes, sizeof(bytes));
	conn_finish(fake.conn, CONN_CLOSE_ANSWERED, true);
	ck_assert_uint_eq(row->exchange, IPC_ROW_PRIVATE);
	conn_set_settle(fake.set);
	ck_assert_uint_eq(row->exchange, IPC_ROW_PRIVATE);
	ck_assert_uint_eq(row->has_unsent, 1);
	do {
		size = recv(fake.client, bytes, sizeof(bytes), 0);
		fake_turn(&fake);
	} while (size != 0);
	ck_assert_uint_eq(row->exchange, IPC_ROW_NONE);
	ck_assert_uint_eq(row->deadline_class, CONN_DEADLINE_LINGER);
	ck_assert_uint_gt(row->due_ms, 0);
	ck_assert_uint_eq(row->has_unsent, 0);
	ck_assert_uint_eq(row->input_size, 0);
	close(fake.client);
	fake.client = -1;
	fake_turn(&fake);
	ck_assert_int_eq(row->fd, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("conn_row");
	TCase *tests = tcase_create("row");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, test_new_one);
	tcase_add_test(tests, test_row_is_used_again);
	tcase_add_test(tests, test_more_connections_than_rows);
	tcase_add_test(tests, test_where_the_loop_is);
	tcase_add_test(tests, test_an_exchange);
	tcase_add_test(tests, test_a_count_that_is_full);
	tcase_add_test(tests, test_input_follows_when_it_is_moved);
	tcase_add_test(tests, test_wait);
	tcase_add_test(tests, test_unsent_until_all_is_sent);
	tcase_add_test(tests, test_end);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
