/* SPDX-License-Identifier: ISC */
/*
 * Orders to a daemon by its control socket, which is "@/control" in its
 * configuration, and their answers.
 */
#ifndef TEST_ORDER_H
#define TEST_ORDER_H

#include <jansson.h>

#include "test_client.h"
#include "test_daemon.h"

#define TEST_CONTROL "control_socket = \"@/control\"\n"

/* Sends {"command": command}, without waiting. */
void test_order_send(struct test_client *client, struct test_daemon *daemon,
    const char *command);

/* Waits for the answer, and closes; the caller's. */
json_t *test_order_answer(struct test_client *client);

/* Both. */
json_t *test_order(struct test_daemon *daemon, const char *command);

#endif
