/* SPDX-License-Identifier: ISC */
/*
 * Jobs and blocking handlers: what they block is a thread of the pool and
 * nothing else, whatever becomes of their request and their worker.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test_client.h"
#include "test_daemon.h"
#include "test_unit.h"

#define BODY_SIZE 200000 /* beyond what is kept in memory */

static const char *const paths[] = { "/job", "/blocking" };

static int gate; /* both ends, so that nobody waits to open it */

static void
make_gate(const char *path)
{
	if (mkfifo(path, 0666) == -1)
		ck_assert_int_eq(errno, EEXIST);
	ck_assert_int_eq(chmod(path, 0666), 0);
	gate = open(path, O_RDWR | O_CLOEXEC);
	ck_assert_int_ne(gate, -1);
}

static void
let_through(size_t count)
{
	while (count-- > 0)
		ck_assert_int_eq(write(gate, "x", 1), 1);
}

static void
configure(struct test_daemon *daemon, const char *more)
{
	test_daemon_configure(daemon,
	    "workers = 1\n%s\nlisten \"127.0.0.1:0\" {}\n"
	    "host \"*\" { mount \"/\" { module = \"%s\" read = \"@\" set { "
	    "gate = "
	    "\"@/gate\" } } }\n",
	    more, test_daemon_module(daemon, "module_blocking"));
}

static struct test_daemon *
start(const char *more)
{
	struct test_daemon *daemon = test_daemon_new();

	make_gate(test_daemon_path(daemon, "gate"));
	test_daemon_expect(daemon, " info: stop hook");
	configure(daemon, more);
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	return daemon;
}

static void
stop(struct test_daemon **daemon)
{
	test_daemon_stop(daemon);
	close(gate);
}

/* A request whose job or handler is now at the gate. */
static void
begin(struct test_daemon *daemon, struct test_client *client, const char *path)
{
	test_client_connect(client, test_daemon_port(daemon));
	test_client_send_format(
	    client, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path);
	test_daemon_wait(daemon, " info: job begins");
}

static void
begin_with_body(
    struct test_daemon *daemon, struct test_client *client, const char *path)
{
	static char body[BODY_SIZE];

	memset(body, 1, sizeof(body));
	test_client_connect(client, test_daemon_port(daemon));
	test_client_send_format(client,
	    "POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n", path,
	    sizeof(body));
	test_client_send(client, body, sizeof(body));
	test_daemon_wait(daemon, " info: job begins");
}

static void
expect_end(struct test_daemon *daemon)
{
	test_daemon_expect(daemon, " info: job ends: ");
	test_daemon_expect(daemon, " info: job is freed");
	test_daemon_expect(daemon, " info: handler ends");
}

/* Its line tells as well where it comes from. */
static void
wait_end(struct test_daemon *daemon, const char *path)
{
	bool is_job = strcmp(path, "/job") == 0;
	const char *line = test_daemon_wait(
	    daemon, is_job ? " info: job ends: " : " info: handler ends");

	ck_assert_ptr_nonnull(strstr(line, ", from 127.0.0.1, port "));
	ck_assert_ptr_nonnull(strstr(line, path));
	if (!is_job)
		ck_assert_ptr_nonnull(
		    strstr(line, ", while waiting at the gate"));
}

START_TEST(others_are_served_meanwhile)
{
	struct test_daemon *daemon = start("");
	struct test_client client, other;
	int i;

	begin_with_body(daemon, &client, paths[_i]);
	expect_end(daemon);
	test_client_connect(&other, test_daemon_port(daemon));
	for (i = 0; i < 100; i++)
		ck_assert_int_eq(test_client_status(&other, "/hello"), 200);
	ck_assert(test_client_is_quiet(&client));
	let_through(1);
	test_client_expect(&client, "POST", 200, "200000\n");
	/* And the connection goes on. */
	ck_assert_int_eq(test_client_status(&client, "/hello"), 200);
	test_client_close(&client);
	test_client_close(&other);
	stop(&daemon);
}
END_TEST

START_TEST(beyond_the_queue_is_503)
{
	struct test_daemon *daemon = start("threads = 1 thread_queue = 1");
	struct test_client client, waiting, refused;
	struct test_response response;
	int i;

	expect_end(daemon);
	begin(daemon, &client, paths[_i]);
	test_client_connect(&waiting, test_daemon_port(daemon));
	test_client_send_format(
	    &waiting, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", paths[_i]);
	test_client_connect(&refused, test_daemon_port(daemon));
	for (i = 0; i < 3; i++) {
		test_client_get(&refused, paths[_i], &response);
		ck_assert_int_eq(response.status, 503);
		ck_assert_str_eq(
		    test_response_field(&response, "Retry-After"), "1");
		test_response_free(&response);
	}
	test_daemon_wait(daemon, " warn: thread_queue is full: 1 jobs wait");
	ck_assert_int_eq(test_client_status(&refused, "/hello"), 200);
	let_through(2);
	test_client_expect(&client, "GET", 200, "0\n");
	test_client_expect(&waiting, "GET", 200, "0\n");
	test_daemon_wait(daemon, " info: job begins");
	test_daemon_expect(daemon, " warn: thread_queue is full");
	test_client_close(&client);
	test_client_close(&waiting);
	test_client_close(&refused);
	stop(&daemon);
}
END_TEST

START_TEST(a_client_may_go)
{
	struct test_daemon *daemon = start("");
	struct test_client client, other;

	begin_with_body(daemon, &client, paths[_i]);
	test_client_close(&client);
	test_client_connect(&other, test_daemon_port(daemon));
	ck_assert_int_eq(test_client_status(&other, "/hello"), 200);
	let_through(1);
	wait_end(daemon, paths[_i]);
	if (_i == 0)
		test_daemon_wait(daemon, " info: job is freed");
	ck_assert_int_eq(test_client_status(&other, "/hello"), 200);
	test_client_close(&other);
	stop(&daemon);
}
END_TEST

START_TEST(what_waits_goes_with_its_client)
{
	struct test_daemon *daemon = start("threads = 1");
	struct test_client client, waiting;

	begin(daemon, &client, "/job");
	test_client_connect(&waiting, test_daemon_port(daemon));
	test_client_send_text(&waiting, "GET /job HTTP/1.1\r\nHost: a\r\n\r\n");
	test_client_close(&waiting);
	test_daemon_wait(daemon, " info: job is freed");
	let_through(1);
	test_client_expect(&client, "GET", 200, "0\n");
	expect_end(daemon);
	test_client_close(&client);
	stop(&daemon);
}
END_TEST

START_TEST(too_long_is_503)
{
	struct test_daemon *daemon = start("thread_timeout = \"100ms\"");
	struct test_client client;

	begin(daemon, &client, paths[_i]);
	test_client_expect(&client, "GET", 503, NULL);
	test_daemon_wait(daemon, "its job did not end within thread_timeout");
	ck_assert_int_eq(test_client_status(&client, "/hello"), 200);
	let_through(1);
	wait_end(daemon, paths[_i]);
	ck_assert_int_eq(test_client_status(&client, "/hello"), 200);
	expect_end(daemon);
	test_client_close(&client);
	stop(&daemon);
}
END_TEST

START_TEST(a_reload_waits_for_it)
{
	struct test_daemon *daemon = start("log_level = \"debug\"");
	struct test_client client, other;

	test_daemon_expect(daemon, " info: reload: reading");
	expect_end(daemon);
	begin(daemon, &client, paths[_i]);
	test_daemon_signal(daemon, SIGHUP);
	test_daemon_wait(daemon, " info: reloaded: cohort ");
	test_client_connect(&other, test_daemon_port(daemon));
	ck_assert_int_eq(test_client_status(&other, "/hello"), 200);
	test_client_close(&other);
	ck_assert(test_client_is_quiet(&client));
	let_through(1);
	test_client_expect(&client, "GET", 200, "0\n");
	test_daemon_wait(daemon, " is gone");
	ck_assert_int_eq(test_client_status(&client, "/hello"), 200);
	test_client_close(&client);
	stop(&daemon);
}
END_TEST

START_TEST(a_stop_waits_for_it)
{
	struct test_daemon *daemon = start("");
	struct test_client client;

	expect_end(daemon);
	begin(daemon, &client, paths[_i]);
	test_daemon_signal(daemon, SIGTERM);
	test_daemon_wait(daemon, " info: stopping");
	let_through(1);
	test_client_expect(&client, "GET", 200, "0\n");
	ck_assert(test_client_is_closed(&client));
	test_client_close(&client);
	ck_assert_int_eq(test_daemon_wait_exit(daemon), 0);
	stop(&daemon);
}
END_TEST

/* Nobody waits for the answer, but what it does may matter: the worker has
 * more patience than for a moment. */
START_TEST(a_stop_waits_for_it_without_its_client)
{
	struct test_daemon *daemon = start("");
	struct test_client client;

	begin(daemon, &client, paths[_i]);
	test_client_close(&client);
	test_daemon_signal(daemon, SIGTERM);
	test_daemon_wait(daemon, " info: stopping");
	test_quiet(500);
	let_through(1);
	wait_end(daemon, paths[_i]);
	test_daemon_wait(daemon, " info: stop hook");
	expect_end(daemon);
	stop(&daemon);
}
END_TEST

/* Then no stop hook runs, which might free what it uses. */
START_TEST(a_stop_does_not_wait_for_ever)
{
	struct test_daemon *daemon = start("shutdown_timeout = \"200ms\"");
	struct test_client client;

	begin(daemon, &client, paths[_i]);
	test_daemon_signal(daemon, SIGTERM);
	test_daemon_wait(daemon, "connections are cut");
	test_daemon_wait(daemon, " warn: 1 jobs still run, so no stop hook");
	ck_assert(test_client_is_closed(&client));
	ck_assert_int_eq(test_daemon_wait_exit(daemon), 0);
	ck_assert_uint_eq(test_daemon_count(daemon, "stop hook,"), 0);
	test_client_close(&client);
	stop(&daemon);
}
END_TEST

START_TEST(without_threads_there_is_no_blocking_route)
{
	struct test_daemon *daemon = test_daemon_new();
	struct test_output output;

	configure(daemon, "threads = 0");
	ck_assert_int_ne(
	    test_daemon_run(daemon, &output, "-t", "-c", "@/conf", NULL), 0);
	ck_assert_ptr_nonnull(strstr(output.text,
	    "route \"/blocking\": option blocking needs threads, and the "
	    "configuration has none (threads = 0)"));
	test_output_free(&output);
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("blocking");
	TCase *tcase = tcase_create("blocking");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, others_are_served_meanwhile, 0, 2);
	tcase_add_loop_test(tcase, beyond_the_queue_is_503, 0, 2);
	tcase_add_loop_test(tcase, a_client_may_go, 0, 2);
	tcase_add_test(tcase, what_waits_goes_with_its_client);
	tcase_add_loop_test(tcase, too_long_is_503, 0, 2);
	tcase_add_loop_test(tcase, a_reload_waits_for_it, 0, 2);
	tcase_add_loop_test(tcase, a_stop_waits_for_it, 0, 2);
	tcase_add_loop_test(
	    tcase, a_stop_waits_for_it_without_its_client, 0, 2);
	tcase_add_loop_test(tcase, a_stop_does_not_wait_for_ever, 0, 2);
	tcase_add_test(tcase, without_threads_there_is_no_blocking_route);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
