/* SPDX-License-Identifier: ISC */
/*
 * What runs later, from the loop: resumes, calls, and requests that can go
 * on without waiting for anything.  Private to app/.
 */
#ifndef APP_QUEUE_H
#define APP_QUEUE_H

#include <cohort/cohort.h>

struct app;

/* If the request waits and can go on at once, app_run_queued will do it. */
void app_queue_review(struct cohort_request *request);

/* The request has its whole reply, or ended: frees its resumes. */
void app_queue_forget(struct cohort_request *request);

/* Runs all that was queued, then takes no more. */
void app_queue_close(struct app *app);

#endif
