/* SPDX-License-Identifier: ISC */
/*
 * A cohort that crashes too often after a reload is replaced by one with the
 * settings, the code and the listeners before.
 */
#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test_client.h"
#include "test_daemon.h"
#include "test_order.h"
#include "test_unit.h"

#define LISTEN  "listen \"127.0.0.1:0\" {}\n"
#define ANOTHER "listen \"127.0.0.2:0\" {}\n"
#define BACK    "times on probation: back to the settings of cohort "
#define COMMON                                              \
	TEST_CONTROL "workers = 2\nprobation_crashes = 1\n" \
		     "log_level = \"debug\"\nquarantine = false\n"

static void
configure(struct test_daemon *daemon, const char *name, const char *more)
{
	test_daemon_configure(daemon,
	    COMMON "%s" LISTEN "host \"*\" { mount \"/\" { module = "
		   "\"@/module_check.so\" set { name = \"%s\" } } }\n",
	    more, name);
}

static struct test_daemon *
start(const char *more)
{
	struct test_daemon *daemon = test_daemon_new();

	test_daemon_expect(daemon, "reload: reading");
	test_daemon_expect(daemon, "SIGSEGV");
	test_daemon_expect(daemon, "returned: cohort ");
	test_daemon_module(daemon, "module_check");
	configure(daemon, "one", more);
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	return daemon;
}

static void
reload(struct test_daemon *daemon, const char *name, const char *more)
{
	configure(daemon, name, more);
	json_decref(test_order(daemon, "reload"));
	test_daemon_wait(daemon, "reloaded: cohort ");
}

static void
crash_at(struct test_daemon *daemon, const char *target, unsigned times)
{
	struct test_response response;

	for (; times > 0; times--) {
		test_get(test_daemon_port(daemon), target, &response);
		test_response_free(&response);
	}
}

static void
crash(struct test_daemon *daemon, unsigned times)
{
	crash_at(daemon, "/crash", times);
}

/* The old workers may take a connection or two until they are told. */
static void
expect_name(struct test_daemon *daemon, const char *name)
{
	long long until = test_now_ms() + TEST_DEADLINE_MS;
	struct test_response response;
	bool is_right;

	do {
		test_get(test_daemon_port(daemon), "/name", &response);
		is_right =
		    response.status == 200 && strcmp(response.body, name) == 0;
		ck_assert_msg(is_right || test_now_ms() < until,
		    "it serves %s, not %s", response.body, name);
		test_response_free(&response);
	} while (!is_right);
}

/* By cohortctl status. */
static void
expect_status(struct test_daemon *daemon, const char *words)
{
	const char *const arguments[] = { "./cohortctl", "-S",
		test_daemon_path(daemon, "control"), "status", NULL };
	struct test_output output;

	test_run_command(arguments, NULL, NULL, &output);
	ck_assert_msg(strstr(output.text, words) != NULL, "%s", output.text);
	test_output_free(&output);
}

static json_int_t
member(struct test_daemon *daemon, const char *object, const char *name)
{
	json_t *status = test_order(daemon, "status");
	json_int_t value = json_integer_value(
	    json_object_get(json_object_get(status, object), name));

	json_decref(status);
	return value;
}

START_TEST(too_many_crashes_bring_the_settings_back)
{
	struct test_daemon *daemon = start(ANOTHER);
	struct test_client client;
	unsigned port;

	reload(daemon, "two", "");
	expect_name(daemon, "two");
	ck_assert_int_eq(member(daemon, "probation", "cohort"), 2);
	crash(daemon, 1);
	test_daemon_wait_count(daemon, "SIGSEGV", 1);
	ck_assert_int_eq(member(daemon, "probation", "crashes"), 1);
	expect_status(daemon, "probation of cohort 2: crashes 1, allowed 1, ");
	crash(daemon, 1);
	test_daemon_wait(daemon, "cohort 2 crashed 2 " BACK "1");
	test_daemon_wait(daemon,
	    "returned: cohort 3 serves with 2 workers and "
	    "the settings of cohort 1; cohort 2 retires");
	expect_name(daemon, "one");
	/* Bound anew: nobody knows at which port. */
	port = test_daemon_port_of(daemon, "127.0.0.2");
	test_client_connect_to(&client, "127.0.0.2", port);
	ck_assert_int_eq(test_client_status(&client, "/fine"), 200);
	test_client_close(&client);
	ck_assert_int_eq(member(daemon, "returned", "from"), 2);
	ck_assert_int_eq(member(daemon, "returned", "to"), 1);
	ck_assert_int_eq(member(daemon, "returned", "cohort"), 3);
	ck_assert_int_eq(member(daemon, "returned", "crashes"), 2);
	expect_status(daemon,
	    "cohort 2 crashed on probation (crashes 2); cohort 3 has the "
	    "settings of cohort 1");

	/* There is no return from a return. */
	crash(daemon, 3);
	test_daemon_wait_count(daemon, "SIGSEGV", 5);
	expect_name(daemon, "one");
	ck_assert_uint_eq(test_daemon_count(daemon, BACK), 1);
	test_daemon_stop(&daemon);
}
END_TEST

/* The file may be anything by then. */
START_TEST(the_code_comes_back_too)
{
	struct test_daemon *daemon = start("");
	char from[256], to[256];

	test_daemon_expect(daemon, " info: a worker starts"); /* its hook */
	snprintf(from, sizeof(from), "%s",
	    test_daemon_module(daemon, "module_crash"));
	snprintf(
	    to, sizeof(to), "%s", test_daemon_path(daemon, "module_check.so"));
	ck_assert_int_eq(rename(from, to), 0);
	test_daemon_configure(daemon,
	    COMMON LISTEN
	    "host \"*\" { mount \"/\" { module = \"@/module_check.so\" } }\n");
	json_decref(test_order(daemon, "reload"));
	test_daemon_wait(daemon, "reloaded: cohort 2 ");
	ck_assert_int_eq(unlink(to), 0);
	crash_at(daemon, "/crash/null", 2);
	test_daemon_wait(daemon, "cohort 2 crashed 2 " BACK "1");
	test_daemon_wait(daemon, "returned: cohort 3 ");
	expect_name(daemon, "one");
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(who_stands_it_is_the_next_base)
{
	struct test_daemon *daemon = start("");

	reload(daemon, "two", "probation = 100ms\n");
	test_daemon_wait(daemon, "cohort 2 stood its probation");
	crash(daemon, 3);
	test_daemon_wait_count(daemon, "SIGSEGV", 3);
	expect_name(daemon, "two");
	reload(daemon, "three", "");
	crash(daemon, 2);
	test_daemon_wait(daemon, "cohort 3 crashed 2 " BACK "2");
	test_daemon_wait(daemon, "returned: cohort 4 ");
	expect_name(daemon, "two");
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_reload_on_probation_keeps_the_base)
{
	struct test_daemon *daemon = start("");

	reload(daemon, "two", "");
	crash(daemon, 1);
	reload(daemon, "three", "");
	crash(daemon, 1);
	test_daemon_wait_count(daemon, "SIGSEGV", 2);
	expect_name(daemon, "three");
	crash(daemon, 1);
	test_daemon_wait(daemon, "cohort 3 crashed 2 " BACK "1");
	test_daemon_wait(daemon, "returned: cohort 4 ");
	expect_name(daemon, "one");
	test_daemon_stop(&daemon);
}
END_TEST

/* A reload that fails has changed nothing of it. */
START_TEST(a_failed_reload_does_not_end_it)
{
	struct test_daemon *daemon = start("");

	reload(daemon, "two", "");
	crash(daemon, 1);
	test_daemon_expect(daemon, "reload failed");
	configure(daemon, "three", "self_check = \"/broken\"\n");
	json_decref(test_order(daemon, "reload"));
	crash(daemon, 1);
	test_daemon_wait(daemon, "cohort 2 crashed 2 " BACK "1");
	test_daemon_wait(daemon, "returned: cohort ");
	expect_name(daemon, "one");
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(without_it_there_is_no_return)
{
	struct test_daemon *daemon = start("");

	reload(daemon, "two", "probation = 0\n");
	crash(daemon, 3);
	test_daemon_wait_count(daemon, "SIGSEGV", 3);
	expect_name(daemon, "two");
	test_daemon_stop(&daemon);
}
END_TEST

/* Its access log has lost its directory. */
START_TEST(a_return_that_fails_leaves_what_is_there)
{
	struct test_daemon *daemon = test_daemon_new();
	char logs[256], moved[256];

	snprintf(logs, sizeof(logs), "%s", test_daemon_path(daemon, "logs"));
	snprintf(moved, sizeof(moved), "%s", test_daemon_path(daemon, "moved"));
	ck_assert_int_eq(mkdir(logs, 0755), 0);
	test_daemon_expect(daemon, "reload: reading");
	test_daemon_expect(daemon, "SIGSEGV");
	test_daemon_module(daemon, "module_check");
	configure(daemon, "one", "access_log = \"@/logs/access\"\n");
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	reload(daemon, "two", "");
	ck_assert_int_eq(rename(logs, moved), 0);
	crash(daemon, 2);
	test_daemon_wait(daemon, "cohort 2 crashed 2 " BACK "1");
	test_daemon_wait(daemon,
	    "the return to the settings of cohort 1 failed, cohort 2 stays: ");
	expect_name(daemon, "two");
	ck_assert_int_eq(member(daemon, "returned", "from"), 2);
	ck_assert_int_eq(member(daemon, "returned", "cohort"), 0);
	/* Nor is it tried again. */
	crash(daemon, 2);
	test_daemon_wait_count(daemon, "SIGSEGV", 4);
	expect_name(daemon, "two");
	ck_assert_uint_eq(test_daemon_count(daemon, BACK), 1);
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("probation");
	TCase *tcase = tcase_create("probation");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, too_many_crashes_bring_the_settings_back);
	tcase_add_test(tcase, the_code_comes_back_too);
	tcase_add_test(tcase, who_stands_it_is_the_next_base);
	tcase_add_test(tcase, a_reload_on_probation_keeps_the_base);
	tcase_add_test(tcase, a_failed_reload_does_not_end_it);
	tcase_add_test(tcase, without_it_there_is_no_return);
	tcase_add_test(tcase, a_return_that_fails_leaves_what_is_there);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
