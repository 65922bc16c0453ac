/* SPDX-License-Identifier: ISC */
/*
 * Owns the state of a cohort: what has to happen when one of its workers is
 * ready, or ends.  How workers are made is master_spawn.c's, when they may be
 * made again is master_policy.c's, what a cohort means for the daemon is
 * master.c's.
 *
 * A cohort serves only when all of its workers are ready; one that dies
 * before that fails the whole cohort, since the next would die the same way.
 */
#include <stdio.h>

#include "base/base_clock.h"
#include "base/base_log.h"
#include "base/base_object.h"
#include "master/master_private.h"
#include "master/master_wait.h"

/* Workers that crashed and have not ended, beyond two for each wanted one:
 * with more, replacements wait for the end of one. */
#define DYING_MAX 8u

/* Without those that were told to retire, or crashed. */
unsigned
master_cohort_count(const struct master_cohort *cohort)
{
	struct master_worker *worker;
	struct list_link *link;
	unsigned count = 0;

	LIST_FOREACH (link, &cohort->workers) {
		worker = LIST_OBJECT(link, struct master_worker, link);
		if (worker->retire == 0 &&
		    worker->state != MASTER_WORKER_CRASHED)
			count++;
	}
	return count;
}

static void
retire_worker(struct master_worker *worker, enum ipc_retire how)
{
	if (worker->retire >= how)
		return;
	worker->retire = how;
	master_worker_advance(worker, MASTER_WORKER_ON_RETIRE);
}

static void
retire_workers(struct master_cohort *cohort, enum ipc_retire how)
{
	struct list_link *link;

	LIST_FOREACH (link, &cohort->workers)
		retire_worker(
		    LIST_OBJECT(link, struct master_worker, link), how);
}

static void
check_gone(struct master_cohort *cohort)
{
	if (!list_is_empty(&cohort->workers))
		return;
	if (cohort->state == MASTER_COHORT_RETIRING ||
	    cohort->state == MASTER_COHORT_FAILED)
		master_on_cohort_gone(cohort);
}

static void
fail(struct master_cohort *cohort)
{
	cohort->state = MASTER_COHORT_FAILED;
	retire_workers(cohort, IPC_RETIRE_NOW);
	master_on_cohort_failed(cohort);
	check_gone(cohort);
}

void
master_cohort_start(struct master_cohort *cohort)
{
	unsigned count;

	for (count = 0; count < cohort->wanted; count++) {
		if (master_spawn(cohort, &cohort->failure) == -1) {
			fail(cohort);
			return;
		}
	}
}

void
master_cohort_retire(struct master_cohort *cohort, enum ipc_retire how)
{
	bool gives_up;

	if (cohort->state != MASTER_COHORT_FAILED)
		cohort->state = MASTER_COHORT_RETIRING;
	event_del(&cohort->respawn_timer);
	/* Nobody is to wait in a queue that no worker will look at again;
	 * behind WINCH, the next cohort will. */
	gives_up = cohort != cohort->master->withdrawn;
	if (gives_up && how == IPC_RETIRE_REPLACED)
		master_listen_leave(cohort);
	if (how == IPC_RETIRE_REPLACED)
		master_forget(cohort->master);
	if (gives_up)
		master_listen_release(cohort);
	retire_workers(cohort, how);
	check_gone(cohort);
}

static void
respawn_later(struct master_cohort *cohort, uint64_t ms)
{
	const struct timeval wait = clock_timeval(ms);

	log_warn("cohort %u: %u workers in a row died before they served: "
		 "the next one starts in %llu ms",
	    cohort->number, cohort->policy.failures, (unsigned long long)ms);
	event_add(&cohort->respawn_timer, &wait);
}

/* One may be writing a core of gigabytes, while others crash already. */
static bool
has_too_many_dying(const struct master_cohort *cohort)
{
	struct list_link *link;
	unsigned count = 0;

	LIST_FOREACH (link, &cohort->workers)
		count += LIST_OBJECT(link, struct master_worker, link)->state ==
		    MASTER_WORKER_CRASHED;
	return count > DYING_MAX + 2 * cohort->wanted;
}

/* One that goes stays until its successor serves. */
static unsigned
count_wanted(const struct master_cohort *cohort)
{
	return cohort->wanted + (cohort->outgoing != 0 ? 1 : 0);
}

/* Brings the number of workers up to what is wanted. */
static void
fill(struct master_cohort *cohort)
{
	struct error error;
	uint64_t delay;

	if (cohort->state != MASTER_COHORT_SERVING ||
	    has_too_many_dying(cohort))
		return;
	while (master_cohort_count(cohort) < count_wanted(cohort)) {
		delay =
		    master_policy_delay(&cohort->policy, clock_monotonic_ms());
		if (delay == 0 && master_spawn(cohort, &error) == -1) {
			log_error("cannot replace a worker: %s", error.text);
			master_workers_on_failure(cohort, error.text);
			master_policy_note_death(
			    &cohort->policy, false, clock_monotonic_ms());
			delay = MASTER_BACKOFF_FIRST_MS;
		}
		if (delay != 0) {
			if (!event_pending(
				&cohort->respawn_timer, EV_TIMEOUT, NULL))
				respawn_later(cohort, delay);
			return;
		}
	}
}

void
master_cohort_respawn(struct master_cohort *cohort)
{
	/* The wait is over: one may be tried whatever the clock says. */
	cohort->policy.not_before_ms = 0;
	fill(cohort);
}

void
master_cohort_set_wanted(struct master_cohort *cohort, unsigned wanted)
{
	struct master_worker *worker;
	struct list_link *link;

	cohort->wanted = wanted;
	cohort->outgoing = 0; /* maybe later: now one may be too many */
	link = cohort->workers.head.previous;
	while (link != &cohort->workers.head &&
	    master_cohort_count(cohort) > wanted) {
		worker = LIST_OBJECT(link, struct master_worker, link);
		link = link->previous;
		if (worker->retire == 0)
			retire_worker(worker, IPC_RETIRE_REPLACED);
	}
	fill(cohort);
	master_manager_on_status(cohort->master);
}

void
master_cohort_replace(
    struct master_cohort *cohort, const struct master_worker *worker)
{
	cohort->outgoing = worker->generation;
	fill(cohort);
}

/* Who was to go, if there are enough without it now; NULL: nobody. */
static struct master_worker *
find_replaced(const struct master_cohort *cohort)
{
	struct master_worker *worker, *outgoing = NULL;
	struct list_link *link;
	unsigned serving = 0;

	if (cohort->outgoing == 0)
		return NULL;
	LIST_FOREACH (link, &cohort->workers) {
		worker = LIST_OBJECT(link, struct master_worker, link);
		if (worker->generation == cohort->outgoing)
			outgoing = worker;
		else if (worker->state == MASTER_WORKER_SERVING &&
		    worker->retire == 0)
			serving++;
	}
	return serving >= cohort->wanted ? outgoing : NULL;
}

static void
on_serving(struct master_cohort *cohort, struct master_worker *worker)
{
	struct master_worker *replaced = find_replaced(cohort);

	master_recycle_on_serving(worker);
	master_orphan_offer(cohort->master);
	if (replaced == NULL)
		return;
	cohort->outgoing = 0;
	retire_worker(replaced, IPC_RETIRE_REPLACED);
}

static bool
all_are_proven(const struct master_cohort *cohort)
{
	struct list_link *link;

	LIST_FOREACH (link, &cohort->workers)
		if (LIST_OBJECT(link, struct master_worker, link)->state !=
		    MASTER_WORKER_PROVEN)
			return false;
	return true;
}

static void
serve(struct master_cohort *cohort)
{
	struct list_link *link;

	cohort->state = MASTER_COHORT_SERVING;
	master_denied_describe(cohort);
	master_listen_apply(cohort);
	LIST_FOREACH (link, &cohort->workers)
		master_worker_advance(
		    LIST_OBJECT(link, struct master_worker, link),
		    MASTER_WORKER_ON_SERVE);
	master_on_cohort_serving(cohort);
}

static void
on_ready(struct master_cohort *cohort, struct master_worker *worker)
{
	struct error error;

	if (worker->state != MASTER_WORKER_READY)
		return;
	if (cohort->settings->self_check[0] == '\0') {
		master_worker_advance(worker, MASTER_WORKER_ON_PROVEN);
	} else if (master_check_start(worker, &error) == -1) {
		snprintf(worker->failure, sizeof(worker->failure), "%.*s",
		    (int)sizeof(worker->failure) - 1, error.text);
		master_cohort_on_unfit(worker);
	}
}

static void
on_proven(struct master_cohort *cohort, struct master_worker *worker)
{
	if (cohort->state == MASTER_COHORT_SERVING) {
		master_policy_note_serving(&cohort->policy);
		master_worker_advance(worker, MASTER_WORKER_ON_SERVE);
	} else if (all_are_proven(cohort) && !master_probe_on_ready(cohort)) {
		serve(cohort);
	}
}

/* What it said itself is the best. */
static void
describe_failure(struct master_cohort *cohort, struct master_worker *worker)
{
	const struct settings *settings = cohort->settings;
	const char *how = "ended";

	if (worker->failure[0] != '\0') {
		error_set(
		    &cohort->failure, ERROR_CONFIG, "%s", worker->failure);
		return;
	}
	if (worker->was == MASTER_WORKER_HUNG) {
		error_set(&cohort->failure, ERROR_RUNTIME,
		    "worker %u was not ready to serve within %llu ms",
		    worker->slot, (unsigned long long)settings->start_timeout);
		return;
	}
	if (worker->was == MASTER_WORKER_CRASHED)
		how = "crashed";
	error_set(&cohort->failure, ERROR_RUNTIME,
	    "worker %u %s before it was ready to serve", worker->slot, how);
}

/* One that was to serve is no more: another one takes its place. */
static void
replace(struct master_cohort *cohort, bool had_served)
{
	master_policy_note_death(
	    &cohort->policy, had_served, clock_monotonic_ms());
	fill(cohort);
}

void
master_cohort_on_unfit(struct master_worker *worker)
{
	struct master_cohort *cohort = worker->cohort;

	if (cohort->state == MASTER_COHORT_STARTING) {
		error_set(
		    &cohort->failure, ERROR_RUNTIME, "%s", worker->failure);
		fail(cohort);
		return;
	}
	log_error("%s: it does not serve", worker->failure);
	retire_worker(worker, IPC_RETIRE_NOW);
	if (cohort->state != MASTER_COHORT_SERVING)
		return;
	master_workers_on_failure(cohort, worker->failure);
	replace(cohort, false);
}

/* While the cohort starts, the worker's exit decides. */
static void
on_crash_of(struct master_cohort *cohort, struct master_worker *worker)
{
	if (worker->check != NULL)
		snprintf(worker->failure, sizeof(worker->failure),
		    "worker %u (pid %d) crashed in self_check \"%s\"",
		    worker->slot, (int)worker->pid,
		    cohort->settings->self_check);
	if (worker->generation == cohort->outgoing)
		cohort->outgoing = 0;
	if (worker->retire == 0 && cohort->state != MASTER_COHORT_STARTING) {
		if (!worker->had_served)
			master_workers_on_failure(cohort,
			    "a worker crashed before it was ready to serve");
		replace(cohort, worker->had_served);
	}
	master_probation_on_crash(cohort);
}

static void
on_exit_of(struct master_cohort *cohort, struct master_worker *worker)
{
	/* One without a slot crashed, and was replaced then. */
	bool is_missing = worker->retire == 0 && worker->has_slot;
	bool had_served = worker->had_served;

	if (!had_served && cohort->state != MASTER_COHORT_FAILED)
		describe_failure(cohort, worker);
	if (worker->generation == cohort->outgoing)
		cohort->outgoing = 0;
	master_worker_free(&worker);
	if (cohort->state == MASTER_COHORT_STARTING) {
		fail(cohort);
		return;
	}
	if (is_missing && !had_served)
		master_workers_on_failure(cohort, cohort->failure.text);
	if (is_missing)
		replace(cohort, had_served);
	else
		fill(cohort);
	check_gone(cohort);
}

void
master_cohort_on_worker(struct master_cohort *cohort,
    struct master_worker *worker, enum master_worker_event event)
{
	struct master *master;

	OBJECT_CHECK(cohort, MASTER_COHORT_MAGIC);
	master = cohort->master;
	master_wait_review(master);
	switch (event) {
	case MASTER_WORKER_ON_READY:
		on_ready(cohort, worker);
		break;
	case MASTER_WORKER_ON_PROVEN:
		on_proven(cohort, worker);
		break;
	case MASTER_WORKER_ON_SERVE:
		on_serving(cohort, worker);
		break;
	case MASTER_WORKER_ON_CRASH:
		on_crash_of(cohort, worker);
		master_check_stop(worker);
		break;
	case MASTER_WORKER_ON_EXIT:
		master_check_stop(worker);
		on_exit_of(cohort, worker);
		break;
	case MASTER_WORKER_ON_RETIRE:
	case MASTER_WORKER_ON_HANG:
		master_check_stop(worker);
		break;
	default:
		break;
	}
	master_manager_on_status(master);
}
