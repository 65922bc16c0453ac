/* SPDX-License-Identifier: ISC */
/*
 * A warning of a thread that runs for too long.  It is one line of the log
 * with the thread's stack, which only the worker can tell; without, if that
 * takes too long.
 */
#ifndef MASTER_WARNING_H
#define MASTER_WARNING_H

#include "master/master_private.h"

/* Does one of that worker wait for a stack?  It can tell one at a time. */
bool master_warning_is_asked(const struct master_worker *worker);

/* Asks the thread for its stack. */
void master_warning_start(struct master_worker *worker, uint32_t tid,
    const struct ipc_current *current, uint64_t seen_ms);

/* Drops all. */
void master_warning_close(struct master *master);

#endif
