/* SPDX-License-Identifier: ISC */
/*
 * A refused system call is no crash: whoever made it sees EPERM, and goes on.
 * It may come from anywhere, a handler of a crash included, and from children
 * that a module has forked, which have copies of all this.
 *
 * Where SIGSYS is blocked or has its default, as in the child of
 * posix_spawn(3), the kernel kills, and nobody is told.
 */
#include <sys/stat.h>

#include <errno.h>
#include <unistd.h>

#include "worker/worker_crash_private.h"

/* linux's SYS_SECCOMP, which glibc's <signal.h> lacks. */
#define CODE_SECCOMP 1

bool
worker_crash_is_denied(
    const struct worker_crash *crash, int signal, const siginfo_t *info)
{
	return crash->denials != NULL && signal == SIGSYS &&
	    info->si_code == CODE_SECCOMP;
}

/* A child of a thread of ours is another thread, on a copy of its stack. */
static uint32_t
find_row_by_stack(const struct worker_crash *crash)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	uint32_t row;

	for (row = 0; row <= crash->thread_count; row++)
		if (here >= crash->stacks[row].begin &&
		    here < crash->stacks[row].end)
			return row;
	return IPC_THREAD_NONE;
}

static const struct ipc_current *
find_current(const struct worker_crash *crash)
{
	const struct ipc_current *current;
	uint32_t row;

	if (crash->process == NULL)
		return NULL;
	row = find_row_by_stack(crash);
	if (row == IPC_THREAD_NONE)
		return NULL;
	current = &crash->process->threads[row].current;
	return current->running == 1 ? current : NULL;
}

/* Who leaves the worker's descriptors behind, as one that is about to start a
 * program does, may have a connection of its own by that number. */
static bool
has_channel(const struct worker_crash *crash)
{
	struct stat status;

	return getpid() == crash->pid ||
	    (fstat(crash->channel, &status) == 0 &&
		status.st_dev == crash->channel_device &&
		status.st_ino == crash->channel_inode);
}

static void
note(struct worker_crash *crash, const siginfo_t *info)
{
	int index;

	__atomic_fetch_add(crash->denied, 1, __ATOMIC_RELAXED);
	index = ipc_denial_note(crash->denials, info->si_arch,
	    (uint32_t)info->si_syscall, find_current(crash));
	if (index != -1 && crash->process != NULL && has_channel(crash))
		worker_crash_tell_value(
		    crash, IPC_MESSAGE_DENIED, (uint64_t)index);
}

void
worker_crash_deny(
    struct worker_crash *crash, const siginfo_t *info, void *context)
{
	int saved = errno;

	note(crash, info);
	worker_crash_set_result(context, -EPERM);
	errno = saved;
}

void
worker_crash_on_denied(int signal, siginfo_t *info, void *context)
{
	struct worker_crash *crash = worker_crash_slot();

	if (worker_crash_is_denied(crash, signal, info))
		worker_crash_deny(crash, info, context);
	else
		_exit(128 + signal);
}
