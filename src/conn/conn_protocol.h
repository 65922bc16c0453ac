/* SPDX-License-Identifier: ISC */
/*
 * What a protocol is to the connection core: a const table of functions.
 * The core never asks which protocol it has.  Worker, loop thread.
 *
 * Rules.  All functions run from the core, never from inside a conn_*
 * function that the protocol itself calls: those only queue and mark, and
 * the core settles what follows after the protocol's function has returned
 * (conn_set_settle).  So no function of a protocol is re-entered, and the
 * connection is there until close() has returned.
 */
#ifndef CONN_PROTOCOL_H
#define CONN_PROTOCOL_H

#include "conn/conn_close.h"
#include "conn/conn_deadline.h"

struct conn;

struct protocol {
	const char *name;

	/* The connection is accepted; set up state (conn_set_state). */
	void (*open)(struct conn *conn);

	/*
	 * There is new input, or input ended (conn_input_ended), or the
	 * protocol asked to be called (conn_wake).  Take what can be taken
	 * with conn_input and conn_consume.  What is left stays; while the
	 * buffer is full nothing more is read.
	 */
	void (*on_input)(struct conn *conn);

	/* The kernel took queued bytes: conn_sent_total has advanced. */
	void (*on_writable)(struct conn *conn);

	/* The wait that conn_wait started ran out (never WRITE or LINGER:
	 * those the core decides itself). */
	void (*on_deadline)(struct conn *conn, enum conn_deadline_class class);

	/*
	 * The worker retires.  Idle connections may be closed now if
	 * at_once is set, else after their next exchange, unless the core
	 * hands them over (conn_is_retiring); busy ones finish.
	 */
	void (*retire)(struct conn *conn, bool at_once);

	/* The last call, with the connection's descriptor already gone:
	 * end exchanges, free state.  Not called if open was not. */
	void (*close)(struct conn *conn, enum conn_close reason);
};

#endif
