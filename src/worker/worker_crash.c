/* SPDX-License-Identifier: ISC */
/*
 * The order of containment, and what keeps it from making things worse: the
 * first thread that crashes does it, a fault of its own ends it, and an alarm
 * does if it takes too long.  Owns the crash slot.
 *
 * The master is told first of all, and takes in what ran: when the client
 * has its answer, it can send the same again.
 */
#include "worker/worker_crash_private.h"

#include <sys/syscall.h>

#include <unistd.h>

/* What it may take in all. */
#define TIME_MAX_S 5

static struct worker_crash slot;

struct worker_crash *
worker_crash_slot(void)
{
	return &slot;
}

static pid_t
own_tid(void)
{
	return (pid_t)syscall(SYS_gettid);
}

uint32_t
worker_crash_find_row(const struct worker_crash *crash, pid_t tid)
{
	uint32_t row;

	for (row = 0; row <= crash->thread_count; row++)
		if (crash->process->threads[row].tid == (uint32_t)tid)
			return row;
	return IPC_THREAD_NONE;
}

/*
 * The signal's default course, once the handler has returned, so that a core
 * shows where it happened: a fault would come again by itself, what somebody
 * sent would not.
 */
static void
die_of(int signal)
{
	const struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t only;

	alarm(0);
	sigaction(signal, &action, NULL);
	sigemptyset(&only);
	sigaddset(&only, signal);
	sigprocmask(SIG_BLOCK, &only, NULL);
	syscall(SYS_tgkill, getpid(), own_tid(), signal);
}

/* Blocked signals would come when the handler returns: they come now. */
static void
die_now(int signal)
{
	sigset_t only;

	die_of(signal);
	sigemptyset(&only);
	sigaddset(&only, signal);
	sigprocmask(SIG_UNBLOCK, &only, NULL);
	_exit(128 + signal);
}

static void
limit_time(void)
{
	const struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t only;

	sigaction(SIGALRM, &action, NULL);
	sigemptyset(&only);
	sigaddset(&only, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &only, NULL);
	alarm(TIME_MAX_S);
}

static void
stand_still(void)
{
	__atomic_fetch_add(&slot.stopped, 1, __ATOMIC_SEQ_CST);
	for (;;)
		pause();
}

/* Of this process, and not by a signal that somebody sent. */
static bool
is_own_fault(const siginfo_t *info)
{
	return info->si_code > 0;
}

/* A stack that leads nowhere is no second crash. */
static void
escape_from_walk(const siginfo_t *info, pid_t tid)
{
	if (!is_own_fault(info))
		return;
	if (slot.walk.tid == tid)
		siglongjmp(slot.walk.escape, 1);
	if (slot.warning_walk.tid == tid)
		siglongjmp(slot.warning_walk.escape, 1);
}

/* True for the one thread that contains. */
static bool
is_first(int signal, pid_t tid)
{
	pid_t other = 0;

	if (__atomic_compare_exchange_n(&slot.tid, &other, tid, false,
		__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return true;
	if (other == tid)
		die_now(signal);
	stand_still();
	return false;
}

static uint64_t
running_exchange(uint32_t row)
{
	const struct ipc_current *current;

	if (row == IPC_THREAD_NONE)
		return 0;
	current = &slot.process->threads[row].current;
	return current->running == 1 ? current->exchange_id : 0;
}

static void
contain(pid_t tid, const siginfo_t *info, const void *context)
{
	limit_time();
	slot.row = worker_crash_find_row(&slot, tid);
	slot.exchange_id = running_exchange(slot.row);
	worker_crash_stop_others(&slot);
	worker_crash_report(&slot, info, context);
	worker_crash_answer(&slot);
	worker_crash_hand(&slot);
}

void
worker_crash_on_fault(int signal, siginfo_t *info, void *context)
{
	pid_t tid = own_tid();

	if (worker_crash_is_denied(&slot, signal, info)) {
		worker_crash_deny(&slot, info, context);
		return;
	}
	if (getpid() == slot.pid) {
		escape_from_walk(info, tid);
		if (is_first(signal, tid))
			contain(tid, info, context);
	}
	die_of(signal);
}

/* Sent by whoever else, it stops nobody. */
void
worker_crash_on_stop(int signal)
{
	if (getpid() == slot.pid &&
	    __atomic_load_n(&slot.tid, __ATOMIC_SEQ_CST) != 0)
		stand_still();
}

void
worker_crash_on_report(int signal, siginfo_t *info, void *context)
{
	if (getpid() == slot.pid)
		worker_crash_warn(&slot, info, context);
}
