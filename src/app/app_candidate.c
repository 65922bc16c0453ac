/* SPDX-License-Identifier: ISC */
/*
 * Guards decide whether a route exists for a request, so they are asked also
 * where only the method is wrong: Allow must not name what does not exist.
 *
 * Whatever runs for a route has the route's name published before, and the
 * quarantine is asked under that name first; so too for no route, as pages
 * and after functions run then.  A request refused so runs nothing of the
 * module at all: its pages and after functions may be what crashes.
 */
#include "app/app_candidate.h"

#include "app/app_end.h"
#include "app/app_field.h"
#include "app/app_host.h"
#include "base/base_rare.h"

static const struct http_request *
head_of(const struct cohort_request *request)
{
	return &request->exchange->request;
}

/* What getters and errors see while the route is tried; NULL: no route. */
static void
set_route(struct cohort_request *request, const struct app_candidate *candidate)
{
	request->route = candidate == NULL ? NULL : candidate->route;
	request->params = candidate == NULL ? NULL : candidate->params;
	request->scope =
	    candidate == NULL ? request->match.scope : candidate->route->scope;
	request->parts_read &= ~(1u << COHORT_PATH);
	request->mount = NULL;
}

static RARE bool
guards_hold(struct cohort_request *request, const struct app_guard *guards,
    size_t count)
{
	struct app_frame outer;
	bool hold = true;
	size_t i;

	for (i = 0; i < count && hold; i++) {
		outer = app_frame_enter(request->app, request, APP_PHASE_GUARD);
		hold = guards[i].predicate(request, guards[i].context);
		app_frame_leave(request->app, outer);
	}
	return hold;
}

/* Outermost first. */
static bool
scope_holds(struct cohort_request *request, const struct cohort_app *scope)
{
	return scope == NULL ||
	    (scope_holds(request, scope->parent) &&
		guards_hold(request, scope->guards, scope->guard_count));
}

static RARE void
add_missed(
    struct cohort_request *request, const struct app_candidate *candidate)
{
	struct arena *arena = &request->exchange->arena;

	if (request->missed_count == 0)
		request->missed = arena_alloc_raw(
		    arena, request->match.count * sizeof(*request->missed));
	request->missed[request->missed_count++] = *candidate;
}

/* Does the resource exist, but not for this method? */
static bool
is_method_wrong(const struct cohort_request *request)
{
	return request->missed_count > 0 && !request->fitted;
}

/* A default is no answer to a wrong method. */
static bool
may_fit(const struct cohort_request *request, const struct cohort_route *route,
    bool takes)
{
	return (takes || !request->fitted) &&
	    (!route->is_default || !is_method_wrong(request));
}

static bool
all_guards_hold(struct cohort_request *request)
{
	const struct cohort_route *route = request->route;

	return !route->is_guarded ||
	    (scope_holds(request, route->scope) &&
		guards_hold(request, route->guards, route->guard_count));
}

/* What is asked for, logged and blamed from now on; and the seconds for which
 * it may not run. */
static unsigned
arrive(struct cohort_request *request)
{
	struct app_host *host = request->app->host;
	struct http_exchange *exchange = request->exchange;
	const struct cohort_app *scope = request->scope;

	exchange->route = request->route == NULL ? NULL : request->route->label;
	exchange->mount = scope == NULL ? 0 : scope->mount_number;
	return host->functions->arrive(host, exchange);
}

static RARE enum app_stage
refuse(struct cohort_request *request, unsigned seconds)
{
	struct arena *arena = &request->exchange->arena;

	set_route(request, NULL);
	request->scope = NULL;
	app_reply_error(request, 503);
	app_field_add(
	    request, "Retry-After", arena_format(arena, "%u", seconds));
	return APP_STAGE_REPLY;
}

static void
tell_half_close(struct cohort_request *request, bool keep)
{
	struct http_exchange *exchange = request->exchange;

	if (request->half_closed_kept == keep)
		return;
	request->half_closed_kept = keep;
	exchange->functions->keep_half_closed(exchange, keep);
}

/* RFC 9110, 9.1: the method's fault comes first, then the path's. */
static int
status_without_route(const struct cohort_request *request)
{
	if (!app_router_knows_method(request->app, head_of(request)))
		return 501;
	return is_method_wrong(request) ? 405 : 404;
}

static const char *
allow(const struct cohort_request *request)
{
	const struct app_match missed = {
		.candidates = request->missed,
		.count = request->missed_count,
	};

	return app_router_allow(&missed, &request->exchange->arena);
}

/* RFC 9110, 15.5.6 and 9.3.7; "OPTIONS *" asks for no resource. */
static RARE enum app_stage
answer_without_route(struct cohort_request *request)
{
	const struct http_request *head = head_of(request);
	bool is_options = head->method == HTTP_METHOD_OPTIONS;
	bool is_wrong = is_method_wrong(request);
	unsigned seconds;

	set_route(request, NULL);
	seconds = arrive(request);
	if (seconds > 0)
		return refuse(request, seconds);
	if (is_options && (is_wrong || head->uri.asterisk))
		app_reply_replace(
		    request, 204, (struct cohort_str) { NULL, 0 }, "", 0);
	else
		app_reply_error(request, status_without_route(request));
	if (is_wrong)
		app_field_add(request, "Allow", allow(request));
	return APP_STAGE_REPLY;
}

static enum app_stage
begin(struct cohort_request *request)
{
	request->fitted = true;
	app_end_unwatch(request);
	tell_half_close(request, request->route->options.keep_half_closed);
	return APP_STAGE_BEFORE;
}

enum app_stage
app_candidate_next(struct cohort_request *request)
{
	const struct app_candidate *candidate;
	unsigned seconds;
	bool takes;

	while (request->candidate < request->match.count) {
		candidate = &request->match.candidates[request->candidate++];
		takes = app_router_takes(candidate->route, head_of(request));
		if (!may_fit(request, candidate->route, takes))
			continue;
		if (!takes && !candidate->route->is_guarded) {
			add_missed(request, candidate);
			continue;
		}
		set_route(request, candidate);
		seconds = arrive(request);
		if (seconds > 0)
			return refuse(request, seconds);
		if (!all_guards_hold(request))
			continue;
		if (takes)
			return begin(request);
		add_missed(request, candidate);
	}
	return answer_without_route(request);
}
