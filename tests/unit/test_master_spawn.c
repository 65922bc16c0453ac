/* SPDX-License-Identifier: ISC */
/*
 * Burial: what a worker that is dead has said, or written, must not lead
 * the master astray.  No worker is started here: a child plays its end.
 */
#include <sys/wait.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ipc/ipc_exit.h"
#include "test_master_setup.h"
#include "test_unit.h"

/* Says that it is ready, and dies; both are there to be read then. */
static void
die_ready(struct master_worker *worker, int channel)
{
	const struct ipc_message message = {
		.layout = IPC_LAYOUT,
		.type = IPC_MESSAGE_READY,
		.generation = worker->generation,
	};
	siginfo_t info;

	worker->pid = fork();
	if (worker->pid == 0) {
		ipc_channel_send(channel, &message, NULL, 0, &error);
		_exit(IPC_EXIT_FAILURE);
	}
	close(channel);
	ck_assert_int_eq(
	    waitid(P_PID, (id_t)worker->pid, &info, WEXITED | WNOWAIT), 0);
}

START_TEST(a_cohort_whose_worker_died_ready_does_not_serve)
{
	struct master_cohort *cohort = test_cohort();
	struct master_worker *worker;
	int channel;

	worker = test_worker(cohort, 0, &channel);
	die_ready(worker, channel);
	master_spawn_reap(&master);
	ck_assert_ptr_null(master.current);
	ck_assert(list_is_empty(&master.cohorts));
	ck_assert_int_eq(master.state, MASTER_STATE_STOPPED);
	ck_assert_int_eq(master.failure.kind, ERROR_RUNTIME);
}
END_TEST

START_TEST(a_worker_that_died_ready_counts_as_one_that_never_served)
{
	struct master_cohort *cohort = test_cohort();
	struct master_worker *worker;
	int channel;

	master.state = MASTER_STATE_RUNNING;
	master.current = cohort;
	cohort->state = MASTER_COHORT_SERVING;
	cohort->wanted = 0;
	worker = test_worker(cohort, 0, &channel);
	die_ready(worker, channel);
	master_spawn_reap(&master);
	ck_assert_uint_eq(cohort->policy.failures, 1);
	ck_assert(list_is_empty(&cohort->workers));
	master_cohort_free(&cohort);
}
END_TEST

/* Counts and generations there are any worker's to overwrite. */
START_TEST(a_wild_scoreboard_does_not_touch_the_master)
{
	struct master_cohort *cohort = test_cohort();
	struct master_worker *worker;
	int i;

	memset(master.scoreboard, 0xff,
	    sizeof(*master.scoreboard) +
		IPC_SLOTS_MAX * sizeof(struct ipc_slot));
	master.state = MASTER_STATE_RUNNING;
	ck_assert_msg(master_spawn(cohort, &error) == 0, "%s", error.text);
	ck_assert_int_eq(master_spawn(cohort, &error), 0);
	for (i = 0; i < 2; i++) {
		worker = LIST_OBJECT(
		    list_first(&cohort->workers), struct master_worker, link);
		ck_assert_uint_eq(worker->slot, (unsigned)i);
		kill(worker->pid, SIGKILL);
		waitpid(worker->pid, NULL, 0);
		list_remove(&worker->link);
		list_append(&cohort->workers, &worker->link);
	}
	while (!list_is_empty(&cohort->workers)) {
		worker = LIST_OBJECT(
		    list_first(&cohort->workers), struct master_worker, link);
		master_worker_free(&worker);
	}
	ck_assert(!master.slots_taken[0] && !master.slots_taken[1]);
	master_cohort_free(&cohort);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("master_spawn");
	TCase *tests = tcase_create("spawn");

	tcase_add_checked_fixture(tests, test_master_open, test_master_close);
	tcase_add_test(tests, a_cohort_whose_worker_died_ready_does_not_serve);
	tcase_add_test(
	    tests, a_worker_that_died_ready_counts_as_one_that_never_served);
	tcase_add_test(tests, a_wild_scoreboard_does_not_touch_the_master);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
