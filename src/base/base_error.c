/* SPDX-License-Identifier: ISC */
/*
 * Every text is composed aside before it replaces the old one, because the
 * old one may be among the arguments.
 */
#include "base/base_error.h"

#include <errno.h>
#include <string.h>

#include "base/base_buffer.h"

/* words and, when there is one, ": " and the tail. */
static void
compose(struct error *error, const char *format, va_list arguments,
    const char *tail)
{
	char storage[sizeof(error->text)];
	struct buffer text;

	buffer_init_fixed(&text, storage, sizeof(storage));
	buffer_format_v(&text, format, arguments);
	if (tail != NULL) {
		buffer_append_text(&text, ": ");
		buffer_append_text(&text, tail);
	}
	memcpy(error->text, storage, text.size + 1);
}

int
error_set(struct error *error, enum error_kind kind, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	compose(error, format, arguments, NULL);
	va_end(arguments);
	error->kind = kind;
	error->number = 0;
	return -1;
}

int
error_set_errno(struct error *error, const char *format, ...)
{
	int number = errno;
	va_list arguments;

	va_start(arguments, format);
	compose(error, format, arguments, strerror(number));
	va_end(arguments);
	error->kind = ERROR_SYSTEM;
	error->number = number;
	errno = number;
	return -1;
}

int
error_wrap(struct error *error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	compose(error, format, arguments, error->text);
	va_end(arguments);
	return -1;
}

void
error_clear(struct error *error)
{
	error->kind = ERROR_NONE;
	error->number = 0;
	error->text[0] = '\0';
}
