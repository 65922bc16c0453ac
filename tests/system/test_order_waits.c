/* SPDX-License-Identifier: ISC */
/*
 * Orders that take their time: several at once, their clients gone, during
 * a reload and during a stop, and workers that do not answer, which a
 * stopped process does not.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "test_client.h"
#include "test_ctl.h"
#include "test_daemon.h"
#include "test_unit.h"

#define RELOAD  "{\"command\": \"reload\"}"
#define STOP    "{\"command\": \"stop\"}"
#define QUIT    "{\"command\": \"quit\"}"
#define REOPEN  "{\"command\": \"reopen\"}"
#define PAUSE   "{\"command\": \"pause\"}"
#define RESUME  "{\"command\": \"resume\"}"
#define STATUS  "{\"command\": \"status\"}"
#define WORKERS "{\"command\": \"workers\", \"count\": %d}"

/* More than may be connected at a time. */
#define CLIENTS 40

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

static void
send_workers(struct test_daemon *daemon, struct test_client *client, int count)
{
	char line[64];

	snprintf(line, sizeof(line), WORKERS, count);
	test_ctl_send(daemon, client, line);
}

/* Stops the only worker's process, so that it answers nothing. */
static pid_t
freeze(struct test_daemon *daemon)
{
	pid_t pid;

	ck_assert_uint_eq(test_daemon_workers(daemon, &pid, 1), 1);
	ck_assert_int_eq(kill(pid, SIGSTOP), 0);
	return pid;
}

/* ---- several ---- */

START_TEST(the_same_order_twice)
{
	struct test_daemon *daemon = start("workers = 1\n");
	struct test_client one, other;
	pid_t worker = freeze(daemon);

	test_ctl_send(daemon, &one, PAUSE);
	test_ctl_send(daemon, &other, PAUSE);
	test_daemon_wait_count(daemon, "paused: ", 2);
	ck_assert(test_client_is_quiet(&one));
	ck_assert(test_client_is_quiet(&other));
	ck_assert_int_eq(kill(worker, SIGCONT), 0);
	test_ctl_expect(&one, "summary", "paused, 1 worker");
	test_ctl_expect(&other, "summary", "paused, 1 worker");
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(the_later_order_counts)
{
	struct test_daemon *daemon = start("workers = 1\n");
	struct test_client pause, resume;
	pid_t worker = freeze(daemon);

	test_ctl_send(daemon, &pause, PAUSE);
	test_daemon_wait(daemon, "paused: ");
	test_ctl_send(daemon, &resume, RESUME);
	test_ctl_expect(&pause, "error", "another order came between");
	ck_assert_int_eq(kill(worker, SIGCONT), 0);
	test_ctl_expect(&resume, "summary", "resumed");
	test_ctl_status(daemon, "state", "running");
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(two_numbers_of_workers)
{
	struct test_daemon *daemon = start("workers = 1\n");
	struct test_client one, other;

	/* In one burst: the second is there before a worker can serve. */
	send_workers(daemon, &one, 3);
	send_workers(daemon, &other, 2);
	test_ctl_expect(&other, "summary", "2 workers serve");
	test_client_peek(&one, 1);
	test_client_close(&one);
	ck_assert_uint_eq(test_ctl_workers(daemon, "serving"), 2);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(orders_of_many_kinds_at_once)
{
	struct test_daemon *daemon =
	    start("workers = 2\naccess_log = \"@/access\"\n");
	struct test_client reload, reopen, again, pause;

	test_ctl_send(daemon, &reload, RELOAD);
	test_ctl_send(daemon, &again, RELOAD);
	test_ctl_send(daemon, &reopen, REOPEN);
	test_ctl_send(daemon, &pause, PAUSE);
	test_ctl_expect(&reload, "summary", "cohort ");
	test_ctl_expect(&again, "summary", "cohort ");
	test_ctl_expect(&reopen, "summary", "logs reopened");
	test_ctl_expect(&pause, "summary", "paused");
	test_ctl(daemon, "resume", 0, "resumed, 2 workers");
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- clients that go ---- */

/* It is carried out all the same, and makes room for others. */
START_TEST(a_client_that_goes)
{
	struct test_daemon *daemon = start("workers = 1\n");
	struct test_client client;
	pid_t worker = freeze(daemon);
	unsigned i;

	for (i = 0; i < CLIENTS; i++) {
		test_ctl_send(daemon, &client, PAUSE);
		test_daemon_wait_count(daemon, "paused: ", i + 1);
		test_client_close(&client);
	}
	test_ctl_status(daemon, "state", "paused");
	ck_assert_int_eq(kill(worker, SIGCONT), 0);
	test_ctl(daemon, "pause", 0, "paused, 1 worker");
	test_daemon_stop(&daemon);
}
END_TEST

/* One that only sends no more is waiting. */
START_TEST(a_client_that_listens)
{
	struct test_daemon *daemon = start("workers = 1\n");
	struct test_client client;
	pid_t worker = freeze(daemon);

	test_ctl_send(daemon, &client, PAUSE);
	test_client_finish(&client);
	test_daemon_wait(daemon, "paused: ");
	test_ctl_status(daemon, "state", "paused");
	ck_assert_int_eq(kill(worker, SIGCONT), 0);
	test_ctl_expect(&client, "summary", "paused, 1 worker");
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_client_without_patience)
{
	struct test_daemon *daemon = start("workers = 1\n");
	pid_t worker = freeze(daemon);

	test_ctl(daemon, "--timeout 0.2 pause", 1, "no reply within 200 ms");
	ck_assert_int_eq(kill(worker, SIGCONT), 0);
	test_ctl(daemon, "--timeout 30 pause", 0, "paused");
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- workers that do not answer ---- */

START_TEST(a_worker_that_does_not_answer)
{
	struct test_daemon *daemon =
	    start("workers = 1\naccess_log = \"@/access\"\n");
	struct test_client pause, reopen;
	pid_t worker = freeze(daemon);

	test_ctl_send(daemon, &pause, PAUSE);
	test_ctl_send(daemon, &reopen, REOPEN);
	test_ctl_expect(&pause, "error", "has not confirmed within 10 s");
	test_ctl_expect(&reopen, "error", "1 of 1 workers have not switched");
	test_daemon_wait(daemon, "has not switched to the new logs");
	ck_assert_int_eq(kill(worker, SIGCONT), 0);
	test_ctl(daemon, "reopen", 0, "1 worker switched");
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_worker_that_dies_instead)
{
	struct test_daemon *daemon =
	    start("workers = 1\naccess_log = \"@/access\"\n");
	struct test_client pause, reopen;
	pid_t worker = freeze(daemon);

	test_daemon_expect(daemon, "was killed by SIGKILL");
	test_ctl_send(daemon, &pause, PAUSE);
	test_ctl_send(daemon, &reopen, REOPEN);
	test_daemon_wait(daemon, "logs reopened");
	ck_assert_int_eq(kill(worker, SIGKILL), 0);
	test_ctl_expect(&pause, "summary", "paused, ");
	test_ctl_expect(&reopen, "summary", "logs reopened");
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- during a reload ---- */

START_TEST(during_a_reload)
{
	struct test_daemon *daemon = test_daemon_new();
	struct test_client reload, again;

	test_daemon_configure(daemon,
	    TEST_CONTROL
	    "workers = 1\nstart_timeout = \"3s\"\n"
	    "access_log = \"@/access\"\nlisten \"127.0.0.1:0\" {}\n"
	    "host \"*\" { mount \"/\" { module = \"%s\" "
	    "read = \"@\" set { how = \"@/how\" } } }\n",
	    test_daemon_module(daemon, "module_bad"));
	test_daemon_expect(daemon, " info: ");
	test_daemon_expect(daemon, " warn");
	test_daemon_expect(daemon, " error: ");
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	test_daemon_write(daemon, "how", "hang");
	test_ctl_send(daemon, &reload, RELOAD);
	test_daemon_wait(daemon, "reload: reading the configuration");
	test_ctl_send(daemon, &again, RELOAD);
	test_ctl(daemon, "workers 1", 0, "1 worker serves");
	test_ctl(daemon, "pause", 0, "paused, 1 worker");
	test_ctl(daemon, "resume", 0, "resumed, 1 worker");
	ck_assert(test_client_is_quiet(&reload));
	test_daemon_write(daemon, "how", "work");
	test_ctl_expect(&reload, "error", "");
	test_ctl_expect(&again, "summary", "cohort ");
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- during a stop ---- */

START_TEST(during_a_graceful_stop)
{
	struct test_daemon *daemon =
	    start("workers = 1\naccess_log = \"@/access\"\n");
	struct test_client client, quit, stop;

	test_client_connect(&client, test_daemon_port(daemon));
	test_client_send_text(
	    &client, "GET /wait/50000 HTTP/1.1\r\nHost: a\r\n\r\n");
	test_ctl_wait_busy(daemon, 1);
	test_ctl_send(daemon, &quit, QUIT);
	test_daemon_wait(daemon, " info: stopping");
	test_ctl_status(daemon, "state", "stopping");
	test_ctl(daemon, "reload", 1, "the daemon stops");
	test_ctl(daemon, "workers 2", 1, "no cohort serves");
	test_ctl(daemon, "pause", 1, "the daemon stops");
	test_ctl(daemon, "reopen", 0, "logs reopened, 1 worker switched");
	ck_assert(test_client_is_quiet(&quit));
	test_daemon_expect(daemon, "connections are cut");
	test_ctl_send(daemon, &stop, QUIT);
	test_ctl_expect(&stop, "summary", "stopped");
	test_ctl_expect(&quit, "summary", "stopped");
	ck_assert_int_eq(test_daemon_wait_exit(daemon), 0);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

/* Orders that wait are not forgotten by the stop. */
START_TEST(what_waits_when_it_stops)
{
	struct test_daemon *daemon = start("workers = 1\n");
	struct test_client pause, stop;
	pid_t worker = freeze(daemon);

	test_ctl_send(daemon, &pause, PAUSE);
	test_daemon_wait(daemon, "paused: ");
	test_ctl_send(daemon, &stop, STOP);
	test_ctl_expect(&pause, "error", "the daemon stops");
	ck_assert_int_eq(kill(worker, SIGCONT), 0);
	test_ctl_expect(&stop, "summary", "stopped");
	ck_assert_int_eq(test_daemon_wait_exit(daemon), 0);
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("order_waits");
	TCase *tcase = tcase_create("order_waits");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, the_same_order_twice);
	tcase_add_test(tcase, the_later_order_counts);
	tcase_add_test(tcase, two_numbers_of_workers);
	tcase_add_test(tcase, orders_of_many_kinds_at_once);
	tcase_add_test(tcase, a_client_that_goes);
	tcase_add_test(tcase, a_client_that_listens);
	tcase_add_test(tcase, a_client_without_patience);
	tcase_add_test(tcase, a_worker_that_does_not_answer);
	tcase_add_test(tcase, a_worker_that_dies_instead);
	tcase_add_test(tcase, during_a_reload);
	tcase_add_test(tcase, during_a_graceful_stop);
	tcase_add_test(tcase, what_waits_when_it_stops);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
