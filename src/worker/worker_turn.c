/* SPDX-License-Identifier: ISC */
/*
 * Events of a priority run in the order in which they became active.  So one
 * that is activated by hand has behind it whatever epoll returns from now on,
 * and costs nothing in turns that nobody asks for.
 */
#include "worker/worker_turn.h"

#include <event2/event.h>

static void
on_end(evutil_socket_t fd, short events, void *context)
{
	struct worker_turn *turn = context;

	(void)fd;
	(void)events;
	turn->number++;
	turn->is_told = false;
}

void
worker_turn_init(struct worker_turn *turn, struct event_base *base)
{
	turn->number = 1;
	turn->is_told = false;
	evtimer_assign(&turn->end, base, on_end, turn);
}

void
worker_turn_fini(struct worker_turn *turn)
{
	event_del(&turn->end);
}

uint64_t
worker_turn_number(struct worker_turn *turn)
{
	if (!turn->is_told)
		event_active(&turn->end, EV_TIMEOUT, 1);
	turn->is_told = true;
	return turn->number;
}
