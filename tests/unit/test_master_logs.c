/* SPDX-License-Identifier: ISC */
#include <sys/stat.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/base_memory.h"
#include "master/master_private.h"
#include "test_unit.h"

static char directory[] = "/tmp/cohort-test-XXXXXX";
static char nothing[] = "", errors[] = "stderr";
static char *path;
static struct master_logs logs;
static struct error error;

static void
set_up(void)
{
	ck_assert_ptr_nonnull(mkdtemp(directory));
	path = memory_format("%s/log", directory);
}

static void
tear_down(void)
{
	master_logs_close(&logs);
	unlink(path);
	rmdir(directory);
	memory_free(path);
}

START_TEST(a_file_is_made)
{
	struct settings settings = { .error_log = path, .access_log = nothing };
	struct stat status;

	ck_assert_int_eq(master_logs_open(&logs, &settings, &error), 0);
	ck_assert_int_ne(logs.error_log, -1);
	ck_assert_int_eq(logs.access_log, -1);
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_int_eq(status.st_mode & 0777 & ~0640, 0);
}
END_TEST

/* It would never end, and the master with it. */
START_TEST(a_pipe_without_a_reader_is_not_waited_for)
{
	struct settings settings = { .error_log = errors, .access_log = path };

	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(master_logs_open(&logs, &settings, &error), -1);
	ck_assert_int_eq(error.number, ENXIO);
	ck_assert_int_eq(logs.error_log, -1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("master_logs");
	TCase *tests = tcase_create("logs");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_file_is_made);
	tcase_add_test(tests, a_pipe_without_a_reader_is_not_waited_for);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
