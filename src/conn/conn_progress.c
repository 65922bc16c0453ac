/* SPDX-License-Identifier: ISC */
/*
 * A client has to take write_least bytes of its output in every write_timeout.
 * What counts is what its side has acknowledged, and not what the kernel's
 * buffer had room for: a client that reads slowly and steadily makes no room
 * for a long time and then much at once, and one that reads nothing has
 * megabytes taken by the kernel.  Only the kernel knows it, so it is asked
 * (SIOCOUTQ) when output begins to wait for the client, and when a wait is
 * over; no response that goes out at once costs a call.
 *
 * Of a unix socket the kernel counts buffers, of up to UNIX_BUFFER_MAX bytes,
 * and each as taken when its last byte is.  There a client gets UNIX_LAPSES
 * waits to finish one.
 *
 * Lingering begins when all is written.  When it is over, and the kernel still
 * has some of it, the client gets its waits for that too, and then lingering
 * begins anew.  In between nothing is read of it, so that this is no way to
 * send us something for as long.
 */
#include <sys/ioctl.h>

#include <linux/sockios.h>

#include "conn/conn_private.h"

#define UNIX_LAPSES 4 /* of UNIX_BUFFER_MAX, about 48 KiB */

/* Bytes that the kernel holds for the client.  Our FIN counts as one. */
static int64_t
held_by_kernel(const struct conn *conn)
{
	int size = 0;

	if (ioctl(conn->fd, SIOCOUTQ, &size) == -1)
		return 0;
	return size;
}

static void
begin(struct conn *conn, enum conn_deadline_class class, int64_t held)
{
	conn->taken = (int64_t)conn->output.sent - held;
	conn->lapses = 0;
	conn_deadline_start(&conn->set->deadlines, &conn->guard, class);
}

void
conn_progress_watch(struct conn *conn)
{
	if (conn_output_pending(conn) == 0)
		conn_deadline_stop(&conn->guard);
	else if (conn->guard.class != CONN_DEADLINE_WRITE)
		begin(conn, CONN_DEADLINE_WRITE, held_by_kernel(conn));
}

/* Nobody takes it over while its output is not taken: what a lingering one
 * waits for stands in its row before that says so. */
static void
begin_lingering(struct conn *conn, enum conn_deadline_class class, int64_t held)
{
	begin(conn, class, held);
	if (class == CONN_DEADLINE_LINGER)
		conn_row_set_wait(conn);
	conn_row_set_exchange(conn);
}

static bool
has_progressed(const struct conn *conn, int64_t held)
{
	int64_t taken = (int64_t)conn->output.sent - held - conn->taken;

	return taken >= (int64_t)conn->set->settings.write_least;
}

static void
review_write(struct conn *conn, int64_t held)
{
	if (has_progressed(conn, held))
		begin(conn, CONN_DEADLINE_WRITE, held);
	else if (!conn->origin->is_tcp && ++conn->lapses < UNIX_LAPSES)
		conn_deadline_start(
		    &conn->set->deadlines, &conn->guard, CONN_DEADLINE_WRITE);
	else
		conn_close(conn, CONN_CLOSE_WRITE_TIMEOUT, true);
}

/* What went wrong before says more. */
static enum conn_close
reason_behind(enum conn_close reason)
{
	return conn_close_is_error(reason) ? reason : CONN_CLOSE_LINGER_TIMEOUT;
}

void
conn_progress_review(struct conn *conn)
{
	enum conn_deadline_class class = conn->guard.class;
	int64_t held = held_by_kernel(conn);

	if (conn->state == CONN_STATE_LINGERING && held <= 1 &&
	    class == CONN_DEADLINE_WRITE)
		begin_lingering(conn, CONN_DEADLINE_LINGER, held);
	else if (class == CONN_DEADLINE_WRITE)
		review_write(conn, held);
	else if (held > 1)
		begin_lingering(conn, CONN_DEADLINE_WRITE, held);
	else
		conn_close(conn, reason_behind(conn->reason), false);
	conn_mark(conn, 0);
}
