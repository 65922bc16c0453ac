/* SPDX-License-Identifier: ISC */
/*
 * What the services that are built in (app.h, struct app_service) see of a
 * request and of its reply beyond the public API: what they are trusted with
 * is neither checked nor copied.  Handlers of services only, and within them.
 */
#ifndef APP_SERVICE_H
#define APP_SERVICE_H

#include <stddef.h>
#include <stdint.h>

#include "http/http_exchange.h"

#include <cohort/cohort.h>

/* The request as it came. */
const struct http_request *app_service_head(
    const struct cohort_request *request);

/* cohort_path behind cohort_mount: "/a" or "". */
struct cohort_str app_service_path(const struct cohort_request *request);

/* As cohort_now_ms, without its checks. */
uint64_t app_service_now_ms(const struct cohort_request *request);

/*
 * A number that requests have in common, or 0: what was looked at for one of
 * them, after this was called, was looked at after the others' first bytes
 * had been sent.  So it is as true for them as a look of their own would be,
 * but for a client that sends the begin of a request, changes something, and
 * sends the rest, all within one turn: it is answered as of the begin.
 */
uint64_t app_service_turn(const struct cohort_request *request);

/*
 * Adds fields, which are right, to a reply just given with a release
 * function: they live until that is called.  Fields of their names that stood
 * there go.
 */
void app_service_set_fields(struct cohort_request *request,
    const struct cohort_pair *fields, size_t count);

#endif
