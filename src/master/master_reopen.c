/* SPDX-License-Identifier: ISC */
/*
 * The order to reopen the logs: it is carried out when no process writes to
 * the old files any more, so that they may be moved or compressed.
 */
#include "base/base_log.h"
#include "master/master_private.h"
#include "master/master_wait.h"

#define LIMIT_MS 10000u

/* Does it write to logs, and which is the question: to the new ones? */
static bool
is_late(const struct master_worker *worker)
{
	return master_worker_is_reached(worker) && worker->reopening > 0;
}

/* Of all cohorts; first_r: one of them, if there is any. */
static unsigned
count_late(const struct master *master, const struct master_worker **first_r)
{
	const struct master_worker *worker = NULL;
	unsigned count = 0;

	while ((worker = master_worker_next(master, worker)) != NULL)
		if (is_late(worker) && count++ == 0)
			*first_r = worker;
	return count;
}

static json_t *
check(const struct master_wait *wait)
{
	const struct master_worker *first;

	if (count_late(wait->master, &first) > 0)
		return NULL;
	if (wait->untold > 0)
		return master_command_error(
		    "reopened, but %u workers could not be told", wait->untold);
	return master_command_summary(
	    json_pack("{s:I}", "workers", (json_int_t)wait->count),
	    "logs reopened, %u worker%s switched", wait->count,
	    wait->count == 1 ? "" : "s");
}

static json_t *
give_up(const struct master_wait *wait)
{
	const struct master_worker *first = NULL;
	unsigned count = count_late(wait->master, &first);

	if (count == 0)
		return check(wait);
	log_warn("reopen: worker %u (pid %d) has not switched to the new "
		 "logs within %u ms",
	    first->slot, (int)first->pid, LIMIT_MS);
	return master_command_error("%u of %u workers have not switched to "
				    "the new logs within %u s: first worker "
				    "%u (pid %d)",
	    count, wait->count, LIMIT_MS / 1000, first->slot, (int)first->pid);
}

static const struct master_wait_type reopening = {
	.check = check,
	.give_up = give_up,
	.limit_ms = LIMIT_MS,
	.outlives_stop = true,
};

static void
tell_workers(struct master_wait *wait)
{
	struct master_worker *worker = NULL;

	while ((worker = master_worker_next(wait->master, worker)) != NULL) {
		if (!master_worker_is_reached(worker))
			continue;
		if (master_channel_tell_logs(worker, &worker->cohort->logs))
			wait->count++;
		else
			wait->untold++;
	}
}

void
master_reopen(struct master *master, struct master_order *order)
{
	struct master_wait *wait;
	struct error error;

	if (master_logs_reopen(master, &error) == -1) {
		log_error("reopen: %s: the old files stay", error.text);
		master_order_answer(
		    &order, master_command_error("%s", error.text));
		return;
	}
	wait = master_wait_start(master, &reopening, order);
	tell_workers(wait);
	log_info("logs reopened");
}
