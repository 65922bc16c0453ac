/* SPDX-License-Identifier: ISC */
/*
 * Sends departing connections to the master, in batches.  What the channel
 * does not take now waits in the set for a moment; without a master nobody
 * will ever take it.
 */
#include <errno.h>

#include "base/base_object.h"
#include "worker/worker_private.h"

/* How long a channel that was full is left alone. */
#define RETRY_MS 10

static void
on_retry(evutil_socket_t fd, short events, void *context)
{
	struct worker *worker;

	(void)fd;
	(void)events;
	OBJECT_CAST(worker, context, WORKER_MAGIC);
	conn_set_enter(worker->connections);
	conn_set_settle(worker->connections);
}

void
worker_hand_init(struct worker *worker)
{
	evtimer_assign(&worker->hand_retry, worker->base, on_retry, worker);
}

void
worker_hand_fini(struct worker *worker)
{
	if (event_initialized(&worker->hand_retry))
		event_del(&worker->hand_retry);
	memory_free(worker->departing);
	worker->departing = NULL;
}

/* In the channel there is no room, or for descriptors on their way. */
static bool
is_full(int number)
{
	return number == EAGAIN || number == EWOULDBLOCK || number == ENOBUFS ||
	    number == ENOMEM || number == ETOOMANYREFS;
}

static void
wait_for_room(struct worker *worker)
{
	const struct timeval wait = clock_timeval(RETRY_MS);

	if (event_add(&worker->hand_retry, &wait) == -1)
		panic("event_add of the hand-over's timer failed");
}

/* Nothing more is sent before it is over. */
static bool
is_waiting(const struct worker *worker)
{
	return event_pending(&worker->hand_retry, EV_TIMEOUT, NULL) != 0;
}

static void
address_packet(struct worker *worker)
{
	if (worker->departing == NULL)
		worker->departing = memory_alloc(sizeof(*worker->departing));
	worker->departing->message = (struct ipc_message) {
		.layout = IPC_LAYOUT,
		.type = IPC_MESSAGE_ORPHANS,
		.generation = worker->heritage->generation,
	};
}

static bool
send_batch(struct worker *worker, struct error *error)
{
	struct conn_set *connections = worker->connections;
	bool are_gone;

	address_packet(worker);
	if (conn_set_pack(connections, worker->departing) == 0)
		return false;
	are_gone = ipc_channel_send_packet(
		       worker->channel_fd, worker->departing, error) == 0;
	conn_set_unpack(connections, are_gone);
	return are_gone;
}

bool
worker_hand_send(struct worker *worker)
{
	struct error error = { .kind = ERROR_NONE };

	if (worker->channel_fd == -1) {
		conn_set_strand(worker->connections);
		return true;
	}
	if (is_waiting(worker))
		return false;
	if (send_batch(worker, &error))
		return true;
	if (error.kind == ERROR_NONE)
		return false;
	if (is_full(error.number)) {
		wait_for_room(worker);
		return false;
	}
	log_debug("%s", error.text);
	conn_set_strand(worker->connections);
	return true;
}

void
worker_hand_shed(struct worker *worker, uint64_t count)
{
	size_t shed;

	if (worker->state != WORKER_STATE_SERVING) {
		log_warn("told to shed connections while not serving: "
			 "ignored");
		return;
	}
	shed = conn_set_shed(worker->connections, (size_t)count);
	log_debug("%zu idle connections go to other workers", shed);
}

void
worker_hand_forget(struct worker *worker, uint64_t id)
{
	size_t i, count = worker->heritage->listener_count;

	for (i = 0; i < count && worker->origins[i].listener != id; i++)
		continue;
	if (i == count) {
		log_warn("told to forget listener %llu, which is unknown "
			 "here: ignored",
		    (unsigned long long)id);
		return;
	}
	worker->origins[i].is_forgotten = true;
	worker_acceptor_forget(worker, i);
}
