/* SPDX-License-Identifier: ISC */
#include <string.h>

#include <check.h>

#include "test_order.h"

void
test_order_send(
    struct test_client *client, struct test_daemon *daemon, const char *command)
{
	test_client_connect_unix(client, test_daemon_path(daemon, "control"));
	test_client_send_format(client, "{\"command\": \"%s\"}\n", command);
}

json_t *
test_order_answer(struct test_client *client)
{
	json_error_t problem;
	const char *text;
	size_t size = 1;
	json_t *answer;

	while (text = test_client_peek(client, size), text[size - 1] != '\n')
		size++;
	answer = json_loadb(text, size, 0, &problem);
	ck_assert_msg(
	    answer != NULL, "%s: %.*s", problem.text, (int)size, text);
	test_client_close(client);
	return answer;
}

json_t *
test_order(struct test_daemon *daemon, const char *command)
{
	struct test_client client;

	test_order_send(&client, daemon, command);
	return test_order_answer(&client);
}
