/* SPDX-License-Identifier: ISC */
/*
 * Who can be answered: a connection whose exchange has begun and whose
 * response has not (ipc_table.h).  It lingers afterwards, in another worker:
 * its client may still send, and a reset could take the answer from it.
 * Whoever has a part of an answer is cut, by a reset, so that it cannot look
 * whole.
 */
#include "worker/worker_crash_private.h"

#include <sys/sendfile.h>
#include <sys/socket.h>

#include <unistd.h>

#include "base/base_clock.h"
#include "conn/conn_deadline.h"
#include "worker/worker_answer.h"

struct answer {
	const char *text;
	uint32_t size, head_size;
};

#define ANSWER(head, page)                                         \
	{                                                          \
		head page, sizeof(head page) - 1, sizeof(head) - 1 \
	}

static const struct answer own =
    ANSWER(WORKER_ANSWER_500_HEAD, WORKER_ANSWER_500_PAGE);
static const struct answer others =
    ANSWER(WORKER_ANSWER_503_HEAD, WORKER_ANSWER_503_PAGE);

static bool
send_bytes(int fd, const void *data, size_t size, int flags)
{
	return send(fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT | flags) ==
	    (ssize_t)size;
}

/* ---- answers that wait before it ---- */

static bool
send_piece(int fd, const struct ipc_piece *piece)
{
	off_t offset = (off_t)piece->address;

	if (piece->fd == -1)
		return send_bytes(fd, (const void *)(uintptr_t)piece->address,
		    (size_t)piece->size, MSG_MORE);
	return sendfile(fd, piece->fd, &offset, (size_t)piece->size) ==
	    (ssize_t)piece->size;
}

static bool
send_pieces(int fd, const struct ipc_output *output)
{
	uint32_t i;

	if (output->count > IPC_PIECES_MAX)
		return false;
	for (i = 0; i < output->count; i++)
		if (!send_piece(fd, &output->pieces[i]))
			return false;
	return true;
}

/* ---- one connection ---- */

static void
cut(struct worker_crash *crash, struct ipc_row *row)
{
	const struct linger reset = { .l_onoff = 1, .l_linger = 0 };
	int fd = row->fd - 1;

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(fd);
	row->fd = 0;
	worker_crash_count(&crash->process->crash.closed, 1);
}

/* It is not sent twice, whatever happens. */
static void
begin_linger(const struct worker_crash *crash, struct ipc_row *row)
{
	row->exchange = IPC_ROW_NONE;
	row->has_unsent = 0;
	row->input_size = 0;
	row->deadline_class = CONN_DEADLINE_LINGER;
	row->due_ms = clock_monotonic_ms() + crash->linger_ms;
}

static void
give_answer(struct worker_crash *crash, struct ipc_row *row,
    const struct answer *answer)
{
	int fd = row->fd - 1;

	if (!send_bytes(fd, answer->text,
		row->is_head_only ? answer->head_size : answer->size, 0)) {
		cut(crash, row);
		return;
	}
	worker_crash_count(&crash->process->crash.answered, 1);
	shutdown(fd, SHUT_WR);
	if (crash->linger_ms > 0) {
		begin_linger(crash, row);
		return;
	}
	close(fd);
	row->fd = 0;
}

static bool
is_own(const struct worker_crash *crash, uint32_t index)
{
	const struct ipc_process *process = crash->process;

	if (crash->exchange_id != 0)
		return process->rows[index].exchange_id == crash->exchange_id;
	return crash->row == IPC_THREAD_LOOP &&
	    process->loop.stepping == index + 1;
}

static void
answer_row(struct worker_crash *crash, uint32_t index)
{
	struct ipc_process *process = crash->process;
	struct ipc_row *row = &process->rows[index];
	bool has_pieces = process->output.row == index + 1;

	if (row->exchange != IPC_ROW_UNANSWERED ||
	    (row->has_unsent && !has_pieces)) {
		cut(crash, row);
		return;
	}
	process->output.row = 0;
	if (has_pieces && !send_pieces(row->fd - 1, &process->output)) {
		cut(crash, row);
		return;
	}
	if (is_own(crash, index)) {
		process->crash.exchange_id = row->exchange_id;
		give_answer(crash, row, &own);
	} else {
		give_answer(crash, row, &others);
	}
}

/* ---- all of them ---- */

static bool
can_be_handed_over(const struct ipc_row *row)
{
	return (row->exchange == IPC_ROW_NONE ||
		   row->exchange == IPC_ROW_PROXY) &&
	    row->has_unsent == 0 && row->is_reading == 0 &&
	    row->input_size <= IPC_ORPHAN_INPUT_MAX;
}

/* What was read of it, and ran no application yet, may be what crashes: it
 * would crash the next worker, too, and the one after that. */
static bool
is_suspect(const struct worker_crash *crash, uint32_t index)
{
	return crash->exchange_id == 0 && is_own(crash, index) &&
	    crash->process->rows[index].input_size > 0;
}

static void
look_at(struct worker_crash *crash, uint32_t index)
{
	const struct ipc_row *row = &crash->process->rows[index];

	if (worker_crash_is_used(crash, row) &&
	    (!can_be_handed_over(row) || is_suspect(crash, index)))
		answer_row(crash, index);
}

static void
answer_own(struct worker_crash *crash)
{
	uint32_t i;

	for (i = 0; i < crash->row_count; i++)
		if (is_own(crash, i))
			look_at(crash, i);
}

/* Who asked for it has waited longest. */
void
worker_crash_answer(struct worker_crash *crash)
{
	uint32_t i;

	answer_own(crash);
	for (i = 0; i < crash->row_count; i++)
		look_at(crash, i);
}
