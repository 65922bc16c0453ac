/* SPDX-License-Identifier: ISC */
/*
 * Owns the record of a worker's end, from the crash, or the exit, until it
 * is complete.  A worker that retired and exited with 0 is no news; every
 * other end is one line of the log and one record, with what the worker was
 * doing: its shared memory says that even after SIGKILL.
 *
 * A record is kept until its worker has ended and its last connection is
 * settled, even if it was too late and has been written before: both have
 * pointers to it.
 */
#include "master/master_death.h"

#include <sys/wait.h>

#include <signal.h>
#include <string.h>

#include "base/base_clock.h"
#include "base/base_log.h"
#include "base/base_object.h"
#include "ipc/ipc_exit.h"
#include "master/master_mounts.h"

/* What a record waits for beyond start_timeout, which is what connections
 * have to find a place. */
#define GRACE_MS 10000u

/* A large core takes its time. */
#define CORE_GRACE_MS 60000u

/* What a master that stops gives the last names. */
#define FLUSH_MS 3000u

/* ---- completing ---- */

static void
death_free(struct master_death **death_pointer)
{
	struct master_death *death;
	size_t i;

	OBJECT_TAKE(death, death_pointer, MASTER_DEATH_MAGIC);
	event_del(&death->deadline);
	if (death->symbolize != NULL)
		master_symbolize_stop(&death->symbolize);
	for (i = 0; i < death->module_count; i++)
		memory_free(death->modules[i].path);
	memory_free(death->modules);
	master_mounts_release(&death->mounts);
	memory_free(death->module);
	memory_free(death->mount);
	list_remove(&death->link);
	OBJECT_FREE(death);
}

static bool
is_complete(const struct master_death *death)
{
	return death->is_late ||
	    (death->has_ended && death->expected == 0 &&
		(death->symbolize == NULL || death->is_named));
}

static void
write_record(struct master_death *death)
{
	char storage[LOG_LINE_MAX];
	struct buffer words;
	json_t *record;

	death->is_written = true;
	buffer_init_fixed(&words, storage, sizeof(storage));
	master_death_words(&words, death);
	log_error("%s", words.data);
	record = master_death_record(death);
	master_crashes_add(death->master, record, death->mounts);
	json_decref(record);
}

/* May free it. */
static void
review(struct master_death *death)
{
	if (!death->is_written && is_complete(death))
		write_record(death);
	if (death->is_written && death->has_ended && death->expected == 0)
		death_free(&death);
}

static void
on_names(void *context, const struct master_frame *frames, size_t count)
{
	struct master_death *death;

	OBJECT_CAST(death, context, MASTER_DEATH_MAGIC);
	death->is_named = true;
	death->frames = frames;
	death->frame_count = count;
	review(death);
}

/* As it is.  May free it. */
static void
give_up(struct master_death *death)
{
	death->is_late = true;
	if (death->symbolize != NULL && !death->is_named)
		master_symbolize_finish(death->symbolize);
	else
		review(death);
}

static void
on_deadline(evutil_socket_t fd, short events, void *context)
{
	struct master_death *death;

	OBJECT_CAST(death, context, MASTER_DEATH_MAGIC);
	give_up(death);
}

/* ---- beginning ---- */

static void
arm(struct master_death *death, const struct settings *settings)
{
	struct timeval wait = clock_timeval(settings->start_timeout + GRACE_MS +
	    (settings->core_dumps ? CORE_GRACE_MS : 0));

	event_assign(
	    &death->deadline, death->master->base, -1, 0, on_deadline, death);
	event_add(&death->deadline, &wait);
}

static void
take_report(struct master_death *death, const struct master_worker *worker)
{
	const struct ipc_process *process = worker->process;

	death->has_report =
	    ipc_report_read(process, &process->crash, &death->report);
	if (!death->has_report)
		return;
	master_death_take_modules(death, worker);
	death->symbolize =
	    master_symbolize_start(worker, &death->report, on_names, death);
}

static struct master_death *
death_new(struct master_worker *worker, enum master_worker_state state)
{
	struct master_cohort *cohort = worker->cohort;
	struct master_death *death;

	OBJECT_NEW(death, MASTER_DEATH_MAGIC);
	death->master = cohort->master;
	death->slot = worker->slot;
	death->cohort = cohort->number;
	death->mounts = master_mounts_hold(cohort->mounts);
	death->pid = worker->pid;
	death->state = state;
	death->hung_ms = worker->hung_ms;
	death->time = clock_wall_seconds();
	arm(death, cohort->settings);
	take_report(death, worker);
	master_death_take_current(death, worker);
	list_append(&death->master->deaths, &death->link);
	return death;
}

/* ---- what happens ---- */

void
master_death_on_crash(struct master_worker *worker)
{
	if (worker->death == NULL)
		worker->death = death_new(worker, worker->was);
}

static bool
is_expected(const struct master_worker *worker, int status)
{
	return worker->death == NULL && worker->retire != 0 &&
	    WIFEXITED(status) && WEXITSTATUS(status) == IPC_EXIT_OK;
}

void
master_death_on_exit(struct master_worker *worker, int status)
{
	struct master_death *death = worker->death;

	if (worker->is_recorded)
		return;
	if (is_expected(worker, status)) {
		log_debug("worker %u (pid %d, cohort %u) has retired: exited "
			  "with 0",
		    worker->slot, (int)worker->pid, worker->cohort->number);
		return;
	}
	if (death == NULL)
		death = death_new(worker, worker->state);
	worker->death = NULL;
	master_death_update_report(death, worker);
	memcpy(death->failure, worker->failure, sizeof(death->failure));
	death->has_ended = true;
	death->status = status;
	review(death);
}

void
master_death_expect(struct master_death *death, unsigned connections)
{
	OBJECT_CHECK(death, MASTER_DEATH_MAGIC);
	death->expected += connections;
}

void
master_death_settle(struct master_death *death, unsigned adopted, unsigned lost)
{
	OBJECT_CHECK(death, MASTER_DEATH_MAGIC);
	death->adopted += adopted;
	death->lost += lost;
	death->expected -= adopted + lost;
	review(death);
}

/* ---- the end ---- */

static bool
is_naming(const struct master *master)
{
	const struct master_death *death;
	struct list_link *link;

	LIST_FOREACH (link, &master->deaths) {
		death = LIST_OBJECT(link, struct master_death, link);
		if (death->symbolize != NULL && !death->is_named)
			return true;
	}
	return false;
}

/* Until they are there, it takes too long, or somebody is in a hurry. */
static void
wait_for_names(struct master *master)
{
	const struct timeval wait = clock_timeval(FLUSH_MS);

	event_base_loopexit(master->base, &wait);
	while (is_naming(master)) {
		event_base_loop(master->base, EVLOOP_ONCE);
		if (event_base_got_exit(master->base) ||
		    event_base_got_break(master->base))
			return;
	}
}

bool
master_death_is_writing(const struct master *master)
{
	return !list_is_empty(&master->deaths);
}

void
master_death_hurry(struct master *master)
{
	struct list_link *link, *following;

	LIST_FOREACH_SAFE (link, following, &master->deaths)
		give_up(LIST_OBJECT(link, struct master_death, link));
}

void
master_death_flush(struct master *master)
{
	struct list_link *link;
	struct master_death *death;

	if (is_naming(master))
		wait_for_names(master);
	master_death_hurry(master);
	while ((link = list_first(&master->deaths)) != NULL) {
		death = LIST_OBJECT(link, struct master_death, link);
		death_free(&death);
	}
}
