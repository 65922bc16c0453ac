/* SPDX-License-Identifier: ISC */
/*
 * The set of what a request waits for (cohort/wait.h): whatever happens
 * first disarms the rest, before it runs.  Private to app/.
 */
#ifndef APP_WAIT_H
#define APP_WAIT_H

#include <stdbool.h>

#include <cohort/cohort.h>

/* Does anything, a ticket as well, promise to continue the request? */
bool app_wait_is_armed(const struct cohort_request *request);

/* Nothing of the set will happen any more.  A ticket stays. */
void app_wait_disarm(struct cohort_request *request);

#endif
