/* SPDX-License-Identifier: ISC */
/*
 * HTTP/1.1 as a client sees it, byte by byte where that matters.
 */
#include <sys/socket.h>

#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "test_client.h"
#include "test_daemon.h"
#include "test_unit.h"

#define MEGABYTE ((size_t)1024 * 1024)

#define HOST " HTTP/1.1\r\nHost: a\r\n"

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

/* ---- connections ---- */

struct persistence {
	const char *request;
	const char *connection; /* the response's field, or NULL */
	bool is_kept;
};

static const struct persistence persistences[] = {
	{ "GET /hello/a HTTP/1.1\r\nHost: a\r\n\r\n", NULL, true },
	{ "GET /hello/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
	    "close", false },
	{ "GET /hello/a HTTP/1.1\r\nHost: a\r\nConnection: x,\tClose\r\n\r\n",
	    "close", false },
	{ "GET /hello/a HTTP/1.0\r\n\r\n", "close", false },
	{ "GET /hello/a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
	    "keep-alive", true },
	{ "GET /hello/a HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n",
	    "close", false },
};

START_TEST(connections_are_kept_as_the_version_has_it)
{
	const struct persistence *row = &persistences[_i];
	struct test_daemon *daemon = start("");
	struct test_response response;
	struct test_client client;
	const char *value;

	test_client_connect(&client, test_daemon_port(daemon));
	test_client_send_text(&client, row->request);
	test_client_read(&client, "GET", &response);
	ck_assert_int_eq(response.status, 200);
	value = test_response_field(&response, "Connection");
	if (row->connection == NULL)
		ck_assert_ptr_null(value);
	else if (value != NULL || row->is_kept)
		ck_assert_str_eq(value, row->connection);
	test_response_free(&response);
	if (row->is_kept)
		ck_assert_int_eq(test_client_status(&client, "/hello/b"), 200);
	else
		ck_assert(test_client_is_closed(&client));
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(pipelined_requests_are_answered_in_order)
{
	struct test_daemon *daemon = start("");
	struct test_client client;
	char *text, body[64];
	size_t size;
	FILE *stream = open_memstream(&text, &size);
	int i;

	/* One of them is slow: what comes behind it waits. */
	for (i = 0; i < 300; i++)
		if (i == 7)
			fputs(
			    "GET /wait/50 HTTP/1.1\r\nHost: a\r\n\r\n", stream);
		else if (i % 3 == 0)
			fprintf(stream,
			    "POST /echo HTTP/1.1\r\nHost: a\r\n"
			    "Content-Length: 5\r\n\r\n%05d",
			    i);
		else
			fprintf(stream,
			    "GET /hello/%d HTTP/1.1\r\nHost: a\r\n\r\n", i);
	fclose(stream);
	test_client_connect(&client, test_daemon_port(daemon));
	test_client_send(&client, text, size);
	for (i = 0; i < 300; i++) {
		if (i == 7)
			snprintf(body, sizeof(body), "waited\n");
		else if (i % 3 == 0)
			snprintf(body, sizeof(body), "%05d", i);
		else
			snprintf(body, sizeof(body), "Hello, %d!\n", i);
		test_client_expect(&client, "GET", 200, body);
	}
	ck_assert(test_client_is_quiet(&client));
	free(text);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_request_may_come_octet_by_octet)
{
	static const char text[] =
	    "POST /echo HTTP/1.1\r\nHost: a\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n"
	    "3;a=\"b\"\r\nabc\r\n1\r\nd\r\n0\r\nTrailer: x\r\n\r\n";
	struct test_daemon *daemon = start("");
	struct test_client client;
	size_t i;

	test_client_connect(&client, test_daemon_port(daemon));
	for (i = 0; i < sizeof(text) - 1; i++)
		test_client_send(&client, text + i, 1);
	test_client_expect(&client, "POST", 200, "abcd");
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(nothing_follows_a_close)
{
	struct test_daemon *daemon = start("");
	struct test_client client;

	test_client_connect(&client, test_daemon_port(daemon));
	test_client_send_text(&client,
	    "GET /hello/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
	    "GET /hello/b HTTP/1.1\r\nHost: a\r\n\r\n");
	test_client_expect(&client, "GET", 200, "Hello, a!\n");
	ck_assert(test_client_is_closed(&client));
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(keep_alive_ends)
{
	struct test_daemon *daemon =
	    start("keep_alive = \"150ms\" max_requests = 3");
	struct test_client client;

	test_client_connect(&client, test_daemon_port(daemon));
	ck_assert_int_eq(test_client_status(&client, "/hello/a"), 200);
	ck_assert(test_client_is_closed(&client));
	test_client_close(&client);
	/* The last of a number says so. */
	test_client_connect(&client, test_daemon_port(daemon));
	ck_assert_int_eq(test_client_status(&client, "/hello/a"), 200);
	ck_assert_int_eq(test_client_status(&client, "/hello/a"), 200);
	ck_assert_int_eq(test_client_status(&client, "/hello/a"), 200);
	ck_assert(test_client_is_closed(&client));
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- responses ---- */

START_TEST(responses_have_their_fields)
{
	struct test_daemon *daemon = start("");
	struct test_response response;
	const char *value;
	struct tm date;

	test_get(test_daemon_port(daemon), "/hello/a", &response);
	ck_assert_int_eq(strncmp(response.head, "HTTP/1.1 200 OK\r\n", 17), 0);
	value = test_response_field(&response, "Date");
	ck_assert_ptr_nonnull(value);
	ck_assert_uint_eq(strlen(value), 29);
	memset(&date, 0, sizeof(date));
	ck_assert_ptr_nonnull(
	    strptime(value, "%a, %d %b %Y %H:%M:%S GMT", &date));
	ck_assert_int_le(labs((long)(timegm(&date) - time(NULL))), 2);
	ck_assert_str_eq(test_response_field(&response, "Server"), "cohort");
	ck_assert_str_eq(
	    test_response_field(&response, "Content-Length"), "10");
	test_response_free(&response);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(the_date_goes_on)
{
	struct test_daemon *daemon = start("");
	struct test_response response;
	struct test_client client;
	char first[64] = "";
	bool changed = false;

	test_client_connect(&client, test_daemon_port(daemon));
	while (!changed) {
		test_client_get(&client, "/wait/50", &response);
		if (first[0] == '\0')
			snprintf(first, sizeof(first), "%s",
			    test_response_field(&response, "Date"));
		changed =
		    strcmp(first, test_response_field(&response, "Date")) != 0;
		test_response_free(&response);
	}
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(head_is_get_without_the_body)
{
	struct test_daemon *daemon = start("");
	struct test_response head, get;
	struct test_client client;

	test_client_connect(&client, test_daemon_port(daemon));
	test_client_send_text(&client,
	    "HEAD /hello/a HTTP/1.1\r\nHost: a\r\n\r\n"
	    "GET /hello/a HTTP/1.1\r\nHost: a\r\n\r\n"
	    "HEAD /stream/3 HTTP/1.1\r\nHost: a\r\n\r\n"
	    "HEAD /nothing HTTP/1.1\r\nHost: a\r\n\r\n"
	    "HEAD /large HTTP/1.1\r\nHost: a\r\n\r\n"
	    "GET /hello/b HTTP/1.1\r\nHost: a\r\n\r\n");
	test_client_read(&client, "HEAD", &head);
	test_client_read(&client, "GET", &get);
	ck_assert_int_eq(head.status, 200);
	ck_assert_str_eq(test_response_field(&head, "Content-Length"), "10");
	ck_assert_uint_eq(get.size, 10);
	test_response_free(&head);
	test_response_free(&get);
	test_client_expect(&client, "HEAD", 200, "");
	test_client_expect(&client, "HEAD", 404, "");
	test_client_expect(&client, "HEAD", 200, "");
	test_client_expect(&client, "GET", 200, "Hello, b!\n");
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(streams_are_chunked_or_end_with_the_connection)
{
	struct test_daemon *daemon = start("");
	struct test_response response;
	struct test_client client;

	test_client_connect(&client, test_daemon_port(daemon));
	test_client_get(&client, "/stream/300", &response);
	ck_assert_int_eq(response.status, 200);
	ck_assert_str_eq(
	    test_response_field(&response, "Transfer-Encoding"), "chunked");
	ck_assert_uint_eq(response.size, (size_t)300 * 4096);
	test_response_free(&response);
	test_client_get(&client, "/stream/0", &response);
	ck_assert_uint_eq(response.size, 0);
	test_response_free(&response);
	test_client_send_text(&client,
	    "GET /stream/300 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	test_client_read(&client, "GET", &response);
	ck_assert_ptr_null(test_response_field(&response, "Transfer-Encoding"));
	ck_assert_ptr_null(test_response_field(&response, "Content-Length"));
	ck_assert_uint_eq(response.size, (size_t)300 * 4096);
	test_response_free(&response);
	ck_assert(test_client_is_closed(&client));
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_slow_reader_gets_all_of_a_large_body)
{
	struct test_daemon *daemon = start("");
	struct test_response response;
	struct test_client client;
	int size = 65536; /* less makes the loopback crawl */

	test_client_connect(&client, test_daemon_port(daemon));
	ck_assert_int_eq(
	    setsockopt(client.fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)),
	    0);
	test_client_send_text(&client,
	    "GET /large HTTP/1.1\r\nHost: a\r\n\r\n"
	    "GET /stream/500 HTTP/1.1\r\nHost: a\r\n\r\n");
	test_client_peek(&client, 1);
	/* Nobody is held up meanwhile. */
	test_get(test_daemon_port(daemon), "/hello/a", &response);
	ck_assert_int_eq(response.status, 200);
	test_response_free(&response);
	test_client_read(&client, "GET", &response);
	ck_assert_uint_eq(response.size, 4 * MEGABYTE);
	test_response_free(&response);
	test_client_read(&client, "GET", &response);
	ck_assert_uint_eq(response.size, (size_t)500 * 4096);
	test_response_free(&response);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_405_says_what_is_allowed)
{
	struct test_daemon *daemon = start("");
	struct test_response response;
	struct test_client client;
	const char *allow;

	test_client_connect(&client, test_daemon_port(daemon));
	test_client_send_text(
	    &client, "DELETE /hello/a HTTP/1.1\r\nHost: a\r\n\r\n");
	test_client_read(&client, "DELETE", &response);
	ck_assert_int_eq(response.status, 405);
	allow = test_response_field(&response, "Allow");
	ck_assert_ptr_nonnull(allow);
	ck_assert_ptr_nonnull(strstr(allow, "GET"));
	ck_assert_ptr_nonnull(strstr(allow, "HEAD"));
	ck_assert_ptr_null(strstr(allow, "POST"));
	test_response_free(&response);
	test_client_send_text(
	    &client, "OPTIONS /echo HTTP/1.1\r\nHost: a\r\n\r\n");
	test_client_read(&client, "OPTIONS", &response);
	ck_assert_int_eq(response.status / 100, 2);
	ck_assert_ptr_nonnull(
	    strstr(test_response_field(&response, "Allow"), "POST"));
	test_response_free(&response);
	ck_assert_int_eq(test_client_status(&client, "/hello/a"), 200);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- handlers that fail ---- */

START_TEST(failures_are_the_logs_and_refusals_the_clients)
{
	struct test_daemon *daemon = start("");
	struct test_response response;
	struct test_client client;
	const char *line;

	test_client_connect(&client, test_daemon_port(daemon));
	test_client_get(&client, "/fail", &response);
	ck_assert_int_eq(response.status, 500);
	ck_assert_ptr_null(strstr(response.body, "secret"));
	ck_assert_ptr_null(strstr(response.head, "secret"));
	test_response_free(&response);
	line = test_daemon_wait(daemon, "the secret reason");
	ck_assert_msg(strstr(line, " error: ") != NULL &&
		strstr(line, "worker 0") != NULL &&
		strstr(line, "connection ") != NULL &&
		strstr(line, "request ") != NULL &&
		strstr(line, "\"/fail\"") != NULL &&
		strstr(line, "127.0.0.1") != NULL,
	    "%s", line);
	test_client_get(&client, "/refuse", &response);
	ck_assert_int_eq(response.status, 422);
	ck_assert_ptr_nonnull(strstr(response.body, "a <bad> thing"));
	ck_assert_int_eq(strncmp(test_response_field(&response, "Content-Type"),
			     "text/plain", 10),
	    0);
	test_response_free(&response);
	test_daemon_wait(daemon, "a <bad> thing");
	ck_assert_int_eq(test_client_status(&client, "/no-verdict"), 500);
	line = test_daemon_wait(daemon, " error: ");
	ck_assert_msg(strstr(line, "\"/no-verdict\"") != NULL, "%s", line);
	ck_assert_int_eq(test_client_status(&client, "/hello/a"), 200);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_log_line_cannot_be_forged)
{
	struct test_daemon *daemon = start("");
	struct test_client client;
	const char *line;

	test_client_connect(&client, test_daemon_port(daemon));
	ck_assert_int_eq(test_client_status(&client,
			     "/fail?%0a2026-01-01T00:00:00Z%20cohortd%1b[31m"),
	    500);
	line = test_daemon_wait(daemon, "the secret reason");
	for (; *line != '\0'; line++)
		ck_assert(isprint((unsigned char)*line));
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_handler_that_waits_for_ever_ends_with_503)
{
	struct test_daemon *daemon = start("handler_timeout = \"150ms\"");
	struct test_client client;
	const char *line;

	test_client_connect(&client, test_daemon_port(daemon));
	/* By the route's own timeout, by the setting. */
	ck_assert_int_eq(test_client_status(&client, "/slow"), 503);
	line = test_daemon_wait(daemon, "\"/slow\"");
	ck_assert_msg(strstr(line, "waiting for ever") != NULL, "%s", line);
	ck_assert_int_eq(test_client_status(&client, "/forever"), 503);
	test_daemon_wait(daemon, "\"/forever\"");
	ck_assert_int_eq(test_client_status(&client, "/hello/a"), 200);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(who_reads_nothing_is_cut)
{
	struct test_daemon *daemon = start("write_timeout = \"300ms\"");
	struct test_response response;
	struct test_client client;
	char byte;
	int size = 4096;

	test_client_connect(&client, test_daemon_port(daemon));
	ck_assert_int_eq(
	    setsockopt(client.fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)),
	    0);
	for (size = 0; size < 4; size++)
		test_client_send_text(&client, "GET /large" HOST "\r\n");
	/* The daemon stops at once, as nothing is in progress any more. */
	test_get(test_daemon_port(daemon), "/wait/1000", &response);
	test_response_free(&response);
	while (recv(client.fd, &byte, 1, MSG_PEEK) == 1 &&
	    recv(client.fd, &byte, 1, 0) == 1)
		continue;
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("http1");
	TCase *tcase = tcase_create("http1");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, connections_are_kept_as_the_version_has_it,
	    0, sizeof(persistences) / sizeof(persistences[0]));
	tcase_add_test(tcase, pipelined_requests_are_answered_in_order);
	tcase_add_test(tcase, a_request_may_come_octet_by_octet);
	tcase_add_test(tcase, nothing_follows_a_close);
	tcase_add_test(tcase, keep_alive_ends);
	tcase_add_test(tcase, responses_have_their_fields);
	tcase_add_test(tcase, the_date_goes_on);
	tcase_add_test(tcase, head_is_get_without_the_body);
	tcase_add_test(tcase, streams_are_chunked_or_end_with_the_connection);
	tcase_add_test(tcase, a_slow_reader_gets_all_of_a_large_body);
	tcase_add_test(tcase, a_405_says_what_is_allowed);
	tcase_add_test(tcase, failures_are_the_logs_and_refusals_the_clients);
	tcase_add_test(tcase, a_log_line_cannot_be_forged);
	tcase_add_test(tcase, a_handler_that_waits_for_ever_ends_with_503);
	tcase_add_test(tcase, who_reads_nothing_is_cut);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
