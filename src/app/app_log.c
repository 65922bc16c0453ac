/* SPDX-License-Identifier: ISC */
/*
 * cohort_log.  While anything runs for the request its context is there
 * already; another request's is put around the line.
 */
#include "app/app_request.h"

static const enum log_level levels[] = {
	[COHORT_DEBUG] = LOG_LEVEL_DEBUG,
	[COHORT_INFO] = LOG_LEVEL_INFO,
	[COHORT_WARN] = LOG_LEVEL_WARN,
	[COHORT_ERROR] = LOG_LEVEL_ERROR,
};

/* An unknown level is no reason to lose a line. */
static enum log_level
level_of(enum cohort_level level)
{
	return level >= COHORT_DEBUG && level <= COHORT_ERROR ? levels[level] :
								LOG_LEVEL_ERROR;
}

void
cohort_log(const struct cohort_request *request, enum cohort_level level,
    const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	cohort_log_v(request, level, format, arguments);
	va_end(arguments);
}

void
cohort_log_v(const struct cohort_request *request, enum cohort_level level,
    const char *format, va_list arguments)
{
	struct cohort_request *own = NULL;

	if (request != NULL) {
		OBJECT_CHECK(request, COHORT_REQUEST_MAGIC);
		app_request_check_thread(request, __func__);
		if (!request->is_entered)
			own = request->exchange->state;
	}
	if (own != NULL)
		log_enter(&own->log);
	log_write_v(level_of(level), format, arguments);
	if (own != NULL)
		log_leave(&own->log);
}
