/* SPDX-License-Identifier: ISC */
/*
 * Phases of a module's life and what is allowed in each, from app_phase.tbl.
 */
#ifndef APP_PHASE_H
#define APP_PHASE_H

#include <stdbool.h>

struct app;
struct cohort_request;

enum app_phase {
#define APP_PHASE(                                                 \
    name, words, declare, state, head, body, reply, await, worker) \
	APP_PHASE_##name,
#include "app/app_phase.tbl"
#undef APP_PHASE
	APP_PHASE_COUNT
};

enum app_permission {
	APP_MAY_DECLARE,
	APP_MAY_SET_STATE,
	APP_MAY_READ_HEAD,
	APP_MAY_READ_BODY,
	APP_MAY_REPLY,
	APP_MAY_AWAIT,
	APP_MAY_USE_WORKER,
	APP_PERMISSION_COUNT
};

/* False and a log line that names function and phase when not. */
bool app_phase_allows(
    enum app_phase phase, enum app_permission permission, const char *function);

#endif
