/* SPDX-License-Identifier: ISC */
#include "test_unit.h"

#include <string.h>

#include "http1/h1_fault.h"

START_TEST(test_faults)
{
	int i;

	for (i = H1_FAULT_NONE + 1; i < H1_FAULT_COUNT; i++) {
		ck_assert_int_ge(h1_fault_status(i), 400);
		ck_assert_int_lt(h1_fault_status(i), 600);
		ck_assert_int_eq(strncmp(h1_fault_section(i), "RFC ", 4), 0);
		ck_assert_uint_gt(strlen(h1_fault_text(i)), 0);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("h1_fault");
	TCase *tcase = tcase_create("all");

	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, test_faults);
	return test_run(suite);
}
