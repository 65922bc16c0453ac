/* SPDX-License-Identifier: ISC */
/*
 * Every test has a database of its own in a directory of its own.
 */
#include <cohort/test.h>

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char directory[32];
static struct cohort_test *test;

static void
open_test(void)
{
	char settings[128];

	strcpy(directory, "/tmp/keyvalue.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(
	    settings, sizeof(settings), "database = \"%s/test.db\"", directory);
	test = cohort_test_open(settings);
	ck_assert_ptr_nonnull(test);
}

static void
close_test(void)
{
	char command[128];

	ck_assert_int_eq(cohort_test_close(&test), 0);
	snprintf(command, sizeof(command), "rm -r '%s'", directory);
	ck_assert_int_eq(system(command), 0);
}

static struct cohort_test_reply *
ask(const char *method, const char *target, const char *body)
{
	return cohort_test_request(
	    test, method, target, NULL, body, body == NULL ? 0 : strlen(body));
}

static void
expect(const char *method, const char *target, const char *request_body,
    int status, const char *body)
{
	struct cohort_test_reply *reply = ask(method, target, request_body);

	ck_assert_msg(cohort_test_status(reply) == status, "%s %s: %d %s",
	    method, target, cohort_test_status(reply),
	    cohort_test_body(reply).data);
	if (body != NULL)
		ck_assert_str_eq(cohort_test_body(reply).data, body);
}

START_TEST(stores_replaces_and_deletes)
{
	struct cohort_test_reply *reply;

	expect("GET", "/keys/a", NULL, 404, NULL);
	expect("DELETE", "/keys/a", NULL, 404, NULL);
	cohort_test_log(test); /* refusals are logged: expected so far */

	expect("PUT", "/keys/a", "{\"n\": 1}", 201, "");
	expect("PUT", "/keys/a", "[1, 2]", 204, "");
	reply = ask("GET", "/keys/a", NULL);
	ck_assert_int_eq(cohort_test_status(reply), 200);
	ck_assert_str_eq(cohort_test_body(reply).data, "[1, 2]");
	ck_assert_str_eq(
	    cohort_test_header(reply, "Content-Type", 0), "application/json");
	expect("HEAD", "/keys/a", NULL, 200, "");
	expect("DELETE", "/keys/a", NULL, 204, "");
	expect("PUT", "/keys/a", "true", 201, "");
	ck_assert_str_eq(cohort_test_log(test), "");
}
END_TEST

START_TEST(lists_in_order_and_in_parts)
{
	expect("GET", "/keys", NULL, 200, "{\"keys\":[]}");
	expect("PUT", "/keys/pear", "1", 201, "");
	expect("PUT", "/keys/apple", "2", 201, "");
	expect("PUT", "/keys/sl%2Fash%20%C3%A4", "3", 201, "");
	expect("GET", "/keys?limit=2", NULL, 200,
	    "{\"keys\":[\"apple\",\"pear\"],\"next\":\"pear\"}");
	expect("GET", "/keys?limit=2&after=pear", NULL, 200,
	    "{\"keys\":[\"sl/ash \xc3\xa4\"]}");
	expect("GET", "/keys?limit=3", NULL, 200,
	    "{\"keys\":[\"apple\",\"pear\",\"sl/ash \xc3\xa4\"]}");
	ck_assert_str_eq(cohort_test_log(test), "");
}
END_TEST

static const struct {
	const char *method, *target, *body;
	int status;
} wrong[] = {
	{ "PUT", "/keys/a", "", 400 },
	{ "PUT", "/keys/a", "{", 400 },
	{ "PUT", "/keys/a", "{\"n\": 1} x", 400 },
	{ "PUT", "/keys/a", "{\"n\": 1, \"n\": 2}", 400 },
	{ "PUT", "/keys/a", "\"\xff\"", 400 },
	{ "PUT", "/keys/%FF", "1", 400 },
	{ "PUT", "/keys/", "1", 404 },
	{ "POST", "/keys/a", "1", 405 },
	{ "DELETE", "/keys", NULL, 405 },
	{ "GET", "/keys?limit=0", NULL, 400 },
	{ "GET", "/keys?limit=1001", NULL, 400 },
	{ "GET", "/keys?limit=many", NULL, 400 },
};

START_TEST(refuses)
{
	expect(wrong[_i].method, wrong[_i].target, wrong[_i].body,
	    wrong[_i].status, NULL);
	expect("GET", "/keys", NULL, 200, "{\"keys\":[]}");
}
END_TEST

START_TEST(limits_keys_and_values)
{
	char target[300] = "/keys/";
	struct cohort_test_reply *reply;
	char *value;

	memset(target + strlen(target), 'k', 256);
	expect("PUT", target, "1", 201, "");
	target[strlen(target)] = 'k';
	expect("PUT", target, "1", 400, NULL);

	value = (char *)malloc(65537);
	memset(value, '1', 65537);
	reply = cohort_test_request(test, "PUT", "/keys/a", NULL, value, 65537);
	ck_assert_int_eq(cohort_test_status(reply), 413);
	value[0] = value[65535] = '"';
	reply = cohort_test_request(test, "PUT", "/keys/a", NULL, value, 65536);
	ck_assert_int_eq(cohort_test_status(reply), 201);
	free(value);
}
END_TEST

START_TEST(keeps_values_when_the_worker_goes)
{
	char settings[128];

	expect("PUT", "/keys/a", "\"kept\"", 201, "");
	ck_assert_int_eq(cohort_test_close(&test), 0);
	snprintf(
	    settings, sizeof(settings), "database = \"%s/test.db\"", directory);
	test = cohort_test_open(settings);
	expect("GET", "/keys/a", NULL, 200, "\"kept\"");
}
END_TEST

START_TEST(does_not_start_without_a_database)
{
	ck_assert_ptr_null(cohort_test_open(NULL));
	ck_assert_ptr_null(
	    cohort_test_open("database = \"/nonexistent/test.db\""));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("keyvalue");
	TCase *service = tcase_create("service");
	TCase *start = tcase_create("start");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(service, open_test, close_test);
	tcase_add_test(service, stores_replaces_and_deletes);
	tcase_add_test(service, lists_in_order_and_in_parts);
	tcase_add_loop_test(
	    service, refuses, 0, sizeof(wrong) / sizeof(wrong[0]));
	tcase_add_test(service, limits_keys_and_values);
	tcase_add_test(service, keeps_values_when_the_worker_goes);
	suite_add_tcase(suite, service);
	tcase_add_test(start, does_not_start_without_a_database);
	suite_add_tcase(suite, start);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
