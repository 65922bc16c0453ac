/* SPDX-License-Identifier: ISC */
/*
 * Where a system call's result is, in the registers that a handler returns
 * to: the kernel has left everything else as it was, behind the call.
 */
#include <ucontext.h>

#include "worker/worker_crash_private.h"

#if defined(__x86_64__)
#define RESULT gregs[REG_RAX]
#elif defined(__aarch64__)
#define RESULT regs[0]
#else
#error "where does the result of a system call stand here?"
#endif

void
worker_crash_set_result(void *interrupted, int result)
{
	ucontext_t *context = interrupted;

	context->uc_mcontext.RESULT = result;
}
