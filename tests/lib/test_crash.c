/* SPDX-License-Identifier: ISC */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "test_crash.h"

struct test_daemon *
test_crash_start(unsigned workers, const char *more)
{
	struct test_daemon *daemon = test_daemon_new();

	test_daemon_configure(daemon,
	    "workers = %u\nquarantine = off\nhang_warn = \"0s\"\n"
	    "%s%s" TEST_SERVE_MODULE,
	    workers,
	    strstr(more, "hang_timeout") == NULL ?
		"hang_timeout = \"500ms\"\n" :
		"",
	    more, test_daemon_module(daemon, "module_crash"));
	test_daemon_expect(daemon, " info: a worker starts");
	/* glibc's own words go to standard error. */
	test_daemon_expect(daemon, "free(): double free detected");
	/* A hung worker is told of before it is ended. */
	test_daemon_expect(daemon, ": ended");
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	return daemon;
}

bool
test_crash_is_sanitized(const struct test_daemon *daemon)
{
	return test_process_is_sanitized(test_daemon_pid(daemon));
}

void
test_crash_expect_500(struct test_client *client, const char *method)
{
	struct test_response response;
	const char *value;

	test_client_read(client, method, &response);
	ck_assert_msg(
	    response.status == 500, "%s%s", response.head, response.body);
	/* The page of any 500, but to HEAD. */
	ck_assert_str_eq(response.body,
	    strcmp(method, "HEAD") == 0 ? "" : "500 Internal Server Error\n");
	value = test_response_field(&response, "Connection");
	ck_assert_msg(
	    value != NULL && strcmp(value, "close") == 0, "%s", response.head);
	test_response_free(&response);
	ck_assert_msg(
	    test_client_is_closed(client), "behind the 500: %s", client->data);
	test_client_close(client);
}

void
test_crash_expect_record(
    struct test_daemon *daemon, const char *signal, const char *request)
{
	const char *line = test_daemon_wait(daemon, "was killed by SIG");
	char words[512];

	snprintf(words, sizeof(words), "was killed by %s", signal);
	ck_assert_msg(strstr(line, words) != NULL, "no %s: %s", words, line);
	if (request == NULL)
		return;
	snprintf(words, sizeof(words), "\"%s\" from 127.0.0.1", request);
	ck_assert_msg(strstr(line, words) != NULL, "no %s: %s", words, line);
}

void
test_crash_wait_replaced(
    struct test_daemon *daemon, unsigned workers, unsigned deaths)
{
	test_daemon_wait_count(
	    daemon, " info: a worker starts", workers + deaths);
}

void
test_crash_make(struct test_daemon *daemon, struct test_client *client,
    const struct test_crash_place *place, const struct test_crash_kind *kind,
    unsigned number)
{
	char request[128];

	snprintf(request, sizeof(request), "GET %s/%s?%u", place->path,
	    kind->name, number);
	test_client_send_format(
	    client, "%s HTTP/1.1\r\nHost: test\r\n\r\n", request);
	if (place->status == 500)
		test_crash_expect_500(client, "GET");
	else
		test_client_expect(client, "GET", place->status, NULL);
	test_crash_expect_record(
	    daemon, kind->signal, place->in_the_dark ? NULL : request);
	/* Others have taken it over. */
	if (place->status != 500)
		ck_assert_int_eq(test_client_status(client, "/hello/on"), 200);
}
