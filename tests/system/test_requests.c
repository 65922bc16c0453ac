/* SPDX-License-Identifier: ISC */
/*
 * What a worker takes in: requests that are refused, bodies, clients that
 * end their side.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test_client.h"
#include "test_daemon.h"
#include "test_unit.h"

#define MEGABYTE ((size_t)1024 * 1024)
#define HOST     " HTTP/1.1\r\nHost: a\r\n"

static struct test_daemon *
start(const char *http)
{
	struct test_daemon *daemon = test_daemon_new();

	test_daemon_configure(daemon,
	    "workers = 1\nhttp { %s }\n" TEST_SERVE_MODULE, http,
	    test_daemon_module(daemon, "module_test"));
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	return daemon;
}

/* ---- requests that are refused ---- */

static const struct {
	const char *text;
	int status;
} refused[] = {
	{ "nonsense\r\n\r\n", 400 },
	{ "GET  /hello/a" HOST "\r\n", 400 },
	{ "GET /hello/a HTTP/1.1\r\n\r\n", 400 },
	{ "GET /hello/a" HOST "Host: b\r\n\r\n", 400 },
	{ "GET /hello/a" HOST "A : b\r\n\r\n", 400 },
	{ "GET /hello/a" HOST "A: b\r\n c\r\n\r\n", 400 },
	{ "GET /hello/a HTTP/1.1\nHost: a\n\n", 400 },
	{ "POST /echo" HOST "Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
	    400 },
	{ "POST /echo" HOST
	  "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
	    400 },
	{ "POST /echo" HOST "Content-Length: 18446744073709551616\r\n\r\n",
	    400 },
	{ "POST /echo" HOST "Transfer-Encoding: chunked\r\n\r\nx\r\n", 400 },
	{ "POST /echo" HOST "Transfer-Encoding: chunked\r\n\r\n1\r\nabc", 400 },
	{ "POST /nowhere" HOST "Transfer-Encoding: chunked\r\n\r\nx\r\n", 400 },
	{ "POST /hello/a" HOST "Transfer-Encoding: chunked\r\n\r\nx\r\n", 400 },
	{ "POST /echo" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n", 501 },
	{ "POST /echo" HOST "Expect: the-unexpected\r\n\r\n", 417 },
	{ "CONNECT a:80" HOST "\r\n", 501 },
	{ "GET /hello/a HTTP/2.0\r\nHost: a\r\n\r\n", 505 },
	{ "GET /hello/a HTTP/1.2\r\nHost: a\r\n\r\n", 505 },
	{ "GET /hello/a\r\n\r\n", 505 },
};

START_TEST(bad_requests_get_their_status_and_the_end)
{
	struct test_daemon *daemon = start("");
	size_t i;
	int status;

	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		status =
		    test_refused(test_daemon_port(daemon), refused[i].text);
		ck_assert_msg(status == refused[i].status, "%d for %s", status,
		    refused[i].text);
	}
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(what_was_asked_before_a_bad_request_is_answered)
{
	struct test_daemon *daemon = start("");
	struct test_client client;

	test_client_connect(&client, test_daemon_port(daemon));
	test_client_send_text(&client,
	    "GET /wait/50 HTTP/1.1\r\nHost: a\r\n\r\n"
	    "GET /hello/a HTTP/1.1\r\nHost: a\r\n\r\n"
	    "nonsense\r\n\r\nGET /hello/b HTTP/1.1\r\nHost: a\r\n\r\n");
	test_client_expect(&client, "GET", 200, "waited\n");
	test_client_expect(&client, "GET", 200, "Hello, a!\n");
	test_client_expect(&client, "GET", 400, NULL);
	ck_assert(test_client_is_closed(&client));
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(what_is_too_long_is_refused)
{
	struct test_daemon *daemon = start("max_request_line = \"1k\" "
					   "max_head = \"4k\" max_fields = 10");
	unsigned port = test_daemon_port(daemon);
	char text[8192], *at = text;
	int i;

	snprintf(text, sizeof(text), "GET /hello/%01100d" HOST "\r\n", 1);
	ck_assert_int_eq(test_refused(port, text), 414);
	snprintf(
	    text, sizeof(text), "GET /hello/a" HOST "A: %05000d\r\n\r\n", 1);
	ck_assert_int_eq(test_refused(port, text), 431);
	at += sprintf(at, "GET /hello/a" HOST);
	for (i = 0; i < 10; i++)
		at += sprintf(at, "A: b\r\n");
	strcpy(at, "\r\n");
	ck_assert_int_eq(test_refused(port, text), 431);
	/* Without an end at all. */
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memcpy(text, "GET /", 5);
	ck_assert_int_eq(test_refused(port, text), 414);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(slow_requests_end_with_408)
{
	struct test_daemon *daemon = start("head_timeout = \"200ms\" "
					   "body_timeout = \"200ms\"");
	unsigned port = test_daemon_port(daemon);

	ck_assert_int_eq(
	    test_refused(port, "GET /hello/a HTTP/1.1\r\nHo"), 408);
	ck_assert_int_eq(test_refused(port,
			     "POST /echo" HOST "Content-Length: 10\r\n\r\nabc"),
	    408);
	test_daemon_stop(&daemon);
}
END_TEST

/* Each octet comes in time, the head as a whole does not. */
START_TEST(a_head_that_drips_ends_with_408)
{
	struct test_daemon *daemon = start("head_timeout = \"300ms\"");
	struct test_response response;
	struct test_client client, clock;

	test_client_connect(&clock, test_daemon_port(daemon));
	test_client_connect(&client, test_daemon_port(daemon));
	test_client_send_text(
	    &client, "GET /hello/a HTTP/1.1\r\nHost: a\r\nA: ");
	do {
		ck_assert_int_eq(test_client_status(&clock, "/wait/40"), 200);
		if (test_client_is_quiet(&client))
			test_client_send_text(&client, "x");
	} while (test_client_is_quiet(&client));
	test_client_read(&client, "GET", &response);
	ck_assert_int_eq(response.status, 408);
	test_response_free(&response);
	test_client_close(&client);
	test_client_close(&clock);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- bodies ---- */

static void
send_letters(struct test_client *client, size_t size)
{
	char *data = malloc(size);

	ck_assert_ptr_nonnull(data);
	memset(data, 'y', size);
	test_client_send(client, data, size);
	free(data);
}

START_TEST(bodies_come_counted_and_chunked)
{
	struct test_daemon *daemon = start("");
	struct test_response response;
	struct test_client client;
	int i;

	test_client_connect(&client, test_daemon_port(daemon));
	test_client_send_format(
	    &client, "POST /echo" HOST "Content-Length: %zu\r\n\r\n", MEGABYTE);
	send_letters(&client, MEGABYTE);
	test_client_read(&client, "POST", &response);
	ck_assert_int_eq(response.status, 200);
	ck_assert_uint_eq(response.size, MEGABYTE);
	test_response_free(&response);
	test_client_send_text(
	    &client, "POST /echo" HOST "Transfer-Encoding: chunked\r\n\r\n");
	for (i = 0; i < 16; i++) {
		test_client_send_text(&client, "10000\r\n");
		send_letters(&client, 0x10000);
		test_client_send_text(&client, "\r\n");
	}
	test_client_send_text(&client, "0\r\n\r\n");
	test_client_read(&client, "POST", &response);
	ck_assert_int_eq(response.status, 200);
	ck_assert_uint_eq(response.size, MEGABYTE);
	ck_assert_uint_eq(strspn(response.body, "y"), MEGABYTE);
	test_response_free(&response);
	ck_assert_int_eq(test_client_status(&client, "/hello/a"), 200);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(continue_is_said_only_when_the_body_is_wanted)
{
	struct test_daemon *daemon = start("");
	struct test_client client;

	test_client_connect(&client, test_daemon_port(daemon));
	test_client_send_text(&client,
	    "POST /echo" HOST
	    "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n");
	test_client_expect(&client, "POST", 100, "");
	test_client_send_text(&client, "abc");
	test_client_expect(&client, "POST", 200, "abc");
	/* Nobody to want it; nothing was promised, so the connection may be
	 * closed or kept. */
	test_client_send_text(&client,
	    "POST /nothing" HOST
	    "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n");
	test_client_expect(&client, "POST", 404, NULL);
	test_client_close(&client);
	test_client_connect(&client, test_daemon_port(daemon));
	test_client_send_format(&client,
	    "POST /echo" HOST
	    "Content-Length: %zu\r\nExpect: 100-continue\r\n\r\n",
	    MEGABYTE + 1);
	test_client_expect(&client, "POST", 413, NULL);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(too_large_a_body_is_refused_before_it_is_read)
{
	struct test_daemon *daemon = start("max_body = \"10k\"");
	struct test_response response;
	struct test_client client;

	test_client_connect(&client, test_daemon_port(daemon));
	test_client_send_text(
	    &client, "POST /echo" HOST "Content-Length: 1000000000000\r\n\r\n");
	test_client_read(&client, "POST", &response);
	ck_assert_int_eq(response.status, 413);
	ck_assert_str_eq(test_response_field(&response, "Connection"), "close");
	test_response_free(&response);
	test_client_close(&client);
	test_client_connect(&client, test_daemon_port(daemon));
	test_client_send_text(
	    &client, "POST /echo" HOST "Transfer-Encoding: chunked\r\n\r\n");
	test_client_send_text(&client, "2800\r\n");
	send_letters(&client, 0x2800);
	test_client_send_text(&client, "\r\n1\r\nz\r\n");
	test_client_expect(&client, "POST", 413, NULL);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_small_unread_body_costs_nothing_a_large_one_the_connection)
{
	struct test_daemon *daemon = start("");
	struct test_client client;

	test_client_connect(&client, test_daemon_port(daemon));
	test_client_send_text(
	    &client, "POST /nothing" HOST "Content-Length: 5\r\n\r\n12345");
	test_client_expect(&client, "POST", 404, NULL);
	ck_assert_int_eq(test_client_status(&client, "/hello/a"), 200);
	test_client_send_format(&client,
	    "POST /nothing" HOST "Content-Length: %zu\r\n\r\n", MEGABYTE);
	test_client_expect(&client, "POST", 404, NULL);
	/* What was under way is read, so that no reset takes the answer. */
	send_letters(&client, 65536);
	test_client_finish(&client);
	ck_assert(test_client_is_closed(&client));
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- half-closed clients ---- */

START_TEST(a_client_that_ends_its_side_gets_what_is_computed)
{
	struct test_daemon *daemon = start("");
	struct test_client client;

	test_client_connect(&client, test_daemon_port(daemon));
	test_client_send_text(
	    &client, "GET /hello/a" HOST "\r\nGET /hello/b" HOST "\r\n");
	test_client_finish(&client);
	test_client_expect(&client, "GET", 200, "Hello, a!\n");
	test_client_expect(&client, "GET", 200, "Hello, b!\n");
	ck_assert(test_client_is_closed(&client));
	test_client_close(&client);
	/* Nothing asked, nothing answered. */
	test_client_connect(&client, test_daemon_port(daemon));
	test_client_send_text(&client, "GET /hel");
	test_client_finish(&client);
	ck_assert(test_client_is_closed(&client));
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_waiting_request_ends_with_its_client_or_is_kept)
{
	struct test_daemon *daemon = start("half_close = \"end\"");
	struct test_client client;

	test_client_connect(&client, test_daemon_port(daemon));
	test_client_send_text(&client, "GET /wait/60000" HOST "\r\n");
	test_client_finish(&client);
	ck_assert(test_client_is_closed(&client));
	test_client_close(&client);
	test_daemon_stop(&daemon);
	daemon = start("half_close = \"keep\"");
	test_client_connect(&client, test_daemon_port(daemon));
	test_client_send_text(&client, "GET /wait/100" HOST "\r\n");
	test_client_finish(&client);
	test_client_expect(&client, "GET", 200, "waited\n");
	ck_assert(test_client_is_closed(&client));
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("requests");
	TCase *tcase = tcase_create("requests");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, bad_requests_get_their_status_and_the_end);
	tcase_add_test(tcase, what_was_asked_before_a_bad_request_is_answered);
	tcase_add_test(tcase, what_is_too_long_is_refused);
	tcase_add_test(tcase, slow_requests_end_with_408);
	tcase_add_test(tcase, a_head_that_drips_ends_with_408);
	tcase_add_test(tcase, bodies_come_counted_and_chunked);
	tcase_add_test(tcase, continue_is_said_only_when_the_body_is_wanted);
	tcase_add_test(tcase, too_large_a_body_is_refused_before_it_is_read);
	tcase_add_test(tcase,
	    a_small_unread_body_costs_nothing_a_large_one_the_connection);
	tcase_add_test(
	    tcase, a_client_that_ends_its_side_gets_what_is_computed);
	tcase_add_test(
	    tcase, a_waiting_request_ends_with_its_client_or_is_kept);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
