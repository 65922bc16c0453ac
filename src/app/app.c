/* SPDX-License-Identifier: ISC */
/*
 * The life of the application: everything is loaded before anything is set
 * up, everything set up before anything starts, and what started stops in
 * reverse.  Owns struct app.
 */
#include "app/app.h"

#include <string.h>

#include "app/app_module.h"
#include "app/app_pool.h"
#include "app/app_private.h"
#include "app/app_queue.h"
#include "app/app_request.h"
#include "base/base_object.h"

/* What jobs that run at the end may still take. */
#define STOP_MS 200

/* Code of a module that runs for no request. */
static struct app_frame
enter(struct app *app, enum app_phase phase, const char *what)
{
	if (app->host != NULL)
		app->host->functions->enter(app->host, NULL, what);
	return app_frame_enter(app, NULL, phase);
}

static void
leave(struct app *app, struct app_frame frame)
{
	app_frame_leave(app, frame);
	if (app->host != NULL)
		app->host->functions->leave(app->host);
}

static const struct app_service *
find_service(const struct app_settings *settings, enum settings_service service)
{
	size_t i;

	for (i = 0; i < settings->service_count; i++)
		if (settings->services[i].service == service)
			return &settings->services[i];
	return NULL;
}

static int
find_bytes(const struct app_settings *settings, const char *path)
{
	size_t i;

	for (i = 0; i < settings->module_count; i++)
		if (strcmp(settings->modules[i].path, path) == 0)
			return settings->modules[i].fd;
	return -1;
}

/* Finds what fills the mount. */
static int
load_mount(struct cohort_app *mount, const struct app_settings *settings,
    struct error *error)
{
	const struct settings_mount *wanted = mount->settings;

	if (wanted->service != SETTINGS_SERVICE_MODULE) {
		mount->service = find_service(settings, wanted->service);
		if (mount->service != NULL)
			return 0;
		return error_set(
		    error, ERROR_CONFIG, "this program has no such service");
	}
	if (wanted->module != NULL)
		return app_module_load(wanted->module,
		    find_bytes(settings, wanted->module), &mount->module,
		    error);
	if (settings->builtin == NULL)
		return error_set(error, ERROR_CONFIG,
		    "this program has no module of its own");
	return app_module_check(
	    "this program", settings->builtin, &mount->module, error);
}

static int
load_host(struct app *app, const struct app_settings *settings,
    const struct settings_host *host, struct error *error)
{
	const struct settings_mount *wanted;
	struct cohort_app *mount;
	size_t i;

	for (i = 0; i < host->mount_count; i++) {
		wanted = &host->mounts[i];
		mount = app_scope_new_mount(app, host->name, wanted);
		if (load_mount(mount, settings, error) != 0)
			return error_wrap(error, "%s: mount \"%s\"",
			    wanted->place, wanted->prefix);
	}
	return 0;
}

static int
load_all(
    struct app *app, const struct app_settings *settings, struct error *error)
{
	const struct settings *wanted = settings->settings;
	size_t i;

	for (i = 0; i < wanted->host_count; i++)
		if (load_host(app, settings, &wanted->hosts[i], error) != 0)
			return -1;
	if (app->host != NULL)
		app->host->functions->loaded(app->host);
	return settings->seal != NULL ? settings->seal(wanted, error) : 0;
}

static int
call_setup(struct cohort_app *mount)
{
	struct app *app = mount->app;
	struct app_frame frame = enter(app, APP_PHASE_SETUP, "setup");
	int result;

	if (mount->service != NULL)
		result = mount->service->setup(
		    mount, app->settings, mount->settings);
	else
		result = mount->module.setup(mount);
	leave(app, frame);
	return result;
}

static bool
was_asked(const struct cohort_app *mount, const char *name)
{
	size_t i;

	for (i = 0; i < mount->asked_count; i++)
		if (strcmp(mount->asked[i], name) == 0)
			return true;
	return false;
}

/* A misspelt name would otherwise look like a setting without effect. */
static void
check_settings(struct cohort_app *mount)
{
	const struct settings_mount *settings = mount->settings;
	struct buffer known;
	size_t i, name;

	for (i = 0; i < settings->set_count; i++)
		if (!was_asked(mount, settings->set[i].name))
			break;
	if (i == settings->set_count)
		return;
	buffer_init(&known, 256);
	for (name = 0; name < mount->asked_count; name++)
		buffer_format(&known, "%s%s", name == 0 ? ": " : ", ",
		    mount->asked[name]);
	app_scope_fail(mount, "set: \"%s\": the module has %s settings%s",
	    settings->set[i].name, known.size > 0 ? "other" : "no",
	    known.size > 0 ? known.data : "");
	buffer_fini(&known);
}

static int
set_up(struct cohort_app *mount, struct error *error)
{
	if (mount->error->kind == ERROR_NONE && call_setup(mount) != 0)
		app_scope_fail(mount,
		    "its setup failed and did not say why "
		    "(cohort_setup_error)");
	if (mount->error->kind == ERROR_NONE &&
	    mount->settings->service == SETTINGS_SERVICE_MODULE)
		check_settings(mount);
	if (mount->error->kind == ERROR_NONE)
		return 0;
	*error = *mount->error;
	return app_scope_wrap_error(mount, error);
}

/* Mounts are the first scopes, as all were made before any setup ran. */
static int
set_up_all(struct app *app, struct error *error)
{
	struct cohort_app *scope;
	struct list_link *link;

	LIST_FOREACH (link, &app->scopes) {
		scope = LIST_OBJECT(link, struct cohort_app, link);
		if (scope->parent == NULL && set_up(scope, error) != 0)
			return -1;
	}
	return 0;
}

static int
check_blocking(const struct app *app, struct error *error)
{
	const struct cohort_route *route;
	struct list_link *link;

	if (app->settings->threads > 0)
		return 0;
	LIST_FOREACH (link, &app->routes) {
		route = LIST_OBJECT(link, struct cohort_route, link);
		if (!route->options.is_blocking)
			continue;
		error_set(error, ERROR_CONFIG,
		    "route \"%s\": option blocking needs threads, and the "
		    "configuration has none (threads = 0)",
		    route->pattern);
		return app_scope_wrap_error(route->scope, error);
	}
	return 0;
}

/* What is left when every mount has declared its own. */
static int
complete(struct app *app, struct error *error)
{
	app_scope_complete(app);
	if (check_blocking(app, error) == -1)
		return -1;
	return app_router_new(app, &app->router, error);
}

int
app_new(const struct app_settings *settings, struct app **app_r,
    struct error *error)
{
	struct app *app;

	OBJECT_NEW(app, APP_MAGIC);
	app->settings = settings->settings;
	app->host = settings->host;
	app->keeps_half_closed =
	    settings_keeps_half_closed(&app->settings->http);
	list_init(&app->scopes);
	list_init(&app->routes);
	app_requests_init(app);
	app->phase = APP_PHASE_SETUP;
	if (load_all(app, settings, error) != 0 ||
	    set_up_all(app, error) != 0 || complete(app, error) != 0) {
		app_free(&app);
		return -1;
	}
	app->phase = APP_PHASE_NONE;
	*app_r = app;
	return 0;
}

union start_pointer {
	int (*start)(struct cohort_worker *, void *);
	void (*function)(void);
};

static int
fail_start(const struct app_hook *hook, int result, struct error *error)
{
	union start_pointer pointer = { .start = hook->start };
	const char *name = app_scope_function_name(pointer.function);

	if (hook->scope->error->kind != ERROR_NONE)
		*error = *hook->scope->error;
	else if (name == NULL)
		error_set(
		    error, ERROR_RUNTIME, "a start hook returned %d", result);
	else
		error_set(error, ERROR_RUNTIME, "start hook %s returned %d",
		    name, result);
	return app_scope_wrap_error(hook->scope, error);
}

static int
start_hook(struct app *app, struct app_hook *hook, struct error *error)
{
	struct app_frame frame;
	int result = 0;

	if (hook->start != NULL) {
		frame = enter(app, APP_PHASE_START, "a start hook");
		result = hook->start(&app->worker, hook->context);
		leave(app, frame);
	}
	if (result != 0 || hook->scope->error->kind != ERROR_NONE)
		return fail_start(hook, result, error);
	hook->started = true;
	return 0;
}

/* Of a mount that did not start in whole nothing is stopped. */
static void
disown(struct app *app, const struct cohort_app *mount)
{
	size_t i;

	for (i = 0; i < app->hook_count; i++)
		if (app->hooks[i].scope->mount == mount)
			app->hooks[i].started = false;
}

int
app_start(struct app *app, struct error *error)
{
	size_t i;

	OBJECT_CHECK(app, APP_MAGIC);
	for (i = 0; i < app->hook_count; i++)
		if (start_hook(app, &app->hooks[i], error) != 0) {
			disown(app, app->hooks[i].scope->mount);
			app_stop(app);
			return -1;
		}
	return 0;
}

void
app_retire(struct app *app)
{
	OBJECT_CHECK(app, APP_MAGIC);
	app_requests_retire(app);
}

static void
stop_hook(struct app *app, struct app_hook *hook)
{
	struct app_frame frame;

	if (hook->started && hook->stop != NULL) {
		frame = enter(app, APP_PHASE_STOP, "a stop hook");
		hook->stop(&app->worker, hook->context);
		leave(app, frame);
	}
	hook->started = false;
}

bool
app_has_jobs(const struct app *app)
{
	OBJECT_CHECK(app, APP_MAGIC);
	return app->job_count > 0;
}

/* Stop hooks end the threads of modules, so what those queued runs after.
 * They end what jobs use as well, so they come behind those. */
unsigned
app_stop(struct app *app)
{
	unsigned left;
	size_t i;

	OBJECT_CHECK(app, APP_MAGIC);
	left = app_pool_stop(app->pool, STOP_MS);
	while (app_run_queued(app))
		continue;
	app->has_left_jobs = left > 0;
	if (left > 0)
		log_warn("%u jobs still run, so no stop hook does", left);
	for (i = app->hook_count; i > 0 && left == 0; i--)
		stop_hook(app, &app->hooks[i - 1]);
	app_queue_close(app);
	return left;
}

/* States go before the timers that were left, which their free functions
 * may know and stop. */
void
app_free(struct app **source)
{
	struct app *app;

	OBJECT_TAKE(app, source, APP_MAGIC);
	if (app->has_left_jobs)
		return;
	app_scope_free_states(app);
	app_requests_fini(app);
	app_scope_free_all(app);
	if (app->router != NULL)
		app_router_free(&app->router);
	memory_free(app->hooks);
	OBJECT_FREE(app);
}
