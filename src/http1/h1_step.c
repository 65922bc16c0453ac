/* SPDX-License-Identifier: ISC */
/*
 * Each state of h1_state.h has a step, which says whether it got anywhere;
 * steps are made until none does.  So a batch of requests that came with
 * one read is answered with one write, as the core writes afterwards.
 */
#include "http1/h1_step.h"

#include <string.h>

#include "http1/h1_connection.h"
#include "http1/h1_exchange.h"
#include "http1/h1_head.h"
#include "http1/h1_private.h"
#include "http1/h1_refuse.h"

/* What the buffer holds beyond max_head: empty lines and a line's end. */
#define HEAD_SLACK 64

/* ---- calls into the application ---- */

static void
call_on_body(struct h1_exchange *exchange, struct cohort_str piece)
{
	log_enter(&exchange->exchange.scope);
	exchange->exchange.application->on_body(
	    &exchange->exchange, piece.data, piece.size);
	log_leave(&exchange->exchange.scope);
	h1_exchange_flush(exchange);
}

static bool
is_room_due(const struct h1_connection *connection)
{
	return connection->active != NULL &&
	    connection->state != H1_STATE_ENDING &&
	    h1_exchange_has_room(connection->active);
}

/* ---- steps ---- */

static bool
step_idle(struct h1_connection *connection)
{
	size_t size;

	conn_input(connection->conn, &size);
	if (size == 0)
		return false;
	if (connection->answered_count >=
		connection->h1->settings.max_pipelined ||
	    conn_output_is_full(connection->conn)) {
		connection->is_stalled = true;
		return false;
	}
	connection->is_stalled = false;
	connection->parse = h1_take_parse(connection->h1);
	h1_state_advance(connection, H1_EVENT_BYTES);
	return true;
}

/* Who asks, and by what scheme: a proxy that is believed may say it; anybody
 * else has come as we listen (RFC 9110, 7.4). */
static enum h1_fault
take_origin(struct h1_connection *connection, struct h1_exchange *exchange)
{
	struct http_request *request = &exchange->exchange.request;

	request->peer = conn_peer(connection->conn);
	if (conn_is_trusted(connection->conn))
		http_forwarded_apply(&connection->h1->settings.forwarding,
		    request, &exchange->exchange.arena);
	else if (request->uri.scheme.data != NULL &&
	    strcmp(request->scheme, "http") != 0)
		return H1_FAULT_SCHEME;
	return H1_FAULT_NONE;
}

static void
begin_exchange(struct h1_connection *connection, const char *data)
{
	const struct h1_head *head = h1_parse_head(connection->parse);
	struct h1_exchange *exchange = h1_exchange_begin(connection);
	struct http_request *request = &exchange->exchange.request;
	size_t size = head->size;
	enum h1_fault fault;

	fault = h1_head_read(head, data, &connection->h1->limits,
	    &exchange->exchange.arena, request);
	if (fault == H1_FAULT_NONE)
		fault = take_origin(connection, exchange);
	if (fault != H1_FAULT_NONE) {
		h1_refuse_exchange(connection, exchange, fault);
		return;
	}
	exchange->is_persistent = head->framing.is_persistent;
	h1_body_init(
	    &connection->body, &head->framing, &connection->h1->limits);
	h1_connection_begin(connection, exchange,
	    request->body_size == 0 ? H1_EVENT_REQUEST :
				      H1_EVENT_REQUEST_WITH_BODY);
	conn_consume(connection->conn, size);
	h1_exchange_call(exchange, exchange->exchange.application->on_head);
}

static bool
step_head(struct h1_connection *connection)
{
	size_t size;
	const char *data = conn_input(connection->conn, &size);

	switch (h1_parse_feed(connection->parse, data, size)) {
	case H1_PARSE_MORE:
		if (size >= CONN_INPUT_SIZE)
			conn_input_grow(connection->conn,
			    connection->h1->limits.max_head + HEAD_SLACK);
		return false;
	case H1_PARSE_FAULT:
		h1_refuse_head(connection, h1_parse_fault(connection->parse));
		return true;
	case H1_PARSE_HEAD:
		begin_exchange(connection, data);
		return true;
	}
	return false;
}

/* One byte now and then is none. */
static void
note_progress(struct h1_connection *connection, size_t size)
{
	struct h1_body *body = &connection->body;

	body->waited_for += size;
	if (body->waited_for < connection->h1->settings.body_progress)
		return;
	body->waited_for = 0;
	connection->has_progress = true;
}

/* A piece of the body that somebody wants. */
static void
deliver(struct h1_connection *connection, struct cohort_str piece)
{
	struct h1_body *body = &connection->body;

	note_progress(connection, piece.size);
	if (body->received > body->limit) {
		body->is_wanted = false;
		body->is_too_large = body->is_refusal_owed = true;
	} else {
		call_on_body(connection->active, piece);
	}
}

static bool
read_body(struct h1_connection *connection)
{
	struct conn *conn = connection->conn;
	struct cohort_str piece;
	enum h1_body_result result;
	enum h1_fault fault;
	size_t size, used;
	const char *data = conn_input(conn, &size);

	result =
	    h1_body_read(&connection->body, data, size, &used, &piece, &fault);
	if (result == H1_BODY_FAULT) {
		h1_refuse_body(connection, fault);
		return true;
	}
	if (result == H1_BODY_DATA)
		deliver(connection, piece);
	conn_consume(conn, used);
	if (result == H1_BODY_END) {
		connection->body.is_end_owed = true;
		h1_state_advance(connection, H1_EVENT_BODY_END);
	}
	return result != H1_BODY_MORE;
}

static bool
step_body(struct h1_connection *connection)
{
	struct h1_body *body = &connection->body;
	struct h1_exchange *exchange = connection->active;

	if (body->is_refusal_owed) {
		body->is_refusal_owed = false;
		h1_exchange_call(exchange,
		    exchange->exchange.application->on_body_too_large);
		return true;
	}
	return body->is_wanted && read_body(connection);
}

static bool
step_handling(struct h1_connection *connection)
{
	struct h1_exchange *exchange = connection->active;

	if (!connection->body.is_end_owed)
		return false;
	connection->body.is_end_owed = false;
	h1_exchange_call(exchange, exchange->exchange.application->on_body_end);
	return true;
}

static bool
step_draining(struct h1_connection *connection)
{
	struct h1_body *body = &connection->body;
	struct cohort_str piece;
	enum h1_body_result result;
	enum h1_fault fault;
	size_t size, used;
	const char *data = conn_input(connection->conn, &size);

	result = h1_body_read(body, data, size, &used, &piece, &fault);
	if (result == H1_BODY_FAULT) {
		h1_connection_finish(connection, CONN_CLOSE_REFUSED, true);
		return false;
	}
	conn_consume(connection->conn, used);
	body->drained += used;
	if (result == H1_BODY_END) {
		connection->has_progress = true;
		h1_state_advance(connection, H1_EVENT_BODY_END);
		conn_exchange_end(connection->conn);
	} else if (!h1_body_can_be_drained(body)) {
		h1_connection_finish(connection, CONN_CLOSE_ANSWERED, true);
		return false;
	}
	return result != H1_BODY_MORE;
}

static bool
step_ending(struct h1_connection *connection)
{
	return false;
}

static void
make_steps(struct h1_connection *connection)
{
	static bool (*const steps[])(struct h1_connection * connection) = {
		[H1_STATE_IDLE] = step_idle,
		[H1_STATE_HEAD] = step_head,
		[H1_STATE_BODY] = step_body,
		[H1_STATE_HANDLING] = step_handling,
		[H1_STATE_DRAINING] = step_draining,
		[H1_STATE_ENDING] = step_ending,
	};

	while (steps[connection->state](connection))
		continue;
}

bool
h1_step_give_room(struct h1_connection *connection)
{
	struct h1_exchange *exchange = connection->active;

	if (!is_room_due(connection))
		return false;
	exchange->wants_room = false;
	h1_exchange_call(exchange, exchange->exchange.application->on_room);
	return true;
}

/* Room is told of once in a round: who then wants more of it must let the
 * core write first. */
void
h1_step_run(struct h1_connection *connection)
{
	connection->is_running = true;
	make_steps(connection);
	if (h1_step_give_room(connection))
		make_steps(connection);
	connection->is_running = false;
	if (is_room_due(connection))
		conn_wake(connection->conn);
}
