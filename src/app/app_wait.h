/* SPDX-License-Identifier: ISC */
/*
 * The set of what a request waits for (cohort/wait.h): whatever happens
 * first disarms the rest, before it runs.  Private to app/.
 */
#ifndef APP_WAIT_H
#define APP_WAIT_H

#include <stdbool.h>

#include "app/app_request.h"

/* Does anything, a ticket as well, promise to continue the request? */
bool app_wait_is_armed(const struct cohort_request *request);

/*
 * At the start of every function that waits: may the request, and go on with
 * next?  False, with a log line, if not: one that has its reply has nothing
 * to wait for.
 */
bool app_wait_may(struct cohort_request *request,
    enum app_permission permission, const char *function, cohort_handler *next);

/* Nothing of the set will happen any more.  A ticket stays. */
void app_wait_stop(struct cohort_request *request);

/* The same, for a set that is empty most of the time. */
static inline void
app_wait_disarm(struct cohort_request *request)
{
	request->room.handler = NULL;
	if (!list_is_empty(&request->waits))
		app_wait_stop(request);
}

#endif
