/* SPDX-License-Identifier: ISC */
/*
 * Policy: when a worker that ended is replaced.  Arithmetic only; the
 * mechanism is master_spawn.c, the order master_cohort.c.
 *
 * A worker that had served is replaced at once: otherwise whoever can crash
 * one worker could stop the service.  One that died before it ever served
 * counts: from the second such death on in a row the next fork waits 0.5 s,
 * doubled each time up to 60 s.  A worker that comes to serve ends the row.
 */
#ifndef MASTER_POLICY_H
#define MASTER_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#define MASTER_BACKOFF_FIRST_MS 500u
#define MASTER_BACKOFF_LAST_MS  60000u

struct master_policy {
	unsigned failures;      /* in a row, before serving */
	uint64_t not_before_ms; /* monotonic; 0: at once */
};

void master_policy_note_serving(struct master_policy *policy);
void master_policy_note_death(
    struct master_policy *policy, bool had_served, uint64_t now_ms);

/* Milliseconds until the next fork may be made; 0: now. */
uint64_t master_policy_delay(
    const struct master_policy *policy, uint64_t now_ms);

#endif
