/* SPDX-License-Identifier: ISC */
/*
 * One lock for everything, held for a few assignments at a time; what a task
 * does, it does without.  The host is told of tasks under the lock as well,
 * so that app_pool_stop can say from when on it is told nothing.
 */
#include "app/app_pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/base_log.h"
#include "base/base_object.h"

#define NAME_SIZE 16 /* of a thread, with its NUL: prctl(2) */

struct thread {
	struct app_pool *pool;
	unsigned index;
	pthread_t id;
	struct app_task *task; /* that it runs */
	bool is_left;          /* when the host went */
};

#define APP_POOL_MAGIC 0x39d7e1a5u

struct app_pool {
	unsigned magic;
	struct app_host *host;
	unsigned most_threads;
	size_t most_queued;

	pthread_mutex_t lock;
	pthread_cond_t changed;    /* queued and is_stopping, running_count */
	struct list queued, ended; /* app_task */
	size_t queued_count;
	struct thread *threads;
	unsigned thread_count, running_count;
	bool is_stopping;
	unsigned left_count; /* threads that are left */
};

/* Deadlines of waits are on the monotonic clock. */
static void
init_condition(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(condition, &attributes);
	pthread_condattr_destroy(&attributes);
}

struct app_pool *
app_pool_new(struct app_host *host, unsigned most_threads, size_t most_queued)
{
	struct app_pool *pool;

	OBJECT_NEW(pool, APP_POOL_MAGIC);
	pool->host = host;
	pool->most_threads = most_threads;
	pool->most_queued = most_queued;
	pthread_mutex_init(&pool->lock, NULL);
	init_condition(&pool->changed);
	list_init(&pool->queued);
	list_init(&pool->ended);
	pool->threads =
	    memory_alloc_array(most_threads, sizeof(*pool->threads));
	return pool;
}

void
app_pool_free(struct app_pool **source)
{
	struct app_pool *pool;

	OBJECT_TAKE(pool, source, APP_POOL_MAGIC);
	if (pool->left_count > 0)
		return;
	if (pool->thread_count > 0)
		panic("a pool ends before its threads");
	pthread_cond_destroy(&pool->changed);
	pthread_mutex_destroy(&pool->lock);
	memory_free(pool->threads);
	OBJECT_FREE(pool);
}

/* ---- in the threads ---- */

/* The next task, or NULL at the end. */
static struct app_task *
wait_for_task(struct app_pool *pool)
{
	while (list_is_empty(&pool->queued) && !pool->is_stopping)
		pthread_cond_wait(&pool->changed, &pool->lock);
	if (list_is_empty(&pool->queued))
		return NULL;
	pool->queued_count--;
	return LIST_OBJECT(
	    list_take_first(&pool->queued), struct app_task, link);
}

static void
begin_task(struct thread *thread, struct app_task *task)
{
	struct app_pool *pool = thread->pool;

	thread->task = task;
	task->stage = APP_TASK_RUNNING;
	pool->running_count++;
	pool->host->functions->thread_enter(
	    pool->host, thread->index, task->exchange);
}

static void
end_task(struct thread *thread)
{
	struct app_pool *pool = thread->pool;
	struct app_host *host = pool->host;
	struct app_task *task = thread->task;

	thread->task = NULL;
	task->stage = APP_TASK_ENDED;
	pool->running_count--;
	if (thread->is_left)
		return;
	host->functions->thread_leave(host, thread->index);
	if (list_is_empty(&pool->ended))
		host->functions->wake(host);
	list_append(&pool->ended, &task->link);
	if (pool->is_stopping)
		pthread_cond_broadcast(&pool->changed);
}

static void
run_tasks(struct thread *thread)
{
	struct app_pool *pool = thread->pool;
	struct app_task *task;

	while ((task = wait_for_task(pool)) != NULL) {
		begin_task(thread, task);
		pthread_mutex_unlock(&pool->lock);
		task->run(task);
		pthread_mutex_lock(&pool->lock);
		end_task(thread);
	}
}

static void *
run_thread(void *context)
{
	struct thread *thread = context;
	struct app_pool *pool = thread->pool;
	struct app_host *host = pool->host;
	char name[NAME_SIZE];
	bool is_left;

	snprintf(name, sizeof(name), "pool %u", thread->index);
	pthread_setname_np(pthread_self(), name);
	host->functions->thread_begin(host, thread->index);
	pthread_mutex_lock(&pool->lock);
	run_tasks(thread);
	is_left = thread->is_left;
	pthread_mutex_unlock(&pool->lock);
	if (!is_left)
		host->functions->thread_end(host, thread->index);
	return NULL;
}

enum app_phase
app_pool_phase(struct app_pool *pool)
{
	enum app_phase phase = APP_PHASE_NONE;
	struct thread *thread;
	unsigned i;

	pthread_mutex_lock(&pool->lock);
	for (i = 0; i < pool->thread_count; i++) {
		thread = &pool->threads[i];
		if (thread->task != NULL &&
		    pthread_equal(thread->id, pthread_self()))
			phase = thread->task->phase;
	}
	pthread_mutex_unlock(&pool->lock);
	return phase;
}

void
app_pool_rename(struct app_pool *pool, const struct app_task *task)
{
	struct app_host *host = pool->host;
	unsigned i;

	pthread_mutex_lock(&pool->lock);
	for (i = 0; i < pool->thread_count; i++)
		if (pool->threads[i].task == task && !pool->threads[i].is_left)
			host->functions->thread_rename(host, i, task->exchange);
	pthread_mutex_unlock(&pool->lock);
}

/* ---- the loop's side ---- */

/* Signals are the loop's, but for those that a fault raises. */
static void
block_signals(sigset_t *before_r)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT,
		SIGSYS, SIGTRAP };
	sigset_t blocked;
	size_t i;

	sigfillset(&blocked);
	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		sigdelset(&blocked, faults[i]);
	pthread_sigmask(SIG_SETMASK, &blocked, before_r);
}

/* With the lock, which the thread waits for. */
static int
start_thread(struct app_pool *pool, struct error *error)
{
	struct thread *thread = &pool->threads[pool->thread_count];
	sigset_t before;
	int number;

	thread->pool = pool;
	thread->index = pool->thread_count;
	block_signals(&before);
	number = pthread_create(&thread->id, NULL, run_thread, thread);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (number != 0)
		return error_set(error, ERROR_RUNTIME,
		    "a thread could not be started: %s", strerror(number));
	pool->thread_count++;
	return 0;
}

/* Threads that could run something at once count as room. */
static bool
is_full(const struct app_pool *pool)
{
	return pool->queued_count + pool->running_count >=
	    pool->most_queued + pool->most_threads;
}

/* For one task more than there are. */
static bool
needs_thread(const struct app_pool *pool)
{
	return pool->thread_count < pool->most_threads &&
	    pool->queued_count + pool->running_count >= pool->thread_count;
}

static int
submit(struct app_pool *pool, struct app_task *task, struct error *error)
{
	if (is_full(pool))
		return error_set(error, ERROR_RUNTIME,
		    "thread_queue is full: %zu jobs wait", pool->queued_count);
	if (needs_thread(pool) && start_thread(pool, error) == -1 &&
	    pool->thread_count == 0)
		return -1;
	task->stage = APP_TASK_QUEUED;
	list_append(&pool->queued, &task->link);
	pool->queued_count++;
	pthread_cond_signal(&pool->changed);
	return 0;
}

int
app_pool_submit(
    struct app_pool *pool, struct app_task *task, struct error *error)
{
	int result;

	OBJECT_CHECK(pool, APP_POOL_MAGIC);
	pthread_mutex_lock(&pool->lock);
	result = submit(pool, task, error);
	pthread_mutex_unlock(&pool->lock);
	return result;
}

bool
app_pool_withdraw(struct app_pool *pool, struct app_task *task)
{
	enum app_task_stage stage;

	pthread_mutex_lock(&pool->lock);
	stage = task->stage;
	if (stage == APP_TASK_QUEUED)
		pool->queued_count--;
	if (stage != APP_TASK_RUNNING)
		list_remove(&task->link);
	pthread_mutex_unlock(&pool->lock);
	return stage != APP_TASK_RUNNING;
}

void
app_pool_collect(struct app_pool *pool, struct list *list)
{
	struct list_link *link;

	pthread_mutex_lock(&pool->lock);
	while ((link = list_take_first(&pool->ended)) != NULL)
		list_append(list, link);
	pthread_mutex_unlock(&pool->lock);
}

/* ---- the end ---- */

static struct timespec
deadline_in(uint32_t ms)
{
	struct timespec deadline;

	clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_sec += ms / 1000;
	deadline.tv_nsec += (long)(ms % 1000) * 1000000;
	if (deadline.tv_nsec >= 1000000000) {
		deadline.tv_nsec -= 1000000000;
		deadline.tv_sec++;
	}
	return deadline;
}

static void
wait_until_idle(struct app_pool *pool, uint32_t most_ms)
{
	struct timespec deadline = deadline_in(most_ms);

	while (pool->running_count > 0 &&
	    pthread_cond_timedwait(&pool->changed, &pool->lock, &deadline) == 0)
		continue;
}

/* Those that run a task are left; the others end now. */
static void
end_threads(struct app_pool *pool)
{
	unsigned i;

	for (i = 0; i < pool->thread_count; i++)
		if (pool->threads[i].is_left)
			pthread_detach(pool->threads[i].id);
		else
			pthread_join(pool->threads[i].id, NULL);
}

unsigned
app_pool_stop(struct app_pool *pool, uint32_t most_ms)
{
	unsigned i;

	OBJECT_CHECK(pool, APP_POOL_MAGIC);
	pthread_mutex_lock(&pool->lock);
	pool->is_stopping = true;
	pthread_cond_broadcast(&pool->changed);
	wait_until_idle(pool, most_ms);
	pool->left_count = pool->running_count;
	for (i = 0; i < pool->thread_count; i++)
		pool->threads[i].is_left = pool->threads[i].task != NULL;
	pthread_mutex_unlock(&pool->lock);
	end_threads(pool);
	if (pool->left_count == 0)
		pool->thread_count = 0;
	return pool->left_count;
}
