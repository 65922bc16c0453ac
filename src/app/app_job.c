/* SPDX-License-Identifier: ISC */
/*
 * A thread sees nothing of a job but the task, the copy of the exchange and
 * what the kind's run uses; everything else here is the loop's, so the end
 * of a request needs no lock but the pool's.
 */
#include "app/app_job.h"

#include "app/app_dispatch.h"
#include "app/app_field.h"
#include "app/app_wait.h"

#define WARN_EVERY_MS 1000

/* ---- the life of a job ---- */

static struct app_job *
job_of(struct app_task *task)
{
	struct app_job *job = LIST_OBJECT(task, struct app_job, task);

	OBJECT_CHECK(job, APP_JOB_MAGIC);
	return job;
}

/* As a connection does, which may be gone. */
static void
describe_peer(const void *object, struct buffer *line)
{
	const struct http_peer *peer = object;
	char text[NETWORK_TEXT_SIZE];

	network_address_format(&peer->address, text);
	buffer_format(line, ", from %s", text);
	if (peer->port != 0)
		buffer_format(line, ", port %u", peer->port);
}

static void
run(struct app_task *task)
{
	struct app_job *job = job_of(task);

	job->thread = pthread_self();
	log_enter(&job->peer_scope);
	log_enter(&job->exchange.scope);
	job->kind->run(job);
	log_leave(&job->exchange.scope);
	log_leave(&job->peer_scope);
}

/* Whatever of the exchange is the protocol's is missing. */
static void
copy_exchange(struct app_job *job, const struct http_exchange *from)
{
	struct http_exchange *exchange = &job->exchange;

	job->peer = *from->request.peer;
	job->peer_scope = (struct log_scope) {
		.describe = describe_peer,
		.object = &job->peer,
	};
	*exchange = *from;
	exchange->functions = NULL;
	exchange->state = NULL;
	exchange->arena = (struct arena) { .limit = 0 };
	exchange->request.peer = &job->peer;
	exchange->scope = (struct log_scope) {
		.describe = from->scope.describe,
		.object = exchange,
	};
}

void
app_job_init(struct app_job *job, const struct app_job_kind *kind,
    struct cohort_request *request)
{
	job->magic = APP_JOB_MAGIC;
	job->kind = kind;
	job->app = request->app;
	job->request = request;
	job->task = (struct app_task) {
		.phase = kind->phase,
		.exchange = &job->exchange,
		.run = run,
	};
	copy_exchange(job, request->exchange);
	job->app->job_count++;
}

void
app_job_fini(struct app_job *job)
{
	job->app->job_count--;
	if (job->lease != NULL)
		app_lease_release(&job->lease);
	job->magic = 0;
}

/* While the request lives, its own context is there already. */
void
app_job_free(struct app_job *job, cohort_free *function, void *pointer)
{
	struct app_host *host = job->app->host;
	bool is_alone = job->request == NULL;

	if (function == NULL)
		return;
	if (is_alone) {
		log_enter(&job->exchange.scope);
		host->functions->enter(host, &job->exchange, NULL);
	}
	app_call_free(job->app, function, pointer);
	if (is_alone) {
		host->functions->leave(host);
		log_leave(&job->exchange.scope);
	}
}

static void
stop_timer(struct app_job *job)
{
	struct app_host *host = job->app->host;

	host->functions->timer_stop(host, &job->timer);
}

/* ---- beginning ---- */

/* The thread, and what it writes, is left alone. */
static void
on_late(void *context)
{
	struct cohort_request *request;
	struct app_job *job;

	OBJECT_CAST(job, context, APP_JOB_MAGIC);
	job->timer = NULL;
	request = job->request;
	app_request_enter(request);
	log_warn("%s: its job did not end within thread_timeout",
	    app_request_handler_name(request));
	app_request_leave(request);
	app_dispatch_timeout(request);
}

static void
warn(struct app *app, const struct error *error)
{
	uint64_t now_ms = app->host->functions->now_ms(app->host);

	if (app->refused_ms != 0 && now_ms - app->refused_ms < WARN_EVERY_MS) {
		app->refused_silently++;
		return;
	}
	if (app->refused_silently == 0)
		log_warn("%s", error->text);
	else
		log_warn("%s; so %u requests since the last such line",
		    error->text, app->refused_silently);
	app->refused_ms = now_ms;
	app->refused_silently = 0;
}

int
app_job_submit(struct app_job *job)
{
	struct cohort_request *request = job->request;
	struct app *app = job->app;
	struct app_host *host = app->host;
	struct error error;

	if (app_pool_submit(app->pool, &job->task, &error) == -1) {
		warn(app, &error);
		request->is_overloaded = true;
		return -1;
	}
	job->timer = host->functions->timer_start(
	    host, (uint32_t)app->settings->thread_timeout, on_late, job);
	list_append(&request->jobs, &job->link);
	return 0;
}

enum app_stage
app_job_refuse(struct cohort_request *request)
{
	request->is_overloaded = false;
	app_reply_error(request, 503);
	app_field_remove(request, "Retry-After");
	app_field_add(request, "Retry-After", "1");
	return APP_STAGE_REPLY;
}

/* ---- the end, of job or request ---- */

/* Nobody waits for it any more. */
static void
drop_alone(struct app_job *job)
{
	list_remove(&job->link);
	job->request = NULL;
	job->kind->drop(job);
}

struct cohort_request *
app_job_finish(struct app_task *task)
{
	struct app_job *job = job_of(task);
	struct cohort_request *request = job->request;

	stop_timer(job);
	if (request == NULL || request->stage == APP_STAGE_SENT) {
		drop_alone(job);
		return NULL;
	}
	job->has_ended = true;
	list_append(&request->finished, &task->link);
	return request;
}

/* While a handler has the request, nothing else continues it. */
struct app_job *
app_job_next(const struct cohort_request *request)
{
	struct list_link *link = list_first(&request->finished);

	if (request->lent != NULL)
		return request->lent->has_ended ? request->lent : NULL;
	return link == NULL ? NULL :
			      job_of(LIST_OBJECT(link, struct app_task, link));
}

void
app_job_stop(struct cohort_request *request)
{
	struct app_pool *pool = request->app->pool;
	struct list_link *link, *following;
	struct app_job *job;

	request->lent = NULL;
	LIST_FOREACH_SAFE (link, following, &request->jobs) {
		job = LIST_OBJECT(link, struct app_job, link);
		stop_timer(job);
		if (!app_pool_withdraw(pool, &job->task))
			continue;
		list_remove(&job->link);
		job->kind->drop(job);
	}
}

void
app_job_end(struct cohort_request *request)
{
	struct app_lease *lease;
	struct list_link *link;
	struct app_job *job;

	app_job_stop(request);
	if (list_is_empty(&request->jobs))
		return;
	lease = app_lease_new(request);
	while ((link = list_take_first(&request->jobs)) != NULL) {
		job = LIST_OBJECT(link, struct app_job, link);
		job->request = NULL;
		job->lease = lease;
		app_lease_hold(lease);
	}
}

/* ---- cohort_await_job ---- */

struct awaited {
	struct app_job job; /* first */
	void (*work)(void *);
	struct app_handler next;
	cohort_free *free_context;
};

static struct awaited *
awaited_of(struct app_job *job)
{
	return LIST_OBJECT(job, struct awaited, job);
}

static void
run_work(struct app_job *job)
{
	struct awaited *awaited = awaited_of(job);

	awaited->work(awaited->next.context);
}

static void
drop_awaited(struct app_job *job)
{
	struct awaited *awaited = awaited_of(job);

	app_job_free(job, awaited->free_context, awaited->next.context);
	app_job_fini(job);
	memory_free(awaited);
}

static void
deliver_awaited(struct app_job *job)
{
	struct cohort_request *request = job->request;

	list_remove(&job->task.link);
	list_remove(&job->link);
	app_dispatch_continue(request, awaited_of(job)->next);
	drop_alone(job);
}

static const struct app_job_kind awaited_kind = {
	.phase = APP_PHASE_JOB,
	.run = run_work,
	.deliver = deliver_awaited,
	.drop = drop_awaited,
};

static struct awaited *
awaited_new(struct cohort_request *request, void (*work)(void *),
    struct app_handler next, cohort_free *free_context)
{
	struct awaited *awaited = memory_alloc(sizeof(*awaited));

	app_job_init(&awaited->job, &awaited_kind, request);
	awaited->work = work;
	awaited->next = next;
	awaited->free_context = free_context;
	return awaited;
}

static bool
may_await_job(struct cohort_request *request, const char *function,
    bool has_work, cohort_handler *next)
{
	if (!app_wait_may(request, APP_MAY_AWAIT, function, next))
		return false;
	if (!has_work)
		log_error("%s: work is NULL", function);
	else if (request->app->settings->threads == 0)
		log_error("%s: there are no threads (threads = 0)", function);
	else
		return true;
	return false;
}

enum cohort_verdict
cohort_await_job(struct cohort_request *request, void (*work)(void *),
    cohort_handler *next, void *context, cohort_free *free_context)
{
	struct awaited *awaited;

	if (!may_await_job(request, __func__, work != NULL, next)) {
		app_call_free(request->app, free_context, context);
		return COHORT_FAILED;
	}
	awaited = awaited_new(request, work,
	    (struct app_handler) { next, context }, free_context);
	if (app_job_submit(&awaited->job) == 0)
		return COHORT_LATER;
	drop_awaited(&awaited->job);
	return COHORT_FAILED;
}
