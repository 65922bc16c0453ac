/* SPDX-License-Identifier: ISC */
/*
 * The application of a worker: every host with its mounts, each mount a
 * cohort_app that a module's setup, or a built-in service, has filled; the
 * router compiled from them; the requests in progress.  What worker/ (and
 * app_test.c) see of app/.  Worker, loop thread unless said otherwise.
 */
#ifndef APP_H
#define APP_H

#include <stdbool.h>
#include <stddef.h>

#include "app/app_host.h"
#include "base/base_error.h"
#include "config/config_settings.h"
#include "http/http_exchange.h"

#include <cohort/cohort.h>

struct app;

/* A service that is built in; written against the public API. */
struct app_service {
	enum settings_service service;
	/* Declares routes on app, as a module's setup does.  What it opens
	 * it gives to start hooks. */
	int (*setup)(struct cohort_app *app, const struct settings *settings,
	    const struct settings_mount *mount);
};

/* The bytes of a module, whatever is at its path. */
struct app_bytes {
	const char *path; /* as in the settings */
	int fd;           /* stays open for ever */
};

struct app_settings {
	const struct settings *settings;     /* outlives the app */
	const struct cohort_module *builtin; /* COHORT_MAIN, or NULL */
	const struct app_service *services;
	size_t service_count;
	const struct app_bytes *modules; /* of others the file is loaded */
	size_t module_count;
	struct app_host *host; /* NULL for a mere check */
	/* All modules are loaded, and none is set up; -1 ends it. */
	int (*seal)(const struct settings *settings, struct error *error);
};

/*
 * Loads the modules, runs every setup, compiles the router.  Has no outside
 * effect beyond loading (phase setup): with -t this is all that runs.  -1
 * with a reason that names mount and module.
 */
int app_new(const struct app_settings *settings, struct app **app_r,
    struct error *error);

/* Runs the start hooks in order; after a failure, the stop hooks of the
 * mounts before it that had started in whole. */
int app_start(struct app *app, struct error *error);

/* Tells requests (on_retire) and ends streams of events. */
void app_retire(struct app *app);

/* Does any job run or wait, also of requests that have ended?  When the last
 * one is over, the host has been woken. */
bool app_has_jobs(const struct app *app);

/*
 * Waits a moment for jobs that still run, then runs the stop hooks in
 * reverse.  No exchange is left by then.  Returns how many jobs run on all
 * the same: then no stop hook ran, as these jobs may use anything, and the
 * process has to end by _exit(2).
 */
unsigned app_stop(struct app *app);

/* Frees states in reverse, unless jobs run on.  Modules stay loaded (never
 * dlclose). */
void app_free(struct app **app);

/*
 * Runs what cohort_resume, cohort_call and finished waits and jobs queued by
 * now, one thing for each call; false when there is nothing more of it.  The
 * caller lets the output go out in between: what crashes takes no finished
 * answer of another request with it.
 */
bool app_run_queued(struct app *app);

/* The application side of the seam; its context is the struct app. */
extern const struct http_application app_http_application;

#endif
