/* SPDX-License-Identifier: ISC */
/*
 * Owns fork(2) and waitpid(2): how a worker is born and buried.  Whether
 * there should be one is not asked here (master_policy.h, master_cohort.c).
 *
 * Signals stay blocked from before the fork until the child has put its own
 * dispositions in place: a TERM in between would run the master's handler
 * in the child and be lost.
 */
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/base_clock.h"
#include "base/base_fd.h"
#include "base/base_log.h"
#include "base/base_object.h"
#include "master/master_mounts.h"
#include "master/master_private.h"
#include "worker/worker.h"

/* Not by the scoreboard, where any worker can write. */
static int
find_slot(const struct master *master, uint32_t *slot_r, struct error *error)
{
	uint32_t slot;

	for (slot = 0; slot < IPC_SLOTS_MAX; slot++) {
		if (master->slots_taken[slot])
			continue;
		*slot_r = slot;
		return 0;
	}
	return error_set(error, ERROR_RUNTIME,
	    "all %u worker slots are taken: old workers are still finishing",
	    IPC_SLOTS_MAX);
}

static void
take_slot(struct master_worker *worker)
{
	struct master_cohort *cohort = worker->cohort;
	struct master *master = cohort->master;
	struct ipc_slot *slot = &master->scoreboard->slots[worker->slot];

	master->slots_taken[worker->slot] = true;
	if (worker->slot >= master->slots_used)
		master->slots_used = worker->slot + 1;
	master->scoreboard->slots_used = master->slots_used;
	slot->open = slot->busy = 0;
	slot->accepting = slot->serving = 0;
	slot->busy_since_ms = 0;
	slot->max_connections = cohort->settings->max_connections;
	slot->cohort = cohort->number;
	slot->generation = worker->generation;
	worker->has_slot = true;
}

bool
master_spawn_adopt_slot(struct master_worker *worker)
{
	struct master *master = worker->cohort->master;
	struct ipc_slot *slot = &master->scoreboard->slots[worker->slot];

	if (master->slots_taken[worker->slot])
		return false;
	master->slots_taken[worker->slot] = true;
	if (worker->slot >= master->slots_used)
		master->slots_used = worker->slot + 1;
	master->scoreboard->slots_used = master->slots_used;
	slot->cohort = worker->cohort->number;
	slot->generation = worker->generation;
	slot->pid = worker->pid;
	return true;
}

void
master_spawn_leave_slot(struct master_worker *worker)
{
	struct master *master = worker->cohort->master;
	struct ipc_slot *slot = &master->scoreboard->slots[worker->slot];

	if (!worker->has_slot)
		return;
	worker->has_slot = false;
	master->slots_taken[worker->slot] = false;
	slot->pid = 0;
	slot->serving = slot->accepting = 0;
	slot->open = slot->busy = 0;
	slot->busy_since_ms = 0;
	slot->generation = 0;
}

static void
on_deadline(evutil_socket_t fd, short events, void *context)
{
	struct master_worker *worker;

	OBJECT_CAST(worker, context, MASTER_WORKER_MAGIC);
	master_worker_advance(worker, MASTER_WORKER_ON_TIMEOUT);
}

struct master_worker *
master_spawn_adopt(struct master_cohort *cohort)
{
	struct master_worker *worker;

	OBJECT_NEW(worker, MASTER_WORKER_MAGIC);
	worker->cohort = cohort;
	worker->layout = IPC_LAYOUT;
	worker->channel_fd = worker->process_fd = -1;
	event_assign(&worker->deadline, cohort->master->base, -1, 0,
	    on_deadline, worker);
	list_append(&cohort->workers, &worker->link);
	return worker;
}

static struct master_worker *
worker_new(struct master_cohort *cohort, uint32_t slot)
{
	struct master_worker *worker = master_spawn_adopt(cohort);

	worker->slot = slot;
	worker->started_ms = clock_monotonic_ms();
	worker->generation = ++cohort->master->last_generation;
	take_slot(worker);
	return worker;
}

void
master_worker_free(struct master_worker **worker_pointer)
{
	struct master_worker *worker;

	OBJECT_TAKE(worker, worker_pointer, MASTER_WORKER_MAGIC);
	event_del(&worker->deadline);
	master_check_stop(worker);
	master_channel_stop(worker);
	ipc_process_close(&worker->process, &worker->process_fd);
	master_spawn_leave_slot(worker);
	list_remove(&worker->link);
	OBJECT_FREE(worker);
}

static struct ipc_listener *
inherited_listeners(const struct master_cohort *cohort)
{
	struct ipc_listener *listeners;
	size_t i;

	listeners =
	    memory_alloc_array(cohort->listener_count + 1, sizeof(*listeners));
	for (i = 0; i < cohort->listener_count; i++) {
		listeners[i].fd = cohort->listeners[i]->fd;
		listeners[i].name = cohort->listeners[i]->name;
		listeners[i].id = cohort->listeners[i]->id;
		listeners[i].is_tcp = cohort->listeners[i]->is_tcp;
		listeners[i].proxy_protocol =
		    cohort->sections[i]->proxy_protocol;
	}
	return listeners;
}

static struct ipc_module *
inherited_modules(const struct master_cohort *cohort)
{
	const struct master_mounts *mounts = cohort->mounts;
	struct ipc_module *modules;
	size_t i;

	modules = memory_alloc_array(mounts->pin_count + 1, sizeof(*modules));
	for (i = 0; i < mounts->pin_count; i++) {
		modules[i].path = mounts->pins[i]->path;
		modules[i].fd = mounts->pins[i]->fd;
	}
	return modules;
}

static pid_t
fork_worker(struct master_worker *worker, int channel)
{
	struct master_cohort *cohort = worker->cohort;
	struct master *master = cohort->master;
	struct ipc_listener *listeners = inherited_listeners(cohort);
	struct ipc_module *modules = inherited_modules(cohort);
	const struct ipc_heritage heritage = {
		.cohort = cohort->number,
		.slot = worker->slot,
		.generation = worker->generation,
		.master = getpid(),
		.settings = cohort->settings,
		.builtin = master->options->builtin,
		.channel = channel,
		.scoreboard = master->scoreboard,
		.scoreboard_fd = master->scoreboard_fd,
		.process_fd = worker->process_fd,
		.quarantine_fd = master_quarantine_fd(master),
		.listeners = listeners,
		.listener_count = cohort->listener_count,
		.modules = modules,
		.module_count = cohort->mounts->pin_count,
		.error_log = cohort->logs.error_log,
		.access_log = cohort->logs.access_log,
	};
	sigset_t all, before;
	pid_t pid;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0)
		worker_run(&heritage);
	sigprocmask(SIG_SETMASK, &before, NULL);
	memory_free(listeners);
	memory_free(modules);
	return pid;
}

static void
start_deadline(struct master_worker *worker)
{
	const struct timeval wait =
	    clock_timeval(worker->cohort->settings->start_timeout);

	worker->since_ms = clock_monotonic_ms();
	event_add(&worker->deadline, &wait);
}

static int
open_shared(struct master_worker *worker, int *channel_r, struct error *error)
{
	if (ipc_process_open(worker->generation,
		(uint32_t)worker->cohort->settings->max_connections,
		&worker->process, &worker->process_fd, error) == -1)
		return -1;
	if (ipc_channel_open(&worker->channel_fd, channel_r, error) == -1)
		return -1;
	return master_channel_start(worker, error);
}

int
master_spawn(struct master_cohort *cohort, struct error *error)
{
	struct master_worker *worker;
	int channel = -1;
	uint32_t slot = 0;

	if (find_slot(cohort->master, &slot, error) == -1)
		return -1;
	worker = worker_new(cohort, slot);
	if (open_shared(worker, &channel, error) == -1)
		goto fail;
	worker->pid = fork_worker(worker, channel);
	if (worker->pid == -1) {
		error_set_errno(error, "fork");
		goto fail;
	}
	fd_close(&channel);
	cohort->master->scoreboard->slots[slot].pid = worker->pid;
	start_deadline(worker);
	log_debug("worker %u (pid %d) of cohort %u started", slot,
	    (int)worker->pid, cohort->number);
	return 0;
fail:
	fd_close(&channel);
	master_worker_free(&worker);
	return -1;
}

static struct master_worker *
find_worker(struct master *master, pid_t pid)
{
	struct master_worker *worker = NULL;

	do
		worker = master_worker_next(master, worker);
	while (worker != NULL && worker->pid != pid);
	return worker;
}

/* Of what worker_crash.c handles. */
static bool
is_crash(int status)
{
	if (!WIFSIGNALED(status))
		return false;
	switch (WTERMSIG(status)) {
	case SIGSEGV:
	case SIGBUS:
	case SIGFPE:
	case SIGILL:
	case SIGABRT:
	case SIGSYS:
	case SIGTRAP:
		return true;
	default:
		return false;
	}
}

static void
bury(struct master_worker *worker, int status)
{
	worker->has_ended = true;
	master_channel_drain(worker);
	/* One that could not say so: a crash is a crash. */
	if (is_crash(status) && worker->state != MASTER_WORKER_CRASHED)
		master_worker_advance(worker, MASTER_WORKER_ON_CRASH);
	master_quarantine_on_end(worker);
	master_orphan_on_end(worker);
	master_death_on_exit(worker, status);
	master_worker_advance(worker, MASTER_WORKER_ON_EXIT);
}

void
master_spawn_reap(struct master *master)
{
	struct master_worker *worker;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		worker = find_worker(master, pid);
		if (worker != NULL)
			bury(worker, status);
		else
			master_upgrade_on_exit(master, pid, status);
	}
}
