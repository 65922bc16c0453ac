/* SPDX-License-Identifier: ISC */
/*
 * The record of a death names the request that was running, however the
 * worker died, and never another one.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test_crash.h"
#include "test_load.h"
#include "test_unit.h"

#define KILLS 30

/* Beside others, whose requests come and go. */
START_TEST(of_kill_it_names_the_request)
{
	struct test_daemon *daemon =
	    test_crash_start(2, "hang_timeout = \"0s\"\n");
	struct test_load_result result;
	struct test_client client;
	struct test_load *load;
	char request[64];
	pid_t worker;
	int i;

	load = test_load_start(test_daemon_port(daemon), 50, 1000);
	for (i = 0; i < KILLS; i++) {
		test_client_connect(&client, test_daemon_port(daemon));
		worker = test_client_pid(&client);
		snprintf(request, sizeof(request), "GET /spin?%d", i);
		test_client_send_format(
		    &client, "%s HTTP/1.1\r\nHost: test\r\n\r\n", request);
		test_daemon_wait(daemon, "spins");
		ck_assert_int_eq(kill(worker, SIGKILL), 0);
		test_crash_expect_record(daemon, "SIGKILL", request);
		test_client_close(&client);
	}
	/* Connections of a worker that was killed are lost. */
	test_load_stop(&load, &result);
	ck_assert_uint_eq(result.failures, 0);
	test_daemon_stop(&daemon);
}
END_TEST

/* One request after another on one connection, in turns of two workers. */
START_TEST(of_each_fault_it_names_the_request)
{
	static const struct test_crash_place place = { "/crash", 500, false };
	static const struct test_crash_kind kind = { "null", "SIGSEGV" };
	struct test_daemon *daemon = test_crash_start(2, "");
	struct test_client client;
	unsigned i;

	for (i = 0; i < KILLS; i++) {
		test_client_connect(&client, test_daemon_port(daemon));
		test_client_pid(&client);
		test_crash_make(daemon, &client, &place, &kind, i);
	}
	test_daemon_stop(&daemon);
}
END_TEST

/* Cut, and nothing in it can begin a line of its own. */
START_TEST(long_targets_are_cut)
{
	struct test_daemon *daemon = test_crash_start(1, "");
	struct test_client client;
	char target[2000];
	const char *line;

	memset(target, 'y', sizeof(target));
	target[sizeof(target) - 1] = '\0';
	test_client_connect(&client, test_daemon_port(daemon));
	test_client_send_format(&client,
	    "GET /crash/null?%s HTTP/1.1\r\nHost: test\r\n\r\n", target);
	test_crash_expect_500(&client, "GET");
	line = test_daemon_wait(daemon, "was killed by SIGSEGV");
	ck_assert_msg(
	    strstr(line, "\"GET /crash/null?yyyy") != NULL, "%s", line);
	ck_assert_uint_lt(strlen(line), 2000);
	test_daemon_stop(&daemon);
}
END_TEST

/* The rest is the same each time: who called it, and below that the frames of
 * the master that forked. */
START_TEST(of_the_stack_the_line_has_what_is_the_application_s)
{
	struct test_daemon *daemon = test_crash_start(1, "");
	struct test_client client;
	const char *line, *stack;

	test_client_connect(&client, test_daemon_port(daemon));
	test_client_send_format(
	    &client, "GET /crash/null HTTP/1.1\r\nHost: test\r\n\r\n");
	test_crash_expect_500(&client, "GET");
	line = test_daemon_wait(daemon, "was killed by SIGSEGV");
	stack = strstr(line, ", at ");
	ck_assert_msg(stack != NULL, "%s", line);
	ck_assert_msg(strstr(stack, " ...") != NULL, "%s", line);
	ck_assert_msg(strstr(stack, "app_request_run") == NULL, "%s", line);
	ck_assert_msg(strstr(stack, "libcohort") == NULL, "%s", line);
	ck_assert_msg(strstr(stack, "libevent") == NULL, "%s", line);
	test_daemon_stop(&daemon);
}
END_TEST

/* When nothing of the application ran nothing is blamed. */
START_TEST(an_idle_worker_ran_nothing)
{
	struct test_daemon *daemon = test_crash_start(1, "");
	struct test_client client;
	const char *line;
	pid_t worker;

	test_client_connect(&client, test_daemon_port(daemon));
	worker = test_client_pid(&client);
	ck_assert_int_eq(kill(worker, SIGKILL), 0);
	line = test_daemon_wait(daemon, "was killed by SIGKILL");
	ck_assert_msg(strstr(line, "running") == NULL, "%s", line);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("crash_record");
	TCase *tcase = tcase_create("crash_record");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, of_kill_it_names_the_request);
	tcase_add_test(tcase, of_each_fault_it_names_the_request);
	tcase_add_test(tcase, long_targets_are_cut);
	tcase_add_test(
	    tcase, of_the_stack_the_line_has_what_is_the_application_s);
	tcase_add_test(tcase, an_idle_worker_ran_nothing);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
