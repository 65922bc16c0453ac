/* SPDX-License-Identifier: ISC */
/*
 * Owns the order of a reload: read the settings, bind what is new, start
 * the new cohort, and only when all of it is ready let it serve and the old
 * one retire.  Whatever fails before that leaves everything as it was.
 * Reloads do not overlap: one asked for meanwhile follows afterwards.
 */
#include <string.h>

#include "base/base_clock.h"
#include "base/base_log.h"
#include "master/master_private.h"
#include "master/master_wait.h"

static int
check_start_only(const char *option, const char *before, const char *after,
    struct error *error)
{
	if (strcmp(before, after) == 0)
		return 0;
	return error_set(error, ERROR_CONFIG,
	    "%s changed from \"%s\" to \"%s\", which needs a restart", option,
	    before, after);
}

/* What was "" may stand as NULL. */
static const char *
text_of(const char *text)
{
	return text == NULL ? "" : text;
}

int
master_reload_check(const struct master *master,
    const struct settings *settings, struct error *error)
{
	const struct {
		const char *option, *before, *after;
	} options[] = {
		{ "pid_file", master->pid_file, settings->pid_file },
		{ "user", master->user, settings->user },
		{ "group", master->group, settings->group },
		{ "state_directory", master->state_directory,
		    settings->state_directory },
		{ "control_socket", master->control_socket,
		    settings->control_socket },
	};
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (check_start_only(options[i].option,
			text_of(options[i].before), text_of(options[i].after),
			error) == -1)
			return -1;
	return 0;
}

static int
prepare(struct master *master, struct error *error)
{
	struct settings *settings;

	if (config_parse(&master->options->overrides, &settings, error) == -1)
		return -1;
	if (master_reload_check(master, settings, error) == -1 ||
	    master_cohort_new(master, settings, &master->next, error) == -1) {
		settings_free(&settings);
		return -1;
	}
	return 0;
}

/* Orders of the reload in progress, and of that which follows it. */
static const struct master_wait_type reloading = { .check = NULL };
static const struct master_wait_type reloading_again = { .check = NULL };

static void
fail(struct master *master, const struct error *error)
{
	json_t *reply = master_command_error("%s", error->text);

	log_error("reload failed, nothing was changed: %s", error->text);
	master_wait_end_all(master, &reloading, reply);
	json_decref(reply);
}

static void
begin(struct master *master)
{
	struct error error;

	master->reload_began_ms = clock_monotonic_ms();
	log_info("reload: reading the configuration");
	if (prepare(master, &error) == -1)
		fail(master, &error);
	else
		master_cohort_start(master->next);
}

void
master_reload_start(struct master *master, struct master_order *order)
{
	bool is_busy =
	    master->state == MASTER_STATE_STARTING || master->next != NULL;

	if (order != NULL)
		master_wait_start(
		    master, is_busy ? &reloading_again : &reloading, order);
	if (is_busy)
		master->reload_again = true;
	else if (master->state == MASTER_STATE_RUNNING)
		begin(master);
}

bool
master_reload_is_idle(const struct master *master)
{
	return master->next == NULL && !master->reload_again;
}

/* The cohort that WINCH left: its listeners are in other hands now. */
static void
drop_withdrawn(struct master *master)
{
	struct master_cohort *cohort = master->withdrawn;

	master->withdrawn = NULL;
	master_cohort_retire(cohort, IPC_RETIRE_REPLACED);
}

static void
follow_up(struct master *master)
{
	struct master_wait *wait;
	struct list_link *link;

	if (!master->reload_again)
		return;
	master->reload_again = false;
	LIST_FOREACH (link, &master->waits) {
		wait = LIST_OBJECT(link, struct master_wait, link);
		if (wait->type == &reloading_again)
			wait->type = &reloading;
	}
	master_reload_start(master, NULL);
}

static void
succeed(struct master *master, const struct master_cohort *old)
{
	const struct master_cohort *cohort = master->current;
	json_t *reply = master_command_summary(
	    json_pack("{s:I}", "cohort", (json_int_t)cohort->number),
	    "cohort %u proven in %llu ms (%u workers)%s", cohort->number,
	    (unsigned long long)(clock_monotonic_ms() -
		master->reload_began_ms),
	    master_cohort_count(cohort),
	    old == NULL ? "" : "; the old one retires");

	master_wait_end_all(master, &reloading, reply);
	json_decref(reply);
}

void
master_reload_on_serving(struct master *master)
{
	struct master_cohort *old = master->current;

	if (master->withdrawn != NULL)
		drop_withdrawn(master);
	master->current = master->next;
	master->next = NULL;
	master_quarantine_on_cohort(master->current);
	master_hang_start(master);
	master_logs_use(
	    master, &master->current->logs, master->current->settings);
	if (old != NULL) {
		log_info("reloaded: cohort %u serves with %u workers; cohort "
			 "%u retires",
		    master->current->number,
		    master_cohort_count(master->current), old->number);
		master_cohort_retire(old, IPC_RETIRE_REPLACED);
	} else {
		log_info("reloaded: cohort %u serves with %u workers",
		    master->current->number,
		    master_cohort_count(master->current));
	}
	succeed(master, old);
	follow_up(master);
}

void
master_reload_on_failed(struct master *master)
{
	fail(master, &master->next->failure);
	master->next = NULL;
	follow_up(master);
}
