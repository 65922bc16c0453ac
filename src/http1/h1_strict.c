/* SPDX-License-Identifier: ISC */
/*
 * Debian's http-parser is the build that is not strict, and in either build
 * it leaves much to its user.  So its spans are taken as claims: the walk
 * over the field lines proves that names, colons, values and line ends
 * follow each other without a gap, which leaves no octet for two readers to
 * disagree about.
 *
 * A CR within a value or target needs no rule of its own: it is a control
 * character there.
 */
#include "http1/h1_strict.h"

#include <string.h>

#include "base/base_number.h"
#include "http/http_field.h"
#include "http/http_uri.h"

static const struct {
	int status;
	const char *section;
	const char *text;
} faults[H1_FAULT_COUNT] = {
#define H1_FAULT(name, status, section, text) \
	[H1_FAULT_##name] = { status, section, text },
#include "http1/h1_fault.tbl"
#undef H1_FAULT
};

int
h1_fault_status(enum h1_fault fault)
{
	return faults[fault].status;
}

const char *
h1_fault_section(enum h1_fault fault)
{
	return faults[fault].section;
}

const char *
h1_fault_text(enum h1_fault fault)
{
	return faults[fault].text;
}

/* ---- the request line ---- */

enum {
	IN_PATH = 1,
	IN_QUERY = 2,
	HEX = 4
};

/*
 * RFC 3986, 3.3 and 3.4; and the few bytes more that browsers send as they
 * are (WHATWG URL, the path and the query percent-encode set).  Those are
 * no delimiters to anybody.
 */
/* clang-format off */
static const uint8_t target_bytes[256] = {
	['G' ... 'Z'] = IN_PATH | IN_QUERY, ['g' ... 'z'] = IN_PATH | IN_QUERY,
	['0' ... '9'] = IN_PATH | IN_QUERY | HEX,
	['A' ... 'F'] = IN_PATH | IN_QUERY | HEX,
	['a' ... 'f'] = IN_PATH | IN_QUERY | HEX,
	['-'] = IN_PATH | IN_QUERY, ['.'] = IN_PATH | IN_QUERY,
	['_'] = IN_PATH | IN_QUERY, ['~'] = IN_PATH | IN_QUERY,
	['!'] = IN_PATH | IN_QUERY, ['$'] = IN_PATH | IN_QUERY,
	['&'] = IN_PATH | IN_QUERY, ['\''] = IN_PATH | IN_QUERY,
	['('] = IN_PATH | IN_QUERY, [')'] = IN_PATH | IN_QUERY,
	['*'] = IN_PATH | IN_QUERY, ['+'] = IN_PATH | IN_QUERY,
	[','] = IN_PATH | IN_QUERY, [';'] = IN_PATH | IN_QUERY,
	['='] = IN_PATH | IN_QUERY, [':'] = IN_PATH | IN_QUERY,
	['@'] = IN_PATH | IN_QUERY, ['/'] = IN_PATH | IN_QUERY,
	['%'] = IN_PATH | IN_QUERY, ['?'] = IN_QUERY,
	['['] = IN_PATH | IN_QUERY, [']'] = IN_PATH | IN_QUERY,
	['|'] = IN_PATH | IN_QUERY, ['^'] = IN_PATH | IN_QUERY,
	['`'] = IN_QUERY, ['{'] = IN_QUERY, ['}'] = IN_QUERY,
	['\\'] = IN_QUERY,
};
/* clang-format on */

static bool
is_of(char byte, unsigned class)
{
	return (target_bytes[(unsigned char)byte] & class) != 0;
}

/* RFC 3986, 2.1: what follows a percent sign. */
static bool
is_escape(const char *cursor, const char *end)
{
	return end - cursor > 2 && is_of(cursor[1], HEX) &&
	    is_of(cursor[2], HEX);
}

static bool
is_target(const char *cursor, const char *end)
{
	unsigned class = IN_PATH;

	for (; cursor < end; cursor++) {
		if (*cursor == '?')
			class = IN_QUERY;
		if (!is_of(*cursor, class))
			return false;
		if (*cursor == '%' && !is_escape(cursor, end))
			return false;
	}
	return true;
}

/* RFC 9112, 3.2.  http_uri_parse does what is left: scheme and authority of
 * the absolute form, and what a path may resolve to. */
static enum h1_fault
check_target(const char *head, const struct h1_line *line)
{
	const char *target = head + line->target.offset;
	size_t size = line->target.size;

	if (!is_target(target, target + size))
		return H1_FAULT_TARGET;
	if (size == 1 && target[0] == '*' &&
	    (line->method.size != strlen("OPTIONS") ||
		memcmp(head + line->method.offset, "OPTIONS",
		    line->method.size) != 0))
		return H1_FAULT_TARGET_ASTERISK;
	return H1_FAULT_NONE;
}

/* HTTP/0.9 had a path only; any other line of two words is just wrong. */
static enum h1_fault
judge_version_missing(const char *head, const struct h1_line *line)
{
	const char *target = head + line->target.offset;

	return target[0] == '/' &&
		is_target(target, target + line->target.size) ?
	    H1_FAULT_VERSION_MISSING :
	    H1_FAULT_REQUEST_LINE;
}

#define VERSION_SIZE strlen("HTTP/1.1")

/* RFC 9112, 2.3; upper-case. */
static enum h1_fault
read_version(const char *text, size_t size, unsigned *version_r)
{
	if (memchr(text, ' ', size) != NULL)
		return H1_FAULT_REQUEST_LINE;
	if (size != VERSION_SIZE || memcmp(text, "HTTP/", 5) != 0 ||
	    text[5] < '0' || text[5] > '9' || text[6] != '.' || text[7] < '0' ||
	    text[7] > '9')
		return H1_FAULT_VERSION_SYNTAX;
	if (text[5] != '1' || text[7] > '1')
		return H1_FAULT_VERSION_UNSUPPORTED;
	*version_r = 0x0100u + (unsigned)(text[7] - '0');
	return H1_FAULT_NONE;
}

static bool
is_connect(const char *method, size_t size)
{
	return size == strlen("CONNECT") &&
	    memcmp(method, "CONNECT", size) == 0;
}

/* RFC 9110, 9.3.6: its target is a host and a port, of which neither may be
 * missing. */
static enum h1_fault
judge_connect(const char *head, const struct h1_line *line)
{
	const char *target = head + line->target.offset;
	size_t size = line->target.size;
	bool has_port = memchr(target, ':', size) != NULL &&
	    target[size - 1] >= '0' && target[size - 1] <= '9';

	return has_port && http_uri_is_authority(target, size) ?
	    H1_FAULT_CONNECT :
	    H1_FAULT_TARGET;
}

/* The part up to the next space, or to end; at end there is no space. */
static struct h1_span
read_word(const char *head, size_t begin, size_t end)
{
	const char *space = memchr(head + begin, ' ', end - begin);
	size_t behind = space != NULL ? (size_t)(space - head) : end;

	return (struct h1_span) {
		.offset = (uint32_t)begin,
		.size = (uint32_t)(behind - begin),
	};
}

enum h1_fault
h1_strict_begin(const char *head, size_t begin, size_t end)
{
	struct h1_span method = read_word(head, begin, end);

	if (method.size == end - begin && end > begin && head[end - 1] == '\r')
		method.size--;
	if (!http_token_is_valid(head + begin, method.size))
		return H1_FAULT_METHOD_SYNTAX;
	return H1_FAULT_NONE;
}

/* RFC 9112, 3: 501 if the method alone is longer than any we know. */
enum h1_fault
h1_strict_long_line(const char *head, size_t begin, size_t end)
{
	enum h1_fault fault = h1_strict_begin(head, begin, end);

	if (fault != H1_FAULT_NONE)
		return fault;
	return memchr(head + begin, ' ', end - begin) == NULL ?
	    H1_FAULT_METHOD_TOO_LONG :
	    H1_FAULT_LINE_TOO_LONG;
}

enum h1_fault
h1_strict_line(
    const char *head, size_t begin, size_t end, struct h1_line *line_r)
{
	enum h1_fault fault;
	size_t next;

	if (end == begin || head[end - 1] != '\r')
		return H1_FAULT_BARE_LF;
	end--;
	line_r->method = read_word(head, begin, end);
	if (!http_token_is_valid(head + begin, line_r->method.size))
		return H1_FAULT_METHOD_SYNTAX;
	next = begin + line_r->method.size + 1;
	if (next >= end)
		return H1_FAULT_REQUEST_LINE;
	line_r->target = read_word(head, next, end);
	if (line_r->target.size == 0)
		return H1_FAULT_REQUEST_LINE;
	next += line_r->target.size + 1;
	if (next > end)
		return judge_version_missing(head, line_r);
	fault = read_version(head + next, end - next, &line_r->version);
	if (fault != H1_FAULT_NONE)
		return fault;
	if (is_connect(head + begin, line_r->method.size))
		return judge_connect(head, line_r);
	return check_target(head, line_r);
}

/* ---- field lines ---- */

static bool
is_white(char byte)
{
	return byte == ' ' || byte == '\t';
}

/* What is wrong with a name that is no token. */
static enum h1_fault
judge_name(const char *name, size_t size, bool is_first)
{
	if (size > 0 && is_white(name[0]))
		return is_first ? H1_FAULT_LEADING_SPACE :
				  H1_FAULT_FIELD_FOLDED;
	while (size > 0 && is_white(name[size - 1]))
		size--;
	return http_token_is_valid(name, size) ? H1_FAULT_FIELD_COLON :
						 H1_FAULT_FIELD_NAME;
}

/* What is wrong where CR LF should stand. */
static enum h1_fault
judge_line_end(const char *head, size_t at, size_t end)
{
	if (at >= end)
		return H1_FAULT_PARSER;
	if (head[at] == '\n')
		return H1_FAULT_BARE_LF;
	return head[at] == '\r' ? H1_FAULT_BARE_CR : H1_FAULT_PARSER;
}

static bool
is_line_end(const char *head, size_t at, size_t end)
{
	return at + 2 <= end && head[at] == '\r' && head[at + 1] == '\n';
}

/* The value behind the colon at colon; its span is http-parser's claim. */
static enum h1_fault
check_value(const char *head, size_t colon, size_t end, struct h1_span *value)
{
	size_t begin = colon + 1, behind;

	while (begin < end && is_white(head[begin]))
		begin++;
	if (value->size == 0)
		value->offset = (uint32_t)begin;
	if (value->offset != begin)
		return H1_FAULT_FIELD_FOLDED;
	behind = begin + value->size;
	if (!is_line_end(head, behind, end))
		return judge_line_end(head, behind, end);
	if (!http_value_is_valid(head + begin, value->size))
		return H1_FAULT_FIELD_VALUE;
	while (behind > begin && is_white(head[behind - 1]))
		behind--;
	value->size = (uint32_t)(behind - begin);
	return H1_FAULT_NONE;
}

/* Behind the CR LF of the line in which value stands. */
static size_t
skip_line(const char *head, const struct h1_span *value)
{
	size_t at = value->offset + value->size;

	while (is_white(head[at]))
		at++;
	return at + 2;
}

enum h1_fault
h1_strict_fields(const char *head, size_t begin, size_t end,
    struct h1_field *fields, size_t count)
{
	size_t at = begin, i;

	for (i = 0; i < count; i++) {
		struct h1_span *name = &fields[i].name;
		enum h1_fault fault;
		size_t colon;

		if (name->offset != at)
			return H1_FAULT_PARSER;
		if (!http_token_is_valid(head + at, name->size))
			return judge_name(head + at, name->size, i == 0);
		colon = at + name->size;
		if (head[colon] != ':')
			return judge_name(head + at, name->size + 1, i == 0);
		fault = check_value(head, colon, end, &fields[i].value);
		if (fault != H1_FAULT_NONE)
			return fault;
		at = skip_line(head, &fields[i].value);
	}
	if (!is_line_end(head, at, end))
		return judge_line_end(head, at, end);
	return at + 2 == end ? H1_FAULT_NONE : H1_FAULT_PARSER;
}

/* ---- what the fields mean ---- */

/* What has been seen so far. */
struct reading {
	struct h1_framing *framing;
	int index; /* of the field */
	bool has_length;
	bool has_coding, ends_chunked, has_unknown_coding;
	bool says_close, says_keep_alive;
};

static enum h1_fault
read_host(struct reading *reading, struct cohort_str value)
{
	if (reading->framing->host != -1)
		return H1_FAULT_HOST_REPEATED;
	reading->framing->host = reading->index;
	/* Empty: the default host (RFC 9112, 3.3). */
	if (value.size > 0 && !http_uri_is_authority(value.data, value.size))
		return H1_FAULT_HOST_SYNTAX;
	return H1_FAULT_NONE;
}

static enum h1_fault
read_length(struct reading *reading, struct cohort_str value)
{
	uint64_t size;

	if (reading->has_length)
		return H1_FAULT_LENGTH_REPEATED;
	reading->has_length = true;
	if (number_parse_bytes(value.data, value.size, INT64_MAX, &size) == -1)
		return H1_FAULT_LENGTH_SYNTAX;
	reading->framing->body_size = (int64_t)size;
	return H1_FAULT_NONE;
}

/* One transfer coding, perhaps with parameters (RFC 9112, 7). */
static enum h1_fault
read_coding(struct reading *reading, struct cohort_str coding)
{
	size_t size = 0;

	while (size < coding.size && coding.data[size] != ';' &&
	    !is_white(coding.data[size]))
		size++;
	if (!http_token_is_valid(coding.data, size))
		return H1_FAULT_CODING_SYNTAX;
	if (!http_name_equals(coding.data, size, "chunked")) {
		reading->has_unknown_coding = true;
		reading->ends_chunked = false;
		return H1_FAULT_NONE;
	}
	if (size != coding.size)
		return H1_FAULT_CODING_SYNTAX;
	if (reading->framing->body_size == -1)
		return H1_FAULT_CODING_REPEATED;
	reading->framing->body_size = -1;
	reading->ends_chunked = true;
	return H1_FAULT_NONE;
}

static enum h1_fault
read_codings(struct reading *reading, struct cohort_str value)
{
	struct cohort_str coding;
	enum h1_fault fault;

	if (reading->has_length)
		return H1_FAULT_LENGTH_AND_CODING;
	reading->has_coding = true;
	while (http_list_next(&value, &coding)) {
		fault = read_coding(reading, coding);
		if (fault != H1_FAULT_NONE)
			return fault;
	}
	return H1_FAULT_NONE;
}

/* RFC 9110, 7.6.1: a list; options that we do not know are ignored. */
static enum h1_fault
read_connection(struct reading *reading, struct cohort_str value)
{
	struct cohort_str option;

	while (http_list_next(&value, &option)) {
		if (http_name_equals(option.data, option.size, "close"))
			reading->says_close = true;
		if (http_name_equals(option.data, option.size, "keep-alive"))
			reading->says_keep_alive = true;
	}
	return H1_FAULT_NONE;
}

static enum h1_fault
read_expect(struct reading *reading, struct cohort_str value)
{
	struct cohort_str expectation;

	while (http_list_next(&value, &expectation)) {
		if (!http_name_equals(
			expectation.data, expectation.size, "100-continue"))
			return H1_FAULT_EXPECTATION;
		reading->framing->expects_continue = true;
	}
	return H1_FAULT_NONE;
}

/* By size of the name, as no two of them are equally long. */
#define READER(name, function) [sizeof(name) - 1] = { name, function }

static const struct {
	const char *name;
	enum h1_fault (*read)(struct reading *reading, struct cohort_str value);
} readers[] = {
	READER("host", read_host),
	READER("expect", read_expect),
	READER("connection", read_connection),
	READER("content-length", read_length),
	READER("transfer-encoding", read_codings),
};

static enum h1_fault
read_field(
    struct reading *reading, const char *head, const struct h1_field *field)
{
	size_t size = field->name.size;
	struct cohort_str value = {
		head + field->value.offset,
		field->value.size,
	};

	if (size >= sizeof(readers) / sizeof(*readers) ||
	    readers[size].name == NULL ||
	    !http_name_equals(
		head + field->name.offset, size, readers[size].name))
		return H1_FAULT_NONE;
	return readers[size].read(reading, value);
}

/* RFC 9112, 6.1 and 6.3. */
static enum h1_fault
conclude_coding(const struct reading *reading, unsigned version)
{
	if (reading->has_length)
		return H1_FAULT_LENGTH_AND_CODING;
	if (version < 0x0101)
		return H1_FAULT_CODING_IN_1_0;
	if (!reading->ends_chunked)
		return H1_FAULT_CODING_NOT_FINAL;
	if (reading->has_unknown_coding)
		return H1_FAULT_CODING_UNKNOWN;
	return H1_FAULT_NONE;
}

enum h1_fault
h1_strict_framing(const char *head, const struct h1_line *line,
    const struct h1_field *fields, size_t count, struct h1_framing *framing_r)
{
	struct reading reading = { .framing = framing_r };
	bool is_1_1 = line->version >= 0x0101;
	size_t i;

	*framing_r = (struct h1_framing) { .host = -1 };
	for (i = 0; i < count; i++) {
		enum h1_fault fault;

		reading.index = (int)i;
		fault = read_field(&reading, head, &fields[i]);
		if (fault != H1_FAULT_NONE)
			return fault;
	}
	if (is_1_1 && framing_r->host == -1)
		return H1_FAULT_HOST_MISSING;
	framing_r->is_persistent =
	    !reading.says_close && (is_1_1 || reading.says_keep_alive);
	/* RFC 9110, 10.1.1: ignored in 1.0 and without content. */
	if (!is_1_1 || framing_r->body_size == 0)
		framing_r->expects_continue = false;
	return reading.has_coding ? conclude_coding(&reading, line->version) :
				    H1_FAULT_NONE;
}
