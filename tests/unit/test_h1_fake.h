/* SPDX-License-Identifier: ISC */
/*
 * conn/conn.h without sockets, for the tests of http1/: input is what the
 * test feeds, in exactly as many bytes of heap, so that the address
 * sanitizer sees a step too far; output is what the queue lent is like when
 * it is "written", so that it sees what was given back too early.
 *
 * And an application that does what the target says, and notes what it is
 * told.  Included by one file of a program.
 */
#ifndef TEST_H1_FAKE_H
#define TEST_H1_FAKE_H

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base_buffer.h"
#include "base/base_memory.h"
#include "conn/conn.h"
#include "conn/conn_protocol.h"
#include "http/http_date.h"
#include "http/http_exchange.h"
#include "http1/h1.h"
#include "ipc/ipc_table.h"
#include "test_network.h"

#define FAKE_PIECES_MAX 1024

/* ck_assert writes to a file whenever it passes: too dear for what passes
 * millions of times. */
#define fake_assert(condition)                          \
	do {                                            \
		if (!(condition))                       \
			ck_abort_msg("%s", #condition); \
	} while (0)

struct fake_piece {
	const void *data;
	size_t size;
	char *copy;
	int fd;
	int64_t offset;
};

struct conn {
	void *state;
	struct h1 *context;
	struct http_peer peer;
	struct log_scope scope;

	char *input;
	size_t input_size, input_capacity;
	bool input_ended;

	struct fake_piece pieces[FAKE_PIECES_MAX];
	size_t piece_begin, piece_count;
	uint64_t queued, sent;
	size_t room; /* bytes that may be written now */
	char *place; /* conn_send_reserve's */
	size_t place_size;
	unsigned asked_for_place;
	uint64_t output_limit;
	struct buffer output;
	unsigned writes;

	bool woken, is_open, is_finishing, is_closing, is_closed;
	bool lingers, hard, is_retiring, is_busy;
	enum conn_close reason;
	enum conn_deadline_class wait;
	unsigned wait_count;

	/* Containment's. */
	enum ipc_row_exchange exchange;
	uint64_t exchange_id, exchange_count;
	uint32_t request_count;
	bool is_head_only, is_adopted, is_check, is_trusted, is_early;
};

/* ---- conn.h ---- */

void *
conn_state(const struct conn *conn)
{
	return conn->state;
}

void
conn_set_state(struct conn *conn, void *state)
{
	conn->state = state;
}

void *
conn_context(const struct conn *conn)
{
	return conn->context;
}

const struct http_peer *
conn_peer(const struct conn *conn)
{
	return &conn->peer;
}

bool
conn_is_trusted(const struct conn *conn)
{
	return conn->is_trusted;
}

char *
conn_input(struct conn *conn, size_t *size_r)
{
	*size_r = conn->input_size;
	return conn->input_size == 0 ? NULL : conn->input;
}

/* The consumed bytes are gone, stricter than conn.h promises.  Whoever goes
 * on with a connection that has no exchange needs all of them. */
void
conn_consume(struct conn *conn, size_t size)
{
	fake_assert(size <= conn->input_size);
	fake_assert(size == 0 || conn->exchange != IPC_ROW_NONE);
	memmove(conn->input, conn->input + size, conn->input_size - size);
	memset(conn->input + conn->input_size - size, '#', size);
	conn->input_size -= size;
	conn->is_early = false;
}

bool
conn_input_is_early(const struct conn *conn)
{
	return conn->is_early;
}

bool
conn_input_ended(const struct conn *conn)
{
	return conn->input_ended;
}

void
conn_input_grow(struct conn *conn, size_t capacity)
{
	if (capacity > conn->input_capacity)
		conn->input_capacity = capacity;
}

void
conn_wake(struct conn *conn)
{
	conn->woken = true;
}

/* Whatever is queued, and the end of each of the protocol's functions, takes
 * back what was reserved. */
static inline void
fake_drop_place(struct conn *conn)
{
	memory_free(conn->place);
	conn->place = NULL;
}

static inline struct fake_piece *
fake_add_piece(struct conn *conn, size_t size)
{
	struct fake_piece *piece = &conn->pieces[conn->piece_count];

	fake_assert(conn->piece_count < FAKE_PIECES_MAX);
	fake_assert(conn->exchange != IPC_ROW_NONE);
	conn->piece_count++;
	fake_drop_place(conn);
	*piece = (struct fake_piece) { .size = size, .fd = -1 };
	conn->queued += size;
	return piece;
}

void
conn_send(struct conn *conn, const void *data, size_t size)
{
	if (!conn_is_ending(conn))
		fake_add_piece(conn, size)->data = data;
}

void
conn_send_copy(struct conn *conn, const void *data, size_t size)
{
	struct fake_piece *piece;

	if (conn_is_ending(conn))
		return;
	piece = fake_add_piece(conn, size);
	piece->data = piece->copy = memory_copy_bytes(data, size);
}

/* Every second time there is none, so that the other way is taken too. */
char *
conn_send_reserve(struct conn *conn, size_t size)
{
	if (conn_is_ending(conn) || (conn->asked_for_place++ & 1) != 0)
		return NULL;
	fake_drop_place(conn);
	conn->place = memory_resize(NULL, 1, size);
	conn->place_size = size;
	return conn->place;
}

void
conn_send_commit(struct conn *conn, size_t size)
{
	struct fake_piece *piece;
	char *place = conn->place;

	if (conn_is_ending(conn))
		return;
	fake_assert(place != NULL && size <= conn->place_size);
	conn->place = NULL;
	piece = fake_add_piece(conn, size);
	piece->data = piece->copy = place;
}

void
conn_send_file(struct conn *conn, int fd, int64_t offset, int64_t size)
{
	struct fake_piece *piece;

	if (conn_is_ending(conn))
		return;
	piece = fake_add_piece(conn, (size_t)size);
	piece->fd = fd;
	piece->offset = offset;
}

uint64_t
conn_queued_total(const struct conn *conn)
{
	return conn->queued;
}

uint64_t
conn_sent_total(const struct conn *conn)
{
	return conn->sent;
}

bool
conn_output_is_full(const struct conn *conn)
{
	return conn->queued - conn->sent > conn->output_limit;
}

bool
conn_is_throttled(const struct conn *conn)
{
	return conn_output_is_full(conn);
}

void
conn_wait(struct conn *conn, enum conn_deadline_class class)
{
	fake_assert(class != CONN_DEADLINE_WRITE);
	fake_assert(class != CONN_DEADLINE_LINGER);
	conn->wait = class;
	conn->wait_count++;
}

enum conn_deadline_class
conn_waiting(const struct conn *conn)
{
	return conn->wait;
}

void
conn_finish(struct conn *conn, enum conn_close reason, bool linger)
{
	fake_assert(!conn_is_ending(conn));
	conn->is_finishing = true;
	conn->reason = reason;
	conn->lingers = linger || conn->input_size > 0;
}

void
conn_close(struct conn *conn, enum conn_close reason, bool hard)
{
	conn->is_closing = true;
	conn->reason = reason;
	conn->hard = hard;
}

bool
conn_is_ending(const struct conn *conn)
{
	return conn->is_finishing || conn->is_closing;
}

bool
conn_is_retiring(const struct conn *conn)
{
	return conn->is_retiring;
}

void
conn_set_busy(struct conn *conn, bool busy)
{
	fake_assert(busy != conn->is_busy);
	conn->is_busy = busy;
}

void
conn_exchange_begin(struct conn *conn, uint64_t id, bool is_head_only)
{
	fake_assert(conn->exchange == IPC_ROW_NONE);
	conn->exchange = IPC_ROW_UNANSWERED;
	conn->exchange_id = id;
	conn->exchange_count++;
	conn->is_head_only = is_head_only;
}

void
conn_exchange_answer(struct conn *conn)
{
	fake_assert(conn->exchange == IPC_ROW_UNANSWERED);
	conn->exchange = IPC_ROW_ANSWERING;
}

void
conn_exchange_end(struct conn *conn)
{
	fake_assert(conn->exchange == IPC_ROW_ANSWERING);
	conn->exchange = IPC_ROW_NONE;
}

uint32_t
conn_request_count(const struct conn *conn)
{
	return conn->request_count;
}

void
conn_count_request(struct conn *conn)
{
	conn->request_count++;
}

bool
conn_is_adopted(const struct conn *conn)
{
	return conn->is_adopted;
}

bool
conn_is_check(const struct conn *conn)
{
	return conn->is_check;
}

/* ---- what the core does ---- */

static inline void
fake_drop_pieces(struct conn *conn)
{
	for (; conn->piece_begin < conn->piece_count; conn->piece_begin++)
		memory_free(conn->pieces[conn->piece_begin].copy);
	conn->piece_begin = conn->piece_count = 0;
}

static inline void
fake_write_piece(struct conn *conn, struct fake_piece *piece, size_t size)
{
	char block[4096];

	if (piece->fd == -1) {
		buffer_append(&conn->output, piece->data, size);
		piece->data = (const char *)piece->data + size;
	}
	while (piece->fd != -1 && size > 0) {
		ssize_t got = pread(piece->fd, block,
		    size < sizeof(block) ? size : sizeof(block), piece->offset);

		fake_assert(got > 0);
		buffer_append(&conn->output, block, (size_t)got);
		piece->offset += got;
		piece->size -= (size_t)got;
		conn->sent += (uint64_t)got;
		conn->room -= (size_t)got;
		size -= (size_t)got;
	}
	piece->size -= size;
	conn->sent += size;
	conn->room -= size;
}

/* One writev(2): what there is room for.  True if anything went out. */
static inline bool
fake_write(struct conn *conn)
{
	uint64_t before = conn->sent;

	while (conn->piece_begin < conn->piece_count && conn->room > 0) {
		struct fake_piece *piece = &conn->pieces[conn->piece_begin];
		size_t size =
		    piece->size < conn->room ? piece->size : conn->room;

		fake_write_piece(conn, piece, size);
		if (piece->size > 0)
			break;
		memory_free(piece->copy);
		conn->piece_begin++;
	}
	if (conn->piece_begin == conn->piece_count)
		conn->piece_begin = conn->piece_count = 0;
	if (conn->sent > before)
		conn->writes++;
	return conn->sent > before;
}

/* The input buffer moves with every call, as conn.h does not promise that
 * it stays. */
static inline void
fake_move_input(struct conn *conn, const void *data, size_t size)
{
	char *moved = malloc(conn->input_size + size);

	if (conn->input_size > 0)
		memcpy(moved, conn->input, conn->input_size);
	if (size > 0)
		memcpy(moved + conn->input_size, data, size);
	free(conn->input);
	conn->input = moved;
	conn->input_size += size;
	conn->is_early |= size > 0;
}

static inline void
fake_close(struct conn *conn, enum conn_close reason)
{
	if (conn->is_closed)
		return;
	fake_drop_pieces(conn);
	conn->is_closing = true;
	conn->is_closed = true;
	h1_protocol.close(conn, reason);
	fake_assert(!conn->is_busy);
}

static inline void
fake_describe(const void *object, struct buffer *line)
{
	(void)object;
	buffer_append_text(line, ", a connection");
}

/* Whoever does not leave the scopes that it has entered ends here. */
static inline void
fake_call(struct conn *conn, void (*function)(struct conn *conn))
{
	struct log_scope scope = { .describe = fake_describe, .object = conn };

	log_enter(&scope);
	function(conn);
	log_leave(&scope);
	fake_drop_place(conn);
}

/* As conn_set_settle. */
static inline void
fake_settle(struct conn *conn)
{
	unsigned rounds = 0;

	while (!conn->is_closed) {
		fake_assert(++rounds < 10000);
		if (conn->is_closing) {
			fake_close(conn, conn->reason);
		} else if (conn->woken && !conn->is_finishing) {
			conn->woken = false;
			fake_move_input(conn, NULL, 0);
			fake_call(conn, h1_protocol.on_input);
		} else if (fake_write(conn)) {
			fake_call(conn, h1_protocol.on_writable);
		} else {
			if (conn->is_finishing && conn->piece_count == 0)
				fake_close(conn, conn->reason);
			else
				break;
		}
	}
}

/* As many bytes as the buffer has room for; returns their count. */
static inline size_t
fake_feed(struct conn *conn, const void *data, size_t size)
{
	size_t room = conn->input_capacity - conn->input_size;

	if (conn_is_ending(conn))
		return size;
	if (size > room)
		size = room;
	fake_move_input(conn, data, size);
	conn->woken = true;
	fake_settle(conn);
	return size;
}

/* All of it, unless the protocol stops taking any. */
static inline size_t
fake_feed_all(struct conn *conn, const void *data, size_t size)
{
	size_t fed = 0, part;

	do {
		part = fake_feed(conn, (const char *)data + fed, size - fed);
		fed += part;
	} while (fed < size && part > 0);
	return fed;
}

static inline void
fake_end_input(struct conn *conn)
{
	conn->input_ended = true;
	if (conn_is_ending(conn))
		return;
	conn->woken = true;
	fake_settle(conn);
}

static inline void
fake_pass_deadline(struct conn *conn)
{
	enum conn_deadline_class class = conn->wait;

	conn->wait = CONN_DEADLINE_NONE;
	h1_protocol.on_deadline(conn, class);
	fake_settle(conn);
}

/* One that h1 has not seen. */
static inline struct conn *
fake_conn_make(struct h1 *h1)
{
	struct conn *conn = memory_alloc(sizeof(*conn));

	conn->context = h1;
	conn->peer.address = network_of("192.0.2.1");
	conn->input_capacity = CONN_INPUT_SIZE;
	conn->room = SIZE_MAX / 2;
	conn->output_limit = UINT64_MAX;
	buffer_init(&conn->output, 0);
	return conn;
}

static inline struct conn *
fake_conn_new(struct h1 *h1)
{
	struct conn *conn = fake_conn_make(h1);

	h1_protocol.open(conn);
	return conn;
}

static inline void
fake_conn_free(struct conn *conn)
{
	fake_close(conn, CONN_CLOSE_CLIENT);
	free(conn->input);
	buffer_fini(&conn->output);
	fake_drop_place(conn);
	memory_free(conn);
}

/* ---- the application ---- */

struct fake {
	struct arena_pool *pool;
	struct http_server server;
	struct http_recorder recorder;
	struct h1_settings settings;
	struct h1 *h1;
	struct conn *conn;
	struct http_exchange *exchange; /* the last whose head came */
	struct buffer body;             /* of that */
	unsigned early_count;           /* heads that were early */
	struct buffer notes;            /* what the application was told */
	struct buffer records;          /* what the recorder was */
};

static inline const char *
fake_end_word(enum cohort_end end)
{
	static const char *const words[] = {
		[COHORT_END_SENT] = "sent",
		[COHORT_END_GONE] = "gone",
		[COHORT_END_TIMEOUT] = "timeout",
		[COHORT_END_RETIRED] = "retired",
		[COHORT_END_FAILED] = "failed",
	};

	return words[end];
}

static inline void
fake_answer(struct http_exchange *exchange, int status, const char *text)
{
	const struct http_response response = {
		.status = status,
		.size = (int64_t)strlen(text),
	};

	exchange->functions->send_head(exchange, &response);
	exchange->functions->send_copy(exchange, text, strlen(text));
	exchange->functions->send_end(exchange);
}

static inline bool
fake_target_begins(const struct http_exchange *exchange, const char *text)
{
	return strncmp(exchange->request.target.data, text, strlen(text)) == 0;
}

/* What the request looked like, for the wire tests. */
static inline void
fake_answer_mirror(struct fake *fake, struct http_exchange *exchange)
{
	const struct http_request *request = &exchange->request;
	struct buffer text;

	buffer_init(&text, 0);
	buffer_format(
	    &text, "%s %s", request->method_name, request->target.data);
	if (request->host != NULL)
		buffer_format(&text, " host %s", request->host);
	if (fake->body.size > 0)
		buffer_format(&text, " body %s", fake->body.data);
	fake_answer(exchange, 200, text.data);
	buffer_fini(&text);
}

static inline void
fake_on_head(struct http_exchange *exchange)
{
	struct fake *fake = exchange->context;

	fake->exchange = exchange;
	fake->early_count += exchange->is_early;
	buffer_clear(&fake->body);
	buffer_format(&fake->notes, "head %s %s\n",
	    exchange->request.method_name, exchange->request.target.data);
	if (fake_target_begins(exchange, "/hello"))
		fake_answer(exchange, 200, "hello");
	else if (fake_target_begins(exchange, "/early"))
		fake_answer(exchange, 403, "no");
	else if (!fake_target_begins(exchange, "/later"))
		exchange->functions->want_body(exchange, 100000);
}

static inline void
fake_on_body(struct http_exchange *exchange, const void *data, size_t size)
{
	struct fake *fake = exchange->context;

	fake_assert(size > 0);
	fake_assert(fake->exchange == exchange);
	buffer_append(&fake->body, data, size);
}

static inline void
fake_on_body_end(struct http_exchange *exchange)
{
	struct fake *fake = exchange->context;

	buffer_format(&fake->notes, "body end %zu\n", fake->body.size);
	if (!fake_target_begins(exchange, "/later"))
		fake_answer_mirror(fake, exchange);
}

static inline void
fake_on_body_too_large(struct http_exchange *exchange)
{
	struct fake *fake = exchange->context;

	buffer_append_text(&fake->notes, "too large\n");
	if (!fake_target_begins(exchange, "/later"))
		fake_answer(exchange, 413, "large");
}

static inline void
fake_on_room(struct http_exchange *exchange)
{
	struct fake *fake = exchange->context;

	buffer_append_text(&fake->notes, "room\n");
}

static inline void
fake_on_retire(struct http_exchange *exchange)
{
	struct fake *fake = exchange->context;

	buffer_append_text(&fake->notes, "retire\n");
}

static inline void
fake_on_end(struct http_exchange *exchange, enum cohort_end end)
{
	struct fake *fake = exchange->context;

	if (fake->exchange == exchange)
		fake->exchange = NULL;
	buffer_format(&fake->notes, "end %s %s\n",
	    exchange->request.target.data, fake_end_word(end));
}

static const struct http_application fake_application = {
	.on_head = fake_on_head,
	.on_body = fake_on_body,
	.on_body_end = fake_on_body_end,
	.on_body_too_large = fake_on_body_too_large,
	.on_room = fake_on_room,
	.on_retire = fake_on_retire,
	.on_end = fake_on_end,
};

static inline void
fake_record(struct http_recorder *recorder,
    const struct http_exchange *exchange, enum cohort_end end)
{
	struct fake *fake = LIST_OBJECT(recorder, struct fake, recorder);

	buffer_format(&fake->records, "%s %s %d %llu %s\n",
	    exchange->request.method_name, exchange->request.target.data,
	    exchange->status, (unsigned long long)exchange->body_sent,
	    fake_end_word(end));
}

/* Set up; settings may be changed before fake_start. */
static inline void
fake_init(struct fake *fake)
{
	memset(fake, 0, sizeof(*fake));
	fake->pool = arena_pool_new(4096, 16);
	fake->recorder.record = fake_record;
	fake->server = (struct http_server) {
		.application = &fake_application,
		.context = fake,
		.recorder = &fake->recorder,
		.arena_pool = fake->pool,
		.arena_limit = 1 << 20,
		.next_id = 1,
	};
	fake->settings = (struct h1_settings) {
		.limits = {
			.max_request_line = 8192,
			.max_head = 65536,
			.max_fields = 100,
			.max_segments = 64,
			.max_chunk_extension = 4096,
			.max_trailer = 8192,
		},
		.max_pipelined = 64,
		.keep_alive_ms = 60000,
		.server = "cohort",
	};
	buffer_init(&fake->body, 0);
	buffer_init(&fake->notes, 0);
	buffer_init(&fake->records, 0);
}

static inline void
fake_start(struct fake *fake)
{
	fake->h1 = h1_new(&fake->settings, &fake->server);
	fake->conn = fake_conn_new(fake->h1);
}

static inline void
fake_restart(struct fake *fake)
{
	fake_conn_free(fake->conn);
	fake->conn = fake_conn_new(fake->h1);
	buffer_clear(&fake->notes);
	buffer_clear(&fake->records);
}

static inline void
fake_fini(struct fake *fake)
{
	if (fake->conn != NULL)
		fake_conn_free(fake->conn);
	if (fake->h1 != NULL)
		h1_free(&fake->h1);
	arena_pool_free(&fake->pool);
	buffer_fini(&fake->body);
	buffer_fini(&fake->notes);
	buffer_fini(&fake->records);
}

static inline const char *
fake_text(const struct buffer *buffer)
{
	return buffer->size == 0 ? "" : buffer->data;
}

/* The output so far, with its Date lines taken out, and forgotten. */
static inline const char *
fake_take_output(struct conn *conn)
{
	static const char mark[] = "\r\nDate: ";
	char *date, *end;

	if (conn->output.size == 0)
		return "";
	while ((date = strstr(conn->output.data, mark)) != NULL) {
		end = strstr(date + 2, "\r\n");
		memmove(date, end, strlen(end) + 1);
	}
	conn->output.size = 0;
	return conn->output.data;
}

#endif
