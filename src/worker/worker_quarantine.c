/* SPDX-License-Identifier: ISC */
/*
 * The worker's side of the quarantine: it refuses what the master has put
 * there, and tries again what is due.  An end that says nothing of the
 * request, as the client went away or this process has to stop, gives the
 * try back: else a poison whose sender does not wait would be let out.
 *
 * Nothing built in reports on the daemon itself; what does must never be
 * refused, and is to be passed by here.
 */
#include "base/base_clock.h"
#include "worker/worker_private.h"

int
worker_quarantine_open(struct worker *worker, struct error *error)
{
	int fd = worker->heritage->quarantine_fd;

	return fd == -1 ? 0 :
			  ipc_quarantine_map(fd, &worker->quarantine, error);
}

static uint32_t
holder(const struct worker *worker)
{
	return (uint32_t)worker->heritage->generation;
}

static unsigned
refuse(struct worker *worker, uint32_t place, uint64_t wait_ms)
{
	worker->slot->refused++;
	ipc_quarantine_refuse(worker->heritage->scoreboard, place);
	return wait_ms <= 1000 ? 1 : (unsigned)((wait_ms + 999) / 1000);
}

static bool
may_try(struct worker *worker, struct http_exchange *exchange, uint32_t place,
    uint32_t number)
{
	if (exchange->probe != 0)
		return exchange->probe == number;
	if (!ipc_quarantine_claim(
		worker->heritage->scoreboard, place, number, holder(worker)))
		return false;
	exchange->probe = number;
	return true;
}

/* Some request, or route, is there. */
static unsigned ask(struct worker *worker, struct http_exchange *exchange)
    __attribute__((noinline));

static unsigned
ask(struct worker *worker, struct http_exchange *exchange)
{
	const struct http_request *request = &exchange->request;
	const struct ipc_current_words words = {
		.mount = exchange->mount,
		.method = request->method_name,
		.target = request->target.data,
		.target_size = request->target.size,
		.route = exchange->route,
	};
	struct ipc_quarantine_entry entry;
	uint64_t now;
	uint32_t place;

	if (!ipc_quarantine_find(worker->quarantine, &words, &place, &entry))
		return 0;
	now = clock_monotonic_ms();
	if (now < entry.until_ms)
		return refuse(worker, place, entry.until_ms - now);
	return may_try(worker, exchange, place, entry.number) ?
	    0 :
	    refuse(worker, place, 0);
}

unsigned
worker_quarantine_ask(struct worker *worker, struct http_exchange *exchange)
{
	if (worker->quarantine == NULL || exchange->is_check ||
	    ipc_quarantine_is_empty(worker->quarantine))
		return 0;
	return ask(worker, exchange);
}

void
worker_quarantine_note_end(struct worker *worker,
    const struct http_exchange *exchange, enum cohort_end end)
{
	if (exchange->probe == 0)
		return;
	if (end == COHORT_END_GONE || end == COHORT_END_RETIRED)
		ipc_quarantine_release(worker->heritage->scoreboard,
		    exchange->probe, holder(worker));
	else
		worker_channel_tell_value(
		    worker, IPC_MESSAGE_PROBED, exchange->probe);
}
