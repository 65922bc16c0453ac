/* SPDX-License-Identifier: ISC */
/*
 * Writes down what the next image has to know.  Nothing is changed by it, so
 * that this one can go on when no other takes over.
 */
#include <sys/time.h>

#include <unistd.h>

#include "config.h"

#include "base/base_clock.h"
#include "config/config_json.h"
#include "master/master_state_private.h"

static int
list_descriptor(void *context, int fd, struct error *error)
{
	json_t *descriptors = context;

	return json_array_append_new(descriptors, json_integer(fd));
}

json_t *
master_state_put_object(json_t *descriptors,
    const struct master_member_table *table, const void *object)
{
	json_t *json = json_object();
	struct error error;

	master_member_put(json, table, object);
	master_member_each_descriptor(
	    table, object, list_descriptor, descriptors, &error);
	return json;
}

/* libevent tells the end of a wait by the wall clock. */
static uint64_t
due_of(const struct event *deadline)
{
	struct timeval now, due, left;

	if (!event_pending(deadline, EV_TIMEOUT, &due))
		return 0;
	gettimeofday(&now, NULL);
	if (!timercmp(&due, &now, >))
		return clock_monotonic_ms();
	timersub(&due, &now, &left);
	return clock_monotonic_ms() + (uint64_t)left.tv_sec * 1000u +
	    (uint64_t)left.tv_usec / 1000u;
}

static json_t *
put_worker(const struct master_worker *worker, json_t *descriptors)
{
	const struct master_state_wait wait = { due_of(&worker->deadline) };
	json_t *json =
	    master_state_put_object(descriptors, &master_table_worker, worker);

	master_member_put(json, &master_table_wait, &wait);
	return json;
}

static json_t *
put_workers(const struct master_cohort *cohort, json_t *descriptors)
{
	json_t *workers = json_array();
	struct list_link *link;

	LIST_FOREACH (link, &cohort->workers)
		json_array_append_new(workers,
		    put_worker(LIST_OBJECT(link, struct master_worker, link),
			descriptors));
	return workers;
}

/* Which, and where in the settings each stands. */
static json_t *
put_uses(const struct master_cohort *cohort)
{
	json_t *uses = json_array();
	size_t i;

	for (i = 0; i < cohort->listener_count; i++)
		json_array_append_new(uses,
		    json_pack("{s:I, s:I}", "id",
			(json_int_t)cohort->listeners[i]->id, "section",
			(json_int_t)(cohort->sections[i] -
			    cohort->settings->listeners)));
	return uses;
}

/* Those that its workers hand connections over of. */
static json_t *
put_handed(const struct master_cohort *cohort)
{
	json_t *ids = json_array();
	size_t i;

	for (i = 0; i < cohort->use_count; i++)
		json_array_append_new(ids, json_integer(cohort->uses[i]));
	return ids;
}

static json_t *
put_cohort(const struct master_cohort *cohort, json_t *descriptors)
{
	json_t *json =
	    master_state_put_object(descriptors, &master_table_cohort, cohort);

	json_object_set_new(json, "settings", config_to_json(cohort->settings));
	json_object_set_new(json, "mounts",
	    master_state_put_mounts(cohort->mounts, descriptors));
	json_object_set_new(json, "listeners", put_uses(cohort));
	json_object_set_new(json, "handed_of", put_handed(cohort));
	json_object_set_new(json, "workers", put_workers(cohort, descriptors));
	return json;
}

static json_t *
put_cohorts(const struct master *master, json_t *descriptors)
{
	json_t *cohorts = json_array();
	struct list_link *link;

	LIST_FOREACH (link, &master->cohorts)
		json_array_append_new(cohorts,
		    put_cohort(LIST_OBJECT(link, struct master_cohort, link),
			descriptors));
	return cohorts;
}

static json_t *
put_listeners(const struct master *master, json_t *descriptors)
{
	json_t *listeners = json_array();
	struct list_link *link;

	LIST_FOREACH (link, &master->listeners)
		json_array_append_new(listeners,
		    master_state_put_object(descriptors, &master_table_listener,
			LIST_OBJECT(link, struct master_listener, link)));
	return listeners;
}

static json_t *
number_of(const struct master_cohort *cohort)
{
	return json_integer(cohort == NULL ? 0 : cohort->number);
}

json_t *
master_state_put(const struct master *master)
{
	const struct master_options *options = master->options;
	json_t *descriptors = json_array(), *root = json_object();

	json_object_set_new(root, "pid", json_integer(getpid()));
	json_object_set_new(root, "version", json_string(PACKAGE_VERSION));
	json_object_set_new(root, "layout", json_integer(IPC_LAYOUT));
	json_object_set_new(root, "directory",
	    config_json_put_text(options->overrides.directory));
	json_object_set_new(
	    root, "program", config_json_put_text(options->program));
	json_object_set_new(root, "master",
	    master_state_put_object(descriptors, &master_table_master, master));
	json_object_set_new(
	    root, "listeners", put_listeners(master, descriptors));
	json_object_set_new(root, "cohorts", put_cohorts(master, descriptors));
	json_object_set_new(root, "current", number_of(master->current));
	json_object_set_new(root, "withdrawn", number_of(master->withdrawn));
	json_object_set_new(root, "quarantine",
	    master_state_put_quarantine(master, descriptors));
	json_object_set_new(
	    root, "control", master_state_put_control(master, descriptors));
	json_object_set_new(root, "descriptors", descriptors);
	return root;
}
