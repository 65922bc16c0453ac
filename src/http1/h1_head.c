/* SPDX-License-Identifier: ISC */
/*
 * The copy costs little, and everything points into memory that lives as
 * long as the exchange.  The NULs stand where the head has delimiters: a
 * space, a colon, a CR or white space in front of it.
 */
#include "http1/h1_head.h"

#include <string.h>

/* What is left of the arena for a page that refuses the request. */
#define ARENA_SLACK 4096

static struct cohort_str
terminate(char *copy, struct h1_span span)
{
	char *begin = copy + span.offset;

	begin[span.size] = '\0';
	return (struct cohort_str) { begin, span.size };
}

static void
read_fields(const struct h1_head *head, char *copy, struct cohort_pair *pair)
{
	const struct h1_field *field = head->fields;
	const struct h1_field *end = field + head->field_count;

	for (; field < end; field++, pair++) {
		pair->name = terminate(copy, field->name);
		pair->value = terminate(copy, field->value);
	}
}

/* RFC 9112, 3.2.2: the target's authority replaces what Host says. */
static void
read_host(const struct h1_framing *framing, struct http_request *request)
{
	struct cohort_str authority = request->uri.authority;
	struct cohort_pair *field;

	request->host = NULL;
	if (framing->host >= 0) {
		field = &request->fields[framing->host];
		if (authority.data != NULL)
			field->value = authority;
		if (field->value.size > 0)
			request->host = field->value.data;
	} else if (authority.data != NULL) {
		request->host = authority.data;
	}
}

/* The target's path and authority may be copied again. */
static bool
fits(const struct arena *arena, const struct h1_head *head)
{
	size_t needed = head->size + 2 * (size_t)head->line.target.size +
	    head->field_count * sizeof(struct cohort_pair) + ARENA_SLACK;

	return needed <= arena_left(arena);
}

static enum h1_fault
read_target(const struct h1_limits *limits, struct arena *arena,
    struct http_request *request)
{
	struct http_uri *uri = &request->uri;

	if (http_uri_parse(arena, request->target, uri) == -1)
		return uri->has_too_many ? H1_FAULT_SEGMENTS_TOO_MANY :
					   H1_FAULT_TARGET;
	return uri->segment_count > limits->max_segments ?
	    H1_FAULT_SEGMENTS_TOO_MANY :
	    H1_FAULT_NONE;
}

enum h1_fault
h1_head_read(const struct h1_head *head, const char *data,
    const struct h1_limits *limits, struct arena *arena,
    struct http_request *request_r)
{
	enum h1_fault fault;
	char *copy;

	if (!fits(arena, head))
		return H1_FAULT_NO_MEMORY;
	request_r->field_count = head->field_count;
	request_r->fields = arena_alloc_raw(
	    arena, head->field_count * sizeof(*request_r->fields) + head->size);
	copy = (char *)(request_r->fields + head->field_count);
	memcpy(copy, data, head->size);
	read_fields(head, copy, request_r->fields);
	request_r->version = head->line.version;
	request_r->scheme = "http";
	request_r->body_size = head->framing.body_size;
	request_r->method_name = terminate(copy, head->line.method).data;
	request_r->method =
	    http_method_parse(request_r->method_name, head->line.method.size);
	request_r->target = terminate(copy, head->line.target);
	fault = read_target(limits, arena, request_r);
	if (fault != H1_FAULT_NONE)
		return fault;
	if (request_r->uri.scheme.data != NULL)
		request_r->scheme = request_r->uri.scheme.data;
	read_host(&head->framing, request_r);
	return H1_FAULT_NONE;
}

void
h1_head_read_refused(const struct h1_line *line, const char *data,
    struct arena *arena, struct http_request *request_r)
{
	*request_r = (struct http_request) {
		.method_name = "",
		.target = { "", 0 },
		.uri.path = { "", 0 },
		.version = 0x0101,
		.scheme = "http",
	};
	if (line == NULL ||
	    line->method.size + line->target.size + ARENA_SLACK >
		arena_left(arena))
		return;
	request_r->version = line->version;
	request_r->method_name =
	    arena_copy(arena, data + line->method.offset, line->method.size);
	request_r->method =
	    http_method_parse(request_r->method_name, line->method.size);
	request_r->target = (struct cohort_str) {
		arena_copy(
		    arena, data + line->target.offset, line->target.size),
		line->target.size,
	};
}
