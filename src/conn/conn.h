/* SPDX-License-Identifier: ISC */
/*
 * A connection as protocols see it: input that has been read, output that
 * is queued, one wait with a deadline, an end with a reason.  No libevent
 * here.  Worker, loop thread.
 *
 * Output is a queue of pieces which the core writes after the protocol's
 * function returned, as much as possible in one writev(2) (files by
 * sendfile(2)).  Positions in it are counted from the connection's begin:
 * what was queued when conn_queued_total was N has gone to the kernel once
 * conn_sent_total is at least N.  This is how a protocol knows when memory
 * it lent to conn_send is free again.
 */
#ifndef CONN_H
#define CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conn/conn_close.h"
#include "conn/conn_deadline.h"
#include "http/http_exchange.h"

struct conn;

/* The protocol's own, per connection; and per worker and listener, as given
 * in struct conn_origin. */
void *conn_state(const struct conn *conn);
void conn_set_state(struct conn *conn, void *state);
void *conn_context(const struct conn *conn);

/* The client, as the kernel, a PROXY header or the worker that handed it over
 * told; the same from open() to close(). */
const struct http_peer *conn_peer(const struct conn *conn);

/* Is that one a trusted proxy, which may speak for others? */
bool conn_is_trusted(const struct conn *conn);

/* ---- input ---- */

/* The bytes read and not consumed, NULL if there are none; valid until the
 * protocol's function returns.  The protocol may write into them. */
char *conn_input(struct conn *conn, size_t *size_r);

void conn_consume(struct conn *conn, size_t size);

/* Was the first of these bytes sent before this turn of the loop, that is
 * before epoll returned what runs now?  False: perhaps not. */
bool conn_input_is_early(const struct conn *conn);

/* Nothing more will come: the client's FIN was read. */
bool conn_input_ended(const struct conn *conn);

/* Lets the buffer grow to capacity for what must be seen whole (a head);
 * the bytes may move.  It shrinks back when empty. */
void conn_input_grow(struct conn *conn, size_t capacity);

/* Bytes the buffer holds at most without growing. */
#define CONN_INPUT_SIZE 20480

/* Calls on_input again once the present function has returned: for work
 * that became possible without new bytes. */
void conn_wake(struct conn *conn);

/* ---- output; does nothing any more once conn_is_ending ---- */

/* Bytes that stay valid until they are sent or the connection closed. */
void conn_send(struct conn *conn, const void *data, size_t size);

/* Bytes that are copied. */
void conn_send_copy(struct conn *conn, const void *data, size_t size);

/*
 * Where the protocol may itself write up to size bytes; NULL if no block holds
 * as many, size is 0, or conn_is_ending.  conn_send_commit queues the first
 * size of them, at most those reserved: within the same function of the
 * protocol, and with nothing else queued in between.  It need not be called.
 */
char *conn_send_reserve(struct conn *conn, size_t size);
void conn_send_commit(struct conn *conn, size_t size);

/* A part of a file, whose descriptor stays valid as long.  A file that
 * turns out shorter closes the connection: CONN_CLOSE_CUT. */
void conn_send_file(struct conn *conn, int fd, int64_t offset, int64_t size);

uint64_t conn_queued_total(const struct conn *conn);
uint64_t conn_sent_total(const struct conn *conn);

/* Is more than output_limit queued?  The core calls on_input no more then,
 * and within one on_input the protocol begins nothing that queues more. */
bool conn_output_is_full(const struct conn *conn);

/* Is on_input kept back, though there may be input, until the client has taken
 * half of output_limit?  What it sends then nobody sees. */
bool conn_is_throttled(const struct conn *conn);

/* ---- waiting and ending ---- */

/*
 * Starts the wait of that class from now, instead of the one before; NONE
 * waits without a deadline.  WRITE and LINGER are the core's own: while
 * something is queued it watches that the client takes write_least bytes in
 * each wait of class WRITE, as its acknowledgements tell, whatever the
 * protocol waits for; less, and the connection is closed (conn_progress.c).
 */
void conn_wait(struct conn *conn, enum conn_deadline_class class);

/* The class of the wait that runs, or ran out just now. */
enum conn_deadline_class conn_waiting(const struct conn *conn);

/*
 * Sends what is queued and closes.  No more on_input; on_writable still
 * comes.  linger: the client may have sent, or still send, what nobody read;
 * closing would answer that by a reset, and the reset could destroy the
 * response before the client has read it.  Then only our end is shut down,
 * and what comes is dropped until the client closes (RFC 9112, 9.6).  Input
 * left unconsumed has the same effect.
 */
void conn_finish(struct conn *conn, enum conn_close reason, bool linger);

/* Closes the descriptor now; what is queued is lost, and the protocol's
 * close() comes at the next settling.  hard: with a reset, so that a cut
 * response cannot look complete. */
void conn_close(struct conn *conn, enum conn_close reason, bool hard);

/* Has finish or close been called? */
bool conn_is_ending(const struct conn *conn);

/* Should every exchange be the last one?  The worker retires, or the listener
 * goes, and nobody else will have the connection. */
bool conn_is_retiring(const struct conn *conn);

/* Tells the core whether an exchange is in progress, for counters, for
 * availability and for retirement. */
void conn_set_busy(struct conn *conn, bool busy);

/*
 * Tells what the unfinished exchange has come to, for containment: a crash
 * of its application is answered in its place as long as it is not
 * answering.  One exchange at a time.
 *
 * begin: all answers before it have been queued; the application has not
 * seen it; of its request nothing has been consumed.  answer: a byte of its
 * final response will be queued.  Bytes queued before that are whole interim
 * responses.  end: all of its response is queued, and its request has been
 * consumed: whoever has the unconsumed input could go on with the connection.
 */
void conn_exchange_begin(struct conn *conn, uint64_t id, bool is_head_only);
void conn_exchange_answer(struct conn *conn);
void conn_exchange_end(struct conn *conn);

/* Requests on the connection so far, with those that another worker served
 * before it handed the connection over; no more are counted than
 * UINT32_MAX. */
uint32_t conn_request_count(const struct conn *conn);
void conn_count_request(struct conn *conn);

/* Was it handed over by another worker?  Valid from open() on; then the
 * wait, if there was one, runs on already: conn_waiting. */
bool conn_is_adopted(const struct conn *conn);

/* Is it the master's own, for the self-check?  Its exchanges are to say so
 * (struct http_exchange's is_check). */
bool conn_is_check(const struct conn *conn);

#endif
