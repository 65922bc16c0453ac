/* SPDX-License-Identifier: ISC */
/*
 * Scopes as objects: their making and end, what they inherit, and how errors
 * of set-up stick.  Scopes and routes die together with the app, so nothing
 * counts references.
 */
#include "app/app_scope.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#include "app/app_pattern.h"
#include "app/app_private.h"
#include "app/app_request.h"
#include "base/base_object.h"

static struct cohort_app *
scope_new(struct app *app, char *prefix, unsigned prefix_segments)
{
	struct cohort_app *scope;

	OBJECT_NEW(scope, COHORT_APP_MAGIC);
	scope->app = app;
	scope->prefix = prefix;
	scope->prefix_segments = prefix_segments;
	scope->index = app->scope_count++;
	list_append(&app->scopes, &scope->link);
	return scope;
}

struct cohort_app *
app_scope_new_mount(
    struct app *app, const char *host, const struct settings_mount *settings)
{
	const char *prefix = settings->prefix;
	struct app_pattern pattern;
	struct cohort_app *scope;
	struct error error;

	if (strcmp(prefix, "/") == 0)
		prefix = "";
	scope = scope_new(app, memory_copy_text(prefix), 0);
	scope->mount = scope;
	scope->settings = settings;
	scope->mount_number = settings_mount_number(app->settings, settings);
	scope->host = host;
	scope->error = memory_alloc(sizeof(*scope->error));
	app_options_init(&scope->options, &app->settings->http, settings);
	if (app_pattern_parse_prefix(prefix, &pattern, &error) != 0) {
		app_scope_fail(scope, "prefix \"%s\": %s", prefix, error.text);
		*scope->prefix = '\0';
	} else {
		scope->prefix_segments = (unsigned)pattern.count;
	}
	return scope;
}

struct cohort_app *
app_scope_new(struct cohort_app *parent, char *prefix, unsigned prefix_segments)
{
	struct cohort_app *scope;

	scope = scope_new(parent->app, prefix, prefix_segments);
	scope->parent = parent;
	scope->mount = parent->mount;
	scope->settings = parent->settings;
	scope->mount_number = parent->mount_number;
	scope->host = parent->host;
	scope->depth = parent->depth + 1;
	scope->error = parent->error;
	return scope;
}

bool
app_scope_may(const struct cohort_app *app, enum app_permission permission,
    const char *function)
{
	if (app == NULL)
		return false;
	OBJECT_CHECK(app, COHORT_APP_MAGIC);
	if (!pthread_equal(app->app->thread, pthread_self()))
		panic(
		    "%s: called from another thread than the loop's", function);
	return app_phase_allows(app->app->phase, permission, function);
}

int
app_scope_fail(struct cohort_app *scope, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	app_scope_fail_v(scope, format, arguments);
	va_end(arguments);
	return -1;
}

int
app_scope_fail_v(
    struct cohort_app *scope, const char *format, va_list arguments)
{
	char *words = memory_format_v(format, arguments);

	if (scope->app->phase != APP_PHASE_SETUP &&
	    scope->app->phase != APP_PHASE_START)
		log_error("%s", words);
	else if (scope->error->kind == ERROR_NONE)
		error_set(scope->error, ERROR_CONFIG, "%s", words);
	memory_free(words);
	return -1;
}

int
app_scope_wrap_error(const struct cohort_app *scope, struct error *error)
{
	const struct settings_mount *settings = scope->settings;
	const char *module = settings->module;

	if (module != NULL)
		error_wrap(error, "%s", module);
	return error_wrap(
	    error, "%s: mount \"%s\"", settings->place, settings->prefix);
}

const char *
app_scope_keep_text(struct app *app, const char *text)
{
	char *copy = memory_copy_text(text);

	if (copy == NULL)
		return NULL;
	app->texts =
	    memory_resize(app->texts, app->text_count + 1, sizeof(*app->texts));
	app->texts[app->text_count++] = copy;
	return copy;
}

/* dladdr gives the nearest symbol before, hence the comparison. */
const char *
app_scope_function_name(void (*function)(void))
{
	union {
		void (*function)(void);
		void *address;
	} pointer = { .function = function };
	Dl_info info;

	if (dladdr(pointer.address, &info) == 0 ||
	    info.dli_saddr != pointer.address)
		return NULL;
	return info.dli_sname;
}

static bool
is_guarded(const struct cohort_route *route)
{
	const struct cohort_app *scope = route->scope;

	while (scope != NULL && scope->guard_count == 0)
		scope = scope->parent;
	return route->guard_count > 0 || scope != NULL;
}

static const char *
label_of(const struct cohort_route *route)
{
	if (route->options.name != NULL)
		return route->options.name;
	return route->handler_name != NULL ? route->handler_name :
					     route->pattern;
}

void
app_scope_complete(struct app *app)
{
	struct cohort_app *scope;
	struct cohort_route *route;
	struct list_link *link;

	LIST_FOREACH (link, &app->scopes) {
		scope = LIST_OBJECT(link, struct cohort_app, link);
		if (scope->parent != NULL)
			app_options_inherit(
			    &scope->options, &scope->parent->options);
	}
	LIST_FOREACH (link, &app->routes) {
		route = LIST_OBJECT(link, struct cohort_route, link);
		app_options_inherit(&route->options, &route->scope->options);
		route->is_guarded = is_guarded(route);
		route->label = label_of(route);
	}
}

void *
app_scope_state(const struct cohort_app *scope, const void *key)
{
	size_t i;

	for (; scope != NULL; scope = scope->parent)
		for (i = 0; i < scope->state_count; i++)
			if (scope->states[i].key == key)
				return scope->states[i].state;
	return NULL;
}

static const struct app_handler *
page_of(const struct cohort_app *scope, int status)
{
	size_t i;

	for (i = 0; i < scope->page_count; i++)
		if (scope->pages[i].status == status)
			return &scope->pages[i].step;
	return NULL;
}

const struct app_handler *
app_scope_page(const struct cohort_app *scope, int status)
{
	const struct app_handler *page;

	for (; scope != NULL; scope = scope->parent)
		if ((page = page_of(scope, status)) != NULL ||
		    (page = page_of(scope, status / 100)) != NULL ||
		    (page = page_of(scope, 0)) != NULL)
			return page;
	return NULL;
}

/* The scope with the newest state that is left; NULL if none is. */
static struct cohort_app *
newest_state(struct app *app)
{
	struct cohort_app *scope, *newest = NULL;
	struct list_link *link;

	LIST_FOREACH (link, &app->scopes) {
		scope = LIST_OBJECT(link, struct cohort_app, link);
		if (scope->state_count == 0)
			continue;
		if (newest == NULL ||
		    scope->states[scope->state_count - 1].order >
			newest->states[newest->state_count - 1].order)
			newest = scope;
	}
	return newest;
}

void
app_scope_free_states(struct app *app)
{
	struct cohort_app *scope;
	struct app_state *last;

	while ((scope = newest_state(app)) != NULL) {
		last = &scope->states[--scope->state_count];
		app_call_free(app, last->free_state, last->state);
	}
}

static void
route_free(struct cohort_route *route)
{
	size_t i;

	for (i = 0; i < route->other_count; i++)
		memory_free(route->other_methods[i]);
	for (i = 0; i < route->param_count; i++)
		memory_free(route->param_names[i]);
	memory_free(route->other_methods);
	memory_free(route->param_names);
	memory_free(route->guards);
	memory_free(route->pattern);
	OBJECT_FREE(route);
}

static void
scope_free(struct cohort_app *scope)
{
	if (scope->parent == NULL)
		memory_free(scope->error);
	memory_free(scope->asked);
	memory_free(scope->guards);
	memory_free(scope->befores);
	memory_free(scope->afters);
	memory_free(scope->pages);
	memory_free(scope->states);
	memory_free(scope->prefix);
	OBJECT_FREE(scope);
}

void
app_scope_free_all(struct app *app)
{
	struct list_link *link;
	size_t i;

	while ((link = list_take_first(&app->routes)) != NULL)
		route_free(LIST_OBJECT(link, struct cohort_route, link));
	while ((link = list_take_first(&app->scopes)) != NULL)
		scope_free(LIST_OBJECT(link, struct cohort_app, link));
	for (i = 0; i < app->text_count; i++)
		memory_free(app->texts[i]);
	memory_free(app->texts);
	app->texts = NULL;
	app->text_count = 0;
}
