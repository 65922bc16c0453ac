/* SPDX-License-Identifier: ISC */
#include "service/service_path.h"

#include <string.h>

#include "test_unit.h"

static const struct {
	const char *path, *target;
	bool plain, hidden; /* allowed so */
} paths[] = {
	{ "", "/", true, true },
	{ "a", "/a", true, true },
	{ "a/", "/a/", true, true },
	{ "a/b.c/d e", "/a/b.c/d%20e", true, true },
	{ "a..b/c.", "/a..b/c.", true, true },
	{ "%2f", "/%252f", true, true },
	{ "a", "/a?%2f", true, true },
	{ "a", "/a%2", true, true },
	{ "...", "/...", false, true },
	{ ".git/config", "/.git/config", false, true },
	{ "a/.b", "/a/%2Eb", false, true },
	{ ".", "/.", false, false },
	{ "..", "/..", false, false },
	{ "a/../b", "/a/../b", false, false },
	{ "a/./b", "/a/./b", false, false },
	{ "/a", "//a", false, false },
	{ "a//b", "/a//b", false, false },
	{ "a\\b", "/a%5cb", false, false },
	{ "a\\", "/a%5c", false, false },
	{ "a//", "/a//", false, false },
	{ "a/..", "/a/..", false, false },
	{ "..\\..\\etc", "/..%5C..%5Cetc", false, false },
	{ "a/b", "/a%2fb", false, false },
	{ "a/b", "/a%2Fb", false, false },
	{ "x/a/b", "http://h/x/a%2fb?c", false, false },
	{ "%/b", "/%%2fb", false, false },
};

START_TEST(only_plain_paths_may_be_files)
{
	struct cohort_str target = { paths[_i].target,
		strlen(paths[_i].target) };
	struct cohort_str path = { paths[_i].path, strlen(paths[_i].path) };

	ck_assert_int_eq(
	    service_path_may_be(path, target, false), paths[_i].plain);
	ck_assert_int_eq(
	    service_path_may_be(path, target, true), paths[_i].hidden);
}
END_TEST

START_TEST(names_are_judged_alone)
{
	ck_assert(service_path_name_may_be("a", 1, false));
	ck_assert(!service_path_name_may_be("", 0, true));
	ck_assert(!service_path_name_may_be("a/b", 3, true));
	ck_assert(service_path_name_may_be("a/b", 1, true));
	ck_assert(!service_path_name_may_be(".a", 2, false));
	ck_assert(service_path_name_may_be(".a", 2, true));
	ck_assert(!service_path_name_may_be("..", 2, true));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("service_path");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, only_plain_paths_may_be_files, 0,
	    sizeof(paths) / sizeof(paths[0]));
	tcase_add_test(tcase, names_are_judged_alone);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
