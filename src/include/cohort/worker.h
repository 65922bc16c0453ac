/* SPDX-License-Identifier: ISC */
/*
 * What no request owns: a connection pool, a refresh; and the log.
 *
 * A worker is a process with one loop thread, on which all functions of its
 * modules run, never beside each other, but for jobs and blocking handlers.
 * So a module's statics need no lock unless those use them, and each worker
 * has its own.  Where "any thread" is said a function may be
 * called by threads of the module's own, too: those are started in a start
 * hook, with all signals blocked, and ended in a stop hook.  A crash in one
 * of them answers no request with 500; an overflow of its stack can only be
 * contained if it has a sigaltstack(2).
 *
 * Phases of timers and watches: start and stop hooks, before, handler and
 * continuations, on_end and free functions, and functions that the loop
 * calls for timers, watches and cohort_call.
 */
#ifndef COHORT_WORKER_H
#define COHORT_WORKER_H

#include <cohort/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The worker that runs request; valid from start to stop hooks, so it may be
 * stored.  Phases: whoever is given a request.
 */
COHORT_EXPORT struct cohort_worker *cohort_worker(
    const struct cohort_request *request);

/*
 * Calls function after first_ms and then every every_ms; every_ms 0: once.
 * The timer stays valid until cohort_timer_stop, also when it has fired its
 * once; what is left is stopped after the stop hooks.  NULL on failure, with
 * the reason logged.
 */
COHORT_EXPORT struct cohort_timer *cohort_timer_start(
    struct cohort_worker *worker, uint32_t first_ms, uint32_t every_ms,
    void (*function)(struct cohort_worker *worker, void *context),
    void *context);

/*
 * Stops and frees *timer and makes it NULL; NULL does nothing.  The timer's
 * own function may do so.
 */
COHORT_EXPORT void cohort_timer_stop(struct cohort_timer **timer);

/*
 * Calls function each time one of the events (COHORT_READ, COHORT_WRITE)
 * holds for fd, as long as it does, with those that hold.  events may be 0:
 * none for now.  fd stays the module's.  NULL on failure, with the reason
 * logged.
 */
COHORT_EXPORT struct cohort_watch *cohort_watch_start(
    struct cohort_worker *worker, int fd, int events,
    void (*function)(
	struct cohort_worker *worker, int fd, int events, void *context),
    void *context);

/*
 * Stops and frees *watch and makes it NULL; NULL does nothing.  Must come
 * before close(fd).  The watch's own function may do so.
 */
COHORT_EXPORT void cohort_watch_stop(struct cohort_watch **watch);

/* Watches for these events from now on. */
COHORT_EXPORT void cohort_watch_change(struct cohort_watch *watch, int events);

/*
 * Calls function from the loop, in the order of the calls; never inside this
 * one.  All that were taken run before the worker goes.  0, or -1: the worker
 * has stopped, and context stays the caller's to free.  Any phase but setup,
 * any thread.
 */
COHORT_EXPORT int cohort_call(struct cohort_worker *worker,
    void (*function)(struct cohort_worker *worker, void *context),
    void *context);

/*
 * The loop's monotonic clock in milliseconds, read once per turn; virtual in
 * tests.  Loop thread only.
 */
COHORT_EXPORT uint64_t cohort_now_ms(const struct cohort_worker *worker);

/*
 * Logs a line with the context of request, or with request NULL that of
 * whatever runs.  Control characters are escaped.  Any phase; any thread
 * with request NULL, a blocking handler's also with its request.
 */
COHORT_EXPORT void cohort_log(const struct cohort_request *request,
    enum cohort_level level, const char *format, ...) COHORT_PRINTF(3, 4);
COHORT_EXPORT void cohort_log_v(const struct cohort_request *request,
    enum cohort_level level, const char *format, va_list arguments)
    COHORT_PRINTF(3, 0);

/*
 * What the request is at, "asking the database": shown in log lines, hang
 * and crash records until changed.  phrase is static text; NULL: nothing
 * special.  Phases: before, handler and continuations, blocking handlers.
 */
COHORT_EXPORT void cohort_doing(
    struct cohort_request *request, const char *phrase);

#ifdef __cplusplus
}
#endif

#endif
