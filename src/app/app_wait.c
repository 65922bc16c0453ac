/* SPDX-License-Identifier: ISC */
/*
 * Waits are kept for reuse while the request lasts: a stream that waits once
 * a second for days does not grow.
 */
#include "app/app_wait.h"

#include "app/app_dispatch.h"
#include "app/app_ticket.h"

struct app_wait {
	struct cohort_request *request;
	struct list_link link; /* in request->waits, or spare_waits */
	struct app_handler step;
	struct app_host_timer *timer;
	struct app_host_watch *watch;
	int fd; /* -1: time */
};

bool
app_wait_is_armed(const struct cohort_request *request)
{
	return !list_is_empty(&request->waits) ||
	    !list_is_empty(&request->jobs) || request->room.handler != NULL ||
	    request->ticket.id != 0;
}

static void
stop(struct app_wait *wait)
{
	struct app_host *host = wait->request->app->host;

	if (wait->timer != NULL)
		host->functions->timer_stop(host, &wait->timer);
	if (wait->watch != NULL)
		host->functions->watch_stop(host, &wait->watch);
}

void
app_wait_stop(struct cohort_request *request)
{
	struct list_link *link;

	while ((link = list_take_first(&request->waits)) != NULL) {
		stop(LIST_OBJECT(link, struct app_wait, link));
		list_append(&request->spare_waits, link);
	}
}

static struct app_wait *
take_spare(struct cohort_request *request)
{
	struct list_link *link = list_take_first(&request->spare_waits);

	if (link != NULL)
		return LIST_OBJECT(link, struct app_wait, link);
	return arena_alloc(&request->exchange->arena, sizeof(struct app_wait));
}

static struct app_wait *
arm(struct cohort_request *request, int fd, struct app_handler step)
{
	struct app_wait *wait = take_spare(request);

	wait->request = request;
	wait->step = step;
	wait->fd = fd;
	list_append(&request->waits, &wait->link);
	return wait;
}

/* It has happened; the wait is spare again when step runs. */
static void
happen(struct app_wait *wait)
{
	OBJECT_CHECK(wait->request, COHORT_REQUEST_MAGIC);
	app_dispatch_continue(wait->request, wait->step);
}

static void
on_due(void *context)
{
	struct app_wait *wait = context;

	wait->timer = NULL;
	happen(wait);
}

static void
on_ready(void *context, int events)
{
	happen(context);
}

bool
app_wait_may(struct cohort_request *request, enum app_permission permission,
    const char *function, cohort_handler *next)
{
	enum app_reply_kind kind;

	if (!app_request_may(request, permission, function))
		return false;
	if (next == NULL) {
		log_error("%s: next is NULL", function);
		return false;
	}
	kind = request->reply.kind;
	if (kind == APP_REPLY_NONE || kind == APP_REPLY_STREAM)
		return true;
	log_error("%s: called when a reply was given", function);
	return false;
}

enum cohort_verdict
cohort_await_time(struct cohort_request *request, uint32_t ms,
    cohort_handler *next, void *context)
{
	struct app_host *host;
	struct app_wait *wait;

	if (!app_wait_may(request, APP_MAY_AWAIT, __func__, next))
		return COHORT_FAILED;
	host = request->app->host;
	wait = arm(request, -1, (struct app_handler) { next, context });
	wait->timer = host->functions->timer_start(host, ms, on_due, wait);
	return COHORT_LATER;
}

static bool
is_awaited(const struct cohort_request *request, int fd)
{
	struct list_link *link;

	LIST_FOREACH (link, &request->waits)
		if (LIST_OBJECT(link, struct app_wait, link)->fd == fd)
			return true;
	return false;
}

/* Why it cannot be waited for; NULL if it can. */
static const char *
check_fd(const struct cohort_request *request, int fd, int events)
{
	if (fd < 0)
		return "it is no descriptor";
	if (events == 0 || (events & ~(COHORT_READ | COHORT_WRITE)) != 0)
		return "events are COHORT_READ and COHORT_WRITE";
	if (is_awaited(request, fd))
		return "it is armed already";
	return NULL;
}

enum cohort_verdict
cohort_await_fd(struct cohort_request *request, int fd, int events,
    cohort_handler *next, void *context)
{
	struct app_host *host;
	struct app_wait *wait;
	const char *reason;

	if (!app_wait_may(request, APP_MAY_AWAIT, __func__, next))
		return COHORT_FAILED;
	reason = check_fd(request, fd, events);
	if (reason != NULL) {
		log_error("%s: descriptor %d: %s", __func__, fd, reason);
		return COHORT_FAILED;
	}
	host = request->app->host;
	wait = arm(request, fd, (struct app_handler) { next, context });
	wait->watch =
	    host->functions->watch_start(host, fd, events, on_ready, wait);
	if (wait->watch != NULL)
		return COHORT_LATER;
	log_error("%s: descriptor %d cannot be watched", __func__, fd);
	list_remove(&wait->link);
	list_append(&request->spare_waits, &wait->link);
	return COHORT_FAILED;
}

enum cohort_verdict
cohort_await_room(
    struct cohort_request *request, cohort_handler *next, void *context)
{
	if (!app_wait_may(request, APP_MAY_READ_BODY, __func__, next))
		return COHORT_FAILED;
	if (request->reply.kind != APP_REPLY_STREAM) {
		log_error("%s: there is no stream", __func__);
		return COHORT_FAILED;
	}
	request->room = (struct app_handler) { next, context };
	return COHORT_LATER;
}

cohort_ticket
cohort_request_ticket(struct cohort_request *request)
{
	if (!app_request_may(request, APP_MAY_AWAIT, __func__))
		return (cohort_ticket) { 0 };
	if (request->ticket.id == 0)
		request->ticket =
		    app_ticket_take(request->app->tickets, request);
	return request->ticket;
}
