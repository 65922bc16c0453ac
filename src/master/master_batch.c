/* SPDX-License-Identifier: ISC */
#include "master/master_batch.h"

#include <sys/socket.h>

#include <string.h>

#include "base/base_clock.h"
#include "base/base_fd.h"
#include "base/base_object.h"

static struct master_batch *
make(size_t room)
{
	struct master_batch *batch;

	batch =
	    memory_alloc(sizeof(*batch) + room * sizeof(struct master_orphan));
	batch->magic = MASTER_BATCH_MAGIC;
	return batch;
}

struct master_batch *
master_batch_new(const struct master_worker *worker, size_t room)
{
	const struct master_cohort *cohort = worker->cohort;
	struct master_batch *batch = make(room);

	batch->cohort = cohort->number;
	batch->deadline_ms =
	    clock_monotonic_ms() + cohort->settings->start_timeout;
	batch->giver = worker->generation;
	batch->is_counted =
	    worker->death == NULL && cohort->state == MASTER_COHORT_RETIRING;
	batch->death = worker->death;
	list_append(&cohort->master->orphans, &batch->link);
	return batch;
}

void
master_batch_add(struct master_batch *batch, const struct ipc_orphan *facts,
    const unsigned char *input, int *fd)
{
	struct master_orphan *orphan = &batch->orphans[batch->count++];

	orphan->facts = *facts;
	orphan->fd = *fd;
	*fd = -1;
	orphan->input = NULL;
	if (facts->input_size == 0)
		return;
	orphan->input = memory_alloc(facts->input_size);
	memcpy(orphan->input, input, facts->input_size);
}

/* It may be gone, though its connections are not settled. */
static struct master_cohort *
find_counting(const struct master *master, const struct master_batch *batch)
{
	struct master_cohort *cohort;
	struct list_link *link;

	if (!batch->is_counted)
		return NULL;
	LIST_FOREACH (link, &master->cohorts) {
		cohort = LIST_OBJECT(link, struct master_cohort, link);
		if (cohort->number == batch->cohort)
			return cohort;
	}
	return NULL;
}

void
master_batch_close(struct master *master, struct master_batch *batch)
{
	struct master_cohort *cohort = find_counting(master, batch);

	master->orphan_count += batch->count;
	if (cohort != NULL)
		cohort->given += batch->count;
	if (batch->death != NULL)
		master_death_expect(batch->death, (unsigned)batch->count);
}

static void
settle(const struct master *master, const struct master_batch *batch,
    bool was_adopted, size_t count)
{
	struct master_cohort *cohort = find_counting(master, batch);

	if (cohort != NULL && was_adopted)
		cohort->handed += count;
	else if (cohort != NULL)
		cohort->lost += count;
	if (batch->death != NULL && count > 0)
		master_death_settle(batch->death,
		    was_adopted ? (unsigned)count : 0,
		    was_adopted ? 0 : (unsigned)count);
}

/* SO_LINGER may have been set anew by whoever else has it. */
static void
drop_orphan(struct master_orphan *orphan, bool is_others)
{
	const struct linger none = { .l_onoff = 0 };

	setsockopt(orphan->fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	if (!is_others)
		shutdown(orphan->fd, SHUT_RDWR);
	fd_close(&orphan->fd);
	memory_free(orphan->input);
	orphan->input = NULL;
}

void
master_batch_finish(struct master *master, struct master_batch **batch_pointer,
    bool was_adopted)
{
	struct master_batch *batch;
	size_t i;

	master_batch_take_back(*batch_pointer);
	OBJECT_TAKE(batch, batch_pointer, MASTER_BATCH_MAGIC);
	for (i = 0; i < batch->count; i++)
		drop_orphan(&batch->orphans[i], was_adopted);
	master->orphan_count -= batch->count;
	list_remove(&batch->link);
	settle(master, batch, was_adopted, batch->count);
	OBJECT_FREE(batch);
}

void
master_batch_split(struct master_batch *batch, size_t count)
{
	struct master_batch *rest;

	if (batch->count <= count)
		return;
	rest = make(batch->count - count);
	rest->cohort = batch->cohort;
	rest->deadline_ms = batch->deadline_ms;
	rest->giver = batch->giver;
	rest->is_counted = batch->is_counted;
	rest->death = batch->death;
	rest->count = batch->count - count;
	list_insert_before(&rest->link, batch->link.next);
	memcpy(rest->orphans, batch->orphans + count,
	    rest->count * sizeof(*rest->orphans));
	batch->count = count;
}

void
master_batch_keep(struct master *master, struct master_batch *batch,
    const struct master_cohort *cohort)
{
	size_t i, kept = 0, count = batch->count;
	struct master_orphan *orphan;

	for (i = 0; i < count; i++) {
		orphan = &batch->orphans[i];
		if (master_listen_find(cohort, orphan->facts.listener) != NULL)
			batch->orphans[kept++] = *orphan;
		else
			drop_orphan(orphan, false);
	}
	batch->count = kept;
	master->orphan_count -= count - kept;
	settle(master, batch, false, count - kept);
}

void
master_batch_give(
    struct master_batch *batch, struct master_worker *taker, uint64_t number)
{
	batch->number = number;
	batch->taker = taker;
	taker->adopting += (unsigned)batch->count;
}

void
master_batch_take_back(struct master_batch *batch)
{
	OBJECT_CHECK(batch, MASTER_BATCH_MAGIC);
	if (batch->taker != NULL)
		batch->taker->adopting -= (unsigned)batch->count;
	batch->taker = NULL;
	batch->number = 0;
}

bool
master_batch_is_taken(const struct master_batch *batch)
{
	const struct master_worker *taker = batch->taker;

	return taker != NULL &&
	    __atomic_load_n(&taker->process->adopted, __ATOMIC_ACQUIRE) >=
	    batch->number;
}
