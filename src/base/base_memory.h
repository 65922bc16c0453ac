/* SPDX-License-Identifier: ISC */
/*
 * Memory that is never NULL: exhaustion ends the process by abort(3) after
 * one line on the log (the worker's containment applies).  Whatever size a
 * client controls has been limited before it comes here.  Any process, any
 * thread; not in signal handlers.
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stdarg.h>
#include <stddef.h>

/* Zeroed memory, freed by memory_free. */
void *memory_alloc(size_t size) __attribute__((malloc, returns_nonnull));

/* As calloc(3): overflow of the product is exhaustion. */
void *memory_alloc_array(size_t count, size_t size)
    __attribute__((malloc, returns_nonnull));

/* As reallocarray(3); the grown part is not zeroed.  pointer may be NULL. */
void *memory_resize(void *pointer, size_t count, size_t size)
    __attribute__((returns_nonnull, warn_unused_result));

/* As free(3). */
void memory_free(void *pointer);

/* A NUL-terminated copy, owned by the caller; text NULL gives NULL. */
char *memory_copy_text(const char *text);

/* A copy of size bytes with a NUL behind them. */
char *memory_copy_bytes(const void *data, size_t size);

/* printf into fresh memory, owned by the caller. */
char *memory_format(const char *format, ...)
    __attribute__((format(printf, 1, 2), returns_nonnull));
char *memory_format_v(const char *format, va_list arguments)
    __attribute__((format(printf, 1, 0), returns_nonnull));

#endif
