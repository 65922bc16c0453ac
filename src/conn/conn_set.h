/* SPDX-License-Identifier: ISC */
/*
 * All connections of a worker: what the worker sees of conn/.  Makes them,
 * settles what their protocols asked for, counts them, retires them, lets
 * them go to other workers.
 * Worker, loop thread.
 */
#ifndef CONN_SET_H
#define CONN_SET_H

#include <sys/socket.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base_network.h"
#include "conn/conn_close.h"
#include "conn/conn_deadline.h"
#include "ipc/ipc_channel.h"
#include "ipc/ipc_process.h"

struct conn_set;
struct event_base;
struct network_list;
struct protocol;

/* Where connections come from; one a listener, outlives them.  is_forgotten
 * may change: nobody else takes its connections, so that every exchange from
 * then on should be the connection's last. */
struct conn_origin {
	const struct protocol *protocol;
	void *context;     /* conn_context */
	uint32_t listener; /* struct ipc_listener's id */
	bool is_tcp;
	/* Whose connections begin with a PROXY header; the maker's. */
	struct network_list proxies;
	/* Of the master's self-check: its connections are in no counter and
	 * in no row that is looked at, so they are never handed over. */
	bool is_check;
	bool is_forgotten;
};

struct conn_settings {
	struct network_list trusted_proxies; /* outlives the set */
	uint64_t timeouts_ms[CONN_DEADLINE_COUNT];
	/* Bytes that a client has to take in a wait of class WRITE, at least
	 * one; and queued ones beyond which on_input is not called, so that
	 * pipelines stop. */
	uint64_t write_least;
	size_t output_limit;
	/* Connections of one client, 0: any number; and what the next one is
	 * answered, which outlives the set. */
	uint64_t client_max;
	const char *client_refusal;
	size_t client_refusal_size;
	/* Counters, in the slot: open connections, busy ones, accepted and
	 * adopted so far, ends by reason.  Written with single stores. */
	uint64_t *open, *busy, *accepted, *adopted;
	uint64_t *closed; /* [CONN_CLOSE_COUNT] */
	/* Where containment looks; row_count bounds what can be handed over
	 * or answered in a crash, not what can be accepted. */
	struct ipc_loop *loop;
	struct ipc_output *output;
	struct ipc_row *rows;
	uint32_t row_count;
	/* A connection went away: the gate may open, retirement be over.
	 * It may accept and retire, not free the set. */
	void (*on_closed)(void *context);
	/* At the end of a settling, as long as connections depart:
	 * conn_set_pack may be called.  True when any went. */
	bool (*on_departing)(void *context);
	void *context;
};

struct conn_set *conn_set_new(
    struct event_base *base, const struct conn_settings *settings);

/* Closes what is left (CONN_CLOSE_SHUTDOWN) and frees. */
void conn_set_free(struct conn_set **set);

/*
 * Takes a connected, non-blocking socket, reads it at once (with deferred
 * accepting its request is there, or its PROXY header), and settles.  The
 * descriptor is the set's from here on.  The caller enters before it accepts:
 * between accept(2) and this a socket is in no row.
 */
void conn_set_accept(struct conn_set *set, int fd,
    const struct sockaddr_storage *address, socklen_t size,
    const struct conn_origin *origin);

/*
 * The same for one that another worker handed over: its bytes already read,
 * orphan->input_size of them, are copied.  Does not settle: the caller does,
 * when it has taken the whole batch and said so; nor is it called from
 * inside a settling.  Batches come sorted, latest deadline first.  A record
 * that makes no sense costs its connection: CONN_CLOSE_ERROR.
 */
void conn_set_adopt(struct conn_set *set, int fd,
    const struct ipc_orphan *orphan, const void *input,
    const struct conn_origin *origin);

/*
 * Those that were adopted are this worker's from now on, and it has said so:
 * a crash hands them over like all others.  Until then it does not, as the
 * master still has them itself, and would give each to two workers.
 */
void conn_set_own(struct conn_set *set);

/*
 * Takes the worker's end of the master's socket pair, with an origin that
 * is_check.  As with conn_set_adopt, the caller settles.
 */
void conn_set_check(
    struct conn_set *set, int fd, const struct conn_origin *origin);

/*
 * Begins every callback of the loop that may run application code or touch
 * connections; the set's own do it themselves.
 * Between it and the end of the next conn_set_settle the thread is not
 * stopped for a crash in another one; outside, and if one was asked for
 * meanwhile, neither function returns.  Whoever goes on behind a settling
 * enters again.
 */
void conn_set_enter(struct conn_set *set);

/*
 * Runs what was queued and marked since the last time, until nothing is:
 * writes, wakes, closes, frees.  The set's own callbacks do it themselves;
 * whoever runs application code outside of them (timers, posts) calls it
 * afterwards, with no connection's log scope entered.  Called from inside a
 * protocol's function it does nothing: the settling that runs goes on.  A
 * connection that never comes to rest does not hold up the loop: after some
 * rounds the rest is left for the loop's next turn.
 */
void conn_set_settle(struct conn_set *set);

/*
 * Retirement.  at_once: idle connections are closed now, with those that
 * depart; else each lives on until its next exchange is answered with
 * Connection: close.
 */
void conn_set_retire(struct conn_set *set, bool at_once);

/*
 * Retirement behind which others go on: each connection departs as soon as
 * it can, unless its origin is forgotten.  It can when no exchange is
 * unfinished, nothing is unsent, and what was read is not too much.
 */
void conn_set_hand_over(struct conn_set *set);

/* Lets as many idle connections depart; returns how many there were. */
size_t conn_set_shed(struct conn_set *set, size_t count);

/*
 * The departing ones, a batch at a time.  pack: all of packet but its message,
 * with descriptors that stay the set's; the number of connections.  They are
 * in no row from then on, so unpack follows at once: are_gone: they were sent;
 * own copies are closed and nothing is shut down (CONN_CLOSE_HANDED).  Else
 * they wait for the next time, and if nobody will ever take any, strand closes
 * all of them (CONN_CLOSE_RETIRED).
 */
size_t conn_set_pack(struct conn_set *set, struct ipc_packet *packet);
void conn_set_unpack(struct conn_set *set, bool are_gone);
void conn_set_strand(struct conn_set *set);

/* Without those of the self-check: nobody waits for their end. */
size_t conn_set_count(const struct conn_set *set);

#endif
