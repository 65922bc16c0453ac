/* SPDX-License-Identifier: ISC */
/*
 * Waiting, and the end of a request.
 *
 * A handler waits by "return cohort_await_...(request, ..., next, context)";
 * next goes on in its place and returns a verdict again.  Time, descriptors
 * and room form one set, like that of poll(2): several may be armed, the
 * first that happens runs its next, and whenever a function of a request
 * starts nothing of its set is armed any more.  So no stale timer fires, and
 * close(fd) is safe there.  Jobs, tickets and on_retire stand outside the
 * set.
 *
 * What waits is owned by the request and vanishes with it; there is nothing
 * to cancel.  context stays the module's.  No continuation runs inside a
 * call.  While a request waits, its client is watched and its deadline runs.
 *
 * Phases: handler and continuations; but room, before middleware as well.
 * All on the worker's own thread but cohort_resume; none in a handler of a
 * route with blocking "yes", which waits as it likes.
 */
#ifndef COHORT_WAIT_H
#define COHORT_WAIT_H

#include <cohort/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Runs next after ms milliseconds.  LATER, or FAILED with the reason logged. */
COHORT_EXPORT enum cohort_verdict cohort_await_time(
    struct cohort_request *request, uint32_t ms, cohort_handler *next,
    void *context) COHORT_MUST_CHECK;

/*
 * Runs next, once, when one of the events (COHORT_READ, COHORT_WRITE) holds
 * for fd, which stays the module's.  For several descriptors give each a
 * next or a context of its own; one descriptor may be armed only once at a
 * time.  LATER, or FAILED with the reason logged.
 */
COHORT_EXPORT enum cohort_verdict cohort_await_fd(
    struct cohort_request *request, int fd, int events, cohort_handler *next,
    void *context) COHORT_MUST_CHECK;

/*
 * Runs next when a stream has room again; soon if it has.  LATER, or FAILED
 * with the reason logged.
 */
COHORT_EXPORT enum cohort_verdict cohort_await_room(
    struct cohort_request *request, cohort_handler *next,
    void *context) COHORT_MUST_CHECK;

/*
 * Runs work(context) in a thread of the worker's pool, where it may block,
 * and then next.  Counts as armed until next has begun.  Several jobs of one
 * request run beside each other; each ends in its own next, one at a time.
 *
 * work touches its context only, and may log (request NULL).  The context
 * may point to what the request gave out, such as memory of cohort_alloc,
 * head and body: that, and what is attached, stays until the last job has
 * ended.  on_end functions do not wait for that: they may run while work
 * does.
 *
 * next runs if the request lives and has not got its reply by then; a job
 * that has not begun by then does not run at all.  free_context, unless NULL,
 * is called exactly once for context, in the worker's own thread: behind
 * next, or when work has ended, or on failure before this returns.
 *
 * LATER, or FAILED with the reason logged.  When so many jobs wait that the
 * configuration's thread_queue is full, FAILED and LATER answer the request
 * with 503 and Retry-After.  One that takes longer than thread_timeout has
 * its request answered 503, and runs on.
 */
COHORT_EXPORT enum cohort_verdict cohort_await_job(
    struct cohort_request *request, void (*work)(void *context),
    cohort_handler *next, void *context,
    cohort_free *free_context) COHORT_MUST_CHECK;

/*
 * A ticket by which code that has no request may continue this one.  Having
 * taken one counts as armed: COHORT_LATER may be returned.  It may be
 * resumed any number of times, in this worker only; the deadline bounds a
 * request whose ticket nobody resumes (503).
 */
COHORT_EXPORT cohort_ticket cohort_request_ticket(
    struct cohort_request *request);

/*
 * Continues the request of ticket with next, from the loop; never inside
 * this call.  Resumes of one request run in the order made; one that comes
 * while the request already has its whole reply does nothing.
 *
 * free_context, unless NULL, is called exactly once for context: after next,
 * or instead of it when the request is gone by then, or, on -1, before this
 * returns.  0: queued.  -1: the request is known to be gone, or the worker
 * has stopped; not logged.
 *
 * Any phase, any thread, while the worker lives.
 */
COHORT_EXPORT int cohort_resume(struct cohort_worker *worker,
    cohort_ticket ticket, cohort_handler *next, void *context,
    cohort_free *free_context);

/*
 * Gives the whole answer ms milliseconds from now, streams too, in place of
 * the route's timeout, which holds only until a reply or stream is begun.
 * When they have passed: 503 if nothing was sent, else a cut.  A later call
 * replaces an earlier one.  0, or -1 (ms is 0).
 */
COHORT_EXPORT int cohort_deadline(struct cohort_request *request, uint32_t ms);

/*
 * Calls function when the request has ended, however; last in, first out, each
 * once.  Foreign work for it is cancelled here.  function may read the head,
 * and the request's memory is still there; it can no longer answer or wait.
 * A job or blocking handler may still run: what that uses is attached to the
 * request instead (cohort_attach).  0, or -1.
 */
COHORT_EXPORT int cohort_on_end(struct cohort_request *request,
    void (*function)(
	struct cohort_request *request, enum cohort_end end, void *context),
    void *context);

/*
 * Runs next, as a continuation, when the worker retires (soon, if it does
 * already) and the request is still waiting: to finish a long answer
 * politely before shutdown_timeout.  Does not count as armed; a later call
 * replaces an earlier one.  0, or -1.
 */
COHORT_EXPORT int cohort_on_retire(
    struct cohort_request *request, cohort_handler *next, void *context);

#ifdef __cplusplus
}
#endif

#endif
