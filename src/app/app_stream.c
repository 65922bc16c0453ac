/* SPDX-License-Identifier: ISC */
/*
 * One timer serves heartbeat and stream_idle.  It is not moved by each
 * write; when it is due it looks how long the silence has really been.
 */
#include "app/app_stream.h"

#include <string.h>

#include "app/app_dispatch.h"
#include "app/app_field.h"
#include "app/app_queue.h"
#include "app/app_send.h"

#define HELD_KEPT 65536

static const char heartbeat[] = ":\n\n";

static bool
is_stream(const struct cohort_request *request)
{
	return request->reply.kind == APP_REPLY_STREAM;
}

static uint64_t
now_ms(const struct cohort_request *request)
{
	const struct app_host *host = request->app->host;

	return host->functions->now_ms(host);
}

/* Before the head everything waits; what HEAD has no body for counts too, as
 * many write until it is FULL. */
uint64_t
app_stream_unsent(const struct cohort_request *request)
{
	const struct http_exchange *exchange = request->exchange;

	if (!request->head_sent)
		return (uint64_t)request->stream.written;
	return exchange->functions->unsent(exchange);
}

static uint64_t
full_size(const struct cohort_request *request)
{
	return request->app->settings->http.output_buffer;
}

bool
app_stream_is_full(const struct cohort_request *request)
{
	return app_stream_unsent(request) > full_size(request);
}

void
app_stream_want_room(const struct cohort_request *request)
{
	struct http_exchange *exchange = request->exchange;

	exchange->functions->want_room(
	    exchange, (size_t)full_size(request) / 2);
}

static void
empty_held(struct app_stream *stream)
{
	if (stream->held.capacity > HELD_KEPT)
		buffer_fini(&stream->held);
	else
		buffer_clear(&stream->held);
}

void
app_stream_drop(struct cohort_request *request)
{
	struct app_stream *stream = &request->stream;

	if (!is_stream(request))
		return;
	app_stream_unwatch(request);
	empty_held(stream);
	*stream = (struct app_stream) { .held = stream->held };
}

void
app_stream_flush(struct cohort_request *request)
{
	struct http_exchange *exchange = request->exchange;
	struct app_stream *stream = &request->stream;

	if (stream->held.size > 0)
		exchange->functions->send_copy(
		    exchange, stream->held.data, stream->held.size);
	empty_held(stream);
}

/* ---- beginning ---- */

static int
begin(struct cohort_request *request, const char *function, int status,
    const char *type, int64_t size)
{
	if (!app_request_may(request, APP_MAY_READ_BODY, function) ||
	    !app_request_may(request, APP_MAY_AWAIT, function) ||
	    !app_reply_may_begin(request, status, function))
		return -1;
	if (size < HTTP_SIZE_UNKNOWN) {
		log_error("%s: %lld is no size", function, (long long)size);
		return -1;
	}
	request->reply.kind = APP_REPLY_STREAM;
	request->reply.status = status;
	request->stream.size = size;
	request->stream.written_ms = now_ms(request);
	if (type != NULL)
		app_field_give_type(request, function, type);
	else
		app_field_set_type(request, (struct cohort_str) { NULL, 0 });
	return 0;
}

int
cohort_stream(
    struct cohort_request *request, int status, const char *type, int64_t size)
{
	return begin(request, __func__, status, type, size);
}

int
cohort_sse(struct cohort_request *request, uint32_t heartbeat_ms)
{
	if (begin(request, __func__, 200, "text/event-stream",
		HTTP_SIZE_UNKNOWN) == -1)
		return -1;
	app_field_remove(request, "Cache-Control");
	app_field_add(request, "Cache-Control", "no-store");
	request->stream.is_events = true;
	request->stream.heartbeat_ms = heartbeat_ms;
	return 0;
}

/* ---- writing ---- */

static bool
may_write(struct cohort_request *request, const char *function, size_t size)
{
	struct app_stream *stream = &request->stream;

	if (!app_request_may(request, APP_MAY_READ_BODY, function))
		return false;
	if (!is_stream(request)) {
		log_error("%s: there is no stream", function);
		return false;
	}
	if (stream->size != HTTP_SIZE_UNKNOWN &&
	    size > (uint64_t)(stream->size - stream->written)) {
		log_error("%s: %zu bytes are more than the %lld that are left "
			  "of the declared size",
		    function, size,
		    (long long)(stream->size - stream->written));
		return false;
	}
	if (!stream->must_cut &&
	    app_stream_unsent(request) >
		full_size(request) + APP_STREAM_EXCESS) {
		log_error("%s: too much written without awaiting room, so the "
			  "stream is cut",
		    function);
		stream->must_cut = true;
	}
	return !stream->must_cut;
}

static int
fullness(const struct cohort_request *request)
{
	return app_stream_is_full(request) ? COHORT_FULL : COHORT_ROOM;
}

static void
count(struct cohort_request *request, size_t size)
{
	request->stream.written += (int64_t)size;
	request->stream.written_ms = now_ms(request);
}

static void
put(struct cohort_request *request, const void *data, size_t size)
{
	struct http_exchange *exchange = request->exchange;

	count(request, size);
	if (size == 0 || app_send_is_bodyless(request))
		return;
	if (request->head_sent)
		exchange->functions->send_copy(exchange, data, size);
	else
		buffer_append(&request->stream.held, data, size);
}

int
cohort_write(struct cohort_request *request, const void *data, size_t size)
{
	if (!may_write(request, __func__, size))
		return -1;
	put(request, data, size);
	return fullness(request);
}

/* ---- events (WHATWG HTML, section 9.2.5) ---- */

static bool
is_one_line(const char *text)
{
	return text == NULL || strpbrk(text, "\r\n") == NULL;
}

static void
append_field(
    struct buffer *event, const char *name, const char *value, size_t size)
{
	buffer_append_text(event, name);
	buffer_append(event, value, size);
	buffer_append_byte(event, '\n');
}

/* Each line becomes a field; the browser joins them again. */
static void
append_data(struct buffer *event, const char *data)
{
	size_t size;

	for (;;) {
		size = strcspn(data, "\r\n");
		append_field(event, "data: ", data, size);
		data += size;
		if (*data == '\0')
			return;
		data += data[0] == '\r' && data[1] == '\n' ? 2 : 1;
	}
}

int
cohort_sse_send(struct cohort_request *request, const char *event,
    const char *id, const char *data)
{
	struct buffer *held = &request->stream.held;
	size_t before;

	if (!may_write(request, __func__, 0))
		return -1;
	if (!is_one_line(event) || !is_one_line(id) || data == NULL) {
		log_error("%s: event or id has several lines, or there is no "
			  "data",
		    __func__);
		return -1;
	}
	before = held->size;
	if (event != NULL)
		append_field(held, "event: ", event, strlen(event));
	if (id != NULL)
		append_field(held, "id: ", id, strlen(id));
	append_data(held, data);
	buffer_append_byte(held, '\n');
	count(request, held->size - before);
	if (app_send_is_bodyless(request))
		buffer_clear(held);
	else if (request->head_sent)
		app_stream_flush(request);
	return fullness(request);
}

/* ---- silence ---- */

/* Does the client take nothing of what there is, or is there nothing? */
static bool
is_idle(struct cohort_request *request, uint64_t silence_ms)
{
	struct app_stream *stream = &request->stream;
	uint64_t unsent = app_stream_unsent(request);
	uint64_t taken = (uint64_t)stream->written - unsent;
	bool moved = taken != stream->taken;

	if (silence_ms < request->app->settings->http.stream_idle)
		return false;
	stream->taken = taken;
	return unsent == 0 || !moved;
}

static bool
needs_heartbeat(const struct cohort_request *request, uint64_t silence_ms)
{
	const struct app_stream *stream = &request->stream;

	return stream->heartbeat_ms != 0 &&
	    silence_ms >= stream->heartbeat_ms && !app_stream_is_full(request);
}

static void
on_due(void *context)
{
	struct cohort_request *request;
	uint64_t silence_ms;

	OBJECT_CAST(request, context, COHORT_REQUEST_MAGIC);
	request->stream.timer = NULL;
	silence_ms = now_ms(request) - request->stream.written_ms;
	if (needs_heartbeat(request, silence_ms)) {
		put(request, heartbeat, sizeof(heartbeat) - 1);
	} else if (is_idle(request, silence_ms)) {
		app_request_enter(request);
		log_warn("stream cut: idle for %llu ms",
		    (unsigned long long)silence_ms);
		app_request_leave(request);
		app_dispatch_timeout(request);
		return;
	}
	app_stream_watch(request);
}

/* What is left of a period that began with the silence. */
static uint64_t
left_of(uint64_t period_ms, uint64_t silence_ms)
{
	return silence_ms < period_ms ? period_ms - silence_ms : period_ms;
}

void
app_stream_watch(struct cohort_request *request)
{
	struct app_stream *stream = &request->stream;
	struct app_host *host = request->app->host;
	uint64_t silence_ms, due_ms, heartbeat_ms;

	if (stream->timer != NULL)
		return;
	silence_ms = now_ms(request) - stream->written_ms;
	due_ms = left_of(request->app->settings->http.stream_idle, silence_ms);
	if (stream->heartbeat_ms != 0) {
		heartbeat_ms = left_of(stream->heartbeat_ms, silence_ms);
		if (heartbeat_ms < due_ms)
			due_ms = heartbeat_ms;
	}
	stream->timer = host->functions->timer_start(
	    host, (uint32_t)due_ms, on_due, request);
}

void
app_stream_unwatch(struct cohort_request *request)
{
	struct app_host *host = request->app->host;

	if (request->stream.timer != NULL)
		host->functions->timer_stop(host, &request->stream.timer);
}
