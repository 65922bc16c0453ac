/* SPDX-License-Identifier: ISC */
/*
 * The blocks that output is queued in, for conn_output.c, which owns them,
 * and conn_note.c, which reads them.
 *
 * A block holds copied bytes from its begin on and the pieces from its end
 * on, towards each other: it is full when they meet, whether there are many
 * small pieces or one large copy.  Bytes copied one after the other become
 * one piece, which grows as long as nothing else comes behind it.  The last
 * block of a queue may have no piece: room in it was asked for, and is not used
 * yet.
 */
#ifndef CONN_BLOCK_H
#define CONN_BLOCK_H

#include <sys/types.h>

#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>

#include "conn/conn_private.h"

#define CONN_PIECE_MEMORY (-1)

struct conn_piece {
	union {
		const char *data;
		off_t offset;
	} from;
	uint64_t size;
	int fd; /* or CONN_PIECE_MEMORY */
};

#define CONN_BLOCK_HEADER 24
#define CONN_BLOCK_SPACE  (CONN_OUTPUT_BLOCK_SIZE - CONN_BLOCK_HEADER)

struct conn_output_block {
	struct conn_output_block *next;
	uint32_t first, count; /* pieces first to count are not sent */
	uint32_t used;         /* bytes of space with copies */
	alignas(struct conn_piece) char space[CONN_BLOCK_SPACE];
};

_Static_assert(offsetof(struct conn_output_block, space) == CONN_BLOCK_HEADER &&
	sizeof(struct conn_output_block) == CONN_OUTPUT_BLOCK_SIZE,
    "a block is an item of the pool, and pieces are aligned at its end");

static inline struct conn_piece *
conn_block_piece(struct conn_output_block *block, uint32_t index)
{
	struct conn_piece *end =
	    (struct conn_piece *)(void *)(block->space + CONN_BLOCK_SPACE);

	return end - 1 - index;
}

#endif
