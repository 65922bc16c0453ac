/* SPDX-License-Identifier: ISC */
/*
 * The state of the whole, for cohortctl status.  Nothing in it makes the
 * master wait: no worker is asked.
 */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "base/base_buffer.h"
#include "base/base_clock.h"
#include "master/master_private.h"

static const char *const state_names[] = {
	[MASTER_STATE_STARTING] = "starting",
	[MASTER_STATE_RUNNING] = "running",
	[MASTER_STATE_STOPPING] = "stopping",
	[MASTER_STATE_STOPPED] = "stopped",
};

static const char *const cohort_state_names[] = {
	[MASTER_COHORT_STARTING] = "starting",
	[MASTER_COHORT_SERVING] = "serving",
	[MASTER_COHORT_RETIRING] = "retiring",
	[MASTER_COHORT_FAILED] = "failed",
};

static const char *
state_of(const struct master *master)
{
	if (master->state == MASTER_STATE_RUNNING && master->is_paused)
		return "paused";
	return state_names[master->state];
}

static json_t *
age_of(uint64_t since_ms)
{
	return json_integer((json_int_t)(clock_monotonic_ms() - since_ms));
}

/* How many there are in each state. */
static json_t *
workers_of(const struct master_cohort *cohort)
{
	unsigned counts[MASTER_WORKER_STATE_COUNT] = { 0 };
	json_t *object = json_object();
	struct list_link *link;
	size_t i;

	LIST_FOREACH (link, &cohort->workers)
		counts[LIST_OBJECT(link, struct master_worker, link)->state]++;
	json_object_set_new(object, "wanted", json_integer(cohort->wanted));
	for (i = 0; i < MASTER_WORKER_STATE_COUNT; i++)
		if (counts[i] > 0)
			json_object_set_new(object,
			    master_worker_state_name(
				(enum master_worker_state)i),
			    json_integer(counts[i]));
	return object;
}

static json_t *
describe_cohort(const struct master_cohort *cohort)
{
	return json_pack("{s:I, s:s, s:o, s:o}", "number",
	    (json_int_t)cohort->number, "state",
	    cohort_state_names[cohort->state], "age_ms",
	    age_of(cohort->started_ms), "workers", workers_of(cohort));
}

static json_t *
describe_cohorts(const struct master *master)
{
	json_t *cohorts = json_array();
	struct list_link *link;

	LIST_FOREACH (link, &master->cohorts)
		json_array_append_new(cohorts,
		    describe_cohort(
			LIST_OBJECT(link, struct master_cohort, link)));
	return cohorts;
}

static void
append_workers(json_t *workers, const struct master_cohort *cohort)
{
	struct list_link *link;

	LIST_FOREACH (link, &cohort->workers)
		json_array_append_new(workers,
		    master_status_worker(
			LIST_OBJECT(link, struct master_worker, link)));
}

static json_t *
describe_workers(const struct master *master)
{
	json_t *workers = json_array();
	struct list_link *link;

	LIST_FOREACH (link, &master->cohorts)
		append_workers(
		    workers, LIST_OBJECT(link, struct master_cohort, link));
	return workers;
}

/* Paths are bytes; what is shown is escaped. */
static json_t *
escaped(const char *text)
{
	struct buffer words;
	json_t *string;

	buffer_init(&words, 0);
	buffer_append_escaped(&words, text, strlen(text));
	string = json_string(words.data == NULL ? "" : words.data);
	buffer_fini(&words);
	return string;
}

static json_t *
describe_listeners(const struct master *master)
{
	const struct master_listener *listener;
	json_t *listeners = json_array();
	struct list_link *link;

	LIST_FOREACH (link, &master->listeners) {
		listener = LIST_OBJECT(link, struct master_listener, link);
		json_array_append_new(listeners,
		    json_pack("{s:o, s:I}", "name", escaped(listener->name),
			"cohorts", (json_int_t)listener->users));
	}
	return listeners;
}

static json_t *
describe_quarantine(const struct master *master)
{
	json_t *counters = master_quarantine_counters(master);
	json_t *entries = master_quarantine_list(master);

	json_object_set_new(counters, "entries",
	    json_integer((json_int_t)json_array_size(entries)));
	json_decref(entries);
	return counters;
}

json_t *
master_status(const struct master *master)
{
	json_t *crashes = master_crashes_list(master);
	json_t *status = json_pack("{s:s, s:I, s:s, s:o, s:I}", "version",
	    PACKAGE_VERSION, "pid", (json_int_t)getpid(), "state",
	    state_of(master), "uptime_ms", age_of(master->started_ms),
	    "time_us", (json_int_t)clock_monotonic_us());

	json_object_set_new(status, "cohorts", describe_cohorts(master));
	json_object_set_new(status, "workers", describe_workers(master));
	json_object_set_new(status, "totals", master_status_totals(master));
	json_object_set_new(status, "closed", master_status_closed(master));
	json_object_set_new(status, "listeners", describe_listeners(master));
	json_object_set_new(status, "quarantine", describe_quarantine(master));
	json_object_set_new(
	    status, "probation", master_probation_status(master));
	json_object_set_new(
	    status, "returned", master_probation_returned(master));
	json_object_set_new(
	    status, "orphans", json_integer((json_int_t)master->orphan_count));
	json_object_set_new(status, "records",
	    json_integer((json_int_t)json_array_size(crashes)));
	json_decref(crashes);
	return status;
}
