/* SPDX-License-Identifier: ISC */
/*
 * The last moment: what is wrong with a reply is seen here, before its head
 * goes out.  A page, and an `after` function, may each spoil it once more;
 * then the built-in page ends the matter.
 */
#include "app/app_send.h"

#include "app/app_end.h"
#include "app/app_page.h"
#include "app/app_request.h"
#include "base/base_rare.h"

static bool
has_no_content(int status)
{
	return status == 204 || status == 205 || status == 304;
}

bool
app_send_is_bodyless(const struct cohort_request *request)
{
	return request->exchange->request.method == HTTP_METHOD_HEAD ||
	    has_no_content(request->reply.status);
}

/* A header field silently lost is worse than no reply. */
static void
word(struct cohort_request *request)
{
	struct app_reply *reply = &request->reply;

	if (reply->refused) {
		reply->refused = false;
		app_reply_error(request, 500);
	}
	if (reply->kind == APP_REPLY_ERROR)
		app_page_word(request);
}

/* Innermost first. */
static RARE void
run_afters(struct cohort_request *request)
{
	struct app *app = request->app;
	const struct cohort_app *scope;
	struct app_frame outer;
	size_t i;

	for (scope = request->scope; scope != NULL; scope = scope->parent)
		for (i = 0; i < scope->after_count; i++) {
			outer = app_frame_enter(app, request, APP_PHASE_AFTER);
			scope->afters[i].editor(
			    request, scope->afters[i].context);
			app_frame_leave(app, outer);
		}
}

/* What GET would have; for 204 and 205 nothing, for 304 only if it is known
 * (RFC 9110, 8.6). */
static int64_t
declared_size(const struct cohort_request *request)
{
	const struct app_reply *reply = &request->reply;
	int64_t size = reply->kind == APP_REPLY_STREAM ? request->stream.size :
							 reply->size;

	if (reply->status == 204 || reply->status == 205)
		return 0;
	if (reply->status == 304 && size == 0)
		return HTTP_SIZE_UNKNOWN;
	return size;
}

static void
send_head(struct cohort_request *request)
{
	struct http_exchange *exchange = request->exchange;
	const struct app_reply *reply = &request->reply;
	const struct http_response response = {
		.status = reply->status,
		.fields = reply->fields,
		.field_count = reply->field_count,
		.size = declared_size(request),
		.without_body =
		    app_send_is_bodyless(request) && reply->status != 205,
	};

	exchange->functions->send_head(exchange, &response);
	request->head_sent = true;
}

static void
send_piece(struct http_exchange *exchange, const struct app_piece *piece)
{
	const struct http_exchange_functions *functions = exchange->functions;

	if (piece->size == 0)
		return;
	if (piece->data != NULL)
		functions->send_bytes(
		    exchange, piece->data, (size_t)piece->size);
	else
		functions->send_file(
		    exchange, piece->fd, piece->offset, piece->size);
}

static void
send_end(struct http_exchange *exchange)
{
	exchange->functions->send_end(exchange);
}

bool
app_send_reply(struct cohort_request *request)
{
	const struct app_reply *reply = &request->reply;
	struct http_exchange *exchange = request->exchange;
	bool is_bodyless;
	size_t i;

	word(request);
	if (request->app->after_count > 0) {
		run_afters(request);
		word(request);
	}
	is_bodyless = app_send_is_bodyless(request);
	send_head(request);
	if (reply->kind == APP_REPLY_STREAM && !is_bodyless) {
		app_stream_flush(request);
		return false;
	}
	for (i = 0; i < reply->piece_count && !is_bodyless; i++)
		send_piece(exchange, &reply->pieces[i]);
	send_end(exchange);
	return true;
}

void
app_send_stream_end(struct cohort_request *request)
{
	const struct app_stream *stream = &request->stream;

	if (stream->size == HTTP_SIZE_UNKNOWN ||
	    stream->written == stream->size) {
		send_end(request->exchange);
		return;
	}
	log_error("handler %s ended its stream after %lld of %lld bytes",
	    app_request_handler_name(request), (long long)stream->written,
	    (long long)stream->size);
	app_send_cut(request, COHORT_END_FAILED);
}

void
app_send_cut(struct cohort_request *request, enum cohort_end end)
{
	struct http_exchange *exchange = request->exchange;

	app_end_stop(request);
	exchange->end = end;
	exchange->functions->cut(exchange);
}
