/* SPDX-License-Identifier: ISC */
#include <sys/syscall.h>

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/base_fd.h"
#include "test_unit.h"
#include "worker/worker_crash.h"
#include "worker/worker_crash_private.h"
#include "worker/worker_private.h"

#define ROW 3

static struct worker worker;
static int fd;

static void
set_up(void)
{
	struct error error;

	ck_assert_int_eq(
	    ipc_process_open(1, 0, &worker.process, &fd, &error), 0);
}

static void
tear_down(void)
{
	ipc_process_close(&worker.process, &fd);
}

struct seen {
	uint32_t tid, row, row_after;
	bool has_stack, has_stack_after;
	bool is_report_admitted, is_stop_admitted;
};

static bool
has_stack(void)
{
	stack_t stack;

	return sigaltstack(NULL, &stack) == 0 &&
	    (stack.ss_flags & SS_DISABLE) == 0;
}

static bool
is_admitted(int signal)
{
	sigset_t blocked;

	pthread_sigmask(SIG_BLOCK, NULL, &blocked);
	return sigismember(&blocked, signal) == 0;
}

static void *
run(void *context)
{
	struct seen *seen = context;
	struct error error;
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	if (worker_thread_begin(&worker, ROW, &error) == -1)
		return context;
	seen->tid = (uint32_t)syscall(SYS_gettid);
	seen->row = worker.process->threads[ROW].tid;
	seen->has_stack = has_stack();
	seen->is_report_admitted = is_admitted(SIGUSR2);
	seen->is_stop_admitted = is_admitted(WORKER_CRASH_STOP);
	worker_thread_end(&worker, ROW);
	seen->row_after = worker.process->threads[ROW].tid;
	seen->has_stack_after = has_stack();
	return NULL;
}

START_TEST(a_thread_has_its_row_and_its_stack)
{
	struct seen seen;
	pthread_t thread;
	void *failed;

	memset(&seen, 0, sizeof(seen));
	ck_assert_int_eq(pthread_create(&thread, NULL, run, &seen), 0);
	ck_assert_int_eq(pthread_join(thread, &failed), 0);
	ck_assert_ptr_null(failed);
	ck_assert_uint_ne(seen.tid, 0);
	ck_assert_uint_eq(seen.row, seen.tid);
	ck_assert(seen.has_stack);
	ck_assert(seen.is_report_admitted);
	ck_assert(seen.is_stop_admitted);
	ck_assert_uint_eq(seen.row_after, 0);
	ck_assert(!seen.has_stack_after);
}
END_TEST

START_TEST(a_thread_is_found_by_its_row)
{
	struct worker_crash crash = { .process = worker.process,
		.thread_count = 4 };

	worker.process->threads[2].tid = 77;
	worker.process->threads[5].tid = 78;
	ck_assert_uint_eq(worker_crash_find_row(&crash, 77), 2);
	ck_assert_uint_eq(worker_crash_find_row(&crash, 78), IPC_THREAD_NONE);
	ck_assert_uint_eq(worker_crash_find_row(&crash, 79), IPC_THREAD_NONE);
}
END_TEST

/* Its number may be a client's, a moment later. */
START_TEST(test_closed_channel_is_forgotten)
{
	struct worker_crash *crash = worker_crash_slot();

	worker.channel_fd = crash->channel = dup(STDERR_FILENO);
	worker_channel_stop(&worker);
	ck_assert_int_eq(worker.channel_fd, -1);
	ck_assert_int_eq(crash->channel, -1);
}
END_TEST

START_TEST(test_stop_without_a_crash)
{
	worker_crash_slot()->pid = getpid();
	worker_crash_on_stop(WORKER_CRASH_STOP);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("worker_thread");
	TCase *tcase = tcase_create("worker_thread");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, a_thread_has_its_row_and_its_stack);
	tcase_add_test(tcase, a_thread_is_found_by_its_row);
	tcase_add_test(tcase, test_closed_channel_is_forgotten);
	tcase_add_test(tcase, test_stop_without_a_crash);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
