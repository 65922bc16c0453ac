/* SPDX-License-Identifier: ISC */
/*
 * Listeners that go: a connection of one has no place in the cohort that
 * serves now, so workers that retire are told to keep theirs.  They may
 * retire for long, and the next reload may drop another one.
 */
#include "base/base_memory.h"
#include "master/master_private.h"

void
master_forget_init(struct master_cohort *cohort)
{
	size_t i, count = cohort->listener_count;

	cohort->uses = memory_alloc_array(count, sizeof(*cohort->uses));
	for (i = 0; i < count; i++)
		cohort->uses[i] = cohort->listeners[i]->id;
	cohort->use_count = count;
}

void
master_forget_fini(struct master_cohort *cohort)
{
	memory_free(cohort->uses);
	cohort->uses = NULL;
	cohort->use_count = 0;
}

/* Others hand nothing over. */
static bool
hands_over(const struct master_worker *worker)
{
	return worker->retire <= IPC_RETIRE_REPLACED && !worker->has_ended &&
	    worker->state != MASTER_WORKER_CRASHED;
}

static void
tell_workers(const struct master_cohort *cohort, uint32_t listener)
{
	struct master_worker *worker;
	struct list_link *link;

	LIST_FOREACH (link, &cohort->workers) {
		worker = LIST_OBJECT(link, struct master_worker, link);
		if (hands_over(worker))
			master_channel_tell(
			    worker, IPC_MESSAGE_FORGET, listener);
	}
}

static void
forget_missing(
    struct master_cohort *cohort, const struct master_cohort *successor)
{
	size_t i, kept = 0;
	uint32_t id;

	for (i = 0; i < cohort->use_count; i++) {
		id = cohort->uses[i];
		if (successor != NULL &&
		    master_listen_find(successor, id) != NULL)
			cohort->uses[kept++] = id;
		else
			tell_workers(cohort, id);
	}
	cohort->use_count = kept;
}

void
master_forget(struct master *master)
{
	struct master_cohort *cohort;
	struct list_link *link;

	LIST_FOREACH (link, &master->cohorts) {
		cohort = LIST_OBJECT(link, struct master_cohort, link);
		if (cohort->state == MASTER_COHORT_RETIRING)
			forget_missing(cohort, master->current);
	}
}
