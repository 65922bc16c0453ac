/* SPDX-License-Identifier: ISC */
/*
 * The walk from the end is made from the begin, in one pass without memory:
 * what it would end at is the last element that stops it, or the one behind
 * that.
 */
#include "http/http_forwarded.h"

#include <string.h>

#include "http/http_field.h"
#include "http/http_node.h"
#include "http/http_uri.h"

/* ---- bytes ---- */

/* The next element between commas, without white space around it. */
static bool
next_element(struct cohort_str *cursor, struct cohort_str *element_r)
{
	const char *begin = cursor->data, *end, *comma;

	if (cursor->size == 0)
		return false;
	end = begin + cursor->size;
	comma = memchr(begin, ',', (size_t)(end - begin));
	cursor->data = comma == NULL ? end : comma + 1;
	cursor->size = (size_t)(end - cursor->data);
	if (comma != NULL)
		end = comma;
	while (begin < end && http_is_white(*begin))
		begin++;
	while (begin < end && http_is_white(end[-1]))
		end--;
	*element_r = (struct cohort_str) { begin, (size_t)(end - begin) };
	return true;
}

/* ---- scheme and host ---- */

static void
read_scheme(struct cohort_str text, struct http_forwarded *forwarded)
{
	forwarded->scheme = NULL;
	if (http_name_equals(text.data, text.size, "http"))
		forwarded->scheme = "http";
	else if (http_name_equals(text.data, text.size, "https"))
		forwarded->scheme = "https";
}

static void
read_host(struct cohort_str text, struct http_forwarded *forwarded)
{
	forwarded->host[0] = '\0';
	if (text.size >= sizeof(forwarded->host) ||
	    !http_uri_is_authority(text.data, text.size))
		return;
	memcpy(forwarded->host, text.data, text.size);
	forwarded->host[text.size] = '\0';
}

/* ---- elements of Forwarded: RFC 7239, section 4 ---- */

/* A value without its quotes. */
struct value {
	char text[HTTP_FORWARDED_TEXT_SIZE];
	size_t size; /* also of what text has no room for */
};

static void
append(struct value *value, char byte)
{
	if (value->size < sizeof(value->text))
		value->text[value->size] = byte;
	value->size++;
}

/* RFC 9110, 5.6.4: from its first quote on; what is behind it, or NULL. */
static const char *
read_quoted(const char *cursor, const char *end, struct value *value)
{
	for (cursor++; cursor < end && *cursor != '"'; cursor++) {
		if (*cursor == '\\' && ++cursor == end)
			return NULL;
		append(value, *cursor);
	}
	return cursor == end ? NULL : cursor + 1;
}

static const char *
skip_token(const char *cursor, const char *end)
{
	while (cursor < end && http_token_is_valid(cursor, 1))
		cursor++;
	return cursor;
}

static const char *
read_value(const char *cursor, const char *end, struct value *value)
{
	const char *begin = cursor;

	value->size = 0;
	if (cursor < end && *cursor == '"')
		return read_quoted(cursor, end, value);
	for (end = skip_token(cursor, end); cursor < end; cursor++)
		append(value, *cursor);
	return end == begin ? NULL : end;
}

/* What an element has said so far; each parameter stands once (4). */
struct element {
	enum http_node meaning;
	bool has_for, has_proto, has_host, has_by;
	struct http_forwarded *forwarded;
};

static bool
note(bool *has)
{
	bool is_first = !*has;

	*has = true;
	return is_first;
}

static bool
take_pair(
    struct element *element, struct cohort_str name, const struct value *value)
{
	struct cohort_str text = { value->text, value->size };

	if (text.size > sizeof(value->text))
		text.size = 0;
	if (http_name_equals(name.data, name.size, "for")) {
		element->meaning = http_node_read(text,
		    &element->forwarded->client, &element->forwarded->port);
		return note(&element->has_for) &&
		    element->meaning != HTTP_NODE_WRONG;
	}
	if (http_name_equals(name.data, name.size, "proto")) {
		read_scheme(text, element->forwarded);
		return note(&element->has_proto);
	}
	if (http_name_equals(name.data, name.size, "host")) {
		read_host(text, element->forwarded);
		return note(&element->has_host);
	}
	return !http_name_equals(name.data, name.size, "by") ||
	    note(&element->has_by);
}

/* "NAME=VALUE"; what is behind it, or NULL. */
static const char *
read_pair(const char *cursor, const char *end, struct element *element)
{
	const char *behind = skip_token(cursor, end);
	struct cohort_str name = { cursor, (size_t)(behind - cursor) };
	struct value value;

	if (name.size == 0 || behind == end || *behind != '=')
		return NULL;
	cursor = read_value(behind + 1, end, &value);
	if (cursor == NULL || !take_pair(element, name, &value))
		return NULL;
	return cursor;
}

/* Pairs with semicolons between; a pair may be empty. */
static enum http_node
read_forwarded(struct cohort_str text, struct http_forwarded *forwarded)
{
	const char *cursor = text.data, *end = cursor + text.size;
	struct element element = {
		.meaning = HTTP_NODE_NOBODY,
		.forwarded = forwarded,
	};

	if (!http_value_is_valid(text.data, text.size))
		return HTTP_NODE_WRONG;
	for (;;) {
		if (cursor < end && *cursor != ';')
			cursor = read_pair(cursor, end, &element);
		if (cursor == NULL || (cursor < end && *cursor != ';'))
			return HTTP_NODE_WRONG;
		if (cursor == end)
			return element.meaning;
		cursor++;
	}
}

/* ---- the walk ---- */

static void
clear(struct http_forwarded *forwarded)
{
	forwarded->client = (struct network_address) { NETWORK_NONE };
	forwarded->port = 0;
	forwarded->scheme = NULL;
	forwarded->host[0] = '\0';
}

/* What stands is forgotten when an element behind it stops the walk; one
 * that names a trusted proxy leads it on, to what names somebody. */
static void
pass(const struct http_forwarding *forwarding, struct cohort_str text,
    struct http_forwarded *standing)
{
	struct http_forwarded passed;
	enum http_node meaning;

	clear(&passed);
	meaning = forwarding->is_forwarded ?
	    read_forwarded(text, &passed) :
	    http_node_read_bare(text, &passed.client, &passed.port);
	if (meaning == HTTP_NODE_WRONG)
		clear(standing);
	else if (meaning == HTTP_NODE_NOBODY ||
	    standing->client.family == NETWORK_NONE ||
	    !network_list_has(&forwarding->trusted, &passed.client))
		*standing = passed;
}

/* The elements of all lines of a field, in order. */
struct elements {
	const char *name;
	const struct cohort_pair *fields;
	size_t count, next;       /* fields, and the first not looked at */
	struct cohort_str cursor; /* rest of the line before that */
};

static bool
next_of_field(struct elements *elements, struct cohort_str *element_r)
{
	int found;

	for (;;) {
		while (next_element(&elements->cursor, element_r))
			if (element_r->size > 0)
				return true;
		found = http_field_find(elements->fields, elements->count,
		    elements->name, elements->next);
		if (found == -1)
			return false;
		elements->cursor = elements->fields[found].value;
		elements->next = (size_t)found + 1;
	}
}

static void
walk(const struct http_forwarding *forwarding, struct elements elements,
    struct http_forwarded *forwarded)
{
	struct cohort_str element;

	while (next_of_field(&elements, &element))
		pass(forwarding, element, forwarded);
}

/* Empty if there is none. */
static struct cohort_str
last_of(struct elements elements)
{
	struct cohort_str last = { "", 0 }, element;

	while (next_of_field(&elements, &element))
		last = element;
	return last;
}

void
http_forwarded_read(const struct http_forwarding *forwarding,
    const struct cohort_pair *fields, size_t count,
    struct http_forwarded *forwarded_r)
{
	struct elements elements = { .fields = fields, .count = count };

	clear(forwarded_r);
	if (forwarding->is_forwarded) {
		elements.name = "forwarded";
		walk(forwarding, elements, forwarded_r);
		return;
	}
	elements.name = "x-forwarded-for";
	walk(forwarding, elements, forwarded_r);
	elements.name = "x-forwarded-proto";
	read_scheme(last_of(elements), forwarded_r);
	elements.name = "x-forwarded-host";
	read_host(last_of(elements), forwarded_r);
}

static const struct http_peer *
make_peer(const struct http_forwarded *forwarded, struct arena *arena)
{
	struct http_peer *peer = arena_alloc_raw(arena, sizeof(*peer));

	peer->address = forwarded->client;
	peer->port = forwarded->port;
	return peer;
}

void
http_forwarded_apply(const struct http_forwarding *forwarding,
    struct http_request *request, struct arena *arena)
{
	struct http_forwarded forwarded;

	http_forwarded_read(
	    forwarding, request->fields, request->field_count, &forwarded);
	if (forwarded.client.family != NETWORK_NONE)
		request->peer = make_peer(&forwarded, arena);
	if (forwarded.scheme != NULL)
		request->scheme = forwarded.scheme;
	if (forwarded.host[0] != '\0')
		request->host =
		    arena_copy(arena, forwarded.host, strlen(forwarded.host));
}
