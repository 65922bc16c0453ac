/* SPDX-License-Identifier: ISC */
/*
 * A line is read forward, once: the name ends at the first byte that is no
 * tchar, the value at the first control character.  So there is no octet in
 * a line that was accepted of which two readers could think differently:
 * a CR that is not followed by LF, a LF alone and a NUL are control
 * characters, white space is no tchar, and folding begins with white space.
 * Which rule a line broke is looked for only once it broke one.
 */
#include "http1/h1_field.h"

#include <string.h>

#include "base/base_rare.h"
#include "http/http_field.h"

/* Behind the colon, where nearly all lines have one space. */
static const char *
skip_white(const char *at, const char *end)
{
	at += *at == ' ';
	while (at < end && http_is_white(*at))
		at++;
	return at;
}

/* A colon, a CR and a LF have room there, and the first is a colon. */
static bool
is_at_colon(const char *at, const char *end)
{
	return end - at >= 3 && *at == ':';
}

/* The name's end, of which those before at are tchar; or NULL. */
static RARE const char *
find_colon(const char *name, const char *at, const char *end)
{
	at = name +
	    http_token_size_from(
		name, (size_t)(end - name), (size_t)(at - name));
	return is_at_colon(at, end) ? at : NULL;
}

size_t
h1_field_read(
    const char *head, size_t begin, size_t end, struct h1_field *field_r)
{
	const char *name = head + begin, *stop = head + end, *value, *at;

	at = name + http_plain_name_size(name, end - begin);
	if (!is_at_colon(at, stop) && (at = find_colon(name, at, stop)) == NULL)
		return 0;
	if (at == name)
		return 0;
	field_r->name = h1_span(begin, (size_t)(at - head));
	value = skip_white(at + 1, stop);
	at = value + http_value_size(value, (size_t)(stop - value));
	if (stop - at < 2 || memcmp(at, "\r\n", 2) != 0)
		return 0;
	end = (size_t)(at - head);
	while (at > value && http_is_white(at[-1]))
		at--;
	field_r->value = h1_span((size_t)(value - head), (size_t)(at - head));
	return end + 2;
}

/* What is wrong with the control character that ends name or value; fault if
 * it is the line's end. */
static enum h1_fault
judge_control(const char *head, size_t at, size_t end, enum h1_fault fault)
{
	if (head[at] == '\n')
		return H1_FAULT_BARE_LF;
	if (head[at] != '\r')
		return H1_FAULT_FIELD_VALUE;
	if (at + 1 == end)
		return H1_FAULT_NONE;
	return head[at + 1] == '\n' ? fault : H1_FAULT_BARE_CR;
}

static enum h1_fault
judge_value(const char *head, size_t begin, size_t end)
{
	size_t at = begin + http_value_size(head + begin, end - begin);

	return at == end ? H1_FAULT_NONE :
			   judge_control(head, at, end, H1_FAULT_NONE);
}

/* What stands behind a name, which may be none, instead of a colon. */
static enum h1_fault
judge_name_end(const char *head, size_t at, size_t end)
{
	if (head[at] == '\r' || head[at] == '\n')
		return judge_control(head, at, end, H1_FAULT_FIELD_NO_COLON);
	while (at < end && http_is_white(head[at]))
		at++;
	if (at == end)
		return H1_FAULT_NONE;
	return head[at] == ':' ? H1_FAULT_FIELD_COLON : H1_FAULT_FIELD_NAME;
}

enum h1_fault
h1_field_judge(const char *head, size_t begin, size_t end, bool is_first)
{
	size_t at = begin + http_token_size(head + begin, end - begin);

	if (at == end)
		return H1_FAULT_NONE;
	if (at == begin && http_is_white(head[at]))
		return is_first ? H1_FAULT_LEADING_SPACE :
				  H1_FAULT_FIELD_FOLDED;
	if (at == begin && head[at] == ':')
		return H1_FAULT_FIELD_NAME;
	return head[at] == ':' ? judge_value(head, at, end) :
				 judge_name_end(head, at, end);
}
