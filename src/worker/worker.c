/* SPDX-License-Identifier: ISC */
/*
 * Owns the order in which a worker's parts come and go.  Parts are made
 * bottom up and freed top down; a part that was not made yet is NULL, so
 * that one order serves for every end.
 */
#include "worker/worker.h"

#include <sys/random.h>
#include <unistd.h>

#include <stdlib.h>

#include "base/base_object.h"
#include "ipc/ipc_exit.h"
#include "service/service.h"
#include "worker/worker_crash.h"
#include "worker/worker_private.h"
#include "worker/worker_sandbox.h"

/* A request of usual size finds room in one block for its head and what its
 * handler takes; so many blocks are kept as requests may wait at a time. */
#define ARENA_BLOCK_SIZE  8192
#define ARENA_BLOCKS_KEPT 64

static void
describe(const void *object, struct buffer *line)
{
	const struct worker *worker = object;

	buffer_format(line, ", worker %u", worker->heritage->slot);
}

static void
on_library_log(int severity, const char *text)
{
	if (severity >= EVENT_LOG_WARN)
		log_warn("libevent: %s", text);
	else
		log_debug("libevent: %s", text);
}

static void
on_library_fatal(int code)
{
	panic("libevent gave up with %d", code);
}

/* No change list: a descriptor that is deleted, sent away and closed in one
 * round would leave its registration behind.  No cached time: it is asked for
 * in every turn, and wanted where a timer of libevent's runs, which is
 * seldom (conn_deadline.c). */
static int
make_base(struct worker *worker, struct error *error)
{
	struct event_config *config = event_config_new();

	event_set_log_callback(on_library_log);
	event_set_fatal_callback(on_library_fatal);
	if (config != NULL) {
		event_config_set_flag(config,
		    EVENT_BASE_FLAG_IGNORE_ENV | EVENT_BASE_FLAG_NO_CACHE_TIME);
		worker->base = event_base_new_with_config(config);
		event_config_free(config);
	}
	if (worker->base == NULL ||
	    event_base_priority_init(worker->base, WORKER_PRIORITY_COUNT) == -1)
		return error_set(
		    error, ERROR_SYSTEM, "cannot make an event base");
	return 0;
}

static int
make_server(struct worker *worker, struct error *error)
{
	const struct settings_http *http = &worker->heritage->settings->http;
	struct http_server *server = &worker->server;

	worker->arena_pool =
	    arena_pool_new(ARENA_BLOCK_SIZE, ARENA_BLOCKS_KEPT);
	worker->access_log = worker_access_log_new(worker);
	server->application = &app_http_application;
	server->recorder = worker_access_log_recorder(worker->access_log);
	server->arena_pool = worker->arena_pool;
	server->arena_limit = http->request_memory;
	if (getrandom(&server->next_id, sizeof(server->next_id), 0) !=
	    sizeof(server->next_id))
		return error_set_errno(error, "getrandom");
	return 0;
}

static struct app_bytes *
inherited_modules(const struct ipc_heritage *heritage)
{
	struct app_bytes *modules =
	    memory_alloc_array(heritage->module_count + 1, sizeof(*modules));
	size_t i;

	for (i = 0; i < heritage->module_count; i++)
		modules[i] = (struct app_bytes) {
			.path = heritage->modules[i].path,
			.fd = heritage->modules[i].fd,
		};
	return modules;
}

static int
load_app(struct worker *worker, struct error *error)
{
	struct app_bytes *modules = inherited_modules(worker->heritage);
	const struct app_settings settings = {
		.settings = worker->heritage->settings,
		.builtin = worker->heritage->builtin,
		.services = service_table,
		.service_count = service_count,
		.modules = modules,
		.module_count = worker->heritage->module_count,
		.host = worker_host_app(worker->host),
		.seal = worker_seccomp_apply,
	};
	int result = app_new(&settings, &worker->app, error);

	memory_free(modules);
	return result;
}

static int
make_app(struct worker *worker, struct error *error)
{
	if (load_app(worker, error) == -1)
		return -1;
	worker->server.context = worker->app;
	if (app_start(worker->app, error) == -1)
		return -1;
	worker_images_note(worker); /* a start hook may have loaded more */
	return 0;
}

/* The application begins outside of the loop's callbacks. */
static int
start_app(struct worker *worker, struct error *error)
{
	int result;

	conn_set_enter(worker->connections);
	result = make_app(worker, error);
	conn_set_settle(worker->connections);
	return result;
}

static int
make_parts(struct worker *worker, struct error *error)
{
	if (make_base(worker, error) == -1 ||
	    worker_host_new(worker, error) == -1 ||
	    make_server(worker, error) == -1)
		return -1;
	worker_connections_init(worker);
	worker_acceptor_new(worker);
	worker_retire_init(worker);
	worker_hand_init(worker);
	return worker_channel_start(worker, error);
}

/* Returns how many jobs still run. */
static unsigned
free_parts(struct worker *worker)
{
	unsigned left = 0;

	if (worker->connections != NULL)
		conn_set_free(&worker->connections);
	if (worker->app != NULL && worker->state != WORKER_STATE_STARTING)
		left = app_stop(worker->app);
	if (worker->app != NULL)
		app_free(&worker->app);
	worker_acceptor_free(worker);
	worker_hand_fini(worker);
	worker_connections_fini(worker);
	worker_access_log_free(&worker->access_log);
	if (worker->arena_pool != NULL)
		arena_pool_free(&worker->arena_pool);
	worker_channel_stop(worker);
	worker_host_free(&worker->host);
	if (worker->base != NULL)
		event_base_free(worker->base);
	return left;
}

static enum ipc_exit
fail(struct worker *worker, enum ipc_exit code, const struct error *error)
{
	worker_channel_tell(worker, IPC_MESSAGE_FAILED, error->text);
	return code;
}

static int
enter_sandbox(struct worker *worker, struct error *error)
{
	const struct ipc_heritage *heritage = worker->heritage;
	struct app_bytes *modules = inherited_modules(heritage);
	int result = worker_sandbox_enter(
	    heritage->settings, modules, heritage->module_count, true, error);

	memory_free(modules);
	return result;
}

static enum ipc_exit
run(struct worker *worker)
{
	struct error error;

	if (worker_become(worker, &error) == -1 ||
	    enter_sandbox(worker, &error) == -1 ||
	    worker_crash_install(worker, &error) == -1 ||
	    make_parts(worker, &error) == -1)
		return fail(worker, ipc_exit_for(&error), &error);
	if (start_app(worker, &error) == -1)
		return fail(worker, IPC_EXIT_LOAD, &error);
	worker_advance(worker, WORKER_EVENT_SET_UP);
	if (event_base_loop(worker->base, EVLOOP_NO_EXIT_ON_EMPTY) == -1)
		panic("the event loop failed");
	return IPC_EXIT_OK;
}

static struct worker *
worker_new(const struct ipc_heritage *heritage)
{
	struct worker *worker;

	OBJECT_NEW(worker, WORKER_MAGIC);
	worker->heritage = heritage;
	worker->slot = &heritage->scoreboard->slots[heritage->slot];
	worker->channel_fd = heritage->channel;
	worker->packet = memory_alloc(sizeof(*worker->packet));
	worker->scope.describe = describe;
	worker->scope.object = worker;
	return worker;
}

void
worker_run(const struct ipc_heritage *heritage)
{
	struct worker *worker = worker_new(heritage);
	enum ipc_exit code;
	unsigned left;

	log_enter(&worker->scope);
	code = run(worker);
	left = free_parts(worker);
	log_leave(&worker->scope);
	memory_free(worker->packet);
	OBJECT_FREE(worker);
	if (left > 0)
		_exit(code); /* exit(3) would run what these jobs may use */
	exit(code);
}
