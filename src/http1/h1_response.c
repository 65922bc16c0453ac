/* SPDX-License-Identifier: ISC */
/*
 * A head is measured first, generously, then written without further
 * checks; no printf, as this runs for every request.
 */
#include "http1/h1_response.h"

#include <string.h>

#include "base/base_clock.h"
#include "base/base_number.h"
#include "http/http_status.h"

#define TEXT(literal) (literal), sizeof(literal) - 1

#define LENGTH_LINE_SIZE (sizeof("Content-Length: \r\n") + 20)
#define STATUS_RESET     205

/* More than the longest status line of http_status.tbl, and than all the
 * lines together that we write here of ourselves. */
#define STATUS_LINE_SIZE 64
#define OWN_LINES_SIZE                                 \
	(HTTP_DATE_LINE_SIZE + LENGTH_LINE_SIZE +      \
	    sizeof("Transfer-Encoding: chunked\r\n") + \
	    sizeof("Connection: keep-alive\r\n") + sizeof("\r\n"))

void
h1_response_plan(const struct http_request *request,
    const struct http_response *response, struct h1_plan *plan_r)
{
	int status = response->status;

	plan_r->delivery = H1_DELIVERY_NONE;
	plan_r->length = -1;
	if (http_status_has_no_body(status) || status == 304)
		return;
	plan_r->length = response->size;
	if (response->without_body || request->method == HTTP_METHOD_HEAD)
		return;
	/* RFC 9110, 15.3.6: no content, but framed. */
	if (status == STATUS_RESET)
		plan_r->length = 0;
	if (plan_r->length >= 0)
		plan_r->delivery = H1_DELIVERY_COUNTED;
	else if (request->version >= 0x0101)
		plan_r->delivery = H1_DELIVERY_CHUNKED;
	else
		plan_r->delivery = H1_DELIVERY_UNTIL_CLOSE;
}

static char *
put(char *to, const char *data, size_t size)
{
	memcpy(to, data, size);
	return to + size;
}

static char *
put_text(char *to, const char *text)
{
	return put(to, text, strlen(text));
}

static char *
put_status_line(char *to, int status)
{
	struct cohort_str line = http_status_line(status);

	if (line.size > 0)
		return put(to, line.data, line.size);
	to = put(to, TEXT("HTTP/1.1 "));
	to += number_write(to, (uint64_t)status);
	*to++ = ' ';
	to = put_text(to, http_status_reason(status));
	return put(to, TEXT("\r\n"));
}

static char *
put_framing(char *to, const struct h1_plan *plan)
{
	if (plan->delivery == H1_DELIVERY_CHUNKED)
		return put(to, TEXT("Transfer-Encoding: chunked\r\n"));
	if (plan->length < 0)
		return to;
	to = put(to, TEXT("Content-Length: "));
	to += number_write(to, (uint64_t)plan->length);
	return put(to, TEXT("\r\n"));
}

/* RFC 9112, 9.3 and 9.6: said where it is not the default of both the
 * request's version and our own. */
static char *
put_connection(char *to, unsigned version, bool is_last)
{
	if (is_last)
		return put(to, TEXT("Connection: close\r\n"));
	if (version < 0x0101)
		return put(to, TEXT("Connection: keep-alive\r\n"));
	return to;
}

static char *
put_fields(char *to, const struct http_response *response)
{
	size_t i;

	for (i = 0; i < response->field_count; i++) {
		const struct cohort_pair *field = &response->fields[i];

		to = put(to, field->name.data, field->name.size);
		to = put(to, TEXT(": "));
		to = put(to, field->value.data, field->value.size);
		to = put(to, TEXT("\r\n"));
	}
	return to;
}

size_t
h1_response_most(
    const struct h1_texts *texts, const struct http_response *response)
{
	size_t size = STATUS_LINE_SIZE + OWN_LINES_SIZE + texts->server.size;
	size_t i;

	for (i = 0; i < response->field_count; i++)
		size += response->fields[i].name.size + strlen(": ") +
		    response->fields[i].value.size + strlen("\r\n");
	return size;
}

size_t
h1_response_write(char *head_r, const struct h1_texts *texts, unsigned version,
    const struct http_response *response, const struct h1_plan *plan)
{
	char *to = head_r;

	to = put_status_line(to, response->status);
	to = put(to, http_date_line(texts->date, clock_wall_seconds()),
	    HTTP_DATE_LINE_SIZE);
	to = put(to, texts->server.data, texts->server.size);
	to = put_framing(to, plan);
	to = put_connection(to, version, plan->is_last);
	to = put_fields(to, response);
	to = put(to, TEXT("\r\n"));
	return (size_t)(to - head_r);
}
