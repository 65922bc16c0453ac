/* SPDX-License-Identifier: ISC */
/*
 * The table, and the one writer of the state.
 */
#include "http1/h1_state.h"

#include "base/base_panic.h"
#include "http1/h1_private.h"

/* One higher, so that 0 is no step. */
#define TO(state) (H1_STATE_##state + 1)

/* clang-format off */
static const unsigned char steps[H1_STATE_COUNT][H1_EVENT_COUNT] = {
	[H1_STATE_IDLE] = {
		[H1_EVENT_BYTES] = TO(HEAD),
		[H1_EVENT_END] = TO(ENDING),
	},
	[H1_STATE_HEAD] = {
		[H1_EVENT_REQUEST] = TO(HANDLING),
		[H1_EVENT_REQUEST_WITH_BODY] = TO(BODY),
		[H1_EVENT_END] = TO(ENDING),
	},
	[H1_STATE_BODY] = {
		[H1_EVENT_BODY_END] = TO(HANDLING),
		[H1_EVENT_ANSWERED] = TO(DRAINING),
		[H1_EVENT_END] = TO(ENDING),
	},
	[H1_STATE_HANDLING] = {
		[H1_EVENT_ANSWERED] = TO(IDLE),
		[H1_EVENT_END] = TO(ENDING),
	},
	[H1_STATE_DRAINING] = {
		[H1_EVENT_BODY_END] = TO(IDLE),
		[H1_EVENT_END] = TO(ENDING),
	},
	[H1_STATE_ENDING] = {
		[H1_EVENT_END] = TO(ENDING),
	},
};
/* clang-format on */

void
h1_state_advance(struct h1_connection *connection, enum h1_event event)
{
	unsigned next = steps[connection->state][event];

	if (next == 0)
		panic("http/1 connection in state %d has no step for event %d",
		    (int)connection->state, (int)event);
	connection->state = (enum h1_state)(next - 1);
}
