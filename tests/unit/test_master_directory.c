/* SPDX-License-Identifier: ISC */
#include "master/master_directory.h"

#include <sys/stat.h>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/base_memory.h"
#include "test_unit.h"

static char root[] = "/tmp/cohort-test-XXXXXX";
static struct error error;

static void
set_up(void)
{
	ck_assert_ptr_nonnull(mkdtemp(root));
	ck_assert_int_eq(chdir(root), 0);
}

static void
tear_down(void)
{
	unlink("file");
	rmdir("made");
	ck_assert_int_eq(chdir("/"), 0);
	rmdir(root);
}

START_TEST(it_is_made_once_and_left_alone)
{
	struct stat status;

	ck_assert_int_eq(master_directory_make("made", 0700, NULL, &error), 0);
	ck_assert_int_eq(stat("made", &status), 0);
	ck_assert_uint_eq(status.st_mode & 07777, 0700);
	ck_assert_int_eq(chmod("made", 0750), 0);
	ck_assert_int_eq(master_directory_make("made", 0700, NULL, &error), 0);
	ck_assert_int_eq(stat("made", &status), 0);
	ck_assert_uint_eq(status.st_mode & 07777, 0750);
}
END_TEST

/* To whom we may give it: ourselves, at least. */
START_TEST(it_belongs_to_whom_it_is_for)
{
	struct worker_credentials owner = {
		.user = geteuid(),
		.group = getegid(),
	};
	struct stat status;

	if (owner.user == 0)
		owner.user = owner.group = 65534;
	ck_assert_int_eq(
	    master_directory_make("made", 0700, &owner, &error), 0);
	ck_assert_int_eq(stat("made", &status), 0);
	ck_assert_uint_eq(status.st_uid, owner.user);
	ck_assert_uint_eq(status.st_gid, owner.group);
}
END_TEST

START_TEST(what_is_in_the_way_is_an_error)
{
	close(open("file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	ck_assert_int_eq(master_directory_make("file", 0700, NULL, &error), -1);
	ck_assert_int_eq(error.kind, ERROR_CONFIG);
	ck_assert_int_eq(
	    master_directory_make("no/parent", 0700, NULL, &error), -1);
	ck_assert_str_eq(error.text,
	    "mkdir no/parent: No such file or "
	    "directory");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("master_directory");
	TCase *tests = tcase_create("directory");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, it_is_made_once_and_left_alone);
	tcase_add_test(tests, it_belongs_to_whom_it_is_for);
	tcase_add_test(tests, what_is_in_the_way_is_an_error);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
