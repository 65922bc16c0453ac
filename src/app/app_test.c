/* SPDX-License-Identifier: ISC */
/*
 * A worker of which nothing is real but the application: it is set up from
 * a configuration like any other, so settings have their defaults and their
 * errors, and then driven by hand.
 *
 * The log is the process's, so of several tests that are open at once only
 * the one opened last sees lines.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "app/app_private.h"
#include "app/app_test_private.h"
#include "base/base_fd.h"
#include "base/base_object.h"
#include "config/config_parse.h"
#include "http/http_field.h"

#define BLOCK_SIZE  8192
#define BLOCKS_KEPT 16

/* A request that still runs after so much of its time never ends. */
#define LONGEST_MS (24 * 60 * 60 * 1000)

/* What jobs of requests that ended may take until the test is closed. */
#define JOBS_MS 10000

/* The test program's own, where it has one. */
COHORT_EXPORT extern const struct cohort_module cohort_module
    __attribute__((weak));

/* ---- set-up ---- */

/* What stands around the mount's settings is on one line, so that the
 * numbers of lines in errors are those of the given text. */
static int
write_configuration(const char *set, int *fd_r, struct error *error)
{
	int fd = memfd_create("settings", MFD_CLOEXEC);

	if (fd == -1)
		return error_set_errno(error, "memfd_create");
	if (dprintf(fd,
		"listen \"127.0.0.1:0\" {} host \"*\" { mount \"/\" {"
		" module = \"module\" set { %s\n} } }\n",
		set) < 0) {
		error_set_errno(error, "settings");
		fd_close(&fd);
		return -1;
	}
	*fd_r = fd;
	return 0;
}

static int
parse_settings(struct cohort_test *test, const char *set, struct error *error)
{
	struct config_overrides overrides = { .foreground = true };
	char path[64];
	int fd, result;

	if (write_configuration(set == NULL ? "" : set, &fd, error) == -1)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	overrides.file = path;
	result = config_parse(&overrides, &test->settings, error);
	fd_close(&fd);
	return result;
}

/* Puts the module's path in, or none for the one that is linked in. */
static int
set_module(struct settings *settings, const char *path, struct error *error)
{
	struct settings_mount *mount = &settings->hosts[0].mounts[0];
	char *absolute = NULL;

	if (path != NULL && (absolute = realpath(path, NULL)) == NULL)
		return error_set_errno(error, "%s", path);
	memory_free(mount->module);
	mount->module = absolute;
	return 0;
}

static int
start_app(struct cohort_test *test, const struct cohort_module *builtin,
    struct error *error)
{
	const struct app_settings settings = {
		.settings = test->settings,
		.builtin = builtin,
		.host = &test->host.host,
	};

	if (app_new(&settings, &test->app, error) == -1)
		return -1;
	test->server = (struct http_server) {
		.application = &app_http_application,
		.context = test->app,
		.arena_pool = arena_pool_new(BLOCK_SIZE, BLOCKS_KEPT),
		.arena_limit = (size_t)test->settings->http.request_memory,
		.next_id = 1,
	};
	return app_start(test->app, error);
}

static int
start(struct cohort_test *test, const char *path, const char *set,
    struct error *error)
{
	if (app_test_host_init(&test->host, error) == -1 ||
	    app_test_log_open(&test->log, error) == -1 ||
	    parse_settings(test, set, error) == -1 ||
	    set_module(test->settings, path, error) == -1)
		return -1;
	return start_app(test, path == NULL ? &cohort_module : NULL, error);
}

static void
free_test(struct cohort_test **test)
{
	struct cohort_test *gone;

	OBJECT_TAKE(gone, test, COHORT_TEST_MAGIC);
	if (gone->app != NULL)
		app_free(&gone->app);
	if (gone->server.arena_pool != NULL)
		arena_pool_free(&gone->server.arena_pool);
	if (gone->settings != NULL)
		settings_free(&gone->settings);
	app_test_host_fini(&gone->host);
	app_test_log_close(&gone->log);
	OBJECT_FREE(gone);
}

static struct cohort_test *
open_test(const char *function, const char *path, const char *settings)
{
	struct cohort_test *test;
	struct error error = { .kind = ERROR_NONE };

	OBJECT_NEW(test, COHORT_TEST_MAGIC);
	list_init(&test->replies);
	test->window = SIZE_MAX;
	test->host.wake_fd = test->log.fd = -1;
	test->peer = (struct http_peer) {
		network_address_of_ipv4((uint8_t[]) { 127, 0, 0, 1 }),
		50000,
	};
	if (start(test, path, settings, &error) == 0)
		return test;
	fprintf(stderr, "%s: %s\n%s", function, error.text,
	    app_test_log_take(&test->log));
	free_test(&test);
	return NULL;
}

struct cohort_test *
cohort_test_open(const char *settings)
{
	if (&cohort_module == NULL) {
		fprintf(stderr,
		    "%s: no module is linked into this program; "
		    "does it end in COHORT_MODULE?\n",
		    __func__);
		return NULL;
	}
	return open_test(__func__, NULL, settings);
}

struct cohort_test *
cohort_test_load(const char *path, const char *settings)
{
	return open_test(__func__, path, settings);
}

/* ---- the loop ---- */

static bool
run_replies(struct cohort_test *test)
{
	struct list_link *link;
	bool ran = false;

	LIST_FOREACH (link, &test->replies)
		ran |= app_test_exchange_run(
		    LIST_OBJECT(link, struct cohort_test_reply, link));
	return ran;
}

static bool
run_queue(struct cohort_test *test)
{
	if (!app_test_host_take_wake(&test->host))
		return false;
	while (app_run_queued(test->app))
		continue;
	return true;
}

void
app_test_settle(struct cohort_test *test)
{
	while (run_queue(test) || run_replies(test) ||
	    app_test_host_run(&test->host))
		;
}

struct cohort_test_reply *
cohort_test_begin(struct cohort_test *test, const char *method,
    const char *target, const char *headers, const void *body, size_t size)
{
	struct cohort_test_reply *reply;

	OBJECT_CHECK(test, COHORT_TEST_MAGIC);
	reply =
	    app_test_exchange_new(test, method, target, headers, body, size);
	app_test_settle(test);
	return reply;
}

struct cohort_test_reply *
cohort_test_request(struct cohort_test *test, const char *method,
    const char *target, const char *headers, const void *body, size_t size)
{
	struct cohort_test_reply *reply =
	    cohort_test_begin(test, method, target, headers, body, size);
	uint64_t last_ms = test->host.now_ms + LONGEST_MS;

	while (!reply->ended && test->host.now_ms < last_ms &&
	    app_test_host_wait(&test->host, app_has_jobs(test->app)))
		app_test_settle(test);
	if (!reply->ended)
		fprintf(stderr,
		    "%s: %s %s does not end; cohort_test_begin is for that\n",
		    __func__, method, target);
	return reply;
}

void
cohort_test_advance(struct cohort_test *test, uint32_t ms)
{
	uint64_t until_ms;

	OBJECT_CHECK(test, COHORT_TEST_MAGIC);
	until_ms = test->host.now_ms + ms;
	app_test_settle(test);
	while (app_test_host_jump(&test->host, until_ms))
		app_test_settle(test);
}

void
cohort_test_retire(struct cohort_test *test)
{
	OBJECT_CHECK(test, COHORT_TEST_MAGIC);
	app_retire(test->app);
	app_test_settle(test);
}

/* ---- the client, and what it got ---- */

void
cohort_test_room(struct cohort_test_reply *reply, size_t size)
{
	OBJECT_CHECK(reply, APP_TEST_REPLY_MAGIC);
	reply->room = size;
	app_test_settle(reply->test);
}

void
cohort_test_window(struct cohort_test *test, size_t size)
{
	OBJECT_CHECK(test, COHORT_TEST_MAGIC);
	test->window = size;
}

void
cohort_test_hang_up(struct cohort_test_reply *reply)
{
	OBJECT_CHECK(reply, APP_TEST_REPLY_MAGIC);
	reply->hung_up = true;
	app_test_settle(reply->test);
}

int
cohort_test_status(const struct cohort_test_reply *reply)
{
	OBJECT_CHECK(reply, APP_TEST_REPLY_MAGIC);
	return reply->status;
}

bool
cohort_test_ended(const struct cohort_test_reply *reply, enum cohort_end *end_r)
{
	OBJECT_CHECK(reply, APP_TEST_REPLY_MAGIC);
	if (reply->ended && end_r != NULL)
		*end_r = reply->end;
	return reply->ended;
}

const char *
cohort_test_header(
    const struct cohort_test_reply *reply, const char *name, size_t index)
{
	int found = -1;

	OBJECT_CHECK(reply, APP_TEST_REPLY_MAGIC);
	do {
		found = http_field_find(reply->fields, reply->field_count, name,
		    (size_t)(found + 1));
		if (found == -1)
			return NULL;
	} while (index-- > 0);
	return reply->fields[found].value.data;
}

struct cohort_str
cohort_test_body(const struct cohort_test_reply *reply)
{
	OBJECT_CHECK(reply, APP_TEST_REPLY_MAGIC);
	if (reply->body.data == NULL)
		return (struct cohort_str) { .data = "" };
	return (struct cohort_str) {
		.data = reply->body.data,
		.size = reply->body.size,
	};
}

const char *
cohort_test_log(struct cohort_test *test)
{
	OBJECT_CHECK(test, COHORT_TEST_MAGIC);
	return app_test_log_take(&test->log);
}

/* ---- the end ---- */

/* How many requests had not ended. */
static unsigned
end_replies(struct cohort_test *test)
{
	struct cohort_test_reply *reply;
	struct list_link *link;
	unsigned count = 0;

	LIST_FOREACH (link, &test->replies) {
		reply = LIST_OBJECT(link, struct cohort_test_reply, link);
		count += !reply->ended;
		app_test_exchange_end(reply, COHORT_END_RETIRED);
	}
	return count;
}

static void
free_replies(struct cohort_test *test)
{
	struct cohort_test_reply *reply;
	struct list_link *link;

	while ((link = list_first(&test->replies)) != NULL) {
		reply = LIST_OBJECT(link, struct cohort_test_reply, link);
		app_test_exchange_free(&reply);
	}
}

static unsigned
count_links(const struct list *list)
{
	struct list_link *link;
	unsigned count = 0;

	LIST_FOREACH (link, list)
		count++;
	return count;
}

static void
on_patience_ended(void *context)
{
	*(bool *)context = true;
}

/* Jobs may outlive their requests. */
static void
wait_for_jobs(struct cohort_test *test)
{
	struct app_host *host = &test->host.host;
	struct app_host_timer *timer;
	bool has_ended = false;

	timer = host->functions->timer_start(
	    host, JOBS_MS, on_patience_ended, &has_ended);
	app_test_settle(test);
	while (!has_ended && app_has_jobs(test->app)) {
		app_test_host_wait(&test->host, true);
		app_test_settle(test);
	}
	if (!has_ended)
		host->functions->timer_stop(host, &timer);
}

/* Says what a module left behind. */
static int
report(unsigned requests, unsigned jobs, unsigned timers, unsigned watches)
{
	if (requests + jobs + timers + watches == 0)
		return 0;
	fprintf(stderr,
	    "cohort_test_close: left behind: requests that had not ended: %u, "
	    "jobs: %u, timers: %u, watches: %u\n",
	    requests, jobs, timers, watches);
	return -1;
}

int
cohort_test_close(struct cohort_test **test)
{
	unsigned requests, jobs, timers, watches;

	OBJECT_CHECK(*test, COHORT_TEST_MAGIC);
	requests = end_replies(*test);
	wait_for_jobs(*test);
	jobs = app_stop((*test)->app);
	timers = count_links(&(*test)->app->worker.timers);
	watches = count_links(&(*test)->app->worker.watches);
	free_replies(*test);
	free_test(test);
	return report(requests, jobs, timers, watches);
}
