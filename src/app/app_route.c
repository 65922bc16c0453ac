/* SPDX-License-Identifier: ISC */
/*
 * Set-up of routes (cohort/app.h).  What is wrong with one alone is found
 * here, what is wrong between two when the router is built.
 */
#include <cohort/app.h>

#include <string.h>
#include <strings.h>

#include "app/app_pattern.h"
#include "app/app_private.h"
#include "base/base_memory.h"
#include "base/base_object.h"
#include "http/http_field.h"

#define ALL_METHODS (~(uint32_t)0)

/* As a handler is known to the linker. */
union handler_pointer {
	cohort_handler *handler;
	void (*function)(void);
};

static bool
has_other_method(const struct cohort_route *route, const char *name)
{
	size_t i;

	for (i = 0; i < route->other_count; i++)
		if (strcmp(route->other_methods[i], name) == 0)
			return true;
	return false;
}

/* "get" would be a method of its own; nobody means that. */
static int
check_other_method(const char *name, size_t size, struct error *error)
{
	const char *known;
	unsigned method;

	if (!http_token_is_valid(name, size) || strchr(name, '*') != NULL)
		return error_set(error, ERROR_CONFIG,
		    "method \"%s\": method names between spaces, or \"*\" "
		    "alone for any",
		    name);
	for (method = HTTP_METHOD_OTHER + 1; method < HTTP_METHOD_COUNT;
	     method++) {
		known = http_method_name((enum http_method)method);
		if (strcasecmp(known, name) == 0)
			return error_set(error, ERROR_CONFIG,
			    "method \"%s\": methods are case-sensitive: \"%s\"",
			    name, known);
	}
	return 0;
}

static int
add_other_method(struct cohort_route *route, const char *data, size_t size,
    struct error *error)
{
	char *name = memory_copy_bytes(data, size);
	int result = check_other_method(name, size, error);

	if (result != 0 || has_other_method(route, name))
		memory_free(name);
	else
		*APP_GROW(route->other_methods, route->other_count) = name;
	return result;
}

static int
parse_methods(struct cohort_route *route, const char *text, struct error *error)
{
	enum http_method method;
	size_t size;

	if (strcmp(text, "*") == 0) {
		route->methods = ALL_METHODS;
		return 0;
	}
	for (text += strspn(text, " "); *text != '\0';
	     text += size, text += strspn(text, " ")) {
		size = strcspn(text, " ");
		method = http_method_parse(text, size);
		if (method != HTTP_METHOD_OTHER)
			route->methods |= 1u << method;
		else if (add_other_method(route, text, size, error) != 0)
			return -1;
	}
	if (route->methods == 0 && route->other_count == 0)
		return error_set(error, ERROR_CONFIG, "no method given");
	return 0;
}

/* given is what stands behind the prefix. */
static int
parse_pattern(
    struct cohort_route *route, const char *given, struct error *error)
{
	const struct app_segment *segment;
	struct app_pattern pattern;
	size_t i;

	if (*given != '\0' && *given != '/')
		return error_set(error, ERROR_CONFIG,
		    "\"%s\" does not begin with \"/\"", given);
	if (app_pattern_parse(route->pattern, &pattern, error) != 0)
		return -1;
	for (i = 0; i < pattern.count; i++) {
		segment = &pattern.segments[i];
		if (segment->kind == APP_SEGMENT_STATIC)
			continue;
		*APP_GROW(route->param_names, route->param_count) =
		    memory_copy_bytes(segment->text, segment->size);
	}
	return 0;
}

/* It belongs to the app at once, whether it turns out well or not. */
static struct cohort_route *
route_new(struct cohort_app *app, char *pattern, struct app_handler step)
{
	union handler_pointer pointer = { .handler = step.handler };
	struct cohort_route *route;

	OBJECT_NEW(route, COHORT_ROUTE_MAGIC);
	route->scope = app;
	route->pattern = pattern;
	route->prefix_segments = app->prefix_segments;
	route->order = app->app->route_count++;
	route->step = step;
	route->handler_name = app_scope_function_name(pointer.function);
	list_append(&app->app->routes, &route->link);
	return route;
}

static struct cohort_route *
declare(struct cohort_app *app, const char *function, const char *methods,
    const char *pattern, struct app_handler step)
{
	struct cohort_route *route;
	struct error error;

	if (!app_scope_may(app, APP_MAY_DECLARE, function))
		return NULL;
	if (methods == NULL || pattern == NULL || step.handler == NULL) {
		app_scope_fail(app, "%s: no %s given", function,
		    pattern == NULL     ? "pattern" :
			methods == NULL ? "methods" :
					  "handler");
		return NULL;
	}
	if (*app->prefix == '\0' && *pattern == '\0')
		pattern = "/";
	route =
	    route_new(app, memory_format("%s%s", app->prefix, pattern), step);
	if (parse_pattern(route, pattern, &error) != 0 ||
	    parse_methods(route, methods, &error) != 0) {
		app_scope_fail(app, "route \"%s %s\": %s", methods,
		    route->pattern, error.text);
		return NULL;
	}
	return route;
}

struct cohort_route *
cohort_route(struct cohort_app *app, const char *methods, const char *pattern,
    cohort_handler *handler, void *context)
{
	return declare(app, __func__, methods, pattern,
	    (struct app_handler) { handler, context });
}

static int
declare_one(struct cohort_app *app, const char *function, const char *method,
    const char *pattern, struct app_handler step)
{
	return declare(app, function, method, pattern, step) == NULL ? -1 : 0;
}

int
cohort_get(struct cohort_app *app, const char *pattern, cohort_handler *handler,
    void *context)
{
	return declare_one(app, __func__, "GET", pattern,
	    (struct app_handler) { handler, context });
}

int
cohort_post(struct cohort_app *app, const char *pattern,
    cohort_handler *handler, void *context)
{
	return declare_one(app, __func__, "POST", pattern,
	    (struct app_handler) { handler, context });
}

int
cohort_put(struct cohort_app *app, const char *pattern, cohort_handler *handler,
    void *context)
{
	return declare_one(app, __func__, "PUT", pattern,
	    (struct app_handler) { handler, context });
}

int
cohort_patch(struct cohort_app *app, const char *pattern,
    cohort_handler *handler, void *context)
{
	return declare_one(app, __func__, "PATCH", pattern,
	    (struct app_handler) { handler, context });
}

int
cohort_delete(struct cohort_app *app, const char *pattern,
    cohort_handler *handler, void *context)
{
	return declare_one(app, __func__, "DELETE", pattern,
	    (struct app_handler) { handler, context });
}

static bool
has_default(const struct cohort_app *scope)
{
	const struct cohort_route *route;
	struct list_link *link;

	LIST_FOREACH (link, &scope->app->routes) {
		route = LIST_OBJECT(link, struct cohort_route, link);
		if (route->is_default && route->scope == scope)
			return true;
	}
	return false;
}

int
cohort_default(struct cohort_app *app, cohort_handler *handler, void *context)
{
	struct cohort_route *route;
	struct error error;

	if (!app_scope_may(app, APP_MAY_DECLARE, __func__))
		return -1;
	if (handler == NULL)
		return app_scope_fail(app, "%s: no handler given", __func__);
	if (has_default(app))
		return app_scope_fail(
		    app, "%s: there is one already", __func__);
	route = route_new(app, memory_copy_text(app->prefix),
	    (struct app_handler) { handler, context });
	route->is_default = true;
	route->methods = ALL_METHODS;
	if (parse_pattern(route, "", &error) != 0)
		panic("prefix \"%s\": %s", app->prefix, error.text);
	memory_free(route->pattern);
	route->pattern = memory_format(
	    "%s (default)", *app->prefix == '\0' ? "/" : app->prefix);
	return 0;
}

int
cohort_route_guard(
    struct cohort_route *route, cohort_predicate *predicate, void *context)
{
	if (route == NULL)
		return -1;
	OBJECT_CHECK(route, COHORT_ROUTE_MAGIC);
	if (!app_scope_may(route->scope, APP_MAY_DECLARE, __func__))
		return -1;
	if (predicate == NULL)
		return app_scope_fail(route->scope,
		    "route \"%s\": %s: no function given", route->pattern,
		    __func__);
	*APP_GROW(route->guards, route->guard_count) =
	    (struct app_guard) { predicate, context };
	return 0;
}

int
cohort_route_option(
    struct cohort_route *route, const char *key, const char *value)
{
	struct cohort_app *scope;
	struct error error;

	if (route == NULL)
		return -1;
	OBJECT_CHECK(route, COHORT_ROUTE_MAGIC);
	scope = route->scope;
	if (!app_scope_may(scope, APP_MAY_DECLARE, __func__))
		return -1;
	if (key == NULL || value == NULL)
		return app_scope_fail(scope,
		    "route \"%s\": %s: no key or no value given",
		    route->pattern, __func__);
	if (app_options_set(&route->options, true, key,
		app_scope_keep_text(scope->app, value), &error) != 0)
		return app_scope_fail(
		    scope, "route \"%s\": %s", route->pattern, error.text);
	return 0;
}
