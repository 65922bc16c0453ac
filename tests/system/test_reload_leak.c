/* SPDX-License-Identifier: ISC */
/*
 * A hundred reloads that fail, each for another reason than the one before,
 * leave nothing behind in the master: no descriptor, no memory, no child.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test_daemon.h"
#include "test_order.h"
#include "test_unit.h"

#define RELOADS 100

/* Of freed memory that the allocator keeps in pieces. */
#define GROWTH_MAX_KB 1024

#define GOOD TEST_CONTROL "workers = 1\nlisten \"127.0.0.1:0\" {}\n"
#define MOUNT(set)                                                       \
	"host \"*\" { mount \"/\" { module = \"@/module_check.so\" " set \
	" } }\n"
#define HOW(how) "set { how = \"" how "\" }"

static const char *const bads[] = {
	"workers = = 2\n",
	GOOD "host \"*\" { mount \"/\" { module = \"/nowhere.so\" } }\n",
	GOOD "host \"*\" { mount \"/\" { module = \"@/module_abi.so\" } }\n",
	GOOD "host \"*\" { mount \"/\" { files = \"/nowhere\" } }\n",
	GOOD MOUNT(HOW("refuse")),
	GOOD MOUNT(HOW("crash")),
	"start_timeout = 100ms\n" GOOD MOUNT(HOW("hang")),
	"self_check = \"/broken\"\n" GOOD MOUNT(""),
	"self_check = \"/never\"\nself_check_timeout = 20ms\n" GOOD MOUNT(""),
	"self_check = \"/crash\"\n" GOOD MOUNT(""),
	GOOD
	"listen \"127.0.0.2:0\" {}\nlisten \"192.0.2.1:80\" {}\n" MOUNT(""),
	"access_log = \"/nowhere/log\"\n" GOOD MOUNT(""),
};

#define BAD_COUNT (sizeof(bads) / sizeof(bads[0]))

static const char *const expected[] = { "reload: reading",
	"reload failed, nothing was changed: ", "exited with ", "crashed with ",
	"killed by ", ": killed", NULL };

static size_t
count_descriptors(pid_t pid)
{
	char *text = test_process_descriptors(pid);
	size_t count = 0;
	const char *end;

	for (end = strchr(text, '\n'); end != NULL; end = strchr(end + 1, '\n'))
		count++;
	free(text);
	return count;
}

/* Those that were dismissed may take a moment, and their records. */
static void
wait_settled(struct test_daemon *daemon, size_t descriptors)
{
	long long until = test_now_ms() + TEST_DEADLINE_MS;
	pid_t workers[64];

	while (test_daemon_workers(daemon, workers, 64) != 1 ||
	    count_descriptors(test_daemon_pid(daemon)) > descriptors) {
		ck_assert_msg(test_now_ms() < until,
		    "there are %zu children and %zu descriptors, not %zu",
		    test_daemon_workers(daemon, workers, 64),
		    count_descriptors(test_daemon_pid(daemon)), descriptors);
		test_pause();
	}
}

static void
fail_once(struct test_daemon *daemon, size_t index)
{
	json_t *answer;

	test_daemon_configure(daemon, "%s", bads[index % BAD_COUNT]);
	answer = test_order(daemon, "reload");
	ck_assert_msg(json_object_get(answer, "error") != NULL,
	    "%s: it was not refused", bads[index % BAD_COUNT]);
	json_decref(answer);
}

START_TEST(failed_reloads_leave_nothing)
{
	struct test_daemon *daemon = test_daemon_new();
	long long memory, begun = test_now_ms();
	size_t i, descriptors;
	pid_t pid;

	for (i = 0; expected[i] != NULL; i++)
		test_daemon_expect(daemon, expected[i]);
	test_daemon_module(daemon, "module_abi");
	test_daemon_module(daemon, "module_check");
	test_daemon_configure(daemon, "%s", GOOD MOUNT(""));
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	pid = test_daemon_pid(daemon);
	/* What is made once is there after two of each. */
	for (i = 0; i < 2 * BAD_COUNT; i++)
		fail_once(daemon, i);
	wait_settled(daemon, SIZE_MAX);
	descriptors = count_descriptors(pid);
	memory = test_process_number(pid, "VmRSS");
	for (i = 0; i < RELOADS; i++)
		fail_once(daemon, i);
	wait_settled(daemon, descriptors);
	printf("%d failed reloads in %lld ms, memory %lld kB more\n", RELOADS,
	    test_now_ms() - begun, test_process_number(pid, "VmRSS") - memory);
	if (!test_process_is_sanitized(pid))
		ck_assert_int_lt(
		    test_process_number(pid, "VmRSS") - memory, GROWTH_MAX_KB);
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("reload_leak");
	TCase *tcase = tcase_create("leak");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, failed_reloads_leave_nothing);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
