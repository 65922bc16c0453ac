/* SPDX-License-Identifier: ISC */
/*
 * cohortctl gdb on a core that a worker left: the handler's frame with file
 * and line, whatever became of the module and of the daemon.
 *
 * Without gdb, or where the kernel gives cores to a program of its own,
 * there is nothing to be looked at.
 */
#include <sys/resource.h>
#include <sys/wait.h>

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test_client.h"
#include "test_daemon.h"
#include "test_unit.h"

#define SKIPPED   77
#define PATH_ROOM 512

/* Asked before any test runs: nothing here may assert. */
static bool
is_possible(void)
{
	FILE *file = fopen("/proc/sys/kernel/core_pattern", "r");
	char pattern[256] = "|";

	if (file == NULL)
		return false;
	if (fgets(pattern, sizeof(pattern), file) == NULL)
		pattern[0] = '|';
	fclose(file);
	return pattern[0] != '|' && strchr(pattern, '/') == NULL &&
	    system("gdb --version >/dev/null 2>&1") == 0;
}

static void
allow_cores(void *context)
{
	struct rlimit limit;

	getrlimit(RLIMIT_CORE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_CORE, &limit);
}

/* The first file of directory, unless it is still being made. */
static bool
find_file(const char *directory, char path_r[PATH_ROOM])
{
	DIR *entries = opendir(directory);
	bool is_found = false;
	struct dirent *entry;

	while (entries != NULL && !is_found &&
	    (entry = readdir(entries)) != NULL) {
		if (entry->d_name[0] == '.' ||
		    strstr(entry->d_name, ".new") != NULL)
			continue;
		snprintf(path_r, PATH_ROOM, "%s/%s", directory, entry->d_name);
		is_found = true;
	}
	if (entries != NULL)
		closedir(entries);
	return is_found;
}

static void
wait_for_file(const char *directory, char path_r[PATH_ROOM])
{
	long long end = test_now_ms() + TEST_DEADLINE_MS;

	while (!find_file(directory, path_r)) {
		ck_assert_msg(test_now_ms() < end, "no file in %s", directory);
		test_pause();
	}
}

/* A daemon that may leave cores, and its module's path. */
static struct test_daemon *
start(char module_r[PATH_ROOM])
{
	struct test_daemon *daemon = test_daemon_new();

	snprintf(module_r, PATH_ROOM, "%s",
	    test_daemon_module(daemon, "module_test"));
	test_daemon_configure(daemon,
	    "workers = 1\ncontrol_socket = \"@/control\"\n"
	    "state_directory = \"@/state\"\n"
	    "core_dumps = on\ncore_directory = \"@/cores\"\n" TEST_SERVE_MODULE,
	    module_r);
	test_daemon_prepare(daemon, allow_cores, NULL);
	test_daemon_expect(daemon, " info: a worker starts");
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	return daemon;
}

static void
crash(struct test_daemon *daemon, char core_r[PATH_ROOM])
{
	struct test_client client;
	const char *line;

	test_client_connect(&client, test_daemon_port(daemon));
	test_client_send_text(
	    &client, "GET /segfault HTTP/1.1\r\nHost: a\r\n\r\n");
	line = test_daemon_wait(daemon, "was killed by SIGSEGV");
	ck_assert_msg(strstr(line, "core dumped") != NULL, "%s", line);
	test_client_close(&client);
	wait_for_file(test_daemon_path(daemon, "cores"), core_r);
}

/* A daemon with a worker that crashed, its core, and the module's path. */
static struct test_daemon *
start_and_crash(char core_r[PATH_ROOM], char module_r[PATH_ROOM])
{
	struct test_daemon *daemon = start(module_r);

	crash(daemon, core_r);
	return daemon;
}

/* Another file of the module's name; the daemon has kept the first. */
static void
replace_module(struct test_daemon *daemon, const char *path)
{
	char other[PATH_ROOM], copy[PATH_ROOM];

	wait_for_file(test_daemon_path(daemon, "state/modules"), copy);
	snprintf(other, sizeof(other), "%s",
	    test_daemon_module(daemon, "module_bad"));
	ck_assert_int_eq(rename(other, path), 0);
}

static void
run_gdb(struct test_daemon *daemon, const char *core,
    void (*prepare)(void *context), struct test_output *output_r)
{
	char conf[PATH_ROOM];
	const char *const arguments[] = { "./cohortctl", "-c", conf, "gdb",
		core, "--", "-batch", "-nx", "-ex", "bt", NULL };

	snprintf(conf, sizeof(conf), "%s", test_daemon_path(daemon, "conf"));
	test_run_command(arguments, prepare, NULL, output_r);
}

/* The handler's frame, with its file and line, and the request. */
static void
expect_frame(struct test_daemon *daemon, const char *core)
{
	struct test_output output;
	const char *frame;

	run_gdb(daemon, core, NULL, &output);
	ck_assert_msg(output.status == 0, "%s", output.text);
	frame = strstr(output.text, " segfault (");
	ck_assert_msg(frame != NULL, "%s", output.text);
	frame = strstr(frame, "module_test.c:");
	ck_assert_msg(frame != NULL, "%s", output.text);
	ck_assert_msg(
	    strstr(output.text, ": crash 1, SIGSEGV, GET /segfault\n") != NULL,
	    "%s", output.text);
	/* What is below is there too. */
	ck_assert_msg(
	    strstr(frame, " worker_run (") != NULL, "%s", output.text);
	test_output_free(&output);
}

START_TEST(of_a_module_as_it_was)
{
	char core[PATH_ROOM], module[PATH_ROOM];
	struct test_daemon *daemon = start_and_crash(core, module);

	expect_frame(daemon, core);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(of_a_module_that_was_replaced)
{
	char core[PATH_ROOM], module[PATH_ROOM];
	struct test_daemon *daemon = start_and_crash(core, module);

	replace_module(daemon, module);
	expect_frame(daemon, core);
	test_daemon_stop(&daemon);
}
END_TEST

/* The same file with other bytes: what the worker ran is nowhere but in the
 * daemon's memory. */
START_TEST(of_a_module_that_was_overwritten_before)
{
	char core[PATH_ROOM], module[PATH_ROOM], other[PATH_ROOM], *data;
	struct test_daemon *daemon = start(module);
	FILE *file = fopen(module, "w");
	size_t size;

	snprintf(other, sizeof(other), "%s",
	    test_daemon_module(daemon, "module_bad"));
	data = test_file_read(other, &size);
	ck_assert_uint_eq(fwrite(data, 1, size, file), size);
	ck_assert_int_eq(fclose(file), 0);
	free(data);
	crash(daemon, core);
	wait_for_file(test_daemon_path(daemon, "state/modules"), other);
	expect_frame(daemon, core);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(of_a_module_that_was_removed_when_no_daemon_runs)
{
	char core[PATH_ROOM], module[PATH_ROOM];
	struct test_daemon *daemon = start_and_crash(core, module);

	replace_module(daemon, module);
	ck_assert_int_eq(unlink(module), 0);
	test_daemon_signal(daemon, SIGTERM);
	ck_assert_int_eq(test_daemon_wait_exit(daemon), 0);
	expect_frame(daemon, core);
	test_daemon_stop(&daemon);
}
END_TEST

static void
hide_gdb(void *context)
{
	setenv("PATH", "/nowhere", 1);
}

START_TEST(without_gdb)
{
	char core[PATH_ROOM], module[PATH_ROOM];
	struct test_daemon *daemon = start_and_crash(core, module);
	struct test_output output;

	run_gdb(daemon, core, hide_gdb, &output);
	ck_assert_int_eq(WEXITSTATUS(output.status), 1);
	ck_assert_msg(
	    strstr(output.text, "is it installed?") != NULL, "%s", output.text);
	test_output_free(&output);
	run_gdb(daemon, module, NULL, &output);
	ck_assert_int_eq(WEXITSTATUS(output.status), 1);
	ck_assert_msg(
	    strstr(output.text, "is no core") != NULL, "%s", output.text);
	test_output_free(&output);
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tcase;

	if (!is_possible()) {
		fprintf(stderr,
		    "skipped: no gdb here, or core_pattern is no file's "
		    "name\n");
		return SKIPPED;
	}
	suite = suite_create("gdb");
	tcase = tcase_create("gdb");
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, of_a_module_as_it_was);
	tcase_add_test(tcase, of_a_module_that_was_replaced);
	tcase_add_test(tcase, of_a_module_that_was_overwritten_before);
	tcase_add_test(tcase, of_a_module_that_was_removed_when_no_daemon_runs);
	tcase_add_test(tcase, without_gdb);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
