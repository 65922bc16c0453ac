/* SPDX-License-Identifier: ISC */
/*
 * The signals to the master, and that workers take none.
 */
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test_client.h"
#include "test_daemon.h"
#include "test_unit.h"

#define DEBUG "log_level = \"debug\"\n"

static struct test_daemon *
start(const char *more)
{
	struct test_daemon *daemon = test_daemon_new();

	test_daemon_configure(daemon, "%s" TEST_SERVE_MODULE, more,
	    test_daemon_module(daemon, "module_test"));
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	return daemon;
}

/* A request that the worker has in hand when this returns. */
static void
begin_wait(struct test_client *client, unsigned port, const char *target)
{
	struct test_response response;

	test_client_connect(client, port);
	test_client_send_format(client,
	    "GET /pid HTTP/1.1\r\nHost: a\r\n\r\n"
	    "GET %s HTTP/1.1\r\nHost: a\r\n\r\n",
	    target);
	test_client_read(client, "GET", &response);
	ck_assert_int_eq(response.status, 200);
	test_response_free(&response);
}

START_TEST(hup_brings_new_workers)
{
	struct test_daemon *daemon = start("workers = 1\n");
	pid_t before = test_client_new_pid(test_daemon_port(daemon));
	int process = test_process_open(before);

	test_daemon_expect(daemon, " info: reload: ");
	test_daemon_signal(daemon, SIGHUP);
	test_daemon_wait(daemon, "reloaded: cohort 2 serves with 1 workers");
	test_process_wait_end(&process);
	ck_assert_int_ne(test_client_new_pid(test_daemon_port(daemon)), before);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(hup_with_a_bad_file_changes_nothing)
{
	struct test_daemon *daemon = start("workers = 1\n");
	pid_t before = test_client_new_pid(test_daemon_port(daemon));

	test_daemon_expect(daemon, " info: reload: ");
	test_daemon_write(daemon, "conf", "workers = \n");
	test_daemon_signal(daemon, SIGHUP);
	test_daemon_wait(daemon, "reload failed, nothing was changed");
	ck_assert_int_eq(test_client_new_pid(test_daemon_port(daemon)), before);
	test_daemon_stop(&daemon);
}
END_TEST

static const int graceful[] = { SIGTERM, SIGQUIT };

START_TEST(a_graceful_stop_finishes_what_is_in_progress)
{
	struct test_daemon *daemon = start("workers = 2\n");
	unsigned port = test_daemon_port(daemon);
	struct test_response response;
	struct test_client busy, idle;

	test_client_connect(&idle, port);
	test_client_pid(&idle);
	begin_wait(&busy, port, "/wait/300");
	test_daemon_signal(daemon, graceful[_i]);
	/* Idle connections go at once, the busy one when it is done. */
	ck_assert(test_client_is_closed(&idle));
	ck_assert(test_client_is_quiet(&busy));
	test_client_read(&busy, "GET", &response);
	ck_assert_int_eq(response.status, 200);
	ck_assert_str_eq(response.body, "waited\n");
	ck_assert_str_eq(test_response_field(&response, "Connection"), "close");
	test_response_free(&response);
	ck_assert(test_client_is_closed(&busy));
	/* They would be lingered for. */
	test_client_close(&busy);
	test_client_close(&idle);
	ck_assert_int_eq(test_daemon_wait_exit(daemon), 0);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_second_one_stops_at_once)
{
	struct test_daemon *daemon = start("workers = 2\n");
	struct test_client busy;

	begin_wait(&busy, test_daemon_port(daemon), "/wait/60000");
	test_daemon_signal(daemon, SIGTERM);
	test_daemon_wait(daemon, "stopping");
	test_daemon_signal(daemon, SIGTERM);
	test_daemon_wait(daemon, "stopping at once");
	test_daemon_expect(daemon, "connections are cut");
	ck_assert_int_eq(test_daemon_wait_exit(daemon), 0);
	ck_assert(test_client_is_closed(&busy));
	test_client_close(&busy);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(int_stops_at_once)
{
	struct test_daemon *daemon = start("workers = 2\n");
	struct test_client busy;

	begin_wait(&busy, test_daemon_port(daemon), "/wait/60000");
	test_daemon_signal(daemon, SIGINT);
	test_daemon_wait(daemon, "stopping at once");
	test_daemon_expect(daemon, "connections are cut");
	ck_assert_int_eq(test_daemon_wait_exit(daemon), 0);
	test_client_close(&busy);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(shutdown_timeout_bounds_a_graceful_stop)
{
	struct test_daemon *daemon =
	    start("workers = 1\nshutdown_timeout = \"200ms\"\n");
	struct test_client busy;

	begin_wait(&busy, test_daemon_port(daemon), "/wait/60000");
	test_daemon_signal(daemon, SIGTERM);
	test_daemon_wait(daemon, "shutdown_timeout is over");
	ck_assert_int_eq(test_daemon_wait_exit(daemon), 0);
	test_client_close(&busy);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(winch_lets_the_workers_go_and_hup_brings_new_ones)
{
	struct test_daemon *daemon = start("workers = 2\n");
	unsigned port = test_daemon_port(daemon);
	struct test_response response;
	struct test_client busy, queued;
	int processes[2], i;
	pid_t workers[2];

	ck_assert_uint_eq(test_daemon_workers(daemon, workers, 2), 2);
	for (i = 0; i < 2; i++)
		processes[i] = test_process_open(workers[i]);
	begin_wait(&busy, port, "/wait/200");
	test_daemon_signal(daemon, SIGWINCH);
	test_daemon_wait(daemon, "cohort 1 retires");
	test_client_read(&busy, "GET", &response);
	ck_assert_int_eq(response.status, 200);
	test_response_free(&response);
	test_client_close(&busy);
	for (i = 0; i < 2; i++)
		test_process_wait_end(&processes[i]);
	/* The master keeps the sockets: who comes now waits. */
	test_client_connect(&queued, port);
	test_client_send_text(&queued, "GET /pid HTTP/1.1\r\nHost: a\r\n\r\n");
	ck_assert(test_client_is_quiet(&queued));
	test_daemon_expect(daemon, " info: reload: ");
	test_daemon_signal(daemon, SIGHUP);
	test_daemon_wait(daemon, "reloaded: cohort 2 serves with 2 workers");
	test_client_read(&queued, "GET", &response);
	ck_assert_int_eq(response.status, 200);
	test_response_free(&response);
	test_client_close(&queued);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(winch_twice_and_a_stop_behind_it_are_fine)
{
	struct test_daemon *daemon = start("workers = 2\n");
	pid_t worker;
	int process;

	ck_assert_uint_eq(test_daemon_workers(daemon, &worker, 1), 1);
	process = test_process_open(worker);
	test_daemon_signal(daemon, SIGWINCH);
	test_daemon_wait(daemon, "cohort 1 retires");
	test_process_wait_end(&process);
	test_daemon_signal(daemon, SIGWINCH);
	test_daemon_signal(daemon, SIGTTIN);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(ttin_and_ttou_change_the_number_of_workers)
{
	struct test_daemon *daemon = start(DEBUG "workers = 1\n");
	unsigned port = test_daemon_port(daemon);
	struct test_client busy;
	struct test_response response;
	pid_t workers[4];

	begin_wait(&busy, port, "/wait/300");
	test_daemon_signal(daemon, SIGTTIN);
	test_daemon_wait(daemon, "2 workers instead of 1");
	test_daemon_wait(daemon, "of cohort 1 started");
	ck_assert_uint_eq(test_daemon_workers(daemon, workers, 4), 2);
	test_daemon_signal(daemon, SIGTTIN);
	test_daemon_wait(daemon, "3 workers instead of 2");
	test_daemon_wait(daemon, "of cohort 1 started");
	test_daemon_signal(daemon, SIGTTOU);
	test_daemon_wait(daemon, "2 workers instead of 3");
	test_daemon_wait(daemon, "exited with 0");
	test_daemon_signal(daemon, SIGTTOU);
	test_daemon_wait(daemon, "1 workers instead of 2");
	test_daemon_wait(daemon, "exited with 0");
	ck_assert_uint_eq(test_daemon_workers(daemon, workers, 4), 1);
	test_client_read(&busy, "GET", &response);
	ck_assert_int_eq(response.status, 200);
	test_response_free(&response);
	test_client_close(&busy);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(the_last_worker_stays)
{
	struct test_daemon *daemon = start("workers = 1\n");

	test_daemon_signal(daemon, SIGTTOU);
	test_daemon_wait(daemon, "has 1 workers: it stays so");
	ck_assert_int_gt(test_client_new_pid(test_daemon_port(daemon)), 0);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- a terminal ---- */

static void
take_terminal(void *context)
{
	int fd = open(context, O_RDWR);

	if (fd == -1 || ioctl(fd, TIOCSCTTY, 0) == -1) {
		perror(context);
		_exit(1);
	}
	close(fd);
}

START_TEST(on_a_terminal_a_resize_is_no_order_and_its_end_is_one)
{
	struct test_daemon *daemon = test_daemon_new();
	int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	char name[64];

	ck_assert_int_ne(terminal, -1);
	ck_assert_int_eq(grantpt(terminal), 0);
	ck_assert_int_eq(unlockpt(terminal), 0);
	ck_assert_int_eq(ptsname_r(terminal, name, sizeof(name)), 0);
	test_daemon_prepare(daemon, take_terminal, name);
	test_daemon_start(daemon, "-l", "127.0.0.1:0", "-w", "1", "-m",
	    test_daemon_module(daemon, "module_test"), NULL);
	test_daemon_signal(daemon, SIGWINCH);
	test_daemon_signal(daemon, SIGTTIN);
	test_daemon_signal(daemon, SIGTTOU);
	test_daemon_expect(daemon, " info: reload: ");
	test_daemon_signal(daemon, SIGHUP);
	test_daemon_wait(daemon,
	    "reloaded: cohort 2 serves with 1 workers; cohort 1 retires");
	close(terminal);
	test_daemon_wait(daemon, "the terminal is gone: stopping");
	ck_assert_int_eq(test_daemon_wait_exit(daemon), 0);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- logs ---- */

static void
rename_log(struct test_daemon *daemon, const char *name, const char *to)
{
	char from[256], target[256];

	snprintf(from, sizeof(from), "%s", test_daemon_path(daemon, name));
	snprintf(target, sizeof(target), "%s", test_daemon_path(daemon, to));
	ck_assert_int_eq(rename(from, target), 0);
}

/* Until each of the workers, which share the port, has answered. */
static void
fail_in_all_workers(struct test_daemon *daemon, size_t count)
{
	struct test_client clients[64];
	pid_t pids[8];
	size_t seen = 0, used = 0, i;

	while (seen < count) {
		ck_assert_uint_lt(used, 64);
		test_client_connect(&clients[used], test_daemon_port(daemon));
		pids[seen] = test_client_pid(&clients[used]);
		for (i = 0; pids[i] != pids[seen]; i++)
			continue;
		if (i == seen)
			seen++;
		ck_assert_int_eq(
		    test_client_status(&clients[used], "/fail"), 500);
		used++;
	}
	while (used > 0)
		test_client_close(&clients[--used]);
}

static void
expect_lines(struct test_daemon *daemon, const char *name, const char *text,
    bool expected)
{
	char *content = test_file_read(test_daemon_path(daemon, name), NULL);

	ck_assert_msg((strstr(content, text) != NULL) == expected,
	    "%s %s \"%s\":\n%s", name, expected ? "lacks" : "has", text,
	    content);
	free(content);
}

START_TEST(usr1_reopens_the_access_log_of_all_workers)
{
	struct test_daemon *daemon =
	    start(DEBUG "workers = 2\naccess_log = \"@/access\"\n");
	char path[256];

	test_daemon_expect(daemon, "the secret reason");
	ck_assert_int_gt(test_client_new_pid(test_daemon_port(daemon)), 0);
	snprintf(path, sizeof(path), "%s", test_daemon_path(daemon, "access"));
	test_file_wait(path, "GET /pid");
	rename_log(daemon, "access", "access.1");
	test_daemon_expect(daemon, "logs reopened");
	test_daemon_signal(daemon, SIGUSR1);
	test_daemon_wait(daemon, "uses the new logs");
	test_daemon_wait(daemon, "uses the new logs");
	fail_in_all_workers(daemon, 2);
	test_file_wait(path, "GET /fail");
	test_daemon_signal(daemon, SIGTERM);
	ck_assert_int_eq(test_daemon_wait_exit(daemon), 0);
	expect_lines(daemon, "access", "GET /pid", true);
	expect_lines(daemon, "access.1", "GET /pid", true);
	expect_lines(daemon, "access.1", "GET /fail", false);
	test_daemon_stop(&daemon);
}
END_TEST

static size_t
count_workers_in(struct test_daemon *daemon, const char *name)
{
	char *content = test_file_read(test_daemon_path(daemon, name), NULL);
	char *line, *rest = content, *at;
	int pids[8], pid;
	size_t count = 0, i;

	while ((line = strsep(&rest, "\n")) != NULL) {
		at = strstr(line, "cohortd[");
		if (at == NULL || strstr(line, "the secret reason") == NULL)
			continue;
		pid = atoi(at + strlen("cohortd["));
		for (i = 0; i < count && pids[i] != pid; i++)
			continue;
		if (i == count && count < 8)
			pids[count++] = pid;
	}
	free(content);
	return count;
}

START_TEST(usr1_reopens_the_error_log_of_all)
{
	struct test_daemon *daemon = test_daemon_new();
	struct test_output output;
	char path[256];

	test_daemon_configure(daemon,
	    DEBUG "workers = 2\npid_file = \"@/pid\"\nerror_log = "
		  "\"@/log\"\n" TEST_SERVE_MODULE,
	    test_daemon_module(daemon, "module_test"));
	ck_assert_int_eq(
	    test_daemon_start_background(daemon, &output, "-c", "@/conf", NULL),
	    0);
	test_output_free(&output);
	test_daemon_wait(daemon, " serves with ");
	/* The pipe is renamed: what is made in its place is a file. */
	snprintf(path, sizeof(path), "%s", test_daemon_path(daemon, "log"));
	rename_log(daemon, "log", "log.1");
	test_daemon_signal(daemon, SIGUSR1);
	/* All have left the pipe: this is its end. */
	test_file_wait(path, "logs reopened");
	fail_in_all_workers(daemon, 2);
	test_daemon_signal(daemon, SIGTERM);
	ck_assert_int_eq(test_daemon_wait_exit(daemon), 0);
	test_file_wait(path, "stopped");
	ck_assert_uint_eq(count_workers_in(daemon, "log"), 2);
	expect_lines(daemon, "log", "stopping", true);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_log_that_cannot_be_opened_anew_stays)
{
	struct test_daemon *daemon = test_daemon_new();
	char path[256];

	snprintf(path, sizeof(path), "%s", test_daemon_path(daemon, "logs"));
	ck_assert_int_eq(mkdir(path, 0755), 0);
	test_daemon_configure(daemon,
	    "workers = 1\naccess_log = \"@/logs/access\"\n" TEST_SERVE_MODULE,
	    test_daemon_module(daemon, "module_test"));
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	rename_log(daemon, "logs", "moved");
	test_daemon_expect(daemon, "logs reopened");
	test_daemon_signal(daemon, SIGUSR1);
	test_daemon_wait(daemon, "the old files stay");
	ck_assert_int_gt(test_client_new_pid(test_daemon_port(daemon)), 0);
	snprintf(
	    path, sizeof(path), "%s", test_daemon_path(daemon, "moved/access"));
	test_file_wait(path, "GET /pid");
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- workers ---- */

START_TEST(workers_take_orders_from_the_master_only)
{
	static const int numbers[] = { SIGHUP, SIGINT, SIGQUIT, SIGUSR1,
		SIGUSR2, SIGWINCH, SIGTTIN, SIGTTOU, SIGPIPE };
	struct test_daemon *daemon = start("workers = 1\n");
	struct test_client client;
	pid_t worker;
	size_t i;

	test_client_connect(&client, test_daemon_port(daemon));
	worker = test_client_pid(&client);
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		ck_assert_int_eq(kill(worker, numbers[i]), 0);
		ck_assert_int_eq(test_client_pid(&client), worker);
	}
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(pipe_does_not_kill_the_master)
{
	struct test_daemon *daemon = start("workers = 1\n");

	test_daemon_signal(daemon, SIGPIPE);
	ck_assert_int_gt(test_client_new_pid(test_daemon_port(daemon)), 0);
	test_daemon_stop(&daemon);
}
END_TEST

/* As many as come while a reload is in progress are one reload more. */
START_TEST(signals_in_a_heap_are_survived)
{
	static const int numbers[] = { SIGHUP, SIGUSR1, SIGTTIN, SIGHUP,
		SIGTTOU, SIGUSR1 };
	struct test_daemon *daemon = start("workers = 2\n");
	struct test_client client;
	int i;

	test_daemon_expect(daemon, " info: reload: ");
	test_daemon_expect(daemon, " info: reloaded: ");
	test_daemon_expect(daemon, "logs reopened");
	test_daemon_expect(daemon, " workers instead of ");
	test_daemon_expect(daemon, ": it stays so");
	test_client_connect(&client, test_daemon_port(daemon));
	for (i = 0; i < 120; i++) {
		test_daemon_signal(daemon, numbers[i % 6]);
		ck_assert_int_gt(
		    test_client_new_pid(test_daemon_port(daemon)), 0);
	}
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("signals");
	TCase *tcase = tcase_create("signals");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, hup_brings_new_workers);
	tcase_add_test(tcase, hup_with_a_bad_file_changes_nothing);
	tcase_add_loop_test(
	    tcase, a_graceful_stop_finishes_what_is_in_progress, 0, 2);
	tcase_add_test(tcase, a_second_one_stops_at_once);
	tcase_add_test(tcase, int_stops_at_once);
	tcase_add_test(tcase, shutdown_timeout_bounds_a_graceful_stop);
	tcase_add_test(
	    tcase, winch_lets_the_workers_go_and_hup_brings_new_ones);
	tcase_add_test(tcase, winch_twice_and_a_stop_behind_it_are_fine);
	tcase_add_test(tcase, ttin_and_ttou_change_the_number_of_workers);
	tcase_add_test(tcase, the_last_worker_stays);
	tcase_add_test(
	    tcase, on_a_terminal_a_resize_is_no_order_and_its_end_is_one);
	tcase_add_test(tcase, usr1_reopens_the_access_log_of_all_workers);
	tcase_add_test(tcase, usr1_reopens_the_error_log_of_all);
	tcase_add_test(tcase, a_log_that_cannot_be_opened_anew_stays);
	tcase_add_test(tcase, workers_take_orders_from_the_master_only);
	tcase_add_test(tcase, pipe_does_not_kill_the_master);
	tcase_add_test(tcase, signals_in_a_heap_are_survived);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
