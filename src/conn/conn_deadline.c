/* SPDX-License-Identifier: ISC */
/*
 * The timer is armed for the earliest deadline and not touched when that
 * one is stopped or started anew, which happens in every request: it then
 * fires for nothing and is armed for what is the earliest by then.
 *
 * It is the kernel's and not libevent's, which would look at its own in every
 * turn of the loop, ask twice for the time, and have epoll_wait(2) do so too.
 */
#include "conn/conn_deadline.h"

#include <sys/timerfd.h>

#include <errno.h>
#include <event2/event.h>
#include <string.h>

#include "base/base_clock.h"
#include "base/base_fd.h"
#include "base/base_panic.h"
#include "base/base_rare.h"

/* Between two firings, so that many deadlines close together share one. */
#define PAUSE_MS 50

static COLD void
arm(struct conn_deadlines *deadlines, uint64_t at_ms)
{
	uint64_t now_ms = conn_deadlines_now(deadlines);
	uint64_t delay_ms = at_ms > now_ms ? at_ms - now_ms : 0;
	const struct itimerspec delay = {
		.it_value.tv_sec = (time_t)(delay_ms / 1000),
		/* None at all would be no timer. */
		.it_value.tv_nsec = (long)(delay_ms % 1000 * 1000000 + 1),
	};

	deadlines->armed_for_ms = at_ms;
	if (timerfd_settime(deadlines->timer_fd, 0, &delay, NULL) == -1 ||
	    event_add(deadlines->timer, NULL) == -1)
		panic(
		    "deadlines: the timer cannot be set: %s", strerror(errno));
}

/* 0: nothing waits. */
static uint64_t
earliest(const struct conn_deadlines *deadlines)
{
	const struct conn_deadline *deadline;
	struct list_link *link;
	uint64_t least = 0;
	size_t i;

	for (i = 0; i < CONN_DEADLINE_COUNT; i++) {
		link = list_first(&deadlines->lists[i]);
		if (link == NULL)
			continue;
		deadline = LIST_OBJECT(link, struct conn_deadline, link);
		if (least == 0 || deadline->due_ms < least)
			least = deadline->due_ms;
	}
	return least;
}

static void
expire_list(
    struct conn_deadlines *deadlines, struct list *list, uint64_t now_ms)
{
	struct conn_deadline *deadline;
	struct list_link *link;

	while ((link = list_first(list)) != NULL) {
		deadline = LIST_OBJECT(link, struct conn_deadline, link);
		if (deadline->due_ms > now_ms)
			return;
		list_remove(link);
		deadlines->on_due(deadline);
	}
}

void
conn_deadlines_expire(struct conn_deadlines *deadlines)
{
	uint64_t now_ms = conn_deadlines_now(deadlines);
	size_t i;

	for (i = 0; i < CONN_DEADLINE_COUNT; i++)
		expire_list(deadlines, &deadlines->lists[i], now_ms);
}

static void
on_timer(evutil_socket_t fd, short what, void *context)
{
	struct conn_deadlines *deadlines = context;
	uint64_t now_ms, next_ms;

	(void)fd;
	(void)what;
	conn_deadlines_forget_now(deadlines);
	deadlines->armed_for_ms = 0;
	/* The coarse clock may not be where the timer is. */
	now_ms = deadlines->now_ms = clock_monotonic_us() / 1000;
	conn_deadlines_expire(deadlines);
	next_ms = earliest(deadlines);
	if (next_ms != 0)
		arm(deadlines,
		    next_ms < now_ms + PAUSE_MS ? now_ms + PAUSE_MS : next_ms);
	conn_deadlines_forget_now(deadlines);
}

void
conn_deadlines_init(struct conn_deadlines *deadlines, struct event_base *base,
    const uint64_t timeouts_ms[CONN_DEADLINE_COUNT],
    void (*on_due)(struct conn_deadline *deadline))
{
	size_t i;

	*deadlines = (struct conn_deadlines) { .on_due = on_due };
	for (i = 0; i < CONN_DEADLINE_COUNT; i++) {
		list_init(&deadlines->lists[i]);
		deadlines->timeouts_ms[i] = timeouts_ms[i];
	}
	/* It is never read: to be set anew clears it, and its event is of one
	 * shot. */
	deadlines->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (deadlines->timer_fd == -1)
		panic("deadlines: timerfd_create: %s", strerror(errno));
	deadlines->timer =
	    event_new(base, deadlines->timer_fd, EV_READ, on_timer, deadlines);
	if (deadlines->timer == NULL)
		panic("deadlines: event_new failed");
}

void
conn_deadlines_fini(struct conn_deadlines *deadlines)
{
	event_free(deadlines->timer);
	deadlines->timer = NULL;
	fd_close(&deadlines->timer_fd);
}

uint64_t
conn_deadlines_now(struct conn_deadlines *deadlines)
{
	if (deadlines->now_ms == 0)
		deadlines->now_ms = clock_monotonic_ms();
	return deadlines->now_ms;
}

void
conn_deadlines_forget_now(struct conn_deadlines *deadlines)
{
	deadlines->now_ms = 0;
	if (deadlines->has_resumed)
		memset(deadlines->resumed, 0, sizeof(deadlines->resumed));
	deadlines->has_resumed = false;
}

static void
arm_no_later(struct conn_deadlines *deadlines, uint64_t at_ms)
{
	if (deadlines->armed_for_ms == 0 || at_ms < deadlines->armed_for_ms)
		arm(deadlines, at_ms);
}

void
conn_deadline_start(struct conn_deadlines *deadlines,
    struct conn_deadline *deadline, enum conn_deadline_class class)
{
	uint64_t timeout_ms = deadlines->timeouts_ms[class];

	conn_deadline_stop(deadline);
	deadline->class = class;
	if (class == CONN_DEADLINE_NONE || timeout_ms == 0)
		return;
	deadline->due_ms = conn_deadlines_now(deadlines) + timeout_ms;
	list_append(&deadlines->lists[class], &deadline->link);
	arm_no_later(deadlines, deadline->due_ms);
}

/* Searched from the list's end, or from the one resumed last, which stands
 * behind it if the caller keeps the order. */
static void
insert(struct conn_deadlines *deadlines, struct conn_deadline *deadline)
{
	struct list *list = &deadlines->lists[deadline->class];
	struct conn_deadline *last = deadlines->resumed[deadline->class];
	struct list_link *behind = &list->head, *link;

	if (last != NULL && last->due_ms >= deadline->due_ms)
		behind = &last->link;
	while ((link = behind->previous) != &list->head &&
	    LIST_OBJECT(link, struct conn_deadline, link)->due_ms >
		deadline->due_ms)
		behind = link;
	list_insert_before(&deadline->link, behind);
	deadlines->resumed[deadline->class] = deadline;
	deadlines->has_resumed = true;
}

void
conn_deadline_resume(struct conn_deadlines *deadlines,
    struct conn_deadline *deadline, enum conn_deadline_class class,
    uint64_t due_ms)
{
	uint64_t timeout_ms = deadlines->timeouts_ms[class], most_ms;

	conn_deadline_stop(deadline);
	deadline->class = class;
	if (class == CONN_DEADLINE_NONE || timeout_ms == 0)
		return;
	most_ms = conn_deadlines_now(deadlines) + timeout_ms;
	deadline->due_ms = due_ms == 0 || due_ms > most_ms ? most_ms : due_ms;
	insert(deadlines, deadline);
	arm_no_later(deadlines, deadline->due_ms);
}

void
conn_deadline_stop(struct conn_deadline *deadline)
{
	list_remove(&deadline->link);
	deadline->class = CONN_DEADLINE_NONE;
}
