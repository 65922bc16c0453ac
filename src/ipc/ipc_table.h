/* SPDX-License-Identifier: ISC */
/*
 * The connection table: what containment may know of a connection when the
 * heap can no longer be believed.  conn_row.c writes it; the signal handler
 * reads it (worker_crash_answer.c, worker_crash_hand.c).  A row that makes
 * no sense costs its connection and nothing else.
 *
 * Eligible for another worker is a row with exchange NONE or PROXY and
 * nothing unsent, which is not reading, and whose input is not too much: as
 * one that lingers if its deadline_class says so, else as its exchange says.
 * One with exchange UNANSWERED can be answered in the place of the
 * application, if nothing is unsent, or if the output of struct ipc_process
 * names the row: then what is noted there goes out first.  All others are
 * closed.
 *
 * Each request writes into its connection's row, and there are thousands, so
 * a row is one line of the CPU's cache: IPC_ROW_SIZE, where it begins too.
 */
#ifndef IPC_TABLE_H
#define IPC_TABLE_H

#include <stdint.h>

#include "base/base_network.h"

enum ipc_row_exchange {
	IPC_ROW_NONE,       /* none is unfinished */
	IPC_ROW_PROXY,      /* nor could one begin: its PROXY header is not
			     * whole */
	IPC_ROW_UNANSWERED, /* it began, and nothing of its response */
	IPC_ROW_ANSWERING,  /* its response has begun */
	IPC_ROW_PRIVATE     /* nobody else can go on with it: it is ending */
};

struct ipc_row {
	int32_t fd;           /* and one; 0: no connection */
	uint8_t exchange;     /* enum ipc_row_exchange */
	uint8_t is_head_only; /* HEAD: no body behind the head */
	uint8_t has_unsent;   /* output is queued, or partly sent */
	uint8_t is_reading;   /* input may lack what left the socket */
	uint64_t exchange_id;
	uint64_t due_ms;        /* monotonic; 0: none */
	uint64_t input;         /* address in the worker of what was read */
	uint32_t input_size;    /* and not consumed; 0: input is stale */
	uint32_t request_count; /* UINT32_MAX: or more */
	uint32_t listener;      /* struct ipc_listener's id */
	uint16_t port;
	uint8_t deadline_class; /* enum conn_deadline_class */
	struct network_address peer;
};

#define IPC_ROW_SIZE 64
_Static_assert(sizeof(struct ipc_row) == IPC_ROW_SIZE, "one line of the cache");

#endif
