/* SPDX-License-Identifier: ISC */
/*
 * Workers that have served enough or have grown too large are replaced one
 * after the other, and connections are spread anew; nobody notices, and who
 * has nothing to do is not woken.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test_client.h"
#include "test_daemon.h"
#include "test_load.h"
#include "test_unit.h"

#define DEBUG    "log_level = \"debug\"\n"
#define REPLACED ": another one takes its place"
#define RETIRED  " has retired: exited "

#define TOO_LOW "before its first request: it is not heeded"

static struct test_daemon *
start(const char *more)
{
	struct test_daemon *daemon = test_daemon_new();

	test_daemon_expect(daemon, TOO_LOW);
	test_daemon_configure(daemon, DEBUG "%s" TEST_SERVE_MODULE, more,
	    test_daemon_module(daemon, "module_test"));
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	return daemon;
}

/* ---- max_requests ---- */

#define LOAD 50

START_TEST(who_served_enough_is_replaced_in_turn)
{
	struct test_daemon *daemon = start("workers = 2\nmax_requests = 500\n");
	pid_t first[2], workers[8];
	struct test_load_result result;
	struct test_load *load;
	size_t i, count;

	ck_assert_uint_eq(test_daemon_workers(daemon, first, 2), 2);
	test_daemon_expect(daemon, REPLACED);
	load = test_load_start(test_daemon_port(daemon), LOAD, 2000);
	for (i = 1; i <= 4; i++) {
		/* The replacement serves before the old one goes. */
		test_daemon_wait(daemon, REPLACED);
		test_load_expect_whole(load);
		test_daemon_wait(daemon, RETIRED);
		ck_assert_uint_ge(test_daemon_count(daemon, REPLACED), i);
	}
	test_load_wait(load);
	test_load_expect_whole(load);
	test_load_stop(&load, &result);
	printf("%lu requests, slowest %lld ms\n", result.requests,
	    result.slowest_ms);
	count = test_daemon_workers(daemon, workers, 8);
	for (i = 0; i < count; i++)
		ck_assert(workers[i] != first[0] && workers[i] != first[1]);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- max_memory ---- */

/* More than a worker has at its begin, in MiB. */
static unsigned
measure(void)
{
	struct test_daemon *daemon = start("workers = 1\n");
	long long size;
	pid_t pid;

	ck_assert_uint_eq(test_daemon_workers(daemon, &pid, 1), 1);
	size = test_process_number(pid, "VmRSS");
	ck_assert_int_gt(size, 0);
	test_daemon_stop(&daemon);
	return (unsigned)(size / 1024 + 20);
}

START_TEST(who_grew_too_large_is_replaced)
{
	long long until = test_now_ms() + TEST_DEADLINE_MS;
	struct test_daemon *daemon;
	struct test_client client;
	char settings[64];
	pid_t before;

	snprintf(settings, sizeof(settings), "workers = 1\nmax_memory = %um\n",
	    measure());
	daemon = start(settings);
	ck_assert_uint_eq(test_daemon_count(daemon, TOO_LOW), 0);
	test_client_connect(&client, test_daemon_port(daemon));
	before = test_client_pid(&client);
	ck_assert_int_eq(test_client_status(&client, "/leak/32"), 200);
	test_daemon_wait(daemon, "KiB of memory" REPLACED);
	test_daemon_wait(daemon, RETIRED);
	while (test_client_pid(&client) == before)
		ck_assert_int_lt(test_now_ms(), until);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

/* Or it would be replaced for ever. */
START_TEST(a_limit_below_the_begin_is_not_heeded)
{
	struct test_daemon *daemon = start("workers = 1\nmax_memory = 1m\n");
	struct test_client client;
	pid_t before;

	ck_assert_uint_eq(test_daemon_count(daemon, TOO_LOW), 1);
	test_client_connect(&client, test_daemon_port(daemon));
	before = test_client_pid(&client);
	test_quiet(1500); /* a look */
	ck_assert_int_eq(test_client_pid(&client), before);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- who holds too much ---- */

#define MANY 400

/* How many of them that worker has. */
static size_t
count_of(struct test_client *clients, pid_t pid)
{
	size_t i, count = 0;

	for (i = 0; i < MANY; i++)
		count += test_client_pid(&clients[i]) == pid;
	return count;
}

START_TEST(a_new_worker_gets_its_share)
{
	static struct test_client clients[MANY];
	struct test_daemon *daemon = start("workers = 1\n");
	long long until = test_now_ms() + TEST_DEADLINE_MS;
	pid_t first = 0;
	size_t i, kept;

	for (i = 0; i < MANY; i++) {
		test_client_connect(&clients[i], test_daemon_port(daemon));
		first = test_client_pid(&clients[i]);
	}
	test_daemon_expect(daemon, "2 workers instead of 1");
	test_daemon_signal(daemon, SIGTTIN);
	test_daemon_wait(daemon, "connections: 100 are to go to others");
	while ((kept = count_of(clients, first)) > MANY - 100)
		ck_assert_int_lt(test_now_ms(), until);
	ck_assert_uint_ge(kept, MANY / 2);
	for (i = 0; i < MANY; i++)
		test_client_close(&clients[i]);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- who has nothing to do ---- */

#define WORKERS 3
#define LOOK_MS 3500

START_TEST(idle_workers_are_not_woken)
{
	struct test_daemon *daemon = start("workers = 3\nmax_requests = 1000\n"
					   "max_memory = 10g\n");
	long long before[WORKERS];
	struct test_client client;
	pid_t workers[WORKERS];
	size_t i;

	test_client_connect(&client, test_daemon_port(daemon));
	test_client_pid(&client);
	ck_assert_uint_eq(
	    test_daemon_workers(daemon, workers, WORKERS), WORKERS);
	test_quiet(200); /* what the last request has left to be done */
	for (i = 0; i < WORKERS; i++)
		before[i] =
		    test_process_number(workers[i], "voluntary_ctxt_switches");
	test_quiet(LOOK_MS);
	for (i = 0; i < WORKERS; i++)
		ck_assert_int_eq(
		    test_process_number(workers[i], "voluntary_ctxt_switches"),
		    before[i]);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("recycle");
	TCase *tcase = tcase_create("recycle");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, who_served_enough_is_replaced_in_turn);
	tcase_add_test(tcase, who_grew_too_large_is_replaced);
	tcase_add_test(tcase, a_limit_below_the_begin_is_not_heeded);
	tcase_add_test(tcase, a_new_worker_gets_its_share);
	tcase_add_test(tcase, idle_workers_are_not_woken);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
