/* SPDX-License-Identifier: ISC */
/*
 * Buffer: growing bytes on the heap, always with a NUL behind the last one,
 * so that data is a C string when no NUL was appended.  A limit of 0 means
 * none; with a limit, what does not fit is dropped and truncated is set:
 * the log writes into such a buffer.  From then on everything is dropped,
 * until the buffer is cleared, so that it holds a beginning without holes.
 * One thread.
 */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buffer {
	char *data; /* NULL until the first byte */
	size_t size;
	size_t capacity;
	size_t limit;
	bool truncated;
	bool fixed; /* data is the caller's, never grown or freed */
};

void buffer_init(struct buffer *buffer, size_t limit);

/* Uses the caller's storage; the NUL takes one byte of it.  No fini. */
void buffer_init_fixed(struct buffer *buffer, char *storage, size_t capacity);

void buffer_fini(struct buffer *buffer);

/* Empties; keeps the memory. */
void buffer_clear(struct buffer *buffer);

void buffer_append(struct buffer *buffer, const void *data, size_t size);
void buffer_append_text(struct buffer *buffer, const char *text);
void buffer_append_byte(struct buffer *buffer, char byte);
void buffer_format(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void buffer_format_v(struct buffer *buffer, const char *format,
    va_list arguments) __attribute__((format(printf, 2, 0)));

/*
 * Appends with every byte that could forge or hide something in a log line
 * or a terminal (below 0x20, 0x7f and above, double quote, backslash)
 * written as \xNN, \" or \\.
 */
void buffer_append_escaped(
    struct buffer *buffer, const void *data, size_t size);

/*
 * Makes room for size more bytes and a NUL, to be written at data + size by
 * the caller, who then adds to size.  Panics when the limit forbids it.
 */
void buffer_reserve(struct buffer *buffer, size_t size);

#endif
