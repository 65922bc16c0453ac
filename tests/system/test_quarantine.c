/* SPDX-License-Identifier: ISC */
/*
 * Requests that end workers: after some crashes they are refused, and
 * nothing else is.  How they are tried again: test_probe.c.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test_poison.h"
#include "test_unit.h"

#define BAD     "/poison/bad"
#define CRASHED "was killed by SIGSEGV"

/* ---- one request ---- */

START_TEST(a_poison_ends_three_workers_and_no_more)
{
	struct test_daemon *daemon = test_poison_start(1, "");

	test_poison_put(daemon, "bad", "c");
	test_poison_expect(daemon, BAD, 3, 500);
	test_poison_expect_line(daemon, "\"GET " BAD "\" (route /poison/{name}",
	    "is refused for 60 s, as it ended 3 workers within 600 s");
	test_poison_expect(daemon, BAD, 20, 503);
	test_daemon_wait_count(daemon, CRASHED, 3);
	/* Others go on. */
	test_poison_expect(daemon, "/poison/good", 3, 200);
	test_poison_expect(daemon, "/hello", 3, 200);
	test_poison_expect(daemon, BAD, 1, 503);
	ck_assert_uint_eq(test_daemon_count(daemon, CRASHED), 3);
	ck_assert_uint_eq(test_poison_lines(daemon), 1);
	test_daemon_stop(&daemon);
}
END_TEST

/* What differs in anything is another request. */
static const struct {
	const char *method, *target;
} others[] = {
	{ "POST", "/poison/bad" },
	{ "HEAD", "/poison/bad" },
	{ "GET", "/poison/bad?" },
	{ "GET", "/poison/bad?x=1" },
	{ "GET", "/remedy/bad" },
};

#define OTHERS (sizeof(others) / sizeof(others[0]))

START_TEST(only_the_very_same_is_refused)
{
	struct test_daemon *daemon = test_poison_start(
	    1, "quarantine_crashes = 1\nquarantine_targets = 100\n");
	char words[128];
	size_t i;

	test_poison_put(daemon, "bad", "c");
	test_poison_expect(daemon, BAD, 1, 500);
	test_poison_expect_line(daemon, "\"GET " BAD "\"", "is refused for");
	/* Whatever else it may carry. */
	test_poison_expect(daemon, BAD, 1, 503);
	for (i = 0; i < OTHERS; i++) {
		ck_assert_int_eq(
		    test_poison_ask(daemon, others[i].method, others[i].target),
		    500);
		snprintf(words, sizeof(words), "\"%s %s\"", others[i].method,
		    others[i].target);
		test_poison_expect_line(daemon, words, "is refused for");
		ck_assert_int_eq(
		    test_poison_ask(daemon, others[i].method, others[i].target),
		    503);
	}
	test_daemon_stop(&daemon);
}
END_TEST

/* They differ only where nobody keeps what they are. */
START_TEST(long_targets_are_told_apart_by_their_length)
{
	struct test_daemon *daemon =
	    test_poison_start(1, "quarantine_crashes = 1\n");
	char target[1100];
	int size;

	for (size = 1001; size <= 1003; size++) {
		memset(target, 'y', sizeof(target));
		memcpy(target, "/always/x?", 10);
		target[size] = '\0';
		test_poison_expect(daemon, target, 1, 500);
		test_poison_expect_line(
		    daemon, "\"GET /always/x?yyyy", "is refused for");
		test_poison_expect(daemon, target, 2, 503);
	}
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(crashes_long_ago_do_not_count)
{
	struct test_daemon *daemon = test_poison_start(
	    1, "quarantine_crashes = 2\nquarantine_within = \"1s\"\n");

	test_poison_put(daemon, "bad", "c");
	test_poison_expect(daemon, BAD, 1, 500);
	test_quiet(1100);
	test_poison_expect(daemon, BAD, 1, 500);
	test_poison_expect(daemon, "/hello", 1, 200);
	ck_assert_uint_eq(test_poison_lines(daemon), 0);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- many at the same time ---- */

#define CLIENTS 24
#define WORKERS 3

/* Each worker may have begun one when the last of the three is counted. */
START_TEST(clients_together_get_no_further)
{
	struct test_daemon *daemon = test_poison_start(WORKERS, "");
	struct test_client clients[CLIENTS];
	struct test_response response;
	unsigned i, crashes = 0;

	test_poison_put(daemon, "bad", "c");
	for (i = 0; i < CLIENTS; i++) {
		test_client_connect(&clients[i], test_daemon_port(daemon));
		test_client_pid(&clients[i]);
	}
	for (i = 0; i < CLIENTS; i++)
		test_client_send_text(
		    &clients[i], "GET " BAD " HTTP/1.1\r\nHost: a\r\n\r\n");
	for (i = 0; i < CLIENTS; i++) {
		test_client_read(&clients[i], "GET", &response);
		ck_assert(response.status == 500 || response.status == 503);
		crashes += response.status == 500;
		test_response_free(&response);
		test_client_close(&clients[i]);
	}
	ck_assert_uint_ge(crashes, 3);
	ck_assert_uint_le(crashes, 3 + WORKERS);
	test_poison_expect_line(daemon, BAD, "is refused for");
	test_poison_expect(daemon, BAD, 10, 503);
	test_daemon_wait_count(daemon, CRASHED, crashes);
	ck_assert_uint_eq(test_daemon_count(daemon, CRASHED), crashes);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- routes ---- */

START_TEST(a_route_is_refused_when_many_of_it_are)
{
	struct test_daemon *daemon = test_poison_start(
	    1, "quarantine_crashes = 1\nquarantine_targets = 3\n");
	static const char *const names[] = { "one", "two", "three" };
	char target[64];
	size_t i;

	for (i = 0; i < 3; i++) {
		test_poison_put(daemon, names[i], "c");
		snprintf(target, sizeof(target), "/poison/%s", names[i]);
		test_poison_expect(daemon, "/poison/good", 1, 200);
		test_poison_expect(daemon, target, 1, 500);
		test_poison_expect_line(daemon, target, "is refused for 60 s");
	}
	test_poison_expect_line(daemon, ": route /poison/{name}, mount /",
	    "is refused for 60 s, as 3 different requests of it were");
	test_poison_expect(daemon, "/poison/good", 3, 503);
	ck_assert_int_eq(test_poison_ask(daemon, "POST", "/poison/good"), 503);
	/* The other route has the same code. */
	test_poison_expect(daemon, "/remedy/good", 1, 200);
	test_poison_expect(daemon, "/hello", 1, 200);
	test_daemon_stop(&daemon);
}
END_TEST

/* Whoever makes up targets gets as far as quarantine_targets. */
START_TEST(targets_without_end_end_the_route)
{
	struct test_daemon *daemon = test_poison_start(2,
	    "quarantine_crashes = 1\nquarantine_targets = 40\n"
	    "quarantine_time = \"10m\"\n");
	unsigned i, limit = 40;
	char target[64];

	test_daemon_expect(daemon, "is refused for");
	for (i = 0; i < 300; i++) {
		snprintf(target, sizeof(target), "/always/%u", i);
		ck_assert_int_eq(test_poison_ask(daemon, "GET", target),
		    i < limit ? 500 : 503);
	}
	test_daemon_wait(daemon, "as 40 different requests of it were");
	test_daemon_wait_count(daemon, CRASHED, limit);
	ck_assert_uint_eq(test_daemon_count(daemon, CRASHED), limit);
	test_poison_expect(daemon, "/poison/good", 1, 200);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- what counts as a crash ---- */

/* In a thread of the pool: it is its own request's fault, and nobody's who
 * was there too. */
START_TEST(a_job_counts_for_its_own_request)
{
	struct test_daemon *daemon =
	    test_poison_start(1, "quarantine_crashes = 1\n");
	const char *target = _i == 0 ? "/job/bad" : "/blocking/bad";
	struct test_client waiting;

	test_poison_put(daemon, "bad", "c");
	test_client_connect(&waiting, test_daemon_port(daemon));
	test_client_pid(&waiting);
	test_client_send_text(
	    &waiting, "GET /wait/50000 HTTP/1.1\r\nHost: a\r\n\r\n");
	test_poison_expect(daemon, "/hello", 3, 200);
	test_poison_expect(daemon, target, 1, 500);
	test_client_expect(&waiting, "GET", 503, NULL);
	test_client_close(&waiting);
	test_poison_expect_line(daemon, target, "is refused for");
	test_poison_expect(daemon, target, 3, 503);
	test_poison_expect(daemon, "/wait/1", 1, 200);
	ck_assert_uint_eq(test_poison_lines(daemon), 1);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_hang_is_a_crash)
{
	struct test_daemon *daemon = test_poison_start(
	    1, "quarantine_crashes = 1\nhang_timeout = \"200ms\"\n");

	test_daemon_expect(daemon, "has been busy for");
	test_poison_put(daemon, "bad", "s");
	test_poison_expect(daemon, BAD, 1, 500);
	test_poison_expect_line(daemon, BAD, "is refused for");
	test_poison_expect(daemon, BAD, 3, 503);
	test_daemon_stop(&daemon);
}
END_TEST

/* Even one that has to be killed for it. */
START_TEST(a_hang_that_nothing_ends_is_one_too)
{
	struct test_daemon *daemon = test_poison_start(
	    1, "quarantine_crashes = 1\nhang_timeout = \"200ms\"\n");
	struct test_client client;

	test_daemon_expect(daemon, "has been busy for");
	test_daemon_expect(daemon, "is still hung after");
	test_poison_put(daemon, "bad", "d");
	test_poison_begin(daemon, &client, BAD);
	ck_assert(test_client_is_closed(&client));
	test_client_close(&client);
	test_poison_expect_line(daemon, BAD, "is refused for");
	test_poison_expect(daemon, BAD, 3, 503);
	test_daemon_stop(&daemon);
}
END_TEST

/* Somebody, or the kernel for want of memory, has killed the worker. */
START_TEST(a_kill_is_none)
{
	struct test_daemon *daemon =
	    test_poison_start(1, "quarantine_crashes = 1\n");
	struct test_client client;
	pid_t worker;
	int i;

	test_poison_put(daemon, "bad", "s");
	for (i = 0; i < 3; i++) {
		worker = test_poison_begin(daemon, &client, BAD);
		ck_assert_int_eq(kill(worker, SIGKILL), 0);
		ck_assert(test_client_is_closed(&client));
		test_client_close(&client);
		test_daemon_wait(daemon, "was killed by SIGKILL");
	}
	test_poison_take(daemon, "bad");
	test_poison_expect(daemon, BAD, 1, 200);
	ck_assert_uint_eq(test_poison_lines(daemon), 0);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- settings ---- */

START_TEST(without_quarantine_nothing_is_refused)
{
	struct test_daemon *daemon =
	    test_poison_start(1, "quarantine = off\nquarantine_crashes = 1\n");

	test_poison_put(daemon, "bad", "c");
	test_poison_expect(daemon, BAD, 6, 500);
	test_daemon_wait_count(daemon, CRASHED, 6);
	ck_assert_uint_eq(test_poison_lines(daemon), 0);
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("quarantine");
	TCase *tcase = tcase_create("quarantine");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, a_poison_ends_three_workers_and_no_more);
	tcase_add_test(tcase, only_the_very_same_is_refused);
	tcase_add_test(tcase, long_targets_are_told_apart_by_their_length);
	tcase_add_test(tcase, crashes_long_ago_do_not_count);
	tcase_add_test(tcase, clients_together_get_no_further);
	tcase_add_test(tcase, a_route_is_refused_when_many_of_it_are);
	tcase_add_test(tcase, targets_without_end_end_the_route);
	tcase_add_loop_test(tcase, a_job_counts_for_its_own_request, 0, 2);
	tcase_add_test(tcase, a_hang_is_a_crash);
	tcase_add_test(tcase, a_hang_that_nothing_ends_is_one_too);
	tcase_add_test(tcase, a_kill_is_none);
	tcase_add_test(tcase, without_quarantine_nothing_is_refused);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
