/* SPDX-License-Identifier: ISC */
/*
 * Owns the words for a worker's end.  A worker that retired and exited with
 * 0 is no news; every other end is one line that says how it died and, from
 * its shared memory, what it was doing: that is there even after SIGKILL.
 */
#include <sys/wait.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/base_clock.h"
#include "base/base_log.h"
#include "ipc/ipc_exit.h"
#include "master/master_private.h"

static void
describe_status(struct buffer *to, int status)
{
	int number;

	if (WIFEXITED(status)) {
		number = WEXITSTATUS(status);
		buffer_format(
		    to, "exited with %d (%s)", number, ipc_exit_text(number));
		return;
	}
	number = WTERMSIG(status);
	buffer_format(to, "was killed by SIG%s (%s)%s",
	    sigabbrev_np(number) != NULL ? sigabbrev_np(number) : "?",
	    strsignal(number), WCOREDUMP(status) ? ", core dumped" : "");
}

static void
describe_current(struct buffer *to, const struct master_worker *worker)
{
	struct ipc_current current;
	uint64_t now = clock_monotonic_ms();

	if (!ipc_current_read(worker->process, &current))
		return;
	buffer_append_text(to, ", while running ");
	if (current.exchange_id == 0) {
		buffer_append_escaped(to, current.what, strlen(current.what));
	} else {
		buffer_format(to, "request %016llx \"",
		    (unsigned long long)current.exchange_id);
		buffer_append_escaped(to, current.method, current.method_size);
		buffer_append_byte(to, ' ');
		buffer_append_escaped(to, current.target, current.target_size);
		buffer_append_text(to, "\" from ");
		buffer_append_escaped(to, current.peer, current.peer_size);
		if (current.what[0] != '\0') {
			buffer_append_text(to, ", route ");
			buffer_append_escaped(
			    to, current.what, strlen(current.what));
		}
	}
	if (now >= current.since_ms)
		buffer_format(to, ", for %llu ms",
		    (unsigned long long)(now - current.since_ms));
}

static bool
is_expected(const struct master_worker *worker, int status)
{
	return worker->retire != 0 && WIFEXITED(status) &&
	    WEXITSTATUS(status) == IPC_EXIT_OK;
}

void
master_death_record(const struct master_worker *worker, int status)
{
	char storage[LOG_LINE_MAX];
	struct buffer words;

	buffer_init_fixed(&words, storage, sizeof(storage));
	buffer_format(&words, "worker %u (pid %d, cohort %u, %s) ",
	    worker->slot, (int)worker->pid, worker->cohort->number,
	    master_worker_state_name(worker->state));
	describe_status(&words, status);
	if (is_expected(worker, status)) {
		log_debug("%s", words.data);
		return;
	}
	describe_current(&words, worker);
	if (worker->failure[0] != '\0')
		buffer_format(&words, ": %s", worker->failure);
	log_error("%s", words.data);
}
