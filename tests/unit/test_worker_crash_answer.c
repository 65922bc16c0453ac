/* SPDX-License-Identifier: ISC */
/*
 * What the table says of a connection, and what its client gets.  Rows are
 * written by hand; the other ends are the test's.
 */
#include <sys/socket.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "conn/conn_deadline.h"
#include "test_unit.h"
#include "worker/worker_crash_private.h"

#define ROWS 3

static struct worker_crash crash;
static int fd, clients[ROWS];
static char text[4096];

static void
set_up(void)
{
	struct error error;
	int i, ends[2];

	ck_assert_int_eq(
	    ipc_process_open(1, ROWS, &crash.process, &fd, &error), 0);
	crash.channel = -1;
	crash.row_count = ROWS;
	crash.row = IPC_THREAD_LOOP;
	crash.linger_ms = 1000;
	for (i = 0; i < ROWS; i++) {
		ck_assert_int_eq(
		    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends),
		    0);
		clients[i] = ends[0];
		crash.process->rows[i] = (struct ipc_row) {
			.fd = ends[1] + 1,
			.deadline_class = CONN_DEADLINE_IDLE,
		};
	}
}

static void
tear_down(void)
{
	int i;

	for (i = 0; i < ROWS; i++)
		close(clients[i]);
	ipc_process_close(&crash.process, &fd);
}

static struct ipc_row *
begin(unsigned index, uint64_t id)
{
	struct ipc_row *row = &crash.process->rows[index];

	row->exchange = IPC_ROW_UNANSWERED;
	row->exchange_id = id;
	return row;
}

/* "-": nothing yet; "": the end. */
static const char *
received(unsigned index)
{
	ssize_t size = recv(clients[index], text, sizeof(text) - 1, 0);

	if (size == -1)
		return errno == EAGAIN ? "-" : strerror(errno);
	text[size] = '\0';
	return text;
}

static void
expect_begin(unsigned index, const char *words)
{
	ck_assert_msg(strncmp(received(index), words, strlen(words)) == 0,
	    "row %u: %s", index, text);
}

START_TEST(the_one_that_ran_gets_500)
{
	begin(0, 7);
	begin(2, 8)->input_size = 5;
	crash.exchange_id = 8;
	worker_crash_answer(&crash);
	expect_begin(0, "HTTP/1.1 503 ");
	ck_assert_str_eq(received(1), "-");
	expect_begin(2, "HTTP/1.1 500 ");
	ck_assert_str_eq(received(2), "");
	ck_assert_uint_eq(crash.process->crash.answered, 2);
	ck_assert_uint_eq(crash.process->crash.exchange_id, 8);
	ck_assert_uint_eq(crash.process->rows[2].input_size, 0);
}
END_TEST

START_TEST(an_answer_that_began_is_cut)
{
	begin(1, 7)->exchange = IPC_ROW_ANSWERING;
	crash.exchange_id = 7;
	worker_crash_answer(&crash);
	ck_assert_str_eq(received(1), "");
	ck_assert_int_eq(crash.process->rows[1].fd, 0);
	ck_assert_uint_eq(crash.process->crash.closed, 1);
}
END_TEST

/* Before any application, as in a parser: nobody else is to try that. */
START_TEST(unread_input_that_crashed_is_not_handed_over)
{
	unsigned i;

	for (i = 0; i < ROWS; i++)
		crash.process->rows[i].input_size = i * 10;
	crash.process->rows[2].exchange = IPC_ROW_PROXY;
	crash.process->loop.stepping = 2;
	worker_crash_answer(&crash);
	ck_assert_str_eq(received(0), "-");
	ck_assert_str_eq(received(1), "");
	ck_assert_str_eq(received(2), "-");
	ck_assert_int_eq(crash.process->rows[1].fd, 0);
}
END_TEST

START_TEST(what_another_threads_crash_found_is_handed_over)
{
	crash.process->rows[1].input_size = 10;
	crash.process->loop.stepping = 2;
	crash.row = IPC_THREAD_LOOP + 1;
	worker_crash_answer(&crash);
	ck_assert_str_eq(received(1), "-");
	ck_assert_int_ne(crash.process->rows[1].fd, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("worker_crash_answer");
	TCase *tcase = tcase_create("worker_crash_answer");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, the_one_that_ran_gets_500);
	tcase_add_test(tcase, an_answer_that_began_is_cut);
	tcase_add_test(tcase, unread_input_that_crashed_is_not_handed_over);
	tcase_add_test(tcase, what_another_threads_crash_found_is_handed_over);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
