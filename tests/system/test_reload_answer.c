/* SPDX-License-Identifier: ISC */
/*
 * Who orders a reload is told what came of it; reloads do not overlap, and
 * wait where too many old cohorts finish; and how long one takes.
 */
#include <sys/stat.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test_client.h"
#include "test_daemon.h"
#include "test_order.h"
#include "test_unit.h"

#define ROUNDS 10
#define LISTEN "listen \"127.0.0.1:0\" {}\n"
#define MOUNT  "host \"*\" { mount \"/\" { module = \"@/module_test.so\" } }\n"

static void
configure(struct test_daemon *daemon, const char *more)
{
	test_daemon_configure(daemon,
	    "log_level = \"debug\"\n" TEST_CONTROL "%s" LISTEN MOUNT, more);
}

static struct test_daemon *
start(const char *more)
{
	struct test_daemon *daemon = test_daemon_new();

	test_daemon_expect(daemon, "reload: reading");
	test_daemon_module(daemon, "module_test");
	configure(daemon, more);
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	return daemon;
}

static json_int_t
number(const json_t *answer, const char *name)
{
	const json_t *value = json_object_get(answer, name);

	ck_assert_msg(json_is_integer(value), "%s is no number", name);
	return json_integer_value(value);
}

START_TEST(the_answer_says_what_happened)
{
	struct test_daemon *daemon = start("workers = 2\n");
	char summary[256];
	json_t *answer = test_order(daemon, "reload");

	ck_assert_int_eq(number(answer, "cohort"), 2);
	ck_assert_int_eq(number(answer, "previous"), 1);
	ck_assert_int_eq(number(answer, "workers"), 2);
	ck_assert_int_eq(number(answer, "handed_over"), 0);
	ck_assert_int_eq(number(answer, "finishing"), 0);
	snprintf(summary, sizeof(summary),
	    "cohort 2 proven in %lld ms (2 workers); cohort 1 retired, "
	    "0 connections handed over, 0 finishing",
	    (long long)number(answer, "took_ms"));
	ck_assert_str_eq(
	    json_string_value(json_object_get(answer, "summary")), summary);
	test_daemon_wait(daemon, summary);
	json_decref(answer);
	test_daemon_stop(&daemon);
}
END_TEST

/* A request that is never answered, in the cohort that serves. */
static void
occupy(struct test_daemon *daemon, struct test_client *client)
{
	test_client_connect(client, test_daemon_port(daemon));
	ck_assert_int_eq(test_client_status(client, "/hello/x"), 200);
	test_client_send_text(
	    client, "GET /forever HTTP/1.1\r\nHost: a\r\n\r\n");
}

static void
wait_busy(struct test_daemon *daemon, json_int_t count)
{
	long long until = test_now_ms() + TEST_DEADLINE_MS;
	json_int_t busy;
	json_t *status, *worker;
	size_t i;

	do {
		status = test_order(daemon, "status");
		busy = 0;
		json_array_foreach(
		    json_object_get(status, "workers"), i, worker) busy +=
		    json_integer_value(json_object_get(
			json_object_get(worker, "connections"), "busy"));
		json_decref(status);
		ck_assert_int_lt(test_now_ms(), until);
	} while (busy != count);
}

START_TEST(connections_are_counted)
{
	struct test_daemon *daemon = start("workers = 1\n");
	struct test_client busy, idle;
	json_t *answer;

	occupy(daemon, &busy);
	test_client_connect(&idle, test_daemon_port(daemon));
	ck_assert_int_eq(test_client_status(&idle, "/hello/x"), 200);
	wait_busy(daemon, 1);
	answer = test_order(daemon, "reload");
	ck_assert_int_eq(number(answer, "handed_over"), 1);
	ck_assert_int_eq(number(answer, "finishing"), 1);
	json_decref(answer);
	ck_assert_int_eq(test_client_status(&idle, "/hello/x"), 200);
	test_client_close(&idle);
	test_client_close(&busy);
	test_daemon_stop(&daemon);
}
END_TEST

/* Both of these get the result of the reload that follows. */
START_TEST(orders_meanwhile_wait_for_the_next)
{
	struct test_daemon *daemon = start("workers = 1\n");
	struct test_client first, others[2];
	json_t *answer;
	int fd, i;

	test_daemon_module(daemon, "module_bad");
	ck_assert_int_eq(mkfifo(test_daemon_path(daemon, "fifo"), 0666), 0);
	ck_assert_int_eq(chmod(test_daemon_path(daemon, "fifo"), 0666), 0);
	test_daemon_configure(daemon,
	    TEST_CONTROL
	    "workers = 1\n" LISTEN "host \"*\" { mount \"/\" { module = "
	    "\"@/module_bad.so\" read = \"@\" set { how = \"@/fifo\" } } }\n");
	test_order_send(&first, daemon, "reload");
	test_daemon_wait(daemon, "reload: reading");
	for (i = 0; i < 2; i++)
		test_order_send(&others[i], daemon, "reload");
	json_decref(test_order(daemon, "status"));
	configure(daemon, "workers = 2\n");
	fd = open(test_daemon_path(daemon, "fifo"), O_WRONLY | O_CLOEXEC);
	ck_assert_int_eq(write(fd, "go", 2), 2);
	close(fd);
	answer = test_order_answer(&first);
	ck_assert_int_eq(number(answer, "cohort"), 2);
	json_decref(answer);
	for (i = 0; i < 2; i++) {
		answer = test_order_answer(&others[i]);
		ck_assert_int_eq(number(answer, "cohort"), 3);
		ck_assert_int_eq(number(answer, "workers"), 2);
		json_decref(answer);
	}
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(too_many_old_cohorts_are_waited_for)
{
	struct test_daemon *daemon =
	    start("workers = 1\nmax_old_cohorts = 1\n");
	struct test_client busy, order;
	json_t *answer;

	occupy(daemon, &busy);
	wait_busy(daemon, 1);
	json_decref(test_order(daemon, "reload"));
	test_order_send(&order, daemon, "reload");
	test_daemon_wait(daemon,
	    "reload: waits for cohort 1, the oldest of 1 that still finish "
	    "requests");
	ck_assert(test_client_is_quiet(&busy));
	ck_assert(test_client_is_quiet(&order));
	ck_assert_uint_eq(test_daemon_count(daemon, "reload: reading"), 1);
	test_client_close(&busy);
	test_daemon_wait(daemon, "cohort 1 is gone");
	answer = test_order_answer(&order);
	ck_assert_int_eq(number(answer, "cohort"), 3);
	json_decref(answer);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(an_order_that_waits_is_answered_by_a_stop)
{
	struct test_daemon *daemon =
	    start("workers = 1\nmax_old_cohorts = 1\nshutdown_timeout = 1s\n");
	struct test_client busy, order;
	json_t *answer;

	occupy(daemon, &busy);
	wait_busy(daemon, 1);
	json_decref(test_order(daemon, "reload"));
	test_order_send(&order, daemon, "reload");
	test_daemon_wait(daemon, "reload: waits for cohort 1");
	test_daemon_expect(daemon, "are cut");
	test_daemon_signal(daemon, SIGTERM);
	answer = test_order_answer(&order);
	ck_assert_str_eq(json_string_value(json_object_get(answer, "error")),
	    "the daemon stops");
	json_decref(answer);
	test_client_close(&busy);
	test_daemon_wait_exit(daemon);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(an_order_that_waits_is_answered_by_a_start_that_fails)
{
	struct test_daemon *daemon = test_daemon_new();
	struct test_client order;
	json_t *answer;

	test_daemon_module(daemon, "module_bad");
	test_daemon_write(daemon, "how", "hang");
	test_daemon_configure(daemon,
	    TEST_CONTROL LISTEN
	    "workers = 1\nstart_timeout = \"1s\"\n"
	    "host \"*\" { mount \"/\" { module = \"@/module_bad.so\" "
	    "read = \"@\" set { how = \"@/how\" } } }\n");
	test_daemon_expect(daemon, "is still starting after");
	test_daemon_expect(daemon, "was not ready to serve within");
	test_daemon_expect(daemon, "SIGKILL");
	test_daemon_launch(daemon, "-c", "@/conf", NULL);
	/* The control socket is there before. */
	test_daemon_wait(daemon, "listening on ");
	test_order_send(&order, daemon, "reload");
	answer = test_order_answer(&order);
	ck_assert_str_eq(json_string_value(json_object_get(answer, "error")),
	    "the daemon stops");
	json_decref(answer);
	ck_assert_int_ne(test_daemon_wait_exit(daemon), 0);
	test_daemon_stop(&daemon);
}
END_TEST

static int
compare(const void *left, const void *right)
{
	const long long *one = left, *other = right;

	return *one < *other ? -1 : *one > *other;
}

START_TEST(the_time_of_a_reload)
{
	struct test_daemon *daemon = start("workers = 2\n");
	long long times[ROUNDS], begun;
	char text[64];
	int i;

	for (i = 0; i < ROUNDS; i++) {
		snprintf(text, sizeof(text), "reloaded: cohort %d ", i + 2);
		begun = test_now_ms();
		test_daemon_signal(daemon, SIGHUP);
		test_daemon_wait(daemon, text);
		times[i] = test_now_ms() - begun;
		test_daemon_wait(daemon, " is gone");
	}
	qsort(times, ROUNDS, sizeof(times[0]), compare);
	printf("from HUP to \"serves\", 2 workers: median %lld ms, "
	       "slowest %lld ms\n",
	    times[ROUNDS / 2], times[ROUNDS - 1]);
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("reload_answer");
	TCase *tcase = tcase_create("answer");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, the_answer_says_what_happened);
	tcase_add_test(tcase, connections_are_counted);
	tcase_add_test(tcase, orders_meanwhile_wait_for_the_next);
	tcase_add_test(tcase, too_many_old_cohorts_are_waited_for);
	tcase_add_test(tcase, an_order_that_waits_is_answered_by_a_stop);
	tcase_add_test(
	    tcase, an_order_that_waits_is_answered_by_a_start_that_fails);
	tcase_add_test(tcase, the_time_of_a_reload);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
