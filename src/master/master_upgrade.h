/* SPDX-License-Identifier: ISC */
/*
 * The parts of a binary upgrade: its order is master_upgrade.c's, the trial
 * of the new program, as the running master sees it, master_upgrade_trial.c's
 * (what that program does in it is master_probe.c's), and the last step
 * master_upgrade_exec.c's.
 */
#ifndef MASTER_UPGRADE_H
#define MASTER_UPGRADE_H

#include <stdbool.h>
#include <stdint.h>

#include "master/master_private.h"

/* ---- master_upgrade_trial.c ---- */

/*
 * What the one that tries writes to its standard error: a last line of these
 * words and a JSON object, {"version": TEXT} or {"error": TEXT}.
 */
#define MASTER_TRIAL_WORDS "cohort-probe "

struct master_trial;

/*
 * Runs that program with this one's arguments and the master's listeners.
 * on_done comes once, when it has ended: version, what it says, or NULL and
 * why it is no good.  Never from inside start; stop the trial then.
 */
int master_trial_start(struct master *master, const char *binary,
    uint64_t timeout_ms,
    void (*on_done)(void *context, const char *version, const char *why),
    void *context, struct master_trial **trial_r, struct error *error);
/* True: it was that child. */
bool master_trial_on_exit(struct master_trial *trial, pid_t pid, int status);
/* Ends it, with all that it started. */
void master_trial_stop(struct master_trial **trial);

/* What became of it, from what it wrote: 0 and its version, for the caller to
 * free, or -1. */
int master_trial_judge(const char *output, size_t size, int status,
    char **version_r, struct error *error);

/* ---- master_upgrade_exec.c ---- */

/* With all signals blocked, becomes that program: returns only when that
 * fails, with everything as it was. */
int master_upgrade_exec(
    struct master *master, const char *binary, struct error *error);

/* For the program to be run: the state's descriptor, and whether it only
 * tries. */
int master_upgrade_set_environment(int state, bool is_trial);

#endif
