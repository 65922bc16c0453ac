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
	master_channel_tell(worker, IPC_MESSAGE_SERVE, 0);
}

static void
tell_retire(struct master_worker *worker)
{
	uint64_t wait = worker->retire == IPC_RETIRE_NOW ?
	    0 :
	    worker->cohort->settings->shutdown_timeout;

	master_channel_tell(worker, IPC_MESSAGE_RETIRE, worker->retire);
	deadline_start(worker, wait + KILL_GRACE_MS);
}

static void
kill_hard(struct master_worker *worker)
{
	log_warn("worker %u (pid %d) is still %s after %llu ms: killed",
	    worker->slot, (int)worker->pid,
	    worker->retire != 0 ? "retiring" : "starting",
	    (unsigned long long)(clock_monotonic_ms() - worker->since_ms));
	kill(worker->pid, SIGKILL);
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
		[MASTER_WORKER_ON_TIMEOUT] = { true, MASTER_WORKER_HUNG,     kill_hard },
		[MASTER_WORKER_ON_EXIT]    = { true, MASTER_WORKER_FAILED,   note_exit },
	},
	[MASTER_WORKER_READY] = {
		[MASTER_WORKER_ON_SERVE]   = { true, MASTER_WORKER_SERVING,  tell_serve },
		[MASTER_WORKER_ON_RETIRE]  = { true, MASTER_WORKER_RETIRING, tell_retire },
		[MASTER_WORKER_ON_EXIT]    = { true, MASTER_WORKER_GONE,     note_exit },
	},
	[MASTER_WORKER_SERVING] = {
		[MASTER_WORKER_ON_RETIRE]  = { true, MASTER_WORKER_RETIRING, tell_retire },
		[MASTER_WORKER_ON_EXIT]    = { true, MASTER_WORKER_GONE,     note_exit },
	},
	[MASTER_WORKER_RETIRING] = {
		[MASTER_WORKER_ON_READY]   = { true, MASTER_WORKER_RETIRING, NULL },
		[MASTER_WORKER_ON_RETIRE]  = { true, MASTER_WORKER_RETIRING, tell_retire },
		[MASTER_WORKER_ON_TIMEOUT] = { true, MASTER_WORKER_HUNG,     kill_hard },
		[MASTER_WORKER_ON_EXIT]    = { true, MASTER_WORKER_GONE,     note_exit },
	},
	[MASTER_WORKER_HUNG] = {
		[MASTER_WORKER_ON_READY]   = { true, MASTER_WORKER_HUNG,     NULL },
		[MASTER_WORKER_ON_RETIRE]  = { true, MASTER_WORKER_HUNG,     NULL },
		[MASTER_WORKER_ON_EXIT]    = { true, MASTER_WORKER_GONE,     note_exit },
	},
};

static const char *const state_names[MASTER_WORKER_STATE_COUNT] = {
	[MASTER_WORKER_STARTING] = "starting",
	[MASTER_WORKER_READY]    = "ready",
	[MASTER_WORKER_SERVING]  = "serving",
	[MASTER_WORKER_RETIRING] = "retiring",
	[MASTER_WORKER_HUNG]     = "hung",
	[MASTER_WORKER_FAILED]   = "failed",
	[MASTER_WORKER_GONE]     = "gone",
};
/* clang-format on */

/*
 * Messages are the worker's word, so one that does not fit its state is
 * ignored with a warning; what the master itself does must fit.
 */
static bool
is_gossip(enum master_worker_event event)
{
	return event == MASTER_WORKER_ON_READY;
}

void
master_worker_advance(
    struct master_worker *worker, enum master_worker_event event)
{
	const struct step *step;

	OBJECT_CHECK(worker, MASTER_WORKER_MAGIC);
	step = &steps[worker->state][event];
	if (!step->allowed && is_gossip(event)) {
		log_warn("worker %u (pid %d) said ready while %s: ignored",
		    worker->slot, (int)worker->pid,
		    master_worker_state_name(worker->state));
		return;
	}
	if (!step->allowed)
		panic("worker %u: event %d while %s", worker->slot, event,
		    master_worker_state_name(worker->state));
	worker->state = step->next;
	if (step->action != NULL)
		step->action(worker);
	master_cohort_on_worker(worker->cohort, worker, event);
}

const char *
master_worker_state_name(enum master_worker_state state)
{
	return state_names[state];
}
