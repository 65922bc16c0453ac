/* SPDX-License-Identifier: ISC */
/*
 * The words are formatted before the log is asked to write them, so that a
 * scope which panics while it describes itself still leaves its own line.
 */
#include "base/base_panic.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/base_log.h"

void
panic(const char *format, ...)
{
	char words[1024] = "";
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(words, sizeof(words), format, arguments);
	va_end(arguments);
	log_error("panic: %s", words);
	abort();
}
