/* SPDX-License-Identifier: ISC */
/*
 * Turns of a worker's loop, told apart by a number: a turn runs what epoll
 * returned, and ends before epoll is asked again.
 */
#ifndef WORKER_TURN_H
#define WORKER_TURN_H

#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>

struct worker_turn {
	uint64_t number;
	bool is_told; /* then end runs when this one ends */
	struct event end;
};

void worker_turn_init(struct worker_turn *turn, struct event_base *base);

/* Before the base is freed. */
void worker_turn_fini(struct worker_turn *turn);

/* Within a callback of the loop: this turn's number, never 0.  No callback
 * that epoll's next answer brings gets the same. */
uint64_t worker_turn_number(struct worker_turn *turn);

#endif
