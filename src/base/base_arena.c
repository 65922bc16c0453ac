/* SPDX-License-Identifier: ISC */
/*
 * A piece too large for the pool's blocks gets one of its own, while the
 * free part of the last pool block is used on; it is known by its size and
 * goes back to malloc at the reset.  Sizes are multiples of the alignment
 * everywhere, hence what fits unrounded fits rounded, and alloc needs one
 * comparison.
 */
#include "base/base_arena.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/base_memory.h"
#include "base/base_object.h"
#include "base/base_panic.h"
#include "base/base_poison.h"
#include "base/base_rare.h"

#define ALIGNMENT    alignof(max_align_t)
#define FORMAT_GUESS 512 /* most formatted texts are shorter */

struct arena_block {
	alignas(max_align_t) struct arena_block *next;
	size_t size; /* of data */
	alignas(max_align_t) char data[];
};

struct arena_pool {
	unsigned magic;
#define ARENA_POOL_MAGIC 0x7c1e93a5u
	size_t block_size;
	size_t keep;
	size_t free_count;
	size_t taken_count; /* blocks that arenas hold */
	struct arena_block *free;
};

static size_t
round_down(size_t size)
{
	return size & ~(ALIGNMENT - 1);
}

static size_t
round_up(size_t size)
{
	return round_down(size + ALIGNMENT - 1);
}

static struct arena_block *
block_new(size_t size)
{
	struct arena_block *block;

	block = memory_resize(NULL, 1, sizeof(*block) + size);
	block->size = size;
	POISON(block->data, size);
	return block;
}

static void
block_free(struct arena_block *block)
{
	UNPOISON(block->data, block->size);
	memory_free(block);
}

struct arena_pool *
arena_pool_new(size_t block_size, size_t keep)
{
	struct arena_pool *pool;

	OBJECT_NEW(pool, ARENA_POOL_MAGIC);
	pool->block_size = round_up(block_size);
	pool->keep = keep;
	return pool;
}

void
arena_pool_free(struct arena_pool **source)
{
	struct arena_pool *pool;
	struct arena_block *block;

	OBJECT_TAKE(pool, source, ARENA_POOL_MAGIC);
	if (pool->taken_count != 0)
		panic("arena pool freed while %zu blocks are in use",
		    pool->taken_count);
	while ((block = pool->free) != NULL) {
		pool->free = block->next;
		block_free(block);
	}
	OBJECT_FREE(pool);
}

static struct arena_block *
pool_take(struct arena_pool *pool, size_t size)
{
	struct arena_block *block = pool->free;

	pool->taken_count++;
	if (size > pool->block_size)
		return block_new(round_up(size));
	if (block == NULL)
		return block_new(pool->block_size);
	pool->free = block->next;
	pool->free_count--;
	return block;
}

static void
pool_give_back(struct arena_pool *pool, struct arena_block *block)
{
	pool->taken_count--;
	if (block->size > pool->block_size || pool->free_count >= pool->keep) {
		block_free(block);
		return;
	}
	POISON(block->data, block->size);
	block->next = pool->free;
	pool->free = block;
	pool->free_count++;
}

void
arena_init(struct arena *arena, struct arena_pool *pool, size_t limit)
{
	*arena = (struct arena) { .pool = pool, .limit = round_down(limit) };
}

void
arena_reset(struct arena *arena)
{
	struct arena_block *block, *next;

	for (block = arena->blocks; block != NULL; block = next) {
		next = block->next;
		pool_give_back(arena->pool, block);
	}
	arena->blocks = NULL;
	arena->next = arena->end = NULL;
	arena->total = 0;
}

/* Only so much of a pool block is used as the limit still allows. */
static void
use_block(struct arena *arena, struct arena_block *block)
{
	size_t usable = arena->limit - arena->total;

	if (usable > block->size)
		usable = block->size;
	block->next = arena->blocks;
	arena->blocks = block;
	arena->total += usable;
	arena->next = block->data;
	arena->end = block->data + usable;
}

static bool
has_one_pool_block(const struct arena *arena)
{
	return arena->blocks != NULL && arena->blocks->next == NULL &&
	    arena->blocks->size == arena->pool->block_size;
}

void
arena_rewind(struct arena *arena)
{
	if (has_one_pool_block(arena)) {
		arena->next = arena->blocks->data;
		POISON(arena->next, arena->blocks->size);
		return;
	}
	arena_reset(arena);
	use_block(arena, pool_take(arena->pool, 0));
}

void
arena_move(struct arena *from, struct arena *to)
{
	struct arena_pool *pool = to->pool;
	struct arena_block *block;

	if (to->blocks != NULL)
		panic("arena moved into one that is in use");
	for (block = from->blocks; block != NULL; block = block->next) {
		from->pool->taken_count--;
		pool->taken_count++;
	}
	*to = *from;
	to->pool = pool;
	arena_init(from, from->pool, from->limit);
}

static void *
bump(struct arena *arena, size_t size)
{
	char *data = arena->next;

	arena->next += round_up(size);
	UNPOISON(data, size);
	return data;
}

static void *
alloc_large(struct arena *arena, size_t size)
{
	struct arena_block *block = pool_take(arena->pool, size);

	block->next = arena->blocks;
	arena->blocks = block;
	arena->total += block->size;
	UNPOISON(block->data, size);
	return block->data;
}

static RARE void *
alloc_from_new_block(struct arena *arena, size_t size)
{
	if (size > arena->limit - arena->total)
		panic("arena: %zu bytes wanted, %zu of %zu in use", size,
		    arena->total, arena->limit);
	if (size > arena->pool->block_size)
		return alloc_large(arena, size);
	use_block(arena, pool_take(arena->pool, size));
	return bump(arena, size);
}

void *
arena_alloc_raw(struct arena *arena, size_t size)
{
	if (size == 0)
		size = 1;
	if (size <= (size_t)(arena->end - arena->next))
		return bump(arena, size);
	return alloc_from_new_block(arena, size);
}

void *
arena_alloc(struct arena *arena, size_t size)
{
	return memset(arena_alloc_raw(arena, size), 0, size);
}

size_t
arena_left(const struct arena *arena)
{
	size_t in_block = (size_t)(arena->end - arena->next);
	size_t in_blocks_to_come = arena->limit - arena->total;

	return in_block > in_blocks_to_come ? in_block : in_blocks_to_come;
}

char *
arena_copy(struct arena *arena, const void *data, size_t size)
{
	char *copy;

	if (size == SIZE_MAX)
		panic("arena: copy of %zu bytes", size);
	copy = arena_alloc_raw(arena, size + 1);
	if (size > 0)
		memcpy(copy, data, size);
	copy[size] = '\0';
	return copy;
}

char *
arena_format(struct arena *arena, const char *format, ...)
{
	char *text;
	va_list arguments;

	va_start(arguments, format);
	text = arena_format_v(arena, format, arguments);
	va_end(arguments);
	return text;
}

char *
arena_format_v(struct arena *arena, const char *format, va_list arguments)
{
	char guess[FORMAT_GUESS], *text;
	va_list again;
	int size;

	va_copy(again, arguments);
	size = vsnprintf(guess, sizeof(guess), format, arguments);
	if (size < 0)
		panic("arena: format \"%s\" failed", format);
	if ((size_t)size < sizeof(guess)) {
		text = arena_copy(arena, guess, (size_t)size);
	} else {
		text = arena_alloc_raw(arena, (size_t)size + 1);
		vsnprintf(text, (size_t)size + 1, format, again);
	}
	va_end(again);
	return text;
}
