/* SPDX-License-Identifier: ISC */
/*
 * The crash slot, and the parts of the handler.  All of these functions run
 * in a signal handler, of a process whose heap may be broken: they use
 * async-signal-safe calls (signal-safety(7)), the slot and the process area,
 * and whatever address stands in the area only by system calls, which refuse
 * a wrong one.  tests/tree/test_crash_symbols.sh holds the list of what they
 * may call.
 */
#ifndef WORKER_CRASH_PRIVATE_H
#define WORKER_CRASH_PRIVATE_H

#include <sys/types.h>

#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#include "ipc/ipc_channel.h"
#include "ipc/ipc_process.h"

/* Stops a thread for good, while another one contains a crash. */
#define WORKER_CRASH_STOP (SIGRTMIN + 7)

/* A walk up the stack, which may be broken: a fault in it ends it. */
struct worker_crash_walk {
	pid_t tid; /* of the thread that walks; 0: none */
	sigjmp_buf escape;
};

/* The stack that the worker's own begins on, innermost first: the master
 * forked with its own frames below, and they are of no use to anybody. */
struct worker_crash_base {
	int count;
	void *frames[IPC_FRAMES_MAX];
};

/* Of a thread of ours: the handler that runs on it, in the worker or in a
 * child that the thread has forked, is the thread's. */
struct worker_crash_stack {
	uintptr_t begin, end;
};

struct worker_crash {
	/* Written once, before anything can crash. */
	pid_t pid; /* of the worker; a child of it inherits all this */
	int channel;
	dev_t channel_device; /* what it is, for a child that may have */
	ino_t channel_inode;  /* closed it, and have another one there */
	uint64_t generation;
	struct ipc_process *process;
	uint32_t row_count, thread_count;
	uint64_t linger_ms;
	struct worker_crash_base base;
	struct ipc_denials *denials; /* of process, or of -t's own;
				      * NULL: no filter of ours */
	uint64_t *denied;            /* how many there were */

	struct worker_crash_stack stacks[IPC_THREADS_MAX]; /* by row */

	pid_t tid;            /* of the thread that crashed; 0: none */
	uint32_t stopped;     /* threads that are, as they say */
	uint32_t row;         /* the thread's; or IPC_THREAD_NONE */
	uint64_t exchange_id; /* that it ran; 0: none */
	struct worker_crash_walk walk;
	struct ipc_packet packet; /* what is being handed over */
	bool is_refused;          /* the master took nothing for too long */

	uint32_t is_warning; /* 1: some thread tells what it is at */
	struct worker_crash_walk warning_walk;
};

/* worker_crash.c: handlers; the slot is theirs alone. */
struct worker_crash *worker_crash_slot(void);
void worker_crash_on_fault(int signal, siginfo_t *info, void *context);
void worker_crash_on_stop(int signal);
void worker_crash_on_report(int signal, siginfo_t *info, void *context);

/* Which row is that thread's?  IPC_THREAD_NONE: not one of ours. */
uint32_t worker_crash_find_row(const struct worker_crash *crash, pid_t tid);

/* worker_crash_deny.c: is it a system call that our filter refused?  Then
 * it fails with EPERM, is noted, and told to the master. */
bool worker_crash_is_denied(
    const struct worker_crash *crash, int signal, const siginfo_t *info);
void worker_crash_deny(
    struct worker_crash *crash, const siginfo_t *info, void *context);
/* SIGSYS, where nothing else is contained: -t. */
void worker_crash_on_denied(int signal, siginfo_t *info, void *context);

/* worker_crash_result.c: what the interrupted system call returns. */
void worker_crash_set_result(void *context, int result);

/* worker_crash_stop.c: all other threads of ours stand still afterwards, or
 * have had their time.  Prepared once, before there are any. */
void worker_crash_stop_prepare(void);
void worker_crash_stop_others(struct worker_crash *crash);

/* worker_crash_report.c: what happened, for the master, and that it did. */
void worker_crash_report(
    struct worker_crash *crash, const siginfo_t *info, const void *context);
/* What the calling thread is at; nothing has happened to it. */
void worker_crash_warn(
    struct worker_crash *crash, const siginfo_t *info, const void *context);
/* How many connections got what. */
void worker_crash_count(
    uint32_t *counter, uint32_t more); /* of process->crash */

/* worker_crash_walk.c: the addresses of a stack, from where context was
 * interrupted, at least that, to where it stands on the base.  Returns how
 * many. */
uint32_t worker_crash_walk_stack(struct worker_crash_walk *walk, pid_t tid,
    const void *context, const struct worker_crash_base *base,
    uint64_t frames[IPC_FRAMES_MAX]);

/* Does the row name what may be a connection? */
static inline bool
worker_crash_is_used(
    const struct worker_crash *crash, const struct ipc_row *row)
{
	return row->fd > STDERR_FILENO + 1 && row->fd - 1 != crash->channel;
}

/* worker_crash_answer.c: answers whom it can, and ends whom nobody can help;
 * what is left in the table can be handed over. */
void worker_crash_answer(struct worker_crash *crash);

/* worker_crash_hand.c: sends the connections to the master. */
void worker_crash_hand(struct worker_crash *crash);

/* worker_crash_send.c: sends a message, or the slot's packet with what it
 * hands over, within a bounded time.  0, or -1: the master will not have it. */
int worker_crash_tell(
    const struct worker_crash *crash, enum ipc_message_type type);
int worker_crash_tell_value(const struct worker_crash *crash,
    enum ipc_message_type type, uint64_t value);
int worker_crash_send_orphans(struct worker_crash *crash);
/* Waits without doing anything. */
void worker_crash_pause(int ms);

#endif
