/* SPDX-License-Identifier: ISC */
/*
 * Owns the back-off rule and nothing else, so that it can be tested without
 * a process.
 */
#include "master/master_policy.h"

void
master_policy_note_serving(struct master_policy *policy)
{
	policy->failures = 0;
	policy->not_before_ms = 0;
}

static uint64_t
backoff(unsigned failures)
{
	uint64_t wait = MASTER_BACKOFF_FIRST_MS;

	if (failures < 2)
		return 0;
	while (failures-- > 2 && wait < MASTER_BACKOFF_LAST_MS)
		wait *= 2;
	return wait < MASTER_BACKOFF_LAST_MS ? wait : MASTER_BACKOFF_LAST_MS;
}

void
master_policy_note_death(
    struct master_policy *policy, bool had_served, uint64_t now_ms)
{
	uint64_t wait;

	if (had_served)
		return;
	policy->failures++;
	wait = backoff(policy->failures);
	policy->not_before_ms = wait == 0 ? 0 : now_ms + wait;
}

uint64_t
master_policy_delay(const struct master_policy *policy, uint64_t now_ms)
{
	if (policy->not_before_ms <= now_ms)
		return 0;
	return policy->not_before_ms - now_ms;
}
