/* SPDX-License-Identifier: ISC */
/*
 * Error pages: words for a reply that is only a status.  Private to app/.
 */
#ifndef APP_PAGE_H
#define APP_PAGE_H

#include <cohort/cohort.h>

/*
 * Words the reply, which is an APP_REPLY_ERROR: by the nearest page that the
 * request's scopes have for its status, else by the built-in one.
 */
void app_page_word(struct cohort_request *request);

#endif
