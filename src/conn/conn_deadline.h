/* SPDX-License-Identifier: ISC */
/*
 * Deadlines: one list for each class, since all of a class wait equally
 * long, so the head of a list is always the next to expire.  Everything is
 * O(1), but for waits that are resumed.  One coarse timer per worker serves
 * all lists; it is not armed when nothing waits (after the last wait was
 * stopped it may fire once more).  A deadline alone is met at once, many
 * together up to 50 ms late.  Worker, loop thread.
 *
 * What prolongs a wait: nothing does in HEAD, IDLE and LINGER.  BODY begins
 * anew when body_rate's bytes of it have come, WRITE, when it is over, if
 * write_rate's bytes have been taken (conn_progress.c).
 */
#ifndef CONN_DEADLINE_H
#define CONN_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base_list.h"

struct event;
struct event_base;

enum conn_deadline_class {
	CONN_DEADLINE_NONE,
	CONN_DEADLINE_HEAD,   /* first byte, then complete head */
	CONN_DEADLINE_BODY,   /* progress of the request body */
	CONN_DEADLINE_WRITE,  /* what the client takes of the output */
	CONN_DEADLINE_IDLE,   /* next request */
	CONN_DEADLINE_LINGER, /* the client's end */
	CONN_DEADLINE_COUNT
};

/* Embedded in whatever waits. */
struct conn_deadline {
	struct list_link link;
	uint64_t due_ms; /* coarse monotonic */
	enum conn_deadline_class class;
};

struct conn_deadlines {
	struct list lists[CONN_DEADLINE_COUNT];
	uint64_t timeouts_ms[CONN_DEADLINE_COUNT];
	struct event *timer; /* added while it is armed */
	int timer_fd;
	uint64_t armed_for_ms; /* 0: not armed */
	uint64_t now_ms;       /* of this round; 0: not asked yet */
	/* The last of each class that was resumed in this round; NULL. */
	struct conn_deadline *resumed[CONN_DEADLINE_COUNT];
	bool has_resumed; /* is there one? */
	void (*on_due)(struct conn_deadline *deadline);
};

/* timeouts_ms is copied; a class whose time is 0 waits without a deadline
 * (but with 0 for LINGER a connection does not linger).  on_due is called
 * with the deadline taken out of its list and its class still standing. */
void conn_deadlines_init(struct conn_deadlines *deadlines,
    struct event_base *base, const uint64_t timeouts_ms[CONN_DEADLINE_COUNT],
    void (*on_due)(struct conn_deadline *deadline));
void conn_deadlines_fini(struct conn_deadlines *deadlines);

/* Coarse monotonic milliseconds, one value for a round of the loop. */
uint64_t conn_deadlines_now(struct conn_deadlines *deadlines);

/* The round is over: who asks next gets a new value. */
void conn_deadlines_forget_now(struct conn_deadlines *deadlines);

/* Calls on_due for whatever is due; the timer's work. */
void conn_deadlines_expire(struct conn_deadlines *deadlines);

/* Starts the class's wait from now, instead of any wait before. */
void conn_deadline_start(struct conn_deadlines *deadlines,
    struct conn_deadline *deadline, enum conn_deadline_class class);

/*
 * Takes up a wait that began elsewhere and ends at due_ms; also in the past,
 * but no later than one that began now.  0: it had no end there, and begins
 * now.  Many of them resumed in one round cost little if they come latest
 * first; until the round is over none of them may be stopped.
 */
void conn_deadline_resume(struct conn_deadlines *deadlines,
    struct conn_deadline *deadline, enum conn_deadline_class class,
    uint64_t due_ms);

/* CONN_DEADLINE_NONE from here on. */
void conn_deadline_stop(struct conn_deadline *deadline);

#endif
