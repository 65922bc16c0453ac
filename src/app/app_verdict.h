/* SPDX-License-Identifier: ISC */
/*
 * Verdicts: what follows from what a function of a module returned, and what
 * a wrong one is blamed for (api.md, choice 6).  Private to app/.
 */
#ifndef APP_VERDICT_H
#define APP_VERDICT_H

#include "app/app_request.h"

/*
 * The function ran in the request's stage, BEFORE or HANDLER.  Returns the
 * stage that follows; STAY when the request waits.
 */
enum app_stage app_verdict_settle(
    struct cohort_request *request, enum cohort_verdict verdict);

/* The same for a handler that ran in the pool, where it could not wait. */
enum app_stage app_verdict_settle_lent(
    struct cohort_request *request, enum cohort_verdict verdict);

#endif
