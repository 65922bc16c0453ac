/* SPDX-License-Identifier: ISC */
/*
 * Answers that the protocol gives itself: a status, a small page, and the
 * end of the connection.  Called by protocol functions only.
 */
#ifndef H1_REFUSE_H
#define H1_REFUSE_H

#include "http1/h1_fault.h"

struct h1_connection;
struct h1_exchange;

/* The head that connection->parse holds; the application never sees it, the
 * recorder does. */
void h1_refuse_head(struct h1_connection *connection, enum h1_fault fault);

/*
 * A request for which there is an exchange already, which is not active yet,
 * and whose request is not valid.
 */
void h1_refuse_exchange(struct h1_connection *connection,
    struct h1_exchange *exchange, enum h1_fault fault);

/*
 * The rest of the active exchange's request.  If its response began, the
 * connection is cut.
 */
void h1_refuse_body(struct h1_connection *connection, enum h1_fault fault);

/* The same within a call by the application, which is about to send a head:
 * whoever called it has entered the exchange's scope. */
void h1_refuse_unread(struct h1_connection *connection, enum h1_fault fault);

#endif
