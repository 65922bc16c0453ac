/* SPDX-License-Identifier: ISC */
/*
 * Crashes of tests/system/module_crash: a daemon that serves it, faults of
 * each kind at each place, and what their clients and the log must see.
 */
#ifndef TEST_CRASH_H
#define TEST_CRASH_H

#include <stdbool.h>
#include <stddef.h>

#include "test_client.h"
#include "test_daemon.h"

struct test_crash_kind {
	const char *name;
	const char *signal; /* "SIGSEGV" */
};

/* Where, and what its client gets for it. */
struct test_crash_place {
	const char *path; /* before the kind */
	int status;       /* 500 comes with the end, others without */
	bool in_the_dark; /* no request is to blame */
};

/*
 * Serves module_crash with so many workers, without quarantine.  more:
 * further options; unless it has hang_timeout, what runs for 500 ms is hung.
 */
struct test_daemon *test_crash_start(unsigned workers, const char *more);

/* Sanitizers make all slower, and have an allocator of their own. */
bool test_crash_is_sanitized(const struct test_daemon *daemon);

/* Reads a 500 with "Connection: close", and then the end; closes client. */
void test_crash_expect_500(struct test_client *client, const char *method);

/* Waits for the next record of a death, which must name that signal and,
 * unless NULL, request: "GET /crash/null?1". */
void test_crash_expect_record(
    struct test_daemon *daemon, const char *signal, const char *request);

/* Waits until all of those that died have a successor: so many deaths, in
 * all, since it was started with so many workers. */
void test_crash_wait_replaced(
    struct test_daemon *daemon, unsigned workers, unsigned deaths);

/*
 * One crash, by a request on client, from its first byte to its record.
 * number makes its target a distinct one.  client is closed, or serves on,
 * as the place has it.
 */
void test_crash_make(struct test_daemon *daemon, struct test_client *client,
    const struct test_crash_place *place, const struct test_crash_kind *kind,
    unsigned number);

#endif
