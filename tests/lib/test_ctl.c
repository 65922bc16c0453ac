/* SPDX-License-Identifier: ISC */
#include "test_ctl.h"

#include <sys/wait.h>

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 16

/* ---- cohortctl ---- */

static int
run_ctl(struct test_daemon *daemon, const char *option, const char *words,
    struct test_output *output_r)
{
	const char *arguments[WORDS_MAX] = { "./cohortctl", "-c" };
	char path[256], copy[256], *rest = copy, *word;
	size_t count = 2;

	snprintf(path, sizeof(path), "%s", test_daemon_path(daemon, "conf"));
	snprintf(copy, sizeof(copy), "%s", words);
	arguments[count++] = path;
	if (option != NULL)
		arguments[count++] = option;
	while ((word = strsep(&rest, " ")) != NULL) {
		ck_assert_uint_lt(count, WORDS_MAX - 1);
		arguments[count++] = word;
	}
	arguments[count] = NULL;
	test_run_command(arguments, NULL, NULL, output_r);
	ck_assert_msg(WIFEXITED(output_r->status), "%s: wait status %#x: %s",
	    words, (unsigned)output_r->status, output_r->text);
	return WEXITSTATUS(output_r->status);
}

static void
check_output(const char *what, int code, int expected,
    struct test_output *output, const char *text)
{
	ck_assert_msg(code == expected, "%s exits with %d: %.2000s", what, code,
	    output->text);
	ck_assert_msg(strstr(output->text, text) != NULL,
	    "%s: no \"%s\" in: %.2000s", what, text, output->text);
	test_output_free(output);
}

void
test_ctl(
    struct test_daemon *daemon, const char *words, int code, const char *text)
{
	struct test_output output;
	int result = run_ctl(daemon, NULL, words, &output);

	check_output(words, result, code, &output, text);
}

json_t *
test_ctl_json(struct test_daemon *daemon, const char *words, int *code_r)
{
	struct test_output output;
	json_error_t problem;
	json_t *json;

	*code_r = run_ctl(daemon, "--json", words, &output);
	json = json_loads(output.text, 0, &problem);
	ck_assert_msg(
	    json != NULL, "%s: %s: %.2000s", words, problem.text, output.text);
	test_output_free(&output);
	return json;
}

void
test_ctl_signal(
    struct test_daemon *daemon, const char *word, int code, const char *text)
{
	struct test_output output;
	int result =
	    test_daemon_run(daemon, &output, "-s", word, "-c", "@/conf", NULL);

	check_output(word, result, code, &output, text);
}

/* ---- the socket ---- */

void
test_ctl_send(
    struct test_daemon *daemon, struct test_client *client, const char *line)
{
	test_client_connect_unix(client, test_daemon_path(daemon, "control"));
	test_client_send_format(client, "%s\n", line);
}

void
test_ctl_expect(
    struct test_client *client, const char *member, const char *text)
{
	json_t *reply = test_order_answer(client);
	const char *value = json_string_value(json_object_get(reply, member));
	char *words = json_dumps(reply, 0);

	ck_assert_msg(value != NULL && strstr(value, text) != NULL,
	    "no %s \"%s\" in: %.2000s", member, text, words);
	free(words);
	json_decref(reply);
}

/* ---- the status ---- */

static json_t *
read_status(struct test_daemon *daemon)
{
	int code;
	json_t *status = test_ctl_json(daemon, "status", &code);

	ck_assert_int_eq(code, 0);
	return status;
}

void
test_ctl_status(
    struct test_daemon *daemon, const char *member, const char *text)
{
	json_t *status = read_status(daemon);

	ck_assert_str_eq(
	    json_string_value(json_object_get(status, member)), text);
	json_decref(status);
}

unsigned
test_ctl_workers(struct test_daemon *daemon, const char *state)
{
	json_t *status = read_status(daemon), *worker;
	unsigned count = 0;
	size_t i;

	json_array_foreach(json_object_get(status, "workers"), i, worker)
	{
		count +=
		    strcmp(json_string_value(json_object_get(worker, "state")),
			state) == 0;
	}
	json_decref(status);
	return count;
}

static unsigned
count_busy(struct test_daemon *daemon)
{
	json_t *status = read_status(daemon), *worker, *connections;
	unsigned count = 0;
	size_t i;

	json_array_foreach(json_object_get(status, "workers"), i, worker)
	{
		connections = json_object_get(worker, "connections");
		count += (unsigned)json_integer_value(
		    json_object_get(connections, "busy"));
	}
	json_decref(status);
	return count;
}

unsigned
test_ctl_closed(struct test_daemon *daemon, const char *reason)
{
	json_t *status = read_status(daemon), *count;
	unsigned result;

	count = json_object_get(json_object_get(status, "closed"), reason);
	ck_assert_msg(json_is_integer(count), "no such reason: %s", reason);
	result = (unsigned)json_integer_value(count);
	json_decref(status);
	return result;
}

void
test_ctl_wait_closed(
    struct test_daemon *daemon, const char *reason, unsigned count)
{
	long long deadline = test_now_ms() + TEST_DEADLINE_MS;

	while (test_ctl_closed(daemon, reason) != count) {
		ck_assert_msg(
		    test_now_ms() < deadline, "%s: not %u", reason, count);
		test_quiet(10);
	}
}

void
test_ctl_wait_busy(struct test_daemon *daemon, unsigned count)
{
	long long deadline = test_now_ms() + TEST_DEADLINE_MS;

	while (count_busy(daemon) != count)
		ck_assert_int_lt(test_now_ms(), deadline);
}
