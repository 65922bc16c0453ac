/* SPDX-License-Identifier: ISC */
/*
 * A worker process, as the master sees it.  worker_run is called in the
 * child right after the fork, with all signals blocked.
 */
#ifndef WORKER_H
#define WORKER_H

#include "base/base_error.h"
#include "ipc/ipc_heritage.h"

/*
 * Becomes a worker: resets signals, closes what is not inherited, drops
 * privileges, loads and sets up the application, reports READY, serves from
 * SERVE to RETIRE, finishes, exits (ipc_exit.h).  Uses nothing of the
 * master's event base.
 */
void worker_run(const struct ipc_heritage *heritage) __attribute__((noreturn));

/*
 * For -t: in a child of its own, drops privileges as a worker would, loads
 * the modules and runs their setup, and exits.  0, or -1 with the reason;
 * waits for the child, which logs what system calls it was refused.
 */
int worker_check(const struct settings *settings,
    const struct cohort_module *builtin, struct error *error);

#endif
