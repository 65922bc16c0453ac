/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "test_poison.h"
#include "test_unit.h"

/* What no quarantine lasts for unless that is waited out. */
#define RETRY_AFTER_MOST 3600

struct test_daemon *
test_poison_start(unsigned workers, const char *more)
{
	struct test_daemon *daemon = test_daemon_new();

	test_daemon_configure(daemon,
	    "workers = %u\n%s%s"
	    "listen \"127.0.0.1:0\" {}\n"
	    "host \"*\" { mount \"/\" { module = \"%s\" "
	    "read = \"@\" set { directory = \"@\" } } }\n",
	    workers,
	    strstr(more, "hang_timeout") == NULL ?
		"hang_warn = \"0s\"\nhang_timeout = \"0s\"\n" :
		"hang_warn = \"0s\"\n",
	    more, test_daemon_module(daemon, "module_poison"));
	test_daemon_expect(daemon, " info: poison");
	test_daemon_expect(daemon, "was killed by SIG");
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	return daemon;
}

void
test_poison_put(
    struct test_daemon *daemon, const char *name, const char *letter)
{
	test_daemon_write(daemon, name, letter);
}

void
test_poison_take(struct test_daemon *daemon, const char *name)
{
	ck_assert_int_eq(unlink(test_daemon_path(daemon, name)), 0);
}

static void
check_refusal(const struct test_response *response)
{
	const char *value = test_response_field(response, "Retry-After");

	ck_assert_msg(value != NULL, "%s", response->head);
	ck_assert_int_ge(atoi(value), 1);
	ck_assert_int_le(atoi(value), RETRY_AFTER_MOST);
}

int
test_poison_ask(
    struct test_daemon *daemon, const char *method, const char *target)
{
	struct test_response response;
	struct test_client client;
	int status;

	test_client_connect(&client, test_daemon_port(daemon));
	test_client_send_format(&client,
	    "%s %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
	    "Content-Length: 0\r\n\r\n",
	    method, target);
	test_client_read(&client, method, &response);
	status = response.status;
	if (status == 503)
		check_refusal(&response);
	test_response_free(&response);
	ck_assert(test_client_is_closed(&client));
	test_client_close(&client);
	return status;
}

void
test_poison_expect(
    struct test_daemon *daemon, const char *target, unsigned times, int status)
{
	for (; times > 0; times--)
		ck_assert_int_eq(
		    test_poison_ask(daemon, "GET", target), status);
}

int
test_poison_try(
    struct test_daemon *daemon, const char *target, long long *asked_ms_r)
{
	long long until = test_now_ms() + TEST_DEADLINE_MS;
	int status;

	for (;;) {
		*asked_ms_r = test_now_ms();
		status = test_poison_ask(daemon, "GET", target);
		if (status != 503)
			return status;
		ck_assert_msg(
		    *asked_ms_r < until, "%s is refused for ever", target);
		test_pause();
	}
}

pid_t
test_poison_begin(
    struct test_daemon *daemon, struct test_client *client, const char *target)
{
	pid_t worker;

	test_client_connect(client, test_daemon_port(daemon));
	worker = test_client_pid(client);
	test_client_send_format(
	    client, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", target);
	test_daemon_wait(daemon, " info: poison");
	return worker;
}

void
test_poison_expect_line(
    struct test_daemon *daemon, const char *subject, const char *words)
{
	const char *line = test_daemon_wait(daemon, ": quarantine: ");

	ck_assert_msg(
	    strstr(line, subject) != NULL, "no %s: %s", subject, line);
	ck_assert_msg(strstr(line, words) != NULL, "no %s: %s", words, line);
}

unsigned
test_poison_lines(struct test_daemon *daemon)
{
	return test_daemon_count(daemon, ": quarantine: ");
}
