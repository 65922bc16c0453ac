/* SPDX-License-Identifier: ISC */
/*
 * The kernel reads the command line back out of the memory where it put the
 * arguments, and goes on into the environment right behind when their last
 * NUL has been overwritten (proc(5), fs/proc/base.c).  All of that area is
 * copied, and whatever pointed into it points into the copy afterwards.
 * Owns the area and the copy, which live as long as the process.
 */
#include "base/base_title.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "base/base_buffer.h"
#include "base/base_memory.h"

static struct title {
	char *area;
	size_t size;
	char *copy;
} title;

/* The end of the strings that follow each other without a gap from end on. */
static char *
end_of_strings(char *const *strings, char *end)
{
	for (; *strings != NULL && *strings == end; strings++)
		end += strlen(end) + 1;
	return end;
}

static void
move_pointer(char **pointer)
{
	if (*pointer >= title.area && *pointer < title.area + title.size)
		*pointer = title.copy + (*pointer - title.area);
}

static void
move_pointers(char **pointers)
{
	for (; *pointers != NULL; pointers++)
		move_pointer(pointers);
}

void
title_init(int argc, char **argv)
{
	char *end;

	if (argc < 1 || title.area != NULL)
		return;
	end = end_of_strings(argv, argv[0]);
	end = end_of_strings(environ, end);
	title.area = argv[0];
	title.size = (size_t)(end - title.area);
	title.copy = memory_copy_bytes(title.area, title.size);
	move_pointers(argv);
	move_pointers(environ);
	move_pointer(&program_invocation_name);
	move_pointer(&program_invocation_short_name);
}

void
title_set(const char *format, ...)
{
	struct buffer text;
	va_list arguments;

	if (title.area == NULL)
		return;
	memset(title.area, 0, title.size);
	buffer_init_fixed(&text, title.area, title.size);
	buffer_append_text(&text, "cohortd: ");
	va_start(arguments, format);
	buffer_format_v(&text, format, arguments);
	va_end(arguments);
}
