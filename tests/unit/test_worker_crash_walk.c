/* SPDX-License-Identifier: ISC */
/*
 * Stacks that are whole, and stacks that lead nowhere.  The handler runs in a
 * child, on a stack of its own, and tells by shared memory what it found.
 */
#include <sys/mman.h>
#include <sys/wait.h>

#include <execinfo.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "test_unit.h"
#include "worker/worker_crash_private.h"

#define FAULT __attribute__((noinline, no_sanitize("address", "undefined")))

struct found {
	uint32_t count;
	uint64_t frames[IPC_FRAMES_MAX];
};

static struct found *found;
static struct worker_crash_walk walk;
static struct worker_crash_base base;
static volatile int zero;

static void
on_fault(int number, siginfo_t *info, void *context)
{
	pid_t tid = gettid();

	if (info->si_code > 0 && walk.tid == tid)
		siglongjmp(walk.escape, 1);
	found->count =
	    worker_crash_walk_stack(&walk, tid, context, &base, found->frames);
	_exit(0);
}

static void
use_handler(void)
{
	static char stack[128 * 1024];
	const stack_t own = { .ss_sp = stack, .ss_size = sizeof(stack) };
	const struct sigaction action = {
		.sa_sigaction = on_fault,
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER,
	};

	if (sigaltstack(&own, NULL) == -1 ||
	    sigaction(SIGSEGV, &action, NULL) == -1 ||
	    sigaction(SIGFPE, &action, NULL) == -1)
		_exit(1);
}

/* ---- faults ---- */

static FAULT void
divide(void)
{
	volatile int one = 1;

	one = one / zero;
}

static FAULT void
call_nothing(void)
{
	void (*volatile function)(void) = NULL;

	function();
}

static FAULT void
lose_stack(void)
{
#if defined(__x86_64__)
	__asm__ volatile("mov $16, %%rbp\n\tmov $64, %%rsp\n\tpush %%rax"
			 :
			 :
			 : "memory");
#endif
}

static FAULT int
overflow(volatile char *above)
{
	volatile char here[1000];

	here[0] = above[0];
	return zero == 0 ? overflow(here) + here[0] : 0;
}

static FAULT void
run_out(void)
{
	volatile char here = 0;

	overflow(&here);
}

static FAULT void
outer(void (*volatile fault)(void))
{
	fault();
	/* Not the last call: it is to be seen. */
	__asm__ volatile("");
}

static void
run(void (*fault)(void))
{
	int status;
	pid_t pid;

	found = mmap(NULL, sizeof(*found), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(found, MAP_FAILED);
	pid = fork();
	if (pid == 0) {
		use_handler();
		outer(fault);
		_exit(2);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	    "status %#x", (unsigned)status);
}

/* Is that frame in the function?  None of them is larger. */
static bool
is_in(uint64_t frame, void (*function)(void))
{
	uint64_t begin = (uint64_t)(uintptr_t)function;

	return frame >= begin && frame < begin + 512;
}

#define OUTER ((void (*)(void))(uintptr_t)outer)

START_TEST(a_fault_is_the_first_frame)
{
	run(divide);
	ck_assert_uint_gt(found->count, 3);
	ck_assert(is_in(found->frames[0], divide));
	ck_assert(is_in(found->frames[1], OUTER));
}
END_TEST

START_TEST(of_a_call_to_nowhere_the_caller_is_known)
{
	run(call_nothing);
	ck_assert_uint_eq(found->count, 2);
	ck_assert_uint_eq(found->frames[0], 0);
	ck_assert(is_in(found->frames[1], call_nothing));
}
END_TEST

/* outer's caller, the child's beginning, is the outermost that is told. */
START_TEST(a_stack_ends_on_its_base)
{
	uint32_t whole;

	run(divide);
	whole = found->count;
	base.count = backtrace(base.frames, IPC_FRAMES_MAX);
	run(divide);
	/* All but this function; sanitizers have a frame of their own. */
	ck_assert_uint_ge(whole - found->count, (unsigned)base.count - 2);
	ck_assert_uint_lt(whole - found->count, (unsigned)base.count);
	ck_assert(is_in(found->frames[1], OUTER));
	base.count = 0;
}
END_TEST

START_TEST(a_stack_that_is_lost_gives_its_place)
{
	run(lose_stack);
	ck_assert_uint_ge(found->count, 1);
#if defined(__x86_64__)
	ck_assert(is_in(found->frames[0], lose_stack));
#endif
}
END_TEST

START_TEST(an_overflow_is_walked_as_far_as_there_is_room)
{
	run(run_out);
	ck_assert_uint_eq(found->count, IPC_FRAMES_MAX);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("worker_crash_walk");
	TCase *tcase = tcase_create("worker_crash_walk");

	tcase_add_test(tcase, a_fault_is_the_first_frame);
	tcase_add_test(tcase, of_a_call_to_nowhere_the_caller_is_known);
	tcase_add_test(tcase, a_stack_ends_on_its_base);
	tcase_add_test(tcase, a_stack_that_is_lost_gives_its_place);
	tcase_add_test(tcase, an_overflow_is_walked_as_far_as_there_is_room);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
