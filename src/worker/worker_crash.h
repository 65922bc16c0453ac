/* SPDX-License-Identifier: ISC */
/*
 * Containment: what a worker does when it crashes.  What is installed here
 * runs as a signal handler, in whichever thread crashed, and relies on
 * nothing but the process area (ipc_process.h) and its own crash slot.
 */
#ifndef WORKER_CRASH_H
#define WORKER_CRASH_H

#include <stdint.h>

#include "base/base_error.h"

struct worker;

/* worker_crash_install.c: once, in the loop's thread, before any code of a
 * module runs. */
int worker_crash_install(struct worker *worker, struct error *error);

/* For -t, where a crash is the end, but refused system calls are not: notes
 * them there. */
struct ipc_denials;
int worker_crash_install_denied(
    struct ipc_denials *denials, uint64_t *denied, struct error *error);

/* The channel is about to be closed: its number will be another's, which
 * must not get what is the master's. */
void worker_crash_leave_channel(void);

/* worker_images.c: tells the master what is loaded where.  Whenever more may
 * have been. */
void worker_images_note(struct worker *worker);

/*
 * worker_thread.c: a stack for the handler, and the thread's row.  Begin and
 * end are called by the thread itself; row is IPC_THREAD_LOOP, or that of a
 * thread of the pool.  Without a stack for it an overflow cannot be handled.
 */
int worker_thread_begin(
    struct worker *worker, uint32_t row, struct error *error);
void worker_thread_end(struct worker *worker, uint32_t row);

#endif
