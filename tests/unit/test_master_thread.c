/* SPDX-License-Identifier: ISC */
#include "master/master_thread.h"

#include <sys/wait.h>

#include <signal.h>
#include <unistd.h>

#include "test_unit.h"

static const struct {
	const char *status;
	bool is_held, is_asleep;
} statuses[] = {
	{ "", false, false },
	{ "Name:\tx\nState:\tR (running)\nTracerPid:\t0\n", false, false },
	{ "Name:\tx\nState:\tS (sleeping)\nTracerPid:\t0\n", false, false },
	{ "Name:\tx\nState:\tD (disk sleep)\nTracerPid:\t0\n", false, true },
	{ "Name:\tx\nState:\tT (stopped)\nTracerPid:\t0\n", true, false },
	{ "Name:\tx\nState:\tt (tracing stop)\nTracerPid:\t9\n", true, false },
	{ "Name:\tx\nState:\tS (sleeping)\nTracerPid:\t12\n", true, false },
	{ "Name:\tState:\tT\nState:\tR (running)\n", false, false },
};

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

START_TEST(the_kernel_says_what_it_is)
{
	struct master_thread thread = master_thread_parse(statuses[_i].status);

	ck_assert_int_eq(thread.is_held, statuses[_i].is_held);
	ck_assert_int_eq(thread.is_asleep, statuses[_i].is_asleep);
}
END_TEST

START_TEST(a_stopped_one_is_held_and_hears_signals)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		raise(SIGSTOP);
		pause();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
	ck_assert(master_thread_look(pid, (uint32_t)pid).is_held);
	/* No thread of its. */
	master_thread_signal(pid, (uint32_t)getpid(), SIGKILL);
	master_thread_signal(pid, (uint32_t)pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(WTERMSIG(status), SIGKILL);
	ck_assert(!master_thread_look(pid, (uint32_t)pid).is_held);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("master_thread");
	TCase *tests = tcase_create("thread");

	tcase_add_loop_test(
	    tests, the_kernel_says_what_it_is, 0, ROWS(statuses));
	tcase_add_test(tests, a_stopped_one_is_held_and_hears_signals);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
