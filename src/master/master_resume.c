/* SPDX-License-Identifier: ISC */
/*
 * Owns the start of a master that another image has left: instead of a first
 * cohort, it takes what is there.
 */
#include "base/base_log.h"
#include "base/base_memory.h"
#include "base/base_title.h"
#include "master/master_private.h"
#include "master/master_probe.h"
#include "master/master_state.h"

/* Nobody has heard of the log yet. */
static void
speak_up(struct master *master)
{
	const struct master_cohort *cohort =
	    master->current != NULL ? master->current : master->withdrawn;

	title_set("master");
	master_logs_use(master, &cohort->logs, cohort->settings);
	master_limits_raise(master, cohort->settings);
}

/* What ended meanwhile is seen first, and then nobody is waited for. */
static int
take_over(struct master *master, struct error *error)
{
	struct master_document *state = master->options->state;
	struct error problem;

	if (master_open_base(master, error) == -1)
		return -1;
	master_notify_start(master->notify, master->base);
	if (master_state_take(master, state, error) == -1)
		return -1;
	speak_up(master);
	if (master_crashes_open(master, &problem) == -1)
		log_warn("crashes: %s", problem.text);
	master->state = MASTER_STATE_RUNNING;
	if (master_signal_start(master, error) == -1)
		return -1;
	master_hang_start(master);
	master_recycle_start(master);
	master_manager_on_ready(master);
	master_spawn_reap(master);
	return 0;
}

static void
finish_upgrade(struct master *master, struct master_options *options)
{
	struct master_order *order = master->inherited;
	char *from = master_state_text(options->state, "version");

	master->inherited = NULL;
	master_state_close(&options->state);
	master_upgrade_finish(master, from == NULL ? "?" : from, order);
	memory_free(from);
}

enum ipc_exit
master_resume(struct master_options *options)
{
	struct master *master;
	enum ipc_exit code;
	struct error error;
	int result;

	if (options->is_trial)
		return master_probe_run(options);
	/* Of a daemon, nobody reads standard error. */
	if (!options->foreground)
		log_open("cohortd", LOG_TARGET_SYSLOG, -1, LOG_LEVEL_INFO);
	master = master_new(options);
	master->notify = master_notify_new();
	result = take_over(master, &error);
	if (result == 0)
		finish_upgrade(master, options);
	else
		log_error("upgrade: %s", error.text);
	code = master_go_on(master, result, &error);
	master_free(&master);
	return code;
}
