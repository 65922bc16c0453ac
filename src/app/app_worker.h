/* SPDX-License-Identifier: ISC */
/*
 * The process as modules see it: timers and watches.  Private to app/.
 */
#ifndef APP_WORKER_H
#define APP_WORKER_H

#include <stddef.h>

#include <cohort/cohort.h>

struct app;

void app_worker_init(struct app *app);

/* Stops the timers and watches that are left; returns how many were. */
size_t app_worker_fini(struct app *app);

#endif
