/* SPDX-License-Identifier: ISC */
/*
 * The test program looks for itself, by what it might have been called.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base_memory.h"
#include "base/base_program.h"
#include "test_unit.h"

static char running[PATH_MAX], directory[64], link_path[96];

static void
set_up(void)
{
	ssize_t size = readlink("/proc/self/exe", running, sizeof(running) - 1);

	ck_assert_int_gt(size, 0);
	running[size] = '\0';
	strcpy(directory, "/tmp/cohort-program.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(link_path, sizeof(link_path), "%s/link", directory);
	ck_assert_int_eq(symlink(running, link_path), 0);
}

static void
tear_down(void)
{
	ck_assert_int_eq(unlink(link_path), 0);
	ck_assert_int_eq(rmdir(directory), 0);
}

static void
expect(const char *word, const char *from, const char *wanted)
{
	char *found = program_find(word, from);

	ck_assert_pstr_eq(found, wanted);
	memory_free(found);
}

START_TEST(it_is_found_as_it_was_called)
{
	char found[160];

	expect(link_path, NULL, link_path);
	snprintf(found, sizeof(found), "%s/./link", directory);
	expect("./link", directory, found);
	setenv("PATH", "/nowhere:/bin", 1);
	expect("link", directory, running);
	snprintf(found, sizeof(found), "/nowhere:%s", directory);
	setenv("PATH", found, 1);
	expect("link", "/", link_path);
	setenv("PATH", "/nowhere:", 1);
	snprintf(found, sizeof(found), "%s/link", directory);
	expect("link", directory, found);
}
END_TEST

/* What was called is something else, or nothing. */
START_TEST(else_it_is_what_runs)
{
	expect("/bin/sh", NULL, running);
	expect("/nowhere", NULL, running);
	expect("./nowhere", "/", running);
	expect("./link", NULL, running);
	expect("", directory, running);
	expect(NULL, NULL, running);
	unsetenv("PATH");
	expect("link", directory, running);
}
END_TEST

static Suite *
program_suite(void)
{
	Suite *suite = suite_create("base_program");
	TCase *tcase = tcase_create("program");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, it_is_found_as_it_was_called);
	tcase_add_test(tcase, else_it_is_what_runs);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return test_run(program_suite());
}
