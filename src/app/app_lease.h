/* SPDX-License-Identifier: ISC */
/*
 * What a request gave out (cohort_alloc, head, body, attachments), kept when
 * the request has ended and jobs that may read it still run.  Private to
 * app/.  Loop thread.
 */
#ifndef APP_LEASE_H
#define APP_LEASE_H

#include <cohort/cohort.h>

struct app_lease;

/* Takes it all from a request that ends; nobody holds it yet. */
struct app_lease *app_lease_new(struct cohort_request *request);

void app_lease_hold(struct app_lease *lease);

/* Frees it all behind the last one.  Nulls *lease. */
void app_lease_release(struct app_lease **lease);

#endif
