/* SPDX-License-Identifier: ISC */
/*
 * Arena: memory given out piece by piece and taken back all at once, from
 * blocks that a per-worker pool keeps, so that a request in steady state
 * never reaches malloc.  One thread.  An arena has a limit: going beyond it
 * panics (api.md, choice 9), therefore whoever stores what a client sent
 * asks arena_left first, or has a smaller limit of its own.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena_pool;
struct arena_block;

struct arena {
	struct arena_pool *pool;
	struct arena_block *blocks; /* newest first */
	char *next;                 /* free part of the newest pool block */
	char *end;
	size_t total; /* bytes of all blocks */
	size_t limit; /* of total */
};

/* A pool of blocks of block_size bytes that keeps at most keep free ones. */
struct arena_pool *arena_pool_new(size_t block_size, size_t keep);

/* All arenas of the pool have been reset before.  Nulls *pool. */
void arena_pool_free(struct arena_pool **pool);

/* Starts an empty arena; takes no block yet. */
void arena_init(struct arena *arena, struct arena_pool *pool, size_t limit);

/* Gives every block back; what was allocated is gone.  Usable again. */
void arena_reset(struct arena *arena);

/*
 * What was allocated is gone, as by arena_reset, but one block of the pool is
 * held, also by an arena that had none; a lone one stays in place.  arena_left
 * is then the same each time.  arena_reset gives it back.
 */
void arena_rewind(struct arena *arena);

/*
 * Hands all that from holds over to to, of another pool, which holds no block:
 * it stays where it is until to is reset.  from is empty then and usable.
 */
void arena_move(struct arena *from, struct arena *to);

/* Zeroed, aligned for any type, never NULL, valid until the reset or
 * rewind. */
void *arena_alloc(struct arena *arena, size_t size)
    __attribute__((malloc, returns_nonnull));

/* The same without the zeroing, for what is overwritten at once. */
void *arena_alloc_raw(struct arena *arena, size_t size)
    __attribute__((malloc, returns_nonnull));

/*
 * The largest piece that can still be allocated.  Several pieces take more
 * than their sum, because each is rounded up to the alignment and may leave
 * the end of a block unused.
 */
size_t arena_left(const struct arena *arena);

/* A copy with a NUL behind it. */
char *arena_copy(struct arena *arena, const void *data, size_t size)
    __attribute__((returns_nonnull));

char *arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3), returns_nonnull));
char *arena_format_v(struct arena *arena, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0), returns_nonnull));

#endif
