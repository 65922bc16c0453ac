/* SPDX-License-Identifier: ISC */
/*
 * What an application may do with an exchange (http_exchange_functions),
 * over HTTP/1: its response becomes output of the connection.
 */
#ifndef H1_EXCHANGE_H
#define H1_EXCHANGE_H

#include <stdbool.h>

struct h1_connection;
struct h1_exchange;
struct http_exchange;
struct http_server;

typedef void h1_exchange_function(struct http_exchange *exchange);

/* Fills in what stays, so that it can be used for many requests. */
void h1_exchange_init(struct h1_exchange *exchange, struct http_server *server);

void h1_exchange_fini(struct h1_exchange *exchange);

/* Of the connection; the request is the caller's to fill in. */
struct h1_exchange *h1_exchange_begin(struct h1_connection *connection);

/* Calls the application within the exchange's log scope. */
void h1_exchange_call(
    struct h1_exchange *exchange, h1_exchange_function *function);

/* After a call into the application: queues a head that waited for a small
 * body to join it. */
void h1_exchange_flush(struct h1_exchange *exchange);

/* Does the application want to be told of room, and is there room? */
bool h1_exchange_has_room(const struct h1_exchange *exchange);

#endif
