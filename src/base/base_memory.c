/* SPDX-License-Identifier: ISC */
/*
 * Size 0 is raised to one byte everywhere: malloc(3) may answer it with
 * NULL, and realloc(3) with a free.
 */
#include "base/base_memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base_log.h"

static void exhausted(size_t count, size_t size)
    __attribute__((noreturn, cold));

static void
exhausted(size_t count, size_t size)
{
	log_error("out of memory: %zu times %zu bytes wanted", count, size);
	abort();
}

void *
memory_alloc(size_t size)
{
	return memory_alloc_array(1, size);
}

void *
memory_alloc_array(size_t count, size_t size)
{
	void *pointer;

	if (count == 0 || size == 0)
		count = size = 1;
	pointer = calloc(count, size);
	if (pointer == NULL)
		exhausted(count, size);
	return pointer;
}

void *
memory_resize(void *pointer, size_t count, size_t size)
{
	void *resized;

	if (count == 0 || size == 0)
		count = size = 1;
	resized = reallocarray(pointer, count, size);
	if (resized == NULL)
		exhausted(count, size);
	return resized;
}

void
memory_free(void *pointer)
{
	free(pointer);
}

char *
memory_copy_text(const char *text)
{
	return text == NULL ? NULL : memory_copy_bytes(text, strlen(text));
}

char *
memory_copy_bytes(const void *data, size_t size)
{
	char *copy;

	if (size == SIZE_MAX)
		exhausted(1, size);
	copy = memory_resize(NULL, 1, size + 1);
	if (size > 0)
		memcpy(copy, data, size);
	copy[size] = '\0';
	return copy;
}

char *
memory_format(const char *format, ...)
{
	char *text;
	va_list arguments;

	va_start(arguments, format);
	text = memory_format_v(format, arguments);
	va_end(arguments);
	return text;
}

char *
memory_format_v(const char *format, va_list arguments)
{
	char *text;

	if (vasprintf(&text, format, arguments) == -1)
		exhausted(1, strlen(format));
	return text;
}
