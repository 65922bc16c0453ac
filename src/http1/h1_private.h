/* SPDX-License-Identifier: ISC */
/*
 * What the files of http1/ share: the worker's part, the connection, the
 * exchange.  Nobody else includes this.  Worker, loop thread.
 *
 * An idle connection has no struct h1_connection: most connections are, most
 * of the time, and all that stays to be known of them conn/ knows.
 *
 * A connection has one active exchange at most.  When its response has been
 * queued it moves to the answered list, and the next request may begin; it
 * ends when the kernel has taken the response, as the queue holds memory of
 * its arena and of the application.
 */
#ifndef H1_PRIVATE_H
#define H1_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base_list.h"
#include "base/base_object.h"
#include "conn/conn.h"
#include "http/http_date.h"
#include "http/http_exchange.h"
#include "http1/h1.h"
#include "http1/h1_body.h"
#include "http1/h1_connection.h"
#include "http1/h1_parse.h"
#include "http1/h1_response.h"
#include "http1/h1_state.h"

/* What is not in use, by the next of its link. */
struct h1_pool {
	struct list_link *first;
	size_t count;
};

struct h1 {
	unsigned magic;
#define H1_MAGIC 0xd6074b39u
	struct h1_settings settings;
	struct h1_limits limits;
	struct http_server *server;
	struct http_date_cache date;
	struct h1_texts texts;
	struct h1_pool exchanges, parses, connections;
};

struct h1_connection {
	unsigned magic;
#define H1_CONNECTION_MAGIC 0x47ae90fbu
	enum h1_state state; /* written by h1_state.c only */
	struct h1 *h1;
	struct conn *conn;
	struct h1_parse *parse; /* in state head */
	struct h1_exchange *active;
	struct list answered; /* of struct h1_exchange, in order */
	unsigned answered_count;
	enum conn_deadline_class waiting; /* NONE also where it is stale */
	bool has_progress : 1;            /* the wait is to begin anew */
	bool is_running : 1;              /* within on_input */
	bool is_stalled : 1;              /* max_pipelined, or output is full */
	bool is_abandoned : 1;            /* h1_connection_abandon */
	struct list_link link;            /* in the pool */
	struct h1_body body;              /* of the active request */
};

struct h1_exchange {
	struct http_exchange exchange; /* first */
	struct h1_connection *connection;
	struct list_link link;  /* answered, or in the pool */
	uint64_t begin, behind; /* positions of its output */
	/* The head, and what joined it, before it is queued. */
	char *joined;
	size_t joined_size, joined_room;
	enum h1_delivery delivery;
	uint64_t left;          /* of a counted body */
	size_t room_wanted;     /* want_room's threshold */
	enum cohort_end end;    /* once all is sent */
	enum conn_close reason; /* if is_last */
	bool is_persistent : 1; /* as far as the request says */
	bool is_last : 1;       /* the connection ends behind it */
	bool is_answered : 1;
	bool is_refused : 1;  /* by us: what is on its way is our page */
	bool has_head : 1;    /* send_head was called */
	bool has_surplus : 1; /* more than the size came; logged */
	bool wants_room : 1;
	bool keeps_half_closed : 1;
	bool is_in_place : 1; /* joined is where it is sent from */
};

/* What the connection has while it is not idle: the one there is, or one in
 * state idle, whose wait is the one that runs. */
static inline struct h1_connection *
h1_connection_enter(struct conn *conn)
{
	struct h1_connection *connection = conn_state(conn);

	if (connection == NULL)
		return h1_connection_new(conn);
	OBJECT_CHECK(connection, H1_CONNECTION_MAGIC);
	return connection;
}

static inline struct h1_exchange *
h1_exchange_of(struct http_exchange *exchange)
{
	OBJECT_CHECK(exchange, HTTP_EXCHANGE_MAGIC);
	return (struct h1_exchange *)(void *)exchange;
}

/* ---- h1.c: pools ---- */

/* Initialised (h1_exchange_init); no request has begun. */
struct h1_exchange *h1_take_exchange(struct h1 *h1);
void h1_give_exchange(struct h1 *h1, struct h1_exchange *exchange);

/* In state idle, with nothing in it. */
struct h1_connection *h1_take_connection(struct h1 *h1);
/* It is so again. */
void h1_give_connection(struct h1 *h1, struct h1_connection *connection);
/* Whatever it is: it is made so first. */
void h1_give_ended_connection(struct h1 *h1, struct h1_connection *connection);

/* Reset. */
struct h1_parse *h1_take_parse(struct h1 *h1);
void h1_give_parse(struct h1 *h1, struct h1_parse *parse);

#endif
