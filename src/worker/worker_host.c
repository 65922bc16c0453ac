/* SPDX-License-Identifier: ISC */
/*
 * struct app_host on libevent.  Timers are kept when they are stopped, for
 * the next that is started.
 */
#include <sys/eventfd.h>

#include <stdatomic.h>
#include <unistd.h>

#include "base/base_clock.h"
#include "base/base_fd.h"
#include "base/base_list.h"
#include "base/base_object.h"
#include "worker/worker_crash.h"
#include "worker/worker_private.h"
#include "worker/worker_turn.h"

#define TIMERS_KEPT 256

#define WORKER_TIMER_MAGIC 0xe27f5a16u

struct app_host_timer {
	unsigned magic;
	struct list_link link;
	struct worker_host *host;
	struct event event;
	void (*on_due)(void *context);
	void *context;
};

#define WORKER_WATCH_MAGIC 0x1dc83f70u

struct app_host_watch {
	unsigned magic;
	struct list_link link;
	struct worker_host *host;
	int fd;
	struct event event;
	void (*on_ready)(void *context, int events);
	void *context;
};

#define WORKER_HOST_MAGIC 0x66fab0c9u

struct worker_host {
	unsigned magic;
	struct app_host app_host;
	struct worker *worker;
	struct list timers, watches, spare_timers;
	size_t spare_count;
	int wake_fd;
	atomic_bool is_woken; /* wake_fd is readable, or will be */
	struct event wake;
	struct worker_turn turn;
};

static struct worker_host *
host_of(struct app_host *app_host)
{
	struct worker_host *host =
	    LIST_OBJECT(app_host, struct worker_host, app_host);

	OBJECT_CHECK(host, WORKER_HOST_MAGIC);
	return host;
}

struct worker *
worker_host_worker(struct app_host *app_host)
{
	return host_of(app_host)->worker;
}

static uint64_t
now_ms(const struct app_host *app_host)
{
	const struct worker_host *host = (const void *)((const char *)app_host -
	    offsetof(struct worker_host, app_host));

	return worker_running_now_ms(host->worker);
}

static uint64_t
turn(struct app_host *app_host)
{
	return worker_turn_number(&host_of(app_host)->turn);
}

/* ---- timers ---- */

static void
give_timer(struct app_host_timer *timer)
{
	struct worker_host *host = timer->host;

	list_remove(&timer->link);
	timer->magic = 0;
	if (host->spare_count == TIMERS_KEPT) {
		memory_free(timer);
		return;
	}
	list_prepend(&host->spare_timers, &timer->link);
	host->spare_count++;
}

static struct app_host_timer *
take_timer(struct worker_host *host)
{
	struct list_link *link = list_take_first(&host->spare_timers);

	if (link == NULL)
		return memory_alloc(sizeof(struct app_host_timer));
	host->spare_count--;
	return LIST_OBJECT(link, struct app_host_timer, link);
}

static void
on_timer(evutil_socket_t fd, short events, void *context)
{
	struct app_host_timer *timer;
	struct worker *worker;
	void (*on_due)(void *);
	void *its_context;

	(void)fd;
	(void)events;
	OBJECT_CAST(timer, context, WORKER_TIMER_MAGIC);
	worker = timer->host->worker;
	on_due = timer->on_due;
	its_context = timer->context;
	give_timer(timer);
	conn_set_enter(worker->connections);
	on_due(its_context);
	conn_set_settle(worker->connections);
}

static struct app_host_timer *
timer_start(struct app_host *app_host, uint32_t ms,
    void (*on_due)(void *context), void *context)
{
	struct worker_host *host = host_of(app_host);
	struct app_host_timer *timer = take_timer(host);
	const struct timeval wait = clock_timeval(ms);

	timer->magic = WORKER_TIMER_MAGIC;
	timer->host = host;
	timer->on_due = on_due;
	timer->context = context;
	list_append(&host->timers, &timer->link);
	evtimer_assign(&timer->event, host->worker->base, on_timer, timer);
	if (event_add(&timer->event, &wait) == -1)
		panic("event_add of a timer failed");
	return timer;
}

static void
timer_stop(struct app_host *app_host, struct app_host_timer **source)
{
	struct app_host_timer *timer;

	if (*source == NULL)
		return;
	OBJECT_TAKE(timer, source, WORKER_TIMER_MAGIC);
	event_del(&timer->event);
	give_timer(timer);
}

/* ---- watches ---- */

static void
on_watch(evutil_socket_t fd, short found, void *context)
{
	struct app_host_watch *watch;
	struct worker *worker;
	int events = 0;

	(void)fd;
	OBJECT_CAST(watch, context, WORKER_WATCH_MAGIC);
	worker = watch->host->worker;
	if ((found & EV_READ) != 0)
		events |= COHORT_READ;
	if ((found & EV_WRITE) != 0)
		events |= COHORT_WRITE;
	conn_set_enter(worker->connections);
	watch->on_ready(watch->context, events);
	conn_set_settle(worker->connections);
}

/* epoll refuses regular files, and descriptors that are closed. */
static int
watch_add(struct app_host_watch *watch, int events)
{
	short wanted = EV_PERSIST;

	if ((events & COHORT_READ) != 0)
		wanted |= EV_READ;
	if ((events & COHORT_WRITE) != 0)
		wanted |= EV_WRITE;
	event_assign(&watch->event, watch->host->worker->base, watch->fd,
	    wanted, on_watch, watch);
	return events == 0 ? 0 : event_add(&watch->event, NULL);
}

static void
watch_change(
    struct app_host *app_host, struct app_host_watch *watch, int events)
{
	OBJECT_CHECK(watch, WORKER_WATCH_MAGIC);
	event_del(&watch->event);
	if (watch_add(watch, events) == -1)
		log_error(
		    "descriptor %d cannot be watched any more", watch->fd);
}

static void
watch_stop(struct app_host *app_host, struct app_host_watch **source)
{
	struct app_host_watch *watch;

	if (*source == NULL)
		return;
	OBJECT_TAKE(watch, source, WORKER_WATCH_MAGIC);
	event_del(&watch->event);
	list_remove(&watch->link);
	OBJECT_FREE(watch);
}

static struct app_host_watch *
watch_start(struct app_host *app_host, int fd, int events,
    void (*on_ready)(void *context, int events), void *context)
{
	struct worker_host *host = host_of(app_host);
	struct app_host_watch *watch;

	OBJECT_NEW(watch, WORKER_WATCH_MAGIC);
	watch->host = host;
	watch->fd = fd;
	watch->on_ready = on_ready;
	watch->context = context;
	list_append(&host->watches, &watch->link);
	if (watch_add(watch, events) == -1)
		watch_stop(app_host, &watch);
	return watch;
}

/* ---- other threads ---- */

static void
wake(struct app_host *app_host)
{
	struct worker_host *host = host_of(app_host);

	if (!atomic_exchange(&host->is_woken, true))
		eventfd_write(host->wake_fd, 1);
}

static void
on_wake(evutil_socket_t fd, short events, void *context)
{
	struct conn_set *connections;
	struct worker_host *host;
	eventfd_t count;

	(void)events;
	OBJECT_CAST(host, context, WORKER_HOST_MAGIC);
	connections = host->worker->connections;
	eventfd_read(fd, &count);
	/* Before the queue is run: what joins it later wakes again. */
	atomic_store(&host->is_woken, false);
	conn_set_enter(connections);
	while (app_run_queued(host->worker->app)) {
		conn_set_settle(connections);
		conn_set_enter(connections);
	}
	worker_retire_review(host->worker); /* it may have been the last job */
	conn_set_settle(connections);
}

static void
loaded(struct app_host *app_host)
{
	worker_images_note(host_of(app_host)->worker);
}

static unsigned
arrive(struct app_host *app_host, struct http_exchange *exchange)
{
	worker_running_rename(app_host, exchange);
	return worker_quarantine_ask(host_of(app_host)->worker, exchange);
}

/* ---- threads of the pool ---- */

static void
thread_begin(struct app_host *app_host, unsigned index)
{
	struct error error;

	if (worker_thread_begin(host_of(app_host)->worker,
		IPC_THREAD_LOOP + 1 + index, &error) == -1)
		log_error("thread %u of the pool: %s", index, error.text);
}

static void
thread_end(struct app_host *app_host, unsigned index)
{
	worker_thread_end(
	    host_of(app_host)->worker, IPC_THREAD_LOOP + 1 + index);
}

/* ---- life ---- */

static const struct app_host_functions functions = {
	.now_ms = now_ms,
	.turn = turn,
	.timer_start = timer_start,
	.timer_stop = timer_stop,
	.watch_start = watch_start,
	.watch_change = watch_change,
	.watch_stop = watch_stop,
	.wake = wake,
	.loaded = loaded,
	.enter = worker_running_enter,
	.leave = worker_running_leave,
	.rename = worker_running_rename,
	.arrive = arrive,
	.thread_begin = thread_begin,
	.thread_end = thread_end,
	.thread_enter = worker_running_thread_enter,
	.thread_rename = worker_running_thread_rename,
	.thread_leave = worker_running_thread_leave,
};

int
worker_host_new(struct worker *worker, struct error *error)
{
	struct worker_host *host;

	OBJECT_NEW(host, WORKER_HOST_MAGIC);
	worker->host = host;
	host->app_host.functions = &functions;
	host->worker = worker;
	list_init(&host->timers);
	list_init(&host->watches);
	list_init(&host->spare_timers);
	worker_turn_init(&host->turn, worker->base);
	host->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (host->wake_fd == -1)
		return error_set_errno(error, "eventfd");
	event_assign(&host->wake, worker->base, host->wake_fd,
	    EV_READ | EV_PERSIST, on_wake, host);
	if (event_add(&host->wake, NULL) == -1)
		return error_set(
		    error, ERROR_SYSTEM, "eventfd: cannot watch it");
	return 0;
}

static void
free_timers(struct worker_host *host)
{
	struct app_host_timer *timer;
	struct list_link *link;

	while ((link = list_first(&host->timers)) != NULL) {
		timer = LIST_OBJECT(link, struct app_host_timer, link);
		timer_stop(&host->app_host, &timer);
	}
	while ((link = list_take_first(&host->spare_timers)) != NULL)
		memory_free(LIST_OBJECT(link, struct app_host_timer, link));
}

static void
free_watches(struct worker_host *host)
{
	struct app_host_watch *watch;
	struct list_link *link;

	while ((link = list_first(&host->watches)) != NULL) {
		watch = LIST_OBJECT(link, struct app_host_watch, link);
		watch_stop(&host->app_host, &watch);
	}
}

void
worker_host_free(struct worker_host **source)
{
	struct worker_host *host;

	if (*source == NULL)
		return;
	OBJECT_TAKE(host, source, WORKER_HOST_MAGIC);
	free_timers(host);
	free_watches(host);
	if (host->wake_fd != -1)
		event_del(&host->wake);
	worker_turn_fini(&host->turn);
	fd_close(&host->wake_fd);
	OBJECT_FREE(host);
}

struct app_host *
worker_host_app(struct worker_host *host)
{
	return &host->app_host;
}
