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
write_bytes(size_t size)
{
	char *bytes = memory_alloc(size);
	size_t i;

	for (i = 0; i < size; i++)
		bytes[i] = (char)('a' + i % 26);
	ck_assert_int_eq(send(fake.client, bytes, size, 0), size);
	memory_free(bytes);
}

static void
expect_input(const char *text)
{
	size_t size;
	char *data = conn_input(fake.conn, &size);

	ck_assert_uint_eq(size, strlen(text));
	ck_assert_mem_eq(data, text, size);
}

static void
consume_two(struct fake *unused, struct conn *conn)
{
	(void)unused;
	conn_consume(conn, 2);
}

START_TEST(test_accept_reads_at_once)
{
	fake_connect(&fake, "hello");
	ck_assert_str_eq(fake.calls, "open input(5) ");
	expect_input("hello");
}
END_TEST

START_TEST(test_what_is_left_stays)
{
	fake.on_input = consume_two;
	fake_connect(&fake, "hello");
	expect_input("llo");
	ck_assert_int_eq(send(fake.client, "w", 1, 0), 1);
	fake_turn(&fake);
	ck_assert_str_eq(fake.calls, "open input(5) input(4) ");
	expect_input("ow");
}
END_TEST

static bool were_early[2]; /* before two bytes are consumed, and behind */

static void
consume_and_judge(struct fake *unused, struct conn *conn)
{
	(void)unused;
	were_early[0] = conn_input_is_early(conn);
	conn_consume(conn, 2);
	were_early[1] = conn_input_is_early(conn);
}

/* What accept(2) found may have been sent since epoll told of it, and so may
 * what one read brought behind the first request. */
START_TEST(test_only_the_first_byte_of_a_turn_is_early)
{
	fake.on_input = consume_and_judge;
	fake_connect(&fake, "hello");
	ck_assert(!were_early[0] && !were_early[1]);
	ck_assert_int_eq(send(fake.client, "w", 1, 0), 1);
	fake_turn(&fake);
	ck_assert(were_early[0] && !were_early[1]);
	expect_input("ow");
}
END_TEST

START_TEST(test_idle_connection_holds_no_buffer)
{
	fake_connect(&fake, NULL);
	ck_assert_ptr_null(fake.conn->input.data);
	fake.on_input = fake_consume_all;
	write_bytes(100);
	fake_turn(&fake);
	ck_assert_str_eq(fake.calls, "open input(100) ");
	ck_assert_ptr_null(fake.conn->input.data);
	ck_assert_uint_eq(fake.set->input_pool.taken_count, 0);
	ck_assert_uint_eq(fake.set->input_pool.free_count, 1);
}
END_TEST

START_TEST(test_nothing_is_null)
{
	size_t size = 1;

	fake_connect(&fake, NULL);
	ck_assert_ptr_null(conn_input(fake.conn, &size));
	ck_assert_uint_eq(size, 0);
}
END_TEST

START_TEST(test_consumed_beyond_its_end_panics)
{
	fake_connect(&fake, "hello");
	conn_consume(fake.conn, 6);
}
END_TEST

/* The rest is moved to the front when the end was reached. */
START_TEST(test_buffer_is_used_again_from_its_begin)
{
	size_t size;
	char *data;

	fake_connect(&fake, NULL);
	write_bytes(CONN_INPUT_SIZE + 10);
	fake_turn(&fake);
	ck_assert(conn_input_is_full(fake.conn));
	conn_consume(fake.conn, CONN_INPUT_SIZE - 3);
	conn_wake(fake.conn);
	conn_set_settle(fake.set);
	fake_turn(&fake);
	data = conn_input(fake.conn, &size);
	ck_assert_uint_eq(size, 13);
	ck_assert_int_eq(data[0], 'a' + (CONN_INPUT_SIZE - 3) % 26);
	ck_assert_int_eq(data[12], 'a' + (CONN_INPUT_SIZE + 9) % 26);
	ck_assert_uint_eq(fake.conn->input.start, 0);
}
END_TEST

START_TEST(test_full_buffer_stops_reading)
{
	fake_connect(&fake, NULL);
	write_bytes(CONN_INPUT_SIZE + 10);
	fake_turn(&fake);
	ck_assert_str_eq(fake.calls, "open input(20480) ");
	ck_assert_uint_le(fake_count_wakes(&fake, 50), 1);
	ck_assert_str_eq(fake.calls, "open input(20480) ");
	fake.on_input = fake_consume_all;
	conn_wake(fake.conn);
	conn_set_settle(fake.set);
	fake_turn(&fake);
	ck_assert_str_eq(
	    fake.calls, "open input(20480) input(20480) input(10) ");
}
END_TEST

static void
grow(struct fake *unused, struct conn *conn)
{
	size_t size;

	(void)unused;
	conn_input(conn, &size);
	if (size < 30000)
		conn_input_grow(conn, 30000);
	else
		conn_consume(conn, size);
}

START_TEST(test_grown_buffer)
{
	fake.on_input = grow;
	fake_connect(&fake, NULL);
	write_bytes(100);
	fake_turn(&fake);
	ck_assert_uint_eq(fake.conn->input.capacity, 30000);
	ck_assert_uint_eq(fake.set->input_pool.taken_count, 0);
	ck_assert_mem_eq(fake.conn->input.data, "abcdef", 6);
	write_bytes(29900);
	fake_turn(&fake);
	ck_assert_str_eq(fake.calls, "open input(100) input(30000) ");
	ck_assert_ptr_null(fake.conn->input.data);
	write_bytes(1);
	fake_turn(&fake);
	ck_assert_uint_eq(fake.conn->input.capacity, 30000);
}
END_TEST

START_TEST(test_end_is_told_once)
{
	fake_connect(&fake, "hello");
	shutdown(fake.client, SHUT_WR);
	fake_turn(&fake);
	fake_turn(&fake);
	ck_assert_str_eq(fake.calls, "open input(5) input(5,end) ");
	ck_assert(conn_input_ended(fake.conn));
}
END_TEST

START_TEST(test_reset_closes)
{
	fake_connect_tcp(&fake);
	fake_reset(&fake);
	fake_turn(&fake);
	ck_assert_str_eq(fake.calls, "open close(reset) ");
	ck_assert_uint_eq(fake.closed[CONN_CLOSE_RESET], 1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("conn_input");
	TCase *tests = tcase_create("input");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, test_accept_reads_at_once);
	tcase_add_test(tests, test_what_is_left_stays);
	tcase_add_test(tests, test_only_the_first_byte_of_a_turn_is_early);
	tcase_add_test(tests, test_idle_connection_holds_no_buffer);
	tcase_add_test(tests, test_nothing_is_null);
	tcase_add_test_raise_signal(
	    tests, test_consumed_beyond_its_end_panics, SIGABRT);
	tcase_add_test(tests, test_buffer_is_used_again_from_its_begin);
	tcase_add_test(tests, test_full_buffer_stops_reading);
	tcase_add_test(tests, test_grown_buffer);
	tcase_add_test(tests, test_end_is_told_once);
	tcase_add_test(tests, test_reset_closes);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
