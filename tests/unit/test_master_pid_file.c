/* SPDX-License-Identifier: ISC */
#include <sys/file.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/base_fd.h"
#include "base/base_memory.h"
#include "master/master_private.h"
#include "test_unit.h"

static char directory[] = "/tmp/cohort-test-XXXXXX";
static char *path, *lock_path;
static struct master master;
static struct error error;

static void
set_up(void)
{
	ck_assert_ptr_nonnull(mkdtemp(directory));
	path = memory_format("%s/pid", directory);
	lock_path = memory_format("%s.lock", path);
	master = (struct master) { .magic = MASTER_MAGIC, .pid_lock = -1 };
}

static void
tear_down(void)
{
	master_pid_file_remove(&master);
	unlink(path);
	unlink(lock_path);
	rmdir(directory);
	memory_free(path);
	memory_free(lock_path);
}

static void
write_stale(void)
{
	FILE *file = fopen(path, "we");

	ck_assert_ptr_nonnull(file);
	fprintf(file, "4711\n");
	fclose(file);
}

START_TEST(the_running_one_is_found)
{
	pid_t pid = 0;

	ck_assert_int_eq(master_pid_file_lock(&master, path, &error), 0);
	ck_assert_int_eq(master_pid_file_write(&master, &error), 0);
	ck_assert_int_eq(master_pid_file_find(path, &pid, &error), 0);
	ck_assert_int_eq(pid, getpid());
}
END_TEST

START_TEST(a_stale_pid_is_nobody)
{
	pid_t pid = 0;

	ck_assert_int_eq(master_pid_file_lock(&master, path, &error), 0);
	master_pid_file_remove(&master);
	write_stale();
	ck_assert_int_eq(master_pid_file_find(path, &pid, &error), -1);
	ck_assert_int_eq(pid, 0);
}
END_TEST

START_TEST(a_starting_one_does_not_lend_its_lock_to_a_stale_pid)
{
	pid_t pid = 0;

	write_stale();
	ck_assert_int_eq(master_pid_file_lock(&master, path, &error), 0);
	ck_assert_int_eq(master_pid_file_find(path, &pid, &error), -1);
	ck_assert_int_eq(pid, 0);
}
END_TEST

START_TEST(two_who_ask_do_not_find_each_other)
{
	pid_t pid = 0;
	int other;

	write_stale();
	other = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_eq(flock(other, LOCK_SH | LOCK_NB), 0);
	ck_assert_int_eq(master_pid_file_find(path, &pid, &error), -1);
	ck_assert_int_eq(pid, 0);
	close(other);
}
END_TEST

START_TEST(nobody_else_can_hold_the_lock)
{
	struct stat status;

	ck_assert_int_eq(master_pid_file_lock(&master, path, &error), 0);
	ck_assert_int_eq(stat(lock_path, &status), 0);
	ck_assert_int_eq(status.st_mode & 0777, 0600);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("master_pid_file");
	TCase *tests = tcase_create("pid_file");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, the_running_one_is_found);
	tcase_add_test(tests, a_stale_pid_is_nobody);
	tcase_add_test(
	    tests, a_starting_one_does_not_lend_its_lock_to_a_stale_pid);
	tcase_add_test(tests, two_who_ask_do_not_find_each_other);
	tcase_add_test(tests, nobody_else_can_hold_the_lock);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
