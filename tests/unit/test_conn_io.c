/* SPDX-License-Identifier: ISC */
#include "test_conn_fake.h"

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
end_client_output(void)
{
	shutdown(fake.client, SHUT_WR);
	fake_turn(&fake);
	ck_assert(conn_input_ended(fake.conn));
	fake.calls[0] = '\0';
}

static void
fill_input(void)
{
	static const char bytes[CONN_INPUT_SIZE + 100];

	ck_assert_int_eq(
	    send(fake.client, bytes, sizeof(bytes), 0), (ssize_t)sizeof(bytes));
	fake_turn(&fake);
	fake_turn(&fake);
	ck_assert(conn_input_is_full(fake.conn));
	fake.calls[0] = '\0';
}

/* A request that is answered later, with the client's FIN read. */
START_TEST(test_no_spin_after_fin)
{
	if (_i == 0)
		fake_connect_tcp(&fake);
	else
		fake_connect(&fake, NULL);
	end_client_output();
	ck_assert_uint_le(fake_count_wakes(&fake, 200), 1);
	ck_assert_str_eq(fake.calls, "");
	ck_assert(!conn_is_ending(fake.conn));
}
END_TEST

START_TEST(test_answer_after_fin)
{
	fake_connect_tcp(&fake);
	end_client_output();
	conn_send(fake.conn, "late", 4);
	conn_finish(fake.conn, CONN_CLOSE_ANSWERED, true);
	conn_set_settle(fake.set);
	ck_assert_str_eq(fake.calls, "writable close(answered) ");
	ck_assert_str_eq(fake_received(&fake), "late");
	ck_assert_str_eq(fake_received(&fake), "");
}
END_TEST

START_TEST(test_reset_after_fin)
{
	fake_connect_tcp(&fake);
	end_client_output();
	fake_count_wakes(&fake, 10);
	fake_reset(&fake);
	fake_turn(&fake);
	ck_assert_str_eq(fake.calls, "close(reset) ");
}
END_TEST

START_TEST(test_hang_up_after_fin)
{
	fake_connect(&fake, NULL);
	end_client_output();
	fake_count_wakes(&fake, 10);
	close(fake.client);
	fake.client = -1;
	fake_turn(&fake);
	ck_assert_str_eq(fake.calls, "close(reset) ");
}
END_TEST

START_TEST(test_no_spin_with_full_buffer)
{
	fake_connect_tcp(&fake);
	fill_input();
	ck_assert_uint_le(fake_count_wakes(&fake, 100), 1);
	ck_assert_int_eq(send(fake.client, "more", 4, 0), 4);
	ck_assert_uint_le(fake_count_wakes(&fake, 100), 1);
	shutdown(fake.client, SHUT_WR);
	ck_assert_uint_le(fake_count_wakes(&fake, 100), 1);
	ck_assert(!conn_input_ended(fake.conn));
	ck_assert_str_eq(fake.calls, "");
}
END_TEST

START_TEST(test_reset_with_full_buffer)
{
	fake_connect_tcp(&fake);
	fill_input();
	fake_count_wakes(&fake, 10);
	fake_reset(&fake);
	fake_turn(&fake);
	ck_assert_str_eq(fake.calls, "close(reset) ");
}
END_TEST

START_TEST(test_end_comes_after_what_was_before_it)
{
	fake_connect_tcp(&fake);
	fill_input();
	shutdown(fake.client, SHUT_WR);
	fake_turn(&fake);
	fake.on_input = fake_consume_all;
	conn_wake(fake.conn);
	conn_set_settle(fake.set);
	fake_turn(&fake);
	fake_turn(&fake);
	ck_assert_str_eq(fake.calls, "input(20480) input(100) input(0,end) ");
}
END_TEST

static void
check_watch(short expected)
{
	ck_assert_int_eq(fake.conn->watched, expected);
	ck_assert_int_eq(
	    event_pending(&fake.conn->event, EV_READ | EV_WRITE, NULL),
	    expected & (EV_READ | EV_WRITE));
}

START_TEST(test_watched_events)
{
	static char bytes[1000000];

	fake_connect(&fake, NULL);
	check_watch(EV_READ);
	conn_send(fake.conn, bytes, sizeof(bytes));
	conn_set_settle(fake.set);
	check_watch(EV_READ | EV_WRITE);
	end_client_output();
	check_watch(EV_WRITE);
	while (recv(fake.client, bytes, sizeof(bytes), 0) > 0)
		fake_turn(&fake);
	check_watch(EV_WRITE | EV_ET);
}
END_TEST

/* The client takes nothing. */
START_TEST(test_blocked_socket_does_not_spin)
{
	static char bytes[1000000];

	fake_connect(&fake, NULL);
	conn_send(fake.conn, bytes, sizeof(bytes));
	conn_set_settle(fake.set);
	ck_assert_uint_eq(fake_count_wakes(&fake, 60), 0);
	ck_assert_str_eq(fake.calls, "open writable ");
}
END_TEST

START_TEST(test_reset_while_blocked)
{
	static char bytes[8000000];

	fake_connect_tcp(&fake);
	conn_send(fake.conn, bytes, sizeof(bytes));
	conn_set_settle(fake.set);
	ck_assert_uint_lt(conn_sent_total(fake.conn), sizeof(bytes));
	end_client_output();
	fake_reset(&fake);
	fake_turn(&fake);
	ck_assert_str_eq(fake.calls, "close(reset) ");
}
END_TEST

/* Without SO_LINGER the client would see an orderly end. */
START_TEST(test_hard_close_resets)
{
	char byte;

	fake_connect_tcp(&fake);
	conn_close(fake.conn, CONN_CLOSE_CUT, _i == 0);
	conn_set_settle(fake.set);
	ck_assert_int_eq(recv(fake.client, &byte, 1, 0), _i == 0 ? -1 : 0);
	if (_i == 0)
		ck_assert_int_eq(errno, ECONNRESET);
}
END_TEST

START_TEST(test_lost_errors)
{
	ck_assert(conn_io_is_lost(ECONNRESET));
	ck_assert(conn_io_is_lost(EPIPE));
	ck_assert(conn_io_is_lost(ETIMEDOUT));
	ck_assert(!conn_io_is_lost(EIO));
	ck_assert(!conn_io_is_lost(ENOMEM));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("conn_io");
	TCase *tests = tcase_create("io");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_loop_test(tests, test_no_spin_after_fin, 0, 2);
	tcase_add_test(tests, test_answer_after_fin);
	tcase_add_test(tests, test_reset_after_fin);
	tcase_add_test(tests, test_hang_up_after_fin);
	tcase_add_test(tests, test_no_spin_with_full_buffer);
	tcase_add_test(tests, test_reset_with_full_buffer);
	tcase_add_test(tests, test_end_comes_after_what_was_before_it);
	tcase_add_test(tests, test_watched_events);
	tcase_add_test(tests, test_blocked_socket_does_not_spin);
	tcase_add_test(tests, test_reset_while_blocked);
	tcase_add_loop_test(tests, test_hard_close_resets, 0, 2);
	tcase_add_test(tests, test_lost_errors);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
