/* SPDX-License-Identifier: ISC */
/*
 * Owns the state of a worker in the master's eyes.  What a step does to the
 * worker stands in the table beside it; what it means for the cohort is told
 * to master_cohort.c afterwards.
 */
#include <signal.h>

#include "base/base_clock.h"
#include "base/base_log.h"
#include "base/base_object.h"
#include "master/master_private.h"

/* What a worker may take beyond shutdown_timeout, which it keeps itself. */
#define KILL_GRACE_MS 2000u

/* What one that crashed may take to hand over its connections and die, and
 * what it may take when it writes a core, which may be large. */
#define CRASH_TIMEOUT_MS 10000u
#define CORE_TIMEOUT_MS  60000u

/* What a hung one may take until it reports. */
#define HANG_GRACE_MS 2000u

typedef void worker_action(struct master_worker *worker);

struct step {
	bool allowed;
	enum master_worker_state next;
	worker_action *action;
};

static void
deadline_start(struct master_worker *worker, uint64_t ms)
{
	const struct timeval wait = clock_timeval(ms);

	worker->since_ms = clock_monotonic_ms();
	event_add(&worker->deadline, &wait);
}

static void
note_ready(struct master_worker *worker)
{
	event_del(&worker->deadline);
}

static void
tell_serve(struct master_worker *worker)
{
	worker->had_served = true;
	if (worker->cohort->master->is_paused)
		master_pause_tell(worker);
	master_channel_tell(worker, IPC_MESSAGE_SERVE, 0);
}

/* What another image's worker hands over would be read by nobody. */
static enum ipc_retire
way_of(const struct master_worker *worker)
{
	if (worker->retire == IPC_RETIRE_REPLACED &&
	    worker->layout != IPC_LAYOUT)
		return IPC_RETIRE_STOP;
	return worker->retire;
}

static void
tell_retire(struct master_worker *worker)
{
	uint64_t wait = worker->retire == IPC_RETIRE_NOW ?
	    0 :
	    worker->cohort->settings->shutdown_timeout;

	master_channel_tell(worker, IPC_MESSAGE_RETIRE, way_of(worker));
	deadline_start(worker, wait + KILL_GRACE_MS);
}

static void
kill_hard(struct master_worker *worker, const char *still)
{
	log_warn("worker %u (pid %d) is still %s after %llu ms: killed",
	    worker->slot, (int)worker->pid, still,
	    (unsigned long long)(clock_monotonic_ms() - worker->since_ms));
	kill(worker->pid, SIGKILL);
}

static void
kill_starting(struct master_worker *worker)
{
	kill_hard(worker, "starting");
}

static void
kill_retiring(struct master_worker *worker)
{
	kill_hard(worker, "retiring");
}

static void
kill_hung(struct master_worker *worker)
{
	kill_hard(worker, "hung");
}

static void
kill_crashed(struct master_worker *worker)
{
	kill_hard(worker, "not dead");
}

/* It was sent a signal that it handles. */
static void
note_hang(struct master_worker *worker)
{
	deadline_start(worker, HANG_GRACE_MS);
}

/* What the thread ran that crashed; without a report, that which hung, or the
 * loop's. */
static void
tell_quarantine(struct master_worker *worker)
{
	const struct ipc_process *process = worker->process;
	uint32_t thread = IPC_THREAD_LOOP;
	struct ipc_current current;
	struct ipc_report report;

	/* Else it was of the self-check, which nobody else asks for. */
	if (!worker->had_served)
		return;
	if (worker->hung_ms > 0)
		thread = worker->hung_thread;
	if (ipc_report_read(process, &process->crash, &report))
		thread = report.thread;
	if (ipc_current_read(process, thread, &current))
		master_quarantine_on_crash(worker, &current);
}

/* Nobody waits for a core when everything is to end at once. */
static uint64_t
crash_timeout(const struct master_worker *worker)
{
	if (worker->retire == IPC_RETIRE_NOW)
		return KILL_GRACE_MS;
	return worker->cohort->settings->core_dumps ? CORE_TIMEOUT_MS :
						      CRASH_TIMEOUT_MS;
}

/*
 * The quarantine first, and then the worker may go on: its client must not
 * be able to repeat the request before that.
 */
static void
note_crash(struct master_worker *worker)
{
	struct master *master = worker->cohort->master;
	struct ipc_slot *slot = &master->scoreboard->slots[worker->slot];

	tell_quarantine(worker);
	ipc_process_note(worker->process);
	master_death_on_crash(worker);
	master_orphan_on_end(worker);
	slot->crashes++;
	slot->last_crash = (uint64_t)clock_wall_seconds();
	master_spawn_leave_slot(worker);
	deadline_start(worker, crash_timeout(worker));
}

static void
hurry_crashed(struct master_worker *worker)
{
	if (worker->retire == IPC_RETIRE_NOW)
		deadline_start(worker, KILL_GRACE_MS);
}

static void
note_exit(struct master_worker *worker)
{
	event_del(&worker->deadline);
	master_channel_stop(worker);
	worker->pid = 0;
}

/* clang-format off */
static const struct step
steps[MASTER_WORKER_STATE_COUNT][MASTER_WORKER_EVENT_COUNT] = {
	[MASTER_WORKER_STARTING] = {
		[MASTER_WORKER_ON_READY]   = { true, MASTER_WORKER_READY,    note_ready },
		[MASTER_WORKER_ON_RETIRE]  = { true, MASTER_WORKER_RETIRING, tell_retire },
		[MASTER_WORKER_ON_TIMEOUT] = { true, MASTER_WORKER_HUNG,     kill_starting },
		[MASTER_WORKER_ON_HANG]    = { true, MASTER_WORKER_HUNG,     note_hang },
		[MASTER_WORKER_ON_CRASH]   = { true, MASTER_WORKER_CRASHED,  note_crash },
		[MASTER_WORKER_ON_EXIT]    = { true, MASTER_WORKER_FAILED,   note_exit },
	},
	[MASTER_WORKER_READY] = {
		[MASTER_WORKER_ON_PROVEN]  = { true, MASTER_WORKER_PROVEN,   NULL },
		[MASTER_WORKER_ON_RETIRE]  = { true, MASTER_WORKER_RETIRING, tell_retire },
		[MASTER_WORKER_ON_HANG]    = { true, MASTER_WORKER_HUNG,     note_hang },
		[MASTER_WORKER_ON_CRASH]   = { true, MASTER_WORKER_CRASHED,  note_crash },
		[MASTER_WORKER_ON_EXIT]    = { true, MASTER_WORKER_GONE,     note_exit },
	},
	[MASTER_WORKER_PROVEN] = {
		[MASTER_WORKER_ON_SERVE]   = { true, MASTER_WORKER_SERVING,  tell_serve },
		[MASTER_WORKER_ON_RETIRE]  = { true, MASTER_WORKER_RETIRING, tell_retire },
		[MASTER_WORKER_ON_HANG]    = { true, MASTER_WORKER_HUNG,     note_hang },
		[MASTER_WORKER_ON_CRASH]   = { true, MASTER_WORKER_CRASHED,  note_crash },
		[MASTER_WORKER_ON_EXIT]    = { true, MASTER_WORKER_GONE,     note_exit },
	},
	[MASTER_WORKER_SERVING] = {
		[MASTER_WORKER_ON_RETIRE]  = { true, MASTER_WORKER_RETIRING, tell_retire },
		[MASTER_WORKER_ON_HANG]    = { true, MASTER_WORKER_HUNG,     note_hang },
		[MASTER_WORKER_ON_CRASH]   = { true, MASTER_WORKER_CRASHED,  note_crash },
		[MASTER_WORKER_ON_EXIT]    = { true, MASTER_WORKER_GONE,     note_exit },
	},
	[MASTER_WORKER_RETIRING] = {
		[MASTER_WORKER_ON_READY]   = { true, MASTER_WORKER_RETIRING, NULL },
		[MASTER_WORKER_ON_RETIRE]  = { true, MASTER_WORKER_RETIRING, tell_retire },
		[MASTER_WORKER_ON_TIMEOUT] = { true, MASTER_WORKER_HUNG,     kill_retiring },
		[MASTER_WORKER_ON_HANG]    = { true, MASTER_WORKER_HUNG,     note_hang },
		[MASTER_WORKER_ON_CRASH]   = { true, MASTER_WORKER_CRASHED,  note_crash },
		[MASTER_WORKER_ON_EXIT]    = { true, MASTER_WORKER_GONE,     note_exit },
	},
	[MASTER_WORKER_HUNG] = {
		[MASTER_WORKER_ON_READY]   = { true, MASTER_WORKER_HUNG,     NULL },
		[MASTER_WORKER_ON_RETIRE]  = { true, MASTER_WORKER_HUNG,     NULL },
		[MASTER_WORKER_ON_TIMEOUT] = { true, MASTER_WORKER_HUNG,     kill_hung },
		[MASTER_WORKER_ON_CRASH]   = { true, MASTER_WORKER_CRASHED,  note_crash },
		[MASTER_WORKER_ON_EXIT]    = { true, MASTER_WORKER_GONE,     note_exit },
	},
	[MASTER_WORKER_CRASHED] = {
		[MASTER_WORKER_ON_RETIRE]  = { true, MASTER_WORKER_CRASHED,  hurry_crashed },
		[MASTER_WORKER_ON_TIMEOUT] = { true, MASTER_WORKER_CRASHED,  kill_crashed },
		[MASTER_WORKER_ON_EXIT]    = { true, MASTER_WORKER_GONE,     note_exit },
	},
};

static const char *const state_names[MASTER_WORKER_STATE_COUNT] = {
	[MASTER_WORKER_STARTING] = "starting",
	[MASTER_WORKER_READY]    = "ready",
	[MASTER_WORKER_PROVEN]   = "proven",
	[MASTER_WORKER_SERVING]  = "serving",
	[MASTER_WORKER_RETIRING] = "retiring",
	[MASTER_WORKER_HUNG]     = "hung",
	[MASTER_WORKER_CRASHED]  = "crashed",
	[MASTER_WORKER_FAILED]   = "failed",
	[MASTER_WORKER_GONE]     = "gone",
};
/* clang-format on */

/*
 * Messages are the worker's word, so one that does not fit its state is
 * nonsense; what the master itself does must fit.
 */
static bool
is_gossip(enum master_worker_event event)
{
	return event == MASTER_WORKER_ON_READY ||
	    event == MASTER_WORKER_ON_CRASH;
}

void
master_worker_advance(
    struct master_worker *worker, enum master_worker_event event)
{
	const struct step *step;

	OBJECT_CHECK(worker, MASTER_WORKER_MAGIC);
	step = &steps[worker->state][event];
	if (!step->allowed && is_gossip(event)) {
		master_channel_note_nonsense(worker, "it said %s while %s",
		    event == MASTER_WORKER_ON_READY ? "ready" : "crashed",
		    master_worker_state_name(worker->state));
		return;
	}
	if (!step->allowed)
		panic("worker %u: event %d while %s", worker->slot, event,
		    master_worker_state_name(worker->state));
	worker->was = worker->state;
	worker->state = step->next;
	if (step->action != NULL)
		step->action(worker);
	master_cohort_on_worker(worker->cohort, worker, event);
}

bool
master_worker_is_reached(const struct master_worker *worker)
{
	return worker->channel_fd != -1 &&
	    worker->state != MASTER_WORKER_CRASHED;
}

struct master_worker *
master_worker_next(
    const struct master *master, const struct master_worker *worker)
{
	struct list_link *cohort = master->cohorts.head.next;
	const struct list *workers;

	if (worker != NULL) {
		if (worker->link.next != &worker->cohort->workers.head)
			return LIST_OBJECT(
			    worker->link.next, struct master_worker, link);
		cohort = worker->cohort->link.next;
	}
	for (; cohort != &master->cohorts.head; cohort = cohort->next) {
		workers =
		    &LIST_OBJECT(cohort, struct master_cohort, link)->workers;
		if (!list_is_empty(workers))
			return LIST_OBJECT(
			    list_first(workers), struct master_worker, link);
	}
	return NULL;
}

const char *
master_worker_state_name(enum master_worker_state state)
{
	return state_names[state];
}
