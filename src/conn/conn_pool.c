/* SPDX-License-Identifier: ISC */
/*
 * Last in, first out, so that what is taken is still in the CPU's cache.
 */
#include "base/base_memory.h"
#include "base/base_panic.h"
#include "base/base_poison.h"
#include "conn/conn_private.h"

struct conn_pool_item {
	struct conn_pool_item *next;
};

void
conn_pool_init(struct conn_pool *pool, size_t size, size_t keep)
{
	*pool = (struct conn_pool) { .size = size, .keep = keep };
}

void
conn_pool_fini(struct conn_pool *pool)
{
	struct conn_pool_item *item;

	if (pool->taken_count != 0)
		panic("connection pool: %zu items of %zu bytes are in use",
		    pool->taken_count, pool->size);
	while ((item = pool->free) != NULL) {
		pool->free = item->next;
		UNPOISON(item, pool->size);
		memory_free(item);
	}
}

void *
conn_pool_take(struct conn_pool *pool)
{
	struct conn_pool_item *item = pool->free;

	pool->taken_count++;
	if (item == NULL)
		return memory_resize(NULL, 1, pool->size);
	pool->free = item->next;
	pool->free_count--;
	UNPOISON(item, pool->size);
	return item;
}

void
conn_pool_give(struct conn_pool *pool, void *pointer)
{
	struct conn_pool_item *item = pointer;

	pool->taken_count--;
	if (pool->free_count >= pool->keep) {
		memory_free(item);
		return;
	}
	item->next = pool->free;
	pool->free = item;
	pool->free_count++;
	POISON(item + 1, pool->size - sizeof(*item));
}
