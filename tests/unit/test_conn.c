/* SPDX-License-Identifier: ISC */
#include "test_conn_fake.h"
#include "test_network.h"

static struct fake fake;

static void
set_up(void)
{
	fake_init(&fake);
}

static void
tear_down(void)
{
	fake_fini(&fake);
}

static void
finish(bool linger)
{
	conn_send(fake.conn, "bye", 3);
	conn_finish(fake.conn, CONN_CLOSE_ANSWERED, linger);
	conn_set_settle(fake.set);
}

START_TEST(test_finish_closes_when_sent)
{
	fake_connect(&fake, NULL);
	finish(false);
	ck_assert_str_eq(fake.calls, "open writable close(answered) ");
	ck_assert_str_eq(fake_received(&fake), "bye");
	ck_assert_str_eq(fake_received(&fake), "");
	ck_assert_uint_eq(fake.closed[CONN_CLOSE_ANSWERED], 1);
	ck_assert_uint_eq(conn_set_count(fake.set), 0);
}
END_TEST

START_TEST(test_finish_waits_for_the_socket)
{
	static char bytes[1000000];
	size_t received = 0;
	ssize_t size;

	fake_connect(&fake, NULL);
	conn_send(fake.conn, bytes, sizeof(bytes));
	finish(false);
	ck_assert_int_eq(fake.conn->state, CONN_STATE_FLUSHING);
	while ((size = recv(fake.client, bytes, sizeof(bytes), 0)) > 0) {
		received += (size_t)size;
		fake_turn(&fake);
	}
	ck_assert_int_eq(size, 0);
	ck_assert_uint_eq(received, sizeof(bytes) + 3);
	ck_assert_ptr_null(fake.conn);
}
END_TEST

START_TEST(test_linger_drops_until_the_client_closes)
{
	static const char bytes[50000];

	fake_connect_tcp(&fake);
	finish(true);
	ck_assert_int_eq(fake.conn->state, CONN_STATE_LINGERING);
	ck_assert_str_eq(fake_received(&fake), "bye");
	ck_assert_str_eq(fake_received(&fake), "");
	ck_assert_int_eq(
	    send(fake.client, bytes, sizeof(bytes), 0), sizeof(bytes));
	fake_turn(&fake);
	ck_assert_int_eq(fake.conn->state, CONN_STATE_LINGERING);
	ck_assert_uint_eq(fake.set->input_pool.taken_count, 0);
	close(fake.client);
	fake.client = -1;
	fake_run_until_closed(&fake);
	ck_assert_str_eq(fake.calls, "open writable close(answered) ");
}
END_TEST

START_TEST(test_no_linger_after_the_clients_end)
{
	fake_connect_tcp(&fake);
	shutdown(fake.client, SHUT_WR);
	fake_turn(&fake);
	finish(true);
	ck_assert_str_eq(
	    fake.calls, "open input(0,end) writable close(answered) ");
}
END_TEST

/* What the client pipelined must not turn its response into a reset. */
START_TEST(test_input_left_lingers)
{
	fake_connect(&fake, "unread");
	finish(false);
	ck_assert_int_eq(fake.conn->state, CONN_STATE_LINGERING);
	ck_assert_ptr_null(fake.conn->input.data);
}
END_TEST

/* The client writes all before it reads: what it writes is taken away while
 * the response waits. */
START_TEST(test_drops_input_while_flushing)
{
	static char bytes[1000000];

	fake_connect(&fake, NULL);
	conn_send(fake.conn, bytes, sizeof(bytes));
	finish(true);
	ck_assert_int_eq(fake.conn->state, CONN_STATE_FLUSHING);
	ck_assert_int_eq(send(fake.client, bytes, 20000, 0), 20000);
	fake_turn(&fake);
	fake_turn(&fake);
	ck_assert_int_eq(recv(fake.conn->fd, bytes, 1, MSG_PEEK), -1);
	ck_assert_str_eq(fake.calls, "open writable ");
}
END_TEST

START_TEST(test_close)
{
	bool hard = _i == 0;

	fake_connect(&fake, NULL);
	conn_send(fake.conn, "lost", 4);
	conn_close(fake.conn, CONN_CLOSE_REFUSED, hard);
	ck_assert(conn_is_ending(fake.conn));
	ck_assert_str_eq(fake.calls, "open ");
	conn_close(fake.conn, CONN_CLOSE_CUT, hard);
	conn_finish(fake.conn, CONN_CLOSE_CUT, true);
	conn_wake(fake.conn);
	conn_wait(fake.conn, CONN_DEADLINE_BODY);
	conn_set_settle(fake.set);
	ck_assert_str_eq(fake.calls, "open close(refused) ");
	ck_assert_str_eq(fake_received(&fake), "");
	ck_assert_uint_eq(fake.on_closed_calls, 1);
}
END_TEST

START_TEST(test_close_while_flushing)
{
	static char bytes[1000000];

	fake_connect(&fake, NULL);
	conn_send(fake.conn, bytes, sizeof(bytes));
	finish(false);
	conn_finish(fake.conn, CONN_CLOSE_IDLE, true);
	ck_assert(!fake.conn->lingers);
	conn_close(fake.conn, CONN_CLOSE_SHUTDOWN, false);
	conn_set_settle(fake.set);
	ck_assert_str_eq(fake.calls, "open writable close(shutdown) ");
}
END_TEST

START_TEST(test_description)
{
	struct buffer line;
	char storage[200];
	struct conn *conn;

	fake_connect(&fake, NULL);
	conn = fake.conn;
	buffer_init_fixed(&line, storage, sizeof(storage));
	ck_assert_ptr_eq(conn->scope.object, conn);
	conn->scope.describe(conn, &line);
	ck_assert_str_eq(line.data, ", connection 1 from unix");
	conn->peer = (struct http_peer) { network_of("10.0.0.1"), 80 };
	buffer_clear(&line);
	conn_describe(conn, &line);
	ck_assert_str_eq(line.data, ", connection 1 from 10.0.0.1:80");
	conn->peer = (struct http_peer) { network_of("::1"), 80 };
	buffer_clear(&line);
	conn_describe(conn, &line);
	ck_assert_str_eq(line.data, ", connection 1 from [::1]:80");
}
END_TEST

/* Most connections are idle, and this is most of what those cost. */
START_TEST(test_size)
{
	ck_assert_uint_le(
	    sizeof(struct conn) - sizeof(struct event) + IPC_ROW_SIZE, 344);
}
END_TEST

START_TEST(test_values)
{
	int mine;

	fake_connect(&fake, NULL);
	ck_assert_ptr_null(conn_state(fake.conn));
	conn_set_state(fake.conn, &mine);
	ck_assert_ptr_eq(conn_state(fake.conn), &mine);
	ck_assert_ptr_eq(conn_context(fake.conn), &fake);
	network_expect(&conn_peer(fake.conn)->address, "unix");
	ck_assert(!conn_is_ending(fake.conn));
	ck_assert(!conn_is_retiring(fake.conn));
}
END_TEST

START_TEST(test_waits_of_the_core_panic)
{
	fake_connect(&fake, NULL);
	conn_wait(fake.conn, CONN_DEADLINE_LINGER);
}
END_TEST

/* "A few hundred bytes per idle connection": libevent's part is 128. */
START_TEST(test_size_of_a_connection)
{
	ck_assert_uint_le(sizeof(struct conn), 512);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("conn");
	TCase *tests = tcase_create("conn");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, test_finish_closes_when_sent);
	tcase_add_test(tests, test_finish_waits_for_the_socket);
	tcase_add_test(tests, test_linger_drops_until_the_client_closes);
	tcase_add_test(tests, test_no_linger_after_the_clients_end);
	tcase_add_test(tests, test_input_left_lingers);
	tcase_add_test(tests, test_drops_input_while_flushing);
	tcase_add_loop_test(tests, test_close, 0, 2);
	tcase_add_test(tests, test_close_while_flushing);
	tcase_add_test(tests, test_description);
	tcase_add_test(tests, test_values);
	tcase_add_test(tests, test_size);
	tcase_add_test_raise_signal(
	    tests, test_waits_of_the_core_panic, SIGABRT);
	tcase_add_test(tests, test_size_of_a_connection);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
