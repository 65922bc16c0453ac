/* SPDX-License-Identifier: ISC */
/*
 * Owns the queue of output (conn_block.h) and writes it.  Who reads the row
 * learns that something is queued before it can go out, and that nothing is
 * only when all of it is out.
 */
#include <errno.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#include "base/base_panic.h"
#include "conn/conn_block.h"
#include "conn/conn_private.h"

#define IOVEC_COUNT 64
#define FAIR_SHARE  ((uint64_t)1024 * 1024) /* of one flush */
#define COPY_LEAST  64                      /* a copy is not split for less */

/* ---- the queue ---- */

static size_t
room(const struct conn_output_block *block)
{
	return CONN_BLOCK_SPACE - block->used -
	    block->count * sizeof(struct conn_piece);
}

static struct conn_output_block *
append_block(struct conn *conn)
{
	struct conn_output *output = &conn->output;
	struct conn_output_block *block;

	block = conn_pool_take(&conn->set->output_pool);
	block->next = NULL;
	block->first = block->count = block->used = 0;
	if (output->last != NULL)
		output->last->next = block;
	else
		output->first = block;
	output->last = block;
	return block;
}

static void
remove_block(struct conn *conn)
{
	struct conn_output *output = &conn->output;
	struct conn_output_block *block = output->first;

	output->first = block->next;
	if (output->first == NULL)
		output->last = NULL;
	conn_pool_give(&conn->set->output_pool, block);
}

/* The last block, or a new one if that has no room for size bytes. */
static struct conn_output_block *
block_with_room(struct conn *conn, size_t size)
{
	struct conn_output_block *block = conn->output.last;

	if (block != NULL && room(block) >= size)
		return block;
	return append_block(conn);
}

/* Bytes of the queue became more.  While an exchange is unanswered they are
 * an interim response. */
static void
queued(struct conn *conn, uint64_t size)
{
	CONN_STORE(conn->row->has_unsent, 1);
	conn->output.queued += size;
	if (conn->exchange == IPC_ROW_UNANSWERED)
		conn_note_output(conn);
	conn_mark(conn, CONN_MARK_SEND);
}

static void
push(
    struct conn *conn, struct conn_output_block *block, struct conn_piece piece)
{
	*conn_block_piece(block, block->count++) = piece;
	queued(conn, piece.size);
}

/* Is there anything to be queued, and is it still wanted? */
static bool
accepts(const struct conn *conn, uint64_t size)
{
	return size > 0 && conn->state == CONN_STATE_OPEN;
}

void
conn_send(struct conn *conn, const void *data, size_t size)
{
	const struct conn_piece piece = {
		.from.data = data,
		.size = size,
		.fd = CONN_PIECE_MEMORY,
	};

	if (accepts(conn, size))
		push(conn, block_with_room(conn, sizeof(piece)), piece);
}

void
conn_send_file(struct conn *conn, int fd, int64_t offset, int64_t size)
{
	const struct conn_piece piece = {
		.from.offset = offset,
		.size = (uint64_t)size,
		.fd = fd,
	};

	if (size < 0 || offset < 0 || fd < 0)
		panic("file region of descriptor %d, %lld bytes at %lld", fd,
		    (long long)size, (long long)offset);
	if (accepts(conn, piece.size))
		push(conn, block_with_room(conn, sizeof(piece)), piece);
}

/* The last piece, if it ends where the next copied byte would go. */
static struct conn_piece *
extensible_piece(struct conn_output_block *block)
{
	struct conn_piece *piece;

	if (block == NULL || block->first == block->count)
		return NULL;
	piece = conn_block_piece(block, block->count - 1);
	if (piece->fd != CONN_PIECE_MEMORY ||
	    piece->from.data + piece->size != block->space + block->used)
		return NULL;
	return piece;
}

/* An empty one, where the next copied byte goes. */
static struct conn_piece *
new_copied_piece(struct conn_output_block *block)
{
	struct conn_piece *piece = conn_block_piece(block, block->count++);

	*piece = (struct conn_piece) {
		.from.data = block->space + block->used,
		.fd = CONN_PIECE_MEMORY,
	};
	return piece;
}

/* Takes the bytes that were put where the next copied byte goes. */
static void
extend(struct conn *conn, size_t size)
{
	struct conn_output_block *block = conn->output.last;
	struct conn_piece *piece = extensible_piece(block);

	if (piece == NULL)
		piece = new_copied_piece(block);
	block->used += (uint32_t)size;
	piece->size += size;
	queued(conn, size);
}

/* Into the last piece as far as there is room; returns how much. */
static size_t
copy_to_last_piece(struct conn *conn, const char *data, size_t size)
{
	struct conn_output_block *block = conn->output.last;

	if (extensible_piece(block) == NULL)
		return 0;
	if (size > room(block))
		size = room(block);
	memcpy(block->space + block->used, data, size);
	extend(conn, size);
	return size;
}

static size_t
copy_to_new_piece(struct conn *conn, const char *data, size_t size)
{
	size_t least = size < COPY_LEAST ? size : COPY_LEAST;
	struct conn_output_block *block;
	size_t fitting;

	block = block_with_room(conn, sizeof(struct conn_piece) + least);
	fitting = room(block) - sizeof(struct conn_piece);
	if (size > fitting)
		size = fitting;
	memcpy(block->space + block->used, data, size);
	extend(conn, size);
	return size;
}

void
conn_send_copy(struct conn *conn, const void *data, size_t size)
{
	const char *next = data;
	size_t copied;

	if (!accepts(conn, size))
		return;
	copied = copy_to_last_piece(conn, next, size);
	while (copied < size)
		copied += copy_to_new_piece(conn, next + copied, size - copied);
}

char *
conn_send_reserve(struct conn *conn, size_t size)
{
	size_t needed = sizeof(struct conn_piece) + size;
	struct conn_output_block *block;

	if (needed > CONN_BLOCK_SPACE || !accepts(conn, size))
		return NULL;
	block = block_with_room(conn, needed);
	return block->space + block->used;
}

void
conn_send_commit(struct conn *conn, size_t size)
{
	if (!accepts(conn, size))
		return;
	/* Behind them the block has its pieces. */
	if (conn->output.last == NULL ||
	    sizeof(struct conn_piece) + size > room(conn->output.last))
		panic("output: %zu bytes that were not reserved", size);
	extend(conn, size);
}

uint64_t
conn_queued_total(const struct conn *conn)
{
	return conn->output.queued;
}

uint64_t
conn_sent_total(const struct conn *conn)
{
	return conn->output.sent;
}

bool
conn_output_is_full(const struct conn *conn)
{
	return conn_output_pending(conn) > conn->set->settings.output_limit;
}

bool
conn_is_throttled(const struct conn *conn)
{
	return conn->is_throttled &&
	    conn_output_pending(conn) > conn->set->settings.output_limit / 2;
}

void
conn_output_fini(struct conn *conn)
{
	while (conn->output.first != NULL)
		remove_block(conn);
}

/* ---- writing ---- */

static void
advance(struct conn_piece *piece, uint64_t size)
{
	if (piece->fd == CONN_PIECE_MEMORY)
		piece->from.data += size;
	else
		piece->from.offset += (off_t)size;
	piece->size -= size;
}

static void
remove_sent(struct conn *conn, uint64_t size)
{
	struct conn_output *output = &conn->output;
	struct conn_piece *piece;

	output->sent += size;
	while (size > 0) {
		piece = conn_block_piece(output->first, output->first->first);
		if (size < piece->size) {
			advance(piece, size);
			return;
		}
		size -= piece->size;
		if (++output->first->first == output->first->count)
			remove_block(conn);
	}
}

/*
 * Collects the pieces up to the first file; returns their number, their
 * bytes, and whether something stands behind them.
 */
static size_t
collect(const struct conn *conn, struct iovec vector[IOVEC_COUNT],
    uint64_t *size_r, bool *is_more_r)
{
	struct conn_output_block *block;
	const struct conn_piece *piece;
	size_t count = 0;
	uint32_t i;

	*size_r = 0;
	*is_more_r = true;
	for (block = conn->output.first; block != NULL; block = block->next)
		for (i = block->first; i < block->count; i++) {
			piece = conn_block_piece(block, i);
			if (piece->fd != CONN_PIECE_MEMORY ||
			    count == IOVEC_COUNT)
				return count;
			vector[count].iov_base =
			    (void *)(uintptr_t)piece->from.data;
			vector[count++].iov_len = piece->size;
			*size_r += piece->size;
		}
	*is_more_r = false;
	return count;
}

static bool
has_one_piece(const struct conn *conn)
{
	const struct conn_output_block *block = conn->output.first;

	return block->count - block->first == 1 && block->next == NULL;
}

/* These return what the system call did; *wanted_r is what it should have
 * done. */
static ssize_t
send_pieces(struct conn *conn, uint64_t *wanted_r)
{
	struct iovec vector[IOVEC_COUNT];
	struct msghdr message = { .msg_iov = vector };
	bool is_more;
	int flags;

	message.msg_iovlen = collect(conn, vector, wanted_r, &is_more);
	flags = MSG_NOSIGNAL | (is_more ? MSG_MORE : 0);
	if (message.msg_iovlen == 1)
		return send(
		    conn->fd, vector[0].iov_base, vector[0].iov_len, flags);
	return sendmsg(conn->fd, &message, flags);
}

/* A response is mostly one piece, with nothing behind it, and send(2) is the
 * cheaper call for that. */
static ssize_t
send_bytes(
    struct conn *conn, const struct conn_piece *piece, uint64_t *wanted_r)
{
	if (!has_one_piece(conn))
		return send_pieces(conn, wanted_r);
	*wanted_r = piece->size;
	return send(conn->fd, piece->from.data, piece->size, MSG_NOSIGNAL);
}

static ssize_t
send_file(struct conn *conn, const struct conn_piece *piece, uint64_t *wanted_r)
{
	off_t offset = piece->from.offset;

	*wanted_r = piece->size < FAIR_SHARE ? piece->size : FAIR_SHARE;
	return sendfile(conn->fd, piece->fd, &offset, *wanted_r);
}

static void
cut(struct conn *conn, const struct conn_piece *piece, const char *reason)
{
	log_enter(&conn->scope);
	log_warn("file cut at byte %lld, %llu bytes missing: %s",
	    (long long)piece->from.offset, (unsigned long long)piece->size,
	    reason);
	log_leave(&conn->scope);
	conn_close(conn, CONN_CLOSE_CUT, true);
}

/* size: what the system call returned. */
static void
fail(struct conn *conn, const struct conn_piece *piece, ssize_t size)
{
	if (size == 0)
		cut(conn, piece, "it is shorter than it was");
	else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
		conn->is_blocked = true;
	else if (piece->fd != CONN_PIECE_MEMORY && !conn_io_is_lost(errno))
		cut(conn, piece, strerror(errno));
	else
		conn_io_fail(conn, "send");
}

void
conn_output_flush(struct conn *conn)
{
	uint64_t begin = conn->output.sent, wanted;
	const struct conn_piece *piece;
	ssize_t size;

	conn->is_blocked = false;
	while (conn_output_pending(conn) > 0 && !conn->is_blocked) {
		piece = conn_block_piece(
		    conn->output.first, conn->output.first->first);
		if (piece->fd == CONN_PIECE_MEMORY)
			size = send_bytes(conn, piece, &wanted);
		else
			size = send_file(conn, piece, &wanted);
		if (size <= 0) {
			fail(conn, piece, size);
			return;
		}
		remove_sent(conn, (uint64_t)size);
		conn->is_blocked = conn_output_pending(conn) > 0 &&
		    ((uint64_t)size < wanted ||
			conn->output.sent - begin >= FAIR_SHARE);
	}
	if (conn_output_pending(conn) == 0)
		CONN_ANNOUNCE(conn->row->has_unsent, 0);
}
