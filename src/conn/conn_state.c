/* SPDX-License-Identifier: ISC */
/*
 * The diagram of conn_state.h as a table, and what goes with each step:
 * flushing wants output only, lingering shuts down our end and waits for the
 * client's, closed gives the descriptor back.  The row is told behind it,
 * when it is true.  Nothing here calls the
 * protocol.  Owns conn->state.
 */
#include "conn/conn_state.h"

#include "base/base_panic.h"
#include "conn/conn_private.h"

/* One that was handed over has a wait that began elsewhere. */
static void
enter_proxy(struct conn *conn)
{
	if (conn->wait.class == CONN_DEADLINE_NONE)
		conn_deadline_start(
		    &conn->set->deadlines, &conn->wait, CONN_DEADLINE_HEAD);
	conn_row_set_wait(conn);
}

static void
enter_flushing(struct conn *conn)
{
	conn_deadline_stop(&conn->wait);
	conn_mark(conn, CONN_MARK_SEND);
}

static void
enter_lingering(struct conn *conn)
{
	shutdown(conn->fd, SHUT_WR);
	conn_deadline_start(
	    &conn->set->deadlines, &conn->guard, CONN_DEADLINE_LINGER);
	conn_row_set_wait(conn);
}

static void
enter_closed(struct conn *conn)
{
	conn_deadline_stop(&conn->wait);
	conn_deadline_stop(&conn->guard);
	conn_row_close(conn);
	conn_io_close(conn);
	conn_mark(conn, 0);
}

/* Its waits run on: they go along, and if one is over before, it was too
 * long. */
static void
enter_departing(struct conn *conn)
{
	conn_io_unwatch(conn);
}

/* clang-format off */
static const struct transition {
	enum conn_state next;		/* ACCEPTED: there is none */
	void (*enter)(struct conn *conn);
} transitions[CONN_STATE_COUNT][CONN_EVENT_COUNT] = {
	[CONN_STATE_ACCEPTED] = {
		[CONN_EVENT_PROXY] = { CONN_STATE_PROXY, enter_proxy },
		[CONN_EVENT_OPEN] = { CONN_STATE_OPEN, NULL },
		[CONN_EVENT_LINGER] = { CONN_STATE_LINGERING, enter_lingering },
		[CONN_EVENT_DEPART] = { CONN_STATE_DEPARTING, enter_departing },
		[CONN_EVENT_CLOSE] = { CONN_STATE_CLOSED, enter_closed },
	},
	[CONN_STATE_PROXY] = {
		[CONN_EVENT_OPEN] = { CONN_STATE_OPEN, NULL },
		[CONN_EVENT_DEPART] = { CONN_STATE_DEPARTING, enter_departing },
		[CONN_EVENT_CLOSE] = { CONN_STATE_CLOSED, enter_closed },
	},
	[CONN_STATE_OPEN] = {
		[CONN_EVENT_FINISH] = { CONN_STATE_FLUSHING, enter_flushing },
		[CONN_EVENT_DEPART] = { CONN_STATE_DEPARTING, enter_departing },
		[CONN_EVENT_CLOSE] = { CONN_STATE_CLOSED, enter_closed },
	},
	[CONN_STATE_FLUSHING] = {
		[CONN_EVENT_FLUSHED] = { CONN_STATE_LINGERING, enter_lingering },
		[CONN_EVENT_CLOSE] = { CONN_STATE_CLOSED, enter_closed },
	},
	[CONN_STATE_LINGERING] = {
		[CONN_EVENT_DEPART] = { CONN_STATE_DEPARTING, enter_departing },
		[CONN_EVENT_CLOSE] = { CONN_STATE_CLOSED, enter_closed },
	},
	[CONN_STATE_DEPARTING] = {
		[CONN_EVENT_CLOSE] = { CONN_STATE_CLOSED, enter_closed },
	},
};
/* clang-format on */

static const char *const event_names[CONN_EVENT_COUNT] = {
	[CONN_EVENT_PROXY] = "proxy",
	[CONN_EVENT_OPEN] = "open",
	[CONN_EVENT_LINGER] = "linger",
	[CONN_EVENT_FINISH] = "finish",
	[CONN_EVENT_FLUSHED] = "flushed",
	[CONN_EVENT_DEPART] = "depart",
	[CONN_EVENT_CLOSE] = "close",
};

const char *
conn_state_name(enum conn_state state)
{
	static const char *const names[CONN_STATE_COUNT] = {
		[CONN_STATE_ACCEPTED] = "accepted",
		[CONN_STATE_PROXY] = "proxy",
		[CONN_STATE_OPEN] = "open",
		[CONN_STATE_FLUSHING] = "flushing",
		[CONN_STATE_LINGERING] = "lingering",
		[CONN_STATE_DEPARTING] = "departing",
		[CONN_STATE_CLOSED] = "closed",
	};

	return names[state];
}

void
conn_state_advance(struct conn *conn, enum conn_event event)
{
	const struct transition *transition = &transitions[conn->state][event];

	if (transition->next == CONN_STATE_ACCEPTED)
		panic("connection in state %s: %s",
		    conn_state_name(conn->state), event_names[event]);
	conn->state = transition->next;
	if (transition->enter != NULL)
		transition->enter(conn);
	conn_row_set_exchange(conn);
}
