/* SPDX-License-Identifier: ISC */
/*
 * Requests are recycled with what they grew, so that steady state needs no
 * malloc.  Owns the life of requests, and the rule who may call what.
 */
#include "app/app_request.h"

#include <string.h>

#include "app/app_blocking.h"
#include "app/app_end.h"
#include "app/app_job.h"
#include "app/app_queue.h"
#include "app/app_ticket.h"
#include "app/app_wait.h"
#include "app/app_worker.h"
#include "base/base_rare.h"

#define SPARE_MOST 256

void
app_requests_init(struct app *app)
{
	list_init(&app->requests);
	list_init(&app->ready);
	list_init(&app->called);
	list_init(&app->round_called);
	list_init(&app->round_ready);
	list_init(&app->round_ended);
	app->lease_pool = arena_pool_new(0, 0);
	app->pool = app_pool_new(app->host, (unsigned)app->settings->threads,
	    (size_t)app->settings->thread_queue);
	app->tickets = app_tickets_new();
	app->thread = pthread_self();
	pthread_mutex_init(&app->lock, NULL);
	app_worker_init(app);
}

static RARE void
free_spare(struct cohort_request *request)
{
	app_body_fini(&request->body);
	buffer_fini(&request->stream.held);
	OBJECT_FREE(request);
}

void
app_requests_fini(struct app *app)
{
	struct cohort_request *spare;
	size_t left;

	if (!list_is_empty(&app->requests))
		panic("an application ends before its requests");
	app_queue_close(app);
	left = app_worker_fini(app);
	if (left != 0)
		log_warn("stop hooks left %zu timers and watches", left);
	while ((spare = app->spare) != NULL) {
		app->spare = spare->next_spare;
		free_spare(spare);
	}
	app_tickets_free(&app->tickets);
	app_types_free(app->types);
	app_pool_free(&app->pool);
	arena_pool_free(&app->lease_pool);
	pthread_mutex_destroy(&app->lock);
}

void
app_requests_retire(struct app *app)
{
	struct cohort_request *request;
	struct list_link *link;

	app->retiring = true;
	LIST_FOREACH (link, &app->requests) {
		request = LIST_OBJECT(link, struct cohort_request, link);
		app_queue_review(request);
	}
}

/* As the exchange describes itself, unless its protocol entered it too. */
static void
describe(const void *object, struct buffer *line)
{
	const struct cohort_request *request = object;
	const struct log_scope *scope = &request->exchange->scope, *outer;

	for (outer = request->log.parent; outer != NULL; outer = outer->parent)
		if (outer == scope)
			return;
	scope->describe(scope->object, line);
}

static RARE struct cohort_request *
make_spare(void)
{
	struct cohort_request *request;

	OBJECT_NEW(request, COHORT_REQUEST_SPARE_MAGIC);
	list_init(&request->waits);
	list_init(&request->spare_waits);
	list_init(&request->resumes);
	list_init(&request->jobs);
	list_init(&request->loans);
	list_init(&request->finished);
	request->log.describe = describe;
	request->log.object = request;
	app_body_init(&request->body);
	buffer_init(&request->stream.held, 0);
	return request;
}

static struct cohort_request *
take_spare(struct app *app)
{
	struct cohort_request *request = app->spare;

	if (request == NULL)
		return make_spare();
	app->spare = request->next_spare;
	app->spare_count--;
	return request;
}

static void
clear(struct cohort_request *request)
{
	size_t begin = offsetof(struct cohort_request, stage);
	size_t end = offsetof(struct cohort_request, match);

	memset((char *)request + begin, 0, end - begin);
	app_reply_init(&request->reply);
}

struct cohort_request *
app_request_new(struct app *app, struct http_exchange *exchange)
{
	struct cohort_request *request = take_spare(app);

	clear(request);
	request->magic = COHORT_REQUEST_MAGIC;
	request->app = app;
	request->exchange = exchange;
	request->half_closed_kept = app->keeps_half_closed;
	list_append(&app->requests, &request->link);
	exchange->state = request;
	return request;
}

static void
recycle(struct cohort_request *request)
{
	struct app *app = request->app;

	list_remove(&request->link);
	list_init(&request->spare_waits); /* request memory */
	request->magic = COHORT_REQUEST_SPARE_MAGIC;
	request->exchange = NULL;
	if (app->spare_count >= SPARE_MOST) {
		free_spare(request);
		return;
	}
	request->next_spare = app->spare;
	app->spare = request;
	app->spare_count++;
}

/* Does any function of a module run at the end, but for what is armed? */
static bool
has_end(const struct cohort_request *request)
{
	const struct app_release *release = &request->reply.release;

	return request->end_steps != NULL || request->attachments != NULL ||
	    (release->function != NULL && !release->is_ours);
}

/* Nothing continues it any more.  Jobs and resumes are for run_end. */
static RARE void
disarm(struct cohort_request *request)
{
	app_wait_disarm(request);
	app_end_stop(request);
	app_stream_unwatch(request);
	list_remove(&request->ready_link);
}

static void
drop_ticket(struct cohort_request *request)
{
	app_ticket_drop(request->app->tickets, request->ticket);
	request->ticket = (cohort_ticket) { 0 };
}

static RARE void
run_end(struct cohort_request *request, enum cohort_end end)
{
	app_request_enter(request);
	app_end_run(request, end);
	app_job_end(request);
	app_end_free_attachments(request->app, &request->attachments);
	app_queue_forget(request);
	app_reply_release(request);
	app_request_leave(request);
}

void
app_request_end(struct cohort_request *request, enum cohort_end end)
{
	bool was_armed;

	OBJECT_CHECK(request, COHORT_REQUEST_MAGIC);
	if (request->app->current == request)
		panic("a request ends while a function of it runs");
	request->waiting = false;
	was_armed = app_request_is_armed(request);
	if (was_armed)
		disarm(request);
	if (request->ticket.id != 0)
		drop_ticket(request);
	if (was_armed || has_end(request))
		run_end(request, end);
	else if (request->reply.release.function != NULL)
		app_reply_release(request);
	if (!list_is_empty(&request->loans))
		app_blocking_free_loans(request);
	if (request->reply.kind == APP_REPLY_STREAM)
		app_stream_drop(request);
	app_body_clear(&request->body);
	request->exchange->state = NULL;
	recycle(request);
}

void
app_request_check_thread(
    const struct cohort_request *request, const char *function)
{
	pthread_t self = pthread_self();
	pthread_t thread =
	    request->job == NULL ? request->app->thread : request->job->thread;

	if (!pthread_equal(thread, self))
		panic("%s: called in another thread than the request's",
		    function);
}

enum app_phase
app_request_phase(const struct cohort_request *request)
{
	const struct app *app = request->app;

	if (request->job != NULL)
		return APP_PHASE_BLOCKING;
	return app->current == request ? app->phase : APP_PHASE_NONE;
}

bool
app_request_may(const struct cohort_request *request,
    enum app_permission permission, const char *function)
{
	OBJECT_CHECK(request, COHORT_REQUEST_MAGIC);
	app_request_check_thread(request, function);
	return app_phase_allows(
	    app_request_phase(request), permission, function);
}

void
app_request_enter(struct cohort_request *request)
{
	struct app_host *host = request->app->host;

	if (request->is_entered)
		panic("a request is entered twice");
	request->is_entered = true;
	log_enter(&request->log);
	host->functions->enter(host, request->exchange, NULL);
}

void
app_request_rename(struct cohort_request *request)
{
	struct app_host *host = request->app->host;

	if (request->job != NULL)
		app_pool_rename(request->app->pool, &request->job->task);
	else
		host->functions->rename(host, request->exchange);
}

void
app_request_leave(struct cohort_request *request)
{
	struct app_host *host = request->app->host;

	host->functions->leave(host);
	log_leave(&request->log);
	request->is_entered = false;
}

struct app_frame
app_frame_enter(
    struct app *app, struct cohort_request *request, enum app_phase phase)
{
	struct app_frame outer = { app->current, app->phase };

	app->current = request;
	app->phase = phase;
	return outer;
}

void
app_frame_leave(struct app *app, struct app_frame outer)
{
	app->current = outer.request;
	app->phase = outer.phase;
}

enum cohort_verdict
app_request_run(struct cohort_request *request, enum app_phase phase,
    struct app_handler step)
{
	struct app_frame outer = app_frame_enter(request->app, request, phase);
	enum cohort_verdict verdict = step.handler(request, step.context);

	app_frame_leave(request->app, outer);
	return verdict;
}

void
app_call_free(struct app *app, cohort_free *function, void *pointer)
{
	struct app_frame outer;

	if (function == NULL)
		return;
	if (!pthread_equal(app->thread, pthread_self())) {
		function(pointer);
		return;
	}
	outer = app_frame_enter(app, NULL, APP_PHASE_FREE);
	function(pointer);
	app_frame_leave(app, outer);
}

const char *
app_request_handler_name(const struct cohort_request *request)
{
	const struct cohort_route *route = request->route;

	return route == NULL ? "no handler" : route->label;
}
