/* SPDX-License-Identifier: ISC */
/*
 * The worker's side of the self-check: one end of the master's socket pair
 * becomes a connection like those of the first listener, so that the request
 * on it goes the way of all others.  The descriptor that is not taken is
 * closed with the packet, and the master sees that.
 */
#include "base/base_log.h"
#include "worker/worker_private.h"

void
worker_self_check(struct worker *worker, struct ipc_packet *packet)
{
	if (worker->state != WORKER_STATE_READY ||
	    packet->descriptor_count == 0) {
		log_warn("told to check itself, but not ready or without a "
			 "connection: ignored");
		return;
	}
	conn_set_check(
	    worker->connections, packet->descriptors[0], &worker->check_origin);
	packet->descriptors[0] = -1;
}
