/* SPDX-License-Identifier: ISC */
/*
 * A protocol with nothing below it: a request comes from arguments, what is
 * sent waits in a queue, as it would before a socket, until the loop lets
 * the client take it.  So an application sees the same FULL, the same order
 * of calls and the same ends as with the real protocols; one that misuses
 * the seam panics here.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "app/app_test_private.h"
#include "base/base_list.h"
#include "base/base_object.h"
#include "http/http_status.h"

/* A body comes in parts of this size, a file goes in such parts. */
#define PART_SIZE 16384

struct piece {
	struct list_link link;
	const char *data; /* NULL: of a file */
	char *copy;       /* to free; or NULL */
	int fd;
	int64_t offset;
	uint64_t size; /* not yet taken */
};

static struct cohort_test_reply *
reply_of(const struct http_exchange *exchange)
{
	struct cohort_test_reply *reply = LIST_OBJECT(
	    (uintptr_t)exchange, struct cohort_test_reply, exchange);

	OBJECT_CHECK(reply, APP_TEST_REPLY_MAGIC);
	return reply;
}

/* ---- the application's side: what it may call ---- */

static void
keep_fields(
    struct cohort_test_reply *reply, const struct http_response *response)
{
	const struct cohort_pair *field;
	size_t i;

	reply->fields =
	    memory_alloc_array(response->field_count + 1, sizeof(*field));
	for (i = 0; i < response->field_count; i++) {
		field = &response->fields[i];
		reply->fields[i] = (struct cohort_pair) {
			.name.data = memory_copy_bytes(
			    field->name.data, field->name.size),
			.name.size = field->name.size,
			.value.data = memory_copy_bytes(
			    field->value.data, field->value.size),
			.value.size = field->value.size,
		};
	}
	reply->field_count = response->field_count;
}

/* What every protocol adds of its own: a size that is known. */
static void
add_content_length(
    struct cohort_test_reply *reply, const struct http_response *response)
{
	static const char name[] = "Content-Length";
	char *value;

	if (response->size == HTTP_SIZE_UNKNOWN || response->status == 204)
		return;
	value = memory_format("%lld", (long long)response->size);
	reply->fields[reply->field_count++] = (struct cohort_pair) {
		.name.data = memory_copy_text(name),
		.name.size = sizeof(name) - 1,
		.value.data = value,
		.value.size = strlen(value),
	};
}

static void
send_head(struct http_exchange *exchange, const struct http_response *response)
{
	struct cohort_test_reply *reply = reply_of(exchange);

	if (reply->head_sent || !http_status_is_final(response->status))
		panic("send_head: a second head, or no final status");
	reply->head_sent = true;
	reply->status = exchange->status = response->status;
	reply->without_body =
	    response->without_body || http_status_has_no_body(response->status);
	reply->size_declared = response->size;
	keep_fields(reply, response);
	add_content_length(reply, response);
}

/* Queues a piece, unless nobody is there to take it. */
static struct piece *
add_piece(struct http_exchange *exchange, uint64_t size)
{
	struct cohort_test_reply *reply = reply_of(exchange);
	struct piece *piece;

	if (!reply->head_sent || reply->end_sent || reply->cut)
		panic("part of a body before its head or behind its end");
	if (reply->without_body || size == 0)
		return NULL;
	exchange->body_sent += size;
	if (reply->size_declared != HTTP_SIZE_UNKNOWN &&
	    exchange->body_sent > (uint64_t)reply->size_declared)
		panic("a body larger than declared");
	piece = memory_alloc(sizeof(*piece));
	piece->size = size;
	reply->unsent += size;
	list_append(&reply->pieces, &piece->link);
	return piece;
}

static void
send_bytes(struct http_exchange *exchange, const void *data, size_t size)
{
	struct piece *piece = add_piece(exchange, size);

	if (piece != NULL)
		piece->data = data;
}

static void
send_copy(struct http_exchange *exchange, const void *data, size_t size)
{
	struct piece *piece = add_piece(exchange, size);

	if (piece != NULL)
		piece->data = piece->copy = memory_copy_bytes(data, size);
}

static void
send_file(struct http_exchange *exchange, int fd, int64_t offset, int64_t size)
{
	struct piece *piece = add_piece(exchange, (uint64_t)size);

	if (piece == NULL)
		return;
	piece->fd = fd;
	piece->offset = offset;
}

static void
send_end(struct http_exchange *exchange)
{
	struct cohort_test_reply *reply = reply_of(exchange);

	if (!reply->head_sent || reply->end_sent)
		panic("send_end: before a head, or twice");
	if (reply->size_declared != HTTP_SIZE_UNKNOWN && !reply->without_body &&
	    exchange->body_sent != (uint64_t)reply->size_declared)
		panic("a body smaller than declared");
	reply->end_sent = true;
}

static void
cut(struct http_exchange *exchange)
{
	reply_of(exchange)->cut = true;
}

static size_t
unsent(const struct http_exchange *exchange)
{
	return reply_of(exchange)->unsent;
}

static void
want_room(struct http_exchange *exchange, size_t size)
{
	struct cohort_test_reply *reply = reply_of(exchange);

	reply->wants_room = true;
	reply->room_unsent = size;
}

static void
want_body(struct http_exchange *exchange, uint64_t limit)
{
	struct cohort_test_reply *reply = reply_of(exchange);

	reply->wants_body = true;
	reply->upload_limit = limit;
}

/* FIN without a reset is more than this client can. */
static void
keep_half_closed(struct http_exchange *exchange, bool keep)
{
	OBJECT_CHECK(exchange, HTTP_EXCHANGE_MAGIC);
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

/* ---- begin and end ---- */

/* As a protocol answers what it cannot hand on. */
static void
refuse(struct cohort_test_reply *reply)
{
	reply->exchange.application = NULL;
	send_head(&reply->exchange,
	    &(const struct http_response) { .status = 400, .size = 0 });
	send_end(&reply->exchange);
}

struct cohort_test_reply *
app_test_exchange_new(struct cohort_test *test, const char *method,
    const char *target, const char *headers, const void *body, size_t size)
{
	struct cohort_test_reply *reply;

	OBJECT_NEW(reply, APP_TEST_REPLY_MAGIC);
	reply->test = test;
	reply->upload = memory_copy_bytes(body == NULL ? "" : body, size);
	reply->upload_size = size;
	reply->room = test->window;
	list_init(&reply->pieces);
	buffer_init(&reply->body, 0);
	list_append(&test->replies, &reply->link);
	reply->exchange.functions = &functions;
	http_exchange_init(&reply->exchange, &test->server);
	http_exchange_begin(&reply->exchange, &test->server);
	if (app_test_request_read(reply, method, target,
		headers == NULL ? "" : headers, body != NULL))
		reply->exchange.application->on_head(&reply->exchange);
	else
		refuse(reply);
	return reply;
}

static void
free_piece(struct piece *piece)
{
	list_remove(&piece->link);
	memory_free(piece->copy);
	memory_free(piece);
}

static void
drop_pieces(struct cohort_test_reply *reply)
{
	struct list_link *link;

	while ((link = list_first(&reply->pieces)) != NULL)
		free_piece(LIST_OBJECT(link, struct piece, link));
	reply->unsent = 0;
}

void
app_test_exchange_free(struct cohort_test_reply **reply)
{
	struct cohort_test_reply *gone;
	size_t i;

	OBJECT_TAKE(gone, reply, APP_TEST_REPLY_MAGIC);
	list_remove(&gone->link);
	for (i = 0; i < gone->field_count; i++) {
		memory_free((char *)(uintptr_t)gone->fields[i].name.data);
		memory_free((char *)(uintptr_t)gone->fields[i].value.data);
	}
	memory_free(gone->fields);
	memory_free(gone->upload);
	buffer_fini(&gone->body);
	OBJECT_FREE(gone);
}

void
app_test_exchange_end(struct cohort_test_reply *reply, enum cohort_end end)
{
	if (reply->ended)
		return;
	reply->ended = true;
	reply->end = end;
	http_exchange_end(&reply->exchange, &reply->test->server, end);
	http_exchange_fini(&reply->exchange);
	if (reply->exchange.end != 0)
		reply->end = reply->exchange.end;
	drop_pieces(reply);
}

/* The loop's side: each of these does one thing that can be done now, or
 * returns false. */

static bool
run_end(struct cohort_test_reply *reply)
{
	if (reply->hung_up)
		app_test_exchange_end(reply, COHORT_END_GONE);
	else if (reply->cut)
		app_test_exchange_end(reply, COHORT_END_FAILED);
	else if (reply->end_sent && list_is_empty(&reply->pieces))
		app_test_exchange_end(reply, COHORT_END_SENT);
	return reply->ended;
}

/* Is what came, or will come by its length, more than is wanted? */
static bool
is_too_large(const struct cohort_test_reply *reply, size_t part)
{
	int64_t declared = reply->exchange.request.body_size;

	if (declared != HTTP_SIZE_UNKNOWN)
		return (uint64_t)declared > reply->upload_limit;
	return reply->upload_given + part > reply->upload_limit;
}

/* What of the body there is to give, and whether it is the end. */
static size_t
next_part(const struct cohort_test_reply *reply, bool *end_r)
{
	int64_t declared = reply->exchange.request.body_size;
	size_t left, size = reply->upload_size;

	if (declared != HTTP_SIZE_UNKNOWN && size > (uint64_t)declared)
		size = (size_t)declared;
	left = size - reply->upload_given;
	*end_r = left == 0 &&
	    (declared == HTTP_SIZE_UNKNOWN || size == (uint64_t)declared);
	return left < PART_SIZE ? left : PART_SIZE;
}

static bool
run_upload(struct cohort_test_reply *reply)
{
	struct http_exchange *exchange = &reply->exchange;
	const struct http_application *application = exchange->application;
	const char *data = reply->upload + reply->upload_given;
	size_t part;
	bool end;

	if (!reply->wants_body || reply->upload_done)
		return false;
	part = next_part(reply, &end);
	if (is_too_large(reply, part)) {
		reply->upload_done = true;
		application->on_body_too_large(exchange);
		return true;
	}
	if (end) {
		reply->upload_done = true;
		application->on_body_end(exchange);
		return true;
	}
	reply->upload_given += part;
	if (part != 0)
		application->on_body(exchange, data, part);
	return part != 0;
}

/* Reads a part of a file into the client; how much, or -1 for a cut. */
static ssize_t
take_file(struct cohort_test_reply *reply, struct piece *piece, size_t size)
{
	ssize_t got;

	buffer_reserve(&reply->body, size);
	while ((got = pread(piece->fd, reply->body.data + reply->body.size,
		    size, piece->offset)) == -1 &&
	    errno == EINTR)
		;
	if (got <= 0)
		return -1;
	reply->body.size += (size_t)got;
	reply->body.data[reply->body.size] = '\0';
	piece->offset += got;
	return got;
}

static ssize_t
take_bytes(struct cohort_test_reply *reply, struct piece *piece, size_t size)
{
	buffer_append(&reply->body, piece->data, size);
	piece->data += size;
	return (ssize_t)size;
}

/* The client takes a part of the first piece, if it has room. */
static bool
run_download(struct cohort_test_reply *reply)
{
	struct list_link *link = list_first(&reply->pieces);
	struct piece *piece;
	size_t size = reply->room < PART_SIZE ? reply->room : PART_SIZE;
	ssize_t taken;

	if (link == NULL || size == 0)
		return false;
	piece = LIST_OBJECT(link, struct piece, link);
	if (size > piece->size)
		size = (size_t)piece->size;
	taken = piece->data == NULL ? take_file(reply, piece, size) :
				      take_bytes(reply, piece, size);
	if (taken == -1) {
		reply->cut = true;
		return true;
	}
	piece->size -= (size_t)taken;
	reply->unsent -= (size_t)taken;
	if (reply->room != SIZE_MAX)
		reply->room -= (size_t)taken;
	if (piece->size == 0)
		free_piece(piece);
	return true;
}

static bool
run_room(struct cohort_test_reply *reply)
{
	if (!reply->wants_room || reply->unsent > reply->room_unsent)
		return false;
	reply->wants_room = false;
	reply->exchange.application->on_room(&reply->exchange);
	return true;
}

bool
app_test_exchange_run(struct cohort_test_reply *reply)
{
	if (reply->ended)
		return false;
	return run_end(reply) || run_upload(reply) || run_download(reply) ||
	    run_room(reply);
}
