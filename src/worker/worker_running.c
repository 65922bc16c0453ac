/* SPDX-License-Identifier: ISC */
/*
 * What application code runs: before it does, its name goes into the process
 * area, so that the master can say what ran whatever becomes of this process.
 * Of the loop, code may run on top of other code that it was called from.
 */
#include "base/base_clock.h"
#include "base/base_panic.h"
#include "worker/worker_private.h"

static struct ipc_current *
current_of(struct worker *worker, uint32_t row)
{
	return &worker->process->threads[row].current;
}

/* For whom code of the worker's own runs. */
static const struct http_exchange nobody;

static void
publish(struct ipc_current *current, const struct http_exchange *exchange,
    const char *what, uint64_t since_ms)
{
	const struct http_exchange *whose =
	    exchange != NULL ? exchange : &nobody;
	const struct http_request *request = &whose->request;
	const struct ipc_current_words words = {
		.exchange_id = whose->id,
		.mount = whose->mount,
		.method = request->method_name,
		.target = request->target.data,
		.target_size = request->target.size,
		.peer = request->peer == NULL ? NULL : &request->peer->address,
		.route = whose->route,
		.doing = what != NULL ? what : whose->doing,
	};

	ipc_current_begin(current, since_ms, &words);
}

/* ---- in the loop ---- */

static void
publish_top(struct worker *worker)
{
	const struct worker_frame *frame = &worker->frames[worker->depth - 1];

	publish(current_of(worker, IPC_THREAD_LOOP), frame->exchange,
	    frame->what, frame->since_ms);
}

static void
set_busy_since(struct worker *worker, uint64_t ms)
{
	__atomic_store_n(&worker->slot->busy_since_ms, ms, __ATOMIC_RELAXED);
}

uint64_t
worker_running_now_ms(const struct worker *worker)
{
	return worker->depth > 0 ? worker->frames[0].since_ms :
				   clock_monotonic_ms();
}

void
worker_running_enter(struct app_host *host,
    const struct http_exchange *exchange, const char *what)
{
	struct worker *worker = worker_host_worker(host);
	uint64_t now = clock_monotonic_ms();

	if (worker->depth == WORKER_DEPTH_MAX)
		panic("application code nested more than two deep");
	worker->frames[worker->depth] = (struct worker_frame) {
		.exchange = exchange,
		.what = what,
		.since_ms = now,
	};
	if (worker->depth++ == 0)
		set_busy_since(worker, now);
	publish_top(worker);
}

void
worker_running_rename(
    struct app_host *host, const struct http_exchange *exchange)
{
	struct worker *worker = worker_host_worker(host);

	if (worker->depth > 0 &&
	    worker->frames[worker->depth - 1].exchange == exchange)
		ipc_current_rename(current_of(worker, IPC_THREAD_LOOP),
		    exchange->mount, exchange->route, exchange->doing);
}

void
worker_running_leave(struct app_host *host)
{
	struct worker *worker = worker_host_worker(host);

	if (worker->depth == 0)
		panic("application code left that was not entered");
	if (--worker->depth > 0) {
		publish_top(worker);
		return;
	}
	ipc_current_end(current_of(worker, IPC_THREAD_LOOP));
	set_busy_since(worker, 0);
}

/* ---- in a thread of the pool ---- */

static struct ipc_current *
current_of_thread(struct app_host *host, unsigned index)
{
	return current_of(
	    worker_host_worker(host), IPC_THREAD_LOOP + 1 + index);
}

void
worker_running_thread_enter(
    struct app_host *host, unsigned index, const struct http_exchange *exchange)
{
	publish(current_of_thread(host, index), exchange, NULL,
	    clock_monotonic_ms());
}

void
worker_running_thread_rename(
    struct app_host *host, unsigned index, const struct http_exchange *exchange)
{
	ipc_current_rename(current_of_thread(host, index), exchange->mount,
	    exchange->route, exchange->doing);
}

void
worker_running_thread_leave(struct app_host *host, unsigned index)
{
	ipc_current_end(current_of_thread(host, index));
}
