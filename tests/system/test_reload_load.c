/* SPDX-License-Identifier: ISC */
/*
 * Twenty reloads, of which nobody who is connected notices anything: neither
 * many clients with short requests nor a few with long ones.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test_client.h"
#include "test_daemon.h"
#include "test_load.h"
#include "test_slow.h"
#include "test_unit.h"

#define RELOADS 20

/* Of all clients together: each thinks for a moment between two. */
#define REQUESTS_PER_SECOND 2000

struct stage {
	struct test_daemon *daemon;
	bool is_sanitized;
	struct test_load *load;
	struct test_slow *slow;
};

static void
configure(struct test_daemon *daemon, unsigned workers, const char *more)
{
	test_daemon_configure(daemon,
	    "workers = %u\nlisten \"127.0.0.1:0\" {}\n%s"
	    "host \"*\" { mount \"/\" { module = \"@/module_slow.so\" } }\n",
	    workers, more);
}

static void
start(struct stage *stage)
{
	unsigned port;

	stage->daemon = test_daemon_new();
	test_daemon_expect(stage->daemon, " info: reload: ");
	test_daemon_module(stage->daemon, "module_slow");
	configure(stage->daemon, 2, "");
	test_daemon_start(stage->daemon, "-c", "@/conf", NULL);
	stage->is_sanitized =
	    test_process_is_sanitized(test_daemon_pid(stage->daemon));
	port = test_daemon_port(stage->daemon);
	stage->load = test_load_start(
	    port, 200, stage->is_sanitized ? 500 : REQUESTS_PER_SECOND);
	stage->slow = test_slow_start(port, 20, 2000);
	test_load_wait(stage->load);
}

static void
stop(struct stage *stage)
{
	struct test_load_result load;
	struct test_slow_result slow;

	test_load_expect_whole(stage->load);
	test_load_stop(&stage->load, &load);
	test_slow_stop(&stage->slow, &slow);
	printf("%d reloads: %lu requests, the slowest %lld ms; %lu slow "
	       "transfers\n",
	    RELOADS, load.requests, load.slowest_ms, slow.whole);
	test_daemon_stop(&stage->daemon);
}

/* One, until all are served by what is new. */
static void
reload(struct stage *stage)
{
	test_daemon_signal(stage->daemon, SIGHUP);
	test_daemon_wait(stage->daemon, " proven in ");
	test_load_wait(stage->load);
	test_load_expect_whole(stage->load);
}

START_TEST(nobody_notices_reloads)
{
	struct stage stage;
	int i;

	start(&stage);
	for (i = 0; i < RELOADS; i++)
		reload(&stage);
	stop(&stage);
}
END_TEST

START_TEST(nor_that_the_number_of_workers_changes)
{
	static const unsigned workers[] = { 1, 4, 2 };
	struct stage stage;
	int i;

	start(&stage);
	for (i = 0; i < RELOADS; i++) {
		configure(stage.daemon, workers[i % 3], "");
		reload(&stage);
	}
	stop(&stage);
}
END_TEST

START_TEST(nor_that_other_listeners_come_and_go)
{
	struct stage stage;
	int i;

	start(&stage);
	test_daemon_expect(stage.daemon, " info: listening on ");
	test_daemon_expect(stage.daemon, " info: no longer listening on ");
	for (i = 0; i < RELOADS; i++) {
		configure(stage.daemon, 2,
		    i % 2 == 0 ? "listen \"127.0.0.2:0\" {}\n" : "");
		reload(&stage);
	}
	stop(&stage);
}
END_TEST

/* Each answer says which it is, and a worker has but one. */
START_TEST(nor_that_the_code_is_new)
{
	static const char *const versions[] = { "module_slow_two",
		"module_slow" };
	struct test_response response;
	struct stage stage;
	char path[256];
	int i;

	start(&stage);
	for (i = 0; i < RELOADS; i++) {
		snprintf(path, sizeof(path), "%s",
		    test_daemon_module(stage.daemon, versions[i % 2]));
		ck_assert_int_eq(
		    rename(path,
			test_daemon_path(stage.daemon, "module_slow.so")) *
			(i % 2 == 0),
		    0);
		reload(&stage);
		test_get(test_daemon_port(stage.daemon), "/version", &response);
		ck_assert_int_eq(response.status, 200);
		ck_assert_msg(strncmp(response.body,
				  i % 2 == 0 ? "two " : "one ", 4) == 0,
		    "reload %d: %s", i, response.body);
		test_response_free(&response);
	}
	stop(&stage);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("reload_load");
	TCase *tcase = tcase_create("reload_load");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, nobody_notices_reloads);
	tcase_add_test(tcase, nor_that_the_number_of_workers_changes);
	tcase_add_test(tcase, nor_that_other_listeners_come_and_go);
	tcase_add_test(tcase, nor_that_the_code_is_new);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
