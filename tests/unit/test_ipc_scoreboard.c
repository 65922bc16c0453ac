/* SPDX-License-Identifier: ISC */
/*
 * A writer that is killed at any time, or whose memory is garbage, must not
 * make the reader believe nonsense.
 */
#include <sys/mman.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ipc/ipc_scoreboard.h"
#include "test_unit.h"

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

static struct error error;
static struct ipc_process *process;
static int process_fd = -1;

static void
open_process(void)
{
	ck_assert_int_eq(
	    ipc_process_open(77, &process, &process_fd, &error), 0);
}

static void
close_process(void)
{
	ipc_process_close(&process, &process_fd);
}

START_TEST(scoreboard_is_empty_and_marked)
{
	struct ipc_scoreboard *board;
	uint32_t i;
	int fd;

	ck_assert_int_eq(ipc_scoreboard_open(5, &board, &fd, &error), 0);
	ck_assert_uint_eq(board->magic, IPC_SCOREBOARD_MAGIC);
	ck_assert_uint_eq(board->layout, IPC_LAYOUT);
	ck_assert_uint_eq(board->slot_count, 5);
	for (i = 0; i < 5; i++) {
		ck_assert_uint_eq(board->slots[i].generation, 0);
		ck_assert_uint_eq((uintptr_t)&board->slots[i] % 64, 0);
	}
	ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	/* Nobody can make it smaller under a reader. */
	ck_assert_int_eq(ftruncate(fd, 64), -1);
	ck_assert_int_eq(errno, EPERM);
	/* What a worker wrote over the size does not matter. */
	board->slot_count = 1000000;
	ipc_scoreboard_close(&board, &fd);
	ck_assert_ptr_null(board);
	ck_assert_int_eq(fd, -1);
}
END_TEST

START_TEST(close_of_nothing_does_nothing)
{
	struct ipc_scoreboard *board = NULL;
	int fd = -1;

	close_process();
	close_process();
	ipc_scoreboard_close(&board, &fd);
	ck_assert_ptr_null(process);
	ck_assert_int_eq(process_fd, -1);
}
END_TEST

/* In a child, which has only the descriptor. */
static void
map_own(void)
{
	if (ipc_process_map(process_fd, &process, &error) == -1)
		_exit(1);
}

START_TEST(a_child_does_not_have_the_masters_mapping)
{
	unsigned char pages;
	int status;
	pid_t pid;

	ck_assert_int_eq(mincore(process, 1, &pages), 0);
	pid = fork();
	if (pid == 0)
		_exit(mincore(process, 1, &pages) == -1 && errno == ENOMEM);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 1);
}
END_TEST

START_TEST(child_writes_and_parent_reads)
{
	const struct ipc_current_words words = {
		.exchange_id = 42,
		.method = "GET",
		.target = "/x",
		.target_size = 2,
		.peer = "::1",
		.what = "/{name}",
	};
	struct ipc_current current;
	int status;
	pid_t pid;

	ck_assert(!ipc_current_read(process, &current));
	pid = fork();
	if (pid == 0) {
		map_own();
		ipc_current_begin(process, 1000, &words);
		raise(SIGKILL);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(ipc_current_read(process, &current));
	ck_assert_uint_eq(current.exchange_id, 42);
	ck_assert_uint_eq(current.since_ms, 1000);
	ck_assert_uint_eq(current.method_size, 3);
	ck_assert_mem_eq(current.method, "GET", 3);
	ck_assert_uint_eq(current.target_size, 2);
	ck_assert_mem_eq(current.target, "/x", 2);
	ck_assert_uint_eq(current.peer_size, 3);
	ck_assert_mem_eq(current.peer, "::1", 3);
	ck_assert_str_eq(current.what, "/{name}");
	ipc_current_end(process);
	ck_assert(!ipc_current_read(process, &current));
}
END_TEST

START_TEST(long_words_are_cut)
{
	static char text[1000];
	const struct ipc_current_words words = {
		.method = text,
		.target = text,
		.target_size = sizeof(text) - 1,
		.peer = text,
		.what = text,
	};
	struct ipc_current current;

	memset(text, 'a', sizeof(text) - 1);
	ipc_current_begin(process, 1, &words);
	ck_assert(ipc_current_read(process, &current));
	ck_assert_uint_eq(current.method_size, sizeof(current.method));
	ck_assert_uint_eq(current.target_size, sizeof(current.target));
	ck_assert_uint_eq(current.peer_size, sizeof(current.peer));
	ck_assert_uint_eq(strlen(current.what), sizeof(current.what) - 1);
}
END_TEST

START_TEST(missing_words_are_empty)
{
	const struct ipc_current_words full = { 1, "PUT", "/", 1, "x", "y" };
	const struct ipc_current_words words = { .exchange_id = 0 };
	struct ipc_current current;

	ipc_current_begin(process, 1, &full);
	ipc_current_begin(process, 2, &words);
	ck_assert(ipc_current_read(process, &current));
	ck_assert_uint_eq(current.exchange_id, 0);
	ck_assert_uint_eq(current.method_size, 0);
	ck_assert_uint_eq(current.target_size, 0);
	ck_assert_uint_eq(current.peer_size, 0);
	ck_assert_str_eq(current.what, "");
}
END_TEST

/* Each makes a good area bad in one way. */
static void
spoil_magic(struct ipc_process *area)
{
	area->magic = 1;
}
static void
spoil_layout(struct ipc_process *area)
{
	area->layout++;
}
static void
spoil_sequence(struct ipc_process *area)
{
	area->current.sequence++; /* died in the middle of a begin */
}
static void
spoil_running(struct ipc_process *area)
{
	area->current.running = 2;
}
static void
spoil_method(struct ipc_process *area)
{
	area->current.method_size = sizeof(area->current.method) + 1;
}
static void
spoil_target(struct ipc_process *area)
{
	area->current.target_size = UINT16_MAX;
}
static void
spoil_peer(struct ipc_process *area)
{
	area->current.peer_size = sizeof(area->current.peer) + 1;
}
static void
spoil_what(struct ipc_process *area)
{
	memset(area->current.what, 'x', sizeof(area->current.what));
}
static void
spoil_all(struct ipc_process *area)
{
	memset(&area->current, 0xff, sizeof(area->current));
}

static void (*const spoilers[])(struct ipc_process *) = {
	spoil_magic,
	spoil_layout,
	spoil_sequence,
	spoil_running,
	spoil_method,
	spoil_target,
	spoil_peer,
	spoil_what,
	spoil_all,
};

START_TEST(garbage_is_refused)
{
	const struct ipc_current_words words = { 1, "PUT", "/", 1, "x", "y" };
	struct ipc_current current;

	ipc_current_begin(process, 1, &words);
	ck_assert(ipc_current_read(process, &current));
	spoilers[_i](process);
	ck_assert(!ipc_current_read(process, &current));
}
END_TEST

static bool
is_uniform(const struct ipc_current *current)
{
	size_t i;

	for (i = 0; i < current->target_size; i++)
		if (current->target[i] != current->what[0])
			return false;
	return current->exchange_id == (uint64_t)current->what[0];
}

/* Begins again and again, each time with another letter everywhere. */
static void
write_for_ever(void)
{
	struct ipc_current_words words = { .method = "GET", .peer = "x" };
	char text[IPC_TEXT_SIZE + 1];
	char letter;

	for (;;)
		for (letter = 'a'; letter <= 'z'; letter++) {
			memset(text, letter, sizeof(text) - 1);
			text[sizeof(text) - 1] = '\0';
			words.exchange_id = (uint64_t)letter;
			words.target = words.what = text;
			words.target_size = sizeof(text) - 1;
			ipc_current_begin(process, 1, &words);
		}
}

START_TEST(what_is_read_is_never_torn)
{
	struct ipc_current current;
	int i, status, good = 0;
	pid_t pid;

	pid = fork();
	if (pid == 0) {
		map_own();
		write_for_ever();
	}
	for (i = 0; good < 2000 && i < 50000000; i++)
		if (ipc_current_read(process, &current)) {
			good++;
			ck_assert(is_uniform(&current));
		}
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(good, 2000);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ipc_scoreboard");
	TCase *tests = tcase_create("scoreboard");

	tcase_add_checked_fixture(tests, open_process, close_process);
	tcase_add_test(tests, scoreboard_is_empty_and_marked);
	tcase_add_test(tests, close_of_nothing_does_nothing);
	tcase_add_test(tests, a_child_does_not_have_the_masters_mapping);
	tcase_add_test(tests, child_writes_and_parent_reads);
	tcase_add_test(tests, long_words_are_cut);
	tcase_add_test(tests, missing_words_are_empty);
	tcase_add_loop_test(tests, garbage_is_refused, 0, ROWS(spoilers));
	tcase_add_test(tests, what_is_read_is_never_torn);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
