/* SPDX-License-Identifier: ISC */
/*
 * Owns the order of the daemon's life: what is set up before what, what a
 * cohort's success, failure or end means, and how everything stops.
 */
#include <stdio.h>

#include "base/base_clock.h"
#include "base/base_fd.h"
#include "base/base_log.h"
#include "base/base_object.h"
#include "base/base_title.h"
#include "master/master_private.h"
#include "master/master_wait.h"

struct master *
master_new(const struct master_options *options)
{
	struct master *master;

	OBJECT_NEW(master, MASTER_MAGIC);
	master->options = options;
	master->state = MASTER_STATE_STARTING;
	master->scoreboard_fd = master->pid_lock = -1;
	master->launcher = master->log = -1;
	list_init(&master->listeners);
	list_init(&master->cohorts);
	list_init(&master->orphans);
	list_init(&master->deaths);
	list_init(&master->warnings);
	list_init(&master->waits);
	master_reload_open(master);
	master->packet = memory_alloc(sizeof(*master->packet));
	master->outgoing = memory_alloc(sizeof(*master->outgoing));
	master->started_ms = clock_monotonic_ms();
	return master;
}

/* Who ordered the end is told when there is nothing left of us. */
static const struct master_wait_type stopping = { .outlives_stop = true };

static void
answer_last(struct master *master)
{
	json_t *reply = master_command_summary(json_object(), "stopped");

	master_wait_end_all(master, &stopping, reply);
	json_decref(reply);
	master_wait_fini(master);
	master_control_close(master);
}

void
master_free(struct master **master_pointer)
{
	struct master *master;

	OBJECT_TAKE(master, master_pointer, MASTER_MAGIC);
	master_signal_stop(master);
	master_probation_stop(master);
	master_reload_close(master);
	master_quarantine_close(master);
	master_listen_drop_unused(master);
	master_manager_close(master);
	master_pid_file_remove(master);
	answer_last(master);
	ipc_scoreboard_close(&master->scoreboard, &master->scoreboard_fd);
	if (master->base != NULL)
		event_base_free(master->base);
	fd_close(&master->launcher);
	fd_close(&master->log);
	memory_free(master->packet);
	memory_free(master->outgoing);
	memory_free(master->user);
	memory_free(master->group);
	memory_free(master->state_directory);
	memory_free(master->control_socket);
	OBJECT_FREE(master);
}

int
master_open_base(struct master *master, struct error *error)
{
	struct event_config *config = event_config_new();

	if (config != NULL) {
		event_config_set_flag(config, EVENT_BASE_FLAG_IGNORE_ENV);
		master->base = event_base_new_with_config(config);
		event_config_free(config);
	}
	if (master->base == NULL)
		return error_set(
		    error, ERROR_SYSTEM, "cannot make an event loop");
	master_wait_init(master);
	return 0;
}

/* Cores may be kept below the state directory, so that comes first; what is
 * wrong with it is said where the cohort's log is.  Commands ask for
 * records. */
static int
make_first_cohort(struct master *master, struct settings *settings,
    struct master_cohort **cohort_r, struct error *error)
{
	struct error problem;
	int result = master_crashes_open(master, &problem);

	if (master_control_start(master, settings, error) == -1 ||
	    master_cohort_new(master, settings, NULL, cohort_r, error) == -1)
		return -1;
	if (result == -1)
		log_warn("crashes: %s", problem.text);
	return 0;
}

/* Takes *settings, and nulls it, once a cohort has it. */
static int
set_up(struct master *master, struct settings **settings_pointer,
    struct error *error)
{
	struct settings *settings = *settings_pointer;
	struct master_cohort *cohort;

	master->user = memory_copy_text(settings->user);
	master->group = memory_copy_text(settings->group);
	master->state_directory = memory_copy_text(settings->state_directory);
	master->control_socket = memory_copy_text(settings->control_socket);
	if (settings->pid_file[0] != '\0' &&
	    master_pid_file_lock(master, settings->pid_file, error) == -1)
		return -1;
	master_limits_raise(master, settings);
	if (master_open_base(master, error) == -1)
		return -1;
	master_notify_start(master->notify, master->base);
	if (ipc_scoreboard_open(IPC_SLOTS_MAX, &master->scoreboard,
		&master->scoreboard_fd, error) == -1 ||
	    master_quarantine_open(master, settings, error) == -1 ||
	    master_signal_start(master, error) == -1 ||
	    master_listen_inherit(master, error) == -1 ||
	    make_first_cohort(master, settings, &cohort, error) == -1)
		return -1;
	*settings_pointer = NULL;
	master_listen_drop_unused(master);
	title_set("master");
	master_cohort_start(cohort);
	return 0;
}

/* Stops the loop once nothing is left to wait for. */
static void
check_stopped(struct master *master)
{
	if (master->state != MASTER_STATE_STOPPING ||
	    !list_is_empty(&master->cohorts))
		return;
	master->state = MASTER_STATE_STOPPED;
	event_base_loopbreak(master->base);
}

bool
master_is_stopping(const struct master *master)
{
	return master->state == MASTER_STATE_STOPPING ||
	    master->state == MASTER_STATE_STOPPED;
}

void
master_stop(struct master *master, bool at_once, struct master_order *order)
{
	struct list_link *link, *following;
	enum ipc_retire how = IPC_RETIRE_STOP;

	if (at_once || master->state == MASTER_STATE_STOPPING)
		how = IPC_RETIRE_NOW;
	if (order != NULL)
		master_wait_start(master, &stopping, order);
	log_info(how == IPC_RETIRE_NOW ? "stopping at once" : "stopping");
	master_manager_on_stop(master, how == IPC_RETIRE_NOW);
	master->state = MASTER_STATE_STOPPING;
	master_reload_stop(master);
	master_probation_stop(master);
	master->current = master->next = master->withdrawn = NULL;
	LIST_FOREACH_SAFE (link, following, &master->cohorts)
		master_cohort_retire(
		    LIST_OBJECT(link, struct master_cohort, link), how);
	master_wait_review(master);
	check_stopped(master);
}

static void
start_succeeded(struct master *master, struct master_cohort *cohort)
{
	struct error error;

	master->state = MASTER_STATE_RUNNING;
	master->current = cohort;
	master_quarantine_on_cohort(cohort);
	master_hang_start(master);
	master_recycle_start(master);
	if (master_pid_file_write(master, &error) == -1) {
		master->failure = error;
		log_error("%s", error.text);
		master_stop(master, true, NULL);
		return;
	}
	log_info("cohort %u serves with %u workers", cohort->number,
	    master_cohort_count(cohort));
	master_manager_on_ready(master);
	master_daemon_report(master, IPC_EXIT_OK, "");
	master_reload_go_on(master);
}

void
master_on_cohort_serving(struct master_cohort *cohort)
{
	struct master *master = cohort->master;

	if (master->state == MASTER_STATE_STARTING)
		start_succeeded(master, cohort);
	else if (cohort == master->next)
		master_reload_on_serving(master);
}

void
master_on_cohort_failed(struct master_cohort *cohort)
{
	struct master *master = cohort->master;

	if (master->state == MASTER_STATE_STARTING) {
		master->failure = cohort->failure;
		master->state = MASTER_STATE_STOPPING;
		master_wait_review(master);
	} else if (cohort == master->next) {
		master_reload_on_failed(master);
	}
}

void
master_on_cohort_gone(struct master_cohort *cohort)
{
	struct master *master = cohort->master;

	if (cohort == master->withdrawn)
		return;
	log_debug("cohort %u is gone", cohort->number);
	master_reload_on_gone(cohort);
	master_cohort_free(&cohort);
	check_stopped(master);
	master_reload_go_on(master);
}

/* No worker is left: what they left is settled, and the last records are
 * written. */
static void
wind_up(struct master *master)
{
	master_upgrade_close(master);
	master_control_stop(master);
	master_hang_stop(master);
	master_recycle_stop(master);
	master_orphan_close(master);
	master_death_flush(master);
	master_symbolize_close(master);
	master_crashes_close(master);
}

enum ipc_exit
master_go_on(struct master *master, int result, const struct error *error)
{
	enum ipc_exit code;

	if (result == -1)
		master->failure = *error;
	else if (master->state != MASTER_STATE_STOPPED)
		event_base_dispatch(master->base);
	wind_up(master);
	if (master->failure.kind == ERROR_NONE) {
		log_info("stopped");
		if (master->launcher != -1)
			master_daemon_report(master, IPC_EXIT_FAILURE,
			    "stopped before it served");
		return IPC_EXIT_OK;
	}
	code = ipc_exit_for(&master->failure);
	master_manager_on_failure(master, master->failure.text);
	if (!master->options->foreground && master->uses_logs)
		log_error("%s", master->failure.text);
	master_daemon_report(master, code, master->failure.text);
	return code;
}

enum ipc_exit
master_run(const struct master_options *options, struct settings *settings)
{
	struct master *master = master_new(options);
	bool is_launcher = false;
	enum ipc_exit code;
	struct error error;
	int result;

	master->notify = master_notify_new();
	master_listen_read(master);
	/* Or every child would print it once more. */
	fflush(NULL);
	if (!options->foreground &&
	    master_daemon_start(master, &is_launcher, &code, &error) == -1) {
		master_daemon_report(master, IPC_EXIT_SYSTEM, error.text);
		code = IPC_EXIT_SYSTEM;
	} else if (!is_launcher) {
		result = set_up(master, &settings, &error);
		code = master_go_on(master, result, &error);
	}
	if (settings != NULL)
		settings_free(&settings);
	master_free(&master);
	return code;
}
