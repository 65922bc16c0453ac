/* SPDX-License-Identifier: ISC */
/*
 * Which of the routes that match a path answers, and what is answered where
 * none does.  Private to app/.
 */
#ifndef APP_CANDIDATE_H
#define APP_CANDIDATE_H

#include "app/app_request.h"

/*
 * The next route, of those not tried yet, whose method fits and whose guards
 * hold: BEFORE.  When none is left the reply is 404, 405 with Allow, 501, or
 * 204 with Allow for OPTIONS: REPLY.
 */
enum app_stage app_candidate_next(struct cohort_request *request);

#endif
