/* SPDX-License-Identifier: ISC */
/*
 * The cases of tests/wire against the daemon, each on a connection of its
 * own and in one write with the second request behind it.  test_h1_wire.c
 * has them at every split.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test_client.h"
#include "test_daemon.h"
#include "test_unit.h"
#include "test_wire_case.h"

/* Is nobody's resource, so that no route can mirror it. */
#define SERVER_ITSELF "200 OPTIONS * "

static const struct test_wire_case *cases;
static size_t case_count;

static struct test_daemon *
start(void)
{
	struct test_daemon *daemon = test_daemon_new();

	test_daemon_configure(daemon,
	    "workers = 1\n"
	    "http { max_request_line = %d max_head = %d }\n" TEST_SERVE_MODULE,
	    TEST_WIRE_MAX_REQUEST_LINE, TEST_WIRE_MAX_HEAD,
	    test_daemon_module(daemon, "module_wire"));
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	return daemon;
}

static void
send_case(struct test_client *client, const struct test_wire_case *wire)
{
	size_t size = strlen(TEST_WIRE_SECOND);
	char *text = malloc(wire->size + size);

	memcpy(text, wire->data, wire->size);
	memcpy(text + wire->size, TEST_WIRE_SECOND, size);
	test_client_send(client, text, wire->size + size);
	free(text);
}

/* RFC 9110, 6.6.1; RFC 9112, 6.1, 6.3 and 9.6. */
static void
check_head(const struct test_wire_case *wire,
    const struct test_response *response, bool is_last)
{
	const char *connection = test_response_field(response, "Connection");

	ck_assert_msg(test_response_field(response, "Date") != NULL,
	    "%s: no Date", wire->name);
	if (is_last)
		ck_assert_msg(test_response_field(response, "Connection") &&
			strcmp(test_response_field(response, "Connection"),
			    "close") == 0,
		    "%s: no Connection: close", wire->name);
	else
		ck_assert_msg(
		    connection == NULL || strcmp(connection, "close") != 0,
		    "%s: Connection: close, and then more", wire->name);
}

/* The next line of *expected, which one response has to match. */
static void
expect_line(struct test_client *client, const struct test_wire_case *wire,
    const char *expected, size_t size, bool is_head, bool is_last)
{
	struct test_response response;
	char *words;

	test_client_read(client, is_head ? "HEAD" : "GET", &response);
	check_head(wire, &response, is_last);
	if (strncmp(expected, SERVER_ITSELF, strlen(SERVER_ITSELF)) == 0 ||
	    strncmp(expected, "200 OPTIONS *\n", size) == 0) {
		ck_assert_msg(response.status == 204, "%s: %d instead of 204",
		    wire->name, response.status);
	} else {
		words = test_wire_words(
		    response.status, is_head, response.body, response.size);
		ck_assert_msg(
		    strlen(words) == size && memcmp(words, expected, size) == 0,
		    "%s: %snot: %.*s", wire->name, words, (int)size, expected);
		free(words);
	}
	test_response_free(&response);
}

/* Content may hold a line end, so a line ends where a status follows. */
static size_t
line_size(const char *expected)
{
	const char *end = strchr(expected, '\n');

	while (end[1] != '\0' && !isdigit((unsigned char)end[1]))
		end = strchr(end + 1, '\n');
	return (size_t)(end - expected) + 1;
}

static void
run_case(unsigned port, const struct test_wire_case *wire)
{
	bool is_head = strncmp(wire->data, "HEAD ", 5) == 0;
	const char *expected = wire->expected;
	struct test_client client;
	size_t size;

	test_client_connect(&client, port);
	send_case(&client, wire);
	for (; *expected != '\0'; expected += size, is_head = false) {
		size = line_size(expected);
		expect_line(&client, wire, expected, size, is_head,
		    expected[size] == '\0' && !wire->stays_open);
	}
	if (wire->stays_open)
		expect_line(&client, wire, TEST_WIRE_SECOND_ANSWER,
		    strlen(TEST_WIRE_SECOND_ANSWER), false, false);
	else
		ck_assert_msg(test_client_is_closed(&client), "%s: not closed",
		    wire->name);
	test_client_close(&client);
}

START_TEST(every_case_has_its_outcome)
{
	struct test_daemon *daemon = start();
	unsigned port = test_daemon_port(daemon);
	size_t i;

	for (i = 0; i < case_count; i++)
		run_case(port, &cases[i]);
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("wire");
	TCase *tcase = tcase_create("wire");

	cases = test_wire_cases(&case_count);
	tcase_set_timeout(tcase, 300);
	tcase_add_test(tcase, every_case_has_its_outcome);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
