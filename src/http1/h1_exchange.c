/* SPDX-License-Identifier: ISC */
/*
 * Whatever an application does, what goes out is framed as announced: a
 * body's bytes pass admit(), which knows how many may still come.
 *
 * Within on_input a head is written in place but not queued at once: a small
 * body that follows is written behind it, and both are one piece of output.
 * The response begins, as containment sees it, when its head is queued.
 */
#include "http1/h1_exchange.h"

#include <string.h>

#include "http1/h1_connection.h"
#include "http1/h1_private.h"
#include "http1/h1_refuse.h"

/* Behind a head, for a small body, so that both are one piece. */
#define JOIN_ROOM 1024

#define LAST_CHUNK      "0\r\n\r\n"
#define CHUNK_HEAD_SIZE (16 + 2)

/* The connection is lost, or the response complete. */
static bool
is_over(const struct h1_exchange *self)
{
	return self->is_answered || self->connection->state == H1_STATE_ENDING;
}

void
h1_exchange_flush(struct h1_exchange *self)
{
	struct conn *conn = self->connection->conn;

	if (self->joined_size > 0) {
		conn_exchange_answer(conn);
		if (self->is_in_place)
			conn_send_commit(conn, self->joined_size);
		else
			conn_send(conn, self->joined, self->joined_size);
	}
	self->joined_size = self->joined_room = 0;
}

void
h1_exchange_call(struct h1_exchange *self, h1_exchange_function *function)
{
	log_enter(&self->exchange.scope);
	function(&self->exchange);
	log_leave(&self->exchange.scope);
	h1_exchange_flush(self);
}

/* Behind the head, if it still waits and there is room. */
static bool
join(struct h1_exchange *self, const void *data, size_t size)
{
	if (size > self->joined_room)
		return false;
	memcpy(self->joined + self->joined_size, data, size);
	self->joined_size += size;
	self->joined_room -= size;
	return true;
}

static void
queue_copy(struct h1_exchange *self, const void *data, size_t size)
{
	if (join(self, data, size))
		return;
	h1_exchange_flush(self);
	conn_send_copy(self->connection->conn, data, size);
}

static void
queue_bytes(struct h1_exchange *self, const void *data, size_t size)
{
	if (join(self, data, size))
		return;
	h1_exchange_flush(self);
	conn_send(self->connection->conn, data, size);
}

/* ---- framing ---- */

/* How much of size may go out. */
static uint64_t
admit(struct h1_exchange *self, uint64_t size)
{
	if (is_over(self) || !self->has_head ||
	    self->delivery == H1_DELIVERY_NONE)
		return 0;
	if (self->delivery == H1_DELIVERY_COUNTED) {
		if (size > self->left && !self->has_surplus) {
			self->has_surplus = true;
			log_error("the response's body is longer than "
				  "declared; the rest is dropped");
		}
		if (size > self->left)
			size = self->left;
		self->left -= size;
	}
	self->exchange.body_sent += size;
	return size;
}

/* RFC 9112, 7.1. */
static void
begin_chunk(struct h1_exchange *self, uint64_t size)
{
	static const char digits[] = "0123456789abcdef";
	char head[CHUNK_HEAD_SIZE];
	char *to = head + sizeof(head);

	if (self->delivery != H1_DELIVERY_CHUNKED)
		return;
	*--to = '\n';
	*--to = '\r';
	do
		*--to = digits[size & 15];
	while ((size >>= 4) > 0);
	queue_copy(self, to, (size_t)(head + sizeof(head) - to));
}

static void
end_chunk(struct h1_exchange *self)
{
	if (self->delivery == H1_DELIVERY_CHUNKED)
		queue_bytes(self, "\r\n", strlen("\r\n"));
}

/* ---- http_exchange_functions ---- */

/* Will the connection serve another request, as far as is known now? */
static bool
can_persist(const struct h1_exchange *self, enum h1_delivery delivery)
{
	const struct h1_connection *connection = self->connection;
	const struct h1_settings *settings = &connection->h1->settings;

	return self->is_persistent && delivery != H1_DELIVERY_UNTIL_CLOSE &&
	    settings->keep_alive_ms > 0 &&
	    (settings->max_requests == 0 ||
		conn_request_count(connection->conn) <
		    settings->max_requests) &&
	    !conn_is_retiring(connection->conn) &&
	    h1_connection_can_skip_body(connection);
}

/*
 * Who answers without the body (404, say) has not seen whether it is well
 * framed.  What came of it is looked at now, as a request that is not valid
 * has to be told so.
 */
static bool
is_body_refused(struct h1_exchange *self)
{
	struct h1_connection *connection = self->connection;
	enum h1_fault fault;

	if (connection->state != H1_STATE_BODY || connection->body.is_wanted ||
	    self->is_refused)
		return false;
	fault = h1_connection_try_body(connection);
	if (fault != H1_FAULT_NONE)
		h1_refuse_unread(connection, fault);
	return fault != H1_FAULT_NONE;
}

/* Where it is sent from, with room for a body to join it, or in request memory
 * if no block holds as much. */
static void
write_head(struct h1_exchange *self, const struct http_response *response,
    const struct h1_plan *plan)
{
	struct http_exchange *exchange = &self->exchange;
	const struct h1_texts *texts = &self->connection->h1->texts;
	size_t size = h1_response_most(texts, response) + JOIN_ROOM;

	self->joined = conn_send_reserve(self->connection->conn, size);
	self->is_in_place = self->joined != NULL;
	if (!self->is_in_place)
		self->joined = arena_alloc_raw(&exchange->arena, size);
	self->joined_size = h1_response_write(
	    self->joined, texts, exchange->request.version, response, plan);
	self->joined_room = JOIN_ROOM;
}

static void
send_head(struct http_exchange *exchange, const struct http_response *response)
{
	struct h1_exchange *self = h1_exchange_of(exchange);
	struct h1_connection *connection = self->connection;
	struct h1_plan plan;

	if (is_over(self) || self->has_head || is_body_refused(self))
		return;
	h1_response_plan(&exchange->request, response, &plan);
	plan.is_last = !can_persist(self, plan.delivery);
	write_head(self, response, &plan);
	exchange->status = response->status;
	self->has_head = true;
	self->is_last = plan.is_last;
	self->delivery = plan.delivery;
	self->left = plan.length < 0 ? 0 : (uint64_t)plan.length;
	if (!connection->is_running)
		h1_exchange_flush(self);
}

static void
send_bytes(struct http_exchange *exchange, const void *data, size_t size)
{
	struct h1_exchange *self = h1_exchange_of(exchange);

	size = (size_t)admit(self, size);
	if (size == 0)
		return;
	begin_chunk(self, size);
	queue_bytes(self, data, size);
	end_chunk(self);
}

static void
send_copy(struct http_exchange *exchange, const void *data, size_t size)
{
	struct h1_exchange *self = h1_exchange_of(exchange);

	size = (size_t)admit(self, size);
	if (size == 0)
		return;
	begin_chunk(self, size);
	queue_copy(self, data, size);
	end_chunk(self);
}

static void
send_file(struct http_exchange *exchange, int fd, int64_t offset, int64_t size)
{
	struct h1_exchange *self = h1_exchange_of(exchange);
	uint64_t admitted = size > 0 ? admit(self, (uint64_t)size) : 0;

	if (admitted == 0)
		return;
	begin_chunk(self, admitted);
	h1_exchange_flush(self);
	conn_send_file(self->connection->conn, fd, offset, (int64_t)admitted);
	end_chunk(self);
}

static void
cut(struct http_exchange *exchange)
{
	struct h1_exchange *self = h1_exchange_of(exchange);

	/* Also when it is complete and waits for the client to take it. */
	if (!self->is_refused && (self->is_answered || !is_over(self)))
		h1_connection_close(self->connection, CONN_CLOSE_CUT, true);
}

static void
send_end(struct http_exchange *exchange)
{
	struct h1_exchange *self = h1_exchange_of(exchange);

	if (is_over(self))
		return;
	if (!self->has_head) {
		log_error("the response ended before its head was given");
		cut(exchange);
		return;
	}
	if (self->delivery == H1_DELIVERY_COUNTED && self->left > 0) {
		log_error("the response's body is %llu bytes shorter than "
			  "declared; the connection is cut",
		    (unsigned long long)self->left);
		cut(exchange);
		return;
	}
	if (self->delivery == H1_DELIVERY_CHUNKED)
		queue_bytes(self, LAST_CHUNK, strlen(LAST_CHUNK));
	h1_exchange_flush(self);
	if (self->has_surplus)
		self->is_last = true;
	h1_connection_answered(self->connection);
}

static size_t
unsent(const struct http_exchange *exchange)
{
	const struct h1_exchange *self =
	    (const struct h1_exchange *)(const void *)exchange;
	const struct conn *conn = self->connection->conn;
	uint64_t sent = conn_sent_total(conn);
	uint64_t from = sent > self->begin ? sent : self->begin;
	uint64_t behind =
	    self->is_answered ? self->behind : conn_queued_total(conn);

	if (behind < from)
		behind = from;
	return (size_t)(behind - from) + self->joined_size;
}

bool
h1_exchange_has_room(const struct h1_exchange *self)
{
	return self->wants_room && unsent(&self->exchange) <= self->room_wanted;
}

static void
want_room(struct http_exchange *exchange, size_t threshold)
{
	struct h1_exchange *self = h1_exchange_of(exchange);

	if (is_over(self))
		return;
	self->wants_room = true;
	self->room_wanted = threshold;
	if (!self->connection->is_running && h1_exchange_has_room(self))
		conn_wake(self->connection->conn);
}

static void
want_body(struct http_exchange *exchange, uint64_t limit)
{
	struct h1_exchange *self = h1_exchange_of(exchange);

	if (!is_over(self))
		h1_connection_want_body(self->connection, limit);
}

static void
keep_half_closed(struct http_exchange *exchange, bool keep)
{
	h1_exchange_of(exchange)->keeps_half_closed = keep;
}

static const struct http_exchange_functions functions = {
	.send_head = send_head,
	.send_bytes = send_bytes,
	.send_copy = send_copy,
	.send_file = send_file,
	.send_end = send_end,
	.cut = cut,
	.unsent = unsent,
	.want_room = want_room,
	.want_body = want_body,
	.keep_half_closed = keep_half_closed,
};

void
h1_exchange_init(struct h1_exchange *self, struct http_server *server)
{
	self->exchange.functions = &functions;
	http_exchange_init(&self->exchange, server);
}

void
h1_exchange_fini(struct h1_exchange *self)
{
	http_exchange_fini(&self->exchange);
}

struct h1_exchange *
h1_exchange_begin(struct h1_connection *connection)
{
	struct h1 *h1 = connection->h1;
	struct h1_exchange *self = h1_take_exchange(h1);

	http_exchange_begin(&self->exchange, h1->server);
	self->exchange.is_check = conn_is_check(connection->conn);
	self->exchange.is_early = conn_input_is_early(connection->conn);
	self->connection = connection;
	self->begin = conn_queued_total(connection->conn);
	self->joined_size = self->joined_room = 0;
	self->delivery = H1_DELIVERY_NONE;
	self->end = COHORT_END_SENT;
	self->reason = CONN_CLOSE_ANSWERED;
	self->is_last = self->is_answered = self->has_head = false;
	self->is_refused = false;
	self->has_surplus = self->wants_room = false;
	self->keeps_half_closed = h1->settings.keep_half_closed;
	return self;
}
