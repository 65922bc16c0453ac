/* SPDX-License-Identifier: ISC */
/*
 * From the reply to the exchange.  Private to app/.
 */
#ifndef APP_SEND_H
#define APP_SEND_H

#include <stdbool.h>

#include <cohort/cohort.h>

/*
 * Words errors, runs `after` functions, and sends the head with what there
 * is of the body.  True: the reply is complete, and its end is sent; false:
 * it is a stream that goes on.  A reply never becomes a stream here, but a
 * stream may become a whole reply.
 */
bool app_send_reply(struct cohort_request *request);

/* Ends a stream whose head has gone out; cuts it if it is incomplete. */
void app_send_stream_end(struct cohort_request *request);

/* Ends the exchange so that the client sees it is incomplete. */
void app_send_cut(struct cohort_request *request, enum cohort_end end);

/* Does the reply go without its body: HEAD, 204, 205, 304? */
bool app_send_is_bodyless(const struct cohort_request *request);

#endif
