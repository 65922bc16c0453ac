/* SPDX-License-Identifier: ISC */
/*
 * What a thread needs so that a crash in it can be contained: a stack of its
 * own for the handler, with a page below it that nobody may touch, the
 * signals by which it is stopped or asked what it is at, and its row.
 */
#include <sys/mman.h>
#include <sys/syscall.h>

#include <signal.h>
#include <unistd.h>

#include "worker/worker_crash.h"
#include "worker/worker_crash_private.h"
#include "worker/worker_private.h"

/* The kernel's frame, with wide registers, takes up to 12 KiB of it. */
#define STACK_SIZE ((size_t)128 * 1024)

static size_t
guard_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static void
store_stack(uint32_t row, const stack_t *stack)
{
	worker_crash_slot()->stacks[row] = (struct worker_crash_stack) {
		.begin = (uintptr_t)stack->ss_sp,
		.end = (uintptr_t)stack->ss_sp + stack->ss_size,
	};
}

static int
use_stack(uint32_t row, struct error *error)
{
	size_t guard = guard_size();
	stack_t stack = { .ss_size = STACK_SIZE };
	char *memory;

	memory = mmap(NULL, guard + STACK_SIZE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (memory == MAP_FAILED)
		return error_set_errno(error, "stack for signals: mmap");
	stack.ss_sp = memory + guard;
	if (mprotect(memory, guard, PROT_NONE) == -1 ||
	    sigaltstack(&stack, NULL) == -1) {
		error_set_errno(error, "stack for signals");
		munmap(memory, guard + STACK_SIZE);
		return -1;
	}
	store_stack(row, &stack);
	return 0;
}

static void
leave_stack(uint32_t row)
{
	const stack_t nowhere = { .ss_sp = NULL };
	const stack_t none = { .ss_flags = SS_DISABLE };
	size_t guard = guard_size();
	stack_t stack;

	store_stack(row, &nowhere);
	if (sigaltstack(&none, &stack) == 0 &&
	    (stack.ss_flags & SS_DISABLE) == 0)
		munmap((char *)stack.ss_sp - guard, guard + stack.ss_size);
}

static void
admit_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, WORKER_CRASH_STOP);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static void
store_tid(struct worker *worker, uint32_t row, uint32_t tid)
{
	__atomic_store_n(
	    &worker->process->threads[row].tid, tid, __ATOMIC_RELEASE);
}

int
worker_thread_begin(struct worker *worker, uint32_t row, struct error *error)
{
	if (use_stack(row, error) == -1)
		return -1;
	store_tid(worker, row, (uint32_t)syscall(SYS_gettid));
	admit_signals();
	return 0;
}

void
worker_thread_end(struct worker *worker, uint32_t row)
{
	sigset_t all;

	/* Or a question would find no stack to be answered on. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	store_tid(worker, row, 0);
	leave_stack(row);
}
