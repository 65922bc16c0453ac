/* SPDX-License-Identifier: ISC */
/*
 * The order to have so many workers: of the cohort that serves, until the
 * next reload.  One that cannot start fails the order, and with that the
 * number is what it was before.
 */
#include "base/base_log.h"
#include "master/master_private.h"
#include "master/master_wait.h"

static unsigned
count_serving(const struct master_cohort *cohort)
{
	const struct master_worker *worker;
	struct list_link *link;
	unsigned count = 0;

	LIST_FOREACH (link, &cohort->workers) {
		worker = LIST_OBJECT(link, struct master_worker, link);
		count += worker->retire == 0 &&
		    worker->state == MASTER_WORKER_SERVING;
	}
	return count;
}

static json_t *
check(const struct master_wait *wait)
{
	const struct master_cohort *cohort = wait->master->current;

	if (cohort == NULL || cohort->number != wait->cohort)
		return master_command_error(
		    "cohort %u does not serve any more", wait->cohort);
	if (cohort->wanted != wait->wanted)
		return master_command_error(
		    "another order came between: %u workers are wanted",
		    cohort->wanted);
	if (count_serving(cohort) < wait->wanted)
		return NULL;
	return master_command_summary(
	    json_pack("{s:I, s:I, s:I}", "cohort", (json_int_t)wait->cohort,
		"workers", (json_int_t)wait->wanted, "before",
		(json_int_t)wait->before),
	    "%u worker%s (%u before)", wait->wanted,
	    wait->wanted == 1 ? " serves" : "s serve", wait->before);
}

static const struct master_wait_type changing = { .check = check };

void
master_workers_set(
    struct master *master, unsigned wanted, struct master_order *order)
{
	struct master_cohort *cohort = master->current;
	struct master_wait *wait;

	if (cohort == NULL || master->state != MASTER_STATE_RUNNING) {
		master_order_answer(
		    &order, master_command_error("no cohort serves"));
		return;
	}
	wait = master_wait_start(master, &changing, order);
	wait->cohort = cohort->number;
	wait->wanted = wanted;
	wait->before = cohort->wanted;
	log_info("cohort %u: %u workers instead of %u", cohort->number, wanted,
	    cohort->wanted);
	master_cohort_set_wanted(cohort, wanted);
}

/* The order that is in force now, or NULL. */
static struct master_wait *
find(const struct master_cohort *cohort)
{
	struct master_wait *wait;
	struct list_link *link;

	LIST_FOREACH (link, &cohort->master->waits) {
		wait = LIST_OBJECT(link, struct master_wait, link);
		if (wait->type == &changing && wait->cohort == cohort->number &&
		    wait->wanted == cohort->wanted)
			return wait;
	}
	return NULL;
}

void
master_workers_on_failure(struct master_cohort *cohort, const char *why)
{
	struct master_wait *wait = find(cohort);
	unsigned before;

	if (wait == NULL || count_serving(cohort) >= wait->wanted)
		return;
	before = wait->before;
	master_wait_end(&wait, master_command_error("%s", why));
	if (before >= cohort->wanted)
		return;
	log_error("cohort %u: %u workers again, as one of %u could not "
		  "start: %s",
	    cohort->number, before, cohort->wanted, why);
	master_cohort_set_wanted(cohort, before);
}
