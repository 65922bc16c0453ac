/* SPDX-License-Identifier: ISC */
/*
 * What bounds a request, and what runs at its end.  Private to app/.
 */
#ifndef APP_END_H
#define APP_END_H

#include "app/app_request.h"

/* The request waits: starts the route's timeout, unless a deadline runs. */
void app_end_watch(struct cohort_request *request);

/* Stops the route's timeout and a deadline of the request's own. */
void app_end_stop(struct cohort_request *request);

/* The route's timeout is over; a deadline of the request's own stays. */
static inline void
app_end_unwatch(struct cohort_request *request)
{
	if (request->deadline != NULL && !request->deadline_is_own)
		app_end_stop(request);
}

/* Runs the on_end functions. */
void app_end_run(struct cohort_request *request, enum cohort_end end);

/* Frees what was attached, and empties the list. */
void app_end_free_attachments(
    struct app *app, struct app_attachment **attachments);

#endif
