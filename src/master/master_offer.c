/* SPDX-License-Identifier: ISC */
/*
 * Who gets the connections that are held: another worker of the cohort they
 * come from, or, when that retires, of the one that serves instead.  What
 * workers say of their load decides among them, and no more than that.
 */
#include <string.h>

#include "base/base_clock.h"
#include "base/base_log.h"
#include "master/master_batch.h"

/* A worker whose callback runs for longer gets none. */
#define BUSY_MS 100u

/* One whose channel took nothing is left alone for so long. */
#define SPARE_MS 100u

/* NULL: nobody ever will. */
static struct master_cohort *
find_cohort(const struct master *master, uint32_t number)
{
	struct master_cohort *cohort;
	struct list_link *link;

	LIST_FOREACH (link, &master->cohorts) {
		cohort = LIST_OBJECT(link, struct master_cohort, link);
		if (cohort->number == number &&
		    cohort->state == MASTER_COHORT_SERVING)
			return cohort;
	}
	cohort = master->current;
	return cohort != NULL && cohort->state == MASTER_COHORT_SERVING ?
	    cohort :
	    NULL;
}

static uint64_t
load_word(const uint64_t *word)
{
	return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static const struct ipc_slot *
slot_of(const struct master_worker *worker)
{
	return &worker->cohort->master->scoreboard->slots[worker->slot];
}

static bool
is_busy(const struct master_worker *worker, uint64_t now_ms)
{
	uint64_t since = load_word(&slot_of(worker)->busy_since_ms);

	return since != 0 && since < now_ms && now_ms - since > BUSY_MS;
}

/* By what it says, and what is on its way to it. */
static uint64_t
count_connections(const struct master_worker *worker)
{
	uint64_t open = load_word(&slot_of(worker)->open);
	uint64_t most = worker->cohort->settings->max_connections;

	return (open < most ? open : most) + worker->adopting;
}

static uint64_t
count_room(const struct master_worker *worker)
{
	uint64_t most = load_word(&slot_of(worker)->max_connections);
	uint64_t taken = count_connections(worker);

	if (most > worker->cohort->settings->max_connections)
		most = worker->cohort->settings->max_connections;
	return taken < most ? most - taken : 0;
}

static bool
can_take(const struct master_worker *worker, uint64_t now_ms)
{
	return worker->state == MASTER_WORKER_SERVING && !worker->has_ended &&
	    worker->channel_fd != -1 && worker->spared_until_ms <= now_ms &&
	    !is_busy(worker, now_ms) && count_room(worker) > 0;
}

/* The one with the fewest connections; NULL: nobody for now.  One that had
 * too many gets them back before they wait for others, which may be busy for
 * long. */
static struct master_worker *
choose_taker(const struct master_cohort *cohort,
    const struct master_batch *batch, uint64_t now_ms)
{
	struct master_worker *worker, *best = NULL, *giver = NULL;
	struct list_link *link;

	LIST_FOREACH (link, &cohort->workers) {
		worker = LIST_OBJECT(link, struct master_worker, link);
		if (!can_take(worker, now_ms))
			continue;
		if (worker->generation == batch->giver)
			giver = worker;
		else if (best == NULL ||
		    count_connections(worker) < count_connections(best))
			best = worker;
	}
	return best != NULL ? best : giver;
}

static void
fill_packet(struct ipc_packet *packet, const struct master_worker *taker,
    const struct master_batch *batch, uint64_t number)
{
	struct ipc_handover *handover = &packet->handover;
	const struct master_orphan *orphan;
	size_t i;

	packet->message = (struct ipc_message) {
		.layout = IPC_LAYOUT,
		.type = IPC_MESSAGE_ADOPT,
		.generation = taker->generation,
		.value = number,
	};
	handover->count = (uint32_t)batch->count;
	handover->input_size = 0;
	for (i = 0; i < batch->count; i++) {
		orphan = &batch->orphans[i];
		handover->orphans[i] = orphan->facts;
		packet->descriptors[i] = orphan->fd;
		if (orphan->input == NULL)
			continue;
		memcpy(packet->input + handover->input_size, orphan->input,
		    orphan->facts.input_size);
		handover->input_size += orphan->facts.input_size;
	}
	packet->descriptor_count = batch->count;
}

/* False: it could not be sent now. */
static bool
give(struct master *master, struct master_batch *batch,
    struct master_worker *taker)
{
	struct ipc_packet *packet = master->outgoing;
	uint64_t number = master->last_batch + 1;
	struct error error;

	master_batch_split(batch, count_room(taker));
	fill_packet(packet, taker, batch, number);
	if (ipc_channel_send_packet(taker->channel_fd, packet, &error) == -1) {
		log_debug("worker %u (pid %d): %s", taker->slot,
		    (int)taker->pid, error.text);
		return false;
	}
	master->last_batch = number;
	master_batch_give(batch, taker, number);
	log_debug("worker %u (pid %d) gets %zu connections", taker->slot,
	    (int)taker->pid, batch->count);
	return true;
}

/* To the first that it can be sent to; false: nobody for now. */
static bool
give_to_any(struct master *master, struct master_batch *batch,
    const struct master_cohort *cohort)
{
	uint64_t now_ms = clock_monotonic_ms();
	struct master_worker *taker;

	while ((taker = choose_taker(cohort, batch, now_ms)) != NULL) {
		if (give(master, batch, taker))
			return true;
		taker->spared_until_ms = now_ms + SPARE_MS;
	}
	return false;
}

/* Nobody is left who could have it. */
static bool
is_lost(struct master *master, struct master_batch *batch,
    const struct master_cohort *cohort)
{
	if (cohort != NULL && cohort->number != batch->cohort)
		master_batch_keep(master, batch, cohort);
	return cohort == NULL || batch->count == 0;
}

void
master_offer_all(struct master *master)
{
	const struct master_cohort *cohort, *full = NULL;
	struct list_link *link, *following;
	struct master_batch *batch;

	LIST_FOREACH_SAFE (link, following, &master->orphans) {
		batch = LIST_OBJECT(link, struct master_batch, link);
		if (batch->taker != NULL)
			continue;
		cohort = find_cohort(master, batch->cohort);
		if (is_lost(master, batch, cohort)) {
			master_batch_finish(master, &batch, false);
			continue;
		}
		if (cohort == full)
			continue;
		if (!give_to_any(master, batch, cohort))
			full = cohort;
		/* A part of it may have been split off. */
		following = link->next;
	}
}
