/* SPDX-License-Identifier: ISC */
/*
 * What the application layer needs of the process that runs it: a clock,
 * timers, watched descriptors, a way in for other threads, and somebody who
 * wants to know what runs.  A table of functions, so that app/ knows neither
 * libevent nor sockets: worker/ implements it on its loop, app_test.c on a
 * virtual clock.  Loop thread only, but for wake.
 */
#ifndef APP_HOST_H
#define APP_HOST_H

#include <stdint.h>

struct http_exchange;
struct app_host;
struct app_host_timer;
struct app_host_watch;

struct app_host_functions {
	/* Monotonic milliseconds of this round of the loop. */
	uint64_t (*now_ms)(const struct app_host *host);

	/* A number of this turn of the loop, never 0, which holds until epoll
	 * is asked again, at most; no later turn has it.  Asked for early
	 * exchanges only (http_exchange.h). */
	uint64_t (*turn)(struct app_host *host);

	/* One-shot.  on_due may start and stop timers; the timer is gone
	 * when it is called. */
	struct app_host_timer *(*timer_start)(struct app_host *host,
	    uint32_t ms, void (*on_due)(void *context), void *context);
	/* Nulls *timer; NULL is fine. */
	void (*timer_stop)(
	    struct app_host *host, struct app_host_timer **timer);

	/* Persistent, level-triggered; events: COHORT_READ | COHORT_WRITE. */
	struct app_host_watch *(*watch_start)(struct app_host *host, int fd,
	    int events, void (*on_ready)(void *context, int events),
	    void *context);
	void (*watch_change)(
	    struct app_host *host, struct app_host_watch *watch, int events);
	void (*watch_stop)(
	    struct app_host *host, struct app_host_watch **watch);

	/* [any thread] app_run_queue will be called soon from the loop. */
	void (*wake)(struct app_host *host);

	/* All modules are loaded; nothing of them was called yet. */
	void (*loaded)(struct app_host *host);

	/*
	 * Application code begins to run, for that exchange or, NULL, for
	 * the worker itself (a timer, a hook: what says so, static text);
	 * and ends.  They nest at most two deep.
	 */
	void (*enter)(struct app_host *host,
	    const struct http_exchange *exchange, const char *what);
	void (*leave)(struct app_host *host);

	/* The exchange that runs does something else: exchange->doing. */
	void (*rename)(
	    struct app_host *host, const struct http_exchange *exchange);

	/*
	 * The exchange that runs has come to another route, exchange->route
	 * and ->mount, and nothing of it has run yet.  0: it may.  Else that
	 * route is in quarantine for such requests, for so many seconds more.
	 */
	unsigned (*arrive)(
	    struct app_host *host, struct http_exchange *exchange);

	/*
	 * [a thread of the pool, index from 0] It begins and ends; and runs
	 * a job for that exchange, which the caller keeps as it is
	 * meanwhile, but for doing: rename tells of that.
	 */
	void (*thread_begin)(struct app_host *host, unsigned index);
	void (*thread_end)(struct app_host *host, unsigned index);
	void (*thread_enter)(struct app_host *host, unsigned index,
	    const struct http_exchange *exchange);
	void (*thread_rename)(struct app_host *host, unsigned index,
	    const struct http_exchange *exchange);
	void (*thread_leave)(struct app_host *host, unsigned index);
};

/* The implementation's object begins with this. */
struct app_host {
	const struct app_host_functions *functions;
};

#endif
