/* SPDX-License-Identifier: ISC */
/*
 * The connection's one event.  When nothing is to be read nor written, only
 * a connection that is gone is of interest.  EV_CLOSED does not tell that:
 * it means EPOLLRDHUP, a mere FIN, for which it would fire without end; and
 * after a reset libevent reports EV_READ and EV_WRITE instead of it, so that
 * the event never fires while epoll_wait(2) returns at once for ever
 * (measured with 2.1.12).  EV_WRITE with EV_ET fires once when added, once
 * at a FIN, and at a reset or hang-up, which epoll reports unasked; poll(2)
 * tells them apart.
 */
#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/base_fd.h"
#include "base/base_object.h"
#include "conn/conn_private.h"

#define HANGUP (EV_WRITE | EV_ET)

bool
conn_io_is_lost(int number)
{
	static const int lost[] = { ECONNRESET, EPIPE, ETIMEDOUT, ECONNABORTED,
		EHOSTUNREACH, ENETUNREACH, EHOSTDOWN, ENETDOWN, ENOTCONN,
		ECONNREFUSED };
	size_t i;

	for (i = 0; i < sizeof(lost) / sizeof(lost[0]); i++)
		if (number == lost[i])
			return true;
	return false;
}

void
conn_io_fail(struct conn *conn, const char *call)
{
	int number = errno;

	if (conn_io_is_lost(number)) {
		conn_close(conn, CONN_CLOSE_RESET, false);
		return;
	}
	log_enter(&conn->scope);
	log_error("%s: %s", call, strerror(number));
	log_leave(&conn->scope);
	conn_close(conn, CONN_CLOSE_ERROR, true);
}

static bool
is_gone(const struct conn *conn)
{
	struct pollfd descriptor = { .fd = conn->fd };

	return poll(&descriptor, 1, 0) == 1 &&
	    (descriptor.revents & (POLLERR | POLLHUP)) != 0;
}

static bool
wants_read(const struct conn *conn)
{
	if (conn->input_ended)
		return false;
	/* Nearly always; a switch would be a jump through a table. */
	if (conn->state == CONN_STATE_OPEN)
		return !conn_input_is_full(conn);
	switch (conn->state) {
	case CONN_STATE_PROXY:
		return !conn_input_is_full(conn);
	case CONN_STATE_FLUSHING:
		return conn->lingers;
	default:
		return conn->state == CONN_STATE_LINGERING &&
		    conn->guard.class == CONN_DEADLINE_LINGER;
	}
}

static void
read_input(struct conn *conn)
{
	if (!wants_read(conn))
		return;
	if (conn->state <= CONN_STATE_OPEN) {
		conn_input_receive(conn);
		/* The buffer's first byte is one that epoll told of, or that
		 * came in an earlier turn. */
		conn->input_is_early = true;
	} else {
		conn_input_discard(conn);
	}
}

static void
on_event(evutil_socket_t fd, short what, void *context)
{
	struct conn_set *set;
	struct conn *conn;

	(void)fd;
	OBJECT_CAST(conn, context, CONN_MAGIC);
	set = conn->set;
	conn_set_enter(set);
	if (conn->watched == HANGUP) {
		if (is_gone(conn))
			conn_close(conn, CONN_CLOSE_RESET, false);
	} else {
		if ((what & EV_WRITE) != 0) {
			conn->is_blocked = false;
			conn_mark(conn, CONN_MARK_SEND);
		}
		if ((what & EV_READ) != 0)
			read_input(conn);
	}
	conn_set_settle(set);
}

void
conn_io_unwatch(struct conn *conn)
{
	if (conn->watched != 0)
		event_del(&conn->event);
	conn->watched = 0;
}

void
conn_io_watch(struct conn *conn)
{
	short wanted = 0;

	if (wants_read(conn))
		wanted |= EV_READ;
	if (conn->is_blocked)
		wanted |= EV_WRITE;
	if (wanted == 0)
		wanted = HANGUP;
	if (wanted == conn->watched)
		return;
	conn_io_unwatch(conn);
	event_assign(&conn->event, conn->set->base, conn->fd,
	    (short)(wanted | EV_PERSIST), on_event, conn);
	if (event_add(&conn->event, NULL) == -1)
		conn_io_fail(conn, "event_add");
	else
		conn->watched = wanted;
}

static void
reset_at_close(int fd)
{
	const struct linger linger = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

/*
 * The worker that handed it over may be dumping its core still, with a copy
 * of the descriptor, and then close(2) ends nothing.  shutdown(2) does; but a
 * FIN would let a cut response look complete, and SO_LINGER waits for the
 * last copy, so where a reset is due the socket is disconnected, which sends
 * one at once (connect(2), AF_UNSPEC).  What is handed over has to live on in
 * other copies.
 */
static void
end_all_copies(const struct conn *conn)
{
	const struct sockaddr nobody = { .sa_family = AF_UNSPEC };

	if (conn->closes_hard && conn->origin->is_tcp)
		connect(conn->fd, &nobody, sizeof(nobody));
	else
		shutdown(conn->fd, SHUT_RDWR);
}

void
conn_io_close(struct conn *conn)
{
	conn_io_unwatch(conn);
	if (conn->closes_hard && conn->origin->is_tcp)
		reset_at_close(conn->fd);
	if (conn->is_adopted && conn->reason != CONN_CLOSE_HANDED)
		end_all_copies(conn);
	fd_close(&conn->fd);
}
