/* SPDX-License-Identifier: ISC */
/*
 * Handlers of routes with blocking "yes", which run in the pool as a whole.
 * Such a handler gets a copy of the request, with memory, reply and body of
 * its own to look at; so the request can be answered, and end, whenever it
 * must.  When the handler has returned, what it made of the copy's reply
 * becomes the request's.  Private to app/.  Loop thread.
 */
#ifndef APP_BLOCKING_H
#define APP_BLOCKING_H

#include "app/app_request.h"
#include "base/base_rare.h"

/* Has the route's handler run in the pool.  The stage that follows. */
RARE enum app_stage app_blocking_lend(struct cohort_request *request);

/* The request has ended: frees what its blocking handlers allocated. */
void app_blocking_free_loans(struct cohort_request *request);

#endif
