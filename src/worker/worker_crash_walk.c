/* SPDX-License-Identifier: ISC */
/*
 * backtrace(3) of libgcc finds its tables without a lock since glibc 2.35
 * (_dl_find_object), and has been called once before, so that nothing is
 * loaded here.  A broken stack makes it fault; it holds nothing then, and is
 * left by a jump.  Its first frames are the handler's: what counts begins
 * where the signal came.
 */
#include "worker/worker_crash_private.h"

#include <sys/uio.h>

#include <execinfo.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

/* Of the handler, and the frame the kernel made. */
#define OWN_FRAMES_MAX 12

static uint64_t
interrupted_at(const ucontext_t *context)
{
#if defined(__x86_64__)
	return (uint64_t)context->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
	return context->uc_mcontext.pc;
#else
#error "where does the program counter stand here?"
#endif
}

/* Where the function at hand would return to, if it has not saved it: a
 * call of nothing leads to a place without tables. */
static uint64_t
returns_to(const ucontext_t *context)
{
#if defined(__x86_64__)
	uint64_t address = 0;
	struct iovec to = { &address, sizeof(address) };
	struct iovec from = {
		(void *)(uintptr_t)context->uc_mcontext.gregs[REG_RSP],
		sizeof(address)
	};

	if (process_vm_readv(getpid(), &to, 1, &from, 1, 0) != sizeof(address))
		return 0;
	return address;
#else
	return context->uc_mcontext.regs[30];
#endif
}

/* What both end with was there before the worker was.  The other frames of
 * the base are those of whoever took it. */
static int
cut_base(void *const *found, int count, const struct worker_crash_base *base)
{
	int left = base->count;

	while (count > 0 && left > 0 &&
	    found[count - 1] == base->frames[left - 1]) {
		count--;
		left--;
	}
	return count;
}

static uint32_t
copy_from(
    uint64_t pc, void *const *found, int count, uint64_t frames[IPC_FRAMES_MAX])
{
	uint32_t copied = 0;
	int i, first;

	for (first = 0; first < count; first++)
		if ((uint64_t)(uintptr_t)found[first] == pc)
			break;
	for (i = first; i < count && copied < IPC_FRAMES_MAX; i++)
		frames[copied++] = (uint64_t)(uintptr_t)found[i];
	return copied;
}

static int
unwind(struct worker_crash_walk *walk, pid_t tid, void **found, int room)
{
	volatile int count = 0;

	if (sigsetjmp(walk->escape, 1) == 0) {
		__atomic_store_n(&walk->tid, tid, __ATOMIC_SEQ_CST);
		count = backtrace(found, room);
	}
	__atomic_store_n(&walk->tid, 0, __ATOMIC_SEQ_CST);
	return count;
}

uint32_t
worker_crash_walk_stack(struct worker_crash_walk *walk, pid_t tid,
    const void *interrupted, const struct worker_crash_base *base,
    uint64_t frames[IPC_FRAMES_MAX])
{
	const ucontext_t *context = interrupted;
	uint64_t pc = interrupted_at(context);
	void *found[OWN_FRAMES_MAX + IPC_FRAMES_MAX];
	uint32_t count;
	int size;

	size = unwind(walk, tid, found, OWN_FRAMES_MAX + IPC_FRAMES_MAX);
	count = copy_from(pc, found, cut_base(found, size, base), frames);
	if (count > 1)
		return count;
	frames[0] = pc;
	frames[1] = returns_to(context);
	return frames[1] != 0 ? 2 : 1;
}
