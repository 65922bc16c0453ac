/* SPDX-License-Identifier: ISC */
/*
 * Owns the connections' memory.  Objects, read buffers and blocks of output
 * are kept when they are given back, so that neither a connection nor a
 * request reaches malloc in steady state.
 */
#include "conn/conn_set.h"

#include <event2/event.h>
#include <unistd.h>

#include "base/base_object.h"
#include "conn/conn_private.h"
#include "conn/conn_protocol.h"

#define CONNS_KEPT   1024
#define INPUTS_KEPT  64
#define OUTPUTS_KEPT 64
#define ROUNDS_MOST  16 /* of one settling */

/* ---- where the thread is ---- */

static void park(struct ipc_loop *loop) __attribute__((noreturn, cold));

static void
park(struct ipc_loop *loop)
{
	__atomic_store_n(&loop->parked, 1, __ATOMIC_SEQ_CST);
	for (;;)
		pause();
}

/*
 * A handler in another thread stores park and then looks at running; here it
 * is the other way round.  So it sees that the loop runs, or the loop sees
 * that it is to park, or both.  That needs a barrier between the two on both
 * sides, and the handler makes it for both (worker_crash_stop.c): here, where
 * it would be needed twice in each event, only the compiler keeps the order.
 */
static void
tell_running(struct ipc_loop *loop, uint32_t running)
{
	CONN_ANNOUNCE(loop->running, running);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&loop->park, __ATOMIC_RELAXED) != 0)
		park(loop);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* A settling that runs has entered, and goes on afterwards. */
void
conn_set_enter(struct conn_set *set)
{
	if (set->is_settling)
		return;
	tell_running(set->settings.loop, 1);
	conn_deadlines_forget_now(&set->deadlines);
}

static void
leave(struct conn_set *set)
{
	struct ipc_loop *loop = set->settings.loop;

	conn_deadlines_forget_now(&set->deadlines);
	CONN_STORE(loop->stepping, 0);
	tell_running(loop, 0);
}

/* ---- settling ---- */

/* One step for each connection that is pending now, at least one: those that
 * become so, or want another step, stand behind the last.  Only its own step
 * takes one out of the list. */
static void
run_round(struct conn_set *set)
{
	struct list_link *last = list_last(&set->pending), *link;
	bool is_last;

	do {
		link = list_first(&set->pending);
		is_last = link == last;
		conn_step(LIST_OBJECT(link, struct conn, pending));
	} while (!is_last);
}

/* A timer, since an event activated by hand would be run before epoll is
 * asked again. */
static void
settle_later(struct conn_set *set)
{
	const struct timeval at_once = { 0, 0 };

	if (event_add(&set->later, &at_once) == -1)
		panic("connections: event_add of a timer failed");
}

static void
run_rounds(struct conn_set *set)
{
	int round;

	for (round = 0; round < ROUNDS_MOST && !list_is_empty(&set->pending);
	     round++)
		run_round(set);
}

/* True when some are gone, and are to be closed here. */
static bool
send_away(struct conn_set *set)
{
	return !list_is_empty(&set->departing) &&
	    set->settings.on_departing(set->settings.context);
}

void
conn_set_settle(struct conn_set *set)
{
	if (set->is_settling)
		return;
	/* Whoever goes on behind a settling may have forgotten to. */
	if (__atomic_load_n(&set->settings.loop->running, __ATOMIC_RELAXED) ==
	    0)
		conn_set_enter(set);
	set->is_settling = true;
	do
		run_rounds(set);
	while (send_away(set));
	set->is_settling = false;
	if (!list_is_empty(&set->pending))
		settle_later(set);
	leave(set);
}

static void
on_later(evutil_socket_t fd, short what, void *context)
{
	struct conn_set *set;

	(void)fd;
	(void)what;
	OBJECT_CAST(set, context, CONN_SET_MAGIC);
	conn_set_enter(set);
	conn_set_settle(set);
}

static struct conn *
owner_of(struct conn_deadline *deadline)
{
	if (deadline->class == CONN_DEADLINE_WRITE ||
	    deadline->class == CONN_DEADLINE_LINGER)
		return LIST_OBJECT(deadline, struct conn, guard);
	return LIST_OBJECT(deadline, struct conn, wait);
}

static void
on_due(struct conn_deadline *deadline)
{
	struct conn *conn = owner_of(deadline);
	struct conn_set *set = conn->set;

	conn_set_enter(set);
	if (conn->state == CONN_STATE_DEPARTING)
		conn_close(conn, CONN_CLOSE_RETIRED, false);
	else if (deadline == &conn->guard)
		conn_progress_review(conn);
	else
		conn_mark(conn, CONN_MARK_DUE);
	conn_set_settle(set);
}

/* ---- the set ---- */

struct conn_set *
conn_set_new(struct event_base *base, const struct conn_settings *settings)
{
	struct conn_set *set;

	OBJECT_NEW(set, CONN_SET_MAGIC);
	set->base = base;
	set->settings = *settings;
	list_init(&set->conns);
	list_init(&set->departing);
	list_init(&set->pending);
	conn_deadlines_init(
	    &set->deadlines, base, settings->timeouts_ms, on_due);
	evtimer_assign(&set->later, base, on_later, set);
	conn_pool_init(&set->conn_pool, sizeof(struct conn), CONNS_KEPT);
	conn_pool_init(&set->input_pool, CONN_INPUT_SIZE, INPUTS_KEPT);
	conn_pool_init(&set->output_pool, CONN_OUTPUT_BLOCK_SIZE, OUTPUTS_KEPT);
	conn_rows_init(set);
	conn_clients_init(set);
	return set;
}

static void
close_all(struct conn_set *set)
{
	struct list_link *link;

	conn_set_enter(set);
	LIST_FOREACH (link, &set->conns)
		conn_close(LIST_OBJECT(link, struct conn, link),
		    CONN_CLOSE_SHUTDOWN, false);
	conn_set_strand(set);
	conn_set_settle(set);
}

void
conn_set_free(struct conn_set **source)
{
	struct conn_set *set;

	OBJECT_TAKE(set, source, CONN_SET_MAGIC);
	if (set->is_settling)
		panic("connections freed by one of them");
	while (set->count > 0)
		close_all(set);
	event_del(&set->later);
	conn_deadlines_fini(&set->deadlines);
	conn_pool_fini(&set->conn_pool);
	conn_pool_fini(&set->input_pool);
	conn_pool_fini(&set->output_pool);
	conn_rows_fini(set);
	conn_clients_fini(set);
	OBJECT_FREE(set);
}

static void
retire(struct conn_set *set, unsigned marks)
{
	struct list_link *link;

	conn_set_enter(set);
	set->retire_marks = marks;
	LIST_FOREACH (link, &set->conns)
		conn_mark(LIST_OBJECT(link, struct conn, link), marks);
	conn_set_settle(set);
}

void
conn_set_retire(struct conn_set *set, bool at_once)
{
	unsigned marks = CONN_MARK_RETIRE;

	set->hands_over = false;
	if (at_once) {
		marks |= CONN_MARK_RETIRE_AT_ONCE;
		conn_set_strand(set);
	}
	retire(set, marks);
}

void
conn_set_hand_over(struct conn_set *set)
{
	set->hands_over = true;
	retire(set, CONN_MARK_RETIRE);
}

size_t
conn_set_count(const struct conn_set *set)
{
	return set->count - set->count_checks;
}

/* ---- its connections ---- */

static void
count(struct conn_set *set, const struct conn *conn, size_t by)
{
	set->count += by;
	if (conn->origin->is_check)
		set->count_checks += by;
	CONN_STORE(*set->settings.open, set->count - set->count_checks);
}

struct conn *
conn_set_add(struct conn_set *set, int fd, const struct conn_origin *origin)
{
	struct conn *conn = conn_pool_take(&set->conn_pool);

	*conn = (struct conn) {
		.magic = CONN_MAGIC,
		.fd = fd,
		.state = CONN_STATE_ACCEPTED,
		.set = set,
		.origin = origin,
		.id = ++set->last_id,
		.scope = { .describe = conn_describe, .object = conn },
	};
	list_append(&set->conns, &conn->link);
	conn_row_take(conn);
	count(set, conn, 1);
	return conn;
}

void
conn_set_accept(struct conn_set *set, int fd,
    const struct sockaddr_storage *address, socklen_t size,
    const struct conn_origin *origin)
{
	struct conn *conn = conn_set_add(set, fd, origin);
	struct network_address client;
	uint16_t port;

	conn_count_up(set->settings.accepted);
	client = conn_peer_read(address, size, &port);
	conn_peer_set(conn, &client, port);
	conn->awaits_proxy = conn_preface_is_due(origin, &client);
	conn_mark(conn, CONN_MARK_OPEN);
	if (conn->awaits_proxy || conn_client_admit(conn)) {
		conn_row_open(conn);
		conn_input_receive(conn);
	}
	conn_set_settle(set);
}

void
conn_set_check(struct conn_set *set, int fd, const struct conn_origin *origin)
{
	struct conn *conn = conn_set_add(set, fd, origin);

	conn->peer.address.family = NETWORK_SELF;
	conn_mark(conn, CONN_MARK_OPEN);
	conn_row_open(conn);
	conn_input_receive(conn);
}

void
conn_set_busy(struct conn *conn, bool busy)
{
	struct conn_set *set = conn->set;

	if (conn->is_busy == busy || conn->origin->is_check)
		return;
	conn->is_busy = busy;
	set->count_busy += busy ? 1 : (size_t)-1;
	CONN_STORE(*set->settings.busy, set->count_busy);
}

void
conn_set_drop(struct conn *conn)
{
	struct conn_set *set = conn->set;
	uint64_t *closed = &set->settings.closed[conn->reason];

	CONN_STORE(set->settings.loop->stepping, 0);
	conn_set_busy(conn, false);
	conn_deadline_stop(&conn->wait);
	conn_deadline_stop(&conn->guard);
	conn_input_fini(conn);
	conn_output_fini(conn);
	list_remove(&conn->pending);
	list_remove(&conn->link);
	conn_row_give(conn);
	conn_client_leave(conn);
	count(set, conn, (size_t)-1);
	if (!conn->origin->is_check)
		conn_count_up(closed);
	conn->magic = 0;
	conn_pool_give(&set->conn_pool, conn);
	set->settings.on_closed(set->settings.context);
}
