/* SPDX-License-Identifier: ISC */
/*
 * cohort_refuse and cohort_fail: what the client learns, and what only the
 * log does.
 */
#include <stdio.h>
#include <string.h>

#include "app/app_field.h"
#include "app/app_request.h"
#include "app/app_type.h"

/* The status that a failure may have, whatever was said. */
static int
checked(int status, const char *function)
{
	if (status >= 400 && status <= 599)
		return status;
	log_error(
	    "%s: status %d is none of a failure, 500 it is", function, status);
	return 500;
}

/* May the request still be failed in words?  A stream can only be cut. */
static bool
may_fail(struct cohort_request *request, const char *function)
{
	if (!app_request_may(request, APP_MAY_REPLY, function))
		return false;
	if (request->head_sent)
		request->stream.must_cut = true;
	return true;
}

enum cohort_verdict
cohort_refuse(
    struct cohort_request *request, int status, const char *format, ...)
{
	enum cohort_verdict verdict;
	va_list arguments;

	va_start(arguments, format);
	verdict = cohort_refuse_v(request, status, format, arguments);
	va_end(arguments);
	return verdict;
}

enum cohort_verdict
cohort_refuse_v(struct cohort_request *request, int status, const char *format,
    va_list arguments)
{
	const char *words;

	if (!may_fail(request, "cohort_refuse"))
		return COHORT_FAILED;
	status = checked(status, "cohort_refuse");
	words = arena_format_v(&request->exchange->arena, format, arguments);
	log_info("%s", words);
	if (request->head_sent)
		return COHORT_FAILED;
	app_field_remove_content(request);
	app_reply_replace(request, status,
	    (struct cohort_str)APP_LITERAL(APP_TYPE_TEXT), words,
	    strlen(words));
	request->reply.is_failure = true;
	return COHORT_FAILED;
}

enum cohort_verdict
cohort_fail(struct cohort_request *request, int status, const char *format, ...)
{
	enum cohort_verdict verdict;
	va_list arguments;

	va_start(arguments, format);
	verdict = cohort_fail_v(request, status, format, arguments);
	va_end(arguments);
	return verdict;
}

enum cohort_verdict
cohort_fail_v(struct cohort_request *request, int status, const char *format,
    va_list arguments)
{
	char words[LOG_LINE_MAX];

	if (!may_fail(request, "cohort_fail"))
		return COHORT_FAILED;
	status = checked(status, "cohort_fail");
	vsnprintf(words, sizeof(words), format, arguments);
	log_error("%s", words);
	if (request->head_sent)
		return COHORT_FAILED;
	app_reply_error(request, status);
	request->reply.is_failure = true;
	return COHORT_FAILED;
}
