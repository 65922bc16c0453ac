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
#include "base/base_clock.h"
#include "base/base_log.h"
#include "base/base_object.h"
#include "master/master_directory.h"
#include "master/master_mounts.h"
#include "master/master_private.h"
#include "master/master_wait.h"

/* Workers that crashed and have not ended, beyond two for each wanted one:
 * with more, replacements wait for the end of one. */
#define DYING_MAX 8u

static void on_respawn(evutil_socket_t fd, short events, void *context);

/* Workers write cores there, which nobody else is to read. */
static int
make_core_directory(const struct settings *settings,
    const struct worker_credentials *credentials, struct error *error)
{
	if (!settings->core_dumps)
		return 0;
	return master_directory_make(settings->core_directory, 0700,
	    credentials->keep ? NULL : credentials, error);
}

struct master_cohort *
master_cohort_adopt(struct master *master)
{
	struct master_cohort *cohort;

	OBJECT_NEW(cohort, MASTER_COHORT_MAGIC);
	cohort->master = master;
	cohort->started_ms = clock_monotonic_ms();
	cohort->logs.error_log = cohort->logs.access_log = -1;
	list_init(&cohort->workers);
	event_assign(
	    &cohort->respawn_timer, master->base, -1, 0, on_respawn, cohort);
	list_append(&master->cohorts, &cohort->link);
	return cohort;
}

int
master_cohort_new(struct master *master, struct settings *settings,
    struct master_cohort **cohort_r, struct error *error)
{
	struct worker_credentials credentials;
	struct master_cohort *cohort;

	if (worker_credentials_find(settings, &credentials, error) == -1 ||
	    make_core_directory(settings, &credentials, error) == -1)
		return -1;
	cohort = master_cohort_adopt(master);
	cohort->state = MASTER_COHORT_STARTING;
	cohort->credentials = credentials;
	cohort->wanted = (unsigned)settings->workers;
	if (master_logs_open(&cohort->logs, settings, error) == -1)
		goto fail_logs;
	if (master->state == MASTER_STATE_STARTING)
		master_logs_use(master, &cohort->logs, settings);
	if (master_listen_open(master, settings, &cohort->listeners,
		&cohort->listener_count, error) == -1)
		goto fail_listen;
	cohort->settings = settings;
	cohort->mounts = master_mounts_new(settings);
	cohort->number = ++master->last_cohort;
	*cohort_r = cohort;
	return 0;
fail_listen:
	master_logs_close(&cohort->logs);
fail_logs:
	list_remove(&cohort->link);
	OBJECT_FREE(cohort);
	return -1;
}

static void
release_listeners(struct master_cohort *cohort)
{
	master_listen_release(
	    cohort->master, cohort->listeners, cohort->listener_count);
	memory_free(cohort->listeners);
	cohort->listeners = NULL;
	cohort->listener_count = 0;
}

void
master_cohort_free(struct master_cohort **cohort_pointer)
{
	struct master_cohort *cohort;

	OBJECT_TAKE(cohort, cohort_pointer, MASTER_COHORT_MAGIC);
	event_del(&cohort->respawn_timer);
	release_listeners(cohort);
	master_logs_close(&cohort->logs);
	master_mounts_release(&cohort->mounts);
	settings_free(&cohort->settings);
	list_remove(&cohort->link);
	OBJECT_FREE(cohort);
}

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
	if (cohort->state != MASTER_COHORT_FAILED)
		cohort->state = MASTER_COHORT_RETIRING;
	event_del(&cohort->respawn_timer);
	/* Nobody is to wait in a queue that no worker will look at again;
	 * behind WINCH, the next cohort will. */
	if (cohort != cohort->master->withdrawn)
		release_listeners(cohort);
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

/* Brings the number of workers up to what is wanted. */
static void
fill(struct master_cohort *cohort)
{
	struct error error;
	uint64_t delay;

	if (cohort->state != MASTER_COHORT_SERVING ||
	    has_too_many_dying(cohort))
		return;
	while (master_cohort_count(cohort) < cohort->wanted) {
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

static void
on_respawn(evutil_socket_t fd, short events, void *context)
{
	struct master_cohort *cohort;

	OBJECT_CAST(cohort, context, MASTER_COHORT_MAGIC);
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
	link = cohort->workers.head.previous;
	while (link != &cohort->workers.head &&
	    master_cohort_count(cohort) > wanted) {
		worker = LIST_OBJECT(link, struct master_worker, link);
		link = link->previous;
		if (worker->retire == 0)
			retire_worker(worker, IPC_RETIRE_REPLACED);
	}
	fill(cohort);
}

static bool
all_are_ready(const struct master_cohort *cohort)
{
	struct list_link *link;

	LIST_FOREACH (link, &cohort->workers)
		if (LIST_OBJECT(link, struct master_worker, link)->state !=
		    MASTER_WORKER_READY)
			return false;
	return true;
}

static void
serve(struct master_cohort *cohort)
{
	struct list_link *link;

	cohort->state = MASTER_COHORT_SERVING;
	LIST_FOREACH (link, &cohort->workers)
		master_worker_advance(
		    LIST_OBJECT(link, struct master_worker, link),
		    MASTER_WORKER_ON_SERVE);
	master_on_cohort_serving(cohort);
}

static void
on_ready(struct master_cohort *cohort, struct master_worker *worker)
{
	if (worker->state != MASTER_WORKER_READY)
		return;
	if (cohort->state == MASTER_COHORT_SERVING) {
		master_policy_note_serving(&cohort->policy);
		master_worker_advance(worker, MASTER_WORKER_ON_SERVE);
	} else if (all_are_ready(cohort) && !master_probe_on_ready(cohort)) {
		serve(cohort);
	}
}

static void
describe_failure(struct master_cohort *cohort, struct master_worker *worker)
{
	if (worker->failure[0] != '\0')
		error_set(
		    &cohort->failure, ERROR_CONFIG, "%s", worker->failure);
	else
		error_set(&cohort->failure, ERROR_RUNTIME,
		    "a worker ended before it was ready to serve");
}

/* One that was to serve is no more: another one takes its place. */
static void
replace(struct master_cohort *cohort, bool had_served)
{
	master_policy_note_death(
	    &cohort->policy, had_served, clock_monotonic_ms());
	fill(cohort);
}

/* While the cohort starts, the worker's exit decides. */
static void
on_crash_of(struct master_cohort *cohort, const struct master_worker *worker)
{
	if (worker->retire != 0 || cohort->state == MASTER_COHORT_STARTING)
		return;
	if (!worker->had_served)
		master_workers_on_failure(
		    cohort, "a worker crashed before it was ready to serve");
	replace(cohort, worker->had_served);
}

static void
on_exit_of(struct master_cohort *cohort, struct master_worker *worker)
{
	/* One without a slot crashed, and was replaced then. */
	bool is_missing = worker->retire == 0 && worker->has_slot;
	bool had_served = worker->had_served;

	if (!had_served && cohort->state != MASTER_COHORT_FAILED)
		describe_failure(cohort, worker);
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
	OBJECT_CHECK(cohort, MASTER_COHORT_MAGIC);
	master_wait_review(cohort->master);
	switch (event) {
	case MASTER_WORKER_ON_READY:
		on_ready(cohort, worker);
		break;
	case MASTER_WORKER_ON_SERVE:
		master_orphan_offer(cohort->master);
		break;
	case MASTER_WORKER_ON_CRASH:
		on_crash_of(cohort, worker);
		break;
	case MASTER_WORKER_ON_EXIT:
		on_exit_of(cohort, worker);
		break;
	default:
		break;
	}
}
