/* SPDX-License-Identifier: ISC */
/*
 * Workers that die, hang or never get ready, and a master that dies.
 */
#include <sys/wait.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test_client.h"
#include "test_daemon.h"
#include "test_unit.h"

static struct test_daemon *
start(const char *more)
{
	struct test_daemon *daemon = test_daemon_new();

	test_daemon_configure(daemon, "%s" TEST_SERVE_MODULE, more,
	    test_daemon_module(daemon, "module_test"));
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	return daemon;
}

/* Serves module_bad, whose workers do what the file "how" says. */
static void
configure_bad(struct test_daemon *daemon, const char *more)
{
	test_daemon_configure(daemon,
	    "%slisten \"127.0.0.1:0\" {}\n"
	    "host \"*\" { mount \"/\" { module = \"%s\" "
	    "read = \"@\" set { how = \"@/how\" } } }\n",
	    more, test_daemon_module(daemon, "module_bad"));
}

START_TEST(a_killed_worker_is_replaced_at_once)
{
	struct test_daemon *daemon = start("workers = 1\n");
	pid_t before, after;
	long long begin;
	int i;

	after = test_client_new_pid(test_daemon_port(daemon));
	/* As often as one likes: it had served. */
	for (i = 0; i < 12; i++) {
		before = after;
		begin = test_now_ms();
		ck_assert_int_eq(kill(before, SIGKILL), 0);
		test_daemon_wait(daemon, "was killed by SIGKILL");
		after = test_client_new_pid(test_daemon_port(daemon));
		ck_assert_int_ne(after, before);
		ck_assert_int_lt(test_now_ms() - begin, 5000);
	}
	ck_assert_uint_eq(test_daemon_count(daemon, "in a row"), 0);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(the_others_serve_on)
{
	struct test_daemon *daemon = start("workers = 3\n");
	struct test_client client;
	pid_t mine, workers[3];
	size_t i;

	test_client_connect(&client, test_daemon_port(daemon));
	mine = test_client_pid(&client);
	ck_assert_uint_eq(test_daemon_workers(daemon, workers, 3), 3);
	for (i = 0; i < 3; i++)
		if (workers[i] != mine)
			ck_assert_int_eq(kill(workers[i], SIGKILL), 0);
	test_daemon_wait(daemon, "was killed by SIGKILL");
	test_daemon_wait(daemon, "was killed by SIGKILL");
	ck_assert_int_eq(test_client_pid(&client), mine);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(the_log_names_the_request_that_was_running)
{
	struct test_daemon *daemon = start("workers = 1\n");
	struct test_client client;
	const char *line;
	pid_t worker = test_client_new_pid(test_daemon_port(daemon));

	test_client_connect(&client, test_daemon_port(daemon));
	test_client_send_text(
	    &client, "GET /spin?tonight HTTP/1.1\r\nHost: a\r\n\r\n");
	test_daemon_wait(daemon, "spinning");
	ck_assert_int_eq(kill(worker, SIGKILL), 0);
	line = test_daemon_wait(daemon, "was killed by SIGKILL");
	ck_assert_msg(
	    strstr(line, "\"GET /spin?tonight\" from 127.0.0.1") != NULL, "%s",
	    line);
	ck_assert_msg(strstr(line, "running request ") != NULL, "%s", line);
	ck_assert_msg(strstr(line, "route the spin") != NULL, "%s", line);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_segfault_is_named_too)
{
	struct test_daemon *daemon = start("workers = 1\n");
	struct test_client client;
	const char *line;

	test_client_connect(&client, test_daemon_port(daemon));
	test_client_send_text(
	    &client, "GET /segfault HTTP/1.1\r\nHost: a\r\n\r\n");
	test_client_expect(&client, "GET", 500, NULL);
	ck_assert(test_client_is_closed(&client));
	line = test_daemon_wait(daemon, "was killed by SIGSEGV");
	ck_assert_msg(strstr(line, "\"GET /segfault\"") != NULL, "%s", line);
	test_client_close(&client);
	ck_assert_int_gt(test_client_new_pid(test_daemon_port(daemon)), 0);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- workers that do not get ready ---- */

static int
status_of(struct test_daemon *daemon, const char *target)
{
	struct test_response response;
	int status;

	test_get(test_daemon_port(daemon), target, &response);
	status = response.status;
	test_response_free(&response);
	return status;
}

START_TEST(deaths_in_a_row_back_off_and_end_with_the_first_success)
{
	struct test_daemon *daemon = test_daemon_new();
	struct test_client client;
	pid_t workers[2];

	test_daemon_write(daemon, "how", "work");
	configure_bad(daemon, "workers = 2\n");
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	ck_assert_uint_eq(test_daemon_workers(daemon, workers, 2), 2);
	test_daemon_write(daemon, "how", "die");
	test_daemon_expect(daemon, "exited with 9");
	ck_assert_int_eq(kill(workers[0], SIGKILL), 0);
	test_daemon_wait(daemon, "was killed by SIGKILL");
	/* The first is tried again at once; then the wait doubles. */
	test_daemon_wait(daemon, "2 workers in a row died before they served");
	ck_assert_int_eq(status_of(daemon, "/"), 200);
	test_daemon_wait(daemon, "3 workers in a row died before they served");
	ck_assert_int_eq(status_of(daemon, "/"), 200);
	ck_assert_uint_eq(
	    test_daemon_count(daemon, "the next one starts in 500 ms"), 1);
	ck_assert_uint_eq(
	    test_daemon_count(daemon, "the next one starts in 1000 ms"), 1);
	test_daemon_write(daemon, "how", "work");
	/* Now only the replacement can answer. */
	ck_assert_int_eq(kill(workers[1], SIGSTOP), 0);
	test_client_connect(&client, test_daemon_port(daemon));
	ck_assert_int_eq(test_client_status(&client, "/"), 200);
	test_client_close(&client);
	ck_assert_int_eq(kill(workers[1], SIGCONT), 0);
	ck_assert_uint_eq(test_daemon_count(daemon, "4 workers in a row"), 0);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(ten_in_a_row_leave_the_master_and_the_others)
{
	struct test_daemon *daemon = test_daemon_new();
	pid_t workers[12];
	int i;

	test_daemon_write(daemon, "how", "work");
	configure_bad(daemon, "workers = 12\n");
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	ck_assert_uint_eq(test_daemon_workers(daemon, workers, 12), 12);
	test_daemon_write(daemon, "how", "die");
	test_daemon_expect(daemon, "exited with 9");
	test_daemon_expect(daemon, "workers in a row");
	for (i = 0; i < 10; i++)
		ck_assert_int_eq(kill(workers[i], SIGKILL), 0);
	for (i = 0; i < 10; i++)
		test_daemon_wait(daemon, "was killed by SIGKILL");
	while (test_daemon_count(daemon, "exited with 9") < 10)
		test_daemon_wait(daemon, "exited with 9");
	ck_assert_uint_ge(
	    test_daemon_count(daemon, "died before they served"), 1);
	ck_assert_int_eq(status_of(daemon, "/"), 200);
	/* The cohort is not given up: a reload mends it. */
	test_daemon_write(daemon, "how", "work");
	test_daemon_expect(daemon, " info: reload: ");
	test_daemon_signal(daemon, SIGHUP);
	test_daemon_wait(daemon, "reloaded: cohort 2 serves with 12 workers");
	ck_assert_int_eq(status_of(daemon, "/"), 200);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_first_cohort_that_cannot_serve_leaves_nothing)
{
	static const struct {
		const char *how, *more, *reason;
		int code;
	} ways[] = {
		{ "die", "", "before it was ready", 1 },
		{ "fail", "", "start", 78 },
		{ "hang", "start_timeout = \"200ms\"\n", "ready", 1 },
	};
	struct test_daemon *daemon = test_daemon_new();
	int status;

	test_daemon_write(daemon, "how", ways[_i].how);
	configure_bad(daemon, ways[_i].more);
	test_daemon_expect(daemon, "exited with ");
	test_daemon_expect(daemon, "was killed by SIGKILL");
	test_daemon_expect(daemon, "is still starting after");
	/* The other one hangs as well. */
	test_daemon_expect(daemon, "is still retiring after");
	test_daemon_launch(daemon, "-c", "@/conf", "-w", "2", NULL);
	status = test_daemon_wait_exit(daemon);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == ways[_i].code,
	    "%s: wait status %#x", ways[_i].how, (unsigned)status);
	ck_assert_uint_eq(test_daemon_count(daemon, "cohortd: "), 1);
	test_daemon_expect(daemon, ways[_i].reason);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_replacement_that_hangs_is_killed)
{
	struct test_daemon *daemon = test_daemon_new();
	struct test_response response;
	pid_t worker;

	test_daemon_write(daemon, "how", "work");
	configure_bad(daemon, "workers = 1\nstart_timeout = \"300ms\"\n");
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	ck_assert_uint_eq(test_daemon_workers(daemon, &worker, 1), 1);
	test_daemon_write(daemon, "how", "hang");
	ck_assert_int_eq(kill(worker, SIGKILL), 0);
	test_daemon_wait(daemon, "was killed by SIGKILL");
	test_daemon_wait(daemon, "is still starting after");
	test_daemon_write(daemon, "how", "work");
	test_daemon_wait(daemon, "was killed by SIGKILL");
	test_daemon_expect(daemon, "is still starting after");
	test_daemon_expect(daemon, "was killed by SIGKILL");
	test_daemon_expect(daemon, "in a row");
	test_get(test_daemon_port(daemon), "/", &response);
	ck_assert_int_eq(response.status, 200);
	test_response_free(&response);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_worker_that_spins_does_not_hold_up_a_stop)
{
	struct test_daemon *daemon =
	    start("workers = 1\nshutdown_timeout = \"100ms\"\n");
	struct test_client client;

	test_client_connect(&client, test_daemon_port(daemon));
	test_client_send_text(&client, "GET /spin HTTP/1.1\r\nHost: a\r\n\r\n");
	test_daemon_wait(daemon, "spinning");
	test_daemon_signal(daemon, SIGTERM);
	test_daemon_wait(daemon, "is still retiring after");
	test_daemon_wait(daemon, "was killed by SIGKILL");
	ck_assert_int_eq(test_daemon_wait_exit(daemon), 0);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- a master that dies ---- */

START_TEST(workers_finish_and_go_when_the_master_dies)
{
	struct test_daemon *daemon = start("workers = 2\n");
	unsigned port = test_daemon_port(daemon);
	struct test_response response;
	struct test_client busy, idle;
	int processes[2], i;
	pid_t workers[2];

	ck_assert_uint_eq(test_daemon_workers(daemon, workers, 2), 2);
	for (i = 0; i < 2; i++)
		processes[i] = test_process_open(workers[i]);
	test_client_connect(&idle, port);
	test_client_pid(&idle);
	test_client_connect(&busy, port);
	test_client_send_text(&busy,
	    "GET /pid HTTP/1.1\r\nHost: a\r\n\r\n"
	    "GET /wait/300 HTTP/1.1\r\nHost: a\r\n\r\n");
	test_client_read(&busy, "GET", &response);
	test_response_free(&response);
	test_daemon_signal(daemon, SIGKILL);
	test_daemon_wait(daemon, "the master is gone: retiring");
	test_daemon_wait(daemon, "the master is gone: retiring");
	ck_assert(test_client_is_closed(&idle));
	test_client_read(&busy, "GET", &response);
	ck_assert_int_eq(response.status, 200);
	test_response_free(&response);
	ck_assert(test_client_is_closed(&busy));
	test_client_close(&busy);
	test_client_close(&idle);
	for (i = 0; i < 2; i++)
		test_process_wait_end(&processes[i]);
	test_daemon_wait_exit(daemon);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- what a worker holds ---- */

static unsigned
count_kind(char *text, const char *kind)
{
	unsigned count = 0;
	char *at = text;

	while ((at = strstr(at, kind)) != NULL) {
		count++;
		at += strlen(kind);
	}
	return count;
}

/* Channel and one listener, its shared memory, its module, and nobody
 * else's. */
static bool
is_heritage(char *text)
{
	return count_kind(text, " socket:") == 2 &&
	    count_kind(text, "memfd:") == 4 &&
	    count_kind(text, "memfd:module_test.so") == 1 &&
	    count_kind(text, "[eventpoll]") == 1 &&
	    count_kind(text, ".lock") == 0 &&
	    count_kind(text, "/forgotten") == 0;
}

/* Connections of the test itself may be about to be closed. */
static void
expect_heritage(pid_t worker)
{
	long long until = test_now_ms() + TEST_DEADLINE_MS;
	char *text;

	for (;;) {
		text = test_process_descriptors(worker);
		if (is_heritage(text))
			break;
		ck_assert_msg(test_now_ms() < until, "%s", text);
		free(text);
		test_pause();
	}
	free(text);
}

/* What the shell that starts it forgot to close. */
static void
leave_descriptors_open(void *context)
{
	ck_assert_ptr_nonnull(fopen(context, "r"));
	ck_assert_ptr_nonnull(fopen(context, "r"));
	ck_assert_int_ne(dup(2), -1);
}

START_TEST(a_worker_holds_nothing_but_its_heritage)
{
	struct test_daemon *daemon = test_daemon_new();
	pid_t workers[3];
	char path[256];
	size_t i;

	snprintf(path, sizeof(path), "%s",
	    test_daemon_write(daemon, "forgotten", ""));
	test_daemon_prepare(daemon, leave_descriptors_open, path);
	test_daemon_configure(daemon,
	    "workers = 3\npid_file = \"@/pid\"\n" TEST_SERVE_MODULE,
	    test_daemon_module(daemon, "module_test"));
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	ck_assert_uint_eq(test_daemon_workers(daemon, workers, 3), 3);
	for (i = 0; i < 3; i++)
		expect_heritage(workers[i]);
	/* One that was forked while others were there already. */
	ck_assert_int_eq(kill(workers[0], SIGKILL), 0);
	test_daemon_wait(daemon, "was killed by SIGKILL");
	ck_assert_int_gt(test_client_new_pid(test_daemon_port(daemon)), 0);
	test_daemon_signal(daemon, SIGTTIN);
	test_daemon_wait(daemon, "4 workers instead of 3");
	ck_assert_int_gt(test_client_new_pid(test_daemon_port(daemon)), 0);
	ck_assert_uint_eq(test_daemon_workers(daemon, workers, 1), 1);
	expect_heritage(workers[0]);
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("supervision");
	TCase *tcase = tcase_create("supervision");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, a_killed_worker_is_replaced_at_once);
	tcase_add_test(tcase, the_others_serve_on);
	tcase_add_test(tcase, the_log_names_the_request_that_was_running);
	tcase_add_test(tcase, a_segfault_is_named_too);
	tcase_add_test(
	    tcase, deaths_in_a_row_back_off_and_end_with_the_first_success);
	tcase_add_test(tcase, ten_in_a_row_leave_the_master_and_the_others);
	tcase_add_loop_test(
	    tcase, a_first_cohort_that_cannot_serve_leaves_nothing, 0, 3);
	tcase_add_test(tcase, a_replacement_that_hangs_is_killed);
	tcase_add_test(tcase, a_worker_that_spins_does_not_hold_up_a_stop);
	tcase_add_test(tcase, workers_finish_and_go_when_the_master_dies);
	tcase_add_test(tcase, a_worker_holds_nothing_but_its_heritage);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
