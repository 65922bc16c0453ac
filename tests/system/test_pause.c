/* SPDX-License-Identifier: ISC */
/*
 * Pause and resume, and reopen, under load: no connection is refused, no
 * request and no line of the log is lost.
 */
#include <sys/stat.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test_client.h"
#include "test_ctl.h"
#include "test_daemon.h"
#include "test_load.h"
#include "test_unit.h"

#define LOAD_CONNECTIONS 20
#define WAITING          30
#define ROTATIONS        5

static struct test_daemon *
start(const char *more)
{
	struct test_daemon *daemon = test_daemon_new();

	test_daemon_configure(daemon, TEST_CONTROL "%s" TEST_SERVE_MODULE, more,
	    test_daemon_module(daemon, "module_test"));
	test_daemon_expect(daemon, " info: ");
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	return daemon;
}

/* ---- pause ---- */

static void
connect_all(struct test_daemon *daemon, struct test_client *clients)
{
	size_t i;

	for (i = 0; i < WAITING; i++) {
		test_client_connect(&clients[i], test_daemon_port(daemon));
		test_client_send_text(
		    &clients[i], "GET /hello/late HTTP/1.1\r\nHost: a\r\n\r\n");
	}
}

static void
expect_quiet(struct test_client *clients)
{
	size_t i;

	for (i = 0; i < WAITING; i++)
		ck_assert(test_client_is_quiet(&clients[i]));
}

static void
expect_all(struct test_client *clients)
{
	size_t i;

	for (i = 0; i < WAITING; i++) {
		test_client_expect(&clients[i], "GET", 200, "Hello, late!\n");
		test_client_close(&clients[i]);
	}
}

START_TEST(a_pause_under_load)
{
	struct test_daemon *daemon = start("workers = 3\n");
	struct test_client clients[WAITING];
	struct test_load_result result;
	struct test_load *load =
	    test_load_start(test_daemon_port(daemon), LOAD_CONNECTIONS, 0);

	test_load_wait(load);
	test_ctl(daemon, "pause", 0, "paused, 3 workers");
	test_ctl_status(daemon, "state", "paused");
	connect_all(daemon, clients);
	test_load_wait(load);
	test_load_wait(load);
	expect_quiet(clients);
	test_ctl(daemon, "resume", 0, "resumed, 3 workers");
	expect_all(clients);
	test_ctl_status(daemon, "state", "running");
	test_load_expect_whole(load);
	test_load_stop(&load, &result);
	test_daemon_stop(&daemon);
}
END_TEST

/* Whoever comes to serve during a pause takes part in it. */
START_TEST(new_workers_are_paused)
{
	struct test_daemon *daemon = start("workers = 1\n");
	struct test_client clients[WAITING];
	pid_t worker;

	test_daemon_expect(daemon, "was killed by SIGKILL");
	test_ctl(daemon, "pause", 0, "paused, 1 worker");
	connect_all(daemon, clients);
	ck_assert_uint_eq(test_daemon_workers(daemon, &worker, 1), 1);
	ck_assert_int_eq(kill(worker, SIGKILL), 0);
	test_daemon_wait(daemon, "was killed by SIGKILL");
	test_ctl(daemon, "workers 2", 0, "2 workers serve");
	test_ctl(daemon, "pause", 0, "paused, 2 workers");
	expect_quiet(clients);
	test_ctl(daemon, "reload", 0, "cohort 2");
	test_ctl(daemon, "pause", 0, "paused, 1 worker");
	expect_quiet(clients);
	test_ctl_status(daemon, "state", "paused");
	test_ctl(daemon, "resume", 0, "resumed, 1 worker");
	expect_all(clients);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(resume_without_a_pause)
{
	struct test_daemon *daemon = start("workers = 2\n");

	test_ctl(daemon, "resume", 0, "resumed, 2 workers");
	test_ctl_status(daemon, "state", "running");
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- workers ---- */

/* Nobody's connection is closed by those that go. */
START_TEST(more_and_fewer_under_load)
{
	static const char *const orders[] = { "workers 4", "workers 2",
		"workers 3", "workers 1" };
	struct test_daemon *daemon = start("workers = 1\n");
	struct test_load_result result;
	struct test_load *load =
	    test_load_start(test_daemon_port(daemon), LOAD_CONNECTIONS, 0);
	size_t i;

	for (i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		test_load_wait(load);
		test_ctl(daemon, orders[i], 0, "serve");
	}
	test_load_wait(load);
	test_load_expect_whole(load);
	test_load_stop(&load, &result);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- reopen ---- */

static unsigned long
count_lines(struct test_daemon *daemon, const char *name)
{
	char *text = test_file_read(test_daemon_path(daemon, name), NULL);
	unsigned long count = 0;
	const char *at;

	for (at = text; (at = strchr(at, '\n')) != NULL; at++)
		count++;
	free(text);
	return count;
}

static void
rename_in(struct test_daemon *daemon, const char *from, const char *to)
{
	char old[256], new[256];

	snprintf(old, sizeof(old), "%s", test_daemon_path(daemon, from));
	snprintf(new, sizeof(new), "%s", test_daemon_path(daemon, to));
	ck_assert_int_eq(rename(old, new), 0);
}

START_TEST(no_line_is_lost)
{
	struct test_daemon *daemon =
	    start("workers = 3\naccess_log = \"@/access\"\n");
	struct test_load *load =
	    test_load_start(test_daemon_port(daemon), LOAD_CONNECTIONS, 0);
	unsigned long lines[ROTATIONS], sum = 0;
	struct test_load_result result;
	char name[32];
	unsigned i;

	for (i = 0; i < ROTATIONS; i++) {
		test_load_wait(load);
		snprintf(name, sizeof(name), "access.%u", i);
		rename_in(daemon, "access", name);
		test_load_wait(load);
		test_ctl(daemon, "reopen", 0, "3 workers switched");
		lines[i] = count_lines(daemon, name);
		sum += lines[i];
	}
	test_load_expect_whole(load);
	test_load_stop(&load, &result);
	test_ctl(daemon, "quit", 0, "stopped");
	ck_assert_int_eq(test_daemon_wait_exit(daemon), 0);
	for (i = 0; i < ROTATIONS; i++) {
		snprintf(name, sizeof(name), "access.%u", i);
		ck_assert_uint_eq(count_lines(daemon, name), lines[i]);
	}
	ck_assert_uint_eq(sum + count_lines(daemon, "access"), result.requests);
	test_daemon_stop(&daemon);
}
END_TEST

/* One of two cannot be opened: neither is changed. */
START_TEST(a_log_that_cannot_be_opened)
{
	struct test_daemon *daemon = test_daemon_new();
	struct test_response response;

	ck_assert_int_eq(mkdir(test_daemon_path(daemon, "logs"), 0755), 0);
	test_daemon_configure(daemon,
	    TEST_CONTROL
	    "workers = 2\naccess_log = \"@/logs/access\"\n" TEST_SERVE_MODULE,
	    test_daemon_module(daemon, "module_test"));
	test_daemon_expect(daemon, " info: ");
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	rename_in(daemon, "logs", "moved");
	test_daemon_write(daemon, "logs", "no directory");
	test_daemon_expect(daemon, " error: reopen: ");
	test_ctl(daemon, "reopen", 1, "access_log: cannot open");
	test_daemon_wait(daemon, "the old files stay");
	test_get(test_daemon_port(daemon), "/hello/still", &response);
	test_response_free(&response);
	test_file_wait(
	    test_daemon_path(daemon, "moved/access"), "/hello/still");
	ck_assert_int_eq(unlink(test_daemon_path(daemon, "logs")), 0);
	rename_in(daemon, "moved", "logs");
	test_ctl(daemon, "reopen", 0, "2 workers switched");
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("pause");
	TCase *tcase = tcase_create("pause");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, a_pause_under_load);
	tcase_add_test(tcase, new_workers_are_paused);
	tcase_add_test(tcase, resume_without_a_pause);
	tcase_add_test(tcase, more_and_fewer_under_load);
	tcase_add_test(tcase, no_line_is_lost);
	tcase_add_test(tcase, a_log_that_cannot_be_opened);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
