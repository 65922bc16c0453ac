/* SPDX-License-Identifier: ISC */
/*
 * A small master of one cohort with one worker, which goes the whole way of a
 * reload but for the last step: nobody is told to serve.  It takes no ports
 * and keeps off everything that is the running daemon's: logs, pid file,
 * control socket, state directory.
 */
#include "master/master_probe.h"

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/base_log.h"
#include "base/base_object.h"
#include "base/base_title.h"
#include "master/master_reload.h"
#include "master/master_state.h"
#include "master/master_upgrade.h"

#define MASTER_PROBE_MAGIC 0x5be0c127u
struct master_probe {
	unsigned magic;
	bool is_good;
};

bool
master_probe_on_ready(struct master_cohort *cohort)
{
	struct master *master = cohort->master;
	struct master_probe *probe = master->probe;

	if (probe == NULL)
		return false;
	OBJECT_CHECK(probe, MASTER_PROBE_MAGIC);
	probe->is_good = true;
	master_stop(master, true, NULL);
	return true;
}

static void
replace_text(char **text, const char *by)
{
	memory_free(*text);
	*text = memory_copy_text(by);
}

static void
keep_off(struct settings *settings)
{
	replace_text(&settings->error_log, "stderr");
	replace_text(&settings->access_log, "");
	settings->core_dumps = false;
	settings->workers = 1;
}

static int
make_cohort(struct master *master, struct error *error)
{
	struct master_cohort *cohort;
	struct settings *settings;

	if (master_reload_read(master, &settings, error) == -1)
		return -1;
	keep_off(settings);
	if (master_cohort_new(master, settings, NULL, &cohort, error) == -1) {
		settings_free(&settings);
		return -1;
	}
	master_cohort_start(cohort);
	return 0;
}

static int
try(struct master *master, struct master_document *state, struct error *error)
{
	if (master_open_base(master, error) == -1 ||
	    master_state_take(master, state, error) == -1 ||
	    master_signal_start(master, error) == -1 ||
	    make_cohort(master, error) == -1)
		return -1;
	if (master->state != MASTER_STATE_STOPPED)
		event_base_dispatch(master->base);
	if (master->probe->is_good)
		return 0;
	*error = master->failure;
	if (error->kind == ERROR_NONE)
		error_set(error, ERROR_RUNTIME, "its trial was stopped");
	return -1;
}

/* Nothing of them is closed by the daemon that has them, too. */
static void
leave_listeners(struct master *master)
{
	struct list_link *link;

	LIST_FOREACH (link, &master->listeners)
		LIST_OBJECT(link, struct master_listener, link)->users = 0;
}

static void
answer(const char *name, const char *text)
{
	json_t *verdict = json_object();
	char *line;

	json_object_set_new(verdict, name, json_string(text));
	line = json_dumps(verdict, JSON_COMPACT | JSON_ENSURE_ASCII);
	dprintf(STDERR_FILENO, "\n" MASTER_TRIAL_WORDS "%s\n",
	    line == NULL ? "" : line);
	free(line);
	json_decref(verdict);
}

enum ipc_exit
master_probe_run(struct master_options *options)
{
	struct master *master = master_new(options);
	struct master_probe *probe;
	struct error error;
	int result;

	OBJECT_NEW(probe, MASTER_PROBE_MAGIC);
	master->probe = probe;
	title_set("trial");
	result = try(master, options->state, &error);
	master_orphan_close(master);
	master_death_flush(master);
	master_symbolize_close(master);
	leave_listeners(master);
	master_free(&master);
	OBJECT_FREE(probe);
	if (result == 0)
		answer("version", PACKAGE_VERSION);
	else
		answer("error", error.text);
	return result == 0 ? IPC_EXIT_OK : ipc_exit_for(&error);
}
