/* SPDX-License-Identifier: ISC */
/*
 * Owns the watch over a cohort that a reload brought: it may crash so and so
 * often in its first time.  Above that a cohort with the settings before
 * takes over, once; whether that one crashes too is not asked.
 *
 * The base of a return is what last stood its probation, or never was on
 * any: the cohort that a start or a return brought.
 */
#include "base/base_buffer.h"
#include "base/base_clock.h"
#include "base/base_log.h"
#include "base/base_object.h"
#include "master/master_mounts.h"
#include "master/master_private.h"

#define MASTER_PROBATION_MAGIC 0x5b90c2e7u
struct master_probation {
	unsigned magic;
	struct master *master;
	uint32_t cohort;
	struct master_base base;
	unsigned crashes;
	uint64_t limit, ends_ms;
	bool is_failed; /* a return is due */
	struct event end;
};

static struct master_probation *
probation_of(const struct master *master)
{
	struct master_probation *probation;

	OBJECT_CAST(probation, master->probation, MASTER_PROBATION_MAGIC);
	return probation;
}

static void
on_end(evutil_socket_t fd, short events, void *context)
{
	struct master *master;

	OBJECT_CAST(master, context, MASTER_MAGIC);
	log_debug(
	    "cohort %u stood its probation", probation_of(master)->cohort);
	master_probation_stop(master);
}

/* What one that failed leads to is not to be watched for the same. */
static struct master_base
choose_base(struct master *master, const struct master_cohort *previous)
{
	struct master_base base = {
		.cohort = previous->number,
		.settings = previous->settings,
		.mounts = previous->mounts,
	};

	if (previous->returns_to != 0)
		base.cohort = previous->returns_to;
	if (master->probation != NULL)
		base = probation_of(master)->base;
	settings_hold(base.settings);
	master_mounts_hold(base.mounts);
	return base;
}

void
master_probation_start(
    struct master_cohort *cohort, const struct master_cohort *previous)
{
	struct master *master = cohort->master;
	uint64_t ms = cohort->settings->probation;
	const struct timeval wait = clock_timeval(ms);
	struct master_probation *probation = NULL;

	if (previous != NULL && ms > 0 && cohort->returns_to == 0) {
		OBJECT_NEW(probation, MASTER_PROBATION_MAGIC);
		probation->master = master;
		probation->cohort = cohort->number;
		probation->base = choose_base(master, previous);
		probation->limit = cohort->settings->probation_crashes;
		probation->ends_ms = clock_monotonic_ms() + ms;
		event_assign(
		    &probation->end, master->base, -1, 0, on_end, master);
		event_add(&probation->end, &wait);
	}
	master_probation_stop(master);
	master->probation = probation;
	if (cohort->returns_to == 0)
		master->returned = (struct master_returned) { .from = 0 };
	else
		master->returned.cohort = cohort->number;
}

void
master_probation_stop(struct master *master)
{
	struct master_probation *probation;

	if (master->probation == NULL)
		return;
	OBJECT_TAKE(probation, &master->probation, MASTER_PROBATION_MAGIC);
	event_del(&probation->end);
	settings_free(&probation->base.settings);
	master_mounts_release(&probation->base.mounts);
	OBJECT_FREE(probation);
}

void
master_probation_on_crash(struct master_cohort *cohort)
{
	struct master *master = cohort->master;
	struct master_probation *probation;

	if (master->probation == NULL || cohort != master->current)
		return;
	probation = probation_of(master);
	if (probation->cohort != cohort->number || probation->is_failed ||
	    ++probation->crashes <= probation->limit)
		return;
	probation->is_failed = true;
	event_del(&probation->end);
	log_error("cohort %u crashed %u times on probation: back to the "
		  "settings of cohort %u",
	    cohort->number, probation->crashes, probation->base.cohort);
	master->returned = (struct master_returned) {
		.from = cohort->number,
		.to = probation->base.cohort,
		.crashes = probation->crashes,
	};
	master_reload_return(master);
}

const struct master_base *
master_probation_base(const struct master *master)
{
	return master->probation == NULL ? NULL : &probation_of(master)->base;
}

void
master_probation_fail_return(struct master *master, const struct error *failure)
{
	log_error("the return to the settings of cohort %u failed, cohort %u "
		  "stays: %s",
	    master->returned.to, master->returned.from, failure->text);
	master->returned.has_failed = true;
	master_probation_stop(master);
}

/* ---- for cohortctl status ---- */

static json_t *
describe(const struct master_probation *probation)
{
	uint64_t now = clock_monotonic_ms();

	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "cohort",
	    (json_int_t)probation->cohort, "base",
	    (json_int_t)probation->base.cohort, "crashes",
	    (json_int_t)probation->crashes, "limit",
	    (json_int_t)probation->limit, "left_ms",
	    (json_int_t)(now < probation->ends_ms ? probation->ends_ms - now :
						    0));
}

json_t *
master_probation_status(const struct master *master)
{
	if (master->probation == NULL)
		return json_null();
	return describe(probation_of(master));
}

json_t *
master_probation_returned(const struct master *master)
{
	const struct master_returned *returned = &master->returned;

	if (returned->from == 0)
		return json_null();
	return json_pack("{s:I, s:I, s:I, s:o, s:b}", "from",
	    (json_int_t)returned->from, "to", (json_int_t)returned->to,
	    "crashes", (json_int_t)returned->crashes, "cohort",
	    returned->cohort == 0 ? json_null() :
				    json_integer(returned->cohort),
	    "failed", returned->has_failed);
}
