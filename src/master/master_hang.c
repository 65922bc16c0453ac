/* SPDX-License-Identifier: ISC */
/*
 * The hang watch: a timer of the master's looks at what runs in the threads
 * of workers, which are never woken for it.  What runs for too long is named
 * in the log, with its stack, which only the worker can tell; in the end its
 * thread gets SIGABRT, so that the stack of the crash is that of the loop.
 *
 * A thread that somebody has stopped, or traces, is not hung.
 */
#include <signal.h>

#include "base/base_buffer.h"
#include "base/base_clock.h"
#include "base/base_log.h"
#include "base/base_object.h"
#include "master/master_thread.h"
#include "master/master_warning.h"
#include "master/master_words.h"

/* Beyond thread_timeout. */
#define JOB_GRACE_MS 500u

#define MASTER_HANG_WATCH_MAGIC 0xc4709e1bu
struct master_hang_watch {
	unsigned magic;
	struct master *master;
	struct event timer;
	uint64_t looked_ms;
	uint64_t period_ms;
	bool is_idle; /* nothing ran at the last look */
};

/* ---- what follows ---- */

static void
warn(struct master_worker *worker, uint32_t thread, uint32_t tid,
    const struct ipc_current *current)
{
	struct master_hang *hang = &worker->hangs[thread];

	if (master_warning_is_asked(worker))
		return;
	hang->is_warned = true;
	master_warning_start(worker, tid, current, hang->seen_ms);
}

static void
end(struct master_worker *worker, uint32_t thread, uint32_t tid,
    const struct ipc_current *current, bool is_asleep)
{
	char storage[LOG_LINE_MAX];
	struct buffer words;

	worker->hung_ms = worker->hangs[thread].seen_ms;
	worker->hung_thread = thread;
	buffer_init_fixed(&words, storage, sizeof(storage));
	master_words_busy(
	    &words, worker->slot, worker->pid, worker->hung_ms, current);
	buffer_append_text(&words, ": ended");
	if (is_asleep)
		buffer_append_text(
		    &words, " as soon as the kernel lets go of it (state D)");
	log_warn("%s", words.data);
	master_worker_advance(worker, MASTER_WORKER_ON_HANG);
	master_thread_signal(worker->pid, tid, SIGABRT);
}

/* The loop's needs no word of the worker's. */
static uint32_t
tid_of(const struct master_worker *worker, uint32_t thread)
{
	return thread == IPC_THREAD_LOOP ?
	    (uint32_t)worker->pid :
	    __atomic_load_n(
		&worker->process->threads[thread].tid, __ATOMIC_RELAXED);
}

static void
act(struct master_worker *worker, uint32_t thread,
    enum master_hang_action action)
{
	const struct ipc_process *process = worker->process;
	uint32_t tid = tid_of(worker, thread);
	struct ipc_current current;
	struct master_thread fate;

	if (tid == 0 || !ipc_current_read(process, thread, &current) ||
	    current.since_ms != worker->hangs[thread].since_ms)
		return;
	fate = master_thread_look(worker->pid, tid);
	if (fate.is_held)
		master_hang_forgive(&worker->hangs[thread]);
	else if (action == MASTER_HANG_WARN)
		warn(worker, thread, tid, &current);
	else
		end(worker, thread, tid, &current, fate.is_asleep);
}

/* ---- looks ---- */

static bool
is_live(const struct master_worker *worker)
{
	return !worker->has_ended &&
	    (worker->state == MASTER_WORKER_READY ||
		worker->state == MASTER_WORKER_PROVEN ||
		worker->state == MASTER_WORKER_SERVING ||
		worker->state == MASTER_WORKER_RETIRING);
}

/* What it says itself; 0: nothing runs. */
static uint64_t
running_since(const struct ipc_current *current)
{
	if (__atomic_load_n(&current->running, __ATOMIC_ACQUIRE) == 0)
		return 0;
	return __atomic_load_n(&current->since_ms, __ATOMIC_RELAXED);
}

/* True: something runs. */
static bool
look_at_thread(struct master_worker *worker, uint32_t thread,
    const struct master_patience *patience, uint64_t now_ms, uint64_t passed_ms)
{
	uint64_t since =
	    running_since(&worker->process->threads[thread].current);
	enum master_hang_action action;

	action = master_hang_see(&worker->hangs[thread], patience, since,
	    now_ms > since ? now_ms - since : 0, passed_ms);
	if (action != MASTER_HANG_NOTHING)
		act(worker, thread, action);
	return since != 0;
}

/* A job has the time that jobs have, if that is longer; and the worker some,
 * to give its request the answer that is due then. */
static uint64_t
end_of_jobs(const struct settings *settings)
{
	uint64_t least = settings->thread_timeout + JOB_GRACE_MS;

	return settings->hang_timeout == 0 || settings->hang_timeout > least ?
	    settings->hang_timeout :
	    least;
}

/* True: something runs. */
static bool
look_at_worker(struct master_worker *worker, uint64_t most_ms, uint64_t now_ms,
    uint64_t passed_ms)
{
	const struct settings *settings = worker->cohort->settings;
	struct master_patience patience = {
		.warn_ms = settings->hang_warn,
		.end_ms = settings->hang_timeout,
		.most_ms = most_ms,
	};
	bool is_running = false;
	uint32_t thread;

	for (thread = 0; thread <= settings->threads && is_live(worker);
	     thread++) {
		is_running |= look_at_thread(
		    worker, thread, &patience, now_ms, passed_ms);
		patience.end_ms = end_of_jobs(settings);
	}
	return is_running;
}

static uint64_t
period_of(const struct master *master, bool is_idle)
{
	uint64_t period, least = 0;
	const struct master_cohort *cohort;
	struct list_link *link;

	LIST_FOREACH (link, &master->cohorts) {
		cohort = LIST_OBJECT(link, struct master_cohort, link);
		period = master_hang_period(cohort->settings->hang_warn,
		    cohort->settings->hang_timeout, is_idle);
		if (period != 0 && (least == 0 || period < least))
			least = period;
	}
	return least;
}

static void
look(struct master_hang_watch *watch)
{
	uint64_t now = clock_monotonic_ms();
	uint64_t passed = now - watch->looked_ms;
	uint64_t most = master_hang_most(watch->period_ms, watch->is_idle);
	bool is_running = false;
	struct list_link *cohorts, *link, *following;
	struct master_cohort *cohort;

	watch->looked_ms = now;
	LIST_FOREACH (cohorts, &watch->master->cohorts) {
		cohort = LIST_OBJECT(cohorts, struct master_cohort, link);
		LIST_FOREACH_SAFE (link, following, &cohort->workers)
			is_running |= look_at_worker(
			    LIST_OBJECT(link, struct master_worker, link), most,
			    now, passed);
	}
	watch->is_idle = !is_running;
}

static void
arm(struct master_hang_watch *watch)
{
	struct timeval wait;

	watch->period_ms = period_of(watch->master, watch->is_idle);
	if (watch->period_ms == 0) {
		event_del(&watch->timer);
		return;
	}
	wait = clock_timeval(watch->period_ms);
	event_add(&watch->timer, &wait);
}

static void
on_timer(evutil_socket_t fd, short events, void *context)
{
	struct master_hang_watch *watch;

	OBJECT_CAST(watch, context, MASTER_HANG_WATCH_MAGIC);
	look(watch);
	arm(watch);
}

/* ---- life ---- */

void
master_hang_start(struct master *master)
{
	struct master_hang_watch *watch = master->hang_watch;

	if (watch == NULL) {
		OBJECT_NEW(watch, MASTER_HANG_WATCH_MAGIC);
		watch->master = master;
		watch->looked_ms = clock_monotonic_ms();
		event_assign(
		    &watch->timer, master->base, -1, 0, on_timer, watch);
		master->hang_watch = watch;
	}
	/* Its limits may be shorter. */
	arm(watch);
}

void
master_hang_stop(struct master *master)
{
	struct master_hang_watch *watch;

	master_warning_close(master);
	if (master->hang_watch == NULL)
		return;
	OBJECT_TAKE(watch, &master->hang_watch, MASTER_HANG_WATCH_MAGIC);
	event_del(&watch->timer);
	OBJECT_FREE(watch);
}
