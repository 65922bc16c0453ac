/* SPDX-License-Identifier: ISC */
/*
 * Beginning and end of an exchange, the same for every protocol: the number
 * it has, what the log says of it, that its end is told once, and the arena's
 * first block, which stays from request to request.
 */
#include "http/http_exchange.h"

#include "base/base_buffer.h"
#include "base/base_clock.h"
#include "base/base_object.h"

/* struct log_scope.describe; a request refused early may have no target. */
static void
describe(const void *object, struct buffer *line)
{
	const struct http_exchange *exchange = object;
	const struct http_request *request = &exchange->request;
	char id[HTTP_ID_SIZE];

	http_exchange_id(exchange, id);
	buffer_append_text(line, ", request ");
	buffer_append_text(line, id);
	if (request->method_name != NULL && request->method_name[0] != '\0') {
		buffer_append_byte(line, ' ');
		buffer_append_text(line, request->method_name);
		buffer_append_text(line, " \"");
		buffer_append_escaped(
		    line, request->target.data, request->target.size);
		buffer_append_byte(line, '"');
	}
	if (exchange->doing != NULL) {
		buffer_append_text(line, ", while ");
		buffer_append_text(line, exchange->doing);
	}
}

void
http_exchange_init(struct http_exchange *exchange, struct http_server *server)
{
	exchange->magic = 0;
	exchange->context = server->context;
	exchange->scope = (struct log_scope) {
		.describe = describe,
		.object = exchange,
	};
	arena_init(&exchange->arena, server->arena_pool, server->arena_limit);
	/* arena_left is the same for the first request as for all others. */
	arena_rewind(&exchange->arena);
}

void
http_exchange_fini(struct http_exchange *exchange)
{
	arena_reset(&exchange->arena);
}

void
http_exchange_begin(struct http_exchange *exchange, struct http_server *server)
{
	const struct http_recorder *recorder = server->recorder;

	exchange->magic = HTTP_EXCHANGE_MAGIC;
	exchange->application = server->application;
	exchange->state = NULL;
	exchange->end = 0;
	exchange->id = server->next_id++;
	exchange->started_us =
	    recorder != NULL && recorder->wants_time ? clock_monotonic_us() : 0;
	exchange->status = 0;
	exchange->body_sent = 0;
	exchange->route = NULL;
	exchange->doing = NULL;
	exchange->mount = 0;
	exchange->probe = 0;
	exchange->is_check = false;
	exchange->is_early = false;
}

void
http_exchange_end(struct http_exchange *exchange, struct http_server *server,
    enum cohort_end end)
{
	OBJECT_CHECK(exchange, HTTP_EXCHANGE_MAGIC);
	if (exchange->end != 0)
		end = exchange->end;
	if (server->recorder != NULL)
		server->recorder->record(server->recorder, exchange, end);
	if (exchange->application != NULL)
		exchange->application->on_end(exchange, end);
	arena_rewind(&exchange->arena);
	exchange->magic = 0;
}

void
http_exchange_id(
    const struct http_exchange *exchange, char text_r[HTTP_ID_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	uint64_t rest = exchange->id;
	int i;

	for (i = HTTP_ID_SIZE - 2; i >= 0; i--) {
		text_r[i] = digits[rest & 15];
		rest >>= 4;
	}
	text_r[HTTP_ID_SIZE - 1] = '\0';
}
