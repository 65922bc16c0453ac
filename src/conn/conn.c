/* SPDX-License-Identifier: ISC */
/*
 * The protocol's side of conn.h that is neither input nor output.  Nothing
 * here calls the protocol: it marks, and the next step does what follows.
 */
#include "conn/conn.h"

#include "base/base_panic.h"
#include "conn/conn_private.h"

void *
conn_state(const struct conn *conn)
{
	return conn->protocol_state;
}

void
conn_set_state(struct conn *conn, void *state)
{
	conn->protocol_state = state;
}

void *
conn_context(const struct conn *conn)
{
	return conn->origin->context;
}

const struct http_peer *
conn_peer(const struct conn *conn)
{
	return &conn->peer;
}

void
conn_describe(const void *object, struct buffer *line)
{
	const struct conn *conn = object;
	const struct http_peer *peer = &conn->peer;
	bool is_ipv6 = peer->address.family == NETWORK_IPV6;
	char text[NETWORK_TEXT_SIZE];

	network_address_format(&peer->address, text);
	buffer_format(line, ", connection %llu from %s%s%s",
	    (unsigned long long)conn->id, is_ipv6 ? "[" : "", text,
	    is_ipv6 ? "]" : "");
	if (peer->port != 0)
		buffer_format(line, ":%u", peer->port);
}

void
conn_wake(struct conn *conn)
{
	if (conn->state == CONN_STATE_OPEN)
		conn_mark(conn, CONN_MARK_WAKE);
}

void
conn_wait(struct conn *conn, enum conn_deadline_class class)
{
	if (class == CONN_DEADLINE_WRITE || class == CONN_DEADLINE_LINGER)
		panic("deadline class %d is the core's own", (int)class);
	if (conn->state != CONN_STATE_OPEN)
		return;
	conn->marks &= ~(unsigned)CONN_MARK_DUE;
	if (class == CONN_DEADLINE_NONE)
		conn_deadline_stop(&conn->wait);
	else
		conn_deadline_start(&conn->set->deadlines, &conn->wait, class);
	conn_row_set_wait(conn);
}

enum conn_deadline_class
conn_waiting(const struct conn *conn)
{
	return conn->wait.class;
}

void
conn_finish(struct conn *conn, enum conn_close reason, bool linger)
{
	if (conn->state != CONN_STATE_OPEN)
		return;
	conn->reason = reason;
	conn->lingers = linger || conn_input_size(conn) > 0;
	conn_state_advance(conn, CONN_EVENT_FINISH);
}

void
conn_close(struct conn *conn, enum conn_close reason, bool hard)
{
	if (conn->state == CONN_STATE_CLOSED)
		return;
	conn->reason = reason;
	conn->closes_hard = hard;
	conn_state_advance(conn, CONN_EVENT_CLOSE);
}

bool
conn_is_ending(const struct conn *conn)
{
	return conn->state > CONN_STATE_OPEN;
}

bool
conn_is_retiring(const struct conn *conn)
{
	const struct conn_set *set = conn->set;

	return conn->origin->is_forgotten ||
	    (set->retire_marks != 0 && !set->hands_over);
}

bool
conn_is_check(const struct conn *conn)
{
	return conn->origin->is_check;
}
