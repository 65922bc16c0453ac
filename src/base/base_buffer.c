/* SPDX-License-Identifier: ISC */
/*
 * Once something was dropped, all that follows is dropped too, until the
 * buffer is cleared: what it holds is always the beginning of what was
 * written.  capacity counts the NUL, size and limit do not.
 */
#include "base/base_buffer.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/base_memory.h"
#include "base/base_panic.h"

#define CAPACITY_LEAST 64

void
buffer_init(struct buffer *buffer, size_t limit)
{
	*buffer = (struct buffer) { .limit = limit };
}

void
buffer_init_fixed(struct buffer *buffer, char *storage, size_t capacity)
{
	if (capacity == 0)
		panic("fixed buffer without room");
	*buffer = (struct buffer) {
		.data = storage,
		.capacity = capacity,
		.limit = capacity - 1,
		.fixed = true,
	};
	storage[0] = '\0';
}

void
buffer_fini(struct buffer *buffer)
{
	if (!buffer->fixed)
		memory_free(buffer->data);
	*buffer = (struct buffer) { .limit = buffer->limit };
}

void
buffer_clear(struct buffer *buffer)
{
	buffer->size = 0;
	buffer->truncated = false;
	if (buffer->data != NULL)
		buffer->data[0] = '\0';
}

/* Bytes that may still be appended. */
static size_t
room(const struct buffer *buffer)
{
	size_t most = SIZE_MAX / 4;

	if (buffer->truncated)
		return 0;
	if (buffer->fixed || buffer->limit != 0)
		most = buffer->limit;
	return most > buffer->size ? most - buffer->size : 0;
}

static void
grow(struct buffer *buffer, size_t size)
{
	size_t wanted = buffer->size + size + 1;
	size_t capacity = buffer->capacity * 2;

	if (wanted <= buffer->capacity)
		return;
	if (capacity < CAPACITY_LEAST)
		capacity = CAPACITY_LEAST;
	if (capacity < wanted)
		capacity = wanted;
	buffer->data = memory_resize(buffer->data, 1, capacity);
	buffer->capacity = capacity;
	buffer->data[buffer->size] = '\0';
}

void
buffer_reserve(struct buffer *buffer, size_t size)
{
	if (size > room(buffer))
		panic("buffer: %zu bytes reserved beyond %zu of %zu", size,
		    buffer->size, buffer->limit);
	grow(buffer, size);
}

void
buffer_append(struct buffer *buffer, const void *data, size_t size)
{
	size_t fitting = room(buffer);

	if (size <= fitting)
		fitting = size;
	else
		buffer->truncated = true;
	if (fitting == 0)
		return;
	grow(buffer, fitting);
	memcpy(buffer->data + buffer->size, data, fitting);
	buffer->size += fitting;
	buffer->data[buffer->size] = '\0';
}

void
buffer_append_text(struct buffer *buffer, const char *text)
{
	buffer_append(buffer, text, strlen(text));
}

void
buffer_append_byte(struct buffer *buffer, char byte)
{
	buffer_append(buffer, &byte, 1);
}

void
buffer_format(struct buffer *buffer, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	buffer_format_v(buffer, format, arguments);
	va_end(arguments);
}

/* Into the room that is there; only a text longer than that is made twice. */
void
buffer_format_v(struct buffer *buffer, const char *format, va_list arguments)
{
	size_t fitting = room(buffer), free_size;
	va_list again;
	int size;

	va_copy(again, arguments);
	free_size = buffer->capacity - buffer->size;
	if (free_size > fitting + 1)
		free_size = fitting + 1;
	size = vsnprintf(free_size == 0 ? NULL : buffer->data + buffer->size,
	    free_size, format, arguments);
	if (size < 0)
		panic("buffer: format \"%s\" failed", format);
	if ((size_t)size < fitting)
		fitting = (size_t)size;
	else if ((size_t)size > fitting)
		buffer->truncated = true;
	if (fitting > 0 && fitting >= free_size) {
		grow(buffer, fitting);
		vsnprintf(
		    buffer->data + buffer->size, fitting + 1, format, again);
	}
	buffer->size += fitting;
	va_end(again);
}

/* How many bytes the byte takes once escaped; they are written to text. */
static size_t
escape(unsigned char byte, char text[4])
{
	static const char digits[] = "0123456789abcdef";

	if (byte == '"' || byte == '\\') {
		text[0] = '\\';
		text[1] = (char)byte;
		return 2;
	}
	if (byte >= 0x20 && byte < 0x7f) {
		text[0] = (char)byte;
		return 1;
	}
	text[0] = '\\';
	text[1] = 'x';
	text[2] = digits[byte >> 4];
	text[3] = digits[byte & 0xf];
	return 4;
}

void
buffer_append_escaped(struct buffer *buffer, const void *data, size_t size)
{
	const unsigned char *bytes = data;
	char text[4];
	size_t i, width;

	for (i = 0; i < size && !buffer->truncated; i++) {
		width = escape(bytes[i], text);
		if (width > room(buffer))
			buffer->truncated = true;
		else
			buffer_append(buffer, text, width);
	}
}
