/* SPDX-License-Identifier: ISC */
/*
 * Orders to a daemon with TEST_CONTROL: by cohortctl, by cohortd -s, and, with
 * members of their own, by a connection; and what its status says.
 */
#ifndef TEST_CTL_H
#define TEST_CTL_H

#include <jansson.h>

#include "test_client.h"
#include "test_daemon.h"
#include "test_order.h"

/*
 * Runs "cohortctl -c @/conf WORDS", which are separated by blanks, to its
 * end: it must exit with code and say text.
 */
void test_ctl(
    struct test_daemon *daemon, const char *words, int code, const char *text);

/* The same with --json; what it printed, whatever its exit code. */
json_t *test_ctl_json(
    struct test_daemon *daemon, const char *words, int *code_r);

/* "cohortd -c @/conf -s WORD". */
void test_ctl_signal(
    struct test_daemon *daemon, const char *word, int code, const char *text);

/* Connects, and sends that line, a JSON object. */
void test_ctl_send(
    struct test_daemon *daemon, struct test_client *client, const char *line);

/* Waits for the reply, and closes: its member must hold text. */
void test_ctl_expect(
    struct test_client *client, const char *member, const char *text);

/* A text of the daemon's status, "state". */
void test_ctl_status(
    struct test_daemon *daemon, const char *member, const char *text);

/* How many connections have ended for that reason (ipc_close.tbl). */
unsigned test_ctl_closed(struct test_daemon *daemon, const char *reason);

/* Waits until so many have. */
void test_ctl_wait_closed(
    struct test_daemon *daemon, const char *reason, unsigned count);

/* Waits until so many connections have a request. */
void test_ctl_wait_busy(struct test_daemon *daemon, unsigned count);

/* Workers of the daemon's status in that state. */
unsigned test_ctl_workers(struct test_daemon *daemon, const char *state);

#endif
