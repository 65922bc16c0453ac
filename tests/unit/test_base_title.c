/* SPDX-License-Identifier: ISC */
/*
 * Each test calls title_init in a child of its own: with the arguments that
 * the kernel laid out, or with some that the test did.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base_memory.h"
#include "base/base_title.h"
#include "test_unit.h"

static int real_argc;
static char **real_argv;

static void
check_command_line(const char *expected)
{
	char text[8192];
	int fd = open("/proc/self/cmdline", O_RDONLY);
	ssize_t size = read(fd, text, sizeof(text) - 1);

	ck_assert_int_ge(size, 0);
	text[size] = '\0';
	ck_assert_str_eq(text, expected);
	close(fd);
}

START_TEST(title_is_the_command_line)
{
	title_init(real_argc, real_argv);
	title_set("worker %d", 3);
	check_command_line("cohortd: worker 3");
	title_set("%s", "a worker with more words than before");
	check_command_line("cohortd: a worker with more words than before");
	title_set("x");
	check_command_line("cohortd: x");
}
END_TEST

START_TEST(arguments_and_environment_survive)
{
	char *name = memory_copy_text(real_argv[0]), *variables[1000];
	size_t i, count;

	for (count = 0; environ[count] != NULL && count < 1000; count++)
		variables[count] = memory_copy_text(environ[count]);
	title_init(real_argc, real_argv);
	title_set("%9000s", "x");
	ck_assert_str_eq(real_argv[0], name);
	ck_assert_str_eq(program_invocation_name, name);
	ck_assert_ptr_nonnull(strstr(name, program_invocation_short_name));
	for (i = 0; i < count; i++) {
		ck_assert_str_eq(environ[i], variables[i]);
		memory_free(variables[i]);
	}
	memory_free(name);
}
END_TEST

#define AREA "cohortd\0-f\0A=1\0PATH=/bin"

static char area[] = AREA "\0#B=elsewhere\0C=3";
static char *own_argv[] = { area, area + 8, NULL };
static char *own_environ[] = { area + 11, area + 15, area + 26, NULL };

/* B stands behind a gap: what is in the gap is not ours to overwrite. */
START_TEST(only_what_follows_without_a_gap_is_overwritten)
{
	environ = own_environ;
	title_init(2, own_argv);
	title_set("%s", "0123456789abcdefghi");
	ck_assert_str_eq(area, "cohortd: 0123456789abcde");
	ck_assert_uint_eq(strlen(area), sizeof(AREA) - 1);
	ck_assert_str_eq(area + sizeof(AREA), "#B=elsewhere");
	ck_assert_str_eq(own_argv[0], "cohortd");
	ck_assert_str_eq(own_argv[1], "-f");
	ck_assert_str_eq(getenv("A"), "1");
	ck_assert_str_eq(getenv("PATH"), "/bin");
	ck_assert_ptr_eq(own_environ[2], area + 26);
	title_set("x");
	ck_assert_mem_eq(
	    area, "cohortd: x\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", sizeof(AREA));
}
END_TEST

START_TEST(without_init_nothing_happens)
{
	char *name = memory_copy_text(real_argv[0]);

	title_set("words");
	ck_assert_str_eq(real_argv[0], name);
	title_init(0, real_argv);
	title_set("words");
	ck_assert_str_eq(real_argv[0], name);
	memory_free(name);
}
END_TEST

int
main(int argc, char **argv)
{
	Suite *suite = suite_create("base_title");
	TCase *tcase = tcase_create("title");

	real_argc = argc;
	real_argv = argv;
	tcase_add_test(tcase, title_is_the_command_line);
	tcase_add_test(tcase, arguments_and_environment_survive);
	tcase_add_test(tcase, only_what_follows_without_a_gap_is_overwritten);
	tcase_add_test(tcase, without_init_nothing_happens);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
