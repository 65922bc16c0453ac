/* SPDX-License-Identifier: ISC */
/*
 * Handlers without a socket: for a module's unit tests.
 *
 * Routing, middleware, verdicts, phases, limits and log are the real ones;
 * loop, client and clock are not.  When nothing but timers can happen, time
 * jumps, so no test sleeps; descriptors and jobs are really waited for.  All
 * runs inside these calls, in the calling thread, but for jobs and blocking
 * handlers, and process: a crash is left to the debugger and the sanitizers.
 *
 * Texts and replies belong to the test and live until cohort_test_close,
 * unless said otherwise.
 */
#ifndef COHORT_TEST_H
#define COHORT_TEST_H

#include <cohort/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A worker with one application, mounted at "/". */
struct cohort_test;

/* A request that was made, and what came back so far. */
struct cohort_test_reply;

/*
 * Sets up the module that is linked into the program (-DCOHORT_NO_MAIN) and
 * runs its start hooks.  settings is what would stand in the mount's `set`
 * section, "greeting = \"Hello\"" lines, or NULL.  NULL when set-up or a
 * start hook fails, with the reason on stderr.
 */
COHORT_EXPORT struct cohort_test *cohort_test_open(const char *settings);

/* The same with a module that was built as the shared object at path. */
COHORT_EXPORT struct cohort_test *cohort_test_load(
    const char *path, const char *settings);

/*
 * Makes a request and returns when it ended.  headers are "Name: value\n"
 * lines, or NULL; Host and Content-Length are added where missing.  body is
 * copied; NULL with size 0: none.  The peer is 127.0.0.1, port 50000, and no
 * trusted proxy.  Never NULL.
 */
COHORT_EXPORT struct cohort_test_reply *cohort_test_request(
    struct cohort_test *test, const char *method, const char *target,
    const char *headers, const void *body, size_t size);

/* The same, but returns as soon as nothing more can run without time. */
COHORT_EXPORT struct cohort_test_reply *cohort_test_begin(
    struct cohort_test *test, const char *method, const char *target,
    const char *headers, const void *body, size_t size);

/* Lets ms milliseconds pass, and run what they make run. */
COHORT_EXPORT void cohort_test_advance(struct cohort_test *test, uint32_t ms);

/* The worker retires, as for a reload; runs what that makes run. */
COHORT_EXPORT void cohort_test_retire(struct cohort_test *test);

/*
 * A slow client: takes size bytes more of the reply's body, and then none
 * until the next call.  Without any call it takes everything; so it does
 * with SIZE_MAX.
 */
COHORT_EXPORT void cohort_test_room(
    struct cohort_test_reply *reply, size_t size);

/*
 * The same for requests made from here on, from their first byte: what a
 * handler that streams at once sees.  SIZE_MAX: they take everything.
 */
COHORT_EXPORT void cohort_test_window(struct cohort_test *test, size_t size);

/* The client goes away; nothing happens if the request has ended. */
COHORT_EXPORT void cohort_test_hang_up(struct cohort_test_reply *reply);

/* The reply's status; 0: no head yet. */
COHORT_EXPORT int cohort_test_status(const struct cohort_test_reply *reply);

/* Has the request ended?  If so *end_r, unless end_r is NULL, says how. */
COHORT_EXPORT bool cohort_test_ended(
    const struct cohort_test_reply *reply, enum cohort_end *end_r);

/* The value number index, from 0, of that header field; or NULL. */
COHORT_EXPORT const char *cohort_test_header(
    const struct cohort_test_reply *reply, const char *name, size_t index);

/*
 * What came of the body so far, without framing; valid until the next call
 * that lets something run.
 */
COHORT_EXPORT struct cohort_str cohort_test_body(
    const struct cohort_test_reply *reply);

/*
 * The log lines since the last call of it, "" if none, valid until the next:
 * an unexpected line is a failure.
 */
COHORT_EXPORT const char *cohort_test_log(struct cohort_test *test);

/*
 * Ends what runs, calls the stop hooks, frees *test with its replies, and
 * makes it NULL.  0; or -1, with the reason on stderr, if something was left
 * behind: a request that had not ended, a timer or watch that the stop hooks
 * did not stop, a job that still runs after ten seconds.
 */
COHORT_EXPORT int cohort_test_close(struct cohort_test **test);

#ifdef __cplusplus
}
#endif

#endif
