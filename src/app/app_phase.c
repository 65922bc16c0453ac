/* SPDX-License-Identifier: ISC */
/*
 * Lookups in app_phase.tbl.  A call in the wrong phase is the module's bug
 * and not ours, so it is refused with a log line and does not panic.
 */
#include "app/app_phase.h"

#include "base/base_log.h"
#include "base/base_rare.h"

struct phase {
	const char *words;
	bool may[APP_PERMISSION_COUNT];
};

/* clang-format off */
static const struct phase phases[APP_PHASE_COUNT] = {
#define APP_PHASE(name, phrase, declare, state, head, body, reply, await, \
    worker)                                                              \
	[APP_PHASE_##name] = {                                           \
		.words = phrase,                                         \
		.may = {                                                 \
			[APP_MAY_DECLARE] = declare,                     \
			[APP_MAY_SET_STATE] = state,                     \
			[APP_MAY_READ_HEAD] = head,                      \
			[APP_MAY_READ_BODY] = body,                      \
			[APP_MAY_REPLY] = reply,                         \
			[APP_MAY_AWAIT] = await,                         \
			[APP_MAY_USE_WORKER] = worker,                   \
		},                                                       \
	},
#include "app/app_phase.tbl"
#undef APP_PHASE
};
/* clang-format on */

static COLD bool
refuse(enum app_phase phase, const char *function)
{
	log_error("%s: called from %s, where it is not allowed", function,
	    phases[phase].words);
	return false;
}

bool
app_phase_allows(
    enum app_phase phase, enum app_permission permission, const char *function)
{
	return phases[phase].may[permission] || refuse(phase, function);
}
