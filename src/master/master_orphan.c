/* SPDX-License-Identifier: ISC */
/*
 * Owns the connections that a worker left, as it crashed, retires or has too
 * many, until another one has them: what comes in, what workers say of it,
 * and how long it may take.
 *
 * Every batch has a deadline, and there are at most as many connections as
 * descriptors suffice for: a worker that hands over without end must not
 * keep the master from making new ones.
 */
#include "base/base_clock.h"
#include "base/base_log.h"
#include "base/base_object.h"
#include "master/master_batch.h"

/* How often whatever waits is tried again. */
#define RETRY_MS 100u

static void on_timer(evutil_socket_t fd, short events, void *context);

/* Runs while anything is held. */
static void
review_timer(struct master *master)
{
	const struct timeval wait = clock_timeval(RETRY_MS);

	master_channel_release(master);
	if (list_is_empty(&master->orphans)) {
		if (master->orphan_timer != NULL)
			event_free(master->orphan_timer);
		master->orphan_timer = NULL;
	} else if (master->orphan_timer == NULL) {
		master->orphan_timer =
		    event_new(master->base, -1, EV_PERSIST, on_timer, master);
		event_add(master->orphan_timer, &wait);
	}
}

void
master_orphan_offer(struct master *master)
{
	master_offer_all(master);
	review_timer(master);
}

static void
expire(struct master *master)
{
	uint64_t now_ms = clock_monotonic_ms();
	struct list_link *link, *following;
	struct master_batch *batch;
	bool is_taken;

	LIST_FOREACH_SAFE (link, following, &master->orphans) {
		batch = LIST_OBJECT(link, struct master_batch, link);
		if (batch->deadline_ms > now_ms)
			continue;
		is_taken = master_batch_is_taken(batch);
		if (!is_taken)
			log_warn("connections of a worker that is gone found "
				 "no other one in time: %zu closed",
			    batch->count);
		master_batch_finish(master, &batch, is_taken);
	}
}

static void
on_timer(evutil_socket_t fd, short events, void *context)
{
	struct master *master;

	OBJECT_CAST(master, context, MASTER_MAGIC);
	expire(master);
	master_orphan_offer(master);
}

/* ---- what workers say ---- */

/* A retiring cohort has given its listeners up. */
static const struct master_listener *
find_listener(const struct master_worker *worker, uint32_t id)
{
	const struct master_cohort *cohort = worker->cohort;

	if (cohort->listener_count == 0)
		cohort = cohort->master->current;
	return cohort == NULL ? NULL : master_listen_find(cohort, id);
}

/* It was one of ours, and is closed: nobody could have the connection, which
 * is no fault of the worker's. */
static bool
has_gone(const struct master_worker *worker, uint32_t listener)
{
	return listener != 0 &&
	    listener <= worker->cohort->master->last_listener &&
	    find_listener(worker, listener) == NULL;
}

static void
lose_one(const struct master_batch *batch)
{
	if (batch->death == NULL)
		return;
	master_death_expect(batch->death, 1);
	master_death_settle(batch->death, 0, 1);
}

/* No wait is longer than one that begins now. */
static void
correct_due(struct ipc_orphan *facts, const struct settings_http *http)
{
	uint64_t most = http->keep_alive;

	if (facts->due_ms == 0 &&
	    (http->keep_alive == 0 || http->head_timeout == 0))
		return;
	if (most < http->head_timeout)
		most = http->head_timeout;
	if (most < http->linger_timeout)
		most = http->linger_timeout;
	most += clock_monotonic_ms();
	if (facts->due_ms == 0 || facts->due_ms > most)
		facts->due_ms = most;
}

/* Takes the good ones; returns how many were wrong. */
static size_t
take_good(const struct master_worker *worker, struct master_batch *batch,
    struct ipc_packet *packet)
{
	const struct settings *settings = worker->cohort->settings;
	const unsigned char *input = packet->input;
	struct ipc_orphan *facts;
	size_t i, wrong = 0;

	for (i = 0; i < packet->handover.count; i++) {
		facts = &packet->handover.orphans[i];
		switch (master_orphan_check(packet->descriptors[i], facts,
		    find_listener(worker, facts->listener))) {
		case MASTER_ORPHAN_GOOD:
			correct_due(facts, &settings->http);
			master_batch_add(
			    batch, facts, input, &packet->descriptors[i]);
			break;
		case MASTER_ORPHAN_ENDED:
			break;
		case MASTER_ORPHAN_WRONG:
			if (has_gone(worker, facts->listener))
				lose_one(batch);
			else
				wrong++;
			break;
		}
		input += facts->input_size;
	}
	return wrong;
}

/* The report is there before the message, which comes behind this one, or
 * not at all where it had no room. */
static bool
has_crashed(struct master_worker *worker)
{
	struct ipc_report report;

	if (worker->state != MASTER_WORKER_CRASHED &&
	    ipc_report_read(
		worker->process, &worker->process->crash, &report)) {
		worker->crash_is_due = true;
		master_worker_advance(worker, MASTER_WORKER_ON_CRASH);
	}
	return worker->state == MASTER_WORKER_CRASHED;
}

bool
master_orphan_is_full(const struct master *master)
{
	return master->orphan_count > 0 &&
	    master->orphan_count + IPC_ORPHANS_MAX > master->orphans_max;
}

/* Was it told to hand over so many? */
static bool
may_give(struct master_worker *worker, size_t count)
{
	if (worker->retire != 0)
		return true;
	if (count == 0 || worker->shedding < count)
		return false;
	worker->shedding -= count;
	return true;
}

/* Ends what descriptors do not suffice for; the batch, too, if it is empty
 * then. */
static void
trim(struct master *master, struct master_batch *batch)
{
	struct master_batch *rest;
	size_t excess = 0;

	if (master->orphan_count > master->orphans_max)
		excess = master->orphan_count - master->orphans_max;
	if (excess > 0 && excess < batch->count) {
		master_batch_split(batch, batch->count - excess);
		rest = LIST_OBJECT(batch->link.next, struct master_batch, link);
		master_batch_finish(master, &rest, false);
	} else if (excess > 0 || batch->count == 0) {
		master_batch_finish(master, &batch, false);
	}
}

void
master_orphan_receive(struct master_worker *worker, struct ipc_packet *packet)
{
	struct master *master = worker->cohort->master;
	size_t wrong, count = packet->handover.count;
	struct master_batch *batch;

	if (!has_crashed(worker) && !may_give(worker, count)) {
		master_channel_note_nonsense(
		    worker, "it hands over connections, but was not told to");
		return;
	}
	batch = master_batch_new(worker, count);
	wrong = take_good(worker, batch, packet);
	ipc_packet_close(packet);
	if (wrong > 0)
		master_channel_note_nonsense(worker,
		    "%zu of %zu connections it hands over are none", wrong,
		    count);
	master_batch_close(master, batch);
	trim(master, batch);
	master_orphan_offer(master);
}

void
master_orphan_acknowledge(struct master_worker *worker, uint64_t number)
{
	struct master *master = worker->cohort->master;
	struct list_link *link;
	struct master_batch *batch;

	LIST_FOREACH (link, &master->orphans) {
		batch = LIST_OBJECT(link, struct master_batch, link);
		if (batch->taker != worker || batch->number != number)
			continue;
		master_batch_finish(master, &batch, true);
		review_timer(master);
		return;
	}
	master_channel_note_nonsense(
	    worker, "it adopted what it was not given");
}

void
master_orphan_on_end(struct master_worker *worker)
{
	struct master *master = worker->cohort->master;
	struct list_link *link, *following;
	struct master_batch *batch;

	LIST_FOREACH_SAFE (link, following, &master->orphans) {
		batch = LIST_OBJECT(link, struct master_batch, link);
		if (batch->taker != worker)
			continue;
		if (master_batch_is_taken(batch))
			master_batch_finish(master, &batch, true);
		else
			master_batch_take_back(batch);
	}
	master_orphan_offer(master);
}

void
master_orphan_close(struct master *master)
{
	struct list_link *link, *following;
	struct master_batch *batch;

	LIST_FOREACH_SAFE (link, following, &master->orphans) {
		batch = LIST_OBJECT(link, struct master_batch, link);
		master_batch_finish(master, &batch, batch->taker != NULL);
	}
	review_timer(master);
}
