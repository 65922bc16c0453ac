/* SPDX-License-Identifier: ISC */
/*
 * struct app: what the files of app/ share.  Nobody else includes this.
 */
#ifndef APP_PRIVATE_H
#define APP_PRIVATE_H

#include <pthread.h>

#include "app/app.h"
#include "app/app_phase.h"
#include "app/app_router.h"
#include "app/app_scope.h"
#include "app/app_type.h"
#include "base/base_list.h"
#include "base/base_log.h"
#include "base/base_memory.h"

/* Makes room for one more in a heap array and gives its address, to be
 * assigned to.  Evaluates its arguments more than once. */
#define APP_GROW(array, count)                                            \
	((array) = memory_resize((array), (count) + 1, sizeof(*(array))), \
	    &(array)[(count)++])

struct app_hook {
	struct cohort_app *scope;
	int (*start)(struct cohort_worker *, void *);
	void (*stop)(struct cohort_worker *, void *);
	void *context;
	bool started;
};

#define COHORT_WORKER_MAGIC 0x90c4d7b3u

/* What modules see of the process: timers, watches, calls. */
struct cohort_worker {
	unsigned magic;
	struct app *app;
	struct list timers; /* cohort_timer, cohort_watch */
	struct list watches;
};

#define APP_MAGIC 0x1fa8632du

struct app {
	unsigned magic;
	const struct settings *settings;
	struct app_host *host;
	struct cohort_worker worker;

	/* Set-up, then constant. */
	struct list scopes; /* cohort_app */
	struct list routes; /* cohort_route */
	unsigned scope_count, before_count, after_count, route_count,
	    state_count;
	char **texts; /* copies of texts that modules gave */
	size_t text_count;
	struct app_hook *hooks; /* in order of declaration */
	size_t hook_count;
	struct app_router *router;
	struct app_type types[APP_TYPES];
	bool keeps_half_closed; /* what protocols do until told otherwise */
	enum app_phase phase;   /* of the module's code that runs now */
	struct cohort_request *current; /* for which it runs; NULL: none */

	/* Requests. */
	struct list requests;         /* in progress */
	struct cohort_request *spare; /* recycled ones */
	size_t spare_count;
	struct list ready;                     /* requests whose wait is over */
	struct list round_called, round_ready; /* of this round */
	struct list round_ended;               /* app_task */
	bool is_in_round;
	struct app_tickets *tickets;
	bool retiring;

	/* Jobs (app_job.h). */
	struct app_pool *pool;
	bool has_left_jobs; /* when it stopped */
	struct arena_pool *lease_pool;
	unsigned job_count;        /* submitted, not yet delivered */
	uint64_t refused_ms;       /* the log said last that it is full */
	unsigned refused_silently; /* since */

	/* From other threads: cohort_resume, cohort_call. */
	pthread_t thread;     /* of the loop */
	pthread_mutex_t lock; /* of called */
	struct list called;
	bool closed; /* no more is taken into called */
};

#endif
