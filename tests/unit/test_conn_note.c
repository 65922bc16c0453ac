/* SPDX-License-Identifier: ISC */
/*
 * The output before an unanswered exchange, put together as the signal
 * handler would send it.
 */
#include <sys/mman.h>

#include "conn/conn_block.h"
#include "test_conn_fake.h"

static struct fake fake;
static int file; /* "0123456789" */

static void
set_up(void)
{
	fake_init(&fake);
	file = memfd_create("test", 0);
	ck_assert_int_eq(write(file, "0123456789", 10), 10);
}

static void
tear_down(void)
{
	fake_fini(&fake);
	close(file);
}

static size_t
append_piece(char *to, const struct ipc_piece *piece)
{
	if (piece->fd == -1)
		memcpy(
		    to, (const void *)(uintptr_t)piece->address, piece->size);
	else
		ck_assert_int_eq(
		    pread(piece->fd, to, piece->size, (off_t)piece->address),
		    (ssize_t)piece->size);
	return piece->size;
}

static const char *
noted(void)
{
	static char text[200000];
	size_t size = 0;
	uint32_t i;

	ck_assert_uint_ne(fake.output.row, 0);
	for (i = 0; i < fake.output.count; i++)
		size += append_piece(text + size, &fake.output.pieces[i]);
	text[size] = '\0';
	return text;
}

static void
expect_noted(const struct conn *conn, const char *text)
{
	ck_assert_uint_eq(fake.output.row, conn->row_number);
	ck_assert_str_eq(noted(), text);
}

static void
begin(struct conn *conn)
{
	conn_exchange_begin(conn, conn->request_count, false);
	conn_count_request(conn);
}

static void
answer(struct conn *conn, const char *text)
{
	conn_exchange_answer(conn);
	conn_send_copy(conn, text, strlen(text));
	conn_exchange_end(conn);
}

static void
serve_batch(struct fake *state, struct conn *conn)
{
	fake_consume_all(state, conn);
	begin(conn);
	ck_assert_uint_eq(state->output.row, 0);
	answer(conn, "one");
	begin(conn);
	expect_noted(conn, "one");
	answer(conn, "two");
	begin(conn);
	expect_noted(conn, "onetwo");
	conn_exchange_answer(conn);
	conn_send(conn, "(", 1);
	conn_send_file(conn, file, 3, 4);
	conn_send(conn, ")", 1);
	conn_exchange_end(conn);
	begin(conn);
	expect_noted(conn, "onetwo(3456)");
	ck_assert_uint_eq(state->output.count, 4);
}

static void
expect_nothing_noted(struct fake *state, struct conn *conn)
{
	(void)conn;
	ck_assert_uint_eq(state->output.row, 0);
}

START_TEST(test_batch)
{
	fake.on_input = serve_batch;
	fake.on_writable = expect_nothing_noted;
	fake_connect(&fake, "requests");
	ck_assert_uint_eq(fake.output.row, 0);
	ck_assert_uint_eq(fake.rows[0].exchange, IPC_ROW_UNANSWERED);
	ck_assert_uint_eq(fake.rows[0].has_unsent, 0);
	ck_assert_str_eq(fake_received(&fake), "onetwo(3456)");
}
END_TEST

/* 100 Continue does not come between the application and its 500. */
START_TEST(test_interim_response)
{
	fake_connect(&fake, NULL);
	begin(fake.conn);
	conn_send(fake.conn, "go on", 5);
	expect_noted(fake.conn, "go on");
	conn_send_copy(fake.conn, ", do", 4);
	expect_noted(fake.conn, "go on, do");
	conn_send_copy(fake.conn, "!", 1);
	expect_noted(fake.conn, "go on, do!");
	ck_assert_uint_eq(fake.output.count, 2);
	conn_set_settle(fake.set);
	ck_assert_uint_eq(fake.output.row, 0);
	ck_assert_uint_eq(fake.rows[0].has_unsent, 0);
	answer(fake.conn, "answer");
	ck_assert_uint_eq(fake.output.row, 0);
	conn_set_settle(fake.set);
}
END_TEST

/* Through all kinds of blocks. */
START_TEST(test_long_batch)
{
	char text[701], *all = memory_alloc(64 * 700 + 1);
	size_t size = 0;
	int i;

	fake_connect(&fake, NULL);
	for (i = 0; i < 64; i++) {
		begin(fake.conn);
		if (i > 0)
			expect_noted(fake.conn, all);
		snprintf(text, sizeof(text), "%0*d", i * 11, i);
		answer(fake.conn, text);
		memcpy(all + size, text, strlen(text) + 1);
		size += strlen(text);
	}
	begin(fake.conn);
	expect_noted(fake.conn, all);
	conn_set_settle(fake.set);
	ck_assert_str_eq(fake_received(&fake), all);
	memory_free(all);
}
END_TEST

START_TEST(test_too_many_pieces)
{
	int i;

	fake_connect(&fake, NULL);
	for (i = 0; i < IPC_PIECES_MAX; i++) {
		begin(fake.conn);
		conn_exchange_answer(fake.conn);
		conn_send(fake.conn, "x", 1);
		conn_exchange_end(fake.conn);
	}
	begin(fake.conn);
	ck_assert_uint_eq(fake.output.count, IPC_PIECES_MAX);
	ck_assert_uint_eq(fake.output.row, fake.conn->row_number);
	for (i = 0; i < 2; i++) {
		conn_exchange_answer(fake.conn);
		conn_send(fake.conn, "x", 1);
		conn_exchange_end(fake.conn);
		begin(fake.conn);
		ck_assert_uint_eq(fake.output.row, 0);
		ck_assert_uint_eq(fake.rows[0].has_unsent, 1);
	}
	conn_set_settle(fake.set);
	ck_assert_uint_eq(fake.rows[0].has_unsent, 0);
	answer(fake.conn, "next");
	begin(fake.conn);
	expect_noted(fake.conn, "next");
	conn_set_settle(fake.set);
}
END_TEST

/* While the socket is full; then what was noted begins to go. */
START_TEST(test_blocked)
{
	static char bytes[1000000];
	uint64_t left;

	fake_connect(&fake, NULL);
	begin(fake.conn);
	conn_exchange_answer(fake.conn);
	conn_send(fake.conn, bytes, sizeof(bytes));
	conn_exchange_end(fake.conn);
	conn_set_settle(fake.set);
	left = conn_output_pending(fake.conn);
	ck_assert_uint_gt(left, 0);
	begin(fake.conn);
	conn_set_settle(fake.set);
	ck_assert_uint_eq(fake.output.row, fake.conn->row_number);
	ck_assert_uint_eq(fake.output.count, 1);
	ck_assert_uint_eq(fake.output.pieces[0].size, left);
	ck_assert_uint_eq(fake.output.pieces[0].address,
	    (uintptr_t)bytes + sizeof(bytes) - left);
	while (conn_output_pending(fake.conn) == left) {
		(void)!recv(fake.client, bytes, 100000, 0);
		fake_turn(&fake);
	}
	ck_assert_uint_eq(fake.output.row, 0);
}
END_TEST

START_TEST(test_the_last_one_is_named)
{
	struct conn *first;
	int client;

	fake_connect(&fake, NULL);
	first = fake.conn;
	begin(first);
	answer(first, "first");
	begin(first);
	expect_noted(first, "first");
	client = fake.client;
	fake.client = -1;
	fake.set->is_settling = true; /* nothing is written */
	fake_connect(&fake, NULL);
	fake.set->is_settling = false;
	conn_step(
	    LIST_OBJECT(fake.set->conns.head.previous, struct conn, link));
	begin(fake.conn);
	answer(fake.conn, "second");
	expect_noted(first, "first");
	begin(fake.conn);
	expect_noted(fake.conn, "second");
	conn_close(first, CONN_CLOSE_IDLE, false);
	expect_noted(fake.conn, "second");
	conn_close(fake.conn, CONN_CLOSE_IDLE, false);
	ck_assert_uint_eq(fake.output.row, 0);
	close(client);
}
END_TEST

/* A block that has no piece yet is gone on with. */
START_TEST(test_behind_room)
{
	const size_t most = CONN_BLOCK_SPACE - sizeof(struct conn_piece);

	fake_connect(&fake, NULL);
	begin(fake.conn);
	answer(fake.conn, "one, ");
	ck_assert_ptr_nonnull(conn_send_reserve(fake.conn, most));
	begin(fake.conn);
	expect_noted(fake.conn, "one, ");
	answer(fake.conn, "two");
	begin(fake.conn);
	expect_noted(fake.conn, "one, two");
	conn_set_settle(fake.set);
	ck_assert_uint_eq(fake.output.row, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("conn_note");
	TCase *tests = tcase_create("note");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, test_batch);
	tcase_add_test(tests, test_interim_response);
	tcase_add_test(tests, test_long_batch);
	tcase_add_test(tests, test_too_many_pieces);
	tcase_add_test(tests, test_blocked);
	tcase_add_test(tests, test_the_last_one_is_named);
	tcase_add_test(tests, test_behind_room);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
