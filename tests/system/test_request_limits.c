/* SPDX-License-Identifier: ISC */
/*
 * Every limit of a request, once, set low: what is as large as it may be is
 * answered, what is larger by one is refused, and nothing behind that is
 * taken for a request.
 */
#include <stdio.h>
#include <string.h>

#include "test_client.h"
#include "test_ctl.h"
#include "test_daemon.h"
#include "test_unit.h"

#define HOST   "Host: a\r\n"
#define SECOND "GET /hello/second HTTP/1.1\r\n" HOST "\r\n"
#define CHUNKED \
	"POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
#define LENGTH(size)                                                   \
	"POST /echo HTTP/1.1\r\n" HOST "Content-Length: " #size "\r\n" \
	"\r\n"

/* A request is made of these, middle in between so many times. */
static const struct limit_case {
	const char *options; /* of http */
	const char *begin, *middle, *end;
	unsigned most; /* that pass */
	int status;    /* of one more */
} cases[] = {
	/* 256 without the line's end. */
	{ "max_request_line = \"256\"", "GET /hello/", "a",
	    " HTTP/1.1\r\n" HOST "\r\n", 256 - 20, 414 },
	{ "max_head = \"1k\" max_request_line = \"512\"",
	    "GET /hello/a HTTP/1.1\r\n" HOST "A: ", "b", "\r\n\r\n", 1024 - 39,
	    431 },
	/* Many small ones, and Host. */
	{ "max_fields = 9", "GET /hello/a HTTP/1.1\r\n" HOST, "A: b\r\n",
	    "\r\n", 8, 431 },
	{ "max_segments = 5", "GET /hello/a", "/a", " HTTP/1.1\r\n" HOST "\r\n",
	    3, 414 },
	{ "max_segments = 64", "GET /hello/a", "/a",
	    " HTTP/1.1\r\n" HOST "\r\n", 62, 414 },
	/* Of all chunks together; of one. */
	{ "max_chunk_extension = \"20\"", CHUNKED, "1;abc\r\nx\r\n",
	    "0\r\n\r\n", 5, 400 },
	{ "max_chunk_extension = \"20\"", CHUNKED "1;", "a",
	    "\r\nx\r\n0\r\n\r\n", 19, 400 },
	{ "max_trailer = \"30\"", CHUNKED "0\r\nA: ", "b", "\r\n\r\n", 25,
	    431 },
	{ "max_fields = 4", CHUNKED "0\r\n", "A: b\r\n", "\r\n", 4, 431 },
	/* In one chunk, and in many. */
	{ "max_body = \"10\"", CHUNKED, "1\r\nx\r\n", "0\r\n\r\n", 10, 413 },
};

static struct test_daemon *
start(const char *options, const char *mount)
{
	struct test_daemon *daemon = test_daemon_new();

	test_daemon_configure(daemon,
	    TEST_CONTROL "workers = 1\nhttp { %s }\nlisten \"127.0.0.1:0\" {}\n"
			 "host \"*\" { mount \"/\" { module = \"%s\" %s } }\n",
	    options, test_daemon_module(daemon, "module_test"), mount);
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	return daemon;
}

/* Without the answer that what passes would have, if it is none of a route:
 * the limit is what matters. */
static bool
has_passed(int status)
{
	return status == 200 || status == 404;
}

static void
send_case(
    struct test_client *client, const struct limit_case *limit, unsigned count)
{
	char text[4096];

	strcpy(text, limit->begin);
	while (count-- > 0)
		strcat(text, limit->middle);
	strcat(text, limit->end);
	strcat(text, SECOND);
	test_client_send_text(client, text);
}

START_TEST(every_limit_holds)
{
	const struct limit_case *limit = &cases[_i];
	struct test_daemon *daemon = start(limit->options, "");
	struct test_response response;
	struct test_client client;

	test_client_connect(&client, test_daemon_port(daemon));
	send_case(&client, limit, limit->most);
	test_client_read(&client, "GET", &response);
	ck_assert_msg(has_passed(response.status), "%s: %d", limit->options,
	    response.status);
	test_response_free(&response);
	test_client_expect(&client, "GET", 200, "Hello, second!\n");
	send_case(&client, limit, limit->most + 1);
	test_client_read(&client, "GET", &response);
	ck_assert_msg(response.status == limit->status, "%s: %d",
	    limit->options, response.status);
	test_response_free(&response);
	/* What is left of a body that is too large is little here. */
	if (limit->status == 413)
		test_client_expect(&client, "GET", 200, "Hello, second!\n");
	else
		ck_assert(test_client_is_closed(&client));
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- declared bodies ---- */

static const struct {
	const char *http, *mount;
	const char *fits, *exceeds;
} bodies[] = {
	{ "max_body = \"10\"", "", LENGTH(10), LENGTH(11) },
	{ "max_body = \"0\"", "", LENGTH(0), LENGTH(1) },
	{ "max_body = \"1m\"", "max_body = \"10\"", LENGTH(10), LENGTH(11) },
	{ "max_body = \"1\"", "max_body = \"10\"", LENGTH(10), LENGTH(11) },
};

/* Nothing of the body is sent: the answer comes all the same, and the
 * connection with it to its end. */
START_TEST(a_declared_body_is_refused_before_it_comes)
{
	struct test_daemon *daemon = start(bodies[_i].http, bodies[_i].mount);
	struct test_response response;
	struct test_client client;

	test_client_connect(&client, test_daemon_port(daemon));
	test_client_send_text(&client, bodies[_i].fits);
	if (strstr(bodies[_i].fits, "10\r\n") != NULL)
		test_client_send_text(&client, "0123456789");
	test_client_expect(&client, "POST", 200, NULL);
	test_client_send_text(&client, bodies[_i].exceeds);
	test_client_read(&client, "POST", &response);
	ck_assert_int_eq(response.status, 413);
	test_response_free(&response);
	test_client_close(&client);
	/* Who waits to be told to go on is not told. */
	test_client_connect(&client, test_daemon_port(daemon));
	test_client_send_format(&client,
	    "POST /echo HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n%s",
	    strstr(bodies[_i].exceeds, "Content-Length"));
	test_client_expect(&client, "POST", 413, NULL);
	ck_assert(test_client_is_closed(&client));
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- what waits to be sent ---- */

static const struct {
	const char *options;
	bool goes_on; /* with the second request before the first is read */
} queues[] = {
	{ "output_buffer = \"1g\" max_pipelined = 5", true },
	{ "output_buffer = \"1g\" max_pipelined = 1", false },
	{ "output_buffer = \"64k\" max_pipelined = 64", false },
};

#define FAILED "the secret reason"
#define LARGE  "GET /large HTTP/1.1\r\n" HOST "\r\n"

/* /fail says so in the log when it is run; the kernel does not take as much
 * as the answers before it. */
START_TEST(pipelines_wait_for_the_client)
{
	struct test_daemon *daemon = start(queues[_i].options, "");
	struct test_client client, other;
	int i;

	test_daemon_expect(daemon, FAILED);
	test_client_connect(&client, test_daemon_port(daemon));
	test_client_connect(&other, test_daemon_port(daemon));
	test_client_send_text(&client,
	    LARGE LARGE LARGE LARGE "GET /fail HTTP/1.1\r\n" HOST "\r\n");
	test_client_peek(&client, 100);
	if (queues[_i].goes_on)
		test_daemon_wait_count(daemon, FAILED, 1);
	for (i = 0; i < 4; i++)
		test_client_pid(&other);
	ck_assert_uint_eq(
	    test_daemon_count(daemon, FAILED), queues[_i].goes_on);
	for (i = 0; i < 4; i++)
		test_client_expect(&client, "GET", 200, NULL);
	test_client_expect(&client, "GET", 500, NULL);
	test_client_close(&client);
	test_client_close(&other);
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("request_limits");
	TCase *tcase = tcase_create("request_limits");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, every_limit_holds, 0,
	    (int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_loop_test(tcase, a_declared_body_is_refused_before_it_comes,
	    0, (int)(sizeof(bodies) / sizeof(bodies[0])));
	tcase_add_loop_test(tcase, pipelines_wait_for_the_client, 0,
	    (int)(sizeof(queues) / sizeof(queues[0])));
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
