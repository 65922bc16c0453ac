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

#include "http/http_field.h"

size_t
h1_field_read(
    const char *head, size_t begin, size_t end, struct h1_field *field_r)
{
	size_t at = begin + http_token_size(head + begin, end - begin);
	size_t value, behind;

	if (at == begin || at == end || head[at] != ':')
		return 0;
	field_r->name = h1_span(begin, at++);
	while (at < end && http_is_white(head[at]))
		at++;
	value = at;
	at += http_value_size(head + at, end - at);
	if (end - at < 2 || head[at] != '\r' || head[at + 1] != '\n')
		return 0;
	behind = at + 2;
	while (at > value && http_is_white(head[at - 1]))
		at--;
	field_r->value = h1_span(value, at);
	return behind;
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
