/* SPDX-License-Identifier: ISC */
/*
 * Two marks instead of one, so that a worker that stands at the mark does
 * not open and close its gate with every connection.
 */
#include "worker/worker_availability.h"

#include <sys/types.h>

#define STUCK_MS 100

/* Above the mean; the larger of a number and a part of the mean. */
#define CLOSE_LEAST 16
#define CLOSE_PART  4
#define OPEN_LEAST  8
#define OPEN_PART   8

struct tally {
	uint64_t sum, count, least;
};

static uint64_t
load(const uint64_t *number)
{
	return __atomic_load_n(number, __ATOMIC_RELAXED);
}

static bool
is_stuck(const struct ipc_slot *slot, uint64_t now_ms)
{
	uint64_t since = load(&slot->busy_since_ms);

	return since != 0 && now_ms > since && now_ms - since > STUCK_MS;
}

static bool
is_full(const struct ipc_slot *slot)
{
	return load(&slot->open) >= load(&slot->max_connections);
}

/* Could slot take a connection instead of us? */
static bool
is_peer(
    const struct ipc_slot *slot, const struct ipc_slot *own, uint64_t now_ms)
{
	return slot->pid != 0 && slot->cohort == own->cohort &&
	    slot->serving == 1 && !is_full(slot) && !is_stuck(slot, now_ms);
}

static void
count(struct tally *tally, uint64_t open)
{
	tally->sum += open;
	tally->count++;
	if (open < tally->least)
		tally->least = open;
}

static struct tally
tally_peers(const struct ipc_scoreboard *board, uint32_t slot, uint64_t now_ms)
{
	const struct ipc_slot *own = &board->slots[slot];
	struct tally tally = { .least = UINT64_MAX };
	uint32_t i, used = board->slots_used;

	/* A sibling gone wild may have written there. */
	if (used > IPC_SLOTS_MAX)
		used = IPC_SLOTS_MAX;
	count(&tally, load(&own->open));
	for (i = 0; i < used; i++)
		if (i != slot && is_peer(&board->slots[i], own, now_ms))
			count(&tally, load(&board->slots[i].open));
	return tally;
}

static uint64_t
mark(uint64_t mean, uint64_t least, uint64_t part)
{
	return mean + (mean / part > least ? mean / part : least);
}

enum worker_gate
worker_availability(const struct ipc_scoreboard *board, uint32_t slot,
    uint64_t now_ms, enum worker_gate gate)
{
	const struct ipc_slot *own = &board->slots[slot];
	uint64_t open = load(&own->open), mean;
	struct tally tally;

	if (is_full(own))
		return WORKER_GATE_LIMIT;
	/* The mean can only raise that mark: no need to know it. */
	if (gate == WORKER_GATE_OPEN && open <= CLOSE_LEAST)
		return WORKER_GATE_OPEN;
	tally = tally_peers(board, slot, now_ms);
	if (open <= tally.least)
		return WORKER_GATE_OPEN;
	mean = tally.sum / tally.count;
	if (gate == WORKER_GATE_OPEN)
		return open > mark(mean, CLOSE_LEAST, CLOSE_PART) ?
		    WORKER_GATE_LOAD :
		    WORKER_GATE_OPEN;
	return open < mark(mean, OPEN_LEAST, OPEN_PART) ? WORKER_GATE_OPEN :
							  WORKER_GATE_LOAD;
}
