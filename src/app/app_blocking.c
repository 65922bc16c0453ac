/* SPDX-License-Identifier: ISC */
/*
 * The copy shares with the request what nobody changes: head, decoded values,
 * body, attachments.  Its arena has a pool of its own, as pools know one
 * thread; and lives as long as the request, whose reply points into it.
 */
#include "app/app_blocking.h"

#include "app/app_dispatch.h"
#include "app/app_job.h"
#include "app/app_verdict.h"

#define BLOCK_SIZE 4096

struct loan {
	struct app_job job; /* first */
	struct cohort_request request;
	struct arena_pool *pool;
	enum cohort_verdict verdict;
};

static struct loan *
loan_of(struct app_job *job)
{
	return LIST_OBJECT(job, struct loan, job);
}

/* Only the thread may use the copy, and only while the handler runs. */
static void
run_handler(struct app_job *job)
{
	struct loan *loan = loan_of(job);
	struct cohort_request *request = &loan->request;
	struct app_handler step = request->route->step;

	request->magic = COHORT_REQUEST_MAGIC;
	loan->verdict = step.handler(request, step.context);
	request->magic = COHORT_REQUEST_SPARE_MAGIC;
}

static void
free_loan(struct loan *loan)
{
	arena_reset(&loan->job.exchange.arena);
	arena_pool_free(&loan->pool);
	memory_free(loan);
}

static void
drop_loan(struct app_job *job)
{
	struct loan *loan = loan_of(job);
	const struct app_release *release = &loan->request.reply.release;

	app_job_free(job, release->function, release->owner);
	app_job_fini(job);
	free_loan(loan);
}

static void
deliver_loan(struct app_job *job)
{
	struct cohort_request *request = job->request;
	struct loan *loan = loan_of(job);

	request->lent = NULL;
	list_remove(&job->task.link);
	list_remove(&job->link);
	list_append(&request->loans, &job->link);
	request->exchange->doing = job->exchange.doing;
	app_reply_take(request, &loan->request);
	app_job_fini(job);
	app_dispatch_return(request, loan->verdict);
}

static const struct app_job_kind loan_kind = {
	.phase = APP_PHASE_BLOCKING,
	.run = run_handler,
	.deliver = deliver_loan,
	.drop = drop_loan,
};

/* What getters look at; all else stays as if it had just begun. */
static void
copy_request(struct cohort_request *copy, const struct cohort_request *from)
{
	copy->stage = from->stage;
	copy->params = from->params;
	copy->route = from->route;
	copy->scope = from->scope;
	copy->parts_read = from->parts_read;
	copy->path_pairs = from->path_pairs;
	copy->query_pairs = from->query_pairs;
	copy->cookie_pairs = from->cookie_pairs;
	copy->mount = from->mount;
	copy->attachments = from->attachments;
	copy->body = from->body;
}

static struct loan *
loan_new(struct cohort_request *from)
{
	struct loan *loan = memory_alloc(sizeof(*loan));
	struct cohort_request *copy = &loan->request;
	struct http_exchange *exchange = &loan->job.exchange;

	app_job_init(&loan->job, &loan_kind, from);
	loan->pool = arena_pool_new(BLOCK_SIZE, 0);
	arena_init(
	    &exchange->arena, loan->pool, arena_left(&from->exchange->arena));
	copy->magic = COHORT_REQUEST_SPARE_MAGIC;
	copy->app = from->app;
	copy->exchange = exchange;
	copy->job = &loan->job;
	copy->is_entered = true;
	exchange->state = copy;
	app_reply_init(&copy->reply);
	app_reply_copy_fields(copy, from);
	copy_request(copy, from);
	return loan;
}

enum app_stage
app_blocking_lend(struct cohort_request *request)
{
	struct loan *loan = loan_new(request);

	if (app_job_submit(&loan->job) == -1) {
		drop_loan(&loan->job);
		return app_job_refuse(request);
	}
	request->lent = &loan->job;
	return app_verdict_settle(request, COHORT_LATER);
}

void
app_blocking_free_loans(struct cohort_request *request)
{
	struct list_link *link;

	while ((link = list_take_first(&request->loans)) != NULL)
		free_loan(loan_of(LIST_OBJECT(link, struct app_job, link)));
}
