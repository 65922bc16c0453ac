/* SPDX-License-Identifier: ISC */
/*
 * Two queues: calls, which any thread adds to, and requests that can go on.
 * A round runs what was there when it began, so that whoever queues himself
 * again does not stop the loop.
 */
#include "app/app_queue.h"

#include "app/app_dispatch.h"
#include "app/app_job.h"
#include "app/app_ticket.h"

/* A cohort_call, or, with a ticket, a cohort_resume. */
struct call {
	struct list_link link; /* in app->called, or request->resumes */
	cohort_ticket ticket;
	void (*function)(struct cohort_worker *, void *);
	cohort_handler *next;
	void *context;
	cohort_free *free_context;
};

static bool
is_loop_thread(const struct app *app)
{
	return pthread_equal(app->thread, pthread_self());
}

/* Queues a copy.  -1: the worker has stopped. */
static int
add(struct app *app, const struct call *call)
{
	struct call *copy = memory_alloc(sizeof(*copy));
	bool is_first = false, closed;

	*copy = *call;
	pthread_mutex_lock(&app->lock);
	closed = app->closed;
	if (!closed) {
		is_first = list_is_empty(&app->called);
		list_append(&app->called, &copy->link);
	}
	pthread_mutex_unlock(&app->lock);
	if (closed) {
		memory_free(copy);
		return -1;
	}
	if (is_first)
		app->host->functions->wake(app->host);
	return 0;
}

int
cohort_call(struct cohort_worker *worker,
    void (*function)(struct cohort_worker *, void *), void *context)
{
	OBJECT_CHECK(worker, COHORT_WORKER_MAGIC);
	if (function == NULL) {
		log_error("%s: function is NULL", __func__);
		return -1;
	}
	return add(worker->app,
	    &(const struct call) {
		.function = function,
		.context = context,
	    });
}

/* A module's thread has no phase, and knows nothing of tickets. */
static void
free_context(struct app *app, const struct call *call)
{
	if (is_loop_thread(app))
		app_call_free(app, call->free_context, call->context);
	else if (call->free_context != NULL)
		call->free_context(call->context);
}

int
cohort_resume(struct cohort_worker *worker, cohort_ticket ticket,
    cohort_handler *next, void *context, cohort_free *free_function)
{
	const struct call call = {
		.ticket = ticket,
		.next = next,
		.context = context,
		.free_context = free_function,
	};
	struct app *app;

	OBJECT_CHECK(worker, COHORT_WORKER_MAGIC);
	app = worker->app;
	if (next == NULL)
		log_error("%s: next is NULL", __func__);
	if (next != NULL && ticket.id != 0 &&
	    (!is_loop_thread(app) ||
		app_ticket_find(app->tickets, ticket) != NULL) &&
	    add(app, &call) == 0)
		return 0;
	free_context(app, &call);
	return -1;
}

/* ---- requests that can go on ---- */

static void
put_ready(struct cohort_request *request)
{
	struct app *app = request->app;

	if (list_is_linked(&request->ready_link))
		return;
	if (list_is_empty(&app->ready))
		app->host->functions->wake(app->host);
	list_append(&app->ready, &request->ready_link);
}

static bool
has_room(const struct cohort_request *request)
{
	return request->room.handler != NULL && !app_stream_is_full(request);
}

static bool
must_retire(const struct cohort_request *request)
{
	return request->app->retiring &&
	    (request->retire.handler != NULL || request->stream.is_events);
}

static bool
can_go_on(const struct cohort_request *request)
{
	if (app_job_next(request) != NULL)
		return true;
	return request->lent == NULL &&
	    (!list_is_empty(&request->resumes) || has_room(request) ||
		must_retire(request));
}

void
app_queue_review(struct cohort_request *request)
{
	if (request->waiting && can_go_on(request))
		put_ready(request);
}

static void
resume(struct cohort_request *request, struct call *call)
{
	struct app *app = request->app;
	struct call kept = *call;

	memory_free(call);
	app_dispatch_continue(
	    request, (struct app_handler) { kept.next, kept.context });
	free_context(app, &kept);
}

static void
retire(struct cohort_request *request)
{
	struct app_handler step = request->retire;

	request->retire.handler = NULL;
	if (step.handler != NULL)
		app_dispatch_continue(request, step);
	else
		app_dispatch_retire(request);
}

/* Runs one thing that continues the request: room last, as a stream whose
 * client is fast always has some. */
static void
go_on(struct cohort_request *request)
{
	struct app_job *job = app_job_next(request);
	struct list_link *link;

	if (job != NULL) {
		job->kind->deliver(job);
		return;
	}
	if (request->lent != NULL)
		return;
	link = list_take_first(&request->resumes);
	if (link != NULL)
		resume(request, LIST_OBJECT(link, struct call, link));
	else if (must_retire(request))
		retire(request);
	else if (has_room(request))
		app_dispatch_continue(request, request->room);
}

static void
free_call(struct app *app, struct call *call)
{
	free_context(app, call);
	memory_free(call);
}

void
app_queue_forget(struct cohort_request *request)
{
	struct list_link *link;

	while ((link = list_take_first(&request->resumes)) != NULL)
		free_call(request->app, LIST_OBJECT(link, struct call, link));
}

/* ---- calls ---- */

/* A request that is not waiting yet gets it when it does. */
static void
run_resume(struct app *app, struct call *call)
{
	struct cohort_request *request =
	    app_ticket_find(app->tickets, call->ticket);

	if (request == NULL || request->stage == APP_STAGE_SENT) {
		free_call(app, call);
		return;
	}
	list_append(&request->resumes, &call->link);
	if (request->waiting)
		go_on(request);
}

static void
run_call(struct app *app, struct call *call)
{
	struct app_host *host = app->host;
	struct app_frame outer;

	if (call->ticket.id != 0) {
		run_resume(app, call);
		return;
	}
	host->functions->enter(host, NULL, "a call");
	outer = app_frame_enter(app, NULL, APP_PHASE_WORKER);
	call->function(&app->worker, call->context);
	app_frame_leave(app, outer);
	host->functions->leave(host);
	memory_free(call);
}

static void
move_all(struct list *from, struct list *to)
{
	struct list_link *link;

	list_init(to);
	while ((link = list_take_first(from)) != NULL)
		list_append(to, link);
}

/* A round: what is there now, and not what it queues in turn. */
static void
begin_round(struct app *app)
{
	pthread_mutex_lock(&app->lock);
	move_all(&app->called, &app->round_called);
	pthread_mutex_unlock(&app->lock);
	move_all(&app->ready, &app->round_ready);
	app_pool_collect(app->pool, &app->round_ended);
	app->is_in_round = true;
}

static void
run_ended(struct app_task *task)
{
	struct cohort_request *request = app_job_finish(task);

	if (request != NULL && request->waiting)
		go_on(request);
}

static bool
run_one(struct app *app)
{
	struct cohort_request *request;
	struct list_link *link;

	link = list_take_first(&app->round_called);
	if (link != NULL) {
		run_call(app, LIST_OBJECT(link, struct call, link));
		return true;
	}
	link = list_take_first(&app->round_ended);
	if (link != NULL) {
		run_ended(LIST_OBJECT(link, struct app_task, link));
		return true;
	}
	link = list_take_first(&app->round_ready);
	if (link == NULL)
		return false;
	request = LIST_OBJECT(link, struct cohort_request, ready_link);
	if (request->waiting)
		go_on(request);
	return true;
}

bool
app_run_queued(struct app *app)
{
	OBJECT_CHECK(app, APP_MAGIC);
	if (!app->is_in_round)
		begin_round(app);
	app->is_in_round = run_one(app);
	return app->is_in_round;
}

/* What runs may queue more, which runs as well. */
void
app_queue_close(struct app *app)
{
	bool is_empty;

	do {
		while (app_run_queued(app))
			continue;
		pthread_mutex_lock(&app->lock);
		is_empty = list_is_empty(&app->called);
		app->closed = is_empty;
		pthread_mutex_unlock(&app->lock);
	} while (!is_empty);
}
