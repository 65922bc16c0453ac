/* SPDX-License-Identifier: ISC */
/*
 * Application code that does not come to an end: who is named for it, who is
 * ended, and who is not, since it only waits, or somebody holds it.
 */
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test_client.h"
#include "test_daemon.h"
#include "test_unit.h"

#define FOR_EVER 600000
#define IDLE     20

static struct test_daemon *
start(const char *more)
{
	struct test_daemon *daemon = test_daemon_new();

	test_daemon_configure(daemon,
	    "workers = 1\nquarantine = off\n%s" TEST_SERVE_MODULE, more,
	    test_daemon_module(daemon, "module_hang"));
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	return daemon;
}

static void
ask(struct test_daemon *daemon, struct test_client *client, const char *target)
{
	test_client_connect(client, test_daemon_port(daemon));
	test_client_send_format(
	    client, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", target);
}

/* ---- those that have nothing to do with it ---- */

struct others {
	struct test_client clients[IDLE];
	pid_t worker;
};

static void
open_others(struct test_daemon *daemon, struct others *others)
{
	size_t i;

	for (i = 0; i < IDLE; i++) {
		test_client_connect(
		    &others->clients[i], test_daemon_port(daemon));
		others->worker = test_client_pid(&others->clients[i]);
	}
}

/* Half of them ask while nobody answers. */
static void
send_by_others(struct others *others)
{
	size_t i;

	for (i = 0; i < IDLE; i += 2)
		test_client_send_text(&others->clients[i],
		    "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
}

static void
expect_others(struct others *others, bool has_same_worker)
{
	pid_t worker;
	size_t i;

	for (i = 0; i < IDLE; i++) {
		if (i % 2 == 0)
			test_client_expect(
			    &others->clients[i], "GET", 200, "hello\n");
		worker = test_client_pid(&others->clients[i]);
		ck_assert_int_eq(worker == others->worker, has_same_worker);
		test_client_close(&others->clients[i]);
	}
}

/* ---- words ---- */

static void
expect_words(const char *line, const char *words)
{
	ck_assert_msg(strstr(line, words) != NULL, "no %s: %s", words, line);
}

/* The number behind words. */
static long
number_in(const char *line, const char *words)
{
	const char *found = strstr(line, words);

	ck_assert_msg(found != NULL, "no %s: %s", words, line);
	return strtol(found + strlen(words), NULL, 10);
}

static void
expect_warning(struct test_daemon *daemon, const char *target)
{
	const char *line = test_daemon_wait(daemon, " has been busy for ");
	char words[128];

	snprintf(words, sizeof(words), "\"GET %s\" from 127.0.0.1", target);
	expect_words(line, " warn: worker 0 ");
	expect_words(line, words);
	expect_words(line, "turn_round");
	ck_assert_msg(strstr(line, ": ended") == NULL, "%s", line);
}

/* The record of one that was ended; how long it hung. */
static long
expect_end(struct test_daemon *daemon, const char *signal, const char *target)
{
	const char *line = test_daemon_wait(daemon, "was ended after hanging");
	char words[128];

	snprintf(words, sizeof(words), "\"GET %s\" from 127.0.0.1", target);
	expect_words(line, words);
	snprintf(words, sizeof(words), "was killed by %s", signal);
	expect_words(line, words);
	if (strcmp(signal, "SIGABRT") == 0)
		expect_words(line, "turn_round");
	return number_in(line, "was ended after hanging for ");
}

/* ---- named ---- */

/* Those of the loop come first. */
static const char *const places[] = { "spin", "later", "job", "blocking" };

#define PLACES         (sizeof(places) / sizeof(places[0]))
#define PLACES_OF_LOOP 2

/* Once each time, and nobody is harmed. */
START_TEST(what_is_slow_is_named)
{
	struct test_daemon *daemon =
	    start("hang_warn = \"100ms\"\nhang_timeout = \"0s\"\n");
	struct others others;
	struct test_client client;
	char target[64];
	int i;

	test_daemon_expect(daemon, " info: spins");
	snprintf(target, sizeof(target), "/%s/500", places[_i]);
	open_others(daemon, &others);
	for (i = 0; i < 2; i++) {
		ask(daemon, &client, target);
		if (i == 0)
			send_by_others(&others);
		test_client_expect(&client, "GET", 200, NULL);
		test_client_close(&client);
		expect_warning(daemon, target);
	}
	expect_others(&others, true);
	ck_assert_uint_eq(test_daemon_count(daemon, "has been busy for"), 2);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(what_is_quick_is_not)
{
	struct test_daemon *daemon =
	    start("hang_warn = \"30s\"\nhang_timeout = \"60s\"\n");
	struct test_client client;
	char target[64];
	size_t i;

	test_daemon_expect(daemon, " info: spins");
	for (i = 0; i < PLACES; i++) {
		snprintf(target, sizeof(target), "/%s/50", places[i]);
		ask(daemon, &client, target);
		test_client_expect(&client, "GET", 200, NULL);
		test_client_close(&client);
	}
	ck_assert_uint_eq(test_daemon_count(daemon, "has been busy for"), 0);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- ended ---- */

START_TEST(what_hangs_is_ended)
{
	struct test_daemon *daemon =
	    start("hang_warn = \"100ms\"\nhang_timeout = \"500ms\"\n");
	struct others others;
	struct test_client client;
	const char *line;
	char target[64];

	snprintf(target, sizeof(target), "/%s/%d", places[_i], FOR_EVER);
	open_others(daemon, &others);
	ask(daemon, &client, target);
	test_daemon_wait(daemon, " info: spins");
	send_by_others(&others);
	test_client_expect(&client, "GET", 500, NULL);
	ck_assert(test_client_is_closed(&client));
	expect_warning(daemon, target);
	line = test_daemon_wait(daemon, ": ended");
	expect_words(line, target);
	ck_assert_int_ge(number_in(line, "busy for "), 500);
	ck_assert_int_ge(expect_end(daemon, "SIGABRT", target), 500);
	expect_others(&others, false);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

/* Its client gets no answer, as nothing of it runs any more. */
START_TEST(who_ignores_that_is_killed)
{
	struct test_daemon *daemon =
	    start("hang_warn = \"0s\"\nhang_timeout = \"200ms\"\n");
	struct test_client client;

	ask(daemon, &client, "/deaf");
	test_daemon_wait(daemon, " info: spins");
	test_daemon_wait(daemon, ": ended");
	test_daemon_wait(daemon, " is still hung after ");
	ck_assert(test_client_is_closed(&client));
	expect_end(daemon, "SIGKILL", "/deaf");
	test_client_close(&client);
	ask(daemon, &client, "/hello");
	test_client_expect(&client, "GET", 200, "hello\n");
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

/* A job may take what jobs may take, if that is longer. */
static const struct {
	const char *settings;
	int status; /* what its client gets */
	long least_ms;
} patience[] = {
	{ "thread_timeout = \"700ms\"\nhang_timeout = \"200ms\"\n", 503, 700 },
	{ "thread_timeout = \"100ms\"\nhang_timeout = \"500ms\"\n", 503, 500 },
};

#define PATIENCE (sizeof(patience) / sizeof(patience[0]))

START_TEST(a_job_has_the_longer_time)
{
	char settings[128], target[64];
	struct test_daemon *daemon;
	struct test_client client;

	snprintf(settings, sizeof(settings), "hang_warn = \"50ms\"\n%s",
	    patience[_i].settings);
	daemon = start(settings);
	snprintf(target, sizeof(target), "/job/%d", FOR_EVER);
	ask(daemon, &client, target);
	test_daemon_wait(daemon, " info: spins");
	test_daemon_expect(daemon, "its job did not end within thread_timeout");
	test_client_expect(&client, "GET", patience[_i].status, NULL);
	expect_warning(daemon, target);
	test_daemon_wait(daemon, ": ended");
	ck_assert_int_ge(
	    expect_end(daemon, "SIGABRT", target), patience[_i].least_ms);
	/* It had its answer, and lives on. */
	ck_assert_int_eq(test_client_status(&client, "/hello"), 200);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- left alone ---- */

static struct test_daemon *
start_strict(const char *more)
{
	char settings[256];

	snprintf(settings, sizeof(settings),
	    "hang_warn = \"100ms\"\nhang_timeout = \"200ms\"\n%s", more);
	return start(settings);
}

static void
expect_no_hang(struct test_daemon *daemon)
{
	ck_assert_uint_eq(test_daemon_count(daemon, "has been busy for"), 0);
	ck_assert_uint_eq(test_daemon_count(daemon, "was killed"), 0);
}

START_TEST(who_waits_does_not_hang)
{
	struct test_daemon *daemon = start_strict("");
	struct test_client client;

	ask(daemon, &client, "/wait/1000");
	test_client_expect(&client, "GET", 200, NULL);
	test_client_close(&client);
	expect_no_hang(daemon);
	test_daemon_stop(&daemon);
}
END_TEST

/* In the middle of a handler, for longer than that may hang. */
START_TEST(who_is_stopped_does_not_hang)
{
	struct test_daemon *daemon = start_strict("");
	struct test_client client;
	pid_t worker;

	test_client_connect(&client, test_daemon_port(daemon));
	worker = test_client_pid(&client);
	test_client_send_text(&client, "GET /stop HTTP/1.1\r\nHost: a\r\n\r\n");
	test_process_wait_state(worker, 'T');
	test_quiet(800);
	ck_assert_int_eq(kill(worker, SIGCONT), 0);
	test_client_expect(&client, "GET", 200, "goes on\n");
	ck_assert_int_eq(test_client_pid(&client), worker);
	test_client_close(&client);
	expect_no_hang(daemon);
	test_daemon_stop(&daemon);
}
END_TEST

/* False: here nobody may. */
static bool
trace(pid_t pid)
{
	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) == 0)
		return true;
	ck_assert_msg(errno == EPERM || errno == ENOSYS, "%s", strerror(errno));
	return false;
}

static void
end_trace(pid_t pid)
{
	ck_assert_int_eq(ptrace(PTRACE_INTERRUPT, pid, NULL, NULL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, __WALL), pid);
	ck_assert_int_eq(ptrace(PTRACE_DETACH, pid, NULL, NULL), 0);
}

/* As by a debugger, which takes its time.  Only what may leave a core may be
 * looked into. */
START_TEST(who_is_traced_does_not_hang)
{
	struct test_daemon *daemon =
	    start_strict("core_dumps = on\ncore_directory = \"@/cores\"\n");
	struct test_client client;
	pid_t worker;

	test_client_connect(&client, test_daemon_port(daemon));
	worker = test_client_pid(&client);
	if (trace(worker)) {
		test_client_send_text(
		    &client, "GET /spin/1000 HTTP/1.1\r\nHost: a\r\n\r\n");
		test_daemon_wait(daemon, " info: spins");
		test_client_expect(&client, "GET", 200, "spun\n");
		end_trace(worker);
		ck_assert_int_eq(test_client_pid(&client), worker);
	}
	test_client_close(&client);
	expect_no_hang(daemon);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- who has nothing to do is not woken ---- */

static long long
count_switches(pid_t worker)
{
	return test_process_number(worker, "voluntary_ctxt_switches");
}

START_TEST(an_idle_worker_sleeps)
{
	struct test_daemon *daemon = start_strict("");
	struct test_client client;
	long long before;
	pid_t worker;

	test_client_connect(&client, test_daemon_port(daemon));
	/* Its pool is there too. */
	ck_assert_int_eq(test_client_status(&client, "/job/1"), 200);
	test_daemon_wait(daemon, " info: spins");
	worker = test_client_pid(&client);
	test_process_wait_state(worker, 'S');
	before = count_switches(worker);
	ck_assert_int_gt(before, 0);
	test_quiet(1200);
	ck_assert_int_eq(count_switches(worker), before);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("hang");
	TCase *tcase = tcase_create("hang");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, what_is_slow_is_named, 0, PLACES);
	tcase_add_test(tcase, what_is_quick_is_not);
	tcase_add_loop_test(tcase, what_hangs_is_ended, 0, PLACES_OF_LOOP);
	tcase_add_test(tcase, who_ignores_that_is_killed);
	tcase_add_loop_test(tcase, a_job_has_the_longer_time, 0, PATIENCE);
	tcase_add_test(tcase, who_waits_does_not_hang);
	tcase_add_test(tcase, who_is_stopped_does_not_hang);
	tcase_add_test(tcase, who_is_traced_does_not_hang);
	tcase_add_test(tcase, an_idle_worker_sleeps);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
