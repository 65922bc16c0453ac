/* SPDX-License-Identifier: ISC */
/*
 * Whether a crash leaves a core, and where.  Where the kernel gives cores to
 * a program, or puts them elsewhere, only the record tells.
 */
#include <sys/resource.h>
#include <sys/stat.h>

#include <dirent.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test_crash.h"
#include "test_unit.h"

static const struct {
	struct test_crash_kind kind;
	struct test_crash_place place;
} crashes[] = {
	{ { "null", "SIGSEGV" }, { "/crash", 500, false } },
	{ { "abort", "SIGABRT" }, { "/later", 500, false } },
	{ { "overflow", "SIGSEGV" }, { "/crash", 500, false } },
	{ { "divide", "SIGFPE" }, { "/job", 500, false } },
	{ { "raise", "SIGSEGV" }, { "/crash", 500, false } },
	{ { "loop", "SIGABRT" }, { "/crash", 500, false } },
};

#define CRASHES (sizeof(crashes) / sizeof(crashes[0]))

static bool
has_plain_cores(void)
{
	char *pattern = test_file_read("/proc/sys/kernel/core_pattern", NULL);
	bool is_plain = pattern[0] != '|' && strchr(pattern, '/') == NULL;

	free(pattern);
	return is_plain;
}

static bool
may_have_cores(void)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_CORE, &limit), 0);
	return limit.rlim_max == RLIM_INFINITY;
}

/* So that only the daemon's own will is in the way of a core. */
static void
allow_cores(void *context)
{
	struct rlimit limit;

	getrlimit(RLIMIT_CORE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_CORE, &limit);
}

static struct test_daemon *
start(const char *core_dumps)
{
	struct test_daemon *daemon = test_daemon_new();

	test_daemon_prepare(daemon, allow_cores, NULL);
	test_daemon_configure(daemon,
	    "workers = 1\nquarantine = off\nhang_warn = \"0s\"\n"
	    "hang_timeout = \"300ms\"\ncore_dumps = %s\n"
	    "core_directory = \"@/cores\"\n" TEST_SERVE_MODULE,
	    core_dumps, test_daemon_module(daemon, "module_crash"));
	test_daemon_expect(daemon, " info: a worker starts");
	test_daemon_expect(daemon, ": ended");
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	return daemon;
}

static void
crash(struct test_daemon *daemon, size_t which)
{
	struct test_client client;

	test_client_connect(&client, test_daemon_port(daemon));
	test_crash_make(
	    daemon, &client, &crashes[which].place, &crashes[which].kind, 0);
}

/* ---- the file ---- */

static void
check_core(const char *path)
{
	Elf64_Ehdr head;
	FILE *file = fopen(path, "r");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fread(&head, sizeof(head), 1, file), 1);
	fclose(file);
	ck_assert_int_eq(memcmp(head.e_ident, ELFMAG, SELFMAG), 0);
	ck_assert_int_eq(head.e_type, ET_CORE);
}

/* Removes what is in the directory, all of it cores; how many. */
static unsigned
take_cores(struct test_daemon *daemon)
{
	char directory[256], path[600];
	struct dirent *entry;
	unsigned count = 0;
	DIR *stream;

	snprintf(directory, sizeof(directory), "%s",
	    test_daemon_path(daemon, "cores"));
	stream = opendir(directory);
	if (stream == NULL)
		return 0;
	while ((entry = readdir(stream)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		check_core(path);
		ck_assert_int_eq(unlink(path), 0);
		count++;
	}
	closedir(stream);
	return count;
}

START_TEST(on_each_crash_leaves_one)
{
	struct test_daemon *daemon = start("on");
	unsigned i;

	if (may_have_cores() && !test_crash_is_sanitized(daemon)) {
		for (i = 0; i < CRASHES; i++) {
			crash(daemon, i);
			ck_assert_uint_eq(
			    test_daemon_count(daemon, ", core dumped"), i + 1);
			if (has_plain_cores())
				ck_assert_uint_eq(take_cores(daemon), 1);
		}
	}
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(off_none_does)
{
	struct test_daemon *daemon = start("off");
	struct stat status;
	size_t i;

	for (i = 0; i < CRASHES; i++)
		crash(daemon, i);
	ck_assert_uint_eq(test_daemon_count(daemon, "core dumped"), 0);
	ck_assert_int_eq(stat(test_daemon_path(daemon, "cores"), &status), -1);
	test_daemon_stop(&daemon);
}
END_TEST

/* Of the workers' user, and nobody else looks into cores. */
START_TEST(its_directory_is_made)
{
	struct test_daemon *daemon = start("on");
	struct test_client client;
	struct stat status, worker;
	char path[64];

	test_client_connect(&client, test_daemon_port(daemon));
	snprintf(
	    path, sizeof(path), "/proc/%d/task", (int)test_client_pid(&client));
	ck_assert_int_eq(stat(path, &worker), 0);
	ck_assert_int_eq(stat(test_daemon_path(daemon, "cores"), &status), 0);
	ck_assert(S_ISDIR(status.st_mode));
	ck_assert_int_eq(status.st_uid, worker.st_uid);
	ck_assert_int_eq(status.st_mode & 07, 0);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("core");
	TCase *tcase = tcase_create("core");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, on_each_crash_leaves_one);
	tcase_add_test(tcase, off_none_does);
	tcase_add_test(tcase, its_directory_is_made);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
