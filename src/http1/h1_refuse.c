/* SPDX-License-Identifier: ISC */
/*
 * The page goes the way of every response, so that framing, recording and
 * closing are what they always are.
 */
#include "http1/h1_refuse.h"

#include <string.h>

#include "http/http_status.h"
#include "http1/h1_connection.h"
#include "http1/h1_exchange.h"
#include "http1/h1_head.h"
#include "http1/h1_private.h"

#define PAGE_SIZE_MAX 512

static size_t
make_page(char *page, int status)
{
	struct buffer text;

	buffer_init_fixed(&text, page, PAGE_SIZE_MAX);
	buffer_format(&text,
	    "<!DOCTYPE html>\n<title>%d %s</title>\n<h1>%d %s</h1>\n", status,
	    http_status_reason(status), status, http_status_reason(status));
	return text.size;
}

static void
send_page(struct http_exchange *exchange, int status)
{
	static const struct cohort_pair type = {
		{ "Content-Type", sizeof("Content-Type") - 1 },
		{ "text/html", sizeof("text/html") - 1 },
	};
	char page[PAGE_SIZE_MAX];
	size_t size = make_page(page, status);
	const struct http_response response = {
		.status = status,
		.fields = &type,
		.field_count = 1,
		.size = (int64_t)size,
	};

	exchange->functions->send_head(exchange, &response);
	exchange->functions->send_copy(exchange, page, size);
	exchange->functions->send_end(exchange);
}

static enum conn_close
reason_of(enum h1_fault fault)
{
	if (fault == H1_FAULT_HEAD_TIMEOUT)
		return CONN_CLOSE_HEAD_TIMEOUT;
	if (fault == H1_FAULT_BODY_TIMEOUT)
		return CONN_CLOSE_BODY_TIMEOUT;
	return CONN_CLOSE_REFUSED;
}

/* The active exchange, whose head has not been sent. */
static void
refuse(struct h1_connection *connection, enum h1_fault fault)
{
	struct h1_exchange *exchange = connection->active;

	log_debug(
	    "refused: %s (%s)", h1_fault_text(fault), h1_fault_section(fault));
	exchange->is_persistent = false;
	exchange->is_refused = true;
	exchange->reason = reason_of(fault);
	send_page(&exchange->exchange, h1_fault_status(fault));
}

/* A scope is entered once, or it is its own parent. */
static void
refuse_in_scope(struct h1_connection *connection, enum h1_fault fault)
{
	struct log_scope *scope = &connection->active->exchange.scope;

	log_enter(scope);
	refuse(connection, fault);
	log_leave(scope);
}

static enum cohort_end
end_of(enum h1_fault fault)
{
	return fault == H1_FAULT_BODY_TIMEOUT ? COHORT_END_TIMEOUT :
						COHORT_END_GONE;
}

void
h1_refuse_exchange(struct h1_connection *connection,
    struct h1_exchange *exchange, enum h1_fault fault)
{
	size_t size;
	const char *data = conn_input(connection->conn, &size);

	exchange->exchange.application = NULL;
	h1_head_read_refused(h1_parse_line(connection->parse), data,
	    &exchange->exchange.arena, &exchange->exchange.request);
	if (h1_parse_asks_for_head(connection->parse, data, size))
		exchange->exchange.request.method = HTTP_METHOD_HEAD;
	exchange->exchange.request.peer = conn_peer(connection->conn);
	h1_connection_begin(connection, exchange, H1_EVENT_REQUEST);
	refuse_in_scope(connection, fault);
}

void
h1_refuse_head(struct h1_connection *connection, enum h1_fault fault)
{
	h1_refuse_exchange(connection, h1_exchange_begin(connection), fault);
}

void
h1_refuse_body(struct h1_connection *connection, enum h1_fault fault)
{
	struct h1_exchange *exchange = connection->active;

	if (exchange->has_head) {
		h1_connection_close(connection, reason_of(fault), true);
		return;
	}
	exchange->end = end_of(fault);
	refuse_in_scope(connection, fault);
}

void
h1_refuse_unread(struct h1_connection *connection, enum h1_fault fault)
{
	connection->active->end = end_of(fault);
	refuse(connection, fault);
}
