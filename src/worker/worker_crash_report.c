/* SPDX-License-Identifier: ISC */
/*
 * A report is complete before the master is told of it.  Then the master is
 * waited for, a moment: it puts what ran on its list of what crashes.
 */
#include "worker/worker_crash_private.h"

#include <sys/syscall.h>

#include <linux/futex.h>
#include <time.h>
#include <unistd.h>

#include "base/base_clock.h"

#define NOTED_MAX_MS 500

static void
fill(struct ipc_report *report, const struct worker_crash *crash,
    const siginfo_t *info, pid_t tid)
{
	report->signal = info->si_signo;
	report->code = info->si_code;
	report->sender = info->si_code <= 0 ? info->si_pid : 0;
	report->address =
	    info->si_code > 0 ? (uint64_t)(uintptr_t)info->si_addr : 0;
	report->thread = worker_crash_find_row(crash, tid);
	report->tid = (uint32_t)tid;
	report->reported_ms = clock_monotonic_ms();
	report->exchange_id = 0;
	report->answered = report->handed = report->closed = 0;
}

/* Odd while it changes. */
static uint32_t
open_report(struct ipc_report *report)
{
	uint32_t sequence = report->sequence | 1;

	__atomic_store_n(&report->sequence, sequence, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	return sequence;
}

static void
close_report(struct ipc_report *report, uint32_t sequence)
{
	uint32_t next = sequence + 1;

	__atomic_store_n(
	    &report->sequence, next != 0 ? next : 2, __ATOMIC_RELEASE);
}

static void
write_report(struct worker_crash *crash, struct ipc_report *report,
    struct worker_crash_walk *walk, const siginfo_t *info, const void *context)
{
	pid_t tid = (pid_t)syscall(SYS_gettid);
	uint32_t sequence = open_report(report);

	fill(report, crash, info, tid);
	report->frame_count = worker_crash_walk_stack(
	    walk, tid, context, &crash->base, report->frames);
	close_report(report, sequence);
}

static void
wait_until_noted(struct ipc_process *process)
{
	uint64_t until = clock_monotonic_ms() + NOTED_MAX_MS;
	const struct timespec wait = { .tv_nsec = 50 * 1000000 };

	while (__atomic_load_n(&process->noted, __ATOMIC_ACQUIRE) == 0 &&
	    clock_monotonic_ms() < until)
		syscall(
		    SYS_futex, &process->noted, FUTEX_WAIT, 0, &wait, NULL, 0);
}

void
worker_crash_report(
    struct worker_crash *crash, const siginfo_t *info, const void *context)
{
	struct ipc_process *process = crash->process;

	write_report(crash, &process->crash, &crash->walk, info, context);
	if (worker_crash_tell(crash, IPC_MESSAGE_CRASHED) == 0)
		wait_until_noted(process);
}

/* One thread at a time: the report is one for all. */
void
worker_crash_warn(
    struct worker_crash *crash, const siginfo_t *info, const void *context)
{
	if (__atomic_exchange_n(&crash->is_warning, 1, __ATOMIC_SEQ_CST) == 1)
		return;
	write_report(crash, &crash->process->warning, &crash->warning_walk,
	    info, context);
	worker_crash_tell(crash, IPC_MESSAGE_WARNED);
	__atomic_store_n(&crash->is_warning, 0, __ATOMIC_SEQ_CST);
}

void
worker_crash_count(uint32_t *counter, uint32_t more)
{
	__atomic_store_n(counter, *counter + more, __ATOMIC_RELAXED);
}
