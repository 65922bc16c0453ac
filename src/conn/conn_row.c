/* SPDX-License-Identifier: ISC */
/*
 * The rows of the connection table.  What the signal handler may believe is
 * decided by the order of the stores: fd comes last in a row that is taken
 * and goes first in one that is given back; exchange comes behind the facts
 * that it makes valid.  The handler runs in this thread, or while this
 * thread is parked, so the order of the program is all that is needed.  A
 * lingering connection is handed over only while it does nothing but linger.
 *
 * A connection for which there is no row, or which is not to be seen (the
 * self-check's), has the set's spare one, which nobody reads.
 */
#include "base/base_memory.h"
#include "conn/conn_private.h"

/* ---- which row ---- */

void
conn_rows_init(struct conn_set *set)
{
	uint32_t count = set->settings.row_count, i;

	set->free_rows = memory_alloc_array(count, sizeof(*set->free_rows));
	for (i = 0; i < count; i++)
		set->free_rows[i] = count - i;
	set->free_row_count = count;
}

void
conn_rows_fini(struct conn_set *set)
{
	memory_free(set->free_rows);
	set->free_rows = NULL;
}

void
conn_row_take(struct conn *conn)
{
	struct conn_set *set = conn->set;

	conn->row_number = 0;
	conn->row = &set->spare_row;
	if (set->free_row_count == 0 || conn->origin->is_check)
		return;
	conn->row_number = set->free_rows[--set->free_row_count];
	conn->row = &set->settings.rows[conn->row_number - 1];
}

void
conn_row_give(struct conn *conn)
{
	struct conn_set *set = conn->set;

	if (conn->row_number == 0)
		return;
	set->free_rows[set->free_row_count++] = conn->row_number;
	conn->row_number = 0;
	conn->row = &set->spare_row;
}

/* ---- what stands in it ---- */

void
conn_row_open(struct conn *conn)
{
	struct ipc_row *row = conn->row;

	CONN_STORE(row->exchange_id, 0);
	CONN_STORE(row->is_head_only, 0);
	CONN_STORE(row->has_unsent, 0);
	CONN_STORE(row->is_reading, 0);
	CONN_STORE(row->listener, conn->origin->listener);
	CONN_STORE(row->request_count, conn->request_count);
	CONN_STORE(row->port, conn->peer.port);
	row->peer = conn->peer.address;
	conn_row_set_wait(conn);
	conn_row_set_input(conn);
	conn_row_set_exchange(conn);
	conn_row_reopen(conn);
}

void
conn_row_close(struct conn *conn)
{
	CONN_ANNOUNCE(conn->row->fd, 0);
	conn_forget_note(conn);
}

void
conn_row_reopen(struct conn *conn)
{
	CONN_ANNOUNCE(conn->row->fd, conn->fd + 1);
}

void
conn_row_set_wait(struct conn *conn)
{
	const struct conn_deadline *deadline =
	    conn->state == CONN_STATE_LINGERING ? &conn->guard : &conn->wait;
	uint64_t due_ms = deadline->due_ms;

	if (!list_is_linked(&deadline->link))
		due_ms = 0;
	CONN_STORE(conn->row->deadline_class, (uint8_t)deadline->class);
	CONN_STORE(conn->row->due_ms, due_ms);
}

/* One that no protocol sees, or none any more, is as good as an idle one. */
static enum ipc_row_exchange
exchange_of(const struct conn *conn)
{
	/* Nearly always; a switch would be a jump through a table. */
	if (conn->state == CONN_STATE_OPEN)
		return conn->exchange;
	switch (conn->state) {
	case CONN_STATE_LINGERING:
		return conn->guard.class == CONN_DEADLINE_LINGER ?
		    IPC_ROW_NONE :
		    IPC_ROW_PRIVATE;
	case CONN_STATE_ACCEPTED:
	case CONN_STATE_PROXY:
	case CONN_STATE_DEPARTING:
		return conn->awaits_proxy ? IPC_ROW_PROXY : IPC_ROW_NONE;
	default:
		return IPC_ROW_PRIVATE;
	}
}

void
conn_row_set_exchange(struct conn *conn)
{
	CONN_ANNOUNCE(conn->row->exchange, (uint8_t)exchange_of(conn));
}

/* ---- what the protocol tells ---- */

void
conn_exchange_begin(struct conn *conn, uint64_t id, bool is_head_only)
{
	if (conn->state == CONN_STATE_OPEN && conn_output_pending(conn) > 0)
		conn_note_output(conn);
	conn->exchange = IPC_ROW_UNANSWERED;
	CONN_STORE(conn->row->exchange_id, id);
	CONN_STORE(conn->row->is_head_only, is_head_only);
	conn_row_set_exchange(conn);
}

void
conn_exchange_answer(struct conn *conn)
{
	conn->exchange = IPC_ROW_ANSWERING;
	conn_row_set_exchange(conn);
}

void
conn_exchange_end(struct conn *conn)
{
	conn->exchange = IPC_ROW_NONE;
	conn_row_set_exchange(conn);
}

uint32_t
conn_request_count(const struct conn *conn)
{
	return conn->request_count;
}

void
conn_count_request(struct conn *conn)
{
	if (conn->request_count < UINT32_MAX)
		conn->request_count++;
	CONN_STORE(conn->row->request_count, conn->request_count);
}
