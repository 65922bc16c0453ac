/* SPDX-License-Identifier: ISC */
/*
 * The orders to pause and to resume.  Listeners stay bound all the time:
 * who comes meanwhile waits in the kernel's queue.  A worker that comes to
 * serve during a pause is told of it first, on the same channel, so that it
 * accepts nothing in between.
 */
#include "base/base_log.h"
#include "master/master_private.h"
#include "master/master_wait.h"

#define LIMIT_MS 10000u

/* The first that has not confirmed, or NULL; how many have in *count_r. */
static const struct master_worker *
find_late(const struct master *master, unsigned *count_r)
{
	const struct master_worker *worker = NULL, *late = NULL;

	*count_r = 0;
	while ((worker = master_worker_next(master, worker)) != NULL) {
		if (worker->state != MASTER_WORKER_SERVING)
			continue;
		if (worker->pausing == 0)
			++*count_r;
		else if (late == NULL)
			late = worker;
	}
	return late;
}

static json_t *
check(const struct master_wait *wait)
{
	const struct master *master = wait->master;
	unsigned count;

	if (master->is_paused != wait->is_on)
		return master_command_error(
		    "another order came between: the daemon is %s",
		    master->is_paused ? "paused" : "resumed");
	if (find_late(master, &count) != NULL)
		return NULL;
	if (wait->untold > 0)
		return master_command_error(
		    "%u workers could not be told", wait->untold);
	return master_command_summary(
	    json_pack("{s:b, s:I}", "paused", (int)wait->is_on, "workers",
		(json_int_t)count),
	    "%s, %u worker%s accept%s %sconnections",
	    wait->is_on ? "paused" : "resumed", count, count == 1 ? "" : "s",
	    count == 1 ? "s" : "", wait->is_on ? "no " : "");
}

static json_t *
give_up(const struct master_wait *wait)
{
	const struct master_worker *late;
	unsigned count;

	late = find_late(wait->master, &count);
	if (late == NULL)
		return check(wait);
	return master_command_error(
	    "worker %u (pid %d) has not confirmed within %u s", late->slot,
	    (int)late->pid, LIMIT_MS / 1000);
}

static const struct master_wait_type pausing = {
	.check = check,
	.give_up = give_up,
	.limit_ms = LIMIT_MS,
};

bool
master_pause_tell(struct master_worker *worker)
{
	bool is_told = master_channel_tell(worker, IPC_MESSAGE_PAUSE,
	    worker->cohort->master->is_paused ? 1 : 0);

	if (is_told)
		worker->pausing++;
	return is_told;
}

static void
tell_workers(struct master_wait *wait)
{
	struct master_worker *worker = NULL;

	while ((worker = master_worker_next(wait->master, worker)) != NULL)
		if (worker->state == MASTER_WORKER_SERVING &&
		    master_worker_is_reached(worker) &&
		    !master_pause_tell(worker))
			wait->untold++;
}

void
master_pause(struct master *master, bool on, struct master_order *order)
{
	struct master_wait *wait;

	if (master_is_stopping(master)) {
		master_order_answer(
		    &order, master_command_error("the daemon stops"));
		return;
	}
	log_info(on ? "paused: no connection is accepted" :
		      "resumed: connections are accepted");
	master->is_paused = on;
	wait = master_wait_start(master, &pausing, order);
	wait->is_on = on;
	tell_workers(wait);
}
