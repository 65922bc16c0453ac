/* SPDX-License-Identifier: ISC */
/*
 * Time is counted by looks, not taken from the clock: only what was seen to
 * run, look by look, is held against it.
 */
#include "master/master_patience.h"

#include <stddef.h>

#define LOOKS        4u
#define PERIOD_LEAST 50u
#define PERIOD_MOST  1000u

static uint64_t
smaller(uint64_t one, uint64_t other)
{
	return one < other ? one : other;
}

enum master_hang_action
master_hang_see(struct master_hang *hang,
    const struct master_patience *patience, uint64_t since_ms, uint64_t ran_ms,
    uint64_t passed_ms)
{
	passed_ms = smaller(passed_ms, patience->most_ms);
	if (since_ms == 0 || since_ms != hang->since_ms) {
		*hang = (struct master_hang) { .since_ms = since_ms };
		passed_ms = smaller(passed_ms, ran_ms);
	}
	if (since_ms == 0)
		return MASTER_HANG_NOTHING;
	hang->seen_ms += passed_ms;
	if (patience->end_ms > 0 && hang->seen_ms >= patience->end_ms)
		return MASTER_HANG_END;
	if (patience->warn_ms > 0 && hang->seen_ms >= patience->warn_ms &&
	    !hang->is_warned)
		return MASTER_HANG_WARN;
	return MASTER_HANG_NOTHING;
}

void
master_hang_forgive(struct master_hang *hang)
{
	hang->seen_ms = 0;
	hang->is_warned = false;
}

uint64_t
master_hang_period(uint64_t warn_ms, uint64_t end_ms, bool is_idle)
{
	uint64_t limit = warn_ms, period;

	if (limit == 0 || (end_ms > 0 && end_ms < limit))
		limit = end_ms;
	if (limit == 0)
		return 0;
	period = is_idle ? limit : smaller(limit / LOOKS, PERIOD_MOST);
	return period < PERIOD_LEAST ? PERIOD_LEAST : period;
}

/* One that slept does not reach a limit by its first look. */
uint64_t
master_hang_most(uint64_t period_ms, bool is_idle)
{
	return is_idle ? period_ms - period_ms / LOOKS : 2 * period_ms;
}
