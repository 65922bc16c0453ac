/* SPDX-License-Identifier: ISC */
/*
 * A crash costs one request: many clients send to workers that crash again
 * and again, and none of them sees anything of it but who asked for it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "test_crash.h"
#include "test_load.h"
#include "test_unit.h"

/* Of all clients together, so that the machine has room for the rest. */
#define REQUESTS_PER_SECOND 8000

#define CRASHES_MAX 64

/* What crashes, and how often; less where sanitizers slow it all. */
static const struct {
	struct test_crash_kind kind;
	unsigned times, times_sanitized;
} mix[] = {
	{ { "null", "SIGSEGV" }, 20, 4 },
	{ { "double-free", "SIGABRT" }, 5, 1 },
	{ { "overflow", "SIGSEGV" }, 5, 2 },
	{ { "loop", "SIGABRT" }, 5, 1 },
	{ { "divide", "SIGFPE" }, 2, 1 },
};

#define MIX_COUNT (sizeof(mix) / sizeof(mix[0]))

/* Workers, and where it happens. */
static const struct {
	struct test_crash_place place;
	unsigned workers;
} scenes[] = {
	{ { "/crash", 500, false }, 2 },
	{ { "/crash", 500, false }, 1 },
	{ { "/later", 500, false }, 2 },
	{ { "/timer", 200, true }, 2 },
	{ { "/job", 500, false }, 2 },
};

#define SCENE_COUNT (sizeof(scenes) / sizeof(scenes[0]))

struct stage {
	struct test_daemon *daemon;
	unsigned workers;
	bool is_sanitized;
	struct test_load *load;
	struct test_client clients[CRASHES_MAX];
	unsigned crashes;
};

/* Those who will crash a worker wait beside all others, so that wherever
 * connections went to, a crash follows them. */
static void
open_stage(struct stage *stage, unsigned workers, const char *more)
{
	size_t i;

	stage->workers = workers;
	stage->crashes = 0;
	stage->daemon = test_crash_start(workers, more);
	stage->is_sanitized = test_crash_is_sanitized(stage->daemon);
	stage->load = test_load_start(test_daemon_port(stage->daemon),
	    stage->is_sanitized ? 200 : 1000,
	    stage->is_sanitized ? 1000 : REQUESTS_PER_SECOND);
	for (i = 0; i < CRASHES_MAX; i++) {
		test_client_connect(
		    &stage->clients[i], test_daemon_port(stage->daemon));
		test_client_pid(&stage->clients[i]);
	}
	test_load_wait(stage->load);
}

static void
close_stage(struct stage *stage)
{
	struct test_load_result result;
	size_t i;

	test_load_expect_whole(stage->load);
	test_load_stop(&stage->load, &result);
	printf("%u workers, %u crashes: %lu requests, the slowest %lld ms\n",
	    stage->workers, stage->crashes, result.requests, result.slowest_ms);
	for (i = 0; i < CRASHES_MAX; i++)
		if (stage->clients[i].fd != -1)
			test_client_close(&stage->clients[i]);
	test_daemon_stop(&stage->daemon);
}

/* One crash, until all are served as before. */
static void
crash_once(struct stage *stage, const struct test_crash_place *place,
    const struct test_crash_kind *kind)
{
	unsigned number = stage->crashes++;

	ck_assert_uint_lt(number, CRASHES_MAX);
	test_crash_make(
	    stage->daemon, &stage->clients[number], place, kind, number);
	test_crash_wait_replaced(stage->daemon, stage->workers, stage->crashes);
	test_load_wait(stage->load);
	test_load_expect_whole(stage->load);
}

/* The thread that never ends has cost its request its time before. */
static struct test_crash_place
place_of(const struct test_crash_place *usual, const char *kind)
{
	struct test_crash_place place = *usual;

	if (strcmp(place.path, "/job") == 0 && strcmp(kind, "loop") == 0)
		place.status = 503;
	return place;
}

START_TEST(a_crash_costs_one_request)
{
	struct test_crash_place place;
	struct stage stage;
	unsigned i, times;
	size_t which;

	open_stage(&stage, scenes[_i].workers, "thread_timeout = \"250ms\"\n");
	test_daemon_expect(stage.daemon, "did not end within thread_timeout");
	for (which = 0; which < MIX_COUNT; which++) {
		place = place_of(&scenes[_i].place, mix[which].kind.name);
		times = stage.is_sanitized ? mix[which].times_sanitized :
					     mix[which].times;
		for (i = 0; i < times; i++)
			crash_once(&stage, &place, &mix[which].kind);
	}
	close_stage(&stage);
}
END_TEST

/* ---- one upon the other ---- */

/* Nobody waits for anything: a worker takes over what the last one left,
 * and with it the next crash. */
START_TEST(crashes_come_all_at_once)
{
	struct stage stage;
	unsigned i, count;

	open_stage(&stage, (unsigned)_i, "");
	count = stage.is_sanitized ? 6 : 40;
	for (i = 0; i < count; i++)
		test_client_send_format(&stage.clients[i],
		    "GET /crash/null?%u HTTP/1.1\r\nHost: test\r\n\r\n", i);
	for (i = 0; i < count; i++)
		test_crash_expect_500(&stage.clients[i], "GET");
	for (i = 0; i < count; i++)
		test_crash_expect_record(stage.daemon, "SIGSEGV", NULL);
	for (i = 0; i < count; i++) {
		char words[64];

		snprintf(words, sizeof(words), "\"GET /crash/null?%u\"", i);
		ck_assert_uint_eq(test_daemon_count(stage.daemon, words), 1);
	}
	stage.crashes = count;
	test_load_wait(stage.load);
	close_stage(&stage);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("containment");
	TCase *tcase = tcase_create("containment");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, a_crash_costs_one_request, 0, SCENE_COUNT);
	tcase_add_loop_test(tcase, crashes_come_all_at_once, 1, 3);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
