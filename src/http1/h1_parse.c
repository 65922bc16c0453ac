/* SPDX-License-Identifier: ISC */
/*
 * http-parser finds the field lines, and nothing else.  The request line is
 * h1_strict's: its limit is another one, a wrong one is answered without
 * waiting for the fields, any token is a method, and http-parser takes what
 * it does not understand there for HTTP/0.9.  So each parser begins behind a
 * line of our own.  What fields mean is h1_strict's too: http-parser's ideas
 * of it are wrong in both directions (it refuses a tab behind a
 * Content-Length), so it is told that no field is special.
 *
 * It gets at most FEED_MAX bytes at a time, since it checks its limits only
 * between calls, and is stopped where the fields end: bodies are not its
 * business.
 */
#include "http1/h1_parse.h"

#include <http_parser.h>

#include <string.h>

#include "base/base_object.h"

#define FEED_MAX        16384
#define EMPTY_LINES_MAX 4 /* RFC 9112, 2.2: at least one is ignored */
#define FIELD_GENERAL   0 /* http-parser's h_general */

/* What the head is waiting for. */
enum part {
	PART_EMPTY_LINES,
	PART_REQUEST_LINE,
	PART_FIELDS
};

struct h1_parse {
	unsigned magic;
#define H1_PARSE_MAGIC 0xb8e35d14u
	enum part part;
	struct list_link link;
	const struct h1_limits *limits;
	const char *data; /* during http_parser_execute */
	size_t begin;     /* of the request line */
	size_t looked_at; /* no LF before */
	size_t fields_begin;
	size_t fed;       /* to http-parser */
	bool is_in_value; /* the last callback's */
	bool is_complete;
	enum h1_fault fault;
	http_parser parser, behind_line; /* a copy of which each head gets */
	struct h1_head head;
	struct h1_field fields[];
};

/* ---- http-parser's callbacks ---- */

static int
fail(struct h1_parse *parse, enum h1_fault fault)
{
	parse->fault = fault;
	return -1;
}

static uint32_t
offset_of(const struct h1_parse *parse, const char *at)
{
	return (uint32_t)(at - parse->data);
}

/* Spans come in pieces where the input was split. */
static bool
extend(struct h1_span *span, uint32_t offset, size_t size)
{
	if (span->size == 0)
		span->offset = offset;
	if (span->offset + span->size != offset)
		return false;
	span->size += (uint32_t)size;
	return true;
}

static int
on_name(http_parser *parser, const char *at, size_t size)
{
	struct h1_parse *parse = parser->data;
	struct h1_field *field;

	if (parse->is_in_value || parse->head.field_count == 0) {
		if (parse->head.field_count == parse->limits->max_fields)
			return fail(parse, H1_FAULT_FIELDS_TOO_MANY);
		field = &parse->fields[parse->head.field_count++];
		*field = (struct h1_field) { 0 };
		parse->is_in_value = false;
	}
	parser->header_state = FIELD_GENERAL;
	field = &parse->fields[parse->head.field_count - 1];
	if (!extend(&field->name, offset_of(parse, at), size))
		return fail(parse, H1_FAULT_PARSER);
	return 0;
}

static int
on_value(http_parser *parser, const char *at, size_t size)
{
	struct h1_parse *parse = parser->data;
	struct h1_field *field = &parse->fields[parse->head.field_count - 1];

	parse->is_in_value = true;
	if (!extend(&field->value, offset_of(parse, at), size))
		return fail(parse, H1_FAULT_FIELD_FOLDED);
	return 0;
}

static int
on_fields_end(http_parser *parser)
{
	struct h1_parse *parse = parser->data;

	parse->is_complete = true;
	http_parser_pause(parser, 1);
	return 0;
}

static const http_parser_settings callbacks = {
	.on_header_field = on_name,
	.on_header_value = on_value,
	.on_headers_complete = on_fields_end,
};

/* What http-parser refuses itself; it is not told apart further. */
static const enum h1_fault faults[] = {
	[HPE_CB_header_field] = H1_FAULT_PARSER,
	[HPE_HEADER_OVERFLOW] = H1_FAULT_HEAD_TOO_LARGE,
	[HPE_LF_EXPECTED] = H1_FAULT_BARE_CR,
	[HPE_INVALID_HEADER_TOKEN] = H1_FAULT_FIELD_VALUE,
};

static enum h1_fault
fault_of(enum http_errno number)
{
	if ((size_t)number >= sizeof(faults) / sizeof(*faults) ||
	    faults[number] == H1_FAULT_NONE)
		return H1_FAULT_PARSER;
	return faults[number];
}

/* ---- the parts of a head ---- */

static void
begin_behind_line(http_parser *parser, struct h1_parse *parse)
{
	static const char line[] = "GET / HTTP/1.1\r\n";

	http_parser_init(parser, HTTP_REQUEST);
	http_parser_execute(parser, &callbacks, line, sizeof(line) - 1);
	parser->data = parse;
}

struct h1_parse *
h1_parse_new(const struct h1_limits *limits)
{
	struct h1_parse *parse;

	parse = memory_alloc(
	    sizeof(*parse) + limits->max_fields * sizeof(*parse->fields));
	parse->magic = H1_PARSE_MAGIC;
	parse->limits = limits;
	begin_behind_line(&parse->behind_line, parse);
	h1_parse_reset(parse);
	return parse;
}

void
h1_parse_free(struct h1_parse **source)
{
	struct h1_parse *parse;

	OBJECT_TAKE(parse, source, H1_PARSE_MAGIC);
	OBJECT_FREE(parse);
}

void
h1_parse_reset(struct h1_parse *parse)
{
	parse->part = PART_EMPTY_LINES;
	parse->begin = parse->looked_at = parse->fed = 0;
	parse->is_in_value = parse->is_complete = false;
	parse->fault = H1_FAULT_NONE;
	parse->head.field_count = 0;
	parse->parser = parse->behind_line;
}

static enum h1_parse_result
refuse(struct h1_parse *parse, enum h1_fault fault)
{
	parse->fault = fault;
	return H1_PARSE_FAULT;
}

static enum h1_parse_result
skip_empty_lines(struct h1_parse *parse, const char *data, size_t size)
{
	while (parse->begin < size) {
		const char *at = data + parse->begin;

		if (*at == '\n')
			return refuse(parse, H1_FAULT_BARE_LF);
		if (*at != '\r') {
			parse->part = PART_REQUEST_LINE;
			parse->looked_at = parse->begin;
			return H1_PARSE_HEAD;
		}
		if (parse->begin + 1 == size)
			break;
		if (at[1] != '\n')
			return refuse(parse, H1_FAULT_BARE_CR);
		if (parse->begin == EMPTY_LINES_MAX * strlen("\r\n"))
			return refuse(parse, H1_FAULT_EMPTY_LINES);
		parse->begin += strlen("\r\n");
	}
	return H1_PARSE_MORE;
}

static enum h1_parse_result
read_line(struct h1_parse *parse, const char *data, size_t size)
{
	size_t longest = parse->begin + parse->limits->max_request_line;
	const char *end;
	enum h1_fault fault;

	end = memchr(data + parse->looked_at, '\n', size - parse->looked_at);
	parse->looked_at = end != NULL ? (size_t)(end - data) : size;
	if (parse->looked_at > longest + strlen("\r"))
		return refuse(
		    parse, h1_strict_long_line(data, parse->begin, longest));
	if (end == NULL) {
		fault = h1_strict_begin(data, parse->begin, size);
		return fault != H1_FAULT_NONE ? refuse(parse, fault) :
						H1_PARSE_MORE;
	}
	fault = h1_strict_line(
	    data, parse->begin, parse->looked_at, &parse->head.line);
	if (fault != H1_FAULT_NONE)
		return refuse(parse, fault);
	parse->part = PART_FIELDS;
	parse->fed = parse->fields_begin = parse->looked_at + 1;
	return H1_PARSE_HEAD;
}

/* Its spans are claims until here. */
static enum h1_parse_result
conclude(struct h1_parse *parse, const char *data)
{
	struct h1_head *head = &parse->head;
	enum h1_fault fault;

	if (head->size > parse->limits->max_head)
		return refuse(parse, H1_FAULT_HEAD_TOO_LARGE);
	fault = h1_strict_fields(data, parse->fields_begin, head->size,
	    parse->fields, head->field_count);
	if (fault == H1_FAULT_NONE)
		fault = h1_strict_framing(data, &head->line, parse->fields,
		    head->field_count, &head->framing);
	if (fault != H1_FAULT_NONE)
		return refuse(parse, fault);
	head->fields = parse->fields;
	return H1_PARSE_HEAD;
}

static enum h1_parse_result
read_fields(struct h1_parse *parse, const char *data, size_t size)
{
	parse->data = data;
	while (parse->fed < size) {
		size_t part = size - parse->fed;
		enum http_errno number;

		if (part > FEED_MAX)
			part = FEED_MAX;
		parse->fed += http_parser_execute(
		    &parse->parser, &callbacks, data + parse->fed, part);
		if (parse->is_complete) {
			/* It was stopped on the last LF. */
			parse->head.size = parse->fed + 1;
			return conclude(parse, data);
		}
		number = HTTP_PARSER_ERRNO(&parse->parser);
		if (parse->fault != H1_FAULT_NONE)
			return H1_PARSE_FAULT;
		if (number != HPE_OK)
			return refuse(parse, fault_of(number));
		if (parse->fed >= parse->limits->max_head)
			return refuse(parse, H1_FAULT_HEAD_TOO_LARGE);
	}
	return H1_PARSE_MORE;
}

enum h1_parse_result
h1_parse_feed(struct h1_parse *parse, const char *data, size_t size)
{
	static enum h1_parse_result (*const parts[])(
	    struct h1_parse * parse, const char *data, size_t size) = {
		[PART_EMPTY_LINES] = skip_empty_lines,
		[PART_REQUEST_LINE] = read_line,
		[PART_FIELDS] = read_fields,
	};
	enum h1_parse_result result;
	enum part part;

	OBJECT_CHECK(parse, H1_PARSE_MAGIC);
	do {
		part = parse->part;
		result = parts[part](parse, data, size);
	} while (result == H1_PARSE_HEAD && part != PART_FIELDS);
	return result;
}

const struct h1_head *
h1_parse_head(const struct h1_parse *parse)
{
	return &parse->head;
}

enum h1_fault
h1_parse_fault(const struct h1_parse *parse)
{
	return parse->fault;
}

const struct h1_line *
h1_parse_line(const struct h1_parse *parse)
{
	return parse->part == PART_FIELDS ? &parse->head.line : NULL;
}

bool
h1_parse_asks_for_head(
    const struct h1_parse *parse, const char *data, size_t size)
{
	static const char begin[] = "HEAD ";

	return size - parse->begin >= strlen(begin) &&
	    memcmp(data + parse->begin, begin, strlen(begin)) == 0;
}

bool
h1_parse_is_blank(const struct h1_parse *parse)
{
	return parse->part == PART_EMPTY_LINES;
}

struct list_link *
h1_parse_link(struct h1_parse *parse)
{
	return &parse->link;
}

struct h1_parse *
h1_parse_of_link(struct list_link *link)
{
	return LIST_OBJECT(link, struct h1_parse, link);
}

void
h1_parse_set_max_head(size_t max_head)
{
	http_parser_set_max_header_size((uint32_t)max_head + FEED_MAX);
}
