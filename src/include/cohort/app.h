/* SPDX-License-Identifier: ISC */
/*
 * Set-up: what an application consists of.
 *
 * Phase: setup, that is the module's setup function, only (cohort_state_set:
 * also start hooks).  setup declares and start acquires: setup runs for
 * `cohortd -t`, in tests and in each worker, and has no outside effect at
 * all; start hooks run once per worker after privileges were dropped and
 * before it is ready.
 *
 * Errors stick.  Each function takes NULL for an app or route whose own
 * declaration failed; the first error is kept, with what was declared, and
 * set-up fails with it whatever setup returns.  So results need no check.
 *
 * An app pointer stays valid as long as the worker; it may be a hook's
 * context.  Texts given are copied; contexts are the module's own and must
 * stay valid until its stop hooks ran.
 */
#ifndef COHORT_APP_H
#define COHORT_APP_H

#include <cohort/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A part of parent below a prefix, a pattern such as "/api/{tenant}" without
 * a slash at its end; "" or "/" groups without one.  It inherits guards,
 * middleware, state, options and error pages; what is declared in it holds
 * in it only.  NULL on failure.
 */
COHORT_EXPORT struct cohort_app *cohort_scope(
    struct cohort_app *parent, const char *prefix);

/*
 * Sends requests of these methods ("GET", "GET POST", "*" for any) whose
 * path, below mount and scope, matches pattern to handler.
 *
 * A pattern begins with '/'.  Its segments are static text, written decoded,
 * "{name}" for one whole segment, or, at its end, "{name}*" for all the rest,
 * also if that is empty.  "/a" and "/a/" differ; but below a prefix "/" is
 * the prefix with a slash or without, and "" is the prefix without.
 *
 * Static beats dynamic, else the first declared wins; the same methods and
 * pattern twice are an error, unless the first has a guard.  GET answers HEAD
 * as well, unless a route has it; OPTIONS, 404, 405 with Allow (RFC 9110
 * section 15.5.6), and 501 for a method that neither RFC 9110 nor a route
 * knows, are automatic.  NULL on failure.
 */
COHORT_EXPORT struct cohort_route *cohort_route(struct cohort_app *app,
    const char *methods, const char *pattern, cohort_handler *handler,
    void *context);

/* cohort_route for one method.  0, or -1. */
COHORT_EXPORT int cohort_get(struct cohort_app *app, const char *pattern,
    cohort_handler *handler, void *context);
COHORT_EXPORT int cohort_post(struct cohort_app *app, const char *pattern,
    cohort_handler *handler, void *context);
COHORT_EXPORT int cohort_put(struct cohort_app *app, const char *pattern,
    cohort_handler *handler, void *context);
COHORT_EXPORT int cohort_patch(struct cohort_app *app, const char *pattern,
    cohort_handler *handler, void *context);
COHORT_EXPORT int cohort_delete(struct cohort_app *app, const char *pattern,
    cohort_handler *handler, void *context);

/*
 * Answers in this app or scope what no route below its prefix takes, instead
 * of a 404 or of less specific routes; a 405 stays.  DECLINED leaves it to
 * those, and to the next mount.  Once for each app or scope.  0, or -1.
 */
COHORT_EXPORT int cohort_default(
    struct cohort_app *app, cohort_handler *handler, void *context);

/*
 * Routes below app, or this route, exist only for requests for which the
 * predicate holds; several must all hold.  It sees the head.  0, or -1.
 */
COHORT_EXPORT int cohort_guard(
    struct cohort_app *app, cohort_predicate *predicate, void *context);
COHORT_EXPORT int cohort_route_guard(
    struct cohort_route *route, cohort_predicate *predicate, void *context);

/*
 * Runs before the handlers of app, at the complete head, when no byte of the
 * body was asked for: 401 and 413 come before the upload.  Outermost first,
 * then in the order declared.  DECLINED goes on, DONE answers, LATER (time,
 * descriptor, job, ticket) is allowed.  0, or -1.
 */
COHORT_EXPORT int cohort_before(
    struct cohort_app *app, cohort_handler *handler, void *context);

/*
 * Runs on every reply of app before its head goes out, also on 404, 500,
 * and those that came LATER.  Innermost first.  It may edit the reply or
 * give another in its place.  0, or -1.
 */
COHORT_EXPORT int cohort_after(
    struct cohort_app *app, cohort_editor *editor, void *context);

/*
 * Words the errors that nobody worded: those of routing, limits, deadlines,
 * cohort_fail and FAILED.  A reply of a handler, and cohort_refuse, are
 * left alone.  status is one such as 404, or 4 or 5 for its class, or 0 for
 * all; the nearest to the request wins, then the most exact.  The handler
 * learns the status from cohort_reply_status, and gives a reply (DONE);
 * otherwise the built-in page goes out.  It may not wait.  0, or -1.
 */
COHORT_EXPORT int cohort_error_page(
    struct cohort_app *app, int status, cohort_handler *handler, void *context);

/*
 * Settings of an app or scope, or of a route, in the words and units of
 * cohort.conf:
 *	body_limit	the most a body may have, else 413: "1m"
 *	timeout		until the reply is given, else 503: "30s"
 *	half_close	"end": a client's FIN ends a request that is LATER or
 *			streaming; "keep": it does not
 *	blocking	"yes": handlers run in threads of the worker's pool,
 *			beside everything else, and may block; "no"
 *	name		of a route, for the log: "user"
 *
 * A blocking handler may read head and body, allocate, give a whole reply,
 * edit, refuse, fail, decline and log; and call what any thread may.  It may
 * not wait, stream, attach, or use the worker's timers and watches.  Only
 * data that it guards by locks may be shared with other functions.  Where
 * thread_queue is full its requests are answered 503 with Retry-After; after
 * thread_timeout 503, and its reply is dropped.  Free functions of what it
 * replied with may run there or in the worker's own thread.
 *
 * 0, or -1 (no such option, bad value).
 */
COHORT_EXPORT int cohort_option(
    struct cohort_app *app, const char *key, const char *value);
COHORT_EXPORT int cohort_route_option(
    struct cohort_route *route, const char *key, const char *value);

/*
 * The operator's value for name, from the `set` section of the mount, or
 * fallback, which may be NULL.  A value that no setup asked for is an error.
 * The result lives as long as the worker.
 */
COHORT_EXPORT const char *cohort_setting(
    struct cohort_app *app, const char *name, const char *fallback);

/*
 * Makes set-up, or the start hook that calls it, fail with these words,
 * unless an earlier error stands: for a setting with a value that makes no
 * sense, a file that cannot be opened.  They are what the operator reads:
 * the words of a failed start or reload.  Returns -1.
 */
COHORT_EXPORT int cohort_setup_error(
    struct cohort_app *app, const char *format, ...) COHORT_PRINTF(2, 3);
COHORT_EXPORT int cohort_setup_error_v(struct cohort_app *app,
    const char *format, va_list arguments) COHORT_PRINTF(2, 0);

/*
 * Start hooks run in the order declared, once per worker; one that returns
 * non-zero makes the worker fail to start.  They may block, within
 * start_timeout.  0, or -1.
 */
COHORT_EXPORT int cohort_on_start(struct cohort_app *app,
    int (*start)(struct cohort_worker *worker, void *context), void *context);

/*
 * Stop hooks run in reverse, when no request is left, and only those of an
 * app all of whose start hooks succeeded; not after a crash.  They may
 * block, within shutdown_timeout.  0, or -1.
 */
COHORT_EXPORT int cohort_on_stop(struct cohort_app *app,
    void (*stop)(struct cohort_worker *worker, void *context), void *context);

/*
 * Gives app, and its scopes, a state: a database, a cache.  key is the
 * address of a static of the module, so that modules never collide.  state
 * is taken if free_state is not NULL: it is freed after the stop hooks, in
 * reverse order, or at once on failure.  In setup, where nothing is acquired
 * yet, for plain memory; in start hooks for the rest.  0, or -1 (that app
 * has a state of this key already).
 */
COHORT_EXPORT int cohort_state_set(struct cohort_app *app, const void *key,
    void *state, cohort_free *free_state);

#ifdef __cplusplus
}
#endif

#endif
