/* SPDX-License-Identifier: ISC */
/*
 * A CR within a target or version needs no rule of its own: it is no byte of
 * theirs.
 */
#include "http1/h1_line.h"

#include <stdbool.h>
#include <string.h>

#include "base/base_rare.h"
#include "http/http_field.h"
#include "http/http_lanes.h"
#include "http/http_uri.h"

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
	['?'] = IN_QUERY,
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
is_escape(const char *digits)
{
	return is_of(digits[0], HEX) && is_of(digits[1], HEX);
}

/* Nearly all targets consist of these, in path and query. */
static http_lanes
ends_plain_target(http_lanes bytes)
{
	/* Of one range: - . / 0 to 9 : ; */
	return ~(http_lanes_letters(bytes) |
	    (http_lanes)(bytes - '-' < ';' - '-' + 1) |
	    (http_lanes)(bytes == '_') | (http_lanes)(bytes == '&') |
	    (http_lanes)(bytes == '='));
}

/*
 * Up to the first byte that no target has there, at the latest the CR, which
 * stands at end.
 */
static size_t
target_end(const char *head, size_t at, size_t end)
{
	unsigned class = IN_PATH;

	for (;;) {
		at += http_lanes_span(
		    head + at, end + strlen("\r\n") - at, ends_plain_target);
		if (head[at] == ' ')
			return at;
		if (is_of(head[at], class)) {
			at++;
		} else if (head[at] == '%' && is_escape(head + at + 1)) {
			at += 3;
		} else if (head[at] == '?' && class == IN_PATH) {
			class = IN_QUERY;
			at++;
		} else {
			return at;
		}
	}
}

/* RFC 9112, 3.2.4 */
static bool
is_misplaced_asterisk(const char *head, const struct h1_line *line)
{
	return line->target.size == 1 && head[line->target.offset] == '*' &&
	    (line->method.size != strlen("OPTIONS") ||
		memcmp(head + line->method.offset, "OPTIONS",
		    line->method.size) != 0);
}

/* HTTP/0.9 had a path only; any other line of two words is just wrong. */
static COLD enum h1_fault
judge_version_missing(
    const char *head, const struct h1_line *line, bool is_valid)
{
	return head[line->target.offset] == '/' && is_valid ?
	    H1_FAULT_VERSION_MISSING :
	    H1_FAULT_REQUEST_LINE;
}

#define VERSION_SIZE strlen("HTTP/1.1")

static COLD enum h1_fault
judge_version(const char *text, size_t size)
{
	if (size == VERSION_SIZE && memcmp(text, "HTTP/", 5) == 0 &&
	    text[5] >= '0' && text[5] <= '9' && text[6] == '.' &&
	    text[7] >= '0' && text[7] <= '9')
		return H1_FAULT_VERSION_UNSUPPORTED;
	return memchr(text, ' ', size) != NULL ? H1_FAULT_REQUEST_LINE :
						 H1_FAULT_VERSION_SYNTAX;
}

/* RFC 9112, 2.3; upper-case. */
static enum h1_fault
read_version(const char *text, size_t size, unsigned *version_r)
{
	if (size != VERSION_SIZE || memcmp(text, "HTTP/1.", 7) != 0 ||
	    (text[7] != '0' && text[7] != '1'))
		return judge_version(text, size);
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
static COLD enum h1_fault
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

/* The next space, or end. */
static size_t
word_end(const char *head, size_t begin, size_t end)
{
	const char *space = memchr(head + begin, ' ', end - begin);

	return space != NULL ? (size_t)(space - head) : end;
}

enum h1_fault
h1_line_begin(const char *head, size_t begin, size_t end)
{
	size_t behind = word_end(head, begin, end);

	if (behind == end && end > begin && head[end - 1] == '\r')
		behind--;
	if (!http_token_is_valid(head + begin, behind - begin))
		return H1_FAULT_METHOD_SYNTAX;
	return H1_FAULT_NONE;
}

/* RFC 9112, 3: 501 if the method alone is longer than any we know. */
enum h1_fault
h1_line_too_long(const char *head, size_t begin, size_t end)
{
	enum h1_fault fault = h1_line_begin(head, begin, end);

	if (fault != H1_FAULT_NONE)
		return fault;
	return word_end(head, begin, end) == end ? H1_FAULT_METHOD_TOO_LONG :
						   H1_FAULT_LINE_TOO_LONG;
}

static enum h1_fault
read_method(
    const char *head, size_t begin, size_t end, struct h1_span *method_r)
{
	size_t behind = begin + http_token_size(head + begin, end - begin);

	*method_r = h1_span(begin, behind);
	if (behind == begin || (behind < end && head[behind] != ' '))
		return H1_FAULT_METHOD_SYNTAX;
	return end - behind < 2 ? H1_FAULT_REQUEST_LINE : H1_FAULT_NONE;
}

/* A wrong version is said before a wrong target: who speaks another version
 * may well have other targets. */
static enum h1_fault
read_target_and_version(
    const char *head, size_t begin, size_t end, struct h1_line *line)
{
	size_t behind = target_end(head, begin, end);
	bool is_valid = head[behind] == ' ' || behind == end;
	enum h1_fault fault;

	if (!is_valid)
		behind = word_end(head, behind, end);
	line->target = h1_span(begin, behind);
	if (behind == begin)
		return H1_FAULT_REQUEST_LINE;
	if (behind == end)
		return judge_version_missing(head, line, is_valid);
	fault =
	    read_version(head + behind + 1, end - behind - 1, &line->version);
	if (fault != H1_FAULT_NONE)
		return fault;
	if (is_connect(head + line->method.offset, line->method.size))
		return judge_connect(head, line);
	return is_valid ? H1_FAULT_NONE : H1_FAULT_TARGET;
}

/* Before the LF came it was judged by its method. */
static COLD enum h1_fault
judge_line_without_cr(const char *head, size_t begin, size_t end)
{
	enum h1_fault fault = H1_FAULT_NONE;

	if (end > begin)
		fault = h1_line_begin(head, begin, end);
	return fault != H1_FAULT_NONE ? fault : H1_FAULT_BARE_LF;
}

enum h1_fault
h1_line_read(const char *head, size_t begin, size_t end, struct h1_line *line_r)
{
	enum h1_fault fault;

	if (end == begin || head[end - 1] != '\r')
		return judge_line_without_cr(head, begin, end);
	end--;
	fault = read_method(head, begin, end, &line_r->method);
	if (fault != H1_FAULT_NONE)
		return fault;
	fault = read_target_and_version(
	    head, begin + line_r->method.size + 1, end, line_r);
	if (fault != H1_FAULT_NONE)
		return fault;
	return is_misplaced_asterisk(head, line_r) ? H1_FAULT_TARGET_ASTERISK :
						     H1_FAULT_NONE;
}
