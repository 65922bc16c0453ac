/* SPDX-License-Identifier: ISC */
/*
 * Owns the signals of the master: one row each in master_signal.tbl, one
 * function for each action here.  libevent delivers them in the loop, so
 * nothing of ours runs in a handler.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/base_fd.h"
#include "base/base_log.h"
#include "base/base_object.h"
#include "master/master_private.h"

typedef void signal_action(struct master *master);

/* It may go away. */
static bool
has_terminal(void)
{
	int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);

	if (fd == -1)
		return false;
	fd_close(&fd);
	return true;
}

static void
action_reload(struct master *master)
{
	if (master->has_terminal && !has_terminal()) {
		log_info("the terminal is gone: stopping");
		master_stop(master, false, NULL);
		return;
	}
	master_reload_start(master, NULL);
}

static void
action_quit(struct master *master)
{
	master_stop(master, false, NULL);
}

static void
action_stop(struct master *master)
{
	master_stop(master, true, NULL);
}

static void
action_reopen(struct master *master)
{
	master_reopen(master, NULL);
}

static void
action_upgrade(struct master *master)
{
	master_upgrade_start(master, NULL, NULL);
}

static void
action_withdraw(struct master *master)
{
	struct master_cohort *cohort = master->current;

	if (cohort == NULL || master->state != MASTER_STATE_RUNNING)
		return;
	log_info("cohort %u retires; HUP brings a new one", cohort->number);
	master->current = NULL;
	master->withdrawn = cohort;
	master_cohort_retire(cohort, IPC_RETIRE_REPLACED);
	master_manager_on_status(master);
}

static void
change_workers(struct master *master, int by)
{
	struct master_cohort *cohort = master->current;
	unsigned wanted;

	if (cohort == NULL || master->state != MASTER_STATE_RUNNING)
		return;
	wanted = cohort->wanted + (unsigned)by;
	if (wanted < 1 || wanted > SETTINGS_WORKERS_MAX) {
		log_warn("cohort %u has %u workers: it stays so",
		    cohort->number, cohort->wanted);
		return;
	}
	log_info("cohort %u: %u workers instead of %u", cohort->number, wanted,
	    cohort->wanted);
	master_cohort_set_wanted(cohort, wanted);
}

static void
action_more(struct master *master)
{
	change_workers(master, 1);
}

static void
action_fewer(struct master *master)
{
	change_workers(master, -1);
}

static void
action_reap(struct master *master)
{
	master_spawn_reap(master);
}

struct signal_row {
	int number;
	const char *name;
	signal_action *action;
	bool ignored_on_terminal;
};

enum {
	HEED,
	IGNORE
};

static const struct signal_row rows[] = {
#define MASTER_SIGNAL(name, word, action, terminal, text) \
	{ SIG##name, "SIG" #name, action_##action, terminal == IGNORE },
#include "master/master_signal.tbl"
#undef MASTER_SIGNAL
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

static void
on_signal(evutil_socket_t number, short events, void *context)
{
	struct master *master;
	size_t i;

	OBJECT_CAST(master, context, MASTER_MAGIC);
	for (i = 0; i < ROW_COUNT; i++) {
		if (rows[i].number != number)
			continue;
		log_debug("got %s", rows[i].name);
		rows[i].action(master);
		return;
	}
}

/* Whoever started us may have blocked some. */
static void
unblock_all(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

int
master_signal_start(struct master *master, struct error *error)
{
	struct event *event;
	size_t i;

	signal(SIGPIPE, SIG_IGN);
	master->has_terminal = master->options->foreground && has_terminal();
	master->signals = memory_alloc_array(ROW_COUNT, sizeof(*event));
	for (i = 0; i < ROW_COUNT; i++) {
		if (rows[i].ignored_on_terminal && master->has_terminal) {
			signal(rows[i].number, SIG_IGN);
			continue;
		}
		event = &master->signals[master->signal_count++];
		event_assign(event, master->base, rows[i].number,
		    EV_SIGNAL | EV_PERSIST, on_signal, master);
		if (event_add(event, NULL) == -1)
			return error_set(error, ERROR_SYSTEM,
			    "cannot handle %s", rows[i].name);
	}
	unblock_all();
	return 0;
}

void
master_signal_stop(struct master *master)
{
	while (master->signal_count > 0)
		event_del(&master->signals[--master->signal_count]);
	memory_free(master->signals);
	master->signals = NULL;
}
