/* SPDX-License-Identifier: ISC */
/*
 * Nothing here calls an application but for on_end, and that only from
 * h1_connection_collect, _abandon and _end, which protocol functions use;
 * the rest is called by applications and may only queue and mark.
 */
#include "http1/h1_connection.h"

#include <string.h>

#include "http1/h1_private.h"

#define CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"

/* What the end of the connection means to exchanges; else they are gone. */
/* clang-format off */
static const enum cohort_end ends[CONN_CLOSE_COUNT] = {
	[CONN_CLOSE_RETIRED] = COHORT_END_RETIRED,
	[CONN_CLOSE_SHUTDOWN] = COHORT_END_RETIRED,
	[CONN_CLOSE_HEAD_TIMEOUT] = COHORT_END_TIMEOUT,
	[CONN_CLOSE_BODY_TIMEOUT] = COHORT_END_TIMEOUT,
	[CONN_CLOSE_WRITE_TIMEOUT] = COHORT_END_TIMEOUT,
	[CONN_CLOSE_CUT] = COHORT_END_FAILED,
};
/* clang-format on */

static enum cohort_end
end_of(enum conn_close reason)
{
	return ends[reason] != 0 ? ends[reason] : COHORT_END_GONE;
}

static void
drop_parse(struct h1_connection *connection)
{
	if (connection->parse != NULL)
		h1_give_parse(connection->h1, connection->parse);
	connection->parse = NULL;
}

struct h1_connection *
h1_connection_new(struct conn *conn)
{
	struct h1_connection *connection =
	    h1_take_connection(conn_context(conn));

	connection->magic = H1_CONNECTION_MAGIC;
	connection->conn = conn;
	connection->waiting = conn_waiting(conn);
	conn_set_state(conn, connection);
	return connection;
}

void
h1_connection_free(struct h1_connection **source)
{
	struct h1_connection *connection;

	OBJECT_TAKE(connection, source, H1_CONNECTION_MAGIC);
	connection->magic = 0;
	connection->has_progress = false;
	conn_set_state(connection->conn, NULL);
	h1_give_connection(connection->h1, connection);
}

void
h1_connection_begin(struct h1_connection *connection,
    struct h1_exchange *exchange, enum h1_event event)
{
	const struct http_exchange *base = &exchange->exchange;

	drop_parse(connection);
	h1_state_advance(connection, event);
	if (connection->answered_count == 0)
		conn_set_busy(connection->conn, true);
	connection->active = exchange;
	conn_count_request(connection->conn);
	conn_exchange_begin(connection->conn, base->id,
	    base->request.method == HTTP_METHOD_HEAD);
}

/* ---- the end of exchanges ---- */

/* It is neither the active one nor an answered one any more. */
static void
end_exchange(struct h1_connection *connection, struct h1_exchange *exchange,
    enum cohort_end end)
{
	struct log_scope *scope = &exchange->exchange.scope;

	log_enter(scope);
	http_exchange_end(&exchange->exchange, connection->h1->server, end);
	log_leave(scope);
	h1_give_exchange(connection->h1, exchange);
	if (connection->active == NULL && connection->answered_count == 0)
		conn_set_busy(connection->conn, false);
}

static struct h1_exchange *
first_answered(const struct h1_connection *connection)
{
	struct list_link *link = list_first(&connection->answered);

	return link == NULL ? NULL :
			      LIST_OBJECT(link, struct h1_exchange, link);
}

static void
end_answered(struct h1_connection *connection, struct h1_exchange *exchange,
    enum cohort_end end)
{
	list_remove(&exchange->link);
	connection->answered_count--;
	end_exchange(connection, exchange, end);
}

void
h1_connection_collect(struct h1_connection *connection)
{
	uint64_t sent = conn_sent_total(connection->conn);
	struct h1_exchange *exchange;

	while ((exchange = first_answered(connection)) != NULL &&
	    exchange->behind <= sent)
		end_answered(connection, exchange, exchange->end);
}

static void
end_active(struct h1_connection *connection, enum cohort_end end)
{
	struct h1_exchange *exchange = connection->active;

	connection->active = NULL;
	end_exchange(connection, exchange, end);
}

void
h1_connection_end(struct conn *conn, enum conn_close reason)
{
	struct h1_connection *connection = conn_state(conn);
	struct h1_exchange *exchange;

	if (connection == NULL)
		return;
	OBJECT_CHECK(connection, H1_CONNECTION_MAGIC);
	if (connection->state != H1_STATE_ENDING)
		h1_state_advance(connection, H1_EVENT_END);
	h1_connection_collect(connection);
	while ((exchange = first_answered(connection)) != NULL)
		end_answered(connection, exchange, end_of(reason));
	if (connection->active != NULL)
		end_active(connection, end_of(reason));
	drop_parse(connection);
	conn_set_state(conn, NULL);
	h1_give_ended_connection(connection->h1, connection);
}

/* ---- the end of the connection ---- */

void
h1_connection_finish(
    struct h1_connection *connection, enum conn_close reason, bool linger)
{
	conn_finish(connection->conn, reason, linger);
	h1_state_advance(connection, H1_EVENT_END);
	drop_parse(connection);
}

void
h1_connection_close(
    struct h1_connection *connection, enum conn_close reason, bool hard)
{
	conn_close(connection->conn, reason, hard);
	h1_state_advance(connection, H1_EVENT_END);
	drop_parse(connection);
}

/* RFC 9112, 9.6: linger unless it is sure that nothing more comes. */
static void
finish_behind(
    struct h1_connection *connection, const struct h1_exchange *exchange)
{
	enum conn_close reason = exchange->reason;
	bool linger = exchange->is_persistent ||
	    reason != CONN_CLOSE_ANSWERED ||
	    connection->state == H1_STATE_DRAINING;

	if (reason == CONN_CLOSE_ANSWERED && conn_is_retiring(connection->conn))
		reason = CONN_CLOSE_RETIRED;
	h1_connection_finish(connection, reason, linger);
}

void
h1_connection_answered(struct h1_connection *connection)
{
	struct h1_exchange *exchange = connection->active;

	connection->active = NULL;
	connection->is_abandoned = false; /* it is complete after all */
	exchange->is_answered = true;
	exchange->behind = conn_queued_total(connection->conn);
	list_append(&connection->answered, &exchange->link);
	connection->answered_count++;
	connection->has_progress = true;
	h1_state_advance(connection, H1_EVENT_ANSWERED);
	if (exchange->is_last ||
	    (connection->state == H1_STATE_DRAINING &&
		!h1_body_can_be_drained(&connection->body)))
		finish_behind(connection, exchange);
	else if (!connection->is_running)
		conn_wake(connection->conn);
	if (connection->state != H1_STATE_DRAINING)
		conn_exchange_end(connection->conn);
}

void
h1_connection_abandon(struct h1_connection *connection)
{
	struct h1_exchange *exchange = connection->active;

	if (!exchange->has_head) {
		end_active(connection, COHORT_END_GONE);
		h1_connection_finish(connection, CONN_CLOSE_RESET, false);
	} else if (connection->answered_count == 0) {
		h1_connection_close(connection, CONN_CLOSE_RESET, true);
	} else {
		/* on_writable comes back to it. */
		connection->is_abandoned = true;
	}
}

/* ---- the body ---- */

/* Does the client wait for 100 Continue before it sends any of it? */
static bool
is_client_waiting(const struct h1_connection *connection)
{
	size_t size;

	if (!connection->body.expects_continue)
		return false;
	conn_input(connection->conn, &size);
	return size == 0;
}

enum h1_fault
h1_connection_try_body(const struct h1_connection *connection)
{
	struct h1_body body = connection->body;
	enum h1_fault fault = H1_FAULT_NONE;
	enum h1_body_result result;
	struct cohort_str piece;
	size_t size, used;
	const char *data = conn_input(connection->conn, &size);

	while (size > 0) {
		result = h1_body_read(&body, data, size, &used, &piece, &fault);
		if (result != H1_BODY_DATA)
			break;
		data += used;
		size -= used;
	}
	return fault;
}

bool
h1_connection_can_skip_body(const struct h1_connection *connection)
{
	if (connection->state != H1_STATE_BODY)
		return true;
	if (is_client_waiting(connection))
		return false;
	return connection->body.is_wanted ||
	    h1_body_can_be_drained(&connection->body);
}

/* RFC 9110, 10.1.1: not behind the final response's head. */
static void
send_continue(struct h1_connection *connection)
{
	if (!connection->active->has_head && is_client_waiting(connection))
		conn_send(connection->conn, CONTINUE, strlen(CONTINUE));
	connection->body.expects_continue = false;
}

void
h1_connection_want_body(struct h1_connection *connection, uint64_t limit)
{
	struct h1_body *body = &connection->body;

	body->limit = limit;
	if (body->is_wanted || body->is_too_large)
		return;
	if (body->left > limit) {
		body->is_too_large = body->is_refusal_owed = true;
	} else {
		body->is_wanted = true;
		connection->has_progress = true;
		if (connection->state == H1_STATE_BODY)
			send_continue(connection);
		else
			body->is_end_owed = true;
	}
	if (!connection->is_running)
		conn_wake(connection->conn);
}
