/* SPDX-License-Identifier: ISC */
/*
 * When a worker leaves new connections to the others: arithmetic on the
 * scoreboard, without side effects (design, section 4).
 *
 * It closes its gate at max_connections, or when its load stands above the
 * mean by more than max(16, mean / 4); it opens it below mean + max(8,
 * mean / 8).  Workers that do not serve, are at their limit, or sit in one
 * callback for more than 100 ms count neither in the mean nor as least
 * loaded.  The least loaded of the rest always accepts, so the gates never
 * close all at once.
 */
#ifndef WORKER_AVAILABILITY_H
#define WORKER_AVAILABILITY_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/ipc_scoreboard.h"

enum worker_gate {
	WORKER_GATE_OPEN,
	WORKER_GATE_LIMIT, /* closed: at max_connections */
	WORKER_GATE_LOAD,  /* closed: above the mean */
	WORKER_GATE_PAUSED /* closed: told to, whatever the load */
};

/* What the gate of that slot should be, being gate now. */
enum worker_gate worker_availability(const struct ipc_scoreboard *board,
    uint32_t slot, uint64_t now_ms, enum worker_gate gate);

#endif
