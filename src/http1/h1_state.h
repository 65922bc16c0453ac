/* SPDX-License-Identifier: ISC */
/*
 * The request loop of a connection as a table:
 *
 *	idle --BYTES--> head --REQUEST----------> handling --ANSWERED--> idle
 *	                     --REQUEST_WITH_BODY-> body
 *	body --BODY_END--> handling
 *	     --ANSWERED--> draining --BODY_END--> idle
 *	any  --END--> ending
 *
 * idle: nothing of a request is there.  head: its head is incomplete.  body:
 * the application has it, its body is incomplete.  handling: the application
 * has it, all of it is there.  draining: it is answered, and what is left of
 * its body is read and dropped.  ending: conn_finish or conn_close has been
 * called, no input matters any more.
 *
 * The state member of struct h1_connection is written by h1_state_advance
 * only.
 */
#ifndef H1_STATE_H
#define H1_STATE_H

struct h1_connection;

enum h1_state {
	H1_STATE_IDLE,
	H1_STATE_HEAD,
	H1_STATE_BODY,
	H1_STATE_HANDLING,
	H1_STATE_DRAINING,
	H1_STATE_ENDING,
	H1_STATE_COUNT
};

enum h1_event {
	H1_EVENT_BYTES,
	H1_EVENT_REQUEST,
	H1_EVENT_REQUEST_WITH_BODY,
	H1_EVENT_BODY_END,
	H1_EVENT_ANSWERED,
	H1_EVENT_END,
	H1_EVENT_COUNT
};

/* Makes the step that the table has; one that it has not is a bug. */
void h1_state_advance(struct h1_connection *connection, enum h1_event event);

#endif
