/* SPDX-License-Identifier: ISC */
/*
 * Scopes and routes: what set-up declares (cohort/app.h), before and after
 * the router is compiled.  Private to app/.  Everything here is made during
 * app_new and does not change afterwards, but for state, which start hooks
 * may still set.
 */
#ifndef APP_SCOPE_H
#define APP_SCOPE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/app_option.h"
#include "app/app_phase.h"
#include "base/base_error.h"
#include "base/base_list.h"
#include "config/config_settings.h"
#include "http/http_method.h"

#include <cohort/cohort.h>

struct app;

/* A function with its context, in one of a scope's ordered lists. */
struct app_handler {
	cohort_handler *handler;
	void *context;
};

struct app_before {
	struct app_handler step;
	unsigned index; /* unique within the app */
};

struct app_editor {
	cohort_editor *editor;
	void *context;
};

struct app_guard {
	cohort_predicate *predicate;
	void *context;
};

struct app_page {
	int status; /* 404, or 4, 5, or 0 */
	struct app_handler step;
};

struct app_state {
	const void *key;
	void *state;
	cohort_free *free_state;
	unsigned order; /* of setting, in the app */
};

#define COHORT_APP_MAGIC 0x71d3a9e5u

/* A mount's application, or a scope within it. */
struct cohort_app {
	unsigned magic;
	struct app *app;
	struct cohort_app *parent; /* NULL for a mount */
	struct cohort_app *mount;  /* the outermost one: itself there */
	const struct settings_mount *settings;
	uint16_t mount_number; /* settings_mount_number */
	const char *host;      /* of the mount */
	char *prefix;          /* whole: "/api/{tenant}"; "" for "/" */
	unsigned prefix_segments;
	unsigned index; /* order of making, in the app */
	unsigned depth; /* scopes around it; 0 for a mount */
	struct app_options options;
	struct error *error; /* the mount's first; shared */

	/* Of a mount only. */
	struct cohort_module module; /* unless it is a service */
	const struct app_service *service;
	const char **asked; /* names that cohort_setting was given */
	size_t asked_count;

	/* Growing arrays, in order of declaration. */
	struct app_guard *guards;
	size_t guard_count;
	struct app_before *befores;
	size_t before_count;
	struct app_editor *afters;
	size_t after_count;
	struct app_page *pages;
	size_t page_count;
	struct app_state *states;
	size_t state_count;

	struct list_link link; /* in app->scopes, order of making */
};

#define COHORT_ROUTE_MAGIC 0x2be0c65fu

struct cohort_route {
	unsigned magic;
	struct cohort_app *scope;
	char *pattern;        /* whole, with the prefix: for logs */
	uint32_t methods;     /* bit for each http_method; all: ~0 */
	char **other_methods; /* names that are HTTP_METHOD_OTHER */
	size_t other_count;
	bool is_default;          /* cohort_default: "/api (default)" */
	unsigned prefix_segments; /* of scope->prefix: cohort_mount */
	unsigned order;           /* of declaration, in the app */
	char **param_names;       /* in order of the pattern */
	size_t param_count;
	struct app_handler step;
	const char *handler_name; /* dladdr's symbol, or NULL */
	struct app_options options;
	struct app_guard *guards;
	size_t guard_count;
	bool is_guarded;       /* by its own, or a scope's */
	const char *label;     /* of the handler: for the log */
	struct list_link link; /* in app->routes */
};

/*
 * The rule for patterns below a prefix, of a mount or a scope: "/x" below
 * "/api" is "/api/x"; "" is "/api" itself; "/" is "/api/", and "/api" as well
 * behind routes of the mount with the pattern "": whoever writes "/" means
 * the index and does not know where it will be mounted.  At the root "" is
 * "/".
 */

/* An app for a mount; its setup is still to run. */
struct cohort_app *app_scope_new_mount(
    struct app *app, const char *host, const struct settings_mount *settings);

/* A scope within parent, whose prefix was checked; takes prefix. */
struct cohort_app *app_scope_new(
    struct cohort_app *parent, char *prefix, unsigned prefix_segments);

/*
 * At the start of every public function of set-up: may it be called now?
 * False, with a log line unless app is NULL, if not; panics on a stale app or
 * a wrong thread.
 */
bool app_scope_may(const struct cohort_app *app, enum app_permission permission,
    const char *function);

/* Keeps the mount's first error; after set-up it is logged.  Returns -1. */
int app_scope_fail(struct cohort_app *scope, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int app_scope_fail_v(struct cohort_app *scope, const char *format,
    va_list arguments) __attribute__((format(printf, 2, 0)));

/* Puts place, mount and module of scope before the words.  Returns -1. */
int app_scope_wrap_error(const struct cohort_app *scope, struct error *error);

/* A copy of text that lives as long as the app; NULL gives NULL. */
const char *app_scope_keep_text(struct app *app, const char *text);

/* The symbol of exactly that function, or NULL: static ones have none. */
const char *app_scope_function_name(void (*function)(void));

/* When all setups ran: hands options down from mounts to scopes to routes,
 * and fills in what of a route follows from all that was declared. */
void app_scope_complete(struct app *app);

/* State by key, nearest scope first, then the other mounts of nobody. */
void *app_scope_state(const struct cohort_app *scope, const void *key);

/* The page for a status in scope or its parents: exact status, then class,
 * then 0, nearest scope first; NULL if none. */
const struct app_handler *app_scope_page(
    const struct cohort_app *scope, int status);

/* Frees states in reverse order of setting, of all mounts. */
void app_scope_free_states(struct app *app);

/* Frees scopes, routes and texts, when no request is left. */
void app_scope_free_all(struct app *app);

#endif
