/* SPDX-License-Identifier: ISC */
/*
 * What clients read when a worker crashes: who asked for it, those behind
 * it on the same connection, and those who were in the middle of something.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test_crash.h"
#include "test_unit.h"

static const struct test_crash_kind null = { "null", "SIGSEGV" };

#define LARGE_SIZE ((size_t)16 << 20) /* module_crash's /large */
#define CRASH      "GET /crash/null HTTP/1.1\r\nHost: a\r\n\r\n"

static void
connect_to(struct test_daemon *daemon, struct test_client *client)
{
	test_client_connect(client, test_daemon_port(daemon));
}

/* Crashes the one worker; whoever else there is sees that. */
static void
crash(struct test_daemon *daemon)
{
	static const struct test_crash_place place = { "/crash", 500, false };
	struct test_client client;

	connect_to(daemon, &client);
	test_crash_make(daemon, &client, &place, &null, 0);
}

/* A connection whose worker has read text: it has answered what was sent
 * behind that. */
static void
connect_and_send(
    struct test_daemon *daemon, struct test_client *client, const char *text)
{
	struct test_client other;
	int i;

	connect_to(daemon, client);
	test_client_pid(client);
	test_client_send_text(client, text);
	connect_to(daemon, &other);
	for (i = 0; i < 3; i++)
		test_client_pid(&other);
	test_client_close(&other);
}

/* ---- who asked for it ---- */

static const unsigned batches[] = { 1, 2, 3, 16, 60 };

#define BATCHES (sizeof(batches) / sizeof(batches[0]))

static void
send_batch(struct test_client *client, unsigned count)
{
	char text[16384];
	size_t size = 0;
	unsigned i;

	for (i = 1; i < count; i++)
		size += (size_t)snprintf(text + size, sizeof(text) - size,
		    "GET /hello/%u HTTP/1.1\r\nHost: a\r\n\r\n", i);
	size += (size_t)snprintf(text + size, sizeof(text) - size,
	    CRASH "GET /hello/never HTTP/1.1\r\nHost: a\r\n\r\n");
	test_client_send(client, text, size);
}

START_TEST(answers_before_it_in_a_batch_are_sent)
{
	struct test_daemon *daemon = test_crash_start(1, "");
	struct test_client client;
	char body[64];
	unsigned i;

	connect_to(daemon, &client);
	send_batch(&client, batches[_i]);
	for (i = 1; i < batches[_i]; i++) {
		snprintf(body, sizeof(body), "Hello, %u!\n", i);
		test_client_expect(&client, "GET", 200, body);
	}
	test_crash_expect_500(&client, "GET");
	test_crash_expect_record(daemon, "SIGSEGV", "GET /crash/null");
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_head_has_no_body)
{
	struct test_daemon *daemon = test_crash_start(1, "");
	struct test_client client;

	connect_to(daemon, &client);
	test_client_send_text(
	    &client, "HEAD /crash/null HTTP/1.1\r\nHost: a\r\n\r\n");
	test_crash_expect_500(&client, "HEAD");
	test_crash_expect_record(daemon, "SIGSEGV", "HEAD /crash/null");
	test_daemon_stop(&daemon);
}
END_TEST

/* The body was read before the handler ran. */
START_TEST(a_post_is_answered)
{
	struct test_daemon *daemon = test_crash_start(1, "");
	struct test_client client;

	connect_to(daemon, &client);
	test_client_send_text(&client,
	    "POST /crash/null HTTP/1.1\r\nHost: a\r\n"
	    "Content-Length: 5\r\n\r\n12345");
	test_crash_expect_500(&client, "POST");
	test_crash_expect_record(daemon, "SIGSEGV", "POST /crash/null");
	test_daemon_stop(&daemon);
}
END_TEST

/* Reads all there is, up to the end. */
static void
read_to_end(struct test_client *client)
{
	do
		client->size = 0;
	while (!test_client_is_closed(client));
}

START_TEST(a_stream_is_cut_and_not_answered_twice)
{
	struct test_daemon *daemon = test_crash_start(1, "");
	struct test_client client;
	char *text = NULL;
	size_t size = 0;

	connect_to(daemon, &client);
	test_client_send_text(
	    &client, "GET /stream/null HTTP/1.1\r\nHost: a\r\n\r\n");
	do {
		test_client_peek(&client, client.size + 1);
	} while (strstr(client.data, "6\r\nbegun\n\r\n") == NULL);
	text = strdup(client.data);
	size = client.size;
	client.size = 0;
	ck_assert_msg(
	    test_client_is_closed(&client), "%s%s", text, client.data);
	ck_assert_uint_eq(size,
	    (size_t)(strstr(text, "begun\n\r\n") - text) +
		strlen("begun\n\r\n"));
	free(text);
	test_client_close(&client);
	test_crash_expect_record(daemon, "SIGSEGV", "GET /stream/null");
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- the others ---- */

START_TEST(who_waits_is_told_to_come_again)
{
	struct test_daemon *daemon = test_crash_start(1, "");
	struct test_response response;
	struct test_client waiting;

	connect_and_send(
	    daemon, &waiting, "GET /wait/30000 HTTP/1.1\r\nHost: a\r\n\r\n");
	crash(daemon);
	test_client_read(&waiting, "GET", &response);
	ck_assert_int_eq(response.status, 503);
	ck_assert_str_eq(test_response_field(&response, "Retry-After"), "1");
	ck_assert_str_eq(test_response_field(&response, "Connection"), "close");
	test_response_free(&response);
	ck_assert(test_client_is_closed(&waiting));
	test_client_close(&waiting);
	test_daemon_stop(&daemon);
}
END_TEST

/* The rest of the body comes later, and must not cost it the answer. */
START_TEST(an_upload_is_answered_and_drained)
{
	struct test_daemon *daemon = test_crash_start(1, "");
	char body[50000];
	struct test_client client;

	memset(body, 'x', sizeof(body));
	connect_and_send(daemon, &client,
	    "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n"
	    "the beginning");
	crash(daemon);
	test_client_send(&client, body, sizeof(body));
	test_client_expect(&client, "POST", 503, NULL);
	ck_assert(test_client_is_closed(&client));
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

/* Each has sent a part of a head, which the worker has read. */
START_TEST(heads_that_are_half_sent_go_on)
{
	static const char text[] =
	    "GET /hello/half?a=b HTTP/1.1\r\nHost: test\r\nX-More: yes\r\n\r\n";
	struct test_daemon *daemon = test_crash_start(1, "");
	struct test_client clients[sizeof(text) - 2];
	size_t i, count = sizeof(text) - 2;
	char part[sizeof(text)];

	for (i = 0; i < count; i++) {
		snprintf(part, sizeof(part), "%.*s", (int)i + 1, text);
		connect_and_send(daemon, &clients[i], part);
	}
	crash(daemon);
	for (i = 0; i < count; i++) {
		test_client_send_text(&clients[i], text + i + 1);
		test_client_expect(&clients[i], "GET", 200, "Hello, half!\n");
		test_client_close(&clients[i]);
	}
	test_daemon_stop(&daemon);
}
END_TEST

/* A client that does not read must not take a part for the whole. */
START_TEST(an_answer_under_way_is_cut)
{
	struct test_daemon *daemon = test_crash_start(1, "");
	struct test_client client;
	size_t total = 0;

	connect_and_send(
	    daemon, &client, "GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
	crash(daemon);
	/* What the kernel had is less than the whole. */
	do {
		total += client.size;
		client.size = 0;
	} while (!test_client_is_closed(&client));
	ck_assert_uint_lt(total, LARGE_SIZE);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- workers that are not at fault, or twice ---- */

/* The signal meets it in its wait for events. */
START_TEST(a_signal_to_an_idle_worker_costs_nothing)
{
	struct test_daemon *daemon = test_crash_start(1, "");
	struct test_client clients[50], last;
	size_t i;
	pid_t before, after;

	for (i = 0; i < 50; i++) {
		connect_to(daemon, &clients[i]);
		test_client_pid(&clients[i]);
	}
	/* Who has an answer may be idle for the worker only a moment later:
	 * when it answers the next. */
	connect_to(daemon, &last);
	before = test_client_pid(&last);
	test_client_close(&last);
	ck_assert_int_eq(kill(before, SIGSEGV), 0);
	for (i = 0; i < 50; i++) {
		after = test_client_pid(&clients[i]);
		ck_assert_int_ne(before, after);
		test_client_close(&clients[i]);
	}
	test_crash_expect_record(daemon, "SIGSEGV", NULL);
	test_daemon_stop(&daemon);
}
END_TEST

static void
ask_for_crash(struct test_daemon *daemon, struct test_client *client)
{
	connect_to(daemon, client);
	test_client_pid(client);
	test_client_send_text(client, CRASH);
}

/* A client gets its 500 or the end, and the daemon serves on. */
START_TEST(a_second_fault_in_the_midst_of_the_first)
{
	struct test_daemon *daemon = test_crash_start(1, "");
	struct test_client client;
	unsigned round;
	pid_t worker;

	/* A signal that comes before the request leaves that for the next
	 * worker: so there may be two for a round. */
	test_daemon_expect(daemon, "was killed by SIGSEGV");
	for (round = 1; round <= 10; round++) {
		connect_to(daemon, &client);
		worker = test_client_pid(&client);
		test_client_send_text(&client, CRASH);
		/* Until nobody is there any more. */
		while (kill(worker, SIGSEGV) == 0)
			test_pause();
		read_to_end(&client);
		test_client_close(&client);
		connect_to(daemon, &client);
		ck_assert_int_ne(test_client_pid(&client), worker);
		test_client_close(&client);
	}
	test_daemon_stop(&daemon);
}
END_TEST

#define THREADS 4

/* Several threads, at the same time. */
START_TEST(threads_that_crash_together)
{
	struct test_daemon *daemon = test_crash_start(1, "");
	struct test_client clients[THREADS + 1], idle;
	unsigned i, round;

	connect_to(daemon, &idle);
	for (round = 0; round < 5; round++) {
		test_client_pid(&idle);
		for (i = 0; i < THREADS; i++) {
			connect_to(daemon, &clients[i]);
			test_client_pid(&clients[i]);
		}
		for (i = 0; i < THREADS; i++)
			test_client_send_text(&clients[i],
			    "GET /job/null HTTP/1.1\r\nHost: a\r\n\r\n");
		ask_for_crash(daemon, &clients[THREADS]);
		for (i = 0; i <= THREADS; i++) {
			read_to_end(&clients[i]);
			test_client_close(&clients[i]);
		}
		test_crash_expect_record(daemon, "SIGSEGV", NULL);
	}
	test_client_pid(&idle);
	test_client_close(&idle);
	/* Those that came too late for one crash made the next. */
	test_daemon_expect(daemon, "was killed by SIGSEGV");
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_child_that_crashes_is_the_modules_affair)
{
	struct test_daemon *daemon = test_crash_start(1, "");
	struct test_client client, idle;
	pid_t worker;

	connect_to(daemon, &idle);
	worker = test_client_pid(&idle);
	connect_to(daemon, &client);
	test_client_send_text(
	    &client, "GET /child/null HTTP/1.1\r\nHost: a\r\n\r\n");
	test_client_expect(&client, "GET", 200, "11\n");
	test_client_send_text(
	    &client, "GET /child/abort HTTP/1.1\r\nHost: a\r\n\r\n");
	test_client_expect(&client, "GET", 200, "6\n");
	ck_assert_int_eq(test_client_pid(&client), worker);
	ck_assert_int_eq(test_client_pid(&idle), worker);
	test_client_close(&client);
	test_client_close(&idle);
	ck_assert_uint_eq(test_daemon_count(daemon, "was killed"), 0);
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("crash_answer");
	TCase *tcase = tcase_create("crash_answer");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(
	    tcase, answers_before_it_in_a_batch_are_sent, 0, BATCHES);
	tcase_add_test(tcase, a_head_has_no_body);
	tcase_add_test(tcase, a_post_is_answered);
	tcase_add_test(tcase, a_stream_is_cut_and_not_answered_twice);
	tcase_add_test(tcase, who_waits_is_told_to_come_again);
	tcase_add_test(tcase, an_upload_is_answered_and_drained);
	tcase_add_test(tcase, heads_that_are_half_sent_go_on);
	tcase_add_test(tcase, an_answer_under_way_is_cut);
	tcase_add_test(tcase, a_signal_to_an_idle_worker_costs_nothing);
	tcase_add_test(tcase, a_second_fault_in_the_midst_of_the_first);
	tcase_add_test(tcase, threads_that_crash_together);
	tcase_add_test(tcase, a_child_that_crashes_is_the_modules_affair);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
