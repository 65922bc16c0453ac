/* SPDX-License-Identifier: ISC */
/*
 * Set-up (cohort/app.h) but for routes: scopes and what stands in them.
 */
#include <cohort/app.h>

#include <string.h>

#include "app/app_pattern.h"
#include "app/app_private.h"
#include "app/app_request.h"
#include "base/base_memory.h"

struct cohort_app *
cohort_scope(struct cohort_app *parent, const char *prefix)
{
	struct app_pattern pattern;
	struct error error;
	char *whole;

	if (!app_scope_may(parent, APP_MAY_DECLARE, __func__))
		return NULL;
	if (prefix == NULL) {
		app_scope_fail(parent, "%s: no prefix given", __func__);
		return NULL;
	}
	whole = memory_format(
	    "%s%s", parent->prefix, strcmp(prefix, "/") == 0 ? "" : prefix);
	if (app_pattern_parse(prefix, &pattern, &error) != 0 ||
	    app_pattern_parse_prefix(whole, &pattern, &error) != 0) {
		app_scope_fail(parent, "scope \"%s\": %s", whole, error.text);
		memory_free(whole);
		return NULL;
	}
	return app_scope_new(parent, whole, (unsigned)pattern.count);
}

int
cohort_guard(struct cohort_app *app, cohort_predicate *predicate, void *context)
{
	if (!app_scope_may(app, APP_MAY_DECLARE, __func__))
		return -1;
	if (predicate == NULL)
		return app_scope_fail(app, "%s: no function given", __func__);
	*APP_GROW(app->guards, app->guard_count) =
	    (struct app_guard) { predicate, context };
	return 0;
}

int
cohort_before(struct cohort_app *app, cohort_handler *handler, void *context)
{
	if (!app_scope_may(app, APP_MAY_DECLARE, __func__))
		return -1;
	if (handler == NULL)
		return app_scope_fail(app, "%s: no function given", __func__);
	*APP_GROW(app->befores, app->before_count) = (struct app_before) {
		.step = { handler, context },
		.index = app->app->before_count++,
	};
	return 0;
}

int
cohort_after(struct cohort_app *app, cohort_editor *editor, void *context)
{
	if (!app_scope_may(app, APP_MAY_DECLARE, __func__))
		return -1;
	if (editor == NULL)
		return app_scope_fail(app, "%s: no function given", __func__);
	*APP_GROW(app->afters, app->after_count) =
	    (struct app_editor) { editor, context };
	app->app->after_count++;
	return 0;
}

static bool
is_page_status(int status)
{
	return status == 0 || status == 4 || status == 5 ||
	    (status >= 400 && status <= 599);
}

int
cohort_error_page(
    struct cohort_app *app, int status, cohort_handler *handler, void *context)
{
	size_t i;

	if (!app_scope_may(app, APP_MAY_DECLARE, __func__))
		return -1;
	if (handler == NULL)
		return app_scope_fail(app, "%s: no function given", __func__);
	if (!is_page_status(status))
		return app_scope_fail(app,
		    "%s: %d: a status from 400 to 599, 4, 5 or 0", __func__,
		    status);
	for (i = 0; i < app->page_count; i++)
		if (app->pages[i].status == status)
			return app_scope_fail(
			    app, "%s: %d has a page already", __func__, status);
	*APP_GROW(app->pages, app->page_count) =
	    (struct app_page) { status, { handler, context } };
	return 0;
}

int
cohort_option(struct cohort_app *app, const char *key, const char *value)
{
	struct error error;

	if (!app_scope_may(app, APP_MAY_DECLARE, __func__))
		return -1;
	if (key == NULL || value == NULL)
		return app_scope_fail(
		    app, "%s: no key or no value given", __func__);
	if (app_options_set(&app->options, false, key,
		app_scope_keep_text(app->app, value), &error) != 0)
		return app_scope_fail(app, "%s", error.text);
	return 0;
}

const char *
cohort_setting(struct cohort_app *app, const char *name, const char *fallback)
{
	const struct settings_mount *settings;
	struct cohort_app *mount;
	size_t i;

	if (!app_scope_may(app, APP_MAY_DECLARE, __func__))
		return NULL;
	if (name == NULL) {
		app_scope_fail(app, "%s: no name given", __func__);
		return NULL;
	}
	mount = app->mount;
	*APP_GROW(mount->asked, mount->asked_count) =
	    app_scope_keep_text(app->app, name);
	settings = mount->settings;
	for (i = 0; i < settings->set_count; i++)
		if (strcmp(settings->set[i].name, name) == 0)
			return settings->set[i].value;
	return app_scope_keep_text(app->app, fallback);
}

int
cohort_setup_error(struct cohort_app *app, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	cohort_setup_error_v(app, format, arguments);
	va_end(arguments);
	return -1;
}

int
cohort_setup_error_v(
    struct cohort_app *app, const char *format, va_list arguments)
{
	if (!app_scope_may(app, APP_MAY_SET_STATE, "cohort_setup_error"))
		return -1;
	return app_scope_fail_v(app, format, arguments);
}

int
cohort_on_start(struct cohort_app *app,
    int (*start)(struct cohort_worker *worker, void *context), void *context)
{
	if (!app_scope_may(app, APP_MAY_DECLARE, __func__))
		return -1;
	if (start == NULL)
		return app_scope_fail(app, "%s: no function given", __func__);
	*APP_GROW(app->app->hooks, app->app->hook_count) = (struct app_hook) {
		.scope = app,
		.start = start,
		.context = context,
	};
	return 0;
}

int
cohort_on_stop(struct cohort_app *app,
    void (*stop)(struct cohort_worker *worker, void *context), void *context)
{
	if (!app_scope_may(app, APP_MAY_DECLARE, __func__))
		return -1;
	if (stop == NULL)
		return app_scope_fail(app, "%s: no function given", __func__);
	*APP_GROW(app->app->hooks, app->app->hook_count) = (struct app_hook) {
		.scope = app,
		.stop = stop,
		.context = context,
	};
	return 0;
}

static int
set_state(struct cohort_app *app, const void *key, void *state,
    cohort_free *free_state)
{
	size_t i;

	if (!app_scope_may(app, APP_MAY_SET_STATE, "cohort_state_set"))
		return -1;
	if (key == NULL)
		return app_scope_fail(app, "cohort_state_set: no key given");
	for (i = 0; i < app->state_count; i++)
		if (app->states[i].key == key)
			return app_scope_fail(app,
			    "cohort_state_set: this app has a state of this "
			    "key already");
	*APP_GROW(app->states, app->state_count) = (struct app_state) {
		.key = key,
		.state = state,
		.free_state = free_state,
		.order = app->app->state_count++,
	};
	return 0;
}

int
cohort_state_set(struct cohort_app *app, const void *key, void *state,
    cohort_free *free_state)
{
	if (set_state(app, key, state, free_state) == 0)
		return 0;
	if (app != NULL)
		app_call_free(app->app, free_state, state);
	else if (free_state != NULL)
		free_state(state);
	return -1;
}
