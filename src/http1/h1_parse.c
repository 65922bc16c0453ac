/* SPDX-License-Identifier: ISC */
/*
 * Reads a head line by line.  One that is not complete is read anew when more
 * has come, which max_head bounds.  Where it is wrong is known from the bytes
 * up to there, so a head, or the reason to refuse it, depends on its bytes
 * alone and not on how they came.
 */
#include "http1/h1_parse.h"

#include <string.h>

#include "base/base_memory.h"
#include "base/base_object.h"
#include "base/base_rare.h"

#define EMPTY_LINES_MAX 4 /* RFC 9112, 2.2: at least one is ignored */

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
	enum h1_fault fault;
	struct list_link link;
	const struct h1_limits *limits;
	size_t begin;     /* of the request line */
	size_t line;      /* the begin of the present one */
	size_t looked_at; /* no LF of the request line before */
	struct h1_head head;
	struct h1_field fields[]; /* one more than max_fields */
};

struct h1_parse *
h1_parse_new(const struct h1_limits *limits)
{
	struct h1_parse *parse;

	parse = memory_alloc(
	    sizeof(*parse) + (limits->max_fields + 1) * sizeof(*parse->fields));
	parse->magic = H1_PARSE_MAGIC;
	parse->limits = limits;
	parse->head.fields = parse->fields;
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
	parse->begin = parse->line = parse->looked_at = 0;
	parse->fault = H1_FAULT_NONE;
	parse->head.field_count = 0;
}

static COLD enum h1_parse_result
refuse(struct h1_parse *parse, enum h1_fault fault)
{
	parse->fault = fault;
	return H1_PARSE_FAULT;
}

/* ---- the parts of a head ---- */

static enum h1_parse_result
skip_empty_lines(struct h1_parse *parse, const char *data, size_t size)
{
	while (parse->line < size) {
		const char *at = data + parse->line;

		if (*at == '\n')
			return refuse(parse, H1_FAULT_BARE_LF);
		if (*at != '\r') {
			parse->part = PART_REQUEST_LINE;
			parse->begin = parse->looked_at = parse->line;
			return H1_PARSE_HEAD;
		}
		if (parse->line + 1 == size)
			break;
		if (at[1] != '\n')
			return refuse(parse, H1_FAULT_BARE_CR);
		if (parse->line == EMPTY_LINES_MAX * strlen("\r\n"))
			return refuse(parse, H1_FAULT_EMPTY_LINES);
		parse->line += strlen("\r\n");
	}
	return H1_PARSE_MORE;
}

/* size bytes, and no LF. */
static RARE enum h1_parse_result
judge_line_begin(struct h1_parse *parse, const char *data, size_t size)
{
	size_t longest = parse->line + parse->limits->max_request_line;
	enum h1_fault fault;

	fault =
	    h1_line_begin(data, parse->line, size < longest ? size : longest);
	return fault != H1_FAULT_NONE ? refuse(parse, fault) : H1_PARSE_MORE;
}

static enum h1_parse_result
read_line(struct h1_parse *parse, const char *data, size_t size)
{
	size_t longest = parse->line + parse->limits->max_request_line;
	enum h1_fault fault;
	const char *end;

	end = memchr(data + parse->looked_at, '\n', size - parse->looked_at);
	parse->looked_at = end != NULL ? (size_t)(end - data) : size;
	if (parse->looked_at > longest + strlen("\r"))
		return refuse(
		    parse, h1_line_too_long(data, parse->line, longest));
	if (end == NULL)
		return judge_line_begin(parse, data, size);
	fault = h1_line_read(
	    data, parse->line, parse->looked_at, &parse->head.line);
	if (fault != H1_FAULT_NONE)
		return refuse(parse, fault);
	parse->part = PART_FIELDS;
	parse->line = parse->looked_at + 1;
	return H1_PARSE_HEAD;
}

/* A line that could not be read is wrong, or not complete. */
static RARE enum h1_parse_result
stop_at_line(struct h1_parse *parse, const char *data, size_t end)
{
	bool is_first = parse->head.field_count == 0;
	enum h1_fault fault;

	fault = h1_field_judge(data, parse->line, end, is_first);
	if (fault == H1_FAULT_NONE && end == parse->limits->max_head)
		fault = H1_FAULT_HEAD_TOO_LARGE;
	return fault != H1_FAULT_NONE ? refuse(parse, fault) : H1_PARSE_MORE;
}

static bool
is_empty_line(const char *data, size_t begin, size_t end)
{
	return end - begin >= 2 && memcmp(data + begin, "\r\n", 2) == 0;
}

static enum h1_parse_result
conclude(struct h1_parse *parse, const char *data)
{
	struct h1_head *head = &parse->head;
	enum h1_fault fault;

	head->size = parse->line + strlen("\r\n");
	fault = h1_framing_read(data, head->line.version, parse->fields,
	    head->field_count, &head->framing);
	return fault != H1_FAULT_NONE ? refuse(parse, fault) : H1_PARSE_HEAD;
}

/* All lines that are complete, up to the empty one; but not more than one too
 * many. */
static void
read_lines(struct h1_parse *parse, const char *data, size_t end)
{
	size_t line = parse->line, count = parse->head.field_count, behind;
	size_t max = parse->limits->max_fields;

	while (count <= max && line < end && data[line] != '\r') {
		behind = h1_field_read(data, line, end, &parse->fields[count]);
		if (behind == 0)
			break;
		line = behind;
		count++;
	}
	parse->line = line;
	parse->head.field_count = count;
}

/* Behind max_head nothing is looked at, so that a head that is too large and
 * wrong there is refused for the same reason however it comes. */
static enum h1_parse_result
read_fields(struct h1_parse *parse, const char *data, size_t size)
{
	size_t max_head = parse->limits->max_head;
	size_t end = size < max_head ? size : max_head;

	/* The request line alone may be as long, behind empty lines. */
	if (parse->line > end)
		return refuse(parse, H1_FAULT_HEAD_TOO_LARGE);
	read_lines(parse, data, end);
	if (parse->head.field_count > parse->limits->max_fields)
		return refuse(parse, H1_FAULT_FIELDS_TOO_MANY);
	if (!is_empty_line(data, parse->line, end))
		return stop_at_line(parse, data, end);
	return conclude(parse, data);
}

enum h1_parse_result
h1_parse_feed(struct h1_parse *parse, const char *data, size_t size)
{
	enum h1_parse_result result;

	OBJECT_CHECK(parse, H1_PARSE_MAGIC);
	if (parse->part == PART_EMPTY_LINES) {
		result = skip_empty_lines(parse, data, size);
		if (result != H1_PARSE_HEAD)
			return result;
	}
	if (parse->part == PART_REQUEST_LINE) {
		result = read_line(parse, data, size);
		if (result != H1_PARSE_HEAD)
			return result;
	}
	return read_fields(parse, data, size);
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
