/* SPDX-License-Identifier: ISC */
/*
 * Orders that are answered when they have been carried out: what each of
 * them waits for is a condition over the state of the master and its
 * workers, looked at again whenever that changed.
 */
#ifndef MASTER_WAIT_H
#define MASTER_WAIT_H

#include <event2/event_struct.h>

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/base_list.h"

struct master;
struct master_order;
struct master_wait;

/* A kind of order. */
struct master_wait_type {
	/* The reply, or NULL: not yet.  From the loop, never from inside of
	 * what changed the state.  NULL: somebody ends it. */
	json_t *(*check)(const struct master_wait *wait);
	/* The reply when limit_ms is over, and the order has not been
	 * carried out.  NULL: it has no limit. */
	json_t *(*give_up)(const struct master_wait *wait);
	uint64_t limit_ms;
	/* It goes on while the master stops; all others are answered then,
	 * with an error. */
	bool outlives_stop;
};

#define MASTER_WAIT_MAGIC 0xe29a7c15u
struct master_wait {
	unsigned magic;
	struct master *master;
	const struct master_wait_type *type;
	struct master_order *order; /* NULL: a signal's */
	uint64_t started_ms;        /* monotonic */
	struct event deadline;
	struct list_link link; /* in master->waits, oldest first */

	/* The order's own. */
	uint32_t cohort;
	unsigned wanted, before;
	unsigned count;  /* what it concerns */
	unsigned untold; /* workers that live and could not be told */
	bool is_on;
};

/* Of which there is one in each master. */
void master_wait_init(struct master *master);
void master_wait_fini(struct master *master);

/* Takes order, which may be NULL.  The first look comes from the loop. */
struct master_wait *master_wait_start(struct master *master,
    const struct master_wait_type *type, struct master_order *order);
/* Answers; takes reply. */
void master_wait_end(struct master_wait **wait, json_t *reply);
/* All of that kind; reply stays the caller's. */
void master_wait_end_all(
    struct master *master, const struct master_wait_type *type, json_t *reply);

/* Something may have changed.  From anywhere. */
void master_wait_review(struct master *master);

#endif
