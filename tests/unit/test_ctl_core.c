/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "ctl/ctl_core.h"
#include "test_ctl_core.h"
#include "test_unit.h"

static char directory[] = "/tmp/cohort-test-XXXXXX";
static char path[64];

static void
set_up(void)
{
	strcpy(directory, "/tmp/cohort-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/core", directory);
}

static void
tear_down(void)
{
	unlink(path);
	rmdir(directory);
}

START_TEST(process_program_and_images)
{
	struct test_core_program program;
	struct ctl_core core;
	struct error error;
	int result;

	test_core_write(path, &program);
	result = ctl_core_read(path, &core, &error);
	ck_assert_msg(result == 0, "%s", error.text);
	ck_assert_int_eq(core.pid, TEST_CORE_PID);
	ck_assert_ptr_nonnull(core.program);
	ck_assert_str_eq(core.program, program.path);
	ck_assert_uint_eq(core.image_count, 1);
	ck_assert_uint_eq(core.images[0].begin, program.begin);
	ck_assert_str_eq(core.images[0].path, program.path);
	ck_assert_uint_eq(strlen(core.images[0].build_id), 40);
	ck_assert(ctl_image_is_build(program.path, core.images[0].build_id));
	ctl_core_fini(&core);
	ck_assert_ptr_null(core.images);
}
END_TEST

/* Wherever it was cut, or its bytes are others: it ends. */
START_TEST(a_damaged_core_harms_nobody)
{
	struct test_core_program program;
	struct ctl_core core;
	struct error error;
	char byte;
	int fd, i;

	test_core_write(path, &program);
	fd = open(path, O_RDWR | O_CLOEXEC);
	ck_assert_int_ne(fd, -1);
	for (i = 64; i < 3072; i++) {
		ck_assert_int_eq(pread(fd, &byte, 1, i), 1);
		byte = (char)~byte;
		ck_assert_int_eq(pwrite(fd, &byte, 1, i), 1);
		ctl_core_read(path, &core, &error);
		ctl_core_fini(&core);
		byte = (char)~byte;
		ck_assert_int_eq(pwrite(fd, &byte, 1, i), 1);
	}
	for (i = 6000; i >= 0; i -= 100) {
		ck_assert_int_eq(ftruncate(fd, i), 0);
		ctl_core_read(path, &core, &error);
		ctl_core_fini(&core);
	}
	ck_assert_int_eq(close(fd), 0);
}
END_TEST

START_TEST(what_is_no_core)
{
	static const char *const paths[] = { "/proc/self/exe", "/dev/null",
		"/tmp", "/nowhere/core" };
	struct ctl_core core;
	struct error error;
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		ck_assert_int_eq(ctl_core_read(paths[i], &core, &error), -1);
		ck_assert_ptr_nonnull(strstr(error.text, paths[i]));
		ck_assert_uint_eq(core.image_count, 0);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ctl_core");
	TCase *tcase = tcase_create("ctl_core");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, process_program_and_images);
	tcase_add_test(tcase, a_damaged_core_harms_nobody);
	tcase_add_test(tcase, what_is_no_core);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
