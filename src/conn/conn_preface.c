/* SPDX-License-Identifier: ISC */
/*
 * A connection of a proxy that has to say first for whom it connects.  It
 * has head_timeout for that, whatever the request may take behind it.  The
 * row is empty while the facts in it change, as they hold together only: a
 * header that is consumed, and the client that it told.
 */
#include "conn/conn_private.h"
#include "conn/conn_proxy.h"

static void
refuse(struct conn *conn, const char *fault)
{
	log_enter(&conn->scope);
	log_debug("refused: %s", fault);
	log_leave(&conn->scope);
	conn_close(conn, CONN_CLOSE_PROXY, false);
}

static void
accept_header(struct conn *conn, const struct conn_proxy_header *header)
{
	conn_row_close(conn);
	conn_deadline_stop(&conn->wait);
	conn->marks &= ~(unsigned)CONN_MARK_DUE;
	conn->awaits_proxy = false;
	conn_consume(conn, header->size);
	if (header->client.family != NETWORK_NONE)
		conn_peer_set(conn, &header->client, header->port);
	if (conn_input_size(conn) == 0 && !conn->input_ended)
		conn->marks &= ~(unsigned)CONN_MARK_WAKE;
	conn_row_open(conn);
}

/* Who goes without a word has only looked whether somebody is there. */
static void
wait_for_more(struct conn *conn)
{
	bool is_silent = conn_input_size(conn) == 0;

	conn->marks &= ~(unsigned)CONN_MARK_WAKE;
	if (conn->input_ended)
		conn_close(conn,
		    is_silent ? CONN_CLOSE_CLIENT : CONN_CLOSE_RESET, false);
	else if ((conn->marks & CONN_MARK_DUE) != 0)
		conn_close(conn, CONN_CLOSE_HEAD_TIMEOUT, false);
	else if (is_silent && (conn->marks & CONN_MARK_RETIRE_AT_ONCE) != 0)
		conn_close(conn, CONN_CLOSE_RETIRED, false);
}

bool
conn_preface_read(struct conn *conn)
{
	struct conn_proxy_header header;
	const char *data, *fault;
	size_t size;

	if (conn->state == CONN_STATE_ACCEPTED)
		conn_state_advance(conn, CONN_EVENT_PROXY);
	data = conn_input(conn, &size);
	switch (conn_proxy_parse(data, size, &header, &fault)) {
	case CONN_PROXY_HEADER:
		accept_header(conn, &header);
		return conn_client_admit(conn);
	case CONN_PROXY_FAULT:
		refuse(conn, fault);
		return false;
	case CONN_PROXY_MORE:
		wait_for_more(conn);
		return false;
	}
	return false;
}
