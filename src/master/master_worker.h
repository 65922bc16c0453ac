/* SPDX-License-Identifier: ISC */
/*
 * A worker as the master sees it: a table [state][event], whose state is
 * written by master_worker_advance only.
 *
 *	starting -READY-> ready -PROVEN-> proven -SERVE-> serving -RETIRE->
 *	    |               |                |               |     retiring
 *	    +---------------+-------+--------+---------------+-----+
 *	    |                       |                              |
 *	 TIMEOUT, HANG: hung     CRASH: crashed               EXIT: gone
 *	 EXIT: failed
 *
 * ready: set up, and the self-check, if there is one, under way.
 * failed: died before READY.  hung: took too long for something and was sent
 * the signal that ends it, but has not ended.  crashed: it said so, or ended
 * by it; its slot and its place in the cohort are its successor's.
 */
#ifndef MASTER_WORKER_H
#define MASTER_WORKER_H

#include <stdbool.h>

struct master;
struct master_worker;

enum master_worker_state {
	MASTER_WORKER_STARTING,
	MASTER_WORKER_READY,
	MASTER_WORKER_PROVEN,
	MASTER_WORKER_SERVING,
	MASTER_WORKER_RETIRING,
	MASTER_WORKER_HUNG,
	MASTER_WORKER_CRASHED,
	MASTER_WORKER_FAILED,
	MASTER_WORKER_GONE,
	MASTER_WORKER_STATE_COUNT
};

enum master_worker_event {
	MASTER_WORKER_ON_READY,   /* its message */
	MASTER_WORKER_ON_PROVEN,  /* the self-check passed, or none is made */
	MASTER_WORKER_ON_SERVE,   /* we tell it to serve */
	MASTER_WORKER_ON_RETIRE,  /* we tell it to retire */
	MASTER_WORKER_ON_TIMEOUT, /* start, shutdown or end took too long */
	MASTER_WORKER_ON_HANG,    /* the hang watch ends it */
	MASTER_WORKER_ON_CRASH,   /* its message, or how it ended */
	MASTER_WORKER_ON_EXIT,    /* waitpid has it */
	MASTER_WORKER_EVENT_COUNT
};

void master_worker_advance(
    struct master_worker *worker, enum master_worker_event event);

/* Its loop runs, as far as is known: it hears us, and writes to its logs. */
bool master_worker_is_reached(const struct master_worker *worker);

/* Goes through the workers of all cohorts: the one behind worker, or, behind
 * NULL, the first; NULL: there is no more. */
struct master_worker *master_worker_next(
    const struct master *master, const struct master_worker *worker);

const char *master_worker_state_name(enum master_worker_state state);

#endif
