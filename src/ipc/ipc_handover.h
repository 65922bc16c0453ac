/* SPDX-License-Identifier: ISC */
/*
 * A batch of connections on their way from one worker by the master to
 * another: the part of ORPHANS and ADOPT messages behind struct ipc_message.
 * On the wire: struct ipc_handover up to its last used record, then the
 * bytes already read of each connection, in order.  The descriptors come
 * along in the same order.  A connection with more input than that is not
 * eligible.
 */
#ifndef IPC_HANDOVER_H
#define IPC_HANDOVER_H

#include <stddef.h>
#include <stdint.h>

#include "base/base_network.h"

#define IPC_ORPHANS_MAX      250
#define IPC_ORPHAN_INPUT_MAX 8192  /* of one */
#define IPC_INPUT_MAX        65536 /* of a batch */

enum ipc_orphan_kind {
	IPC_ORPHAN_IDLE = 1, /* waits for its next request, or has a part */
	IPC_ORPHAN_LINGER,   /* is answered for good: shut down, drained */
	IPC_ORPHAN_PROXY     /* its PROXY header is not whole; peer is the
			      * proxy, input what came of it */
};

struct ipc_orphan {
	uint32_t listener; /* struct ipc_listener's id */
	uint16_t kind;     /* enum ipc_orphan_kind */
	uint16_t port;
	uint32_t deadline_class; /* enum conn_deadline_class */
	uint32_t input_size;
	uint64_t due_ms;             /* monotonic; 0: none */
	uint32_t request_count;      /* UINT32_MAX: or more */
	struct network_address peer; /* as the worker was told */
};

struct ipc_handover {
	uint32_t count;
	uint32_t input_size; /* of all */
	struct ipc_orphan orphans[IPC_ORPHANS_MAX];
};

#define IPC_HANDOVER_SIZE(count)                  \
	(offsetof(struct ipc_handover, orphans) + \
	    (count) * sizeof(struct ipc_orphan))

#endif
