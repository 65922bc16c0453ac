/* SPDX-License-Identifier: ISC */
/*
 * Owns the order of a retirement and its time limit.  The application is
 * told first, so that what it ends itself ends politely.
 */
#include "base/base_object.h"
#include "worker/worker_private.h"

static void
on_shutdown_timeout(evutil_socket_t fd, short events, void *context)
{
	struct worker *worker;

	(void)fd;
	(void)events;
	OBJECT_CAST(worker, context, WORKER_MAGIC);
	conn_set_enter(worker->connections);
	worker_advance(worker, WORKER_EVENT_TIMEOUT);
	conn_set_settle(worker->connections);
}

void
worker_retire_init(struct worker *worker)
{
	evtimer_assign(
	    &worker->shutdown_timer, worker->base, on_shutdown_timeout, worker);
}

void
worker_retire_start(struct worker *worker)
{
	const struct timeval wait =
	    clock_timeval(worker->heritage->settings->shutdown_timeout);

	if (worker->retire == IPC_RETIRE_NOW) {
		worker_advance(worker, WORKER_EVENT_TIMEOUT);
		return;
	}
	if (event_add(&worker->shutdown_timer, &wait) == -1)
		panic("event_add of the shutdown timer failed");
	app_retire(worker->app);
	if (worker->retire == IPC_RETIRE_REPLACED)
		conn_set_hand_over(worker->connections);
	else
		conn_set_retire(worker->connections, true);
	worker_retire_review(worker);
}

void
worker_retire_again(struct worker *worker)
{
	if (worker->retire == IPC_RETIRE_NOW)
		worker_advance(worker, WORKER_EVENT_TIMEOUT);
	else if (worker->retire == IPC_RETIRE_STOP)
		conn_set_retire(worker->connections, true);
}

void
worker_retire_alone(struct worker *worker)
{
	if (worker->retire != IPC_RETIRE_REPLACED)
		return;
	worker->retire = IPC_RETIRE_STOP;
	conn_set_retire(worker->connections, true);
}

void
worker_retire_review(struct worker *worker)
{
	if (worker->state == WORKER_STATE_RETIRING &&
	    conn_set_count(worker->connections) == 0 &&
	    !app_has_jobs(worker->app))
		worker_advance(worker, WORKER_EVENT_EMPTY);
}

/* What only waited for a next request is not cut: it is closed in order. */
void
worker_retire_cut(struct worker *worker)
{
	size_t count;

	conn_set_retire(worker->connections, true);
	count = conn_set_count(worker->connections);
	if (count > 0)
		log_warn("%zu connections are cut: %s", count,
		    worker->retire == IPC_RETIRE_NOW ?
			"told to stop at once" :
			"shutdown_timeout is over");
}

void
worker_retire_stop(struct worker *worker)
{
	event_del(&worker->shutdown_timer);
}
