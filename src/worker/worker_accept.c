/* SPDX-License-Identifier: ISC */
/*
 * Owns the worker's copies of the listeners and its gate.  A listener's
 * event is on while the worker serves, its gate is open and the listener
 * does not pause after a lack of descriptors or memory.
 *
 * Sockets are shared by all workers and level-triggered, so one connection
 * wakes several workers.  Each takes a few at a time: as many as are likely
 * to have come in the time of one round of the loop (worker_share.h), and no
 * more, so that a burst is spread over all that woke up.
 */
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/base_clock.h"
#include "base/base_fd.h"
#include "base/base_object.h"
#include "conn/conn_refuse.h"
#include "worker/worker_answer.h"
#include "worker/worker_private.h"
#include "worker/worker_share.h"

#define PAUSE_MS        500
#define REVIEW_MS       100
#define RESCUES_AT_ONCE 16
#define DRAINED_MOST    65536

static const char refusal[] = WORKER_ANSWER_503_HEAD WORKER_ANSWER_503_PAGE;

struct listener {
	struct worker_acceptor *acceptor;
	const struct conn_origin *origin;
	const char *name;
	int fd;
	bool is_on, is_paused;
	bool is_closed;   /* forgotten: never on again */
	bool was_waiting; /* somebody, at the last review */
	struct worker_share share;
	struct event event, pause;
};

#define WORKER_ACCEPTOR_MAGIC 0xa90b37d4u

struct worker_acceptor {
	unsigned magic;
	struct worker *worker;
	bool is_started;
	bool is_told_to_pause;
	enum worker_gate gate;
	struct event review; /* while the gate is closed by load */
	int reserve;         /* /dev/null; -1: none */
	struct listener *listeners;
	size_t count;
};

/* ---- which events are on ---- */

static void
set_listening(struct listener *listener, bool on)
{
	if (listener->is_on == on)
		return;
	listener->is_on = on;
	if (!on)
		event_del(&listener->event);
	else if (event_add(&listener->event, NULL) == -1)
		panic("listen %s: event_add failed", listener->name);
}

static void
apply(struct worker_acceptor *acceptor)
{
	bool open = acceptor->is_started && acceptor->gate == WORKER_GATE_OPEN;
	struct listener *listener;
	size_t i;

	for (i = 0; i < acceptor->count; i++) {
		listener = &acceptor->listeners[i];
		set_listening(listener,
		    open && !listener->is_paused && !listener->is_closed);
	}
	acceptor->worker->slot->accepting = open;
}

static void
review(struct worker_acceptor *acceptor)
{
	const struct timeval wait = clock_timeval(REVIEW_MS);
	const struct ipc_heritage *heritage = acceptor->worker->heritage;
	enum worker_gate gate;

	gate = acceptor->is_told_to_pause ?
	    WORKER_GATE_PAUSED :
	    worker_availability(heritage->scoreboard, heritage->slot,
		clock_monotonic_ms(), acceptor->gate);
	if (gate == WORKER_GATE_LOAD)
		event_add(&acceptor->review, &wait);
	else if (acceptor->gate == WORKER_GATE_LOAD)
		event_del(&acceptor->review);
	if (gate == acceptor->gate)
		return;
	acceptor->gate = gate;
	apply(acceptor);
}

/* ---- lack of descriptors ---- */

static void
open_reserve(struct worker_acceptor *acceptor)
{
	if (acceptor->reserve == -1)
		acceptor->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void
on_pause_over(evutil_socket_t fd, short events, void *context)
{
	struct listener *listener = context;

	(void)fd;
	(void)events;
	OBJECT_CHECK(listener->acceptor, WORKER_ACCEPTOR_MAGIC);
	listener->is_paused = false;
	open_reserve(listener->acceptor);
	apply(listener->acceptor);
}

static void
refuse(struct worker *worker, int fd)
{
	conn_refuse(fd, refusal, sizeof(refusal) - 1);
	close(fd);
	worker->slot->accepted++;
	worker->slot->closed[CONN_CLOSE_OVERLOAD]++;
}

/* One client more is told instead of being left waiting. */
static void
refuse_one(struct listener *listener)
{
	struct worker_acceptor *acceptor = listener->acceptor;
	int fd;

	if (acceptor->reserve == -1)
		return;
	fd_close(&acceptor->reserve);
	fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd != -1)
		refuse(acceptor->worker, fd);
	open_reserve(acceptor);
}

static void
pause_listener(struct listener *listener, int number)
{
	const struct timeval wait = clock_timeval(PAUSE_MS);

	log_warn("listen %s: accept: %s: pausing for %d ms", listener->name,
	    strerror(number), PAUSE_MS);
	if (number == EMFILE || number == ENFILE)
		refuse_one(listener);
	listener->is_paused = true;
	if (event_add(&listener->pause, &wait) == -1)
		panic("listen %s: event_add of a timer failed", listener->name);
	apply(listener->acceptor);
}

/* ---- accepting ---- */

/* Of the one connection that was to be accepted, or of its network: see
 * accept(2). */
static bool
is_of_connection(int number)
{
	static const int numbers[] = { ECONNABORTED, EPROTO, EPERM, EINTR,
		ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH,
		EOPNOTSUPP, ENETUNREACH, ETIMEDOUT, ECONNRESET };
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (number == numbers[i])
			return true;
	return false;
}

/* True when there may be more. */
static bool
accept_one(struct listener *listener)
{
	struct worker_acceptor *acceptor = listener->acceptor;
	struct conn_set *connections = acceptor->worker->connections;
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);
	int fd, number;

	conn_set_enter(connections);
	fd = accept4(listener->fd, (struct sockaddr *)&address, &size,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);
	number = errno;
	if (fd != -1) {
		conn_set_accept(
		    connections, fd, &address, size, listener->origin);
		review(acceptor);
		return true;
	}
	conn_set_settle(connections);
	if (number == EAGAIN || number == EWOULDBLOCK)
		return false;
	if (is_of_connection(number))
		return true;
	pause_listener(listener, number);
	return false;
}

static void
on_acceptable(evutil_socket_t fd, short events, void *context)
{
	struct listener *listener = context;
	unsigned most = worker_share_count(&listener->share), count = 0;

	(void)fd;
	(void)events;
	OBJECT_CHECK(listener->acceptor, WORKER_ACCEPTOR_MAGIC);
	while (count < most && listener->is_on && accept_one(listener))
		count++;
	worker_share_learn(&listener->share, count);
}

/* ---- the gate's timer ---- */

static bool
has_waiting(const struct listener *listener)
{
	struct pollfd descriptor = { .fd = listener->fd, .events = POLLIN };

	return !listener->is_paused && !listener->is_closed &&
	    poll(&descriptor, 1, 0) == 1;
}

/*
 * The gate leaves connections to workers with less to do.  One of those may
 * be stopped where the scoreboard does not show it: who still waits after a
 * whole REVIEW_MS is not left waiting for it.
 */
static void
rescue(struct worker_acceptor *acceptor)
{
	struct listener *listener;
	bool was_waiting;
	int count;
	size_t i;

	for (i = 0; i < acceptor->count; i++) {
		listener = &acceptor->listeners[i];
		was_waiting = listener->was_waiting;
		listener->was_waiting = has_waiting(listener);
		if (!was_waiting || !listener->was_waiting)
			continue;
		for (count = 0; count < RESCUES_AT_ONCE &&
		     acceptor->gate == WORKER_GATE_LOAD;
		     count++)
			if (!accept_one(listener))
				break;
	}
}

static void
on_review(evutil_socket_t fd, short events, void *context)
{
	struct worker_acceptor *acceptor;

	(void)fd;
	(void)events;
	OBJECT_CAST(acceptor, context, WORKER_ACCEPTOR_MAGIC);
	rescue(acceptor);
	review(acceptor);
}

/* ---- life ---- */

static void
init_listener(struct worker_acceptor *acceptor, size_t index)
{
	const struct ipc_listener *inherited =
	    &acceptor->worker->heritage->listeners[index];
	struct listener *listener = &acceptor->listeners[index];
	struct event_base *base = acceptor->worker->base;

	listener->acceptor = acceptor;
	listener->origin = &acceptor->worker->origins[index];
	listener->name = inherited->name;
	listener->fd = inherited->fd;
	event_assign(&listener->event, base, listener->fd, EV_READ | EV_PERSIST,
	    on_acceptable, listener);
	evtimer_assign(&listener->pause, base, on_pause_over, listener);
}

void
worker_acceptor_new(struct worker *worker)
{
	struct worker_acceptor *acceptor;
	size_t i;

	OBJECT_NEW(acceptor, WORKER_ACCEPTOR_MAGIC);
	worker->acceptor = acceptor;
	acceptor->worker = worker;
	acceptor->reserve = -1;
	open_reserve(acceptor);
	evtimer_assign(&acceptor->review, worker->base, on_review, acceptor);
	acceptor->count = worker->heritage->listener_count;
	acceptor->listeners =
	    memory_alloc_array(acceptor->count, sizeof(*acceptor->listeners));
	for (i = 0; i < acceptor->count; i++)
		init_listener(acceptor, i);
}

void
worker_acceptor_free(struct worker *worker)
{
	if (worker->acceptor == NULL)
		return;
	worker_acceptor_stop(worker);
	fd_close(&worker->acceptor->reserve);
	memory_free(worker->acceptor->listeners);
	OBJECT_FREE(worker->acceptor);
}

void
worker_acceptor_start(struct worker *worker)
{
	worker->acceptor->is_started = true;
	review(worker->acceptor);
	apply(worker->acceptor);
}

static void
close_listener(struct listener *listener)
{
	set_listening(listener, false);
	event_del(&listener->pause);
	fd_close(&listener->fd);
}

void
worker_acceptor_stop(struct worker *worker)
{
	struct worker_acceptor *acceptor = worker->acceptor;
	size_t i;

	acceptor->is_started = false;
	event_del(&acceptor->review);
	apply(acceptor);
	for (i = 0; i < acceptor->count; i++)
		close_listener(&acceptor->listeners[i]);
}

/* Bounded, for a listener's socket that others still use. */
static void
drain(struct listener *listener)
{
	int count;

	for (count = 0; count < DRAINED_MOST && !listener->is_paused; count++)
		if (!accept_one(listener))
			return;
}

void
worker_acceptor_forget(struct worker *worker, size_t index)
{
	struct worker_acceptor *acceptor = worker->acceptor;
	struct listener *listener = &acceptor->listeners[index];

	if (acceptor->is_started && !listener->is_closed) {
		drain(listener);
		conn_set_enter(worker->connections);
	}
	listener->is_closed = true;
	close_listener(listener);
}

void
worker_acceptor_pause(struct worker *worker, bool on)
{
	worker->acceptor->is_told_to_pause = on;
	if (worker->acceptor->is_started)
		review(worker->acceptor);
}

void
worker_acceptor_review(struct worker *worker)
{
	struct worker_acceptor *acceptor = worker->acceptor;

	if (acceptor->is_started && acceptor->gate == WORKER_GATE_LIMIT)
		review(acceptor);
}
