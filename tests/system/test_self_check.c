/* SPDX-License-Identifier: ISC */
/*
 * The self-check: it goes through the application, leaves no trace in logs
 * and counters, decides about the start, about a reload, and about each
 * replacement.
 */
#include <sys/wait.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test_client.h"
#include "test_daemon.h"
#include "test_order.h"
#include "test_unit.h"

#define LISTEN "listen \"127.0.0.1:0\" {}\n"
#define MOUNT  "mount \"/\" { module = \"@/module_check.so\" }"
#define SERVE  TEST_CONTROL LISTEN "host \"*\" { " MOUNT " }\n"

static struct test_daemon *
make(void)
{
	struct test_daemon *daemon = test_daemon_new();

	test_daemon_expect(daemon, "reload: reading");
	test_daemon_module(daemon, "module_check");
	return daemon;
}

/* ---- what it leaves behind ---- */

static void
expect_nothing(struct test_daemon *daemon)
{
	json_t *status = test_order(daemon, "status");
	const json_t *totals = json_object_get(status, "totals");
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)totals, name, value)
	    ck_assert_msg(json_integer_value(value) == 0, "%s is %lld", name,
		(long long)json_integer_value(value));
	json_decref(status);
}

static void
expect_log(struct test_daemon *daemon)
{
	char *text;

	ck_assert_int_ne(kill(test_daemon_pid(daemon), 0), -1);
	text = test_file_read(test_daemon_path(daemon, "access"), NULL);
	ck_assert_str_eq(text, "");
	free(text);
}

static const char *const passing[] = {
	"GET /fine",
	"HEAD /fine",
	"/fine",
	"/large",
	"GET /fine checked.example",
};

START_TEST(a_good_one_leaves_no_trace)
{
	struct test_daemon *daemon = make();
	json_t *answer;

	test_daemon_configure(daemon,
	    "workers = 3\naccess_log = \"@/access\"\n"
	    "self_check = \"%s\"\n" SERVE,
	    passing[_i]);
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	answer = test_order(daemon, "reload");
	ck_assert_int_eq(
	    json_integer_value(json_object_get(answer, "workers")), 3);
	json_decref(answer);
	expect_nothing(daemon);
	expect_log(daemon);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(it_asks_the_host_that_is_named)
{
	struct test_daemon *daemon = make();
	json_t *answer;

	test_daemon_configure(daemon,
	    "self_check = \"/fine checked.example\"\n" TEST_CONTROL LISTEN
	    "host \"checked.example\" { " MOUNT " }\n");
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	test_daemon_configure(daemon,
	    "self_check = \"/fine\"\n" TEST_CONTROL LISTEN
	    "host \"checked.example\" { " MOUNT " }\n");
	test_daemon_expect(daemon, "reload failed");
	answer = test_order(daemon, "reload");
	ck_assert_ptr_nonnull(
	    strstr(json_string_value(json_object_get(answer, "error")),
		"was answered 4"));
	json_decref(answer);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- what it decides ---- */

START_TEST(a_start_fails_with_it)
{
	struct test_daemon *daemon = make();
	struct test_output output;
	int status;

	test_daemon_configure(
	    daemon, "workers = 2\nself_check = \"/broken\"\n" SERVE);
	status = test_daemon_run(daemon, &output, "-f", "-c", "@/conf", NULL);
	ck_assert_int_ne(status, 0);
	ck_assert_msg(strstr(output.text,
			  "self_check \"/broken\" was answered 500: the "
			  "database\\x01 is away") != NULL,
	    "%s", output.text);
	test_output_free(&output);
	test_daemon_stop(&daemon);
}
END_TEST

static pid_t
get_pid(struct test_daemon *daemon)
{
	struct test_response response;
	pid_t pid;

	test_get(test_daemon_port(daemon), "/pid", &response);
	ck_assert_int_eq(response.status, 200);
	pid = (pid_t)atoi(response.body);
	test_response_free(&response);
	return pid;
}

START_TEST(a_replacement_that_fails_does_not_serve)
{
	struct test_daemon *daemon = make();
	pid_t before, workers[8];
	char path[256];

	test_daemon_write(daemon, "there", "");
	snprintf(path, sizeof(path), "%s", test_daemon_path(daemon, "there"));
	test_daemon_configure(daemon,
	    "workers = 1\nself_check = \"/missing\"\n" TEST_CONTROL LISTEN
	    "host \"*\" { mount \"/\" { module = \"@/module_check.so\" "
	    "set { file = \"@/there\" } } }\n");
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	before = get_pid(daemon);
	ck_assert_int_eq(unlink(path), 0);
	test_daemon_expect(daemon, "killed by");
	test_daemon_expect(daemon, "the next one starts in");
	test_daemon_expect(daemon, "it does not serve");
	ck_assert_uint_eq(test_daemon_workers(daemon, workers, 8), 1);
	ck_assert_int_eq(kill(workers[0], SIGKILL), 0);
	test_daemon_wait(daemon,
	    "self_check \"/missing\" was answered 503: not there: it does not "
	    "serve");
	test_daemon_wait(daemon, "the next one starts in");
	test_daemon_write(daemon, "there", "");
	/* Whoever waits in the queue is served then. */
	ck_assert_int_ne(get_pid(daemon), before);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_crash_in_it_blames_no_request)
{
	struct test_daemon *daemon = make();
	struct test_client client;
	json_t *answer;

	test_daemon_configure(
	    daemon, "workers = 1\nquarantine_crashes = 1\n" SERVE);
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	test_daemon_configure(daemon,
	    "workers = 1\nquarantine_crashes = 1\nself_check = "
	    "\"/crash\"\n" SERVE);
	test_daemon_expect(daemon, "reload failed");
	answer = test_order(daemon, "reload");
	ck_assert_ptr_nonnull(json_object_get(answer, "error"));
	json_decref(answer);
	test_daemon_wait(daemon, "SIGSEGV");
	answer = test_order(daemon, "quarantine");
	ck_assert_uint_eq(
	    json_array_size(json_object_get(answer, "quarantine")), 0);
	json_decref(answer);
	test_client_connect(&client, test_daemon_port(daemon));
	ck_assert_int_eq(test_client_status(&client, "/fine"), 200);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("self_check");
	TCase *tcase = tcase_create("self_check");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, a_good_one_leaves_no_trace, 0,
	    (int)(sizeof(passing) / sizeof(passing[0])));
	tcase_add_test(tcase, it_asks_the_host_that_is_named);
	tcase_add_test(tcase, a_start_fails_with_it);
	tcase_add_test(tcase, a_replacement_that_fails_does_not_serve);
	tcase_add_test(tcase, a_crash_in_it_blames_no_request);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
