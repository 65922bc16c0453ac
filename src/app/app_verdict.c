/* SPDX-License-Identifier: ISC */
/*
 * Whatever a function returned, the client gets an answer: a wrong verdict
 * is a 500 and a log line, and once the head went out a cut.
 */
#include "app/app_verdict.h"

#include <stdio.h>

#include "app/app_end.h"
#include "app/app_job.h"
#include "app/app_queue.h"
#include "app/app_send.h"
#include "app/app_wait.h"
#include "base/base_rare.h"

/* The reply cannot be what the function made of it. */
static enum app_stage
fail(struct cohort_request *request)
{
	if (request->head_sent) {
		app_send_cut(request, COHORT_END_FAILED);
		return APP_STAGE_SENT;
	}
	app_reply_error(request, 500);
	return APP_STAGE_REPLY;
}

static COLD enum app_stage
blame(struct cohort_request *request, const char *what)
{
	if (request->stage == APP_STAGE_BEFORE)
		log_error("a before function of \"%s/\" %s",
		    request->before_scope->prefix, what);
	else
		log_error(
		    "handler %s %s", app_request_handler_name(request), what);
	return fail(request);
}

static COLD enum app_stage
blame_verdict(struct cohort_request *request, int verdict)
{
	char what[64];

	snprintf(
	    what, sizeof(what), "returned %d, which is no verdict", verdict);
	return blame(request, what);
}

static enum app_stage
settle_done(struct cohort_request *request)
{
	if (request->reply.kind == APP_REPLY_NONE)
		return blame(request, "returned DONE without a reply");
	if (!request->head_sent)
		return APP_STAGE_REPLY;
	app_send_stream_end(request);
	return APP_STAGE_SENT;
}

/* The request waits: somebody, or some deadline, will continue it. */
static void
begin_wait(struct cohort_request *request)
{
	request->waiting = true;
	if (request->head_sent)
		app_stream_watch(request);
	else
		app_end_watch(request);
	if (request->room.handler != NULL && app_stream_is_full(request))
		app_stream_want_room(request);
	app_queue_review(request);
}

static RARE enum app_stage
settle_later(struct cohort_request *request)
{
	enum app_reply_kind kind = request->reply.kind;

	if (kind == APP_REPLY_WHOLE || kind == APP_REPLY_ERROR)
		return blame(request, "returned LATER although it replied");
	if (!app_wait_is_armed(request))
		return blame(request, "returned LATER with nothing armed");
	if (kind == APP_REPLY_STREAM && !request->head_sent) {
		if (app_send_reply(request))
			return APP_STAGE_SENT;
		app_end_unwatch(request);
	}
	begin_wait(request);
	return APP_STAGE_STAY;
}

static enum app_stage
settle_declined(struct cohort_request *request)
{
	if (request->reply.kind != APP_REPLY_NONE)
		return blame(request, "returned DECLINED although it replied");
	return request->stage == APP_STAGE_BEFORE ? APP_STAGE_BEFORE :
						    APP_STAGE_CANDIDATE;
}

/* The first reply counts: to give a second was the only failure. */
static enum app_stage
settle_failed(struct cohort_request *request)
{
	const struct app_reply *reply = &request->reply;

	if (reply->is_failure ||
	    (reply->kind == APP_REPLY_WHOLE && reply->has_second))
		return APP_STAGE_REPLY;
	return blame(request, "failed");
}

/* Was there no room for a job, and the function has no other answer? */
static bool
is_refused(struct cohort_request *request, enum cohort_verdict verdict)
{
	bool was_overloaded = request->is_overloaded;

	request->is_overloaded = false;
	return was_overloaded &&
	    (verdict == COHORT_LATER ||
		(verdict == COHORT_FAILED && !request->reply.is_failure));
}

enum app_stage
app_verdict_settle(struct cohort_request *request, enum cohort_verdict verdict)
{
	if (verdict != COHORT_LATER)
		app_wait_disarm(request);
	if (request->stream.must_cut)
		return fail(request);
	if (is_refused(request, verdict))
		return request->head_sent ? fail(request) :
					    app_job_refuse(request);
	switch ((int)verdict) {
	case COHORT_DONE:
		return settle_done(request);
	case COHORT_LATER:
		return settle_later(request);
	case COHORT_DECLINED:
		return settle_declined(request);
	case COHORT_FAILED:
		return settle_failed(request);
	}
	return blame_verdict(request, (int)verdict);
}

enum app_stage
app_verdict_settle_lent(
    struct cohort_request *request, enum cohort_verdict verdict)
{
	if (verdict == COHORT_LATER)
		return blame(request, "returned LATER although it blocks");
	return app_verdict_settle(request, verdict);
}
