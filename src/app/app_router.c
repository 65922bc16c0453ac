/* SPDX-License-Identifier: ISC */
/*
 * A match is one walk down the tree that takes every way that fits.  How many
 * candidates a site can have at most is known since it was built, so they are
 * written where they stay, and the walk reaches nothing but the arena.
 */
#include "app/app_router.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_private.h"
#include "app/app_tree.h"
#include "base/base_buffer.h"
#include "base/base_object.h"

#define HOST_SIZE_MAX 255 /* RFC 1035 section 2.3.4 */

/* A host with its mounts. */
struct site {
	const char *host;
	size_t size;
	struct app_node root;
	size_t most; /* candidates of any path */
};

struct app_router {
	unsigned magic;
#define APP_ROUTER_MAGIC 0xe36b08f2u
	struct site *sites; /* in order of the configuration */
	size_t site_count;
	const struct site *any; /* of host "*"; or NULL */
	size_t named_count;
};

static struct site *
site_of(struct app_router *router, const char *host)
{
	struct site *site;
	size_t i;

	for (i = 0; i < router->site_count; i++)
		if (strcmp(router->sites[i].host, host) == 0)
			return &router->sites[i];
	router->sites = memory_resize(
	    router->sites, router->site_count + 1, sizeof(*router->sites));
	site = &router->sites[router->site_count++];
	*site = (struct site) { .host = host, .size = strlen(host) };
	app_tree_init(&site->root);
	return site;
}

static void
collect(struct app_router *router, const struct app *app)
{
	struct list_link *link;
	const struct cohort_app *scope;
	const struct cohort_route *route;

	LIST_FOREACH (link, &app->scopes) {
		scope = LIST_OBJECT(link, struct cohort_app, link);
		app_tree_add_scope(&site_of(router, scope->host)->root, scope);
	}
	LIST_FOREACH (link, &app->routes) {
		route = LIST_OBJECT(link, struct cohort_route, link);
		app_tree_add_route(
		    &site_of(router, route->scope->host)->root, route);
	}
}

static int
finish(struct app_router *router, struct error *error)
{
	struct site *site;
	size_t i;

	for (i = 0; i < router->site_count; i++) {
		site = &router->sites[i];
		if (app_tree_finish(&site->root, &site->most, error) != 0)
			return -1;
		if (site->most > APP_CANDIDATES_MAX)
			return error_set(error, ERROR_CONFIG,
			    "host \"%s\": as many as %zu routes may match the "
			    "same path, more than %d",
			    site->host, site->most, APP_CANDIDATES_MAX);
		if (strcmp(site->host, "*") == 0)
			router->any = site;
		else
			router->named_count++;
	}
	return 0;
}

int
app_router_new(
    struct app *app, struct app_router **router_r, struct error *error)
{
	struct app_router *router;

	OBJECT_NEW(router, APP_ROUTER_MAGIC);
	collect(router, app);
	if (finish(router, error) != 0) {
		app_router_free(&router);
		return -1;
	}
	*router_r = router;
	return 0;
}

void
app_router_free(struct app_router **source)
{
	struct app_router *router;
	size_t i;

	OBJECT_TAKE(router, source, APP_ROUTER_MAGIC);
	for (i = 0; i < router->site_count; i++)
		app_tree_fini(&router->sites[i].root);
	memory_free(router->sites);
	OBJECT_FREE(router);
}

/* The size of host without ":port" and the root's dot. */
static size_t
bare_size(const char *host)
{
	const char *bracket = host[0] == '[' ? strchr(host, ']') : NULL;
	size_t size;

	if (bracket != NULL)
		return (size_t)(bracket - host) + 1;
	size = strcspn(host, ":");
	return size > 1 && host[size - 1] == '.' ? size - 1 : size;
}

static const struct site *
find_named(const struct app_router *router, const char *host)
{
	char lower[HOST_SIZE_MAX];
	const struct site *site;
	size_t i, size = bare_size(host);

	if (size == 0 || size > sizeof(lower))
		return NULL;
	for (i = 0; i < size; i++)
		lower[i] = (char)tolower((unsigned char)host[i]);
	for (i = 0; i < router->site_count; i++) {
		site = &router->sites[i];
		if (site != router->any && site->size == size &&
		    memcmp(site->host, lower, size) == 0)
			return site;
	}
	return NULL;
}

static const struct site *
find_site(const struct app_router *router, const char *host)
{
	const struct site *site = NULL;

	if (router->named_count > 0 && host != NULL)
		site = find_named(router, host);
	return site != NULL ? site : router->any;
}

struct walk {
	const struct http_uri *uri;
	struct arena *arena;
	struct app_candidate *end; /* of those found */
	const struct cohort_app *scope;
	size_t scope_depth;
	bool for_head;
	struct cohort_str values[APP_PARAMS_MAX + 1];
	size_t value_count;
};

/* children are sorted by size, then bytes. */
static const struct app_node *
find_child(const struct app_node *node, const char *text, size_t size)
{
	size_t low = 0, high = node->child_count, middle;
	const struct app_child *child;
	int order;

	while (low < high) {
		middle = (low + high) / 2;
		child = &node->children[middle];
		if (child->size != size)
			order = child->size < size ? 1 : -1;
		else if ((order = memcmp(text, child->text, size)) == 0)
			return child->node;
		if (order > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* Mostly one: a call of memcpy would cost more. */
static const struct cohort_str *
copy_values(struct walk *walk)
{
	size_t count = walk->value_count, i;
	struct cohort_str *copy;

	if (count == 0)
		return NULL;
	copy = arena_alloc_raw(walk->arena, count * sizeof(*copy));
	for (i = 0; i < count; i++)
		copy[i] = walk->values[i];
	return copy;
}

static void
add_candidates(struct walk *walk, const struct app_routes *list)
{
	const struct cohort_route **routes, **behind;
	struct app_candidate *end = walk->end;
	const struct cohort_str *params;

	if (list->count == 0)
		return;
	routes = walk->for_head ? list->for_head : list->routes;
	params = copy_values(walk);
	for (behind = routes + list->count; routes < behind; routes++)
		*end++ = (struct app_candidate) { *routes, params };
	walk->end = end;
}

static void
push_value(struct walk *walk, size_t offset, size_t size)
{
	walk->values[walk->value_count++] =
	    (struct cohort_str) { walk->uri->path.data + offset, size };
}

static void
add_tails(struct walk *walk, const struct app_routes *tails, size_t depth)
{
	const struct http_uri *uri = walk->uri;
	size_t offset = uri->path.size;

	if (tails->count == 0)
		return;
	if (depth < uri->segment_count)
		offset = uri->segments[depth].offset;
	push_value(walk, offset, uri->path.size - offset);
	add_candidates(walk, tails);
	walk->value_count--;
}

static const struct app_node *
static_child(const struct walk *walk, const struct app_node *node, size_t depth)
{
	struct http_segment segment = walk->uri->segments[depth];

	return find_child(
	    node, walk->uri->path.data + segment.offset, segment.size);
}

static void visit(struct walk *walk, const struct app_node *node, size_t depth);

static void
visit_param(struct walk *walk, const struct app_node *node, size_t depth)
{
	struct http_segment segment = walk->uri->segments[depth];

	push_value(walk, segment.offset, segment.size);
	visit(walk, node->param, depth + 1);
	walk->value_count--;
}

static void
enter(struct walk *walk, const struct app_node *node, size_t depth)
{
	if (node->scope != NULL &&
	    (walk->scope == NULL || depth > walk->scope_depth)) {
		walk->scope = node->scope;
		walk->scope_depth = depth;
	}
}

/* Comes back to no node but those that have another way behind the static
 * one. */
static void
visit(struct walk *walk, const struct app_node *node, size_t depth)
{
	const struct app_node *child;

	for (; depth < walk->uri->segment_count; depth++, node = child) {
		enter(walk, node, depth);
		child = static_child(walk, node, depth);
		if (node->param == NULL && node->tails.count == 0) {
			if (child == NULL)
				return;
			continue;
		}
		if (child != NULL)
			visit(walk, child, depth + 1);
		if (node->param != NULL)
			visit_param(walk, node, depth);
		add_tails(walk, &node->tails, depth);
		return;
	}
	enter(walk, node, depth);
	add_candidates(
	    walk, walk->uri->trailing_slash ? &node->slash : &node->exact);
	add_tails(walk, &node->tails, depth);
}

void
app_router_match(const struct app_router *router,
    const struct http_request *request, struct arena *arena,
    struct app_match *match_r)
{
	const struct site *site = find_site(router, request->host);
	struct app_candidate *candidates;
	struct walk walk;

	if (site == NULL || request->uri.asterisk) {
		*match_r = (struct app_match) { 0 };
		return;
	}
	candidates = arena_alloc_raw(arena, site->most * sizeof(*candidates));
	walk.uri = &request->uri;
	walk.arena = arena;
	walk.end = candidates;
	walk.scope_depth = walk.value_count = 0;
	walk.scope = NULL;
	walk.for_head = request->method == HTTP_METHOD_HEAD;
	visit(&walk, &site->root, 0);
	match_r->candidates = candidates;
	match_r->count = (size_t)(walk.end - candidates);
	match_r->scope = walk.scope;
}

static bool
takes_other(const struct cohort_route *route, const char *name)
{
	size_t i;

	for (i = 0; i < route->other_count; i++)
		if (strcmp(route->other_methods[i], name) == 0)
			return true;
	return false;
}

bool
app_router_takes(
    const struct cohort_route *route, const struct http_request *request)
{
	if (route->methods == ~0u ||
	    (route->methods & 1u << request->method) != 0)
		return true;
	if (request->method == HTTP_METHOD_HEAD)
		return (route->methods & 1u << HTTP_METHOD_GET) != 0;
	return request->method == HTTP_METHOD_OTHER &&
	    takes_other(route, request->method_name);
}

bool
app_router_knows_method(
    const struct app *app, const struct http_request *request)
{
	struct list_link *link;

	if (request->method != HTTP_METHOD_OTHER)
		return true;
	LIST_FOREACH (link, &app->routes)
		if (takes_other(LIST_OBJECT(link, struct cohort_route, link),
			request->method_name))
			return true;
	return false;
}

static void
add_word(struct buffer *words, const char *word)
{
	if (words->size > 0)
		buffer_append_text(words, ", ");
	buffer_append_text(words, word);
}

/* Was the name met in an earlier candidate? */
static bool
is_repeated(const struct app_match *match, size_t index, const char *name)
{
	size_t i;

	for (i = 0; i < index; i++)
		if (takes_other(match->candidates[i].route, name))
			return true;
	return false;
}

static void
add_other_methods(
    struct buffer *words, const struct app_match *match, size_t index)
{
	const struct cohort_route *route = match->candidates[index].route;
	size_t i;

	for (i = 0; i < route->other_count; i++)
		if (!is_repeated(match, index, route->other_methods[i]))
			add_word(words, route->other_methods[i]);
}

const char *
app_router_allow(const struct app_match *match, struct arena *arena)
{
	uint32_t methods = 1u << HTTP_METHOD_OPTIONS;
	const struct cohort_route *route;
	struct buffer words;
	unsigned method;
	size_t i;
	char *text;

	for (i = 0; i < match->count; i++) {
		route = match->candidates[i].route;
		if (!route->is_default)
			methods |= route->methods;
	}
	if ((methods & 1u << HTTP_METHOD_GET) != 0)
		methods |= 1u << HTTP_METHOD_HEAD;
	buffer_init(&words, 0);
	for (method = HTTP_METHOD_OTHER + 1; method < HTTP_METHOD_COUNT;
	     method++)
		if ((methods & 1u << method) != 0)
			add_word(
			    &words, http_method_name((enum http_method)method));
	for (i = 0; i < match->count; i++)
		add_other_methods(&words, match, i);
	text = arena_copy(arena, words.data, words.size);
	buffer_fini(&words);
	return text;
}
