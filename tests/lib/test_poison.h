/* SPDX-License-Identifier: ISC */
/*
 * Requests of tests/system/module_poison, which end workers or do not, as
 * files of the daemon's directory say, and what the quarantine makes of them.
 */
#ifndef TEST_POISON_H
#define TEST_POISON_H

#include <sys/types.h>

#include "test_client.h"
#include "test_daemon.h"

/* Serves module_poison with so many workers.  more: further options; unless
 * it has hang_timeout, nothing hangs. */
struct test_daemon *test_poison_start(unsigned workers, const char *more);

/* From now on what has that name does what letter says (module_poison.c);
 * or, without one, nothing. */
void test_poison_put(
    struct test_daemon *daemon, const char *name, const char *letter);
void test_poison_take(struct test_daemon *daemon, const char *name);

/* One request on a connection of its own; the status.  A 503 must say when
 * to come again. */
int test_poison_ask(
    struct test_daemon *daemon, const char *method, const char *target);

/* A GET of each of these, so many times, must get that status. */
void test_poison_expect(
    struct test_daemon *daemon, const char *target, unsigned times, int status);

/* Asks until it is not refused any more; that status, and when it was asked
 * for. */
int test_poison_try(
    struct test_daemon *daemon, const char *target, long long *asked_ms_r);

/* A request that has begun to do its work; the worker that does. */
pid_t test_poison_begin(
    struct test_daemon *daemon, struct test_client *client, const char *target);

/* Waits for the quarantine's next line, which must be about subject and say
 * words. */
void test_poison_expect_line(
    struct test_daemon *daemon, const char *subject, const char *words);

/* How many lines the quarantine has written. */
unsigned test_poison_lines(struct test_daemon *daemon);

#endif
