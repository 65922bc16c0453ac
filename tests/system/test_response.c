/* SPDX-License-Identifier: ISC */
/*
 * Whatever a module does, its responses are well framed and hold no field
 * that it did not set by name: module_reply does all that it can against
 * that.  Each response has a request behind it on the same connection.
 */
#include <stdio.h>
#include <string.h>

#include "test_client.h"
#include "test_daemon.h"
#include "test_unit.h"

static struct test_daemon *
start(void)
{
	struct test_daemon *daemon = test_daemon_new();

	test_daemon_configure(daemon, "workers = 1\n" TEST_SERVE_MODULE,
	    test_daemon_module(daemon, "module_reply"));
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	return daemon;
}

/* Is the connection still in step? */
static void
expect_fine(struct test_client *client)
{
	test_client_send_text(client, "GET /fine HTTP/1.1\r\nHost: a\r\n\r\n");
	test_client_expect(client, "GET", 200, "fine");
	ck_assert(test_client_is_quiet(client));
}

/* ---- fields ---- */

static const char *const refused[] = {
	"/field/value",
	"/field/value-lf",
	"/field/value-cr",
	"/field/value-body",
	"/field/name",
	"/field/name-lf",
	"/field/name-colon",
	"/field/name-space",
	"/field/name-empty",
	"/field/location",
	"/field/set-cookie",
	"/field/length",
	"/field/length-case",
	"/field/coding",
	"/field/connection",
	"/field/upgrade",
	"/field/trailer",
	"/field/date",
	"/field/value?add",
	"/field/name?add",
	"/field/length?add",
	"/field/coding?add",
	"/cookie/name",
	"/cookie/value",
	"/cookie/value-lf",
	"/cookie/value-quoted",
	"/cookie/value-semicolon",
	"/cookie/path",
	"/cookie/domain",
	"/cookie/attribute",
	"/cookie/attributes",
	"/type/copy",
	"/type/static",
	"/type/owned",
	"/type/stream",
	"/redirect",
};

START_TEST(what_would_inject_is_a_500_and_a_line_in_the_log)
{
	struct test_daemon *daemon = start();
	struct test_response response;
	struct test_client client;
	size_t i;

	test_client_connect(&client, test_daemon_port(daemon));
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		test_client_get(&client, refused[i], &response);
		ck_assert_msg(response.status == 500, "%s: %s", refused[i],
		    response.head);
		ck_assert_ptr_null(strstr(response.head, "njected"));
		ck_assert_ptr_null(strstr(response.head, "Set-Cookie"));
		ck_assert_ptr_null(strstr(response.head, "Location"));
		test_response_free(&response);
		test_daemon_wait(daemon, " refused, so the reply becomes");
		expect_fine(&client);
	}
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(words_are_words_only)
{
	struct test_daemon *daemon = start();
	struct test_response response;
	struct test_client client;
	const char *line;

	test_client_connect(&client, test_daemon_port(daemon));
	test_client_get(&client, "/refuse", &response);
	ck_assert_int_eq(response.status, 400);
	ck_assert_ptr_null(strstr(response.head, "Injected"));
	ck_assert_str_eq(response.body, "x\r\nInjected: yes");
	test_response_free(&response);
	line = test_daemon_wait(daemon, "Injected: yes");
	ck_assert_ptr_nonnull(strstr(line, "x\\x0d\\x0aInjected: yes"));
	expect_fine(&client);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- framing ---- */

static const struct bodiless {
	const char *method, *target, *version;
	int status;
} bodiless[] = {
	{ "GET", "/body/204", "1.1", 204 },
	{ "GET", "/body/304", "1.1", 304 },
	{ "GET", "/stream/204", "1.1", 204 },
	{ "GET", "/stream/304", "1.1", 304 },
	{ "HEAD", "/body/200", "1.1", 200 },
	{ "HEAD", "/body/404", "1.1", 404 },
	{ "HEAD", "/body/204", "1.1", 204 },
	{ "HEAD", "/stream/200", "1.1", 200 },
	{ "HEAD", "/stream/204", "1.1", 204 },
	{ "HEAD", "/pieces/1", "1.1", 200 },
	{ "HEAD", "/pieces/2", "1.1", 200 },
	{ "HEAD", "/field/value", "1.1", 500 },
	{ "GET", "/body/204", "1.0", 204 },
	{ "GET", "/stream/304", "1.0", 304 },
	{ "HEAD", "/stream/200", "1.0", 200 },
};

/* test_client_read takes no body of these, so what came would stand before
 * the next response. */
START_TEST(what_has_no_body_gets_none)
{
	const struct bodiless *row = &bodiless[_i];
	struct test_daemon *daemon = start();
	struct test_response response;
	struct test_client client;

	test_daemon_expect(daemon, " refused, so the reply becomes a 500");
	test_client_connect(&client, test_daemon_port(daemon));
	test_client_send_format(&client,
	    "%s %s HTTP/%s\r\nHost: a\r\nConnection: keep-alive\r\n\r\n",
	    row->method, row->target, row->version);
	test_client_read(&client, row->method, &response);
	ck_assert_int_eq(response.status, row->status);
	ck_assert_ptr_null(test_response_field(&response, "Transfer-Encoding"));
	if (row->status == 204)
		ck_assert_ptr_null(
		    test_response_field(&response, "Content-Length"));
	test_response_free(&response);
	expect_fine(&client);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

/* RFC 9110, 15.3.6: framed, and empty. */
START_TEST(a_205_is_empty)
{
	struct test_daemon *daemon = start();
	struct test_response response;
	struct test_client client;

	test_client_connect(&client, test_daemon_port(daemon));
	test_client_get(&client, "/body/205", &response);
	ck_assert_int_eq(response.status, 205);
	ck_assert_str_eq(test_response_field(&response, "Content-Length"), "0");
	test_response_free(&response);
	expect_fine(&client);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(interim_statuses_are_no_replies)
{
	struct test_daemon *daemon = start();
	struct test_client client;

	test_client_connect(&client, test_daemon_port(daemon));
	ck_assert_int_eq(test_client_status(&client, "/body/100"), 500);
	test_daemon_wait(daemon, "status 100 is none of a reply");
	test_daemon_wait(daemon, "failed");
	ck_assert_int_eq(test_client_status(&client, "/stream/101"), 500);
	test_daemon_wait(daemon, "status 101 is none of a reply");
	test_daemon_wait(daemon, "failed");
	expect_fine(&client);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(more_than_declared_is_refused)
{
	struct test_daemon *daemon = start();
	struct test_client client;

	test_client_connect(&client, test_daemon_port(daemon));
	test_client_send_text(
	    &client, "GET /pieces/3 HTTP/1.1\r\nHost: a\r\n\r\n");
	test_client_expect(&client, "GET", 200, "abcabc");
	test_daemon_wait(daemon, "cohort_write: 3 bytes are more than the 0");
	expect_fine(&client);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

/* Nothing can be taken back, so the end of the connection says it. */
START_TEST(less_than_declared_ends_the_connection)
{
	struct test_daemon *daemon = start();
	struct test_client client;
	const char *data;

	test_client_connect(&client, test_daemon_port(daemon));
	test_client_send_text(&client,
	    "GET /pieces/1 HTTP/1.1\r\nHost: a\r\n\r\n"
	    "GET /fine HTTP/1.1\r\nHost: a\r\n\r\n");
	test_daemon_wait(daemon, "ended its stream after 3 of 6 bytes");
	data = client.data;
	while (!test_client_is_closed(&client)) {
		data = test_client_peek(&client, 1);
		ck_assert_ptr_null(strstr(data, "fine"));
		client.size = 0;
	}
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("response");
	TCase *tcase = tcase_create("response");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, what_would_inject_is_a_500_and_a_line_in_the_log);
	tcase_add_test(tcase, words_are_words_only);
	tcase_add_loop_test(tcase, what_has_no_body_gets_none, 0,
	    sizeof(bodiless) / sizeof(bodiless[0]));
	tcase_add_test(tcase, a_205_is_empty);
	tcase_add_test(tcase, interim_statuses_are_no_replies);
	tcase_add_test(tcase, more_than_declared_is_refused);
	tcase_add_test(tcase, less_than_declared_ends_the_connection);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
