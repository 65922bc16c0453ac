/* SPDX-License-Identifier: ISC */
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#include "app/app_pool.h"
#include "http/http_exchange.h"
#include "test_unit.h"

#define PATIENCE_MS 20000
#define TASKS_MAX   20000

/* ---- a host that counts ---- */

static atomic_int begun, ended, inside, entered, wakes;
static sem_t woken;

static void
wake(struct app_host *host)
{
	atomic_fetch_add(&wakes, 1);
	sem_post(&woken);
}

static void
thread_begin(struct app_host *host, unsigned index)
{
	atomic_fetch_add(&begun, 1);
}

static void
thread_end(struct app_host *host, unsigned index)
{
	atomic_fetch_add(&ended, 1);
}

static void
thread_enter(
    struct app_host *host, unsigned index, const struct http_exchange *exchange)
{
	ck_assert_uint_eq(exchange->magic, HTTP_EXCHANGE_MAGIC);
	ck_assert_uint_lt(index, 4);
	atomic_fetch_add(&inside, 1);
	atomic_fetch_add(&entered, 1);
}

static void
thread_leave(struct app_host *host, unsigned index)
{
	atomic_fetch_sub(&inside, 1);
}

static const char *renamed;

static void
thread_rename(
    struct app_host *host, unsigned index, const struct http_exchange *exchange)
{
	renamed = exchange->doing;
}

static const struct app_host_functions functions = {
	.wake = wake,
	.thread_begin = thread_begin,
	.thread_end = thread_end,
	.thread_enter = thread_enter,
	.thread_rename = thread_rename,
	.thread_leave = thread_leave,
};

static struct app_host host = { .functions = &functions };
static struct http_exchange exchange = { .magic = HTTP_EXCHANGE_MAGIC };

/* ---- tasks ---- */

struct job {
	struct app_task task;
	sem_t has_begun, may_end;
	atomic_bool has_run;
	char thread[16];
	sigset_t blocked;
	enum app_phase phase;
};

static struct app_pool *pool; /* static: what is left is no leak */
static struct job jobs[8];
static struct list list;

static struct job *
job_of(struct app_task *task)
{
	return LIST_OBJECT(task, struct job, task);
}

static void
run_gated(struct app_task *task)
{
	struct job *job = job_of(task);

	sem_post(&job->has_begun);
	sem_wait(&job->may_end);
	job->has_run = true;
}

static void
run_looking(struct app_task *task)
{
	struct job *job = job_of(task);

	pthread_getname_np(pthread_self(), job->thread, sizeof(job->thread));
	pthread_sigmask(SIG_BLOCK, NULL, &job->blocked);
	job->phase = app_pool_phase(pool);
	exchange.doing = "looking";
	app_pool_rename(pool, task);
	ck_assert_int_eq(inside, 1);
	job->has_run = true;
}

static void
set_up(void)
{
	size_t i;

	list_init(&list);
	sem_init(&woken, 0, 0);
	for (i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
		sem_init(&jobs[i].has_begun, 0, 0);
		sem_init(&jobs[i].may_end, 0, 0);
		jobs[i].task.phase = APP_PHASE_JOB;
		jobs[i].task.exchange = &exchange;
		jobs[i].task.run = run_gated;
	}
}

static void
submit(struct job *job)
{
	struct error error;

	ck_assert_int_eq(app_pool_submit(pool, &job->task, &error), 0);
}

/* The next task that ended. */
static struct job *
collect(void)
{
	struct list_link *link;

	while ((link = list_take_first(&list)) == NULL) {
		ck_assert_int_eq(sem_wait(&woken), 0);
		app_pool_collect(pool, &list);
	}
	return job_of(LIST_OBJECT(link, struct app_task, link));
}

static void
close_pool(void)
{
	ck_assert_uint_eq(app_pool_stop(pool, PATIENCE_MS), 0);
	ck_assert_int_eq(begun, ended);
	ck_assert_int_eq(inside, 0);
	app_pool_free(&pool);
	ck_assert_ptr_null(pool);
}

START_TEST(runs_a_task_in_a_thread_of_its_own)
{
	pool = app_pool_new(&host, 4, 10);
	ck_assert_int_eq(begun, 0);
	jobs[0].task.run = run_looking;
	submit(&jobs[0]);
	ck_assert_ptr_eq(collect(), &jobs[0]);
	ck_assert(jobs[0].has_run);
	ck_assert_str_eq(jobs[0].thread, "pool 0");
	ck_assert_int_eq(jobs[0].phase, APP_PHASE_JOB);
	ck_assert_str_eq(renamed, "looking");
	ck_assert_int_eq(app_pool_phase(pool), APP_PHASE_NONE);
	ck_assert_int_eq(begun, 1);
	close_pool();
}
END_TEST

START_TEST(its_threads_get_no_signal_but_faults)
{
	sigset_t own;

	pool = app_pool_new(&host, 4, 10);
	jobs[0].task.run = run_looking;
	submit(&jobs[0]);
	collect();
	ck_assert_int_eq(sigismember(&jobs[0].blocked, SIGTERM), 1);
	ck_assert_int_eq(sigismember(&jobs[0].blocked, SIGCHLD), 1);
	ck_assert_int_eq(sigismember(&jobs[0].blocked, SIGSEGV), 0);
	ck_assert_int_eq(sigismember(&jobs[0].blocked, SIGABRT), 0);
	pthread_sigmask(SIG_BLOCK, NULL, &own);
	ck_assert_int_eq(sigismember(&own, SIGTERM), 0);
	close_pool();
}
END_TEST

START_TEST(starts_threads_as_they_are_needed)
{
	int i;

	pool = app_pool_new(&host, 3, 10);
	for (i = 0; i < 4; i++)
		submit(&jobs[i]);
	for (i = 0; i < 3; i++)
		sem_wait(&jobs[i].has_begun);
	ck_assert_int_eq(begun, 3);
	ck_assert_int_eq(entered, 3);
	for (i = 0; i < 4; i++)
		sem_post(&jobs[i].may_end);
	for (i = 0; i < 4; i++)
		ck_assert(collect()->has_run);
	ck_assert_int_eq(begun, 3);
	close_pool();
}
END_TEST

START_TEST(one_thread_serves_one_after_another)
{
	int i;

	pool = app_pool_new(&host, 4, 10);
	for (i = 0; i < 100; i++) {
		submit(&jobs[0]);
		sem_post(&jobs[0].may_end);
		ck_assert_ptr_eq(collect(), &jobs[0]);
	}
	ck_assert_int_eq(entered, 100);
	ck_assert_int_eq(begun, 1);
	close_pool();
}
END_TEST

START_TEST(refuses_what_is_beyond_the_queue)
{
	struct error error;
	int i;

	pool = app_pool_new(&host, 1, 2);
	for (i = 0; i < 3; i++)
		submit(&jobs[i]);
	ck_assert_int_eq(app_pool_submit(pool, &jobs[3].task, &error), -1);
	sem_wait(&jobs[0].has_begun);
	ck_assert_int_eq(app_pool_submit(pool, &jobs[3].task, &error), -1);
	ck_assert_str_eq(error.text, "thread_queue is full: 2 jobs wait");
	sem_post(&jobs[0].may_end);
	ck_assert_ptr_eq(collect(), &jobs[0]);
	submit(&jobs[3]);
	for (i = 1; i < 4; i++)
		sem_post(&jobs[i].may_end);
	for (i = 1; i < 4; i++)
		ck_assert_ptr_eq(collect(), &jobs[i]);
	close_pool();
}
END_TEST

START_TEST(gives_back_what_has_not_begun)
{
	int i;

	pool = app_pool_new(&host, 1, 2);
	for (i = 0; i < 3; i++)
		submit(&jobs[i]);
	sem_wait(&jobs[0].has_begun);
	ck_assert(!app_pool_withdraw(pool, &jobs[0].task));
	ck_assert(app_pool_withdraw(pool, &jobs[1].task));
	submit(&jobs[3]);
	for (i = 0; i < 4; i++)
		sem_post(&jobs[i].may_end);
	ck_assert_ptr_eq(collect(), &jobs[0]);
	ck_assert_ptr_eq(collect(), &jobs[2]);
	ck_assert_ptr_eq(collect(), &jobs[3]);
	ck_assert(!jobs[1].has_run);
	close_pool();
}
END_TEST

START_TEST(gives_back_what_has_ended)
{
	pool = app_pool_new(&host, 1, 2);
	submit(&jobs[0]);
	sem_post(&jobs[0].may_end);
	sem_wait(&woken);
	ck_assert(app_pool_withdraw(pool, &jobs[0].task));
	app_pool_collect(pool, &list);
	ck_assert(list_is_empty(&list));
	submit(&jobs[1]);
	sem_post(&jobs[1].may_end);
	ck_assert_ptr_eq(collect(), &jobs[1]);
	/* Also when it was collected already. */
	list_append(&list, &jobs[1].task.link);
	ck_assert(app_pool_withdraw(pool, &jobs[1].task));
	ck_assert(list_is_empty(&list));
	close_pool();
}
END_TEST

START_TEST(stop_waits_for_what_runs)
{
	pool = app_pool_new(&host, 2, 2);
	submit(&jobs[0]);
	sem_wait(&jobs[0].has_begun);
	sem_post(&jobs[0].may_end);
	ck_assert_uint_eq(app_pool_stop(pool, PATIENCE_MS), 0);
	ck_assert(jobs[0].has_run);
	ck_assert_ptr_eq(collect(), &jobs[0]);
	close_pool();
}
END_TEST

/* What is left neither wakes a host that is gone nor tells it anything. */
START_TEST(stop_leaves_what_runs_on)
{
	int i;

	pool = app_pool_new(&host, 2, 2);
	for (i = 0; i < 2; i++) {
		submit(&jobs[i]);
		sem_wait(&jobs[i].has_begun);
	}
	sem_post(&jobs[0].may_end);
	ck_assert_ptr_eq(collect(), &jobs[0]);
	ck_assert_uint_eq(app_pool_stop(pool, 20), 1);
	ck_assert_int_eq(ended, 1);
	ck_assert_int_eq(wakes, 1);
	sem_post(&jobs[1].may_end);
	while (app_pool_phase(pool) != APP_PHASE_NONE || !jobs[1].has_run)
		test_pause();
	app_pool_collect(pool, &list);
	ck_assert(list_is_empty(&list));
	ck_assert_int_eq(inside, 1);
	ck_assert_int_eq(ended, 1);
	ck_assert_int_eq(wakes, 1);
}
END_TEST

static void
run_short(struct app_task *task)
{
	job_of(task)->has_run = true;
}

START_TEST(serves_many)
{
	static struct job many[TASKS_MAX];
	unsigned submitted = 0, collected = 0;
	struct error error;
	struct job *job;

	pool = app_pool_new(&host, 4, 100);
	while (collected < TASKS_MAX) {
		while (submitted < TASKS_MAX) {
			job = &many[submitted];
			job->task = (struct app_task) {
				.phase = APP_PHASE_JOB,
				.exchange = &exchange,
				.run = run_short,
			};
			if (app_pool_submit(pool, &job->task, &error) == -1)
				break;
			submitted++;
		}
		ck_assert(collect()->has_run);
		collected++;
	}
	ck_assert_int_eq(entered, TASKS_MAX);
	close_pool();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("app_pool");
	TCase *tcase = tcase_create("pool");

	tcase_add_checked_fixture(tcase, set_up, NULL);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, runs_a_task_in_a_thread_of_its_own);
	tcase_add_test(tcase, its_threads_get_no_signal_but_faults);
	tcase_add_test(tcase, starts_threads_as_they_are_needed);
	tcase_add_test(tcase, one_thread_serves_one_after_another);
	tcase_add_test(tcase, refuses_what_is_beyond_the_queue);
	tcase_add_test(tcase, gives_back_what_has_not_begun);
	tcase_add_test(tcase, gives_back_what_has_ended);
	tcase_add_test(tcase, stop_waits_for_what_runs);
	tcase_add_test(tcase, stop_leaves_what_runs_on);
	tcase_add_test(tcase, serves_many);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
