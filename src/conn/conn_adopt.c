/* SPDX-License-Identifier: ISC */
/*
 * Connections from other workers.  The record was made by a process that
 * crashed, and checked by the master only as far as the master understands
 * it, so a wait may not last longer here than a new one would.
 */
#include "base/base_panic.h"
#include "conn/conn_private.h"

static bool
is_sound(const struct ipc_orphan *orphan)
{
	switch (orphan->kind) {
	case IPC_ORPHAN_IDLE:
	case IPC_ORPHAN_PROXY:
		return orphan->input_size <= IPC_ORPHAN_INPUT_MAX;
	case IPC_ORPHAN_LINGER:
		return true;
	default:
		return false;
	}
}

/* The core's own are nothing that a protocol waits for. */
static enum conn_deadline_class
class_of(const struct ipc_orphan *orphan)
{
	switch (orphan->deadline_class) {
	case CONN_DEADLINE_HEAD:
	case CONN_DEADLINE_BODY:
	case CONN_DEADLINE_IDLE:
		return (enum conn_deadline_class)orphan->deadline_class;
	default:
		return CONN_DEADLINE_NONE;
	}
}

static void
adopt_idle(
    struct conn *conn, const struct ipc_orphan *orphan, const void *input)
{
	struct conn_set *set = conn->set;

	conn_deadline_resume(
	    &set->deadlines, &conn->wait, class_of(orphan), orphan->due_ms);
	conn_input_put(conn, input, orphan->input_size);
	conn->awaits_proxy = orphan->kind == IPC_ORPHAN_PROXY;
	conn_mark(conn, CONN_MARK_OPEN | set->retire_marks);
}

/* No protocol ever sees it: CONN_MARK_OPEN stays. */
static void
adopt_lingering(struct conn *conn, const struct ipc_orphan *orphan)
{
	struct conn_set *set = conn->set;

	conn->reason = CONN_CLOSE_ANSWERED;
	conn_mark(conn, CONN_MARK_OPEN);
	if (set->settings.timeouts_ms[CONN_DEADLINE_LINGER] == 0) {
		conn_close(conn, CONN_CLOSE_ANSWERED, false);
		return;
	}
	conn_state_advance(conn, CONN_EVENT_LINGER);
	conn_deadline_resume(&set->deadlines, &conn->guard,
	    CONN_DEADLINE_LINGER, orphan->due_ms);
}

void
conn_set_adopt(struct conn_set *set, int fd, const struct ipc_orphan *orphan,
    const void *input, const struct conn_origin *origin)
{
	struct conn *conn;

	if (set->is_settling)
		panic("connection adopted inside a step of another");
	conn = conn_set_add(set, fd, origin);
	conn->is_adopted = true;
	conn->request_count = orphan->request_count;
	conn_peer_set(conn, &orphan->peer, orphan->port);
	/* Until its header is there the peer is the proxy, not the client. */
	if (orphan->kind != IPC_ORPHAN_PROXY)
		conn_client_count(conn);
	conn_count_up(set->settings.adopted);
	if (!is_sound(orphan)) {
		conn_mark(conn, CONN_MARK_OPEN);
		conn_close(conn, CONN_CLOSE_ERROR, false);
		return;
	}
	if (orphan->kind == IPC_ORPHAN_LINGER)
		adopt_lingering(conn, orphan);
	else
		adopt_idle(conn, orphan, input);
}

/* Whatever was adopted since the last settling is pending. */
void
conn_set_own(struct conn_set *set)
{
	struct list_link *link;
	struct conn *conn;

	LIST_FOREACH (link, &set->pending) {
		conn = LIST_OBJECT(link, struct conn, pending);
		if (conn->is_adopted && conn->row->fd == 0 &&
		    conn->state != CONN_STATE_CLOSED)
			conn_row_open(conn);
	}
}

bool
conn_is_adopted(const struct conn *conn)
{
	return conn->is_adopted;
}
