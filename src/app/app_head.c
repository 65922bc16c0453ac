/* SPDX-License-Identifier: ISC */
/*
 * Getters of a request.  What has to be decoded, or needs a NUL, is made at
 * first use and kept; whoever asks for nothing pays nothing.
 */
#include <string.h>

#include "app/app_cookie.h"
#include "app/app_request.h"
#include "http/http_field.h"

#define PAIRS_MAX 1024

static bool
may_read(const struct cohort_request *request, const char *function)
{
	return app_request_may(request, APP_MAY_READ_HEAD, function);
}

/* Guards have a const request; what was decoded may be kept all the same. */
static struct cohort_request *
own(const struct cohort_request *request)
{
	return request->exchange->state;
}

static const struct http_request *
head_of(const struct cohort_request *request)
{
	return &request->exchange->request;
}

const char *
cohort_method(const struct cohort_request *request)
{
	if (!may_read(request, __func__))
		return "";
	return head_of(request)->method_name;
}

const char *
cohort_path(const struct cohort_request *request)
{
	if (!may_read(request, __func__))
		return "";
	return head_of(request)->uri.path.data;
}

/* The path up to the end of the segment that is the count'th. */
static const char *
begin_of_path(const struct cohort_request *request, size_t count)
{
	const struct http_uri *uri = &head_of(request)->uri;
	const struct http_segment *last;

	if (count > uri->segment_count)
		count = uri->segment_count;
	if (count == 0)
		return "";
	last = &uri->segments[count - 1];
	return arena_copy(&request->exchange->arena, uri->path.data,
	    last->offset + last->size);
}

const char *
cohort_mount(const struct cohort_request *request)
{
	const struct cohort_app *scope;

	if (!may_read(request, __func__))
		return "";
	scope = request->scope;
	if (request->mount == NULL && scope != NULL)
		own(request)->mount =
		    begin_of_path(request, scope->prefix_segments);
	return request->mount == NULL ? "" : request->mount;
}

struct cohort_str
cohort_target(const struct cohort_request *request)
{
	if (!may_read(request, __func__))
		return (struct cohort_str) { "", 0 };
	return head_of(request)->target;
}

const char *
cohort_scheme(const struct cohort_request *request)
{
	if (!may_read(request, __func__))
		return "";
	return head_of(request)->scheme;
}

const char *
cohort_host(const struct cohort_request *request)
{
	if (!may_read(request, __func__))
		return NULL;
	return head_of(request)->host;
}

static const char *
text_of_peer(const struct cohort_request *request)
{
	char text[NETWORK_TEXT_SIZE];

	network_address_format(&head_of(request)->peer->address, text);
	return arena_copy(&request->exchange->arena, text, strlen(text));
}

const char *
cohort_peer(const struct cohort_request *request)
{
	if (!may_read(request, __func__))
		return "";
	if (request->peer == NULL)
		own(request)->peer = text_of_peer(request);
	return request->peer;
}

int
cohort_peer_port(const struct cohort_request *request)
{
	if (!may_read(request, __func__))
		return 0;
	return head_of(request)->peer->port;
}

const char *
cohort_request_id(const struct cohort_request *request)
{
	if (!may_read(request, __func__))
		return "";
	if (!request->has_id) {
		http_exchange_id(request->exchange, own(request)->id);
		own(request)->has_id = true;
	}
	return request->id;
}

int
cohort_version(const struct cohort_request *request)
{
	if (!may_read(request, __func__))
		return 0;
	return (int)head_of(request)->version;
}

/* ---- named values ---- */

static void
read_path(struct cohort_request *request, struct app_pairs *pairs)
{
	struct arena *arena = &request->exchange->arena;
	const struct cohort_route *route = request->route;
	struct cohort_pair *pair;
	size_t i;

	if (route == NULL || route->param_count == 0)
		return;
	pairs->count = route->param_count;
	pairs->pairs =
	    arena_alloc_raw(arena, pairs->count * sizeof(*pairs->pairs));
	for (i = 0; i < pairs->count; i++) {
		pair = &pairs->pairs[i];
		pair->name.data = route->param_names[i];
		pair->name.size = strlen(route->param_names[i]);
		pair->value.size = request->params[i].size;
		pair->value.data = arena_copy(
		    arena, request->params[i].data, pair->value.size);
	}
}

static size_t
count_query_pairs(struct cohort_str query)
{
	size_t count = 1, i;

	for (i = 0; i < query.size; i++)
		count += query.data[i] == '&';
	return count;
}

/* A query that does not fit is no reason to lose the worker. */
static void
read_query(struct cohort_request *request, struct app_pairs *pairs)
{
	struct cohort_str query = head_of(request)->uri.query;
	struct arena *arena = &request->exchange->arena;
	size_t count, most;

	if (query.data == NULL || query.size == 0)
		return;
	count = count_query_pairs(query);
	most = 2 * (query.size + count * (sizeof(*pairs->pairs) + 16));
	if (count > PAIRS_MAX || most > arena_left(arena) ||
	    http_uri_parse_query(
		arena, query, PAIRS_MAX, &pairs->pairs, &pairs->count) == -1) {
		log_warn("query of %zu parameters ignored: too large", count);
		pairs->count = 0;
	}
}

static void
read_cookies(struct cohort_request *request, struct app_pairs *pairs)
{
	const struct http_request *head = head_of(request);

	if (app_cookie_read(&request->exchange->arena, head->fields,
		head->field_count, PAIRS_MAX, &pairs->pairs,
		&pairs->count) == -1)
		log_warn("cookies ignored: too many");
}

static void
read_header(struct cohort_request *request, struct app_pairs *pairs)
{
	pairs->pairs = head_of(request)->fields;
	pairs->count = head_of(request)->field_count;
}

/* Fields are not decoded, so these pairs are not kept. */
static const struct {
	size_t offset; /* of the struct app_pairs; 0: none */
	void (*read)(struct cohort_request *request, struct app_pairs *pairs);
} parts[] = {
	[COHORT_PATH] = { offsetof(struct cohort_request, path_pairs),
	    read_path },
	[COHORT_QUERY] = { offsetof(struct cohort_request, query_pairs),
	    read_query },
	[COHORT_HEADER] = { 0, read_header },
	[COHORT_COOKIE] = { offsetof(struct cohort_request, cookie_pairs),
	    read_cookies },
};

static struct app_pairs
pairs_of(const struct cohort_request *request, enum cohort_part part)
{
	struct app_pairs fresh = { NULL, 0 }, *kept;

	if ((unsigned)part >= sizeof(parts) / sizeof(parts[0]) ||
	    parts[part].read == NULL)
		return fresh;
	if (parts[part].offset == 0) {
		parts[part].read(own(request), &fresh);
		return fresh;
	}
	kept = (void *)((char *)own(request) + parts[part].offset);
	if ((request->parts_read & 1u << part) == 0) {
		*kept = fresh;
		parts[part].read(own(request), kept);
		own(request)->parts_read |= 1u << part;
	}
	return *kept;
}

static bool
has_name(
    const struct cohort_pair *pair, const char *name, enum cohort_part part)
{
	if (part == COHORT_HEADER)
		return http_field_find(pair, 1, name, 0) == 0;
	return strlen(name) == pair->name.size &&
	    memcmp(name, pair->name.data, pair->name.size) == 0;
}

/* NULL for one that holds a NUL: no text stands for it. */
static const char *
text_of(struct cohort_str value)
{
	return memchr(value.data, '\0', value.size) == NULL ? value.data : NULL;
}

static const char *
find_value(const struct cohort_request *request, enum cohort_part part,
    const char *name, size_t index)
{
	struct app_pairs pairs = pairs_of(request, part);
	size_t i;

	for (i = 0; i < pairs.count; i++)
		if (has_name(&pairs.pairs[i], name, part) && index-- == 0)
			return text_of(pairs.pairs[i].value);
	return NULL;
}

const char *
cohort_path_param(const struct cohort_request *request, const char *name)
{
	if (!may_read(request, __func__))
		return NULL;
	return find_value(request, COHORT_PATH, name, 0);
}

const char *
cohort_query(const struct cohort_request *request, const char *name)
{
	if (!may_read(request, __func__))
		return NULL;
	return find_value(request, COHORT_QUERY, name, 0);
}

const char *
cohort_header(const struct cohort_request *request, const char *name)
{
	const struct http_request *head;
	int index;

	if (!may_read(request, __func__))
		return NULL;
	head = head_of(request);
	index = http_field_find(head->fields, head->field_count, name, 0);
	return index == -1 ? NULL : text_of(head->fields[index].value);
}

const char *
cohort_cookie(const struct cohort_request *request, const char *name)
{
	if (!may_read(request, __func__))
		return NULL;
	return find_value(request, COHORT_COOKIE, name, 0);
}

const char *
cohort_value(const struct cohort_request *request, enum cohort_part part,
    const char *name, size_t index)
{
	if (!may_read(request, __func__))
		return NULL;
	return find_value(request, part, name, index);
}

bool
cohort_item(const struct cohort_request *request, enum cohort_part part,
    size_t index, struct cohort_pair *pair_r)
{
	struct app_pairs pairs;

	if (!may_read(request, __func__))
		return false;
	pairs = pairs_of(request, part);
	if (index >= pairs.count)
		return false;
	*pair_r = pairs.pairs[index];
	return true;
}

/* ---- what is not of the head ---- */

struct cohort_str
cohort_body(const struct cohort_request *request)
{
	if (!app_request_may(request, APP_MAY_READ_BODY, __func__))
		return (struct cohort_str) { "", 0 };
	return app_body_bytes(&request->body);
}

void *
cohort_state(const struct cohort_request *request, const void *key)
{
	if (!may_read(request, __func__) || request->scope == NULL)
		return NULL;
	return app_scope_state(request->scope, key);
}
