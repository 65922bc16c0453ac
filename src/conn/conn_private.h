/* SPDX-License-Identifier: ISC */
/*
 * What the files of conn/ share: the connection and the set.  Nobody else
 * includes this.  Worker, loop thread.
 *
 * How it runs: whatever happens (an event, a deadline, a call by the
 * protocol) only marks a connection and puts it on the set's pending list.
 * conn_set_settle takes connections from there and lets each make a step
 * (conn_step.c); every function of a protocol is called from a step.
 */
#ifndef CONN_PRIVATE_H
#define CONN_PRIVATE_H

#include <netinet/in.h>
#include <sys/socket.h>

#include <event2/event_struct.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base_hash.h"
#include "base/base_list.h"
#include "base/base_log.h"
#include "base/base_network.h"
#include "conn/conn.h"
#include "conn/conn_set.h"
#include "conn/conn_state.h"

/* ---- conn_pool.c: memory of one size, kept for the next taker ---- */

struct conn_pool {
	struct conn_pool_item *free;
	size_t size; /* of an item */
	size_t keep; /* free items at most */
	size_t free_count;
	size_t taken_count;
};

void conn_pool_init(struct conn_pool *pool, size_t size, size_t keep);

/* Everything has been given back before. */
void conn_pool_fini(struct conn_pool *pool);

/* Not zeroed. */
void *conn_pool_take(struct conn_pool *pool)
    __attribute__((malloc, returns_nonnull));

void conn_pool_give(struct conn_pool *pool, void *item);

/* ---- the connection ---- */

/* Bytes start to end are read and not consumed.  data is NULL when there
 * are none, of the set's pool at CONN_INPUT_SIZE, else from the heap. */
struct conn_input {
	char *data;
	uint32_t start, end, capacity;
};

/* A queue of blocks (conn_block.h).  With nothing queued there is none, or one
 * whose room was asked for and not used. */
struct conn_output {
	struct conn_output_block *first, *last;
	uint64_t queued, sent; /* since the connection's begin */
};

/* Why a connection is to make a step. */
enum conn_mark {
	CONN_MARK_OPEN = 1 << 0, /* the protocol has not seen it */
	CONN_MARK_WAKE = 1 << 1, /* on_input is wanted */
	CONN_MARK_SEND = 1 << 2, /* look at the output */
	CONN_MARK_DUE = 1 << 3,  /* wait ran out */
	CONN_MARK_RETIRE = 1 << 4,
	CONN_MARK_RETIRE_AT_ONCE = 1 << 5
};

/*
 * There are thousands, so they are small; and each event finds its one cold,
 * so what every request touches stands together, with libevent's part behind
 * it, and what it does not touch at the end.
 */
struct conn {
	unsigned magic;
#define CONN_MAGIC 0x3fb2c61du
	int fd;                             /* -1 in CONN_STATE_CLOSED */
	enum conn_state state : 8;          /* written by conn_state.c only */
	enum conn_close reason : 8;         /* valid once ending */
	enum ipc_row_exchange exchange : 8; /* as the protocol told */
	unsigned marks : 8;                 /* of enum conn_mark */
	short watched;           /* what event waits for; 0: nothing */
	bool input_ended : 1;    /* FIN was read */
	bool input_is_early : 1; /* what conn_input_is_early says */
	bool is_throttled : 1;   /* above output_limit */
	bool is_blocked : 1;     /* the socket is full */
	bool is_busy : 1;
	bool lingers : 1; /* once everything is sent */
	bool closes_hard : 1;
	bool is_adopted : 1;
	bool is_packed : 1;    /* by conn_hand.c: its row is empty */
	bool awaits_proxy : 1; /* its PROXY header is not whole */
	bool is_trusted : 1;   /* it is in trusted_proxies */
	struct conn_set *set;
	const struct conn_origin *origin;
	void *protocol_state;
	struct ipc_row *row; /* never NULL */
	uint32_t row_number; /* its index and one; 0: the spare one */
	uint32_t request_count;
	struct conn_input input;
	struct conn_output output;
	struct list_link pending; /* in set->pending */
	/* Two, since the protocol's wait (for a body, say) and the core's
	 * (for the client to read) run side by side, and a list of equal
	 * waits has no place for one that has partly run out. */
	struct conn_deadline wait;  /* the protocol's */
	struct conn_deadline guard; /* the core's: WRITE or LINGER */
	struct http_peer
	    peer;        /* once awaits_proxy is over, as the header told */
	unsigned lapses; /* of the guard, without progress */
	struct log_scope scope;
	struct event event;
	struct list_link link;      /* in set->conns, or set->departing */
	int64_t taken;              /* conn_progress.c, when the guard began */
	struct conn_client *client; /* conn_client.c; NULL: not counted */
	uint64_t id;
};

/* Whose output is noted, and up to where: pieces before next in block. */
struct conn_note {
	const struct conn *conn; /* NULL: nobody's */
	struct conn_output_block *block;
	uint32_t next, count;
	bool is_overfull; /* it was too much; nothing is named */
};

/* How many connections each client has; nothing without a limit. */
struct conn_clients {
	struct conn_client **buckets;
	size_t bucket_count; /* a power of two */
	struct hash_key key;
	struct conn_pool pool;
	uint64_t refused, logged_ms; /* since that line */
};

struct conn_set {
	unsigned magic;
#define CONN_SET_MAGIC 0x91d40e57u
	bool is_settling;
	bool hands_over;       /* whoever can go departs */
	unsigned retire_marks; /* 0: it does not retire */
	struct event_base *base;
	struct conn_settings settings;
	struct conn_deadlines deadlines;
	struct list conns;
	struct list departing; /* conn_hand.c */
	struct list pending;
	struct event later; /* settles in the loop's next turn */
	size_t count, count_busy, count_checks;
	uint64_t last_id;
	struct conn_pool conn_pool, input_pool, output_pool;
	struct conn_clients clients;
	uint32_t *free_rows; /* their numbers, a stack */
	uint32_t free_row_count;
	struct ipc_row spare_row;
	struct conn_note note;
};

/* Into memory that others read: a fact, and what makes earlier ones valid. */
#define CONN_STORE(place, value) \
	__atomic_store_n(&(place), (value), __ATOMIC_RELAXED)
#define CONN_ANNOUNCE(place, value) \
	__atomic_store_n(&(place), (value), __ATOMIC_RELEASE)

/* A counter that nobody else writes. */
static inline void
conn_count_up(uint64_t *counter)
{
	CONN_STORE(*counter, *counter + 1);
}

/* Puts the connection on the pending list, for that reason. */
static inline void
conn_mark(struct conn *conn, unsigned marks)
{
	conn->marks |= marks;
	if (!list_is_linked(&conn->pending))
		list_append(&conn->set->pending, &conn->pending);
}

static inline uint64_t
conn_output_pending(const struct conn *conn)
{
	return conn->output.queued - conn->output.sent;
}

/* ", connection 7 from 127.0.0.1:5000" */
void conn_describe(const void *object, struct buffer *line);

/* ---- conn_peer.c ---- */

/* As accept(2) tells it. */
struct network_address conn_peer_read(
    const struct sockaddr_storage *address, socklen_t size, uint16_t *port_r);

/* The client is that one from here on; before anybody was told of another. */
void conn_peer_set(
    struct conn *conn, const struct network_address *client, uint16_t port);

/* ---- conn_preface.c: what comes before the protocol ---- */

/* Does a connection of that client to there begin with a PROXY header? */
static inline bool
conn_preface_is_due(
    const struct conn_origin *origin, const struct network_address *client)
{
	return origin->proxies.count > 0 &&
	    network_list_has(&origin->proxies, client);
}

/* In state ACCEPTED or PROXY: reads what has come of the header.  True when
 * it is whole, and the client the one that it told.  Else it waits for more,
 * or has closed the connection. */
bool conn_preface_read(struct conn *conn);

/* ---- conn_client.c: connections of one client ---- */

void conn_clients_init(struct conn_set *set);
void conn_clients_fini(struct conn_set *set);

/*
 * The connection's client is known from now on, behind accept(2) or a PROXY
 * header, and the connection counts as its until conn_client_leave.  May it
 * stay?  False: it has been answered and closed, whatever its state was, and
 * the caller does nothing more with it but settle.  Unix sockets and
 * trusted proxies are not counted, and without client_max nobody is.
 */
bool conn_client_admit(struct conn *conn);

/* The same for one that is here already, and is never refused. */
void conn_client_count(struct conn *conn);

void conn_client_leave(struct conn *conn);

/* ---- conn_input.c ---- */

static inline size_t
conn_input_size(const struct conn *conn)
{
	return conn->input.end - conn->input.start;
}

static inline bool
conn_input_is_full(const struct conn *conn)
{
	return conn->input.data != NULL &&
	    conn_input_size(conn) == conn->input.capacity;
}

/* One read(2) into the buffer, which is not full.  Marks the connection if
 * there is something for the protocol; closes it if it failed. */
void conn_input_receive(struct conn *conn);

/* Bytes that were read elsewhere, before any were read here; they fit. */
void conn_input_put(struct conn *conn, const void *data, size_t size);

/* One read(2), whose bytes are dropped. */
void conn_input_discard(struct conn *conn);

/* Gives the buffer back if nothing is in it. */
void conn_input_settle(struct conn *conn);

/* Gives the buffer back. */
void conn_input_fini(struct conn *conn);

/* ---- conn_output.c ---- */

/* The size of a block, with what it keeps for itself. */
#define CONN_OUTPUT_BLOCK_SIZE 8192

/* Writes until everything is sent, the socket is full (is_blocked), or it
 * was this connection's fair share; closes the connection if it failed. */
void conn_output_flush(struct conn *conn);

/* Forgets what is queued. */
void conn_output_fini(struct conn *conn);

/* ---- conn_row.c: the connection's row in the table for containment ---- */

void conn_rows_init(struct conn_set *set);
void conn_rows_fini(struct conn_set *set);

/* Which row it has, from its begin to its end. */
void conn_row_take(struct conn *conn);
void conn_row_give(struct conn *conn);

/* Fills it in, with nothing queued; and empties it. */
void conn_row_open(struct conn *conn);
void conn_row_close(struct conn *conn);
/* What stood in it is true again. */
void conn_row_reopen(struct conn *conn);

/* Called when what they tell has changed: exchange also with the state. */
void conn_row_set_exchange(struct conn *conn);
void conn_row_set_wait(struct conn *conn);

static inline void
conn_row_set_input(struct conn *conn)
{
	const struct conn_input *input = &conn->input;

	CONN_STORE(conn->row->input, (uintptr_t)input->data + input->start);
	CONN_STORE(conn->row->input_size, input->end - input->start);
}

/* ---- conn_note.c: what is queued before an unanswered exchange ---- */

/* Something is queued. */
void conn_note_output(struct conn *conn);

/* Before any of it is sent. */
static inline void
conn_forget_note(struct conn *conn)
{
	struct conn_set *set = conn->set;

	if (set->note.conn != conn)
		return;
	CONN_ANNOUNCE(set->settings.output->row, 0);
	set->note.conn = NULL;
}

/* ---- conn_io.c ---- */

/* Is that errno of a socket the client's doing, or the network's? */
bool conn_io_is_lost(int number);

/* Closes after a system call on the socket failed with errno: as reset by
 * the client, or else as an error, which is logged. */
void conn_io_fail(struct conn *conn, const char *call);

/* Lets the event wait for what the connection now wants to know. */
void conn_io_watch(struct conn *conn);

/* Waits for nothing any more. */
void conn_io_unwatch(struct conn *conn);

/* Closes the descriptor. */
void conn_io_close(struct conn *conn);

/* ---- conn_progress.c: does the client take its output? ---- */

/* After a write: the guard runs as long as something is queued. */
void conn_progress_watch(struct conn *conn);

/* The guard ran out: it is started anew, or the connection closed. */
void conn_progress_review(struct conn *conn);

/* ---- conn_hand.c ---- */

/* Lets the connection depart if its set hands over and it can go now. */
bool conn_hand_review(struct conn *conn);

/* ---- conn_step.c ---- */

/* Calls the protocol, writes, ends, as far as the marks ask for it.  Takes
 * the connection off the pending list, or puts it to the end of it if it
 * wants another step; it may be gone afterwards. */
void conn_step(struct conn *conn);

/* ---- conn_set.c ---- */

/* Makes one in CONN_STATE_ACCEPTED, whose row is still closed. */
struct conn *conn_set_add(
    struct conn_set *set, int fd, const struct conn_origin *origin);

/* The end of a closed connection, whose protocol has been told. */
void conn_set_drop(struct conn *conn);

#endif
