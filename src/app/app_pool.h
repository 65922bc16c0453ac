/* SPDX-License-Identifier: ISC */
/*
 * The pool: threads for what may block, and the bounded queue before them.
 * Knows nothing of requests: a task is an object of its caller's, which runs
 * in a thread and is collected by the loop.  Private to app/.  Loop thread,
 * unless said otherwise.
 *
 *	submit -> queued -> running -> ended -> collect
 *	            |                    |
 *	            +--------------------+----> withdraw
 */
#ifndef APP_POOL_H
#define APP_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/app_host.h"
#include "app/app_phase.h"
#include "base/base_error.h"
#include "base/base_list.h"

struct app_pool;

enum app_task_stage {
	APP_TASK_QUEUED,
	APP_TASK_RUNNING,
	APP_TASK_ENDED
};

/*
 * Part of the caller's object, which stays until the task was collected or
 * withdrawn.  link is the caller's again then.
 */
struct app_task {
	struct list_link link;
	enum app_task_stage stage;            /* the pool's, behind its lock */
	enum app_phase phase;                 /* of the code that it runs */
	const struct http_exchange *exchange; /* what the host is told */
	void (*run)(struct app_task *task);   /* [thread of the pool] */
};

/* Starts no thread yet.  At most most_queued tasks wait for one. */
struct app_pool *app_pool_new(
    struct app_host *host, unsigned most_threads, size_t most_queued);

/* After app_pool_stop.  Keeps what threads that are left still use. */
void app_pool_free(struct app_pool **pool);

/* Queues the task.  -1: the queue is full, or not one thread can be
 * started; the reason is for the log. */
int app_pool_submit(
    struct app_pool *pool, struct app_task *task, struct error *error);

/* Takes back a task that has not begun or has ended: true.  False: it runs,
 * and is collected some time. */
bool app_pool_withdraw(struct app_pool *pool, struct app_task *task);

/* Moves the tasks that ended to list; the host is woken when there are
 * any. */
void app_pool_collect(struct app_pool *pool, struct list *list);

/*
 * Waits, at most that long, until no task runs, and ends the threads.
 * Nothing is queued, or will be.  The number of tasks that still run: their
 * threads are left, and touch nothing but the task and the pool any more.
 */
unsigned app_pool_stop(struct app_pool *pool, uint32_t most_ms);

/* [any thread] Of the task that the calling thread runs; NONE. */
enum app_phase app_pool_phase(struct app_pool *pool);

/* [in a task] What the task's exchange says has changed. */
void app_pool_rename(struct app_pool *pool, const struct app_task *task);

#endif
