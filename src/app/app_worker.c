/* SPDX-License-Identifier: ISC */
/*
 * Timers and watches belong to the module that started them; the lists exist
 * to find those it forgot.  Whoever is called may stop what called him, so
 * nothing is touched after a call.
 */
#include "app/app_worker.h"

#include "app/app_pool.h"
#include "app/app_request.h"

#define COHORT_TIMER_MAGIC 0xae3c6b14u

struct cohort_timer {
	unsigned magic;
	struct cohort_worker *worker;
	struct list_link link;
	struct app_host_timer *timer; /* NULL: it has fired its once */
	uint64_t due_ms;
	uint32_t every_ms;
	void (*function)(struct cohort_worker *, void *);
	void *context;
};

#define COHORT_WATCH_MAGIC 0xf2f60044u

struct cohort_watch {
	unsigned magic;
	struct cohort_worker *worker;
	struct list_link link;
	struct app_host_watch *watch; /* NULL: no events for now */
	int fd;
	void (*function)(struct cohort_worker *, int, int, void *);
	void *context;
};

void
app_worker_init(struct app *app)
{
	struct cohort_worker *worker = &app->worker;

	worker->magic = COHORT_WORKER_MAGIC;
	worker->app = app;
	list_init(&worker->timers);
	list_init(&worker->watches);
}

/* Panics in a thread that is neither the loop's nor of the pool. */
static enum app_phase
phase_of(const struct cohort_worker *worker, const char *function)
{
	const struct app *app = worker->app;
	enum app_phase phase;

	if (pthread_equal(app->thread, pthread_self()))
		return app->phase;
	phase = app_pool_phase(app->pool);
	if (phase == APP_PHASE_NONE)
		panic("%s: called in a thread of the module's own", function);
	return phase;
}

/* Panics on a stale worker or a wrong thread; false, with a log line, if the
 * phase does not allow it. */
static bool
may_use(const struct cohort_worker *worker, const char *function)
{
	OBJECT_CHECK(worker, COHORT_WORKER_MAGIC);
	return app_phase_allows(
	    phase_of(worker, function), APP_MAY_USE_WORKER, function);
}

static bool
may_start(
    const struct cohort_worker *worker, const char *name, bool has_function)
{
	if (!may_use(worker, name))
		return false;
	if (!has_function)
		log_error("%s: function is NULL", name);
	return has_function;
}

static struct app_host *
host_of(const struct cohort_worker *worker)
{
	return worker->app->host;
}

/* Around a function that the loop calls for the worker itself. */
static struct app_frame
enter(struct cohort_worker *worker, const char *what)
{
	struct app_host *host = host_of(worker);

	host->functions->enter(host, NULL, what);
	return app_frame_enter(worker->app, NULL, APP_PHASE_WORKER);
}

static void
leave(struct cohort_worker *worker, struct app_frame outer)
{
	struct app_host *host = host_of(worker);

	app_frame_leave(worker->app, outer);
	host->functions->leave(host);
}

/* ---- timers ---- */

static void on_due(void *context);

static void
start_timer(struct cohort_timer *timer, uint64_t now_ms)
{
	struct app_host *host = host_of(timer->worker);
	uint64_t ms = timer->due_ms > now_ms ? timer->due_ms - now_ms : 0;

	timer->timer =
	    host->functions->timer_start(host, (uint32_t)ms, on_due, timer);
}

/* Without drift; rounds that were missed are not made up for. */
static void
start_again(struct cohort_timer *timer)
{
	struct app_host *host = host_of(timer->worker);
	uint64_t now_ms = host->functions->now_ms(host);

	timer->due_ms += timer->every_ms;
	if (timer->due_ms <= now_ms)
		timer->due_ms = now_ms + timer->every_ms;
	start_timer(timer, now_ms);
}

static void
on_due(void *context)
{
	struct cohort_timer *timer;
	struct cohort_worker *worker;
	struct app_frame outer;

	OBJECT_CAST(timer, context, COHORT_TIMER_MAGIC);
	worker = timer->worker;
	timer->timer = NULL;
	if (timer->every_ms != 0)
		start_again(timer);
	outer = enter(worker, "a timer");
	timer->function(worker, timer->context);
	leave(worker, outer);
}

struct cohort_timer *
cohort_timer_start(struct cohort_worker *worker, uint32_t first_ms,
    uint32_t every_ms, void (*function)(struct cohort_worker *, void *),
    void *context)
{
	struct cohort_timer *timer;
	uint64_t now_ms;

	if (!may_start(worker, __func__, function != NULL))
		return NULL;
	OBJECT_NEW(timer, COHORT_TIMER_MAGIC);
	now_ms = host_of(worker)->functions->now_ms(host_of(worker));
	timer->worker = worker;
	timer->due_ms = now_ms + first_ms;
	timer->every_ms = every_ms;
	timer->function = function;
	timer->context = context;
	list_append(&worker->timers, &timer->link);
	start_timer(timer, now_ms);
	return timer;
}

static void
free_timer(struct cohort_timer *timer)
{
	struct app_host *host = host_of(timer->worker);

	if (timer->timer != NULL)
		host->functions->timer_stop(host, &timer->timer);
	list_remove(&timer->link);
	OBJECT_FREE(timer);
}

void
cohort_timer_stop(struct cohort_timer **timer)
{
	if (*timer == NULL)
		return;
	OBJECT_CHECK(*timer, COHORT_TIMER_MAGIC);
	if (!may_use((*timer)->worker, __func__))
		return;
	free_timer(*timer);
	*timer = NULL;
}

/* ---- watches ---- */

static void
on_ready(void *context, int events)
{
	struct cohort_watch *watch;
	struct cohort_worker *worker;
	struct app_frame outer;

	OBJECT_CAST(watch, context, COHORT_WATCH_MAGIC);
	worker = watch->worker;
	outer = enter(worker, "a watch");
	watch->function(worker, watch->fd, events, watch->context);
	leave(worker, outer);
}

/* 0, or -1 with the reason logged. */
static int
change(struct cohort_watch *watch, int events, const char *function)
{
	struct app_host *host = host_of(watch->worker);

	if ((events & ~(COHORT_READ | COHORT_WRITE)) != 0) {
		log_error(
		    "%s: events are COHORT_READ and COHORT_WRITE", function);
		return -1;
	}
	if (events == 0 && watch->watch != NULL)
		host->functions->watch_stop(host, &watch->watch);
	else if (watch->watch != NULL)
		host->functions->watch_change(host, watch->watch, events);
	else if (events != 0)
		watch->watch = host->functions->watch_start(
		    host, watch->fd, events, on_ready, watch);
	if (events == 0 || watch->watch != NULL)
		return 0;
	log_error("%s: descriptor %d cannot be watched", function, watch->fd);
	return -1;
}

static void
free_watch(struct cohort_watch *watch)
{
	struct app_host *host = host_of(watch->worker);

	if (watch->watch != NULL)
		host->functions->watch_stop(host, &watch->watch);
	list_remove(&watch->link);
	OBJECT_FREE(watch);
}

struct cohort_watch *
cohort_watch_start(struct cohort_worker *worker, int fd, int events,
    void (*function)(struct cohort_worker *, int, int, void *), void *context)
{
	struct cohort_watch *watch;

	if (!may_start(worker, __func__, function != NULL))
		return NULL;
	if (fd < 0) {
		log_error("%s: %d is no descriptor", __func__, fd);
		return NULL;
	}
	OBJECT_NEW(watch, COHORT_WATCH_MAGIC);
	watch->worker = worker;
	watch->fd = fd;
	watch->function = function;
	watch->context = context;
	list_append(&worker->watches, &watch->link);
	if (change(watch, events, __func__) == 0)
		return watch;
	free_watch(watch);
	return NULL;
}

void
cohort_watch_stop(struct cohort_watch **watch)
{
	if (*watch == NULL)
		return;
	OBJECT_CHECK(*watch, COHORT_WATCH_MAGIC);
	if (!may_use((*watch)->worker, __func__))
		return;
	free_watch(*watch);
	*watch = NULL;
}

void
cohort_watch_change(struct cohort_watch *watch, int events)
{
	OBJECT_CHECK(watch, COHORT_WATCH_MAGIC);
	if (may_use(watch->worker, __func__))
		change(watch, events, __func__);
}

size_t
app_worker_fini(struct app *app)
{
	struct list_link *link;
	size_t count = 0;

	while ((link = list_first(&app->worker.timers)) != NULL) {
		free_timer(LIST_OBJECT(link, struct cohort_timer, link));
		count++;
	}
	while ((link = list_first(&app->worker.watches)) != NULL) {
		free_watch(LIST_OBJECT(link, struct cohort_watch, link));
		count++;
	}
	return count;
}

/* ---- the rest ---- */

struct cohort_worker *
cohort_worker(const struct cohort_request *request)
{
	app_request_may(request, APP_MAY_READ_HEAD, __func__);
	return &request->app->worker;
}

uint64_t
cohort_now_ms(const struct cohort_worker *worker)
{
	OBJECT_CHECK(worker, COHORT_WORKER_MAGIC);
	if (!pthread_equal(worker->app->thread, pthread_self()) &&
	    !may_use(worker, __func__))
		return 0;
	return host_of(worker)->functions->now_ms(host_of(worker));
}

void
cohort_doing(struct cohort_request *request, const char *phrase)
{
	enum app_permission permission =
	    request->job != NULL ? APP_MAY_REPLY : APP_MAY_AWAIT;

	if (!app_request_may(request, permission, __func__))
		return;
	request->exchange->doing = phrase;
	app_request_rename(request);
}
