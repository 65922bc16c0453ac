/* SPDX-License-Identifier: ISC */
/*
 * What waits before an unanswered exchange, noted where the signal handler
 * finds it.  There is room for one connection of the set: the one whose
 * requests came last, as a batch is answered and written before the next
 * connection's turn.  Each request of a batch notes what has been queued
 * since the one before it; the piece noted last is noted anew, as copies may
 * have made it grow.
 */
#include "conn/conn_block.h"
#include "conn/conn_private.h"

static void
store_piece(struct ipc_piece *noted, const struct conn_piece *piece)
{
	if (piece->fd == CONN_PIECE_MEMORY)
		noted->address = (uintptr_t)piece->from.data;
	else
		noted->address = (uint64_t)piece->from.offset;
	noted->size = piece->size;
	noted->fd = piece->fd;
}

/* From the first piece that is not sent. */
static void
begin(struct conn *conn)
{
	struct conn_set *set = conn->set;

	CONN_ANNOUNCE(set->settings.output->row, 0);
	set->note = (struct conn_note) {
		.conn = conn,
		.block = conn->output.first,
		.next = conn->output.first->first,
	};
}

static void
go_back_by_one(struct conn_note *note)
{
	/* A block may have no piece yet (conn_block.h). */
	if (note->next == note->block->first)
		return;
	note->next--;
	note->count--;
}

/* False if there is no room for all of them. */
static bool
note_pieces(struct conn_note *note, struct ipc_output *output)
{
	for (;;) {
		for (; note->next < note->block->count; note->next++) {
			if (note->count == IPC_PIECES_MAX)
				return false;
			store_piece(&output->pieces[note->count++],
			    conn_block_piece(note->block, note->next));
		}
		if (note->block->next == NULL)
			return true;
		note->block = note->block->next;
		note->next = note->block->first;
	}
}

void
conn_note_output(struct conn *conn)
{
	struct ipc_output *output = conn->set->settings.output;
	struct conn_note *note = &conn->set->note;

	if (conn->row_number == 0)
		return;
	if (note->conn != conn)
		begin(conn);
	else if (note->is_overfull)
		return;
	else
		go_back_by_one(note);
	if (note_pieces(note, output)) {
		CONN_STORE(output->count, note->count);
		CONN_ANNOUNCE(output->row, conn->row_number);
	} else {
		note->is_overfull = true;
		CONN_ANNOUNCE(output->row, 0);
	}
}
