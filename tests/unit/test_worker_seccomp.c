/* SPDX-License-Identifier: ISC */
/*
 * The table, and what settings make of it; a filter itself in a child.
 */
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/base_memory.h"
#include "base/base_system_call.h"
#include "test_unit.h"
#include "worker/worker_crash.h"
#include "worker/worker_crash_private.h"
#include "worker/worker_sandbox.h"
#include "worker/worker_seccomp.h"

#define SKIPPED 77

static struct settings *settings;
static struct buffer words;

static void
set_up(void)
{
	struct settings_host *host;
	struct settings_mount *mount;

	settings = settings_new();
	host = settings_add_host(settings, "*");
	mount = settings_add_mount(settings, host, 0, "/", "conf:1");
	mount->service = SETTINGS_SERVICE_MODULE;
	memory_free(mount->system_calls);
	mount->system_calls = memory_copy_text("acct  keyctl");
	buffer_init(&words, 0);
}

static void
tear_down(void)
{
	buffer_fini(&words);
	settings_free(&settings);
}

START_TEST(calls_stand_once_and_are_known)
{
	const char *name, *other;
	size_t i, k;

	for (i = 0; (name = worker_seccomp_call(i)) != NULL; i++) {
		ck_assert_msg(system_call_is_known(name), "%s", name);
		for (k = 0; k < i; k++) {
			other = worker_seccomp_call(k);
			ck_assert_msg(strcmp(name, other) != 0, "%s", name);
		}
	}
	ck_assert_uint_gt(i, 50);
}
END_TEST

/* What Cohort, its libraries and sanitizers need is refused to nobody. */
START_TEST(what_is_needed_is_not_refused)
{
	static const char *const needed[] = { "fork", "clone", "futex",
		"tgkill", "memfd_create", "process_vm_readv", "sendfile",
		"connect", "prctl", "mmap", "openat2", "seccomp" };
	const char *name;
	size_t i, k;

	for (i = 0; (name = worker_seccomp_call(i)) != NULL; i++)
		for (k = 0; k < sizeof(needed) / sizeof(needed[0]); k++)
			ck_assert_str_ne(name, needed[k]);
}
END_TEST

START_TEST(any_mount_may_allow)
{
	ck_assert(worker_seccomp_is_allowed(settings, "acct"));
	ck_assert(worker_seccomp_is_allowed(settings, "keyctl"));
	ck_assert(!worker_seccomp_is_allowed(settings, "key"));
	ck_assert(!worker_seccomp_is_allowed(settings, "execve"));
}
END_TEST

START_TEST(words_say_what_holds)
{
	worker_seccomp_describe(settings, &words);
	ck_assert_ptr_nonnull(strstr(words.data, " system calls are refused"));
	ck_assert_ptr_nonnull(strstr(words.data, ", keyctl is not"));
	ck_assert_ptr_nonnull(strstr(words.data, ", acct is not"));
	buffer_clear(&words);
	settings->seccomp = false;
	worker_seccomp_describe(settings, &words);
	ck_assert_str_eq(words.data, "seccomp is off");
}
END_TEST

/* Errno of each, in a process with the filter; the exit code says which is
 * not as it should be. */
static int
try_calls(void)
{
	struct ipc_denials denials;
	uint64_t denied = 0;
	struct error error;

	memset(&denials, 0, sizeof(denials));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    worker_crash_install_denied(&denials, &denied, &error) == -1 ||
	    worker_seccomp_apply(settings, &error) == -1)
		return 1;
	if (syscall(SYS_execve, "/nowhere", NULL, NULL) != -1 ||
	    errno != EPERM || denied != 1)
		return 2;
	if (syscall(SYS_unshare, 0) != -1 || errno != EPERM || denied != 2)
		return 3;
	if (syscall(SYS_keyctl, -1) != -1 || errno != EOPNOTSUPP)
		return 4;
	if (denials.used != 2 || denials.list[0].number != SYS_execve ||
	    denials.list[1].number != SYS_unshare)
		return 5;
	return syscall(SYS_getpid) == getpid() ? 0 : 6;
}

START_TEST(a_filter_refuses_and_goes_on)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(try_calls());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("worker_seccomp");
	TCase *tests = tcase_create("seccomp");

	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == -1)
		return SKIPPED;
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, calls_stand_once_and_are_known);
	tcase_add_test(tests, what_is_needed_is_not_refused);
	tcase_add_test(tests, any_mount_may_allow);
	tcase_add_test(tests, words_say_what_holds);
	tcase_add_test(tests, a_filter_refuses_and_goes_on);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
