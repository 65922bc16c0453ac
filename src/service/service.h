/* SPDX-License-Identifier: ISC */
/*
 * The services that can be mounted without a module.  Each is written
 * against the public API, but for app_reply_pieces (app/app_reply.h).
 * Workers only.
 */
#ifndef SERVICE_H
#define SERVICE_H

#include "app/app.h"

extern const struct app_service service_table[];
extern const size_t service_count;

#endif
