/* SPDX-License-Identifier: ISC */
/*
 * Reads what another image wrote.  It was master too, so that what it says is
 * no gossip, but it may have been of another version: every value is checked
 * before it is used.
 *
 * Of a shared area whose layout is not this image's only the descriptor's
 * size would be known, so that it is given up: the worker is still told to
 * retire, and its end is seen by its pid.
 */
#include <string.h>

#include "base/base_clock.h"
#include "base/base_fd.h"
#include "base/base_object.h"
#include "config/config_json.h"
#include "master/master_state_private.h"

static int
claim(void *context, int fd, struct error *error)
{
	return master_state_claim(context, fd, error);
}

static void
forget_descriptors(const struct master_member_table *table, void *object)
{
	const int none = -1;
	size_t i;

	for (i = 0; i < table->count; i++)
		if (table->members[i].kind == MASTER_MEMBER_DESCRIPTOR)
			memcpy((char *)object + table->members[i].offset, &none,
			    sizeof(none));
}

int
master_state_take_object(struct master_document *state, const json_t *from,
    const struct master_member_table *table, void *object, struct error *error)
{
	if (master_member_take(from, table, object, error) == -1 ||
	    master_member_each_descriptor(table, object, claim, state, error) ==
		-1)
		return -1;
	if (state->is_trial && table != &master_table_listener)
		forget_descriptors(table, object);
	return 0;
}

/* ---- listeners ---- */

static int
take_listener(struct master *master, struct master_document *state,
    const json_t *from, struct error *error)
{
	struct master_listener *listener;

	OBJECT_NEW(listener, MASTER_LISTENER_MAGIC);
	list_append(&master->listeners, &listener->link);
	if (master_state_take_object(
		state, from, &master_table_listener, listener, error) == -1)
		return error_wrap(error, "listener");
	/* A trial closes none, and removes none. */
	if (state->is_trial) {
		listener->inherited = true;
		listener->users++;
	}
	return 0;
}

static int
take_listeners(
    struct master *master, struct master_document *state, struct error *error)
{
	const json_t *list = json_object_get(state->root, "listeners");
	size_t i;

	for (i = 0; i < json_array_size(list); i++)
		if (take_listener(
			master, state, json_array_get(list, i), error) == -1)
			return -1;
	return 0;
}

static struct master_listener *
find_listener(const struct master *master, json_int_t id)
{
	struct master_listener *listener;
	struct list_link *link;

	LIST_FOREACH (link, &master->listeners) {
		listener = LIST_OBJECT(link, struct master_listener, link);
		if ((json_int_t)listener->id == id)
			return listener;
	}
	return NULL;
}

static int
use_listener(
    struct master_cohort *cohort, const json_t *from, struct error *error)
{
	json_int_t section =
	    json_integer_value(json_object_get(from, "section"));
	struct master_listener *listener = find_listener(
	    cohort->master, json_integer_value(json_object_get(from, "id")));

	if (listener == NULL || section < 0 ||
	    (size_t)section >= cohort->settings->listener_count)
		return error_set(error, ERROR_RUNTIME,
		    "it has a listener that there is not");
	cohort->sections[cohort->listener_count] =
	    &cohort->settings->listeners[section];
	cohort->listeners[cohort->listener_count++] = listener;
	listener->users++;
	return 0;
}

static int
use_listeners(
    struct master_cohort *cohort, const json_t *uses, struct error *error)
{
	size_t i, count = json_array_size(uses);

	cohort->listeners =
	    memory_alloc_array(count + 1, sizeof(struct master_listener *));
	cohort->sections = memory_alloc_array(
	    count + 1, sizeof(const struct settings_listener *));
	for (i = 0; i < count; i++)
		if (use_listener(cohort, json_array_get(uses, i), error) == -1)
			return -1;
	return 0;
}

static int
hand_over_of(
    struct master_cohort *cohort, const json_t *ids, struct error *error)
{
	size_t i, count = json_array_size(ids);
	json_int_t id;

	cohort->uses = memory_alloc_array(count + 1, sizeof(*cohort->uses));
	for (i = 0; i < count; i++) {
		id = json_integer_value(json_array_get(ids, i));
		if (id < 1 || id > UINT32_MAX)
			return error_set(
			    error, ERROR_RUNTIME, "handed_of makes no sense");
		cohort->uses[cohort->use_count++] = (uint32_t)id;
	}
	return 0;
}

/* ---- workers ---- */

static void
resume_deadline(struct master_worker *worker, uint64_t due_ms)
{
	uint64_t now = clock_monotonic_ms();
	struct timeval wait = clock_timeval(due_ms > now ? due_ms - now : 0);

	if (due_ms != 0)
		event_add(&worker->deadline, &wait);
}

static int
resume_area(struct master_worker *worker, struct error *error)
{
	if (worker->layout == IPC_LAYOUT &&
	    ipc_process_adopt(worker->process_fd, &worker->process, error) == 0)
		return 0;
	fd_close(&worker->process_fd);
	return ipc_process_open(worker->generation,
	    (uint32_t)worker->cohort->settings->max_connections,
	    &worker->process, &worker->process_fd, error);
}

static int
take_worker(struct master_cohort *cohort, struct master_document *state,
    const json_t *from, struct error *error)
{
	struct master_worker *worker = master_spawn_adopt(cohort);
	struct master_state_wait wait = { 0 };

	if (master_state_take_object(
		state, from, &master_table_worker, worker, error) == -1 ||
	    master_member_take(from, &master_table_wait, &wait, error) == -1)
		return error_wrap(error, "worker");
	if (worker->has_slot && !master_spawn_adopt_slot(worker))
		return error_set(error, ERROR_RUNTIME,
		    "two workers have slot %u", worker->slot);
	if (state->is_trial)
		return 0;
	if (resume_area(worker, error) == -1)
		return -1;
	resume_deadline(worker, wait.due_ms);
	return worker->channel_fd == -1 ? 0 :
					  master_channel_start(worker, error);
}

static int
take_workers(struct master_cohort *cohort, struct master_document *state,
    const json_t *list, struct error *error)
{
	size_t i;

	for (i = 0; i < json_array_size(list); i++)
		if (take_worker(
			cohort, state, json_array_get(list, i), error) == -1)
			return -1;
	return 0;
}

/* ---- cohorts ---- */

static int
take_cohort(struct master *master, struct master_document *state,
    const json_t *from, struct error *error)
{
	struct master_cohort *cohort = master_cohort_adopt(master);

	list_append(&master->cohorts, &cohort->link);
	if (master_state_take_object(
		state, from, &master_table_cohort, cohort, error) == -1 ||
	    config_from_json(json_object_get(from, "settings"),
		&cohort->settings, error) == -1 ||
	    worker_credentials_find(
		cohort->settings, &cohort->credentials, error) == -1 ||
	    master_state_take_mounts(master, state,
		json_object_get(from, "mounts"), &cohort->mounts,
		error) == -1 ||
	    use_listeners(cohort, json_object_get(from, "listeners"), error) ==
		-1 ||
	    hand_over_of(cohort, json_object_get(from, "handed_of"), error) ==
		-1)
		return -1;
	return take_workers(
	    cohort, state, json_object_get(from, "workers"), error);
}

static int
take_cohorts(
    struct master *master, struct master_document *state, struct error *error)
{
	const json_t *list = json_object_get(state->root, "cohorts");
	size_t i;

	for (i = 0; i < json_array_size(list); i++)
		if (take_cohort(
			master, state, json_array_get(list, i), error) == -1)
			return error_wrap(error, "cohort");
	return 0;
}

static struct master_cohort *
find_cohort(const struct master *master, const struct master_document *state,
    const char *name)
{
	json_int_t number =
	    json_integer_value(json_object_get(state->root, name));
	struct master_cohort *cohort;
	struct list_link *link;

	LIST_FOREACH (link, &master->cohorts) {
		cohort = LIST_OBJECT(link, struct master_cohort, link);
		if ((json_int_t)cohort->number == number)
			return cohort;
	}
	return NULL;
}

/* ---- all ---- */

static int
take_scoreboard(
    struct master *master, struct master_document *state, struct error *error)
{
	json_int_t layout =
	    json_integer_value(json_object_get(state->root, "layout"));

	if (!state->is_trial && layout == IPC_LAYOUT &&
	    ipc_scoreboard_adopt(master->scoreboard_fd, IPC_SLOTS_MAX,
		&master->scoreboard, error) == 0)
		return 0;
	fd_close(&master->scoreboard_fd);
	return ipc_scoreboard_open(
	    IPC_SLOTS_MAX, &master->scoreboard, &master->scoreboard_fd, error);
}

static int
take_parts(
    struct master *master, struct master_document *state, struct error *error)
{
	const struct master_cohort *speaker;

	if (master_state_take_object(state,
		json_object_get(state->root, "master"), &master_table_master,
		master, error) == -1 ||
	    take_scoreboard(master, state, error) == -1 ||
	    take_listeners(master, state, error) == -1 ||
	    take_cohorts(master, state, error) == -1)
		return -1;
	master->current = find_cohort(master, state, "current");
	master->withdrawn = find_cohort(master, state, "withdrawn");
	speaker = master->current != NULL ? master->current : master->withdrawn;
	if (speaker == NULL)
		return error_set(error, ERROR_RUNTIME, "no cohort serves");
	if (master_quarantine_open(master, speaker->settings, error) == -1 ||
	    master_state_take_quarantine(master, state,
		json_object_get(state->root, "quarantine"), error) == -1)
		return -1;
	return master_state_take_control(
	    master, state, json_object_get(state->root, "control"), error);
}

/* Nothing of them is to happen in a trial. */
static void
drop_cohorts(struct master *master)
{
	struct list_link *link;
	struct master_cohort *cohort;
	struct master_worker *worker;

	master->current = master->withdrawn = NULL;
	while ((link = list_first(&master->cohorts)) != NULL) {
		cohort = LIST_OBJECT(link, struct master_cohort, link);
		while ((link = list_first(&cohort->workers)) != NULL) {
			worker = LIST_OBJECT(link, struct master_worker, link);
			master_worker_free(&worker);
		}
		master_cohort_free(&cohort);
	}
}

int
master_state_take(
    struct master *master, struct master_document *state, struct error *error)
{
	OBJECT_CHECK(state, MASTER_DOCUMENT_MAGIC);
	if (take_parts(master, state, error) == -1)
		return error_wrap(error, "state");
	if (state->is_trial)
		drop_cohorts(master);
	return 0;
}
