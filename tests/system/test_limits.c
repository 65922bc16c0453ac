/* SPDX-License-Identifier: ISC */
/*
 * What is limited: connections, descriptors, what a client can make a worker
 * hold; and that nothing to do is nothing done.
 */
#include <sys/resource.h>
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test_client.h"
#include "test_daemon.h"
#include "test_unit.h"

static struct test_daemon *
start(const char *more)
{
	struct test_daemon *daemon = test_daemon_new();

	test_daemon_configure(daemon,
	    "%slisten \"127.0.0.1:0\" { defer_accept = false }\n"
	    "host \"*\" { mount \"/\" { module = \"%s\" } }\n",
	    more, test_daemon_module(daemon, "module_test"));
	return daemon;
}

static void
send_get(struct test_client *client, const char *target)
{
	test_client_send_format(
	    client, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", target);
}

/* ---- connections ---- */

#define MOST 8 /* two workers with four each */

START_TEST(connections_beyond_the_limit_wait_for_their_turn)
{
	struct test_daemon *daemon =
	    start("workers = 2\nmax_connections = 4\n");
	struct test_client clients[MOST], more[3];
	struct test_response response;
	unsigned port, counts[2] = { 0, 0 };
	pid_t pid, first = 0;
	int i;

	test_daemon_start(daemon, "-c", "@/conf", NULL);
	port = test_daemon_port(daemon);
	for (i = 0; i < MOST; i++) {
		test_client_connect(&clients[i], port);
		pid = test_client_pid(&clients[i]);
		first = first == 0 ? pid : first;
		counts[pid != first]++;
	}
	ck_assert_uint_eq(counts[0], 4);
	ck_assert_uint_eq(counts[1], 4);
	for (i = 0; i < 3; i++) {
		test_client_connect(&more[i], port);
		send_get(&more[i], "/hello/more");
	}
	/* Both workers have been round their loops since then. */
	for (i = 0; i < MOST; i++)
		test_client_pid(&clients[i]);
	for (i = 0; i < 3; i++)
		ck_assert(test_client_is_quiet(&more[i]));
	for (i = 0; i < 3; i++) {
		test_client_close(&clients[i]);
		test_client_read(&more[i], "GET", &response);
		ck_assert_int_eq(response.status, 200);
		test_response_free(&response);
	}
	for (i = 0; i < 3; i++)
		test_client_close(&more[i]);
	for (i = 3; i < MOST; i++)
		test_client_close(&clients[i]);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_limit_of_one_works)
{
	struct test_daemon *daemon =
	    start("workers = 1\nmax_connections = 1\n");
	struct test_client clients[2];
	struct test_response response;
	int i;

	test_daemon_start(daemon, "-c", "@/conf", NULL);
	for (i = 0; i < 20; i++) {
		test_client_connect(&clients[0], test_daemon_port(daemon));
		test_client_connect(&clients[1], test_daemon_port(daemon));
		test_client_pid(&clients[0]);
		send_get(&clients[1], "/hello/b");
		test_client_pid(&clients[0]);
		ck_assert(test_client_is_quiet(&clients[1]));
		test_client_close(&clients[0]);
		test_client_read(&clients[1], "GET", &response);
		ck_assert_int_eq(response.status, 200);
		test_response_free(&response);
		test_client_close(&clients[1]);
	}
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(load_is_spread_over_the_workers)
{
	struct test_daemon *daemon = start("workers = 2\n");
	struct test_client clients[200];
	unsigned counts[2] = { 0, 0 };
	pid_t pid, first = 0;
	int i;

	test_daemon_start(daemon, "-c", "@/conf", NULL);
	for (i = 0; i < 200; i++) {
		test_client_connect(&clients[i], test_daemon_port(daemon));
		pid = test_client_pid(&clients[i]);
		first = first == 0 ? pid : first;
		counts[pid != first]++;
	}
	/* Above mean + max(16, mean/4) no worker accepts, but for those that
	 * wait 100 ms as the other does not get to run. */
	ck_assert_msg(counts[0] <= 170 && counts[1] <= 170, "%u and %u",
	    counts[0], counts[1]);
	for (i = 0; i < 200; i++)
		test_client_close(&clients[i]);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- descriptors ---- */

static void
lower_limit(void *context)
{
	const struct rlimit limit = { 128, 128 };

	setrlimit(RLIMIT_NOFILE, &limit);
}

START_TEST(without_descriptors_clients_hear_503_and_nothing_spins)
{
	struct test_daemon *daemon = start("workers = 1\n");
	struct test_client holder, clients[3], late;
	struct test_response response;
	long long before;
	unsigned port;
	pid_t worker;
	int i;

	test_daemon_prepare(daemon, lower_limit, NULL);
	test_daemon_expect(daemon, "max_connections");
	test_daemon_expect(daemon, ": pausing for 500 ms");
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	port = test_daemon_port(daemon);
	test_client_connect(&holder, port);
	worker = test_client_pid(&holder);
	ck_assert_int_eq(test_client_status(&holder, "/hoard"), 200);
	before = test_process_cpu_ms(worker);
	for (i = 0; i < 3; i++) {
		test_client_connect(&clients[i], port);
		send_get(&clients[i], "/hello/a");
	}
	/* One for each pause. */
	for (i = 0; i < 3; i++) {
		test_client_read(&clients[i], "GET", &response);
		ck_assert_int_eq(response.status, 503);
		ck_assert_str_eq(
		    test_response_field(&response, "Connection"), "close");
		ck_assert(test_client_is_closed(&clients[i]));
		test_response_free(&response);
		test_client_close(&clients[i]);
	}
	ck_assert_int_lt(test_process_cpu_ms(worker) - before, 300);
	ck_assert_uint_le(test_daemon_count(daemon, ": pausing for 500 ms"), 5);
	/* Who is served is served on, and the lack may end. */
	ck_assert_int_eq(test_client_status(&holder, "/hello/a"), 200);
	ck_assert_int_eq(test_client_status(&holder, "/release"), 200);
	test_client_connect(&late, port);
	ck_assert_int_eq(test_client_status(&late, "/hello/a"), 200);
	test_client_close(&late);
	test_client_close(&holder);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_low_limit_of_descriptors_is_a_low_limit_of_connections)
{
	struct test_daemon *daemon = start("workers = 1\n");
	struct test_client *clients;
	struct test_response response;
	unsigned port;
	int held = 0, round;

	test_daemon_prepare(daemon, lower_limit, NULL);
	test_daemon_expect(daemon, "max_connections");
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	port = test_daemon_port(daemon);
	clients = calloc(256, sizeof(*clients));
	/* All that the worker has room for are served... */
	for (;;) {
		ck_assert_int_lt(held, 200);
		test_client_connect(&clients[held], port);
		send_get(&clients[held], "/hello/a");
		for (round = 0; held > 0 && round < 4; round++)
			ck_assert_int_eq(
			    test_client_status(&clients[0], "/hello/b"), 200);
		if (held > 0 && test_client_is_quiet(&clients[held]))
			break;
		test_client_read(&clients[held], "GET", &response);
		ck_assert_int_eq(response.status, 200);
		test_response_free(&response);
		held++;
	}
	/* ...and the next waits, without an accept that fails. */
	ck_assert_int_ge(held, 32);
	test_client_close(&clients[1]);
	test_client_read(&clients[held], "GET", &response);
	ck_assert_int_eq(response.status, 200);
	test_response_free(&response);
	for (; held >= 0; held--)
		if (held != 1)
			test_client_close(&clients[held]);
	free(clients);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- nothing to do ---- */

static long long
count_wake_ups(struct test_daemon *daemon)
{
	long long sum;
	pid_t workers[2];
	size_t i;

	ck_assert_uint_eq(test_daemon_workers(daemon, workers, 2), 2);
	sum = test_process_number(
	    test_daemon_pid(daemon), "voluntary_ctxt_switches");
	for (i = 0; i < 2; i++)
		sum +=
		    test_process_number(workers[i], "voluntary_ctxt_switches");
	return sum;
}

START_TEST(an_idle_daemon_does_not_wake_up)
{
	struct test_daemon *daemon =
	    start("workers = 2\naccess_log = \"@/access\"\n");
	struct test_client client;
	long long before;
	int windows = 0;

	test_daemon_start(daemon, "-c", "@/conf", NULL);
	test_client_connect(&client, test_daemon_port(daemon));
	ck_assert_int_eq(test_client_status(&client, "/hello/a"), 200);
	ck_assert_int_eq(test_client_status(&client, "/wait/10"), 200);
	test_client_close(&client);
	/* The last timers of that connection may fall into the first. */
	do {
		ck_assert_int_lt(windows++, 3);
		before = count_wake_ups(daemon);
		test_quiet(2000);
	} while (count_wake_ups(daemon) != before);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- buffers ---- */

/* Sends as long as the kernel and the server take it; the octets. */
static size_t
flood(struct test_client *client, const char *request, size_t most)
{
	size_t size = strlen(request), total = 0, offset = 0;
	struct test_response response;
	struct test_client other = *client;
	ssize_t sent;
	int full = 0;

	memset(&response, 0, sizeof(response));
	while (total < most && full < 3) {
		sent = send(other.fd, request + offset, size - offset,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent > 0) {
			total += (size_t)sent;
			offset = (offset + (size_t)sent) % size;
			full = 0;
			continue;
		}
		ck_assert_int_eq(errno, EAGAIN);
		full++;
		test_quiet(100);
	}
	return total;
}

static const char *const floods[] = {
	"GET /hello/abcdefghijklmnopqrstuvwxyz HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET /large HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET /wait/60000 HTTP/1.1\r\nHost: a\r\n\r\n",
};

START_TEST(a_client_that_only_asks_fills_no_memory)
{
	const size_t most = (size_t)64 * 1024 * 1024;
	struct test_daemon *daemon = start("workers = 1\n");
	const struct linger reset = { .l_onoff = 1 };
	struct test_client client, other;
	long long before, after;
	pid_t worker;

	test_daemon_start(daemon, "-c", "@/conf", NULL);
	test_client_connect(&other, test_daemon_port(daemon));
	worker = test_client_pid(&other);
	ck_assert_int_eq(test_client_status(&other, "/large"), 200);
	before = test_process_number(worker, "VmRSS");
	test_client_connect(&client, test_daemon_port(daemon));
	ck_assert_uint_lt(flood(&client, floods[_i], most), most);
	after = test_process_number(worker, "VmRSS");
	if (!test_process_is_sanitized(worker))
		ck_assert_int_lt(after - before, 4096);
	/* Nobody else is held up. */
	ck_assert_int_eq(test_client_status(&other, "/hello/a"), 200);
	/* An end would stand behind what nobody reads: a reset does not. */
	ck_assert_int_eq(
	    setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)),
	    0);
	test_client_close(&client);
	test_client_close(&other);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- rates ---- */

#define PIECES 60

/* Sends bytes of that many pieces as fast as it is asked for them, each 10 ms;
 * false: it was told 408 before the end. */
static bool
upload(struct test_client *client, unsigned bytes)
{
	struct pollfd look = { .fd = client->fd, .events = POLLIN };
	const char text[] = "xxxxxxxxxxxxxxxxxxxx";
	int i;

	test_client_send_format(client,
	    "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %u\r\n\r\n",
	    PIECES * bytes);
	for (i = 0; i < PIECES; i++) {
		if (poll(&look, 1, 10) == 1)
			return false;
		test_client_send(client, text, bytes);
	}
	return true;
}

/* Over 600 ms: 100 bytes a second are too few, 2,000 are more than enough. */
START_TEST(a_body_that_drips_is_cut)
{
	struct test_daemon *daemon = start("http { body_timeout = \"200ms\" "
					   "body_rate = \"500\" }\n");
	struct test_client client;

	test_daemon_start(daemon, "-c", "@/conf", NULL);
	test_client_connect(&client, test_daemon_port(daemon));
	ck_assert(!upload(&client, 1));
	test_client_expect(&client, "POST", 408, NULL);
	test_client_close(&client);
	test_client_connect(&client, test_daemon_port(daemon));
	ck_assert(upload(&client, 20));
	test_client_expect(&client, "POST", 200, NULL);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("limits");
	TCase *tcase = tcase_create("limits");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, connections_beyond_the_limit_wait_for_their_turn);
	tcase_add_test(tcase, a_limit_of_one_works);
	tcase_add_test(tcase, load_is_spread_over_the_workers);
	tcase_add_test(
	    tcase, without_descriptors_clients_hear_503_and_nothing_spins);
	tcase_add_test(
	    tcase, a_low_limit_of_descriptors_is_a_low_limit_of_connections);
	tcase_add_test(tcase, an_idle_daemon_does_not_wake_up);
	tcase_add_test(tcase, a_body_that_drips_is_cut);
	tcase_add_loop_test(
	    tcase, a_client_that_only_asks_fills_no_memory, 0, 3);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
