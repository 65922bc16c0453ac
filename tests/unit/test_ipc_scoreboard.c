/* SPDX-License-Identifier: ISC */
/*
 * The slots are where they must be, and what a worker writes over the area
 * does not matter to whoever unmaps it.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "ipc/ipc_scoreboard.h"
#include "test_unit.h"

static struct error error;

START_TEST(scoreboard_is_empty_and_marked)
{
	struct ipc_scoreboard *board;
	uint32_t i;
	int fd;

	ck_assert_int_eq(ipc_scoreboard_open(5, &board, &fd, &error), 0);
	ck_assert_uint_eq(board->magic, IPC_SCOREBOARD_MAGIC);
	ck_assert_uint_eq(board->layout, IPC_LAYOUT);
	ck_assert_uint_eq(board->slot_count, 5);
	ck_assert_uint_eq(board->slots_used, 0);
	for (i = 0; i < IPC_QUARANTINE_MAX; i++)
		ck_assert_uint_eq(board->claims[i], 0);
	for (i = 0; i < 5; i++) {
		ck_assert_uint_eq(board->slots[i].generation, 0);
		ck_assert_uint_eq((uintptr_t)&board->slots[i] % 64, 0);
	}
	ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	ipc_scoreboard_close(&board, &fd);
	ck_assert_ptr_null(board);
	ck_assert_int_eq(fd, -1);
}
END_TEST

START_TEST(a_size_that_was_overwritten_does_not_matter)
{
	struct ipc_scoreboard *board;
	int fd;

	ck_assert_int_eq(ipc_scoreboard_open(5, &board, &fd, &error), 0);
	board->slot_count = 1000000;
	ipc_scoreboard_close(&board, &fd);
	ck_assert_ptr_null(board);
}
END_TEST

START_TEST(close_of_nothing_does_nothing)
{
	struct ipc_scoreboard *board = NULL;
	int fd = -1;

	ipc_scoreboard_close(&board, &fd);
	ck_assert_ptr_null(board);
	ck_assert_int_eq(fd, -1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ipc_scoreboard");
	TCase *tests = tcase_create("scoreboard");

	tcase_add_test(tests, scoreboard_is_empty_and_marked);
	tcase_add_test(tests, a_size_that_was_overwritten_does_not_matter);
	tcase_add_test(tests, close_of_nothing_does_nothing);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
