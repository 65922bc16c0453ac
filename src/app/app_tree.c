/* SPDX-License-Identifier: ISC */
/*
 * A node for each different sequence of segments, whatever the names of its
 * parameters: those belong to the routes.  So a path visits a node at most
 * once and the walk is bounded by the tree, not by the path.
 */
#include "app/app_tree.h"

#include <stdlib.h>
#include <string.h>

#include "app/app_pattern.h"
#include "base/base_memory.h"
#include "base/base_panic.h"

#define BIT(method) (1u << (method))

void
app_tree_init(struct app_node *root)
{
	*root = (struct app_node) { 0 };
}

static void
routes_fini(struct app_routes *routes)
{
	if (routes->for_head != routes->routes)
		memory_free(routes->for_head);
	memory_free(routes->routes);
}

void
app_tree_fini(struct app_node *root)
{
	size_t i;

	for (i = 0; i < root->child_count; i++) {
		app_tree_fini(root->children[i].node);
		memory_free(root->children[i].node);
	}
	if (root->param != NULL)
		app_tree_fini(root->param);
	memory_free(root->param);
	memory_free(root->children);
	routes_fini(&root->exact);
	routes_fini(&root->slash);
	routes_fini(&root->tails);
}

static struct app_node *
static_child(struct app_node *node, const struct app_segment *segment)
{
	struct app_child *child;
	size_t i;

	for (i = 0; i < node->child_count; i++) {
		child = &node->children[i];
		if (child->size == segment->size &&
		    memcmp(child->text, segment->text, child->size) == 0)
			return child->node;
	}
	node->children = memory_resize(
	    node->children, node->child_count + 1, sizeof(*node->children));
	child = &node->children[node->child_count++];
	child->text = segment->text;
	child->size = segment->size;
	child->node = memory_alloc(sizeof(*child->node));
	return child->node;
}

static struct app_node *
param_child(struct app_node *node)
{
	if (node->param == NULL)
		node->param = memory_alloc(sizeof(*node->param));
	return node->param;
}

/* The node behind all segments but a tail; pattern was checked before. */
static struct app_node *
node_of(struct app_node *node, const char *text, struct app_pattern *pattern)
{
	struct error error;
	size_t i;

	if (app_pattern_parse(text, pattern, &error) != 0)
		panic("pattern \"%s\": %s", text, error.text);
	for (i = 0; i < pattern->count; i++)
		switch (pattern->segments[i].kind) {
		case APP_SEGMENT_STATIC:
			node = static_child(node, &pattern->segments[i]);
			break;
		case APP_SEGMENT_PARAM:
			node = param_child(node);
			break;
		case APP_SEGMENT_TAIL:
			break;
		}
	return node;
}

static bool
is_of_module(const struct cohort_app *scope)
{
	return scope->settings->service == SETTINGS_SERVICE_MODULE;
}

void
app_tree_add_scope(struct app_node *root, const struct cohort_app *scope)
{
	struct app_pattern pattern;
	struct app_node *node = node_of(root, scope->prefix, &pattern);

	if (node->scope == NULL ||
	    (is_of_module(scope) && !is_of_module(node->scope)))
		node->scope = scope;
}

/* Of a mount: "" before "/", in the list for both; routes before defaults. */
static int
rank(const struct cohort_route *route)
{
	if (route->is_default)
		return 2;
	return route->pattern[strlen(route->pattern) - 1] == '/';
}

static bool
goes_before(const struct cohort_route *a, const struct cohort_route *b)
{
	if (a->scope->mount != b->scope->mount)
		return a->scope->mount->index < b->scope->mount->index;
	if (rank(a) != rank(b))
		return rank(a) < rank(b);
	if (a->is_default && a->scope->depth != b->scope->depth)
		return a->scope->depth > b->scope->depth;
	return a->order < b->order;
}

static void
insert(struct app_routes *list, const struct cohort_route *route)
{
	size_t i;

	list->routes =
	    memory_resize(list->routes, list->count + 1, sizeof(*list->routes));
	for (i = list->count++; i > 0; i--) {
		if (!goes_before(route, list->routes[i - 1]))
			break;
		list->routes[i] = list->routes[i - 1];
	}
	list->routes[i] = route;
	list->for_head = list->routes;
}

/* Is it "/" below a prefix? */
static bool
is_index(const struct cohort_route *route)
{
	const char *prefix = route->scope->prefix;

	return *prefix != '\0' &&
	    strcmp(route->pattern + strlen(prefix), "/") == 0;
}

void
app_tree_add_route(struct app_node *root, const struct cohort_route *route)
{
	struct app_pattern pattern;
	struct app_node *node;

	if (route->is_default) {
		node = node_of(root, route->scope->prefix, &pattern);
		insert(&node->tails, route);
		return;
	}
	node = node_of(root, route->pattern, &pattern);
	if (pattern.count > 0 &&
	    pattern.segments[pattern.count - 1].kind == APP_SEGMENT_TAIL) {
		insert(&node->tails, route);
	} else if (pattern.trailing_slash) {
		insert(&node->slash, route);
		if (is_index(route))
			insert(&node->exact, route);
	} else {
		insert(&node->exact, route);
	}
}

static int
compare_children(const void *left, const void *right)
{
	const struct app_child *a = left, *b = right;

	if (a->size != b->size)
		return a->size < b->size ? -1 : 1;
	return memcmp(a->text, b->text, a->size);
}

static bool
names_head(const struct cohort_route *route)
{
	return route->methods != ~0u &&
	    (route->methods & BIT(HTTP_METHOD_HEAD)) != 0;
}

/* Within each mount, those that name HEAD first. */
static void
order_for_head(struct app_routes *list)
{
	const struct cohort_route **order;
	size_t i, place;

	for (i = 0; i < list->count && !names_head(list->routes[i]); i++)
		;
	if (i == list->count)
		return;
	order = memory_alloc_array(list->count, sizeof(*order));
	for (i = 0; i < list->count; i++) {
		place = i;
		if (names_head(list->routes[i]))
			for (; place > 0; place--) {
				if (names_head(order[place - 1]) ||
				    order[place - 1]->scope->mount !=
					list->routes[i]->scope->mount)
					break;
				order[place] = order[place - 1];
			}
		order[place] = list->routes[i];
	}
	list->for_head = order;
}

static bool
has_other_method(const struct cohort_route *route, const char *name)
{
	size_t i;

	for (i = 0; i < route->other_count; i++)
		if (strcmp(route->other_methods[i], name) == 0)
			return true;
	return false;
}

/* Does list hold, before index, an unguarded equal of its route with that
 * method?  name is NULL for those in the bits. */
static bool
is_taken(
    const struct app_routes *list, size_t index, uint32_t bit, const char *name)
{
	const struct cohort_route *route = list->routes[index], *other;
	size_t i;

	for (i = 0; i < index; i++) {
		other = list->routes[i];
		if (other->scope->mount != route->scope->mount ||
		    rank(other) != rank(route) || other->is_guarded)
			continue;
		if (other->methods == ~0u || (other->methods & bit) != 0 ||
		    (name != NULL && has_other_method(other, name)))
			return true;
	}
	return false;
}

static bool
is_reachable(const struct app_routes *list, size_t index)
{
	const struct cohort_route *route = list->routes[index];
	unsigned method;
	size_t i;

	if (route->is_default)
		return true;
	if (route->methods == ~0u)
		return !is_taken(list, index, 0, NULL);
	for (method = 0; method < HTTP_METHOD_COUNT; method++)
		if ((route->methods & BIT(method)) != 0 &&
		    !is_taken(list, index, BIT(method), NULL))
			return true;
	for (i = 0; i < route->other_count; i++)
		if (!is_taken(list, index, 0, route->other_methods[i]))
			return true;
	return false;
}

static int
finish_routes(struct app_routes *list, struct error *error)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (is_reachable(list, i))
			continue;
		error_set(error, ERROR_CONFIG,
		    "route \"%s\": the same pattern with the same methods "
		    "was declared before, and without a guard",
		    list->routes[i]->pattern);
		return app_scope_wrap_error(list->routes[i]->scope, error);
	}
	order_for_head(list);
	return 0;
}

static int
finish_children(struct app_node *node, size_t *most_r, struct error *error)
{
	size_t i, most, most_static = 0, most_param = 0;

	if (node->child_count > 1)
		qsort(node->children, node->child_count,
		    sizeof(*node->children), compare_children);
	for (i = 0; i < node->child_count; i++) {
		if (app_tree_finish(node->children[i].node, &most, error) != 0)
			return -1;
		if (most > most_static)
			most_static = most;
	}
	if (node->param != NULL &&
	    app_tree_finish(node->param, &most_param, error) != 0)
		return -1;
	*most_r = most_static + most_param;
	return 0;
}

int
app_tree_finish(struct app_node *root, size_t *most_r, struct error *error)
{
	size_t most;

	if (finish_routes(&root->exact, error) != 0 ||
	    finish_routes(&root->slash, error) != 0 ||
	    finish_routes(&root->tails, error) != 0 ||
	    finish_children(root, &most, error) != 0)
		return -1;
	if (root->exact.count > most)
		most = root->exact.count;
	if (root->slash.count > most)
		most = root->slash.count;
	*most_r = most + root->tails.count;
	return 0;
}
