/* SPDX-License-Identifier: ISC */
/*
 * The master, as main.c sees it.  It binds, forks, watches, replaces and
 * reloads.  It never loads a module and never reads a request.
 */
#ifndef MASTER_H
#define MASTER_H

#include <stdbool.h>

#include "base/base_error.h"
#include "config/config_parse.h"
#include "ipc/ipc_exit.h"

struct cohort_module;
struct master_document;

struct master_options {
	struct config_overrides overrides;   /* for each reload anew */
	const struct cohort_module *builtin; /* COHORT_MAIN, or NULL */
	bool foreground;

	char *const *arguments; /* of main, for the next image; or NULL */
	char *directory;        /* the working one at start */
	char *program;          /* that runs: where the next one is; or NULL */
	struct master_document *state; /* of a master that this image goes on
				     * with; or NULL */
	bool is_trial;                 /* then: it only tries */
};

/*
 * First thing in main: is this image the next one of a running master
 * (master_upgrade.c)?  Then takes what that has left from the environment,
 * also directory and program; else finds these out.  word: argv[0].
 */
int master_inherit(
    struct master_options *options, const char *word, struct error *error);
void master_disinherit(struct master_options *options);

/* Goes on as that master, or tries to: instead of master_run. */
enum ipc_exit master_resume(struct master_options *options);

/*
 * Takes the settings of the first cohort.  Unless in the foreground, forks:
 * the launching process waits, prints what it is told, and returns the exit
 * code here once the cohort serves or has failed; the daemon itself returns
 * here when it has stopped.  In the foreground it returns when stopped.
 * All messages have been printed or logged.
 */
enum ipc_exit master_run(
    const struct master_options *options, struct settings *settings);

/*
 * -s WORD: an order to the daemon of these settings, by its control socket:
 * waits for what comes of it and prints that.  Without one that can be
 * reached, the word's signal goes to the pid file's process, which the lock
 * proves to live, and it is said that the result is unknown.
 */
enum ipc_exit master_running_order(
    const char *word, const struct settings *settings);

#endif
