/* SPDX-License-Identifier: ISC */
#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base_fd.h"
#include "base/base_log.h"
#include "base/base_memory.h"
#include "test_unit.h"
#include "worker/worker_sandbox.h"

static struct settings *settings;
static char directory[64];
static char *path;
static int fd;

static void
set_up(void)
{
	strcpy(directory, "/tmp/cohort-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	settings = settings_new();
	memory_free(settings->http.body_directory);
	settings->http.body_directory = memory_copy_text(directory);
	fd = -1;
}

static void
tear_down(void)
{
	char command[128];

	fd_close(&fd);
	memory_free(path);
	settings_free(&settings);
	snprintf(command, sizeof(command), "rm -rf '%s'", directory);
	ck_assert_int_eq(system(command), 0);
}

/* For a test of what somebody else has put there. */
static const char *
place(void)
{
	static char text[128];
	char *spool = settings_spool(&settings->http);

	snprintf(text, sizeof(text), "%s", spool);
	memory_free(spool);
	return text;
}

START_TEST(it_is_made_for_its_user_alone)
{
	struct stat status;

	fd = worker_spool_open(settings, &path);
	ck_assert_int_ne(fd, -1);
	ck_assert_str_eq(path, place());
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert(S_ISDIR(status.st_mode));
	ck_assert_uint_eq(status.st_mode & 07777, 0700);
	fd_close(&fd);
	memory_free(path);
	fd = worker_spool_open(settings, &path);
	ck_assert_int_ne(fd, -1);
}
END_TEST

static void
put_file(void)
{
	close(open(place(), O_WRONLY | O_CREAT, 0600));
}

static void
put_link(void)
{
	ck_assert_int_eq(symlink("/tmp", place()), 0);
}

static void
put_open_directory(void)
{
	ck_assert_int_eq(mkdir(place(), 0700), 0);
	ck_assert_int_eq(chmod(place(), 0777), 0);
}

static void
put_foreign_directory(void)
{
	ck_assert_int_eq(mkdir(place(), 0700), 0);
	if (geteuid() != 0)
		put_open_directory();
	else
		ck_assert_int_eq(chown(place(), 1, 1), 0);
}

static void
remove_all(void)
{
	ck_assert_int_eq(rmdir(directory), 0);
}

static void (*const obstacles[])(void) = { put_file, put_link,
	put_open_directory, put_foreign_directory, remove_all };

START_TEST(nothing_else_is_taken)
{
	obstacles[_i]();
	fd = worker_spool_open(settings, &path);
	ck_assert_int_eq(fd, -1);
	ck_assert_ptr_null(path);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("worker_spool");
	TCase *tests = tcase_create("spool");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, it_is_made_for_its_user_alone);
	tcase_add_loop_test(tests, nothing_else_is_taken, 0,
	    sizeof(obstacles) / sizeof(obstacles[0]));
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
