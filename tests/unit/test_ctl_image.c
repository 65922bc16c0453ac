/* SPDX-License-Identifier: ISC */
#include <stdint.h>

#include "ctl/ctl_image.h"
#include "test_unit.h"

START_TEST(what_is_no_build_of_anything)
{
	static const char *const paths[] = { "/proc/self/exe", "/dev/null",
		"/dev/zero", "/tmp", "/nowhere", "" };
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		ck_assert(!ctl_image_is_build(paths[i], "00ab7f"));
		ck_assert(!ctl_image_is_build(paths[i], ""));
	}
}
END_TEST

/* What the linker says of this program is on a page of its own. */
START_TEST(first_addresses)
{
	uint64_t address = 1;

	ck_assert_int_eq(
	    ctl_image_first_address("/proc/self/exe", &address), 0);
	ck_assert_uint_eq(address & 0xfff, 0);
	ck_assert_int_eq(ctl_image_first_address("/dev/null", &address), -1);
	ck_assert_int_eq(ctl_image_first_address("/tmp", &address), -1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ctl_image");
	TCase *tcase = tcase_create("ctl_image");

	tcase_add_test(tcase, what_is_no_build_of_anything);
	tcase_add_test(tcase, first_addresses);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
