/* SPDX-License-Identifier: ISC */
#include "base/base_error.h"
#include "ipc/ipc_exit.h"
#include "test_unit.h"

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

static const struct {
	enum error_kind kind;
	int code;
} kinds[] = {
	{ ERROR_NONE, 0 },
	{ ERROR_RUNTIME, 1 },
	{ ERROR_CONFIG, 78 },
	{ ERROR_SYSTEM, 71 },
};

START_TEST(kind_has_code)
{
	const struct error error = { .kind = kinds[_i].kind };

	ck_assert_int_eq(ipc_exit_for(&error), kinds[_i].code);
}
END_TEST

static const struct {
	int code;
	const char *text;
} codes[] = {
	{ 0, "fine" },
	{ 1, "failed at run time" },
	{ 2, "wrong command line" },
	{ 70, "worker: the application cannot load (EX_SOFTWARE)" },
	{ 78, "wrong configuration (EX_CONFIG)" },
	{ 3, "unknown exit code" },
	{ -1, "unknown exit code" },
	{ 255, "unknown exit code" },
};

START_TEST(code_has_words)
{
	ck_assert_str_eq(ipc_exit_text(codes[_i].code), codes[_i].text);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ipc_exit");
	TCase *tests = tcase_create("exit");

	tcase_add_loop_test(tests, kind_has_code, 0, ROWS(kinds));
	tcase_add_loop_test(tests, code_has_words, 0, ROWS(codes));
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
