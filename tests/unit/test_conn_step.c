/* SPDX-License-Identifier: ISC */
#include "test_conn_fake.h"

static struct fake fake;

static void
set_up(void)
{
	fake.settings.output_limit = 1000;
	fake_init(&fake);
}

static void
tear_down(void)
{
	fake_fini(&fake);
}

/* Answers one byte by one byte, as a pipeline of requests. */
static void
answer_one(struct fake *unused, struct conn *conn)
{
	size_t size;
	char *data = conn_input(conn, &size);

	(void)unused;
	if (size == 0)
		return;
	conn_send_copy(conn, data, 1);
	conn_consume(conn, 1);
	if (size > 1)
		conn_wake(conn);
}

START_TEST(test_pipeline_is_answered_by_one_write)
{
	fake.on_input = answer_one;
	fake_connect_with(&fake, SOCK_SEQPACKET, "abcde");
	ck_assert_str_eq(fake_received(&fake), "abcde");
	ck_assert_str_eq(fake.calls,
	    "open input(5) input(4) input(3) input(2) input(1) writable ");
}
END_TEST

static void
answer_much(struct fake *unused, struct conn *conn)
{
	static const char bytes[600];

	(void)unused;
	conn_send(conn, bytes, sizeof(bytes));
	conn_consume(conn, 1);
	conn_wake(conn);
	if (conn_queued_total(conn) == 2400)
		conn_finish(conn, CONN_CLOSE_ANSWERED, false);
}

/* 1200 bytes are above the limit; more input is only seen when they went
 * out. */
START_TEST(test_output_limit)
{
	fake.on_input = answer_much;
	fake_connect(&fake, "abcd");
	ck_assert_str_eq(fake.calls,
	    "open input(4) input(3) writable input(2) input(1) writable "
	    "close(answered) ");
}
END_TEST

START_TEST(test_output_limit_with_a_full_socket)
{
	static char bytes[1000000];
	const int least = 4096;

	fake_connect(&fake, NULL);
	setsockopt(fake.conn->fd, SOL_SOCKET, SO_SNDBUF, &least, sizeof(least));
	conn_send(fake.conn, bytes, sizeof(bytes));
	conn_set_settle(fake.set);
	fake.calls[0] = '\0';
	ck_assert_int_eq(send(fake.client, "x", 1, 0), 1);
	ck_assert_uint_le(fake_count_wakes(&fake, 20), 2);
	ck_assert_str_eq(fake.calls, "");
	while (strstr(fake.calls, "input") == NULL) {
		ck_assert_int_gt(recv(fake.client, bytes, 1500, 0), 0);
		fake_turn(&fake);
	}
	ck_assert_uint_le(conn_output_pending(fake.conn), 500);
}
END_TEST

/* Below the limit, but not below its half. */
START_TEST(test_throttle_has_hysteresis)
{
	struct conn *conn;

	fake_connect(&fake, NULL);
	conn = fake.conn;
	conn->is_blocked = true;
	conn->output.queued = 1001;
	ck_assert(!conn_is_throttled(conn));
	conn_wake(conn);
	conn_set_settle(fake.set);
	ck_assert_str_eq(fake.calls, "open ");
	ck_assert(conn_is_throttled(conn));
	conn->output.sent = 500;
	conn_mark(conn, CONN_MARK_SEND);
	conn_set_settle(fake.set);
	ck_assert_str_eq(fake.calls, "open ");
	conn->output.sent = 501;
	ck_assert(!conn_is_throttled(conn));
	conn_mark(conn, CONN_MARK_SEND);
	conn_set_settle(fake.set);
	ck_assert_str_eq(fake.calls, "open input(0) ");
	conn->output.queued = 501;
}
END_TEST

static void
finish_now(struct fake *unused, struct conn *conn)
{
	(void)unused;
	conn_send(conn, "no", 2);
	conn_finish(conn, CONN_CLOSE_REFUSED, false);
}

static void
close_now(struct fake *unused, struct conn *conn)
{
	(void)unused;
	conn_close(conn, CONN_CLOSE_REFUSED, true);
	conn_set_settle(conn->set);
	ck_assert(conn_is_ending(conn));
}

START_TEST(test_ends_in_open)
{
	fake.on_open = finish_now;
	fake_connect(&fake, NULL);
	ck_assert_str_eq(fake.calls, "open writable close(refused) ");
	ck_assert_str_eq(fake_received(&fake), "no");
}
END_TEST

/* The input of the function that closes stays readable until it returns. */
static void
close_and_read(struct fake *unused, struct conn *conn)
{
	size_t size;
	char *data = conn_input(conn, &size);

	close_now(unused, conn);
	ck_assert_mem_eq(data, "hello", size);
}

static void
send_some(struct fake *unused, struct conn *conn)
{
	(void)unused;
	conn_send(conn, "some", 4);
}

START_TEST(test_closes_in_each_function)
{
	switch (_i) {
	case 0:
		fake.on_open = close_now;
		fake_connect(&fake, "hello");
		ck_assert_str_eq(fake.calls, "open close(refused) ");
		break;
	case 1:
		fake.on_input = close_and_read;
		fake_connect(&fake, "hello");
		ck_assert_str_eq(fake.calls, "open input(5) close(refused) ");
		break;
	case 2:
		fake.on_input = send_some;
		fake.on_writable = close_now;
		fake_connect(&fake, "hello");
		ck_assert_str_eq(
		    fake.calls, "open input(5) writable close(refused) ");
		break;
	case 3:
		fake.on_deadline = close_now;
		fake_connect(&fake, NULL);
		fake.set->deadlines.timeouts_ms[CONN_DEADLINE_BODY] = 1;
		conn_wait(fake.conn, CONN_DEADLINE_BODY);
		conn_set_settle(fake.set);
		fake_run_until_closed(&fake);
		ck_assert_str_eq(
		    fake.calls, "open deadline(2) close(refused) ");
		break;
	}
	ck_assert_uint_eq(conn_set_count(fake.set), 0);
}
END_TEST

static void
queue_more(struct fake *state, struct conn *conn)
{
	if (state->wakes++ < 2)
		conn_send(conn, "x", 1);
}

START_TEST(test_what_on_writable_queues_goes_out)
{
	fake.on_writable = queue_more;
	fake_connect(&fake, NULL);
	conn_send(fake.conn, "x", 1);
	conn_set_settle(fake.set);
	ck_assert_str_eq(fake_received(&fake), "xxx");
	ck_assert_str_eq(fake.calls, "open writable writable writable ");
}
END_TEST

/* A wait that was replaced while its end was on the way has not ended. */
START_TEST(test_new_wait_cancels_the_deadline)
{
	fake_connect(&fake, NULL);
	conn_wait(fake.conn, CONN_DEADLINE_HEAD);
	conn_mark(fake.conn, CONN_MARK_DUE);
	conn_wait(fake.conn, CONN_DEADLINE_IDLE);
	conn_set_settle(fake.set);
	ck_assert_str_eq(fake.calls, "open ");
	ck_assert_int_eq(fake.conn->wait.class, CONN_DEADLINE_IDLE);
}
END_TEST

START_TEST(test_write_guard)
{
	static char bytes[1000000];
	struct conn *conn;
	uint64_t due_ms, sent;

	fake_connect(&fake, NULL);
	conn = fake.conn;
	conn_wait(conn, CONN_DEADLINE_BODY);
	conn_send(conn, bytes, sizeof(bytes));
	conn_set_settle(fake.set);
	ck_assert_int_eq(conn->guard.class, CONN_DEADLINE_WRITE);
	ck_assert_int_eq(conn->wait.class, CONN_DEADLINE_BODY);
	due_ms = conn->guard.due_ms -= 1000;
	conn_wake(conn);
	conn_set_settle(fake.set);
	ck_assert_uint_eq(conn->guard.due_ms, due_ms);
	/* Not begun anew by each write. */
	sent = conn->output.sent;
	while (conn->output.sent == sent) {
		ck_assert_int_gt(recv(fake.client, bytes, sizeof(bytes), 0), 0);
		fake_turn(&fake);
	}
	ck_assert_uint_eq(conn->guard.due_ms, due_ms);
	while (recv(fake.client, bytes, sizeof(bytes), 0) > 0)
		fake_turn(&fake);
	ck_assert_int_eq(conn->guard.class, CONN_DEADLINE_NONE);
	ck_assert(list_is_linked(&conn->wait.link));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("conn_step");
	TCase *tests = tcase_create("step");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, test_pipeline_is_answered_by_one_write);
	tcase_add_test(tests, test_output_limit);
	tcase_add_test(tests, test_output_limit_with_a_full_socket);
	tcase_add_test(tests, test_throttle_has_hysteresis);
	tcase_add_test(tests, test_ends_in_open);
	tcase_add_loop_test(tests, test_closes_in_each_function, 0, 4);
	tcase_add_test(tests, test_what_on_writable_queues_goes_out);
	tcase_add_test(tests, test_new_wait_cancels_the_deadline);
	tcase_add_test(tests, test_write_guard);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
