/* SPDX-License-Identifier: ISC */
/*
 * Request memory is the exchange's arena.  It is given in any phase, as a
 * NULL would be worse than a call in the wrong place; the log tells of that.
 */
#include "app/app_request.h"
#include "base/base_number.h"

void *
cohort_alloc(struct cohort_request *request, size_t size)
{
	app_request_may(request, APP_MAY_READ_HEAD, __func__);
	return arena_alloc(&request->exchange->arena, size);
}

char *
cohort_format(struct cohort_request *request, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = cohort_format_v(request, format, arguments);
	va_end(arguments);
	return text;
}

char *
cohort_format_v(
    struct cohort_request *request, const char *format, va_list arguments)
{
	app_request_may(request, APP_MAY_READ_HEAD, "cohort_format");
	return arena_format_v(&request->exchange->arena, format, arguments);
}

int
cohort_number(const char *text, int64_t min, int64_t max, int64_t *number_r)
{
	if (text == NULL)
		return -1;
	return number_parse(text, min, max, number_r);
}
