/* SPDX-License-Identifier: ISC */
/*
 * HTTP/1 as the core sees it: owns what follows from each thing that the
 * core tells, and which wait goes with which state.  A connection is
 *
 *	idle		between requests
 *	head		a request's head is incomplete
 *	body		the application has the request, not all of its body
 *	handling	the application has all of it, and answers
 *	draining	it is answered; the rest of its body is dropped
 *	ending		no input matters any more
 *
 * (the table is h1_state.c; what is done in each is h1_step.c).  Answers that
 * are complete and not yet taken by the client are counted beside the state:
 * too many of them, and the connection is stalled, that is, it begins no
 * further request.  Progress means that the wait begins anew.
 */
#include "base/base_object.h"
#include "conn/conn.h"
#include "conn/conn_protocol.h"
#include "http1/h1.h"
#include "http1/h1_connection.h"
#include "http1/h1_exchange.h"
#include "http1/h1_private.h"
#include "http1/h1_refuse.h"
#include "http1/h1_step.h"

/* ---- waiting ---- */

static enum conn_deadline_class
class_of_idle(const struct conn *conn)
{
	return conn_request_count(conn) == 0 ? CONN_DEADLINE_HEAD :
					       CONN_DEADLINE_IDLE;
}

/* A timer left running in state idle or handling is stale: on_deadline
 * looks at the state. */
static enum conn_deadline_class
class_of(const struct h1_connection *connection)
{
	switch (connection->state) {
	case H1_STATE_IDLE:
		return class_of_idle(connection->conn);
	case H1_STATE_HEAD:
		return CONN_DEADLINE_HEAD;
	case H1_STATE_BODY:
		return connection->body.is_wanted ? CONN_DEADLINE_BODY :
						    CONN_DEADLINE_NONE;
	case H1_STATE_DRAINING:
		return CONN_DEADLINE_BODY;
	default:
		return CONN_DEADLINE_NONE;
	}
}

static void
update_wait(struct h1_connection *connection)
{
	enum conn_deadline_class class = class_of(connection);

	if (class == connection->waiting && !connection->has_progress)
		return;
	connection->waiting = class;
	connection->has_progress = false;
	conn_wait(connection->conn, class);
}

/* What is known of it from here on, conn/ knows. */
static void
begin_idle(struct h1_connection *connection)
{
	struct conn *conn = connection->conn;
	enum conn_deadline_class class = class_of_idle(conn);
	bool is_new = class != connection->waiting || connection->has_progress;

	h1_connection_free(&connection);
	if (is_new)
		conn_wait(conn, class);
}

/* Behind each thing that was told.  Idle begins when the answers are sent,
 * in on_writable. */
static void
settle(struct h1_connection *connection)
{
	switch (connection->state) {
	case H1_STATE_IDLE:
		if (connection->answered_count > 0)
			connection->waiting = CONN_DEADLINE_NONE;
		else if (connection->is_stalled)
			update_wait(connection);
		else
			begin_idle(connection);
		break;
	case H1_STATE_ENDING:
		break;
	default:
		update_wait(connection);
	}
}

/*
 * The wait that came along with an adopted connection goes on, if there is
 * something here that it can be for: the rest of a head, whose part came
 * along too, or what every connection waits for at its begin.
 */
static bool
can_wait_on(struct conn *conn)
{
	enum conn_deadline_class class = conn_waiting(conn);
	size_t size;

	conn_input(conn, &size);
	return class == class_of_idle(conn) ||
	    (class == CONN_DEADLINE_HEAD && size > 0);
}

/* ---- the protocol ---- */

static void
open_connection(struct conn *conn)
{
	if (!conn_is_adopted(conn) || !can_wait_on(conn))
		conn_wait(conn, class_of_idle(conn));
}

/* An empty line behind a body, as old clients send it, begins no request. */
static bool
is_between_requests(const struct h1_connection *connection)
{
	return connection->state == H1_STATE_IDLE ||
	    (connection->state == H1_STATE_HEAD &&
		h1_parse_is_blank(connection->parse));
}

/* The client's FIN, with everything taken that could be taken. */
static void
end_input(struct h1_connection *connection)
{
	const struct h1_exchange *exchange = connection->active;

	switch (connection->state) {
	case H1_STATE_IDLE:
	case H1_STATE_HEAD:
		if (!connection->is_stalled)
			h1_connection_finish(connection,
			    is_between_requests(connection) ?
				CONN_CLOSE_CLIENT :
				CONN_CLOSE_RESET,
			    false);
		break;
	case H1_STATE_DRAINING:
		h1_connection_finish(connection, CONN_CLOSE_RESET, false);
		break;
	case H1_STATE_BODY:
		if (connection->body.is_wanted || !exchange->keeps_half_closed)
			h1_connection_abandon(connection);
		break;
	case H1_STATE_HANDLING:
		if (!exchange->keeps_half_closed)
			h1_connection_abandon(connection);
		break;
	default:
		break;
	}
}

static void
on_input(struct conn *conn)
{
	struct h1_connection *connection = h1_connection_enter(conn);

	h1_step_run(connection);
	if (conn_input_ended(conn))
		end_input(connection);
	settle(connection);
}

static void
on_writable(struct conn *conn)
{
	struct h1_connection *connection = h1_connection_enter(conn);

	h1_connection_collect(connection);
	if (connection->state == H1_STATE_ENDING)
		return;
	if (connection->is_stalled &&
	    connection->answered_count <=
		connection->h1->settings.max_pipelined / 2 &&
	    !conn_output_is_full(conn)) {
		connection->is_stalled = false;
		conn_wake(conn);
	}
	if (connection->is_abandoned && connection->active != NULL)
		h1_connection_abandon(connection);
	h1_step_give_room(connection);
	settle(connection);
}

/* Nobody asked for anything, so there is nothing to answer. */
static void
end_idle(struct h1_connection *connection)
{
	h1_connection_finish(connection,
	    conn_request_count(connection->conn) == 0 ?
		CONN_CLOSE_HEAD_TIMEOUT :
		CONN_CLOSE_IDLE,
	    false);
}

static void
end_wait(struct h1_connection *connection)
{
	switch (connection->state) {
	case H1_STATE_IDLE:
		if (connection->answered_count == 0)
			end_idle(connection);
		break;
	case H1_STATE_HEAD:
		if (is_between_requests(connection))
			end_idle(connection);
		else
			h1_refuse_head(connection, H1_FAULT_HEAD_TIMEOUT);
		break;
	case H1_STATE_BODY:
		h1_refuse_body(connection, H1_FAULT_BODY_TIMEOUT);
		break;
	case H1_STATE_DRAINING:
		h1_connection_finish(connection, CONN_CLOSE_BODY_TIMEOUT, true);
		break;
	default:
		break;
	}
}

static void
on_deadline(struct conn *conn, enum conn_deadline_class class)
{
	struct h1_connection *connection = h1_connection_enter(conn);

	connection->waiting = CONN_DEADLINE_NONE;
	/* One that is throttled may send as it should: nobody looked. */
	if (class == class_of(connection) &&
	    !(class == CONN_DEADLINE_BODY && conn_is_throttled(conn)))
		end_wait(connection);
	settle(connection);
}

static void
retire(struct conn *conn, bool at_once)
{
	struct h1_connection *connection = h1_connection_enter(conn);

	if (connection->active != NULL)
		h1_exchange_call(connection->active,
		    connection->active->exchange.application->on_retire);
	else if (at_once && connection->state == H1_STATE_IDLE &&
	    !connection->is_stalled)
		h1_connection_finish(connection, CONN_CLOSE_RETIRED, true);
	settle(connection);
}

const struct protocol h1_protocol = {
	.name = "http/1",
	.open = open_connection,
	.on_input = on_input,
	.on_writable = on_writable,
	.on_deadline = on_deadline,
	.retire = retire,
	.close = h1_connection_end,
};
