/* SPDX-License-Identifier: ISC */
/*
 * Workers do not grow: not by requests of any kind, nor much by connections
 * that are idle.  Where sanitizers keep what was freed nothing is measured,
 * but all is run.
 */
#include <sys/resource.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test_client.h"
#include "test_daemon.h"
#include "test_unit.h"

static struct test_daemon *
start(void)
{
	struct test_daemon *daemon = test_daemon_new();

	test_daemon_write(daemon, "file.txt", "a small file\n");
	test_daemon_configure(daemon,
	    "workers = 1\naccess_log = \"/dev/null\"\n"
	    "listen \"127.0.0.1:0\" {}\n"
	    "host \"*\" { mount \"/\" { module = \"%s\" }\n"
	    "mount \"/files\" { files = \"@\" } }\n",
	    test_daemon_module(daemon, "module_test"));
	test_daemon_expect(daemon, "the secret reason");
	test_daemon_expect(daemon, "a <bad> thing");
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	return daemon;
}

static long long
resident_kb(pid_t worker)
{
	return test_process_number(worker, "VmRSS");
}

static pid_t
only_worker(struct test_daemon *daemon)
{
	pid_t worker;

	ck_assert_uint_eq(test_daemon_workers(daemon, &worker, 1), 1);
	return worker;
}

static const struct {
	const char *request;
	int status;
} kinds[] = {
	{ "GET /hello/you?a=b&c=d HTTP/1.1\r\nHost: a\r\nCookie: x=y\r\n\r\n",
	    200 },
	{ "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12345",
	    200 },
	{ "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
	  "\r\n5\r\n12345\r\n0\r\n\r\n",
	    200 },
	{ "GET /stream/20 HTTP/1.1\r\nHost: a\r\n\r\n", 200 },
	{ "GET /wait/1 HTTP/1.1\r\nHost: a\r\n\r\n", 200 },
	{ "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", 404 },
	{ "DELETE /echo HTTP/1.1\r\nHost: a\r\n\r\n", 405 },
	{ "GET /fail HTTP/1.1\r\nHost: a\r\n\r\n", 500 },
	{ "GET /refuse HTTP/1.1\r\nHost: a\r\n\r\n", 422 },
	{ "GET /files/file.txt HTTP/1.1\r\nHost: a\r\n\r\n", 200 },
	{ "GET /files/file.txt HTTP/1.1\r\nHost: a\r\nRange: bytes=2-4\r\n\r\n",
	    206 },
	{ "GET /files/nothing HTTP/1.1\r\nHost: a\r\n\r\n", 404 },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void
ask(struct test_client *client, size_t kind)
{
	struct test_response response;

	test_client_send_text(client, kinds[kind].request);
	test_client_read(client, "GET", &response);
	ck_assert_msg(response.status == kinds[kind].status, "%d for %s",
	    response.status, kinds[kind].request);
	test_response_free(&response);
}

/* On kept connections, on new ones, and on ones that are left. */
static void
load(struct test_daemon *daemon, int rounds)
{
	struct test_client kept, other;
	size_t kind;
	int round;

	test_client_connect(&kept, test_daemon_port(daemon));
	for (round = 0; round < rounds; round++) {
		for (kind = 0; kind < KINDS; kind++)
			ask(&kept, kind);
		test_client_connect(&other, test_daemon_port(daemon));
		ask(&other, (size_t)round % KINDS);
		test_client_send_text(
		    &other, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Le");
		test_client_close(&other);
		test_client_connect(&other, test_daemon_port(daemon));
		test_client_send_text(&other, "bad\r\n\r\n");
		test_client_close(&other);
	}
	test_client_close(&kept);
}

START_TEST(a_worker_does_not_grow_by_requests)
{
	struct test_daemon *daemon = start();
	pid_t worker = only_worker(daemon);
	long long before, after;

	load(daemon, 60);
	before = resident_kb(worker);
	load(daemon, 150);
	after = resident_kb(worker);
	if (!test_process_is_sanitized(worker))
		ck_assert_msg(
		    after - before <= 128, "%lld kB, then %lld", before, after);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(memory_of_large_bodies_is_given_back)
{
	const size_t size = (size_t)1024 * 1024;
	struct test_daemon *daemon = start();
	pid_t worker = only_worker(daemon);
	struct test_response response;
	struct test_client client;
	char *body = calloc(1, size);
	long long before = 0;
	int i;

	for (i = 0; i < 40; i++) {
		if (i == 10)
			before = resident_kb(worker);
		test_client_connect(&client, test_daemon_port(daemon));
		test_client_send_format(&client,
		    "POST /echo HTTP/1.1\r\nHost: a\r\n"
		    "Content-Length: %zu\r\n\r\n",
		    size);
		test_client_send(&client, body, size);
		test_client_read(&client, "POST", &response);
		ck_assert_uint_eq(response.size, size);
		test_response_free(&response);
		test_client_close(&client);
	}
	if (!test_process_is_sanitized(worker))
		ck_assert_int_le(resident_kb(worker) - before, 1536);
	free(body);
	test_daemon_stop(&daemon);
}
END_TEST

#define IDLE 2000

static void
raise_own_limit(void)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_cur < IDLE + 64) {
		limit.rlim_cur = limit.rlim_max;
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	}
}

START_TEST(an_idle_connection_costs_little)
{
	struct test_daemon *daemon = start();
	pid_t worker = only_worker(daemon);
	struct test_client *clients = calloc(IDLE, sizeof(*clients));
	long long before, after;
	int i;

	raise_own_limit();
	load(daemon, 5);
	before = resident_kb(worker);
	for (i = 0; i < IDLE; i++) {
		test_client_connect(&clients[i], test_daemon_port(daemon));
		ck_assert_int_eq(
		    test_client_status(&clients[i], "/hello/a"), 200);
		/* Only the server's side is of interest. */
		free(clients[i].data);
		clients[i].data = NULL;
		clients[i].size = clients[i].room = 0;
	}
	after = resident_kb(worker);
	/* Connection, protocol's part, and their share of the tables. */
	if (!test_process_is_sanitized(worker))
		ck_assert_msg((after - before) * 1024 / IDLE <= 1024,
		    "%lld bytes each", (after - before) * 1024 / IDLE);
	for (i = 0; i < IDLE; i++)
		test_client_close(&clients[i]);
	free(clients);
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("memory");
	TCase *tcase = tcase_create("memory");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, a_worker_does_not_grow_by_requests);
	tcase_add_test(tcase, memory_of_large_bodies_is_given_back);
	tcase_add_test(tcase, an_idle_connection_costs_little);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
