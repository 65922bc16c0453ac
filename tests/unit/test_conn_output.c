/* SPDX-License-Identifier: ISC */
#include <sys/mman.h>

#include <signal.h>

#include "conn/conn_block.h"
#include "test_conn_fake.h"

#define LARGE_SIZE ((size_t)3 * 1024 * 1024)

static struct fake fake;
static char *large; /* bytes that differ by their place */
static int file;    /* the same bytes */

static void
set_up(void)
{
	size_t i;

	fake_init(&fake);
	large = memory_alloc(LARGE_SIZE);
	for (i = 0; i < LARGE_SIZE; i++)
		large[i] = (char)(i * 31 + i / 251);
	file = memfd_create("test", 0);
	ck_assert_int_eq(write(file, large, LARGE_SIZE), LARGE_SIZE);
}

static void
tear_down(void)
{
	fake_fini(&fake);
	memory_free(large);
	close(file);
}

static void
shrink_send_buffer(struct conn *conn)
{
	const int size = 4096;

	ck_assert_int_eq(
	    setsockopt(conn->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)),
	    0);
}

/* Reads what comes while the loop runs and compares. */
static void
expect_received(const char *expected, size_t size)
{
	static char part[50000];
	size_t received = 0;
	ssize_t count;
	int idle = 0;

	while (received < size) {
		fake_turn(&fake);
		count = recv(fake.client, part, sizeof(part), 0);
		if (count <= 0) {
			ck_assert_int_lt(++idle, 1000);
			continue;
		}
		idle = 0;
		ck_assert_uint_le(received + (size_t)count, size);
		ck_assert_mem_eq(part, expected + received, count);
		received += (size_t)count;
	}
	fake_turn(&fake);
}

static void
expect_all_sent(uint64_t total)
{
	ck_assert_uint_eq(conn_queued_total(fake.conn), total);
	ck_assert_uint_eq(conn_sent_total(fake.conn), total);
	ck_assert_ptr_null(fake.conn->output.first);
	ck_assert_uint_eq(fake.set->output_pool.taken_count, 0);
}

/* On a socket that keeps records, a write is a record. */
START_TEST(test_many_pieces_are_one_write)
{
	char copied[] = "copied, ";

	fake_connect_with(&fake, SOCK_SEQPACKET, NULL);
	conn_send(fake.conn, "lent, ", 6);
	conn_send_copy(fake.conn, copied, 8);
	memset(copied, 'x', 8);
	conn_send_copy(fake.conn, "twice, ", 7);
	conn_send(fake.conn, "", 0);
	conn_send(fake.conn, "lent", 4);
	ck_assert_uint_eq(conn_queued_total(fake.conn), 25);
	ck_assert_uint_eq(conn_sent_total(fake.conn), 0);
	conn_set_settle(fake.set);
	ck_assert_str_eq(fake_received(&fake), "lent, copied, twice, lent");
	ck_assert_str_eq(fake_received(&fake), "(nothing)");
	ck_assert_str_eq(fake.calls, "open writable ");
	expect_all_sent(25);
}
END_TEST

static void
write_part(const char *data, size_t size)
{
	char *room = conn_send_reserve(fake.conn, 1000);

	ck_assert_ptr_nonnull(room);
	memcpy(room, data, size);
	conn_send_commit(fake.conn, size);
}

static void
write_there(const char *text)
{
	write_part(text, strlen(text));
}

/* Copies and what was written in place are one piece. */
START_TEST(test_written_in_place)
{
	fake_connect_with(&fake, SOCK_SEQPACKET, NULL);
	write_there("one, ");
	write_there("two, ");
	conn_send_copy(fake.conn, "copied, ", 8);
	write_there("three, ");
	ck_assert_uint_eq(fake.conn->output.first->count, 1);
	conn_send(fake.conn, "lent, ", 6);
	write_there("four");
	ck_assert_uint_eq(fake.conn->output.first->count, 3);
	conn_set_settle(fake.set);
	ck_assert_str_eq(
	    fake_received(&fake), "one, two, copied, three, lent, four");
	expect_all_sent(35);
}
END_TEST

/* It may move on to another block, and is not needed to be used. */
START_TEST(test_room_is_not_used)
{
	const size_t most = CONN_BLOCK_SPACE - sizeof(struct conn_piece);

	fake_connect(&fake, NULL);
	ck_assert_ptr_null(conn_send_reserve(fake.conn, most + 1));
	conn_send(fake.conn, "lent, ", 6);
	ck_assert_ptr_nonnull(conn_send_reserve(fake.conn, most));
	conn_set_settle(fake.set);
	ck_assert_str_eq(fake_received(&fake), "lent, ");
	ck_assert_uint_eq(conn_sent_total(fake.conn), 6);
	conn_send_copy(fake.conn, "copied", 6);
	conn_set_settle(fake.set);
	ck_assert_str_eq(fake_received(&fake), "copied");
	expect_all_sent(12);
	ck_assert_ptr_nonnull(conn_send_reserve(fake.conn, most));
	conn_finish(fake.conn, CONN_CLOSE_ANSWERED, false);
	ck_assert_ptr_null(conn_send_reserve(fake.conn, 1));
	conn_send_commit(fake.conn, 1);
	conn_set_settle(fake.set);
	ck_assert_uint_eq(fake.set->output_pool.taken_count, 0);
}
END_TEST

START_TEST(test_more_than_was_reserved_panics)
{
	const size_t most = CONN_BLOCK_SPACE - sizeof(struct conn_piece);

	fake_connect(&fake, NULL);
	ck_assert_ptr_nonnull(conn_send_reserve(fake.conn, most));
	conn_send_commit(fake.conn, most + 1);
}
END_TEST

START_TEST(test_more_pieces_than_one_write_takes)
{
	int i;

	fake_connect(&fake, NULL);
	for (i = 0; i < 1000; i++)
		conn_send(fake.conn, large + i, 1);
	conn_set_settle(fake.set);
	expect_received(large, 1000);
	expect_all_sent(1000);
	ck_assert_str_eq(fake.calls, "open writable ");
}
END_TEST

START_TEST(test_copies_across_blocks)
{
	size_t sent = 0, size;

	fake_connect(&fake, NULL);
	for (size = 1; sent + size < 100000; size += 97) {
		conn_send_copy(fake.conn, large + sent, size);
		sent += size;
	}
	conn_set_settle(fake.set);
	expect_received(large, sent);
	expect_all_sent(sent);
}
END_TEST

START_TEST(test_alternating_pieces)
{
	size_t sent = 0;
	int i;

	fake_connect(&fake, NULL);
	shrink_send_buffer(fake.conn);
	for (i = 0; i < 2000; i++) {
		if (i % 3 == 0)
			conn_send(fake.conn, large + sent, 37);
		else if (i % 7 == 1)
			write_part(large + sent, 37);
		else if (i % 50 == 1)
			conn_send_file(fake.conn, file, (int64_t)sent, 37);
		else
			conn_send_copy(fake.conn, large + sent, 37);
		sent += 37;
	}
	conn_set_settle(fake.set);
	expect_received(large, sent);
	expect_all_sent(sent);
}
END_TEST

START_TEST(test_large_pieces_through_a_small_buffer)
{
	const size_t part = 700000;

	fake_connect(&fake, NULL);
	shrink_send_buffer(fake.conn);
	conn_send(fake.conn, large, part);
	conn_send_copy(fake.conn, large + part, part);
	conn_send_file(fake.conn, file, (int64_t)part * 2, (int64_t)part);
	conn_send(fake.conn, large + part * 3, part);
	conn_set_settle(fake.set);
	ck_assert(fake.conn->is_blocked);
	ck_assert_uint_lt(conn_sent_total(fake.conn), part);
	ck_assert_uint_gt(conn_sent_total(fake.conn), 0);
	expect_received(large, part * 4);
	expect_all_sent(part * 4);
	ck_assert(!fake.conn->is_blocked);
}
END_TEST

START_TEST(test_fair_share)
{
	fake_connect_tcp(&fake);
	conn_send_file(fake.conn, file, 0, (int64_t)LARGE_SIZE);
	conn_set_settle(fake.set);
	ck_assert(fake.conn->is_blocked);
	ck_assert_uint_le(conn_sent_total(fake.conn), 1024 * 1024);
	expect_received(large, LARGE_SIZE);
	expect_all_sent(LARGE_SIZE);
}
END_TEST

START_TEST(test_file_that_is_too_short)
{
	fake_connect(&fake, NULL);
	conn_send(fake.conn, "head", 4);
	conn_send_file(fake.conn, file, (int64_t)LARGE_SIZE - 3, 10);
	conn_send(fake.conn, "tail", 4);
	conn_set_settle(fake.set);
	fake_turn(&fake);
	ck_assert_str_eq(fake.calls, "open writable close(cut) ");
	ck_assert_int_eq(recv(fake.client, large, 100, 0), 7);
	ck_assert_int_eq(recv(fake.client, large, 100, 0), 0);
}
END_TEST

START_TEST(test_what_is_no_file)
{
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	close(ends[0]);
	fake_connect(&fake, NULL);
	conn_send_file(fake.conn, ends[1], 0, 10);
	conn_set_settle(fake.set);
	ck_assert_str_eq(fake.calls, "open close(cut) ");
	close(ends[1]);
}
END_TEST

START_TEST(test_client_that_is_gone)
{
	fake_connect(&fake, NULL);
	close(fake.client);
	fake.client = -1;
	conn_send(fake.conn, "hello", 5);
	conn_set_settle(fake.set);
	ck_assert_str_eq(fake.calls, "open close(reset) ");
}
END_TEST

START_TEST(test_full_beyond_the_limit)
{
	fake_connect(&fake, NULL);
	conn_send(fake.conn, large, 1 << 20);
	ck_assert(!conn_output_is_full(fake.conn));
	conn_send(fake.conn, large, 1);
	ck_assert(conn_output_is_full(fake.conn));
}
END_TEST

START_TEST(test_nothing_is_queued_once_ending)
{
	fake_connect(&fake, NULL);
	conn_send(fake.conn, "hello", 5);
	conn_finish(fake.conn, CONN_CLOSE_ANSWERED, false);
	conn_send(fake.conn, "x", 1);
	conn_send_copy(fake.conn, "x", 1);
	conn_send_file(fake.conn, file, 0, 1);
	ck_assert_uint_eq(conn_queued_total(fake.conn), 5);
	conn_set_settle(fake.set);
	ck_assert_str_eq(fake_received(&fake), "hello");
}
END_TEST

START_TEST(test_close_forgets_the_queue)
{
	fake_connect(&fake, NULL);
	shrink_send_buffer(fake.conn);
	conn_send_copy(fake.conn, large, 1000000);
	conn_set_settle(fake.set);
	conn_close(fake.conn, CONN_CLOSE_CUT, true);
	conn_set_settle(fake.set);
	ck_assert_str_eq(fake.calls, "open writable close(cut) ");
	ck_assert_uint_eq(fake.set->output_pool.taken_count, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("conn_output");
	TCase *tests = tcase_create("output");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, test_many_pieces_are_one_write);
	tcase_add_test(tests, test_written_in_place);
	tcase_add_test(tests, test_room_is_not_used);
	tcase_add_test_raise_signal(
	    tests, test_more_than_was_reserved_panics, SIGABRT);
	tcase_add_test(tests, test_more_pieces_than_one_write_takes);
	tcase_add_test(tests, test_copies_across_blocks);
	tcase_add_test(tests, test_alternating_pieces);
	tcase_add_test(tests, test_large_pieces_through_a_small_buffer);
	tcase_add_test(tests, test_fair_share);
	tcase_add_test(tests, test_file_that_is_too_short);
	tcase_add_test(tests, test_what_is_no_file);
	tcase_add_test(tests, test_client_that_is_gone);
	tcase_add_test(tests, test_full_beyond_the_limit);
	tcase_add_test(tests, test_nothing_is_queued_once_ending);
	tcase_add_test(tests, test_close_forgets_the_queue);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
