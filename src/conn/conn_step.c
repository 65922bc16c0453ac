/* SPDX-License-Identifier: ISC */
/*
 * Input comes before output, and several times, so that pipelined requests
 * are answered by one write.  The protocol may close the connection in each
 * of its functions, hence the state is looked at after each.
 */
#include "base/base_log.h"
#include "conn/conn_private.h"
#include "conn/conn_protocol.h"

#define WAKES_MOST 16 /* before what they queued is written */

static bool
take_mark(struct conn *conn, enum conn_mark mark)
{
	if ((conn->marks & (unsigned)mark) == 0)
		return false;
	conn->marks &= ~(unsigned)mark;
	return true;
}

static bool
is_open(const struct conn *conn)
{
	return conn->state == CONN_STATE_OPEN;
}

/* ---- the protocol's functions ---- */

static void
call_open(struct conn *conn)
{
	conn_state_advance(conn, CONN_EVENT_OPEN);
	log_enter(&conn->scope);
	conn->origin->protocol->open(conn);
	log_leave(&conn->scope);
}

static void
call_on_input(struct conn *conn)
{
	log_enter(&conn->scope);
	conn->origin->protocol->on_input(conn);
	log_leave(&conn->scope);
}

static void
call_on_writable(struct conn *conn)
{
	log_enter(&conn->scope);
	conn->origin->protocol->on_writable(conn);
	log_leave(&conn->scope);
}

static void
call_on_deadline(struct conn *conn)
{
	enum conn_deadline_class class = conn->wait.class;

	conn->wait.class = CONN_DEADLINE_NONE;
	conn_row_set_wait(conn);
	log_enter(&conn->scope);
	conn->origin->protocol->on_deadline(conn, class);
	log_leave(&conn->scope);
}

static void
call_retire(struct conn *conn, bool at_once)
{
	log_enter(&conn->scope);
	conn->origin->protocol->retire(conn, at_once);
	log_leave(&conn->scope);
}

static void
call_close(struct conn *conn)
{
	log_enter(&conn->scope);
	if (conn_close_is_error(conn->reason))
		log_debug("closed: %s", conn_close_word(conn->reason));
	if ((conn->marks & CONN_MARK_OPEN) == 0)
		conn->origin->protocol->close(conn, conn->reason);
	log_leave(&conn->scope);
}

/* ---- the parts of a step ---- */

/* Too much queued: no more input until half of it is gone. */
static bool
is_throttled(struct conn *conn)
{
	uint64_t limit = conn->set->settings.output_limit;

	conn->is_throttled = conn_output_pending(conn) >
	    (conn->is_throttled ? limit / 2 : limit);
	return conn->is_throttled;
}

static bool
wants_input(struct conn *conn)
{
	return is_open(conn) && (conn->marks & CONN_MARK_WAKE) != 0 &&
	    !is_throttled(conn);
}

static void
run_input(struct conn *conn)
{
	int wakes;

	for (wakes = 0; wakes < WAKES_MOST && wants_input(conn); wakes++) {
		take_mark(conn, CONN_MARK_WAKE);
		call_on_input(conn);
	}
}

/* The protocol sees what came behind a PROXY header in the same step. */
static void
begin(struct conn *conn)
{
	if (conn->awaits_proxy && !conn_preface_read(conn))
		return;
	take_mark(conn, CONN_MARK_OPEN);
	call_open(conn);
	/* An adopted one may be due: what it waits for depends on the input
	 * that came along. */
	run_input(conn);
}

static void
run_protocol(struct conn *conn)
{
	if (conn->state < CONN_STATE_OPEN)
		begin(conn);
	if (is_open(conn) && take_mark(conn, CONN_MARK_DUE))
		call_on_deadline(conn);
	run_input(conn);
	if (is_open(conn) && take_mark(conn, CONN_MARK_RETIRE))
		call_retire(conn, take_mark(conn, CONN_MARK_RETIRE_AT_ONCE));
}

static void
write_output(struct conn *conn)
{
	uint64_t before = conn->output.sent;

	if (conn->state != CONN_STATE_OPEN &&
	    conn->state != CONN_STATE_FLUSHING)
		return;
	take_mark(conn, CONN_MARK_SEND);
	if (conn->is_blocked || conn_output_pending(conn) == 0)
		return;
	conn_forget_note(conn);
	conn_output_flush(conn);
	if (conn->state == CONN_STATE_CLOSED)
		return;
	conn_progress_watch(conn);
	if (conn->output.sent != before)
		call_on_writable(conn);
}

static bool
may_linger(const struct conn *conn)
{
	return conn->lingers && !conn->input_ended &&
	    conn->set->settings.timeouts_ms[CONN_DEADLINE_LINGER] != 0;
}

/* Everything is sent after conn_finish. */
static void
end_output(struct conn *conn)
{
	if (conn->state != CONN_STATE_FLUSHING || conn_output_pending(conn) > 0)
		return;
	if (may_linger(conn))
		conn_state_advance(conn, CONN_EVENT_FLUSHED);
	else
		conn_close(conn, conn->reason, false);
}

/* While lingering the client's end of input is the end. */
static void
end_linger(struct conn *conn)
{
	if (conn->state == CONN_STATE_LINGERING && conn->input_ended)
		conn_close(conn, conn->reason, false);
}

static void
end_as_due(struct conn *conn)
{
	end_output(conn);
	end_linger(conn);
}

static bool
is_watched(const struct conn *conn)
{
	return conn->state != CONN_STATE_DEPARTING &&
	    conn->state != CONN_STATE_CLOSED;
}

static void
settle_input(struct conn *conn)
{
	if (conn->state <= CONN_STATE_OPEN ||
	    conn->state == CONN_STATE_DEPARTING)
		conn_input_settle(conn);
	else
		conn_input_fini(conn);
}

/* Is there something to do that need not wait for an event? */
static bool
wants_step(struct conn *conn)
{
	if (conn->state == CONN_STATE_CLOSED)
		return true;
	if (!is_open(conn))
		return (conn->marks & CONN_MARK_SEND) != 0;
	return (conn->marks & ~(unsigned)CONN_MARK_WAKE) != 0 ||
	    wants_input(conn);
}

/* Behind those that have waited longer. */
static void
queue_again(struct conn *conn)
{
	list_remove(&conn->pending);
	conn_mark(conn, 0);
}

/* There is nothing to do until something happens. */
static void
rest(struct conn *conn)
{
	list_remove(&conn->pending);
	conn_hand_review(conn);
}

/* One that came, and is to go on, is no protocol's here. */
static bool
passes_through(struct conn *conn)
{
	return conn->state == CONN_STATE_ACCEPTED && conn_hand_review(conn);
}

void
conn_step(struct conn *conn)
{
	CONN_STORE(conn->set->settings.loop->stepping, conn->row_number);
	if (passes_through(conn)) {
		list_remove(&conn->pending);
		return;
	}
	run_protocol(conn);
	write_output(conn);
	if (!is_open(conn))
		end_as_due(conn);
	settle_input(conn);
	if (is_watched(conn))
		conn_io_watch(conn);
	if (conn->state == CONN_STATE_CLOSED) {
		call_close(conn);
		conn_set_drop(conn);
	} else if (wants_step(conn)) {
		queue_again(conn);
	} else {
		rest(conn);
	}
}
