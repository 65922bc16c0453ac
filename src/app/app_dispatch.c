/* SPDX-License-Identifier: ISC */
/*
 * Owns the stage of a request, which goes
 *
 *	candidate -> before -> body -> handler -> reply -> sent
 *
 * with a way back to candidate for whoever declines.  A request is driven by
 * whatever happens to it: each entry below runs the machine as far as it
 * goes.  Routes that declined leave their traces only in which before
 * functions have run, and in headers those set.
 */
#include "app/app_dispatch.h"

#include "app/app_blocking.h"
#include "app/app_candidate.h"
#include "app/app_end.h"
#include "app/app_job.h"
#include "app/app_queue.h"
#include "app/app_send.h"
#include "app/app_verdict.h"
#include "app/app_wait.h"
#include "base/base_rare.h"

#define WORD_BITS 64

/* ---- before functions ---- */

/* The word of befores_run with the bit of index. */
static uint64_t *
word_of(struct cohort_request *request, unsigned index)
{
	struct app *app = request->app;
	size_t count;

	if (index < WORD_BITS)
		return &request->befores_run;
	count = (app->before_count - 1) / WORD_BITS;
	if (request->more_befores_run == NULL)
		request->more_befores_run =
		    arena_alloc(&request->exchange->arena,
			count * sizeof(*request->more_befores_run));
	return &request->more_befores_run[index / WORD_BITS - 1];
}

/* Marks it; was it unmarked? */
static bool
mark(struct cohort_request *request, unsigned index)
{
	uint64_t bit = (uint64_t)1 << index % WORD_BITS;
	uint64_t *word = word_of(request, index);
	bool is_first = (*word & bit) == 0;

	*word |= bit;
	return is_first;
}

/* The next one, outermost first, that has not run for this request. */
static const struct app_before *
take_before(struct cohort_request *request, const struct cohort_app *scope)
{
	const struct app_before *before;
	size_t i;

	if (scope == NULL)
		return NULL;
	before = take_before(request, scope->parent);
	if (before != NULL)
		return before;
	request->before_scope = scope;
	for (i = 0; i < scope->before_count; i++)
		if (mark(request, scope->befores[i].index))
			return &scope->befores[i];
	return NULL;
}

static enum app_stage
step_before(struct cohort_request *request)
{
	const struct app_before *before;

	if (request->app->before_count == 0)
		return APP_STAGE_BODY;
	before = take_before(request, request->scope);
	if (before == NULL)
		return APP_STAGE_BODY;
	return app_verdict_settle(
	    request, app_request_run(request, APP_PHASE_BEFORE, before->step));
}

/* ---- body and handler ---- */

static RARE enum app_stage
fail(struct cohort_request *request, int status)
{
	app_reply_error(request, status);
	return APP_STAGE_REPLY;
}

/* The handler's time begins when the body is complete. */
static enum app_stage
step_body(struct cohort_request *request)
{
	struct http_exchange *exchange = request->exchange;
	uint64_t limit = request->route->options.body_limit;
	int64_t size = exchange->request.body_size;

	app_end_unwatch(request);
	if (request->body_complete)
		size = (int64_t)request->body.size;
	if (size != HTTP_SIZE_UNKNOWN && (uint64_t)size > limit)
		return fail(request, 413);
	if (size == 0 || request->body_complete)
		return APP_STAGE_HANDLER;
	exchange->functions->want_body(exchange, limit);
	return APP_STAGE_STAY;
}

static enum app_stage
step_handler(struct cohort_request *request)
{
	if (request->route->options.is_blocking)
		return app_blocking_lend(request);
	return app_verdict_settle(request,
	    app_request_run(request, APP_PHASE_HANDLER, request->route->step));
}

/* ---- the reply, and what remains ---- */

static enum app_stage
step_reply(struct cohort_request *request)
{
	if (!app_send_reply(request))
		app_send_stream_end(request);
	return APP_STAGE_SENT;
}

/* But for a deadline of its own, which runs to the very end. */
static RARE void
disarm(struct cohort_request *request)
{
	app_wait_disarm(request);
	app_end_unwatch(request);
	app_stream_unwatch(request);
	list_remove(&request->ready_link);
	app_queue_forget(request);
	app_job_stop(request);
}

static enum app_stage
step_sent(struct cohort_request *request)
{
	if (app_request_is_armed(request))
		disarm(request);
	return APP_STAGE_STAY;
}

static enum app_stage (*const steps[APP_STAGE_COUNT])(
    struct cohort_request *) = {
	[APP_STAGE_CANDIDATE] = app_candidate_next,
	[APP_STAGE_BEFORE] = step_before,
	[APP_STAGE_BODY] = step_body,
	[APP_STAGE_HANDLER] = step_handler,
	[APP_STAGE_REPLY] = step_reply,
	[APP_STAGE_SENT] = step_sent,
};

/* Goes on from that stage as far as possible: the one writer of stage. */
static void
advance(struct cohort_request *request, enum app_stage stage)
{
	while (stage != APP_STAGE_STAY) {
		request->stage = stage;
		stage = steps[stage](request);
	}
}

void
app_dispatch_continue(struct cohort_request *request, struct app_handler step)
{
	enum app_phase phase = request->stage == APP_STAGE_BEFORE ?
	    APP_PHASE_BEFORE :
	    APP_PHASE_HANDLER;

	request->waiting = false;
	app_wait_disarm(request);
	app_request_enter(request);
	advance(request,
	    app_verdict_settle(request, app_request_run(request, phase, step)));
	app_request_leave(request);
}

void
app_dispatch_return(struct cohort_request *request, enum cohort_verdict verdict)
{
	request->waiting = false;
	app_wait_disarm(request);
	app_request_enter(request);
	advance(request, app_verdict_settle_lent(request, verdict));
	app_request_leave(request);
}

/* Ends what runs or waits; the reply is made by then, or cut. */
static void
leave_for(struct cohort_request *request, enum app_stage stage)
{
	request->waiting = false;
	app_wait_disarm(request);
	advance(request, stage);
}

void
app_dispatch_timeout(struct cohort_request *request)
{
	app_request_enter(request);
	if (request->head_sent) {
		app_send_cut(request, COHORT_END_TIMEOUT);
		leave_for(request, APP_STAGE_SENT);
	} else {
		request->exchange->end = COHORT_END_TIMEOUT;
		app_reply_error(request, 503);
		leave_for(request, APP_STAGE_REPLY);
	}
	app_request_leave(request);
}

void
app_dispatch_retire(struct cohort_request *request)
{
	app_request_enter(request);
	request->exchange->end = COHORT_END_RETIRED;
	app_send_stream_end(request);
	leave_for(request, APP_STAGE_SENT);
	app_request_leave(request);
}

/* ---- struct http_application ---- */

static void
on_head(struct http_exchange *exchange)
{
	struct cohort_request *request;
	struct app *app;

	OBJECT_CAST(app, exchange->context, APP_MAGIC);
	request = app_request_new(app, exchange);
	app_request_enter(request);
	app_router_match(
	    app->router, &exchange->request, &exchange->arena, &request->match);
	advance(request, APP_STAGE_CANDIDATE);
	app_request_leave(request);
}

static struct cohort_request *
request_of(const struct http_exchange *exchange)
{
	struct cohort_request *request;

	OBJECT_CAST(request, exchange->state, COHORT_REQUEST_MAGIC);
	return request;
}

/* The body could not be kept. */
static void
fail_body(struct cohort_request *request, const struct error *error)
{
	log_error("%s", error->text);
	advance(request, fail(request, 500));
}

static void
on_body(struct http_exchange *exchange, const void *data, size_t size)
{
	struct cohort_request *request = request_of(exchange);
	struct error error;

	if (request->stage != APP_STAGE_BODY)
		return;
	app_request_enter(request);
	if (app_body_append(&request->body, &request->app->settings->http, data,
		size, &error) == -1)
		fail_body(request, &error);
	app_request_leave(request);
}

static void
on_body_end(struct http_exchange *exchange)
{
	struct cohort_request *request = request_of(exchange);
	struct error error;

	if (request->stage != APP_STAGE_BODY)
		return;
	app_request_enter(request);
	request->body_complete = true;
	if (app_body_finish(&request->body, &error) == -1)
		fail_body(request, &error);
	else
		advance(request, APP_STAGE_HANDLER);
	app_request_leave(request);
}

static void
on_body_too_large(struct http_exchange *exchange)
{
	struct cohort_request *request = request_of(exchange);

	if (request->stage != APP_STAGE_BODY)
		return;
	app_request_enter(request);
	advance(request, fail(request, 413));
	app_request_leave(request);
}

static void
on_room(struct http_exchange *exchange)
{
	struct cohort_request *request = request_of(exchange);

	if (request->waiting && request->room.handler != NULL)
		app_dispatch_continue(request, request->room);
}

static void
on_retire(struct http_exchange *exchange)
{
	struct cohort_request *request = request_of(exchange);

	request->app->retiring = true;
	app_queue_review(request);
}

/* The protocol may never have come to on_head. */
static void
on_end(struct http_exchange *exchange, enum cohort_end end)
{
	if (exchange->state != NULL)
		app_request_end(request_of(exchange), end);
}

const struct http_application app_http_application = {
	.on_head = on_head,
	.on_body = on_body,
	.on_body_end = on_body_end,
	.on_body_too_large = on_body_too_large,
	.on_room = on_room,
	.on_retire = on_retire,
	.on_end = on_end,
};
