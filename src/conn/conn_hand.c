/* SPDX-License-Identifier: ISC */
/*
 * Connections that leave for another worker.  From the end of a step on in
 * which one could go it is departing: nobody here watches it or calls its
 * protocol, and its row stands, so that a crash hands it over all the same.
 * While it is packed its row is empty: it is in one place at a time.
 */
#include <string.h>

#include "conn/conn_private.h"

/* ---- who can go ---- */

/* Lingering, as long as the client has taken everything. */
static bool
is_at_rest(const struct conn *conn)
{
	switch (conn->state) {
	case CONN_STATE_ACCEPTED:
	case CONN_STATE_PROXY:
		return true;
	case CONN_STATE_LINGERING:
		return conn->guard.class == CONN_DEADLINE_LINGER;
	case CONN_STATE_OPEN:
		return conn->exchange == IPC_ROW_NONE && !conn->is_busy &&
		    conn_output_pending(conn) == 0;
	default:
		return false;
	}
}

static bool
can_go(const struct conn *conn)
{
	return !conn->origin->is_forgotten && is_at_rest(conn) &&
	    conn_input_size(conn) <= IPC_ORPHAN_INPUT_MAX;
}

static void
depart(struct conn *conn)
{
	conn_state_advance(conn, CONN_EVENT_DEPART);
	list_remove(&conn->link);
	list_append(&conn->set->departing, &conn->link);
}

bool
conn_hand_review(struct conn *conn)
{
	if (!conn->set->hands_over || !can_go(conn))
		return false;
	depart(conn);
	return true;
}

size_t
conn_set_shed(struct conn_set *set, size_t count)
{
	struct list_link *link, *following;
	size_t left = count;
	struct conn *conn;

	LIST_FOREACH_SAFE (link, following, &set->conns) {
		conn = LIST_OBJECT(link, struct conn, link);
		if (left == 0)
			break;
		if (conn->state != CONN_STATE_OPEN ||
		    list_is_linked(&conn->pending) || !can_go(conn))
			continue;
		depart(conn);
		left--;
	}
	conn_set_settle(set);
	return count - left;
}

/* ---- into a batch ---- */

static enum ipc_orphan_kind
kind_of(const struct conn *conn)
{
	if (conn->guard.class == CONN_DEADLINE_LINGER)
		return IPC_ORPHAN_LINGER;
	return conn->awaits_proxy ? IPC_ORPHAN_PROXY : IPC_ORPHAN_IDLE;
}

static void
describe(const struct conn *conn, struct ipc_orphan *orphan)
{
	enum ipc_orphan_kind kind = kind_of(conn);
	bool lingers = kind == IPC_ORPHAN_LINGER;
	const struct conn_deadline *deadline =
	    lingers ? &conn->guard : &conn->wait;

	memset(orphan, 0, sizeof(*orphan));
	orphan->listener = conn->origin->listener;
	orphan->kind = kind;
	orphan->port = conn->peer.port;
	orphan->deadline_class = deadline->class;
	orphan->input_size = lingers ? 0 : (uint32_t)conn_input_size(conn);
	if (list_is_linked(&deadline->link))
		orphan->due_ms = deadline->due_ms;
	orphan->request_count = conn->request_count;
	orphan->peer = conn->peer.address;
}

static void
pack(struct conn *conn, struct ipc_packet *packet)
{
	struct ipc_handover *handover = &packet->handover;
	struct ipc_orphan *orphan = &handover->orphans[handover->count++];

	describe(conn, orphan);
	if (orphan->input_size > 0)
		memcpy(packet->input + handover->input_size,
		    conn->input.data + conn->input.start, orphan->input_size);
	handover->input_size += orphan->input_size;
	packet->descriptors[packet->descriptor_count++] = conn->fd;
	conn_row_close(conn);
	conn->is_packed = true;
}

static bool
has_room(const struct ipc_packet *packet, const struct conn *conn)
{
	return packet->handover.count < IPC_ORPHANS_MAX &&
	    packet->handover.input_size + conn_input_size(conn) <=
	    IPC_INPUT_MAX;
}

size_t
conn_set_pack(struct conn_set *set, struct ipc_packet *packet)
{
	struct list_link *link;
	struct conn *conn;

	packet->descriptor_count = 0;
	packet->handover.count = packet->handover.input_size = 0;
	LIST_FOREACH (link, &set->departing) {
		conn = LIST_OBJECT(link, struct conn, link);
		if (conn->state != CONN_STATE_DEPARTING)
			continue;
		if (!has_room(packet, conn))
			break;
		pack(conn, packet);
	}
	return packet->descriptor_count;
}

void
conn_set_unpack(struct conn_set *set, bool are_gone)
{
	struct list_link *link;
	struct conn *conn;

	LIST_FOREACH (link, &set->departing) {
		conn = LIST_OBJECT(link, struct conn, link);
		if (!conn->is_packed)
			continue;
		conn->is_packed = false;
		if (are_gone)
			conn_close(conn, CONN_CLOSE_HANDED, false);
		else
			conn_row_reopen(conn);
	}
}

void
conn_set_strand(struct conn_set *set)
{
	struct list_link *link;

	LIST_FOREACH (link, &set->departing)
		conn_close(LIST_OBJECT(link, struct conn, link),
		    CONN_CLOSE_RETIRED, false);
}
