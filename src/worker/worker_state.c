/* SPDX-License-Identifier: ISC */
/*
 * Owns the state of the worker.  What happens on a step stands in the table
 * beside it; the functions are in the files named in worker_private.h.
 */
#include "base/base_object.h"
#include "worker/worker_private.h"

typedef void worker_action(struct worker *worker);

struct step {
	bool allowed;
	enum worker_state next;
	worker_action *action;
};

static void
say_ready(struct worker *worker)
{
	worker_channel_tell(worker, IPC_MESSAGE_READY, NULL);
}

static void
serve(struct worker *worker)
{
	worker->slot->serving = 1;
	worker_acceptor_start(worker);
}

static void
retire(struct worker *worker)
{
	worker->slot->serving = 0;
	worker_acceptor_stop(worker);
	worker_retire_start(worker);
}

static void
leave(struct worker *worker)
{
	worker_retire_stop(worker);
	event_base_loopbreak(worker->base);
}

static void
cut(struct worker *worker)
{
	worker_retire_cut(worker);
	leave(worker);
}

/* clang-format off */
static const struct step steps[WORKER_STATE_COUNT][WORKER_EVENT_COUNT] = {
	[WORKER_STATE_STARTING] = {
		[WORKER_EVENT_SET_UP]  = { true, WORKER_STATE_READY,    say_ready },
	},
	[WORKER_STATE_READY] = {
		[WORKER_EVENT_SERVE]   = { true, WORKER_STATE_SERVING,  serve },
		[WORKER_EVENT_RETIRE]  = { true, WORKER_STATE_RETIRING, retire },
	},
	[WORKER_STATE_SERVING] = {
		[WORKER_EVENT_RETIRE]  = { true, WORKER_STATE_RETIRING, retire },
	},
	[WORKER_STATE_RETIRING] = {
		[WORKER_EVENT_RETIRE]  = { true, WORKER_STATE_RETIRING, worker_retire_again },
		[WORKER_EVENT_EMPTY]   = { true, WORKER_STATE_GONE,     leave },
		[WORKER_EVENT_TIMEOUT] = { true, WORKER_STATE_GONE,     cut },
	},
	[WORKER_STATE_GONE] = {
		[WORKER_EVENT_RETIRE]  = { true, WORKER_STATE_GONE,     NULL },
	},
};

static const char *const state_names[WORKER_STATE_COUNT] = {
	[WORKER_STATE_STARTING] = "starting",
	[WORKER_STATE_READY]    = "ready",
	[WORKER_STATE_SERVING]  = "serving",
	[WORKER_STATE_RETIRING] = "retiring",
	[WORKER_STATE_GONE]     = "gone",
};
/* clang-format on */

/* The master's word may be wrong; what comes from within must fit. */
static bool
is_word(enum worker_event event)
{
	return event == WORKER_EVENT_SERVE || event == WORKER_EVENT_RETIRE;
}

void
worker_advance(struct worker *worker, enum worker_event event)
{
	const struct step *step;

	OBJECT_CHECK(worker, WORKER_MAGIC);
	step = &steps[worker->state][event];
	if (!step->allowed && is_word(event)) {
		log_warn("told to %s while %s: ignored",
		    event == WORKER_EVENT_SERVE ? "serve" : "retire",
		    state_names[worker->state]);
		return;
	}
	if (!step->allowed)
		panic("event %d while %s", event, state_names[worker->state]);
	worker->state = step->next;
	if (step->action != NULL)
		step->action(worker);
}
