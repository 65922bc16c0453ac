/* SPDX-License-Identifier: ISC */
/*
 * The life of a connection as a table:
 *
 *	accepted --OPEN--> open --FINISH--> flushing --FLUSHED--> lingering
 *	   |                 |                 |                      |
 *	   +------CLOSE------+------CLOSE------+-------CLOSE----------+-> closed
 *
 *	accepted --PROXY--> proxy --OPEN--> open
 *	accepted --LINGER--> lingering
 *	accepted, proxy, open, lingering --DEPART--> departing
 *	proxy, departing --CLOSE--> closed
 *
 * proxy: its PROXY header is not whole.  open: a protocol has it.  flushing:
 * no more input is wanted, the queued output still goes out.  lingering: our
 * end is shut down, what the client still sends is read and dropped until it
 * closes (RFC 9112, 9.6); one that another worker handed over in that state
 * begins there.  departing: another worker is to have it; nobody here reads or
 * writes it.  closed: the descriptor is gone, the object goes at the next
 * settling.
 *
 * The state member of struct conn is written by conn_state_advance only.
 */
#ifndef CONN_STATE_H
#define CONN_STATE_H

struct conn;

enum conn_state {
	CONN_STATE_ACCEPTED,
	CONN_STATE_PROXY,
	CONN_STATE_OPEN,
	CONN_STATE_FLUSHING,
	CONN_STATE_LINGERING,
	CONN_STATE_DEPARTING,
	CONN_STATE_CLOSED,
	CONN_STATE_COUNT
};

enum conn_event {
	CONN_EVENT_PROXY,
	CONN_EVENT_OPEN,
	CONN_EVENT_LINGER,
	CONN_EVENT_FINISH,
	CONN_EVENT_FLUSHED,
	CONN_EVENT_DEPART,
	CONN_EVENT_CLOSE,
	CONN_EVENT_COUNT
};

/* Makes the step that the table has for state and event; a step that it
 * does not have is a bug and panics. */
void conn_state_advance(struct conn *conn, enum conn_event event);

const char *conn_state_name(enum conn_state state);

#endif
