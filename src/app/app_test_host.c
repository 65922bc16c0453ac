/* SPDX-License-Identifier: ISC */
/*
 * An app_host whose clock stands still while code runs and jumps when only
 * timers wait.  Descriptors and threads live in real time, so where any of
 * them may do something the clock goes along with the real one.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "app/app_test_private.h"
#include "base/base_clock.h"
#include "base/base_fd.h"
#include "base/base_log.h"
#include "base/base_object.h"

/* Not 0, which code under test may take for "never". */
#define BEGIN_MS 1000000

#define TIMER_MAGIC 0x2f6de48bu

struct app_host_timer {
	unsigned magic;
	struct list_link link;
	uint64_t due_ms;
	void (*on_due)(void *);
	void *context;
};

#define WATCH_MAGIC 0xb719c05eu

struct app_host_watch {
	unsigned magic;
	struct list_link link;
	int fd, events;
	int ready; /* found by poll, not yet told */
	void (*on_ready)(void *, int);
	void *context;
};

static struct app_test_host *
host_of(struct app_host *host)
{
	return LIST_OBJECT(host, struct app_test_host, host);
}

static uint64_t
now_ms(const struct app_host *host)
{
	return ((const struct app_test_host *)(const void *)host)->now_ms;
}

/* Behind those due at the same time. */
static struct list_link *
timer_position(struct list *timers, uint64_t due_ms)
{
	struct list_link *link;

	LIST_FOREACH (link, timers)
		if (LIST_OBJECT(link, struct app_host_timer, link)->due_ms >
		    due_ms)
			break;
	return link;
}

static struct app_host_timer *
timer_start(struct app_host *app_host, uint32_t ms, void (*on_due)(void *),
    void *context)
{
	struct app_test_host *host = host_of(app_host);
	struct app_host_timer *timer;

	OBJECT_NEW(timer, TIMER_MAGIC);
	timer->due_ms = host->now_ms + ms;
	timer->on_due = on_due;
	timer->context = context;
	list_insert_before(
	    &timer->link, timer_position(&host->timers, timer->due_ms));
	return timer;
}

static void
timer_stop(struct app_host *host, struct app_host_timer **timer)
{
	struct app_host_timer *gone;

	if (*timer == NULL)
		return;
	OBJECT_TAKE(gone, timer, TIMER_MAGIC);
	list_remove(&gone->link);
	OBJECT_FREE(gone);
}

static struct app_host_watch *
watch_start(struct app_host *app_host, int fd, int events,
    void (*on_ready)(void *, int), void *context)
{
	struct app_test_host *host = host_of(app_host);
	struct app_host_watch *watch;

	OBJECT_NEW(watch, WATCH_MAGIC);
	watch->fd = fd;
	watch->events = events;
	watch->on_ready = on_ready;
	watch->context = context;
	list_append(&host->watches, &watch->link);
	return watch;
}

static void
watch_change(struct app_host *host, struct app_host_watch *watch, int events)
{
	OBJECT_CHECK(watch, WATCH_MAGIC);
	watch->events = events;
}

static void
watch_stop(struct app_host *host, struct app_host_watch **watch)
{
	struct app_host_watch *gone;

	if (*watch == NULL)
		return;
	OBJECT_TAKE(gone, watch, WATCH_MAGIC);
	list_remove(&gone->link);
	OBJECT_FREE(gone);
}

static void
wake(struct app_host *host)
{
	eventfd_write(host_of(host)->wake_fd, 1);
}

static void
enter(struct app_host *host, const struct http_exchange *exchange,
    const char *what)
{
	if (++host_of(host)->depth > 2)
		panic("application code nested more than two deep");
}

static void
loaded_nobody(struct app_host *app_host)
{
}

static void
rename_nobody(struct app_host *host, const struct http_exchange *exchange)
{
}

static void
leave(struct app_host *host)
{
	if (host_of(host)->depth-- == 0)
		panic("application code left that was not entered");
}

static unsigned
arrive_nobody(struct app_host *host, struct http_exchange *exchange)
{
	(void)host;
	(void)exchange;
	return 0;
}

static void
thread_begin(struct app_host *host, unsigned index)
{
	atomic_fetch_add(&host_of(host)->pool_threads, 1);
}

static void
thread_end(struct app_host *host, unsigned index)
{
	atomic_fetch_sub(&host_of(host)->pool_threads, 1);
}

static void
thread_enter(
    struct app_host *host, unsigned index, const struct http_exchange *exchange)
{
	OBJECT_CHECK(exchange, HTTP_EXCHANGE_MAGIC);
}

static void
thread_leave(struct app_host *host, unsigned index)
{
}

static const struct app_host_functions functions = {
	.now_ms = now_ms,
	.timer_start = timer_start,
	.timer_stop = timer_stop,
	.watch_start = watch_start,
	.watch_change = watch_change,
	.watch_stop = watch_stop,
	.wake = wake,
	.loaded = loaded_nobody,
	.enter = enter,
	.leave = leave,
	.rename = rename_nobody,
	.arrive = arrive_nobody,
	.thread_begin = thread_begin,
	.thread_end = thread_end,
	.thread_enter = thread_enter,
	.thread_rename = thread_enter,
	.thread_leave = thread_leave,
};

int
app_test_host_init(struct app_test_host *host, struct error *error)
{
	host->host.functions = &functions;
	host->now_ms = BEGIN_MS;
	host->depth = 0;
	host->pool_threads = 0;
	list_init(&host->timers);
	list_init(&host->watches);
	host->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (host->wake_fd == -1)
		return error_set_errno(error, "eventfd");
	return 0;
}

static struct app_host_timer *
first_timer(const struct app_test_host *host)
{
	struct list_link *link = list_first(&host->timers);

	return link == NULL ? NULL :
			      LIST_OBJECT(link, struct app_host_timer, link);
}

void
app_test_host_fini(struct app_test_host *host)
{
	struct app_host_timer *timer;
	struct app_host_watch *watch;
	struct list_link *link;

	while ((timer = first_timer(host)) != NULL)
		timer_stop(&host->host, &timer);
	while ((link = list_first(&host->watches)) != NULL) {
		watch = LIST_OBJECT(link, struct app_host_watch, link);
		watch_stop(&host->host, &watch);
	}
	fd_close(&host->wake_fd);
}

bool
app_test_host_take_wake(struct app_test_host *host)
{
	eventfd_t count;

	return eventfd_read(host->wake_fd, &count) == 0;
}

static bool
run_timers(struct app_test_host *host)
{
	struct app_host_timer *timer;
	void (*on_due)(void *);
	void *context;
	bool ran = false;

	while ((timer = first_timer(host)) != NULL &&
	    timer->due_ms <= host->now_ms) {
		on_due = timer->on_due;
		context = timer->context;
		timer_stop(&host->host, &timer);
		on_due(context);
		ran = true;
	}
	return ran;
}

static short
poll_events(int events)
{
	return (short)((events & COHORT_READ ? POLLIN : 0) |
	    (events & COHORT_WRITE ? POLLOUT : 0));
}

/* Errors and hang-ups are told as whatever was asked for. */
static int
ready_events(short found)
{
	int both = POLLERR | POLLHUP;

	return (found & (POLLIN | both) ? COHORT_READ : 0) |
	    (found & (POLLOUT | both) ? COHORT_WRITE : 0);
}

static size_t
count_watches(const struct app_test_host *host)
{
	struct list_link *link;
	size_t count = 0;

	LIST_FOREACH (link, &host->watches)
		count++;
	return count;
}

/* One for each watch, in order, and the eventfd. */
static void
fill_fds(const struct app_test_host *host, struct pollfd *fds)
{
	struct app_host_watch *watch;
	struct list_link *link;

	LIST_FOREACH (link, &host->watches) {
		watch = LIST_OBJECT(link, struct app_host_watch, link);
		*fds++ = (struct pollfd) {
			.fd = watch->events == 0 ? -1 : watch->fd,
			.events = poll_events(watch->events),
		};
	}
	*fds = (struct pollfd) { .fd = host->wake_fd, .events = POLLIN };
}

/* A loop would not even notice: its kernel queue forgets closed ones. */
static void
disown_closed(struct app_host_watch *watch)
{
	log_error("descriptor %d was closed while it was watched", watch->fd);
	watch->events = 0;
}

static void
take_found(struct app_test_host *host, const struct pollfd *fds)
{
	struct app_host_watch *watch;
	struct list_link *link;

	LIST_FOREACH (link, &host->watches) {
		watch = LIST_OBJECT(link, struct app_host_watch, link);
		watch->ready = ready_events(fds->revents);
		if ((fds->revents & POLLNVAL) != 0)
			disown_closed(watch);
		fds++;
	}
}

/* Waits that long for watches to be ready, or for a wake; false: none. */
static bool
poll_watches(struct app_test_host *host, int timeout_ms)
{
	size_t count = count_watches(host) + 1;
	struct pollfd *fds = memory_alloc_array(count, sizeof(*fds));
	int found;

	fill_fds(host, fds);
	while ((found = poll(fds, count, timeout_ms)) == -1 && errno == EINTR)
		;
	if (found == -1)
		panic("poll: %s", strerror(errno));
	take_found(host, fds);
	memory_free(fds);
	return found > 0;
}

/* What runs may start and stop any watch, so each search begins anew. */
static struct app_host_watch *
find_ready(struct app_test_host *host)
{
	struct app_host_watch *watch;
	struct list_link *link;

	LIST_FOREACH (link, &host->watches) {
		watch = LIST_OBJECT(link, struct app_host_watch, link);
		if ((watch->ready & watch->events) != 0)
			return watch;
	}
	return NULL;
}

static bool
run_watches(struct app_test_host *host)
{
	struct app_host_watch *watch;
	bool ran = false;
	int events;

	if (list_is_empty(&host->watches))
		return false;
	poll_watches(host, 0);
	while ((watch = find_ready(host)) != NULL) {
		events = watch->ready & watch->events;
		watch->ready = 0;
		watch->on_ready(watch->context, events);
		ran = true;
	}
	return ran;
}

bool
app_test_host_run(struct app_test_host *host)
{
	bool ran = run_watches(host);

	return run_timers(host) || ran;
}

bool
app_test_host_jump(struct app_test_host *host, uint64_t until_ms)
{
	struct app_host_timer *timer = first_timer(host);

	if (timer == NULL || timer->due_ms > until_ms) {
		host->now_ms = until_ms;
		return false;
	}
	if (timer->due_ms > host->now_ms)
		host->now_ms = timer->due_ms;
	return true;
}

static bool
has_watches(struct app_test_host *host)
{
	struct list_link *link;

	LIST_FOREACH (link, &host->watches)
		if (LIST_OBJECT(link, struct app_host_watch, link)->events != 0)
			return true;
	return false;
}

/* A thread of the module may resume a request at any time; those of the pool
 * do nothing without a job. */
static bool
has_threads(const struct app_test_host *host)
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *entry;
	unsigned count = 0;

	if (tasks == NULL)
		return false;
	while ((entry = readdir(tasks)) != NULL)
		count += entry->d_name[0] != '.';
	closedir(tasks);
	return count > 1 + host->pool_threads;
}

/* Can nothing but timers happen?  A thread that is gone may have woken us
 * just before. */
static bool
is_alone(struct app_test_host *host)
{
	return !has_watches(host) && !has_threads(host) &&
	    !poll_watches(host, 0);
}

static int
timeout_to(uint64_t now, const struct app_host_timer *timer)
{
	if (timer == NULL)
		return -1;
	if (timer->due_ms <= now)
		return 0;
	return timer->due_ms - now > INT_MAX ? INT_MAX :
					       (int)(timer->due_ms - now);
}

bool
app_test_host_wait(struct app_test_host *host, bool has_jobs)
{
	struct app_host_timer *timer = first_timer(host);
	uint64_t begun_us, passed_ms;

	if (!has_jobs && is_alone(host))
		return timer != NULL && app_test_host_jump(host, timer->due_ms);
	begun_us = clock_monotonic_us();
	if (!poll_watches(host, timeout_to(host->now_ms, timer)))
		return app_test_host_jump(host, timer->due_ms);
	passed_ms = (clock_monotonic_us() - begun_us) / 1000;
	app_test_host_jump(host, host->now_ms + passed_ms);
	return true;
}
