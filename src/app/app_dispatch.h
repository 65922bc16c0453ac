/* SPDX-License-Identifier: ISC */
/*
 * The step machine: from the complete head to the sent reply.
 *
 *	candidate -> before -> body -> handler -> reply -> sent
 *
 * Each step answers with the stage that follows; a function that DECLINED
 * leads back to the next candidate.  What a function of the module returned
 * is judged in one place (app_verdict.h).  This file writes the stage; what
 * happens to a request from the loop enters here.  Private to app/.
 */
#ifndef APP_DISPATCH_H
#define APP_DISPATCH_H

#include "app/app_request.h"

/* The wait is over: disarms the rest of the set and runs step. */
void app_dispatch_continue(
    struct cohort_request *request, struct app_handler step);

/* The blocking handler has returned that, and the reply is what it made of
 * it. */
void app_dispatch_return(
    struct cohort_request *request, enum cohort_verdict verdict);

/* A deadline passed: 503, or a cut if the head went out. */
void app_dispatch_timeout(struct cohort_request *request);

/* The worker retires: a stream that goes on is complete as it is. */
void app_dispatch_retire(struct cohort_request *request);

#endif
