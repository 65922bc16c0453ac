/* SPDX-License-Identifier: ISC */
/*
 * The module that takes its time, for tests/system/test_hang.c.
 *
 *	/spin/MS	in the handler
 *	/later/MS	in a continuation
 *	/job/MS		in a job of the pool
 *	/blocking/MS	in a blocking handler
 *	/deaf		for ever, and without an ear for SIGABRT
 *	/stop		stops its own process, and goes on when that does
 *	/wait/MS	without any work
 */
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cohort/cohort.h>

/* Longer than any test lasts. */
#define MS_MAX 600000

static cohort_handler hello, pid, spin, spin_on, later, job, finish, deaf, stop,
    wait_ms;

static volatile unsigned turns;

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What a stack of it has to name. */
static __attribute__((noinline)) void
turn_round(int64_t ms)
{
	int64_t until = now_ms() + ms;
	unsigned i;

	while (now_ms() < until)
		for (i = 0; i < 1000000; i++)
			turns++;
}

static int64_t
ms_of(struct cohort_request *request)
{
	int64_t ms;

	if (cohort_number(cohort_path_param(request, "ms"), 1, MS_MAX, &ms) ==
	    -1)
		abort();
	return ms;
}

static enum cohort_verdict
spin(struct cohort_request *request, void *context)
{
	cohort_log(request, COHORT_INFO, "spins");
	turn_round(ms_of(request));
	return cohort_reply_text(request, 200, "spun\n");
}

static enum cohort_verdict
spin_on(struct cohort_request *request, void *context)
{
	return spin(request, context);
}

static enum cohort_verdict
later(struct cohort_request *request, void *context)
{
	return cohort_await_time(request, 10, spin_on, NULL);
}

static void
spin_job(void *context)
{
	const int64_t *ms = context;

	cohort_log(NULL, COHORT_INFO, "spins");
	turn_round(*ms);
}

static enum cohort_verdict
finish(struct cohort_request *request, void *context)
{
	return cohort_reply_text(request, 200, "done\n");
}

static enum cohort_verdict
job(struct cohort_request *request, void *context)
{
	int64_t *ms = cohort_alloc(request, sizeof(*ms));

	*ms = ms_of(request);
	return cohort_await_job(request, spin_job, finish, ms, NULL);
}

static enum cohort_verdict
deaf(struct cohort_request *request, void *context)
{
	signal(SIGABRT, SIG_IGN);
	cohort_log(request, COHORT_INFO, "spins");
	turn_round(MS_MAX);
	return cohort_reply_text(request, 200, "spun\n");
}

static enum cohort_verdict
stop(struct cohort_request *request, void *context)
{
	raise(SIGSTOP);
	return cohort_reply_text(request, 200, "goes on\n");
}

static enum cohort_verdict
wait_ms(struct cohort_request *request, void *context)
{
	return cohort_await_time(
	    request, (uint32_t)ms_of(request), finish, NULL);
}

static enum cohort_verdict
hello(struct cohort_request *request, void *context)
{
	return cohort_reply_text(request, 200, "hello\n");
}

static enum cohort_verdict
pid(struct cohort_request *request, void *context)
{
	return cohort_reply_text(request, 200, "%d", (int)getpid());
}

static int
setup(struct cohort_app *app)
{
	cohort_get(app, "/hello", hello, NULL);
	cohort_get(app, "/spin/{ms}", spin, NULL);
	cohort_get(app, "/later/{ms}", later, NULL);
	cohort_get(app, "/job/{ms}", job, NULL);
	cohort_route_option(
	    cohort_route(app, "GET", "/blocking/{ms}", spin, NULL), "blocking",
	    "yes");
	cohort_get(app, "/deaf", deaf, NULL);
	cohort_get(app, "/stop", stop, NULL);
	cohort_get(app, "/wait/{ms}", wait_ms, NULL);
	return cohort_get(app, "/pid", pid, NULL);
}

COHORT_MODULE("hang", setup);
