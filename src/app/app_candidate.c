/* SPDX-License-Identifier: ISC */
/*
 * Guards decide whether a route exists for a request, so they are asked also
 * where only the method is wrong: Allow must not name what does not exist.
 */
#include "app/app_candidate.h"

#include "app/app_end.h"
#include "app/app_field.h"

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
	request->path_pairs = (struct app_pairs) { NULL, 0, false };
	request->mount = NULL;
}

static bool
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

static void
add_missed(
    struct cohort_request *request, const struct app_candidate *candidate)
{
	struct app_match *missed = &request->missed;
	struct app_candidate *all;

	if (missed->count == 0)
		missed->candidates = arena_alloc_raw(&request->exchange->arena,
		    request->match.count * sizeof(*all));
	all = (struct app_candidate *)(uintptr_t)missed->candidates;
	all[missed->count++] = *candidate;
}

/* Does the resource exist, but not for this method? */
static bool
is_method_wrong(const struct cohort_request *request)
{
	return request->missed.count > 0 && !request->fitted;
}

/* May the route answer?  A default is no answer to a wrong method. */
static bool
fits(struct cohort_request *request, const struct app_candidate *candidate)
{
	const struct cohort_route *route = candidate->route;
	bool takes = app_router_takes(route, head_of(request));

	if ((!takes && request->fitted) ||
	    (route->is_default && is_method_wrong(request)))
		return false;
	set_route(request, candidate);
	if (!scope_holds(request, route->scope) ||
	    !guards_hold(request, route->guards, route->guard_count))
		return false;
	if (!takes)
		add_missed(request, candidate);
	return takes;
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

/* RFC 9110, 15.5.6 and 9.3.7; "OPTIONS *" asks for no resource. */
static enum app_stage
answer_without_route(struct cohort_request *request)
{
	const struct http_request *head = head_of(request);
	bool is_options = head->method == HTTP_METHOD_OPTIONS;
	bool is_wrong = is_method_wrong(request);

	set_route(request, NULL);
	request->exchange->route = NULL;
	if (is_options && (is_wrong || head->uri.asterisk))
		app_reply_replace(request, 204, NULL, "", 0);
	else
		app_reply_error(request, is_wrong ? 405 : 404);
	if (is_wrong)
		app_field_add(request, "Allow",
		    app_router_allow(
			&request->missed, &request->exchange->arena));
	return APP_STAGE_REPLY;
}

enum app_stage
app_candidate_next(struct cohort_request *request)
{
	const struct app_candidate *candidate;

	while (request->candidate < request->match.count) {
		candidate = &request->match.candidates[request->candidate++];
		if (!fits(request, candidate))
			continue;
		request->fitted = true;
		app_end_unwatch(request);
		request->exchange->route = app_request_handler_name(request);
		app_request_rename(request);
		tell_half_close(
		    request, candidate->route->options.keep_half_closed);
		return APP_STAGE_BEFORE;
	}
	return answer_without_route(request);
}
