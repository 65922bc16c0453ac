/* SPDX-License-Identifier: ISC */
#include <linux/audit.h>

#include <sys/syscall.h>

#include <seccomp.h>

#include "base/base_system_call.h"
#include "test_unit.h"

static void
expect_name(uint32_t architecture, uint32_t number, const char *expected)
{
	char storage[128];
	struct buffer words;

	buffer_init_fixed(&words, storage, sizeof(storage));
	system_call_name(architecture, number, &words);
	ck_assert_str_eq(storage, expected);
}

START_TEST(names_are_known_or_not)
{
	ck_assert(system_call_is_known("execve"));
	ck_assert(system_call_is_known("umount"));
	ck_assert(!system_call_is_known("execute"));
	ck_assert(!system_call_is_known(""));
	ck_assert(!system_call_is_known("59"));
}
END_TEST

START_TEST(a_number_has_the_name_of_its_architecture)
{
	uint32_t native = seccomp_arch_native();

	expect_name(native, SYS_execve, "execve");
	expect_name(native, 0x40000000u + 520, "system call 1073742344");
	expect_name(native, UINT32_MAX, "system call 4294967295");
}
END_TEST

START_TEST(a_foreign_architecture_is_told)
{
	expect_name(AUDIT_ARCH_I386, 11, "execve of architecture 0x40000003");
	expect_name(1, 11, "system call 11 of architecture 0x1");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("base_system_call");
	TCase *tests = tcase_create("system calls");

	tcase_add_test(tests, names_are_known_or_not);
	tcase_add_test(tests, a_number_has_the_name_of_its_architecture);
	tcase_add_test(tests, a_foreign_architecture_is_told);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
