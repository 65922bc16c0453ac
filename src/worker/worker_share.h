/* SPDX-License-Identifier: ISC */
/*
 * How many connections a worker accepts each time a listener is ready.
 *
 * To ask until nothing waits is dear: accept(2) makes a socket and a file
 * before it looks whether there is a connection for them (measured: 1.3 us,
 * 5 % of what a connection with one request costs).  To leave one waiting is
 * no cheaper, as it takes another turn of the loop.  So it is
 * WORKER_SHARE_MAX, but one while connections come one by one; and now and
 * then, while it is one, all that wait are taken, to see whether it still
 * should be.
 */
#ifndef WORKER_SHARE_H
#define WORKER_SHARE_H

#define WORKER_SHARE_MAX   4
#define WORKER_SHARE_ALONE 4  /* turns without a second one, until it is one */
#define WORKER_SHARE_PROBE 16 /* turns from one look to the next */

struct worker_share {
	unsigned alone; /* turns in a row that saw no second one */
};

/* How many to accept in this turn, at most. */
unsigned worker_share_count(const struct worker_share *share);

/* So many were there, or at least so many. */
void worker_share_learn(struct worker_share *share, unsigned accepted);

#endif
