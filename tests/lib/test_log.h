/* SPDX-License-Identifier: ISC */
/*
 * The log of a program under test, line by line: lines are waited for,
 * counted, and must all have been expected.  Waits end at TEST_DEADLINE_MS
 * with a failed test that shows the log.
 */
#ifndef TEST_LOG_H
#define TEST_LOG_H

#include <stdbool.h>
#include <stddef.h>

struct test_log;

/* Lines with one of these texts, NULL at the end, are fine. */
struct test_log *test_log_new(const char *const *fine);
void test_log_free(struct test_log **log);

/* Lines come from fd, which is taken, from now on. */
void test_log_open(struct test_log *log, int fd);
void test_log_close(struct test_log *log);

/* Waits for a line with that text, behind the last one waited for; the line
 * lives as long as log. */
const char *test_log_wait(struct test_log *log, const char *text);

/* Waits until so many lines with that text have come since test_log_new, in
 * any order; takes none of them. */
void test_log_wait_count(
    struct test_log *log, const char *text, unsigned count);

/* Waits for the end: until nobody can write any more. */
void test_log_wait_end(struct test_log *log);

/* Lines with that text, which is not copied, are fine, however many. */
void test_log_expect(struct test_log *log, const char *text);

/* How many lines with that text have come so far. */
unsigned test_log_count(struct test_log *log, const char *text);

/* The last line with that text since test_log_open, or NULL. */
const char *test_log_last(const struct test_log *log, const char *text);

/* Fails the test if a line was neither waited for nor expected. */
void test_log_check(struct test_log *log);

/* Fails the test, after showing the log. */
void test_log_fail(struct test_log *log, const char *what, const char *text);

#endif
