/* SPDX-License-Identifier: ISC */
/*
 * Takes over connections of a worker that is no more.  It is noted in the
 * process area before the first of them runs, so that if that one crashes
 * this worker too, the master knows whose they are.
 */
#include <stdlib.h>

#include "base/base_log.h"
#include "worker/worker_private.h"

/* One of a batch, and where its bytes are. */
struct place {
	size_t index;
	const unsigned char *input;
	uint64_t due_ms;
};

/* Latest first; none is the latest of all. */
static int
compare(const void *one, const void *other)
{
	const struct place *left = one, *right = other;
	uint64_t left_ms = left->due_ms - 1, right_ms = right->due_ms - 1;

	return left_ms > right_ms ? -1 : left_ms < right_ms;
}

static void
sort(const struct ipc_packet *packet, struct place *places)
{
	const struct ipc_handover *handover = &packet->handover;
	const unsigned char *input = packet->input;
	size_t i;

	for (i = 0; i < handover->count; i++) {
		places[i] = (struct place) {
			.index = i,
			.input = input,
			.due_ms = handover->orphans[i].due_ms,
		};
		input += handover->orphans[i].input_size;
	}
	qsort(places, handover->count, sizeof(*places), compare);
}

static const struct conn_origin *
find_origin(const struct worker *worker, uint32_t listener)
{
	size_t i;

	for (i = 0; i < worker->heritage->listener_count; i++)
		if (worker->origins[i].listener == listener)
			return &worker->origins[i];
	return NULL;
}

/* What has no origin is closed with the packet. */
static void
adopt(
    struct worker *worker, struct ipc_packet *packet, const struct place *place)
{
	const struct ipc_orphan *orphan =
	    &packet->handover.orphans[place->index];
	const struct conn_origin *origin =
	    find_origin(worker, orphan->listener);

	if (origin == NULL) {
		log_warn("a connection of listener %u was handed over, which "
			 "is unknown here: closed",
		    orphan->listener);
		return;
	}
	conn_set_adopt(worker->connections, packet->descriptors[place->index],
	    orphan, place->input, origin);
	packet->descriptors[place->index] = -1;
}

void
worker_adopt(struct worker *worker, struct ipc_packet *packet)
{
	struct place places[IPC_ORPHANS_MAX];
	uint64_t number = packet->message.value;
	size_t i;

	if (worker->state != WORKER_STATE_SERVING &&
	    worker->state != WORKER_STATE_RETIRING) {
		log_warn("told to adopt connections while not serving: "
			 "ignored");
		return;
	}
	sort(packet, places);
	for (i = 0; i < packet->handover.count; i++)
		adopt(worker, packet, &places[i]);
	__atomic_store_n(&worker->process->adopted, number, __ATOMIC_RELEASE);
	conn_set_own(worker->connections);
	worker_channel_tell_value(worker, IPC_MESSAGE_ADOPTED, number);
}
