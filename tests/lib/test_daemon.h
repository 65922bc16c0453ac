/* SPDX-License-Identifier: ISC */
/*
 * A real cohortd for system tests: started on a free port with a temporary
 * directory of its own, its log read by the test.  Nothing here sleeps:
 * every wait is for a log line, an exit or a byte, and has a deadline that
 * fails the test.  A test that fails leaves no daemon behind.
 *
 * Every log line must be expected: those of a plain start and stop, and of
 * level debug, are; others are declared by test_daemon_expect or waited for.
 * test_daemon_stop fails the test at the first line that is neither.
 *
 * "@" in an argument or a configuration stands for the directory.  The
 * program is ./cohortd, or what the environment's COHORTD names.
 */
#ifndef TEST_DAEMON_H
#define TEST_DAEMON_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "test_process.h"

struct test_daemon;

/* The least of a configuration that serves a module: its path is %s. */
#define TEST_SERVE_MODULE             \
	"listen \"127.0.0.1:0\" {}\n" \
	"host \"*\" { mount \"/\" { module = \"%s\" } }\n"

/* A daemon not yet started, so that files can be made before. */
struct test_daemon *test_daemon_new(void);

/* A fresh directory that everybody may read, with the test's files in it:
 * removed by test_daemon_stop. */
const char *test_daemon_directory(const struct test_daemon *daemon);

/* Writes text to directory/name; returns its path (static until the next
 * call). */
const char *test_daemon_write(
    struct test_daemon *daemon, const char *name, const char *text);

/* directory/name (static until the next call). */
const char *test_daemon_path(struct test_daemon *daemon, const char *name);

/* Writes directory/conf; without pid file, control socket and state directory
 * unless the text names them. */
void test_daemon_configure(struct test_daemon *daemon, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Copies a module that the tests' makefile built to the directory, where
 * workers that dropped root can read it; its path (static until the next
 * call).
 */
const char *test_daemon_module(struct test_daemon *daemon, const char *name);

/* Runs prepare in the child before each program that is started. */
void test_daemon_prepare(
    struct test_daemon *daemon, void (*prepare)(void *context), void *context);

/*
 * Starts "cohortd -f" with these arguments, NULL-terminated, and waits until
 * the first cohort serves.
 */
void test_daemon_start(struct test_daemon *daemon, ...)
    __attribute__((sentinel));

/* The same without waiting. */
void test_daemon_launch(struct test_daemon *daemon, ...)
    __attribute__((sentinel));

/*
 * Runs cohortd without -f, which must become a daemon: returns its exit
 * status, with its words in *output_r.  The configuration must say pid_file
 * "@/pid" and error_log "@/log", a pipe that is made here.
 */
int test_daemon_start_background(struct test_daemon *daemon,
    struct test_output *output_r, ...) __attribute__((sentinel));

/* Runs cohortd with just these arguments to its end; the exit status. */
int test_daemon_run(struct test_daemon *daemon, struct test_output *output_r,
    ...) __attribute__((sentinel));

pid_t test_daemon_pid(const struct test_daemon *daemon);

/* Of 127.0.0.1; or of another host, as the log last said. */
unsigned test_daemon_port(const struct test_daemon *daemon);
unsigned test_daemon_port_of(
    const struct test_daemon *daemon, const char *host);

/* Waits for a line with that text, behind the last one waited for; the line
 * lives as long as daemon. */
const char *test_daemon_wait(struct test_daemon *daemon, const char *text);

/* Lines with that text, which is not copied, are fine, however many. */
void test_daemon_expect(struct test_daemon *daemon, const char *text);

/* How many lines with that text have come so far. */
unsigned test_daemon_count(struct test_daemon *daemon, const char *text);

/* Waits until so many have come in all, in any order; takes none of them. */
void test_daemon_wait_count(
    struct test_daemon *daemon, const char *text, unsigned count);

/* The pids of the master's children; the count. */
size_t test_daemon_workers(
    const struct test_daemon *daemon, pid_t *pids, size_t room);

void test_daemon_signal(struct test_daemon *daemon, int number);

/* Waits for the end of the master and of all its workers; its wait status. */
int test_daemon_wait_exit(struct test_daemon *daemon);

/* Forgets a daemon that ended, so that the same can be started anew. */
void test_daemon_restart(struct test_daemon *daemon);

/* Stops gracefully unless it ended already, checks that it exited with 0 and
 * that no line was unexpected, frees. */
void test_daemon_stop(struct test_daemon **daemon);

#endif
