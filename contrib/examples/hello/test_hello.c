/* SPDX-License-Identifier: ISC */
/*
 * The module is linked into this program and asked without a socket; see
 * cohort/test.h.
 */
#include <cohort/test.h>

#include <check.h>
#include <stdlib.h>

static const struct {
	const char *settings, *method, *target;
	int status;
	const char *body;
} cases[] = {
	{ NULL, "GET", "/hello/world", 200, "Hello, world!\n" },
	{ NULL, "GET", "/hello/J%C3%BCrgen", 200, "Hello, J\xc3\xbcrgen!\n" },
	{ NULL, "HEAD", "/hello/world", 200, "" },
	{ "greeting = \"Good morning\"", "GET", "/hello/world", 200,
	    "Good morning, world!\n" },
};

START_TEST(greets)
{
	struct cohort_test *test = cohort_test_open(cases[_i].settings);
	struct cohort_test_reply *reply;

	ck_assert_ptr_nonnull(test);
	reply = cohort_test_request(
	    test, cases[_i].method, cases[_i].target, NULL, NULL, 0);
	ck_assert_int_eq(cohort_test_status(reply), cases[_i].status);
	ck_assert_str_eq(cohort_test_body(reply).data, cases[_i].body);
	ck_assert_str_eq(cohort_test_log(test), "");
	ck_assert_int_eq(cohort_test_close(&test), 0);
}
END_TEST

START_TEST(refuses_what_it_does_not_know)
{
	struct cohort_test *test = cohort_test_open(NULL);
	struct cohort_test_reply *reply;

	reply = cohort_test_request(test, "GET", "/hello/", NULL, NULL, 0);
	ck_assert_int_eq(cohort_test_status(reply), 404);
	reply = cohort_test_request(test, "POST", "/hello/x", NULL, "", 0);
	ck_assert_int_eq(cohort_test_status(reply), 405);
	ck_assert_str_eq(
	    cohort_test_header(reply, "Allow", 0), "GET, HEAD, OPTIONS");
	ck_assert_int_eq(cohort_test_close(&test), 0);
	ck_assert_ptr_null(cohort_test_open("greetings = \"Hi\""));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("hello");
	TCase *all = tcase_create("hello");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(all, greets, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(all, refuses_what_it_does_not_know);
	suite_add_tcase(suite, all);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
