/* SPDX-License-Identifier: ISC */
/*
 * Jobs: what runs for a request in a thread of the pool.  Two kinds:
 * cohort_await_job, and handlers of routes with blocking "yes".  Private to
 * app/.  Loop thread, unless said otherwise.
 *
 * A job belongs to its request while that lives, and is found in its list.
 * Of a request that has its reply, or ended, jobs that have not begun are
 * dropped; the others hold a lease on what they may read and are dropped
 * when they ended.
 */
#ifndef APP_JOB_H
#define APP_JOB_H

#include <pthread.h>

#include "app/app_lease.h"
#include "app/app_pool.h"
#include "app/app_request.h"

struct app_job_kind {
	enum app_phase phase;
	/* [thread of the pool] */
	void (*run)(struct app_job *job);
	/* It ended and its request waits: continues that.  Takes job. */
	void (*deliver)(struct app_job *job);
	/* Nobody waits for it: releases what was given.  Takes job. */
	void (*drop)(struct app_job *job);
};

#define APP_JOB_MAGIC 0xa84c17d3u

/* The object of a kind begins with this. */
struct app_job {
	unsigned magic;
	const struct app_job_kind *kind;
	struct app *app;
	struct cohort_request *request; /* NULL: it has ended */
	struct list_link link;          /* in its jobs, or loans */
	struct app_lease *lease;        /* NULL: the request lives */
	struct app_host_timer *timer;   /* thread_timeout */
	struct app_task task;
	bool has_ended;

	/* A copy of what the request was: exchanges are recycled. */
	struct http_exchange exchange;
	struct http_peer peer;
	struct log_scope peer_scope;
	pthread_t thread; /* that runs it */
};

/* Fills in everything but what is the kind's; it is submitted next. */
void app_job_init(struct app_job *job, const struct app_job_kind *kind,
    struct cohort_request *request);

/* Joins the request's jobs.  -1: the pool is full, as is logged now and
 * then, and the request is overloaded; job stays the caller's. */
int app_job_submit(struct app_job *job);

/* Ends what app_job_init began. */
void app_job_fini(struct app_job *job);

/* Calls a free function for a job that ended, in its context. */
void app_job_free(struct app_job *job, cohort_free *function, void *pointer);

/* The task of a job has ended.  The request that may go on by it, or NULL. */
struct cohort_request *app_job_finish(struct app_task *task);

/* The job that can continue the request now, or NULL. */
struct app_job *app_job_next(const struct cohort_request *request);

/* The pool had no room: a 503 for later. */
enum app_stage app_job_refuse(struct cohort_request *request);

/* The request has its reply: drops the jobs that do not run. */
void app_job_stop(struct cohort_request *request);

/* The request ends: those that run take over what they may read. */
void app_job_end(struct cohort_request *request);

#endif
