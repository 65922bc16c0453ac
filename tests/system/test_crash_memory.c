/* SPDX-License-Identifier: ISC */
/*
 * Crashes of workers that have destroyed more than a request: their heap,
 * the shared memory by which others are saved, or all their descriptors.
 * Connections may be lost; the master and those who come then may not.
 */
#include <sys/resource.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test_crash.h"
#include "test_load.h"
#include "test_unit.h"

#define CLIENTS 100
#define ROUNDS  5

/* What the allocator and the master may say then. */
static void
expect_words(struct test_daemon *daemon)
{
	test_daemon_expect(daemon, "malloc");
	test_daemon_expect(daemon, "free(): ");
	test_daemon_expect(daemon, "realloc(): ");
	test_daemon_expect(daemon, "corrupted");
	test_daemon_expect(daemon, "scribbles with seed ");
	test_daemon_expect(daemon, ": ignored");
	test_daemon_expect(daemon, "was killed by SIG");
	/* A pointer of Cohort's own that was overwritten. */
	test_daemon_expect(daemon, "panic");
}

/* A request that may get a 500, or the end. */
static void
ask(struct test_daemon *daemon, const char *kind)
{
	struct test_client client;

	test_client_connect(&client, test_daemon_port(daemon));
	test_client_send_format(
	    &client, "GET /crash/%s HTTP/1.1\r\nHost: test\r\n\r\n", kind);
	do
		client.size = 0;
	while (!test_client_is_closed(&client));
	test_client_close(&client);
}

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

/* How many of the others got something else than right answers. */
static unsigned long
crash_beside_others(struct test_daemon *daemon, const char *kind)
{
	struct test_load_result result;
	struct test_load *load;
	unsigned round;

	load = test_load_start(test_daemon_port(daemon), CLIENTS, 1000);
	test_load_wait(load);
	for (round = 1; round <= ROUNDS; round++) {
		ask(daemon, kind);
		test_daemon_wait_count(daemon, "was killed by SIG", round);
		ck_assert_int_eq(status_of(daemon, "/hello/new"), 200);
		test_load_wait(load);
	}
	test_load_stop(&load, &result);
	ck_assert_uint_eq(
	    test_daemon_count(daemon, "was killed by SIG"), ROUNDS);
	printf("%s: %lu requests, %lu failures, %lu connections lost\n", kind,
	    result.requests, result.failures, result.closed);
	return result.failures + result.closed;
}

/* Chunks around one of the module's: the table is whole, so are others. */
START_TEST(a_heap_that_is_destroyed)
{
	struct test_daemon *daemon = test_crash_start(1, "");
	unsigned long lost;

	if (!test_crash_is_sanitized(daemon)) {
		expect_words(daemon);
		lost = crash_beside_others(daemon, "heap");
		ck_assert_uint_eq(lost, 0);
	}
	test_daemon_stop(&daemon);
}
END_TEST

static const char *const wild[] = { "spoil", "rows", "area", "erase" };

#define WILD (sizeof(wild) / sizeof(wild[0]))

START_TEST(the_master_and_new_clients_are_safe)
{
	struct test_daemon *daemon = test_crash_start(2, "");

	if (_i > 0 || !test_crash_is_sanitized(daemon)) {
		expect_words(daemon);
		crash_beside_others(daemon, wild[_i]);
	}
	ck_assert_int_eq(status_of(daemon, "/hello/you"), 200);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- descriptors ---- */

#define DESCRIPTORS 300
#define MANY        200

static void
limit_descriptors(void *context)
{
	struct rlimit limit = { DESCRIPTORS, DESCRIPTORS };

	setrlimit(RLIMIT_NOFILE, &limit);
}

static struct test_daemon *
start_limited(void)
{
	struct test_daemon *daemon = test_daemon_new();

	test_daemon_prepare(daemon, limit_descriptors, NULL);
	test_daemon_configure(daemon,
	    "workers = 1\nquarantine = off\nopen_files = 10\n"
	    "max_connections = %d\n" TEST_SERVE_MODULE,
	    MANY + 20, test_daemon_module(daemon, "module_crash"));
	test_daemon_expect(daemon, " info: a worker starts");
	test_daemon_expect(daemon, "the limit is 300: workers will hold fewer");
	test_daemon_expect(daemon, "accept: Too many open files");
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	return daemon;
}

START_TEST(a_worker_that_has_no_descriptor_left)
{
	struct test_daemon *daemon = start_limited();
	struct test_client client;
	struct test_load_result result;
	struct test_load *load;
	unsigned round;

	load = test_load_start(test_daemon_port(daemon), MANY, 1000);
	for (round = 0; round < ROUNDS; round++) {
		test_load_wait(load);
		test_client_connect(&client, test_daemon_port(daemon));
		ck_assert_int_eq(test_client_status(&client, "/hoard/0"), 200);
		test_client_send_text(
		    &client, "GET /crash/null HTTP/1.1\r\nHost: test\r\n\r\n");
		test_crash_expect_500(&client, "GET");
		test_crash_expect_record(daemon, "SIGSEGV", "GET /crash/null");
	}
	test_load_wait(load);
	test_load_expect_whole(load);
	test_load_stop(&load, &result);
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("crash_memory");
	TCase *tcase = tcase_create("crash_memory");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, a_heap_that_is_destroyed);
	tcase_add_loop_test(
	    tcase, the_master_and_new_clients_are_safe, 0, WILD);
	tcase_add_test(tcase, a_worker_that_has_no_descriptor_left);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
