/* SPDX-License-Identifier: ISC */
/*
 * The connection table: what containment may know of a connection when the
 * heap can no longer be believed.  conn_row.c writes it; the signal handler
 * reads it (worker_crash_answer.c, worker_crash_hand.c).  A row that makes
 * no sense costs its connection and nothing else.
 *
 * Eligible for another worker is a row with exchange NONE and nothing
 * unsent, which is not reading, and whose input is not too much: as one that
 * lingers if its deadline_class says so, as one that awaits its PROXY header,
 * else as an idle one.  One with exchange UNANSWERED can be answered in the
 * place of the application, if nothing is unsent, or if the output of struct
 * ipc_process names the row: then what is noted there goes out first.  All
 * others are closed.
 */
#ifndef IPC_TABLE_H
#define IPC_TABLE_H

#include <stdint.h>

#include "base/base_network.h"

enum ipc_row_exchange {
	IPC_ROW_NONE,       /* none is unfinished */
	IPC_ROW_UNANSWERED, /* it began, and nothing of its response */
	IPC_ROW_ANSWERING,  /* its response has begun */
	IPC_ROW_PRIVATE     /* nobody else can go on with it: it is ending */
};

struct ipc_row {
	int32_t fd;        /* and one; 0: no connection */
	uint32_t exchange; /* enum ipc_row_exchange */
	uint64_t exchange_id;
	uint32_t is_head_only; /* HEAD: no body behind the head */
	uint32_t has_unsent;   /* output is queued, or partly sent */
	uint32_t is_reading;   /* input may lack what left the socket */
	uint32_t listener;     /* struct ipc_listener's id */
	uint32_t deadline_class;
	uint32_t awaits_proxy; /* its PROXY header is not whole */
	uint64_t due_ms;       /* monotonic; 0: none */
	uint64_t request_count;
	uint64_t input;      /* address in the worker of what was read */
	uint32_t input_size; /* and not consumed; 0: input is stale */
	uint16_t port;
	struct network_address peer;
};

#endif
