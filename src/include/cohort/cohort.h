/* SPDX-License-Identifier: ISC */
/*
 * Cohort's public interface, all that a module needs every day; test.h is
 * for its tests.
 *
 * int functions return 0 or -1, with the reason already logged.  Output
 * parameters end in _r.  A callback is followed by its context.
 *
 * Nothing that a module calls runs a continuation, or ends a request, before
 * it returns; pointers to a request are valid while the function that was
 * given it runs.
 *
 * Phases: what is allowed when.
 *
 *			declare	head	body	reply	await	timers,	block
 *						    stream	watches
 *	setup		yes	-	-	-	-	-	no (1)
 *	start, stop	state	-	-	-	-	yes	yes (2)
 *	guard		-	yes	-	-	-	-	no
 *	before		-	yes	-	yes	(3)	yes	no
 *	handler (4)	-	yes	yes	yes	yes	yes	no
 *	blocking (6)	-	yes	yes	yes	-	-	yes
 *	work of a job	-	-	-	-	-	-	yes
 *	after		-	yes	-	(5)	-	-	no
 *	error page	-	yes	-	(5)	-	-	no
 *	on_end		-	yes	-	-	-	yes	no
 *	free functions	-	-	-	-	-	yes	no
 *
 *	(1) and no outside effect at all
 *	(2) within start_timeout and shutdown_timeout
 *	(3) time, descriptors, jobs, tickets
 *	(4) and every continuation
 *	(5) edits or replaces it
 *	(6) the handler of a route with the option blocking "yes"
 *
 * Anything else is refused with a log line that names function and phase.  A
 * wrong thread or a dead pointer aborts the worker, which costs one request.
 *
 * A module must not fork without exec, exit, longjmp over Cohort's frames,
 * handle fatal signals or CHLD, dlclose, or close descriptors not its own.
 */
#ifndef COHORT_COHORT_H
#define COHORT_COHORT_H

#include <cohort/app.h>
#include <cohort/module.h>
#include <cohort/reply.h>
#include <cohort/request.h>
#include <cohort/types.h>
#include <cohort/wait.h>
#include <cohort/worker.h>

#endif
