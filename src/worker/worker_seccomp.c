/* SPDX-License-Identifier: ISC */
/*
 * What is refused traps, so that it can be told (worker_crash_deny.c).
 *
 * clone3(2) keeps its flags where no filter can look: it is "not there", and
 * whoever calls it goes on with clone(2), as the C library does.
 *
 * The sanitizer's search for leaks stops the process by ptrace(2) at its end.
 */
#include "worker/worker_seccomp.h"

#include <sys/ioctl.h>
#include <sys/prctl.h>

#include <errno.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>

#include "base/base_memory.h"
#include "base/base_words.h"
#include "worker/worker_sandbox.h"

#if defined(__SANITIZE_ADDRESS__)
#define NEEDED_BY_SANITIZER "ptrace"
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define NEEDED_BY_SANITIZER "ptrace"
#endif
#endif
#ifndef NEEDED_BY_SANITIZER
#define NEEDED_BY_SANITIZER ""
#endif

/* Sorted by the kernel's number, a filter is searched and not read. */
#define OPTIMIZE_BY_TREE 2

static const char *const calls[] = {
#define GROUP(why)
#define CALL(name) #name,
#include "worker/worker_seccomp.tbl"
#undef GROUP
#undef CALL
};

#define CALL_COUNT (sizeof(calls) / sizeof(calls[0]))

static const uint64_t name_spaces[] = { CLONE_NEWUSER, CLONE_NEWNS,
	CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS,
	CLONE_NEWCGROUP };

/* Keys typed into the terminal of whoever started the daemon. */
static const uint64_t terminal[] = { TIOCSTI, TIOCLINUX };

const char *
worker_seccomp_call(size_t index)
{
	return index < CALL_COUNT ? calls[index] : NULL;
}

/* ---- what modules need ---- */

static bool
has_word(const char *list, const char *name)
{
	bool result = false;
	char *word;

	while (!result && list != NULL && words_next(&list, ' ', &word)) {
		result = strcmp(word, name) == 0;
		memory_free(word);
	}
	return result;
}

bool
worker_seccomp_is_allowed(const struct settings *settings, const char *name)
{
	const struct settings_mount *mount;
	uint16_t number = 1;

	for (; (mount = settings_find_mount(settings, number)) != NULL;
	     number++)
		if (has_word(mount->system_calls, name))
			return true;
	return false;
}

/* ---- the filter ---- */

static bool
is_refused(const struct settings *settings, const char *name)
{
	return strcmp(name, NEEDED_BY_SANITIZER) != 0 &&
	    !worker_seccomp_is_allowed(settings, name);
}

/* A number of another machine, or none at all, is nothing to be refused. */
static int
refuse(scmp_filter_ctx filter, uint32_t action, const char *name)
{
	int number = seccomp_syscall_resolve_name(name);

	return number < 0 ? 0 : seccomp_rule_add(filter, action, number, 0);
}

static int
refuse_calls(scmp_filter_ctx filter, const struct settings *settings)
{
	int result = 0;
	size_t i;

	for (i = 0; i < CALL_COUNT && result == 0; i++)
		if (is_refused(settings, calls[i]))
			result = refuse(filter, SCMP_ACT_TRAP, calls[i]);
	return result;
}

/* If that argument, of which the mask's bits count, is that value. */
static int
refuse_argument(scmp_filter_ctx filter, uint32_t action, const char *name,
    unsigned argument, uint64_t mask, uint64_t value)
{
	return seccomp_rule_add(filter, action,
	    seccomp_syscall_resolve_name(name), 1,
	    SCMP_CMP64(argument, SCMP_CMP_MASKED_EQ, mask, value));
}

static int
refuse_name_spaces(scmp_filter_ctx filter, const struct settings *settings)
{
	int result = 0;
	size_t i;

	if (worker_seccomp_is_allowed(settings, "unshare"))
		return 0;
	for (i = 0;
	     i < sizeof(name_spaces) / sizeof(name_spaces[0]) && result == 0;
	     i++)
		result = refuse_argument(filter, SCMP_ACT_TRAP, "clone", 0,
		    name_spaces[i], name_spaces[i]);
	return result;
}

/* posix_spawn(3) makes its child with all signals blocked, so that a trap
 * would kill, and the child would be refused to start its program. */
static int
refuse_spawning(scmp_filter_ctx filter, const struct settings *settings)
{
	if (worker_seccomp_is_allowed(settings, "execve"))
		return 0;
	return refuse_argument(filter, SCMP_ACT_ERRNO(EPERM), "clone", 0,
	    CLONE_VFORK, CLONE_VFORK);
}

static int
refuse_terminal(scmp_filter_ctx filter, const struct settings *settings)
{
	int result = 0;
	size_t i;

	if (worker_seccomp_is_allowed(settings, "ioctl"))
		return 0;
	for (i = 0; i < sizeof(terminal) / sizeof(terminal[0]) && result == 0;
	     i++)
		result = refuse_argument(
		    filter, SCMP_ACT_TRAP, "ioctl", 1, UINT32_MAX, terminal[i]);
	return result;
}

/* Of another process: a master that is not root's is of the same user, and
 * without descriptors or time it is nobody's master.  0 is whoever asks. */
static int
refuse_limits(scmp_filter_ctx filter, const struct settings *settings)
{
	if (worker_seccomp_is_allowed(settings, "prlimit64"))
		return 0;
	return seccomp_rule_add(filter, SCMP_ACT_TRAP,
	    seccomp_syscall_resolve_name("prlimit64"), 1,
	    SCMP_CMP64(0, SCMP_CMP_NE, 0, 0));
}

/* Other architectures have other numbers, so their calls are refused whole;
 * speculation is left as it is, as it is not the handlers that are to be
 * kept from each other.  What a kernel cannot do of it, it does without. */
static int
set_attributes(scmp_filter_ctx filter)
{
	seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);
	seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, OPTIMIZE_BY_TREE);
	return seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_TRAP);
}

static int
fill(scmp_filter_ctx filter, const struct settings *settings)
{
	int result = set_attributes(filter);

	if (result == 0)
		result = refuse_calls(filter, settings);
	if (result == 0)
		result = refuse(filter, SCMP_ACT_ERRNO(ENOSYS), "clone3");
	if (result == 0)
		result = refuse_name_spaces(filter, settings);
	if (result == 0)
		result = refuse_spawning(filter, settings);
	if (result == 0)
		result = refuse_terminal(filter, settings);
	if (result == 0)
		result = refuse_limits(filter, settings);
	return result;
}

/* A kernel without filters says EINVAL, and an emulator ENOSYS. */
static bool
is_there(void)
{
	return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0 &&
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0) == -1 &&
	    errno == EFAULT;
}

int
worker_seccomp_apply(const struct settings *settings, struct error *error)
{
	scmp_filter_ctx filter;
	int result;

	if (!settings->seccomp || !is_there())
		return 0;
	filter = seccomp_init(SCMP_ACT_ALLOW);
	result = filter == NULL ? -ENOMEM : fill(filter, settings);
	if (result == 0)
		result = seccomp_load(filter);
	seccomp_release(filter);
	if (result == 0)
		return 0;
	errno = -result;
	return error_set_errno(error, "seccomp");
}

/* ---- in words ---- */

void
worker_seccomp_describe(const struct settings *settings, struct buffer *words)
{
	unsigned count = 0;
	size_t i;

	if (!settings->seccomp || !is_there()) {
		buffer_append_text(words,
		    settings->seccomp ? "no seccomp, as the kernel has none" :
					"seccomp is off");
		return;
	}
	for (i = 0; i < CALL_COUNT; i++)
		count += !worker_seccomp_is_allowed(settings, calls[i]);
	buffer_format(words, "seccomp: %u system calls are refused", count);
	for (i = 0; i < CALL_COUNT; i++)
		if (worker_seccomp_is_allowed(settings, calls[i]))
			buffer_format(words, ", %s is not", calls[i]);
}
