/* SPDX-License-Identifier: ISC */
/*
 * Each kind of fault at each place where application code runs: its client
 * gets what it is due, the log the signal and the request, and nobody else
 * notices anything.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test_crash.h"
#include "test_load.h"
#include "test_unit.h"

#define CLIENTS 50

static const struct test_crash_kind kinds[] = {
	{ "null", "SIGSEGV" },
	{ "jump", "SIGSEGV" },
	{ "raise", "SIGSEGV" },
	{ "bus", "SIGBUS" },
	{ "divide", "SIGFPE" },
	{ "abort", "SIGABRT" },
	{ "double-free", "SIGABRT" },
	{ "ud2", "SIGILL" },
	{ "int3", "SIGTRAP" },
	{ "sys", "SIGSYS" },
	/* These need a stack of their own, which a module's thread has not. */
	{ "stackless", "SIGSEGV" },
	{ "overflow", "SIGSEGV" },
};

#define KINDS           (sizeof(kinds) / sizeof(kinds[0]))
#define KINDS_OF_THREAD (KINDS - 2)

static const struct test_crash_place places[] = {
	{ "/crash", 500, false },
	{ "/later", 500, false },
	{ "/timer", 200, true },
	{ "/call", 200, true },
	{ "/job", 500, false },
	{ "/blocking", 500, false },
	{ "/thread", 200, true },
};

#define PLACES (sizeof(places) / sizeof(places[0]))

START_TEST(nobody_else_notices)
{
	struct test_daemon *daemon = test_crash_start(1, "");
	struct test_load_result result;
	struct test_client client;
	struct test_load *load;
	unsigned i, count = KINDS;

	if (strcmp(places[_i].path, "/thread") == 0)
		count = KINDS_OF_THREAD;
	load = test_load_start(test_daemon_port(daemon), CLIENTS, 1000);
	for (i = 0; i < count; i++) {
		test_client_connect(&client, test_daemon_port(daemon));
		test_crash_make(daemon, &client, &places[_i], &kinds[i], i);
		if (places[_i].status != 500)
			test_client_close(&client);
		test_crash_wait_replaced(daemon, 1, i + 1);
		test_load_wait(load);
		test_load_expect_whole(load);
	}
	test_load_stop(&load, &result);
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("crash_kind");
	TCase *tcase = tcase_create("crash_kind");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, nobody_else_notices, 0, PLACES);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
