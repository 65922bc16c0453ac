/* SPDX-License-Identifier: ISC */
/*
 * Connections outlive their workers: whatever lets a worker go while others
 * serve, its clients notice nothing but another worker's answers.
 */
#include <sys/resource.h>
#include <sys/socket.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test_client.h"
#include "test_daemon.h"
#include "test_load.h"
#include "test_unit.h"

#define DEBUG  "log_level = \"debug\"\n"
#define LISTEN "listen \"127.0.0.1:0\" {}\n"
#define OTHER  "listen \"127.0.0.2:0\" {}\n"
#define SOCKET "listen \"unix:@/sock\" { mode = \"0666\" }\n"

static void
configure(struct test_daemon *daemon, const char *more, const char *listeners)
{
	test_daemon_configure(daemon,
	    DEBUG "%s%shost \"*\" { mount \"/\" { module = "
		  "\"@/module_test.so\" } }\n",
	    more, listeners);
}

static struct test_daemon *
start(const char *more, const char *listeners)
{
	struct test_daemon *daemon = test_daemon_new();

	test_daemon_expect(daemon, " info: reload: reading");
	test_daemon_module(daemon, "module_test");
	configure(daemon, more, listeners);
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	return daemon;
}

static void
reload(struct test_daemon *daemon)
{
	test_daemon_signal(daemon, SIGHUP);
	test_daemon_wait(daemon, " info: reloaded: cohort ");
}

/* Nothing is left in the cohort that was the first. */
static void
reload_to_the_end(struct test_daemon *daemon)
{
	reload(daemon);
	test_daemon_wait(daemon, "cohort 1 is gone");
}

static void
connect_to(struct test_daemon *daemon, struct test_client *client)
{
	test_client_connect(client, test_daemon_port(daemon));
}

/* The one worker has read whatever was sent before. */
static void
expect_read(struct test_daemon *daemon)
{
	struct test_client other;
	int i;

	connect_to(daemon, &other);
	for (i = 0; i < 3; i++)
		test_client_pid(&other);
	test_client_close(&other);
}

/* A response, after which the connection goes on; its body, if not NULL. */
static void
expect_kept(struct test_client *client, const char *body)
{
	struct test_response response;

	test_client_read(client, "GET", &response);
	ck_assert_int_eq(response.status, 200);
	ck_assert_ptr_null(test_response_field(&response, "Connection"));
	if (body != NULL)
		ck_assert_str_eq(response.body, body);
	test_response_free(&response);
}

static void
expect_moved(struct test_client *client, pid_t before)
{
	struct test_response response;

	test_client_get(client, "/pid", &response);
	ck_assert_int_eq(response.status, 200);
	ck_assert_ptr_null(test_response_field(&response, "Connection"));
	ck_assert_int_ne(atoi(response.body), before);
	test_response_free(&response);
}

/* ---- a reload ---- */

START_TEST(idle_ones_go_on)
{
	struct test_daemon *daemon = start("workers = 1\n", LISTEN SOCKET);
	struct test_client clients[3];
	pid_t before = 0;
	size_t i;

	for (i = 0; i < 3; i++) {
		if (i == 1)
			test_client_connect_unix(
			    &clients[i], test_daemon_path(daemon, "sock"));
		else
			connect_to(daemon, &clients[i]);
		/* One of them never said a word. */
		if (i < 2)
			before = test_client_pid(&clients[i]);
	}
	reload_to_the_end(daemon);
	for (i = 0; i < 3; i++) {
		ck_assert(test_client_is_quiet(&clients[i]));
		expect_moved(&clients[i], before);
		test_client_close(&clients[i]);
	}
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_part_of_a_head_travels)
{
	static const char head[] = "GET /pid HTTP/1.1\r\nHost: a\r\n\r\n";
	struct test_daemon *daemon = start("workers = 1\n", LISTEN);
	struct test_client clients[sizeof(head) - 2];
	struct test_response response;
	size_t i, count = sizeof(clients) / sizeof(clients[0]);
	pid_t before = 0;

	/* i + 1 bytes come before the reload, each behind a whole request. */
	for (i = 0; i < count; i++) {
		connect_to(daemon, &clients[i]);
		before = test_client_pid(&clients[i]);
		test_client_send(&clients[i], head, i + 1);
	}
	expect_read(daemon);
	reload_to_the_end(daemon);
	for (i = 0; i < count; i++) {
		test_client_send_text(&clients[i], head + i + 1);
		test_client_read(&clients[i], "GET", &response);
		ck_assert_int_eq(response.status, 200);
		ck_assert_ptr_null(
		    test_response_field(&response, "Connection"));
		ck_assert_int_ne(atoi(response.body), before);
		test_response_free(&response);
		test_client_close(&clients[i]);
	}
	test_daemon_stop(&daemon);
}
END_TEST

#define PIPELINED 40

START_TEST(a_pipeline_is_answered_to_its_end)
{
	struct test_daemon *daemon = start("workers = 1\n", LISTEN);
	struct test_client client;
	pid_t before;
	int i;

	connect_to(daemon, &client);
	before = test_client_pid(&client);
	for (i = 0; i < PIPELINED; i++)
		test_client_send_text(
		    &client, "GET /wait/5 HTTP/1.1\r\nHost: a\r\n\r\n");
	expect_kept(&client, "waited\n");
	reload(daemon);
	for (i = 1; i < PIPELINED; i++)
		expect_kept(&client, "waited\n");
	test_daemon_wait(daemon, "cohort 1 is gone");
	expect_moved(&client, before);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

#define STEPS 20 /* of 100 ms each */
#define LARGE ((size_t)4 * 1024 * 1024)

static void
read_whole_large(struct test_client *client)
{
	struct test_response response;

	test_client_read(client, "GET", &response);
	ck_assert_int_eq(response.status, 200);
	ck_assert_uint_eq(response.size, LARGE);
	ck_assert_ptr_null(test_response_field(&response, "Connection"));
	test_response_free(&response);
}

START_TEST(slow_ones_finish_where_they_began)
{
	struct test_daemon *daemon = start("workers = 1\n", LISTEN);
	struct test_client up, down;
	int small = 65536, i;
	pid_t before;

	connect_to(daemon, &up);
	connect_to(daemon, &down);
	setsockopt(down.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	before = test_client_pid(&up);
	ck_assert_int_eq(test_client_pid(&down), before);
	test_client_send_format(&up,
	    "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n",
	    STEPS);
	test_client_send_text(&down, "GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
	expect_read(daemon);
	reload(daemon);
	for (i = 1; i <= STEPS; i++) {
		test_quiet(100);
		test_client_send_text(&up, "x");
		test_client_peek(&down, LARGE / STEPS * (size_t)i);
	}
	expect_kept(&up, "xxxxxxxxxxxxxxxxxxxx");
	read_whole_large(&down);
	test_daemon_wait(daemon, "cohort 1 is gone");
	expect_moved(&up, before);
	expect_moved(&down, before);
	test_client_close(&up);
	test_client_close(&down);
	test_daemon_stop(&daemon);
}
END_TEST

/* It is complete, so the connection is as good as any. */
START_TEST(a_stream_of_events_is_ended)
{
	struct test_daemon *daemon = start("workers = 1\n", LISTEN);
	struct test_client client;
	pid_t before;

	connect_to(daemon, &client);
	before = test_client_pid(&client);
	test_client_send_text(
	    &client, "GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
	test_client_peek(&client, 1);
	reload_to_the_end(daemon);
	expect_kept(&client, NULL);
	expect_moved(&client, before);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(what_does_not_end_is_cut)
{
	struct test_daemon *daemon =
	    start("workers = 1\nshutdown_timeout = 300ms\n", LISTEN);
	struct test_client client, idle;
	pid_t before;

	connect_to(daemon, &client);
	connect_to(daemon, &idle);
	before = test_client_pid(&idle);
	test_client_send_text(
	    &client, "GET /forever HTTP/1.1\r\nHost: a\r\n\r\n");
	expect_read(daemon);
	reload(daemon);
	expect_moved(&idle, before);
	ck_assert(test_client_is_closed(&client));
	test_daemon_wait(
	    daemon, "1 connections are cut: shutdown_timeout is over");
	test_daemon_wait(daemon, "cohort 1 is gone");
	expect_moved(&idle, before);
	test_client_close(&client);
	test_client_close(&idle);
	test_daemon_stop(&daemon);
}
END_TEST

#define LOAD    100
#define RELOADS 20

START_TEST(nobody_notices_many_reloads)
{
	struct test_daemon *daemon = start("workers = 2\n", LISTEN);
	struct test_load_result result;
	struct test_load *load;
	char gone[64];
	int i;

	load = test_load_start(test_daemon_port(daemon), LOAD, 2000);
	for (i = 1; i <= RELOADS; i++) {
		test_load_wait(load);
		reload(daemon);
		snprintf(gone, sizeof(gone), "cohort %d is gone", i);
		test_daemon_wait(daemon, gone);
		test_load_expect_whole(load);
	}
	test_load_wait(load);
	test_load_expect_whole(load);
	test_load_stop(&load, &result);
	printf("%lu requests, %d reloads, slowest %lld ms\n", result.requests,
	    RELOADS, result.slowest_ms);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- listeners that go ---- */

static void
connect_other(struct test_daemon *daemon, struct test_client *client)
{
	test_client_connect_to(
	    client, "127.0.0.2", test_daemon_port_of(daemon, "127.0.0.2"));
}

static void
expect_last(struct test_client *client)
{
	struct test_response response;

	test_client_read(client, "GET", &response);
	ck_assert_int_eq(response.status, 200);
	ck_assert_str_eq(test_response_field(&response, "Connection"), "close");
	test_response_free(&response);
	ck_assert(test_client_is_closed(client));
}

START_TEST(those_of_a_removed_listener_get_one_more_answer)
{
	struct test_daemon *daemon = start("workers = 1\n", LISTEN OTHER);
	struct test_client stays, goes;
	pid_t before;

	connect_to(daemon, &stays);
	connect_other(daemon, &goes);
	before = test_client_pid(&stays);
	ck_assert_int_eq(test_client_pid(&goes), before);
	configure(daemon, "workers = 1\n", LISTEN);
	reload(daemon);
	while (test_client_pid(&stays) == before)
		continue;
	ck_assert(test_client_is_quiet(&goes));
	test_client_send_text(&goes, "GET /pid HTTP/1.1\r\nHost: a\r\n\r\n");
	expect_last(&goes);
	test_daemon_wait(daemon, "cohort 1 is gone");
	test_client_close(&stays);
	test_client_close(&goes);
	test_daemon_stop(&daemon);
}
END_TEST

/* The worker retires already when the listener goes. */
START_TEST(a_listener_goes_while_its_connection_is_busy)
{
	struct test_daemon *daemon = start("workers = 1\n", LISTEN OTHER);
	struct test_client busy, idle;

	connect_other(daemon, &busy);
	connect_other(daemon, &idle);
	test_client_pid(&idle);
	test_client_send_text(
	    &busy, "GET /wait/1500 HTTP/1.1\r\nHost: a\r\n\r\n");
	expect_read(daemon);
	reload(daemon);
	configure(daemon, "workers = 1\n", LISTEN);
	reload(daemon);
	test_client_send_text(&idle, "GET /pid HTTP/1.1\r\nHost: a\r\n\r\n");
	expect_last(&idle);
	expect_last(&busy);
	test_client_close(&busy);
	test_client_close(&idle);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- other reasons ---- */

#define FEW 20

START_TEST(fewer_and_more_workers)
{
	struct test_daemon *daemon = start("workers = 3\n", LISTEN);
	struct test_client clients[FEW];
	pid_t pid, only = 0;
	int i, round;

	test_daemon_expect(daemon, " workers instead of ");
	for (i = 0; i < FEW; i++) {
		connect_to(daemon, &clients[i]);
		test_client_pid(&clients[i]);
	}
	for (round = 0; round < 2; round++) {
		test_daemon_signal(daemon, SIGTTOU);
		test_daemon_wait(daemon, " has retired: exited ");
	}
	for (i = 0; i < FEW; i++) {
		ck_assert(test_client_is_quiet(&clients[i]));
		pid = test_client_pid(&clients[i]);
		if (i == 0)
			only = pid;
		ck_assert_int_eq(pid, only);
	}
	test_daemon_signal(daemon, SIGTTIN);
	test_daemon_wait(daemon, "2 workers instead of 1");
	for (i = 0; i < FEW; i++) {
		test_client_pid(&clients[i]);
		test_client_close(&clients[i]);
	}
	test_daemon_stop(&daemon);
}
END_TEST

/* Nobody is left to take them. */
START_TEST(behind_a_withdrawal_they_get_one_more_answer)
{
	struct test_daemon *daemon = start("workers = 2\n", LISTEN);
	struct test_client client;

	connect_to(daemon, &client);
	test_client_pid(&client);
	test_daemon_expect(daemon, " retires; HUP brings a new one");
	test_daemon_signal(daemon, SIGWINCH);
	/* The other one goes at once. */
	test_daemon_wait(daemon, " has retired: exited ");
	test_client_send_text(&client, "GET /pid HTTP/1.1\r\nHost: a\r\n\r\n");
	test_client_expect(&client, "GET", 200, NULL);
	ck_assert(test_client_is_closed(&client));
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- many ---- */

#define MANY 5000

static void
raise_limit(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

START_TEST(thousands_move)
{
	struct test_daemon *daemon = start("workers = 2\n", LISTEN);
	struct test_client *clients = calloc(MANY, sizeof(*clients));
	pid_t before[2], after;
	long long began, took;
	size_t i;

	raise_limit();
	for (i = 0; i < MANY; i++) {
		connect_to(daemon, &clients[i]);
		ck_assert_int_gt(test_client_pid(&clients[i]), 0);
	}
	ck_assert_uint_eq(test_daemon_workers(daemon, before, 2), 2);
	reload(daemon);
	began = test_now_ms();
	test_daemon_wait(daemon, "cohort 1 is gone");
	took = test_now_ms() - began;
	printf("%d idle connections moved in %lld ms\n", MANY, took);
	for (i = 0; i < MANY; i++) {
		ck_assert(test_client_is_quiet(&clients[i]));
		after = test_client_pid(&clients[i]);
		ck_assert(after != before[0] && after != before[1]);
		test_client_close(&clients[i]);
	}
	free(clients);
	ck_assert_int_lt(took, 10000);
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("handover");
	TCase *tcase = tcase_create("handover");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, idle_ones_go_on);
	tcase_add_test(tcase, a_part_of_a_head_travels);
	tcase_add_test(tcase, a_pipeline_is_answered_to_its_end);
	tcase_add_test(tcase, slow_ones_finish_where_they_began);
	tcase_add_test(tcase, a_stream_of_events_is_ended);
	tcase_add_test(tcase, what_does_not_end_is_cut);
	tcase_add_test(tcase, nobody_notices_many_reloads);
	tcase_add_test(tcase, those_of_a_removed_listener_get_one_more_answer);
	tcase_add_test(tcase, a_listener_goes_while_its_connection_is_busy);
	tcase_add_test(tcase, fewer_and_more_workers);
	tcase_add_test(tcase, behind_a_withdrawal_they_get_one_more_answer);
	tcase_add_test(tcase, thousands_move);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
