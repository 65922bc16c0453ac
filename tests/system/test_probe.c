/* SPDX-License-Identifier: ISC */
/*
 * What becomes of requests in quarantine: tried again by one worker when the
 * time is over, let out or refused for longer, and what a reload makes of
 * them.
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

/* What coarse clocks and roundings may differ by. */
#define CLOCK_MS 10

/* Refused after one crash, for ms at first. */
static struct test_daemon *
start(unsigned workers, const char *time, const char *more)
{
	struct test_daemon *daemon;
	char settings[512];

	snprintf(settings, sizeof(settings),
	    "quarantine_crashes = 1\nquarantine_time = \"%s\"\n%s", time, more);
	daemon = test_poison_start(workers, settings);
	test_poison_put(daemon, "bad", "c");
	test_poison_expect(daemon, BAD, 1, 500);
	test_poison_expect_line(daemon, BAD, "is refused for");
	return daemon;
}

/* ---- tried again ---- */

START_TEST(one_that_crashes_again_is_refused_twice_as_long)
{
	struct test_daemon *daemon = start(1, "400ms", "");
	long long first, second, third;

	ck_assert_int_eq(test_poison_try(daemon, BAD, &first), 500);
	test_poison_expect_line(daemon, BAD,
	    "was tried again, and ended another worker: refused for 1 s");
	ck_assert_int_eq(test_poison_try(daemon, BAD, &second), 500);
	test_poison_expect_line(daemon, BAD,
	    "was tried again, and ended another worker: refused for 2 s");
	test_poison_take(daemon, "bad");
	ck_assert_int_eq(test_poison_try(daemon, BAD, &third), 200);
	test_poison_expect_line(daemon, BAD, "was tried again, and is let out");
	ck_assert_int_ge(second - first, 800 - CLOCK_MS);
	ck_assert_int_ge(third - second, 1600 - CLOCK_MS);
	test_daemon_wait_count(daemon, CRASHED, 3);
	ck_assert_uint_eq(test_daemon_count(daemon, CRASHED), 3);
	ck_assert_int_eq(test_poison_try(daemon, BAD, &third), 200);
	test_poison_expect(daemon, BAD, 5, 200);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(one_that_survives_is_let_out)
{
	struct test_daemon *daemon = start(1, "300ms", "");
	long long asked;

	test_poison_take(daemon, "bad");
	ck_assert_int_eq(test_poison_try(daemon, BAD, &asked), 200);
	test_poison_expect_line(daemon, BAD, "was tried again, and is let out");
	ck_assert_int_eq(test_poison_try(daemon, BAD, &asked), 200);
	test_poison_expect(daemon, BAD, 5, 200);
	ck_assert_uint_eq(test_poison_lines(daemon), 2);
	/* And may come in again. */
	test_poison_put(daemon, "bad", "c");
	test_poison_expect(daemon, BAD, 1, 500);
	test_poison_expect_line(daemon, BAD, "is refused for");
	test_daemon_stop(&daemon);
}
END_TEST

#define CLIENTS 24

/* However many ask when the time is over. */
START_TEST(one_worker_tries)
{
	struct test_daemon *daemon = start(3, "1500ms", "");
	struct test_client clients[CLIENTS];
	struct test_response response;
	unsigned i, crashes = 0;

	for (i = 0; i < CLIENTS; i++) {
		test_client_connect(&clients[i], test_daemon_port(daemon));
		test_client_pid(&clients[i]);
	}
	test_quiet(1600);
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
	ck_assert_uint_eq(crashes, 1);
	test_poison_expect_line(daemon, BAD, "ended another worker");
	test_daemon_wait_count(daemon, CRASHED, 2);
	ck_assert_uint_eq(test_daemon_count(daemon, CRASHED), 2);
	test_daemon_stop(&daemon);
}
END_TEST

/* While one does, all others are refused; when it has lasted long enough
 * they are not. */
START_TEST(a_try_that_lasts_is_enough)
{
	struct test_daemon *daemon = start(3, "1500ms", "");
	struct test_client client;
	long long asked;

	test_poison_put(daemon, "bad", "w");
	test_quiet(1600);
	test_poison_begin(daemon, &client, BAD);
	test_poison_put(daemon, "bad", "c");
	test_poison_expect(daemon, BAD, 10, 503);
	test_poison_take(daemon, "bad");
	test_poison_expect_line(daemon, BAD, "was tried again, and is let out");
	ck_assert_int_eq(test_poison_try(daemon, BAD, &asked), 200);
	test_poison_expect(daemon, BAD, 3, 200);
	ck_assert_uint_eq(test_poison_lines(daemon), 2);
	ck_assert(test_client_is_quiet(&client));
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

/* It tells nothing of the request. */
START_TEST(a_client_that_leaves_lets_nothing_out)
{
	struct test_daemon *daemon = start(1, "1s", "");
	struct test_client client;
	long long asked;

	test_poison_put(daemon, "bad", "w");
	test_quiet(1100);
	test_poison_begin(daemon, &client, BAD);
	test_client_close(&client);
	test_poison_put(daemon, "bad", "c");
	ck_assert_int_eq(test_poison_try(daemon, BAD, &asked), 500);
	test_poison_expect_line(daemon, BAD, "ended another worker");
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_worker_that_is_killed_lets_nothing_out)
{
	struct test_daemon *daemon = start(1, "1s", "");
	struct test_client client;
	long long asked;
	pid_t worker;

	test_poison_put(daemon, "bad", "s");
	test_quiet(1100);
	worker = test_poison_begin(daemon, &client, BAD);
	ck_assert_int_eq(kill(worker, SIGKILL), 0);
	test_client_close(&client);
	test_poison_expect_line(daemon, BAD,
	    "was being tried by a worker that ended of something else");
	test_poison_put(daemon, "bad", "c");
	ck_assert_int_eq(test_poison_try(daemon, BAD, &asked), 500);
	test_poison_expect_line(daemon, BAD, "ended another worker");
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_route_is_tried_by_any_of_its_requests)
{
	struct test_daemon *daemon = start(1, "1s", "quarantine_targets = 1\n");
	long long asked;

	test_poison_expect_line(daemon, ": route /poison/{name}",
	    "as 1 different requests of it were");
	ck_assert_int_eq(test_poison_try(daemon, BAD, &asked), 500);
	test_poison_expect_line(daemon, ": route /poison/{name}",
	    "was tried again, and ended another worker");
	ck_assert_int_eq(test_poison_try(daemon, "/poison/good", &asked), 200);
	test_poison_expect_line(daemon, ": route /poison/{name}",
	    "was tried again, and is let out");
	ck_assert_int_eq(test_poison_try(daemon, "/poison/good", &asked), 200);
	test_poison_expect(daemon, "/poison/good", 3, 200);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(what_nobody_asks_for_is_forgotten)
{
	struct test_daemon *daemon =
	    start(1, "100ms", "quarantine_within = \"1s\"\n");
	long long asked;

	test_poison_expect_line(
	    daemon, BAD, "did not come again, and is forgotten");
	test_poison_take(daemon, "bad");
	ck_assert_int_eq(test_poison_try(daemon, BAD, &asked), 200);
	test_poison_expect(daemon, BAD, 3, 200);
	ck_assert_uint_eq(test_poison_lines(daemon), 2);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- reloads ---- */

/* The old workers, who may still take a request, have gone. */
static void
reload(struct test_daemon *daemon, size_t workers)
{
	long long until = test_now_ms() + TEST_DEADLINE_MS;
	pid_t pids[16];

	test_daemon_expect(daemon, " info: reload: reading");
	test_daemon_signal(daemon, SIGHUP);
	test_daemon_wait(daemon, " info: reloaded: cohort ");
	while (test_daemon_workers(daemon, pids, 16) != workers) {
		ck_assert_int_lt(test_now_ms(), until);
		test_pause();
	}
}

/* Another file of the same code, in the place of the first. */
static void
change_module(struct test_daemon *daemon)
{
	char from[256], to[256], *data;
	size_t size;
	FILE *file;

	snprintf(from, sizeof(from), "%s",
	    test_daemon_module(daemon, "module_poison"));
	snprintf(to, sizeof(to), "%s", test_daemon_path(daemon, "changed.so"));
	data = test_file_read(from, &size);
	file = fopen(to, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(data, 1, size, file), size);
	ck_assert_int_eq(fputc('\n', file), '\n');
	ck_assert_int_eq(fclose(file), 0);
	free(data);
	ck_assert_int_eq(rename(to, from), 0);
}

START_TEST(a_reload_of_the_same_changes_nothing)
{
	struct test_daemon *daemon = start(2, "10m", "");
	int i;

	for (i = 0; i < 3; i++) {
		/* The same bytes in another file. */
		if (i == 1)
			test_daemon_module(daemon, "module_poison");
		reload(daemon, 2);
		test_poison_expect(daemon, BAD, 5, 503);
		test_poison_expect(daemon, "/poison/good", 1, 200);
	}
	ck_assert_uint_eq(test_poison_lines(daemon), 1);
	test_daemon_stop(&daemon);
}
END_TEST

/* What is counted towards it stays too. */
START_TEST(a_reload_of_the_same_keeps_the_count)
{
	struct test_daemon *daemon =
	    test_poison_start(1, "quarantine_crashes = 3\n");

	test_poison_put(daemon, "bad", "c");
	test_poison_expect(daemon, BAD, 2, 500);
	reload(daemon, 1);
	test_poison_expect(daemon, BAD, 1, 500);
	test_poison_expect_line(daemon, BAD, "is refused for");
	test_poison_expect(daemon, BAD, 3, 503);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_changed_module_has_another_chance)
{
	struct test_daemon *daemon = start(1, "10m", "");

	change_module(daemon);
	reload(daemon, 1);
	test_poison_expect(daemon, "/hello", 1, 200);
	test_daemon_wait_count(
	    daemon, "is let out, as its module has changed", 1);
	test_daemon_expect(daemon, "is let out, as its module has changed");
	test_poison_expect(daemon, BAD, 1, 500);
	test_daemon_wait(daemon, "is refused for");
	test_poison_expect(daemon, BAD, 3, 503);
	test_daemon_stop(&daemon);
}
END_TEST

static void
switch_off(struct test_daemon *daemon)
{
	test_daemon_configure(daemon,
	    "workers = 1\nquarantine = off\n"
	    "listen \"127.0.0.1:0\" {}\n"
	    "host \"*\" { mount \"/\" { module = \"@/module_poison.so\" "
	    "read = \"@\" set { directory = \"@\" } } }\n");
	reload(daemon, 1);
}

START_TEST(switched_off_it_lets_all_out)
{
	struct test_daemon *daemon = start(1, "10m", "");

	test_daemon_expect(daemon, "quarantine: switched off: 1 entries let");
	switch_off(daemon);
	test_daemon_wait_count(daemon, "quarantine: switched off", 1);
	test_poison_expect(daemon, BAD, 3, 500);
	ck_assert_uint_eq(test_poison_lines(daemon), 2);
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("probe");
	TCase *tcase = tcase_create("probe");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, one_that_crashes_again_is_refused_twice_as_long);
	tcase_add_test(tcase, one_that_survives_is_let_out);
	tcase_add_test(tcase, one_worker_tries);
	tcase_add_test(tcase, a_try_that_lasts_is_enough);
	tcase_add_test(tcase, a_client_that_leaves_lets_nothing_out);
	tcase_add_test(tcase, a_worker_that_is_killed_lets_nothing_out);
	tcase_add_test(tcase, a_route_is_tried_by_any_of_its_requests);
	tcase_add_test(tcase, what_nobody_asks_for_is_forgotten);
	tcase_add_test(tcase, a_reload_of_the_same_changes_nothing);
	tcase_add_test(tcase, a_reload_of_the_same_keeps_the_count);
	tcase_add_test(tcase, a_changed_module_has_another_chance);
	tcase_add_test(tcase, switched_off_it_lets_all_out);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
