/* SPDX-License-Identifier: ISC */
/*
 * Looks at the workers that serve, from outside, so that none is woken for
 * it: one that has served enough, or has grown too large, gets a successor
 * (one at a time in a cohort, and never while another cohort starts), and one
 * that holds far more connections than the others is told to give some away.
 *
 * What it reads of them is gossip, and decides about that worker only.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/base_clock.h"
#include "base/base_fd.h"
#include "base/base_log.h"
#include "base/base_object.h"
#include "master/master_private.h"
#include "master/master_share.h"

#define PERIOD_MS 1000u

/* Where nothing has a limit and few connections are open. */
#define PERIOD_IDLE_MS 5000u

#define MASTER_RECYCLE_MAGIC 0xe2735c41u
struct master_recycle {
	unsigned magic;
	struct master *master;
	struct event timer;
	bool is_idle; /* the last look saw no need for another one soon */
};

static bool
serves(const struct master_worker *worker)
{
	return worker->state == MASTER_WORKER_SERVING && worker->retire == 0 &&
	    !worker->has_ended;
}

/* ---- what a worker has come to ---- */

/* Bytes; 0: nobody knows. */
static uint64_t
memory_of(const struct master_worker *worker)
{
	unsigned long long size, resident = 0;
	char path[32], text[128];
	ssize_t count;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/statm", (int)worker->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return 0;
	count = read(fd, text, sizeof(text) - 1);
	fd_close(&fd);
	if (count <= 0)
		return 0;
	text[count] = '\0';
	if (sscanf(text, "%llu %llu", &size, &resident) != 2)
		return 0;
	return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static bool
is_worn_out(const struct master_worker *worker, uint64_t limit)
{
	const struct ipc_current *current =
	    &worker->process->threads[IPC_THREAD_LOOP].current;
	uint64_t served =
	    __atomic_load_n(&current->exchanges, __ATOMIC_RELAXED);

	if (limit == 0 || served < limit)
		return false;
	log_info("worker %u (pid %d) has served %llu requests: another one "
		 "takes its place",
	    worker->slot, (int)worker->pid, (unsigned long long)served);
	return true;
}

/* One that was too large from the begin would be replaced for ever. */
static bool
is_too_large(const struct master_worker *worker, uint64_t limit)
{
	uint64_t memory;

	if (limit == 0 || worker->fresh_memory >= limit)
		return false;
	memory = memory_of(worker);
	if (memory < limit)
		return false;
	log_info("worker %u (pid %d) has come to %llu KiB of memory: another "
		 "one takes its place",
	    worker->slot, (int)worker->pid, (unsigned long long)memory / 1024);
	return true;
}

static void
note_fresh_memory(struct master_worker *worker)
{
	struct master_cohort *cohort = worker->cohort;
	uint64_t limit = cohort->settings->max_memory;

	if (limit == 0)
		return;
	worker->fresh_memory = memory_of(worker);
	if (worker->fresh_memory < limit || cohort->is_large_at_once)
		return;
	cohort->is_large_at_once = true;
	log_warn("max_memory is %llu KiB, but a worker has %llu KiB before "
		 "its first request: it is not heeded",
	    (unsigned long long)limit / 1024,
	    (unsigned long long)worker->fresh_memory / 1024);
}

static void
replace_one(struct master_cohort *cohort)
{
	const struct settings *settings = cohort->settings;
	struct master_worker *worker;
	struct list_link *link;

	if (cohort->master->next != NULL || cohort->outgoing != 0 ||
	    master_cohort_count(cohort) != cohort->wanted)
		return;
	LIST_FOREACH (link, &cohort->workers) {
		worker = LIST_OBJECT(link, struct master_worker, link);
		if (serves(worker) &&
		    (is_worn_out(worker, settings->max_requests) ||
			is_too_large(worker, settings->max_memory))) {
			master_cohort_replace(cohort, worker);
			return;
		}
	}
}

/* ---- who holds how much ---- */

static uint64_t
count_open(const struct master_worker *worker)
{
	const struct ipc_slot *slot =
	    &worker->cohort->master->scoreboard->slots[worker->slot];
	uint64_t open = __atomic_load_n(&slot->open, __ATOMIC_RELAXED);
	uint64_t most = worker->cohort->settings->max_connections;

	return open < most ? open : most;
}

static void
sum_up(const struct master_cohort *cohort, struct master_share *share)
{
	struct master_worker *worker;
	struct list_link *link;

	*share = (struct master_share) { .total = 0 };
	LIST_FOREACH (link, &cohort->workers) {
		worker = LIST_OBJECT(link, struct master_worker, link);
		if (!serves(worker))
			continue;
		share->workers++;
		share->total += count_open(worker);
	}
}

/* True: there is enough to look at again soon. */
static bool
balance(struct master_cohort *cohort)
{
	struct master_worker *worker;
	struct master_share share;
	struct list_link *link;
	uint64_t excess;

	sum_up(cohort, &share);
	LIST_FOREACH (link, &cohort->workers) {
		worker = LIST_OBJECT(link, struct master_worker, link);
		if (!serves(worker))
			continue;
		excess = master_share_excess(&share, count_open(worker));
		worker->shedding = excess;
		if (excess == 0)
			continue;
		log_debug("worker %u (pid %d) holds %llu of %llu connections: "
			  "%llu are to go to others",
		    worker->slot, (int)worker->pid,
		    (unsigned long long)count_open(worker),
		    (unsigned long long)share.total,
		    (unsigned long long)excess);
		master_channel_tell(worker, IPC_MESSAGE_SHED, excess);
	}
	return share.workers > 1 && share.total > MASTER_SHARE_SLACK;
}

/* ---- looks ---- */

static uint64_t
period_of(const struct master_recycle *recycle)
{
	const struct master_cohort *cohort = recycle->master->current;

	if (cohort == NULL || cohort->state != MASTER_COHORT_SERVING)
		return 0;
	if (cohort->settings->max_requests > 0 ||
	    cohort->settings->max_memory > 0)
		return PERIOD_MS;
	if (master_cohort_count(cohort) < 2)
		return 0;
	return recycle->is_idle ? PERIOD_IDLE_MS : PERIOD_MS;
}

static void
arm(struct master_recycle *recycle)
{
	uint64_t period = period_of(recycle);
	struct timeval wait;

	if (period == 0) {
		event_del(&recycle->timer);
		return;
	}
	wait = clock_timeval(period);
	event_add(&recycle->timer, &wait);
}

static void
on_timer(evutil_socket_t fd, short events, void *context)
{
	struct master_recycle *recycle;
	struct master_cohort *cohort;

	(void)fd;
	(void)events;
	OBJECT_CAST(recycle, context, MASTER_RECYCLE_MAGIC);
	cohort = recycle->master->current;
	if (cohort != NULL && cohort->state == MASTER_COHORT_SERVING) {
		recycle->is_idle = !balance(cohort);
		replace_one(cohort);
	}
	arm(recycle);
}

void
master_recycle_on_serving(struct master_worker *worker)
{
	struct master *master = worker->cohort->master;
	struct master_recycle *recycle = master->recycle;

	note_fresh_memory(worker);
	if (recycle == NULL)
		return;
	recycle->is_idle = false;
	if (!event_pending(&recycle->timer, EV_TIMEOUT, NULL))
		arm(recycle);
}

/* ---- life ---- */

void
master_recycle_start(struct master *master)
{
	struct master_recycle *recycle = master->recycle;

	if (recycle == NULL) {
		OBJECT_NEW(recycle, MASTER_RECYCLE_MAGIC);
		recycle->master = master;
		event_assign(
		    &recycle->timer, master->base, -1, 0, on_timer, recycle);
		master->recycle = recycle;
	}
	arm(recycle);
}

void
master_recycle_stop(struct master *master)
{
	struct master_recycle *recycle;

	if (master->recycle == NULL)
		return;
	OBJECT_TAKE(recycle, &master->recycle, MASTER_RECYCLE_MAGIC);
	event_del(&recycle->timer);
	OBJECT_FREE(recycle);
}
