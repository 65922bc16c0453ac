/* SPDX-License-Identifier: ISC */
/*
 * A connection and its exchanges: how they begin, get answered, and end.
 */
#ifndef H1_CONNECTION_H
#define H1_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cohort/types.h"
#include "conn/conn_close.h"
#include "http1/h1_fault.h"
#include "http1/h1_state.h"

struct conn;
struct h1_connection;
struct h1_exchange;

/* One in state idle, whose wait is the one that runs; conn's state. */
struct h1_connection *h1_connection_new(struct conn *conn);

/* While it is in state idle, not stalled, and nothing that was answered is
 * still to be sent. */
void h1_connection_free(struct h1_connection **connection);

/* Of a connection that is closed, with or without one: ends what exchanges
 * there are, for that reason. */
void h1_connection_end(struct conn *conn, enum conn_close reason);

/* The exchange's request is there, and not consumed: it is the active one
 * from here on. */
void h1_connection_begin(struct h1_connection *connection,
    struct h1_exchange *exchange, enum h1_event event);

/* All of the active exchange's response is queued.  What is left of its
 * request is part of it, for containment, until that is drained. */
void h1_connection_answered(struct h1_connection *connection);

/* Ends the answered exchanges that the kernel has taken. */
void h1_connection_collect(struct h1_connection *connection);

/*
 * The client will not wait for the active exchange, or its request will
 * never be complete.  What was answered before it still goes out.
 */
void h1_connection_abandon(struct h1_connection *connection);

/* conn_finish and conn_close, after which no input matters. */
void h1_connection_finish(
    struct h1_connection *connection, enum conn_close reason, bool linger);
void h1_connection_close(
    struct h1_connection *connection, enum conn_close reason, bool hard);

/* http_exchange_functions.want_body */
void h1_connection_want_body(struct h1_connection *connection, uint64_t limit);

/* Is what came of the active exchange's body well framed?  Consumes none. */
enum h1_fault h1_connection_try_body(const struct h1_connection *connection);

/* Could a next request follow if the response were complete now? */
bool h1_connection_can_skip_body(const struct h1_connection *connection);

#endif
