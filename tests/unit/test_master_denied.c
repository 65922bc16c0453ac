/* SPDX-License-Identifier: ISC */
/*
 * Which refusals are logged: what a worker says is gossip, and the log has an
 * end.
 */
#include <sys/syscall.h>

#include <fcntl.h>
#include <seccomp.h>

#include "ipc/ipc_process.h"
#include "test_master_setup.h"
#include "test_unit.h"

static struct master_cohort *cohort;
static struct master_worker *worker;
static int channel;
static struct ipc_current current;
static int lines[2];

static void
set_up(void)
{
	struct settings *settings = test_settings();
	struct settings_host *host = settings_add_host(settings, "*");
	struct settings_mount *mount;

	mount = settings_add_mount(settings, host, 0, "/", "test");
	mount->service = SETTINGS_SERVICE_MODULE;
	mount->module = memory_copy_text("/proc/self/exe");
	test_master_open();
	cohort = test_serving(settings);
	worker = test_serving_worker(cohort, 0, &channel);
	memset(&current, 0, sizeof(current));
	current.running = 1;
	current.exchange_id = 1;
	current.mount = 1;
	current.method_size = 3;
	memcpy(current.method, "GET", 3);
	current.target_size = 3;
	current.target_length = 3;
	memcpy(current.target, "/\n!", 3);
	ck_assert_int_eq(pipe2(lines, O_CLOEXEC | O_NONBLOCK), 0);
	log_open("test", LOG_TARGET_FILE, lines[1], LOG_LEVEL_INFO);
}

static void
tear_down(void)
{
	log_open("test", LOG_TARGET_STDERR, -1, LOG_LEVEL_INFO);
	close(lines[0]);
	close(lines[1]);
	master_worker_free(&worker);
	fd_close(&channel);
	master.current = NULL;
	master_cohort_free(&cohort);
	test_master_close();
}

/* What was logged since; static until the next call. */
static const char *
logged(void)
{
	static char text[65536];
	ssize_t size = read(lines[0], text, sizeof(text) - 1);

	text[size > 0 ? size : 0] = '\0';
	return text;
}

static void
deny(uint32_t number)
{
	int index = ipc_denial_note(
	    &worker->process->denials, seccomp_arch_native(), number, &current);

	ck_assert_int_ge(index, 0);
	master_denied_on_denied(worker, (uint64_t)index);
}

/* The same process again, as its successor would say it. */
static void
forget(void)
{
	memset(&worker->process->denials, 0, sizeof(worker->process->denials));
}

START_TEST(a_kind_is_logged_once)
{
	const char *line;

	deny(SYS_execve);
	line = logged();
	ck_assert_ptr_nonnull(strstr(line,
	    "was refused the system call execve, by request "
	    "0000000000000001 \"GET /\\x0a!\""));
	ck_assert_ptr_nonnull(strstr(line, "module /proc/self/exe"));
	forget();
	deny(SYS_execve);
	ck_assert_str_eq(logged(), "");
	strcpy(current.route, "/other");
	deny(SYS_execve);
	ck_assert_ptr_nonnull(strstr(logged(), "route /other"));
	ck_assert_uint_eq(worker->nonsense, 0);
}
END_TEST

START_TEST(the_log_has_an_end)
{
	uint32_t number;

	for (number = 0; number < MASTER_DENIED_MAX; number++) {
		forget();
		deny(number);
		ck_assert_ptr_nonnull(strstr(logged(), "was refused"));
	}
	forget();
	deny(number);
	ck_assert_str_eq(logged(), "");
	ck_assert(cohort->denied.is_full);
}
END_TEST

START_TEST(what_was_not_refused_is_nonsense)
{
	master_denied_on_denied(worker, 0);
	master_denied_on_denied(worker, IPC_DENIALS_MAX);
	master_denied_on_denied(worker, UINT64_MAX);
	ck_assert_uint_eq(worker->nonsense, 3);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("master_denied");
	TCase *tests = tcase_create("denied");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_kind_is_logged_once);
	tcase_add_test(tests, the_log_has_an_end);
	tcase_add_test(tests, what_was_not_refused_is_nonsense);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
