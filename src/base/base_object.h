/* SPDX-License-Identifier: ISC */
/*
 * Object magic: every heap struct with a lifetime begins with
 *
 *	unsigned magic;
 *	#define THING_MAGIC 0x...
 *
 * so that a stale or wrong pointer is seen where it comes back from a
 * void *.  The magics of the tree are unique (tests/tree checks it).  A
 * failed check is a bug of ours: it panics, and the worker's containment
 * takes over.  These are the only object macros; any process, any thread.
 */
#ifndef BASE_OBJECT_H
#define BASE_OBJECT_H

#include "base/base_memory.h"
#include "base/base_panic.h"

/* Allocates a zeroed object and marks it.  Never fails (base_memory.h). */
#define OBJECT_NEW(pointer, MAGIC)                            \
	do {                                                  \
		(pointer) = memory_alloc(sizeof(*(pointer))); \
		(pointer)->magic = (MAGIC);                   \
	} while (0)

/* Panics unless pointer is a live object of that magic. */
#define OBJECT_CHECK(pointer, MAGIC)                                           \
	do {                                                                   \
		if ((pointer) == NULL || (pointer)->magic != (MAGIC))          \
			panic("%s: %s is no live " #MAGIC " object", __func__, \
			    #pointer);                                         \
	} while (0)

/* Assigns from a void * and checks. */
#define OBJECT_CAST(to, from, MAGIC)     \
	do {                             \
		(to) = (from);           \
		OBJECT_CHECK(to, MAGIC); \
	} while (0)

/* Moves the object out of *source, which becomes NULL, and checks it. */
#define OBJECT_TAKE(to, source, MAGIC)   \
	do {                             \
		(to) = *(source);        \
		*(source) = NULL;        \
		OBJECT_CHECK(to, MAGIC); \
	} while (0)

/* Wipes the magic, frees, nulls the pointer. */
#define OBJECT_FREE(pointer)          \
	do {                          \
		(pointer)->magic = 0; \
		memory_free(pointer); \
		(pointer) = NULL;     \
	} while (0)

#endif
