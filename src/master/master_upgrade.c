/* SPDX-License-Identifier: ISC */
/*
 * Owns the order of a binary upgrade: wait until nothing is half done, let a
 * child try the new program, wait again, become it.
 *
 *	begun --quiet--> trying --good--> settling --quiet--> leaving --> exec
 *	  |                |                 |  ^--signal--------|         |
 *	  +----------------+-----------------+--> failed: nothing changed <+
 *
 * Signals are blocked while it leaves, and so they are until the new image
 * handles them.  What came before that is in libevent's hands, and would be
 * lost with them: so it leaves only when the loop has gone round.
 * The workers serve on all the time.  What follows in the new image is a
 * reload (master_upgrade_finish).
 */
#include "master/master_upgrade.h"

#include "config.h"

#include <sys/stat.h>

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/base_clock.h"
#include "base/base_log.h"
#include "base/base_object.h"

/* How often it is looked whether things are quiet, and how long that may
 * take beyond what a worker may take to start. */
#define LOOK_MS  20u
#define GRACE_MS 10000u

/* The same for the new program's trial. */
#define TRIAL_GRACE_MS 2000u

/* Of the loop, until all that was caught has been handled. */
#define ROUNDS 2

/* So long names of a crash are waited for; then it is recorded without. */
#define NAMES_MS 2000u

enum upgrade_state {
	UPGRADE_BEGUN,
	UPGRADE_TRYING,
	UPGRADE_SETTLING,
	UPGRADE_LEAVING
};

#define MASTER_UPGRADE_MAGIC 0xf06b2d94u
struct master_upgrade {
	unsigned magic;
	struct master *master;
	struct master_order *order; /* NULL: a signal's */
	char *binary;
	enum upgrade_state state;
	uint64_t since_ms; /* of it */
	unsigned rounds;   /* that the loop has gone, leaving */
	sigset_t before;   /* then: the signals that were blocked */
	struct master_trial *trial;
	struct event look;
};

/* ---- the end ---- */

static void
upgrade_free(struct master_upgrade **upgrade_pointer)
{
	struct master_upgrade *upgrade;

	OBJECT_TAKE(upgrade, upgrade_pointer, MASTER_UPGRADE_MAGIC);
	event_del(&upgrade->look);
	if (upgrade->trial != NULL)
		master_trial_stop(&upgrade->trial);
	if (upgrade->state == UPGRADE_LEAVING)
		sigprocmask(SIG_SETMASK, &upgrade->before, NULL);
	memory_free(upgrade->binary);
	OBJECT_FREE(upgrade);
}

static void
fail(struct master *master, const char *why)
{
	struct master_order *order = master->upgrade->order;

	log_error("upgrade to %s failed, nothing was changed: %s",
	    master->upgrade->binary, why);
	upgrade_free(&master->upgrade);
	master_order_answer(&order,
	    master_command_error(
		"upgrade failed, nothing was changed: %s", why));
}

/* ---- what has to be over ---- */

/* A self-check is this image's. */
static bool
is_checking(const struct master *master)
{
	const struct master_worker *worker = NULL;

	do
		worker = master_worker_next(master, worker);
	while (worker != NULL && worker->check == NULL);
	return worker != NULL;
}

/* NULL: nothing. */
static const char *
find_unfinished(const struct master *master, uint64_t waited_ms)
{
	if (!master_reload_is_idle(master))
		return "a reload is in progress";
	if (!list_is_empty(&master->orphans))
		return "connections are on their way between workers";
	if (is_checking(master))
		return "a worker makes its self-check";
	if (!list_is_empty(&master->waits))
		return "another order is being carried out";
	if (master_death_is_writing(master) && waited_ms < NAMES_MS)
		return "a crash is being recorded";
	return NULL;
}

/* Of a worker, until it is proven. */
static uint64_t
start_time(const struct master *master)
{
	const struct master_cohort *cohort =
	    master->current != NULL ? master->current : master->withdrawn;

	return cohort->settings->start_timeout +
	    cohort->settings->self_check_timeout;
}

/* True: nothing is half done; or nothing more is to be waited for. */
static bool
is_quiet(struct master *master)
{
	uint64_t waited = clock_monotonic_ms() - master->upgrade->since_ms;
	const char *what = find_unfinished(master, waited);

	if (what == NULL)
		return true;
	if (waited >= start_time(master) + GRACE_MS)
		fail(master, what);
	return false;
}

/* ---- the way ---- */

static void
enter(struct master_upgrade *upgrade, enum upgrade_state state)
{
	upgrade->state = state;
	upgrade->since_ms = clock_monotonic_ms();
}

static void
on_tried(void *context, const char *version, const char *why)
{
	struct master *master;

	OBJECT_CAST(master, context, MASTER_MAGIC);
	if (version == NULL) {
		fail(master, why);
		return;
	}
	log_info("upgrade: %s, version %s, could serve",
	    master->upgrade->binary, version);
	master_trial_stop(&master->upgrade->trial);
	enter(master->upgrade, UPGRADE_SETTLING);
}

static void
try(struct master *master)
{
	struct master_upgrade *upgrade = master->upgrade;
	struct error error;

	enter(upgrade, UPGRADE_TRYING);
	if (master_trial_start(master, upgrade->binary,
		start_time(master) + TRIAL_GRACE_MS, on_tried, master,
		&upgrade->trial, &error) == -1)
		fail(master, error.text);
}

static void
replace(struct master *master)
{
	struct error error;

	master_death_hurry(master);
	log_info("upgrade: %s takes over from version %s",
	    master->upgrade->binary, PACKAGE_VERSION);
	master_upgrade_exec(master, master->upgrade->binary, &error);
	fail(master, error.text);
}

static void
block_signals(struct master_upgrade *upgrade)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &upgrade->before);
	upgrade->rounds = 0;
	enter(upgrade, UPGRADE_LEAVING);
}

/* A signal's event may be activated behind ours, once. */
static void
leave(struct master *master)
{
	struct master_upgrade *upgrade = master->upgrade;

	if (find_unfinished(master, NAMES_MS) != NULL) {
		sigprocmask(SIG_SETMASK, &upgrade->before, NULL);
		enter(upgrade, UPGRADE_SETTLING);
	} else if (++upgrade->rounds == ROUNDS) {
		replace(master);
	}
}

static void
on_look(evutil_socket_t fd, short events, void *context)
{
	struct master *master;

	OBJECT_CAST(master, context, MASTER_MAGIC);
	if (master->state != MASTER_STATE_RUNNING)
		fail(master, "the daemon stops");
	else if (master->upgrade->state == UPGRADE_TRYING)
		return;
	else if (master->upgrade->state == UPGRADE_LEAVING)
		leave(master);
	else if (!is_quiet(master))
		return;
	else if (master->upgrade->state == UPGRADE_BEGUN)
		try(master);
	else
		block_signals(master->upgrade);
}

/* ---- the beginning ---- */

static int
check_binary(const char *binary, struct error *error)
{
	struct stat status;

	if (binary == NULL)
		return error_set(error, ERROR_RUNTIME,
		    "where this program came from is not known");
	if (binary[0] != '/')
		return error_set(
		    error, ERROR_RUNTIME, "\"%s\" is no absolute path", binary);
	if (stat(binary, &status) == -1)
		return error_set_errno(error, "%s", binary);
	if (!S_ISREG(status.st_mode))
		return error_set(
		    error, ERROR_RUNTIME, "%s is no program", binary);
	if (access(binary, X_OK) == -1)
		return error_set_errno(error, "%s", binary);
	return 0;
}

static int
check(const struct master *master, const char *binary, struct error *error)
{
	if (master->upgrade != NULL)
		return error_set(
		    error, ERROR_RUNTIME, "another upgrade is in progress");
	if (master->state != MASTER_STATE_RUNNING)
		return error_set(error, ERROR_RUNTIME,
		    master->state == MASTER_STATE_STARTING ?
			"the daemon has not come to serve yet" :
			"the daemon stops");
	return check_binary(binary, error);
}

static void
begin(struct master *master, const char *binary, struct master_order *order)
{
	const struct timeval wait = clock_timeval(LOOK_MS);
	struct master_upgrade *upgrade;

	OBJECT_NEW(upgrade, MASTER_UPGRADE_MAGIC);
	upgrade->master = master;
	upgrade->order = order;
	upgrade->binary = memory_copy_text(binary);
	enter(upgrade, UPGRADE_BEGUN);
	event_assign(
	    &upgrade->look, master->base, -1, EV_PERSIST, on_look, master);
	event_add(&upgrade->look, &wait);
	master->upgrade = upgrade;
	log_info("upgrade: trying %s", binary);
}

void
master_upgrade_start(
    struct master *master, const char *binary, struct master_order *order)
{
	struct error error;

	if (binary == NULL)
		binary = master->options->program;
	if (check(master, binary, &error) == 0) {
		begin(master, binary, order);
		return;
	}
	log_error("upgrade failed, nothing was changed: %s", error.text);
	master_order_answer(&order,
	    master_command_error(
		"upgrade failed, nothing was changed: %s", error.text));
}

void
master_upgrade_on_exit(struct master *master, pid_t pid, int status)
{
	if (master->upgrade != NULL && master->upgrade->trial != NULL)
		master_trial_on_exit(master->upgrade->trial, pid, status);
}

void
master_upgrade_close(struct master *master)
{
	if (master->upgrade != NULL)
		fail(master, "the daemon stops");
}

/* ---- in the new image ---- */

void
master_upgrade_finish(
    struct master *master, const char *from, struct master_order *order)
{
	char *text =
	    memory_format("upgraded from %s to %s (pid %d unchanged); ", from,
		PACKAGE_VERSION, (int)getpid());

	log_info("upgraded from %s to %s: %s", from, PACKAGE_VERSION,
	    master->options->program == NULL ? "" : master->options->program);
	master_order_preface(order, text);
	memory_free(text);
	master_reload_start(master, order);
}
