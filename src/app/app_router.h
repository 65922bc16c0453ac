/* SPDX-License-Identifier: ISC */
/*
 * The router: all routes of all mounts of a host compiled into one tree of
 * path segments (app_tree.h).  Private to app/; built once, then only read.
 *
 * Hosts: the mounts of the host that the request names, whatever its case,
 * port or final dot; else those of host "*"; else none, and nothing matches.
 * The mounts of "*" are no continuation of a named host's.
 *
 * Order of candidates for a path: at each segment a static child before
 * {name} before {tail}*; among routes with the same pattern the mounts in
 * the order of the configuration, then the order of declaration.  For HEAD
 * a route of the mount that names HEAD goes before those that only name GET.
 * A cohort_default stands where a last {tail}* of its scope's prefix would:
 * behind all routes below that prefix and before less specific ones; so
 * those of deeper scopes go first, and a mount's before the next mount's
 * {tail}* at the same prefix.
 *
 * Same pattern, same methods, same mount: refused unless the earlier route,
 * or a scope it is in, has a guard.
 *
 * Trailing slash: a pattern with one ("/a/") matches only a path with one
 * and the other way round, but for "/" below a prefix (app_scope.h); {tail}*
 * matches the rest of the path, also an empty one ("/files/{tail}*" matches
 * "/files/" and, so that prefixes can be redirected, "/files").
 *
 * The path is compared segment by segment, decoded; "OPTIONS *" has none and
 * matches nothing.
 */
#ifndef APP_ROUTER_H
#define APP_ROUTER_H

#include <stddef.h>

#include "app/app_pattern.h"
#include "app/app_scope.h"
#include "base/base_arena.h"
#include "http/http_exchange.h"

struct app_router;

/* A path has at most that many candidates; declaring more is refused. */
#define APP_CANDIDATES_MAX 64

struct app_candidate {
	const struct cohort_route *route;
	/* route->param_count values in the order of route->param_names,
	 * decoded; slices of the request's path: not NUL-terminated. */
	const struct cohort_str *params;
};

struct app_match {
	const struct app_candidate *candidates;
	size_t count;
	/* The deepest scope whose prefix the path begins with: its error
	 * pages and after functions serve a 404.  Of several, a module's
	 * before a service's, then the outermost and first.  NULL if no
	 * mount. */
	const struct cohort_app *scope;
};

/* Collects routes and scopes of the app.  -1 names mount and pattern at
 * fault. */
int app_router_new(
    struct app *app, struct app_router **router_r, struct error *error);
void app_router_free(struct app_router **router);

/* Finds the candidates, whatever their method; arrays are in the arena. */
void app_router_match(const struct app_router *router,
    const struct http_request *request, struct arena *arena,
    struct app_match *match_r);

/* Does the route answer that method?  GET answers HEAD too. */
bool app_router_takes(
    const struct cohort_route *route, const struct http_request *request);

/* Is it a method of http_method.tbl, or does some route, whatever its path,
 * name it? */
bool app_router_knows_method(
    const struct app *app, const struct http_request *request);

/* "GET, HEAD, OPTIONS": of all candidates but defaults, and OPTIONS itself;
 * in the arena. */
const char *app_router_allow(
    const struct app_match *match, struct arena *arena);

#endif
