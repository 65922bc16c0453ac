/* SPDX-License-Identifier: ISC */
/*
 * Connections that leave: who can, when, with what, and that each is in one
 * place only.  The test is the worker that packs.
 */
#include "base/base_clock.h"
#include "test_conn_fake.h"
#include "test_network.h"

static struct fake fake;
static struct ipc_packet *packet;
static bool takes;            /* the master's end has room */
static unsigned calls, taken; /* of on_departing; what went */

static bool
on_departing(void *context)
{
	size_t count;

	calls++;
	if (!takes)
		return false;
	count = conn_set_pack(fake.set, packet);
	taken += (unsigned)count;
	conn_set_unpack(fake.set, true);
	return count > 0;
}

static void
set_up(void)
{
	packet = memory_alloc(sizeof(*packet));
	fake.settings.on_departing = on_departing;
	fake_init(&fake);
}

static void
tear_down(void)
{
	fake_fini(&fake);
	memory_free(packet);
}

static void
expect_there(const char *text)
{
	ck_assert_int_eq(send(fake.client, "x", 1, MSG_NOSIGNAL), 1);
	ck_assert_str_eq(fake_received(&fake), text);
}

/* ---- when ---- */

/* It is nobody's: event and row as a crash wants them, protocol not told. */
START_TEST(test_an_idle_one_departs_at_once)
{
	fake_connect(&fake, NULL);
	conn_set_hand_over(fake.set);
	ck_assert_str_eq(fake.calls, "open retire(later) ");
	ck_assert_int_eq(fake.conn->state, CONN_STATE_DEPARTING);
	ck_assert_int_eq(fake.conn->watched, 0);
	ck_assert_int_eq(fake.rows[0].fd, fake.conn->fd + 1);
	ck_assert_uint_eq(fake.rows[0].exchange, IPC_ROW_NONE);
	ck_assert_uint_eq(fake.open, 1);
	ck_assert_uint_eq(calls, 1);
	ck_assert(!conn_is_retiring(fake.conn));
	expect_there("(nothing)");
	fake_turn(&fake);
	ck_assert_str_eq(fake.calls, "open retire(later) ");
}
END_TEST

START_TEST(test_what_went_is_closed_and_not_shut_down)
{
	int copy;

	takes = true;
	fake_connect(&fake, NULL);
	copy = dup(fake.conn->fd);
	conn_set_hand_over(fake.set);
	ck_assert_str_eq(fake.calls, "open retire(later) close(handed-over) ");
	ck_assert_uint_eq(conn_set_count(fake.set), 0);
	ck_assert_uint_eq(fake.closed[CONN_CLOSE_HANDED], 1);
	ck_assert_uint_eq(fake.on_closed_calls, 1);
	ck_assert_int_eq(fake.rows[0].fd, 0);
	expect_there("(nothing)");
	close(copy);
}
END_TEST

static void
begin_exchange(struct fake *state, struct conn *conn)
{
	fake_consume_all(state, conn);
	conn_exchange_begin(conn, 7, false);
	conn_set_busy(conn, true);
}

static void
end_exchange(struct fake *state, struct conn *conn)
{
	(void)state;
	conn_exchange_answer(conn);
	conn_send(conn, "answer", 6);
	conn_set_busy(conn, false);
	conn_exchange_end(conn);
}

START_TEST(test_a_busy_one_departs_behind_its_answer)
{
	takes = true;
	fake.on_input = begin_exchange;
	fake_connect(&fake, "request");
	conn_set_hand_over(fake.set);
	ck_assert_int_eq(fake.conn->state, CONN_STATE_OPEN);
	ck_assert_uint_eq(taken, 0);
	fake.on_input = end_exchange;
	conn_wake(fake.conn);
	conn_set_settle(fake.set);
	ck_assert_ptr_null(fake.conn);
	ck_assert_uint_eq(taken, 1);
	ck_assert_str_eq(fake_received(&fake), "answer");
}
END_TEST

static void
fill_socket(struct fake *state, struct conn *conn)
{
	static char much[4 << 20];

	fake_consume_all(state, conn);
	conn_send(conn, much, sizeof(much));
}

START_TEST(test_what_is_unsent_holds_it)
{
	takes = true;
	fake.on_input = fill_socket;
	fake_connect(&fake, "request");
	conn_set_hand_over(fake.set);
	ck_assert_int_eq(fake.conn->state, CONN_STATE_OPEN);
	while (fake.conn != NULL) {
		fake_received(&fake);
		fake_turn(&fake);
	}
	ck_assert_uint_eq(taken, 1);
	ck_assert_uint_eq(fake.closed[CONN_CLOSE_HANDED], 1);
}
END_TEST

START_TEST(test_too_much_input_holds_it)
{
	static char bytes[IPC_ORPHAN_INPUT_MAX + 2];

	memset(bytes, 'x', IPC_ORPHAN_INPUT_MAX + 1);
	fake_connect(&fake, bytes);
	conn_set_hand_over(fake.set);
	ck_assert_int_eq(fake.conn->state, CONN_STATE_OPEN);
	ck_assert_uint_eq(calls, 0);
	fake.on_input = fake_consume_all;
	conn_wake(fake.conn);
	conn_set_settle(fake.set);
	ck_assert_int_eq(fake.conn->state, CONN_STATE_DEPARTING);
}
END_TEST

START_TEST(test_a_forgotten_origin_keeps_its_own)
{
	fake_connect(&fake, NULL);
	ck_assert(!conn_is_retiring(fake.conn));
	fake.origin.is_forgotten = true;
	ck_assert(conn_is_retiring(fake.conn));
	conn_set_hand_over(fake.set);
	ck_assert_int_eq(fake.conn->state, CONN_STATE_OPEN);
	ck_assert(conn_is_retiring(fake.conn));
	ck_assert_uint_eq(conn_set_shed(fake.set, 5), 0);
}
END_TEST

static struct ipc_orphan
orphan_of(enum ipc_orphan_kind kind, enum conn_deadline_class class)
{
	return (struct ipc_orphan) {
		.kind = (uint16_t)kind,
		.port = 5000,
		.deadline_class = class,
		.due_ms = clock_monotonic_ms() + 5000,
		.request_count = 3,
		.peer = { NETWORK_IPV4, { 192, 0, 2, 9 } },
	};
}

static void
adopt(struct ipc_orphan *orphan, const char *input)
{
	int ends[2];

	fake_pair(&fake, SOCK_STREAM, ends);
	orphan->input_size = (uint32_t)strlen(input);
	fake_adopt(&fake, ends[0], orphan, input);
}

/* It came when this worker was to go already: no protocol here sees it, and
 * it goes as it came. */
START_TEST(test_what_comes_goes_on)
{
	struct ipc_orphan orphan =
	    orphan_of(IPC_ORPHAN_IDLE, CONN_DEADLINE_HEAD);

	conn_set_hand_over(fake.set);
	adopt(&orphan, "GET / HT");
	conn_set_settle(fake.set);
	ck_assert_str_eq(fake.calls, "");
	ck_assert_uint_eq(conn_set_pack(fake.set, packet), 1);
	ck_assert_mem_eq(&packet->handover.orphans[0], &orphan, sizeof(orphan));
	ck_assert_mem_eq(packet->input, "GET / HT", 8);
	conn_set_unpack(fake.set, false);
	conn_set_strand(fake.set);
	conn_set_settle(fake.set);
	ck_assert_str_eq(fake.calls, "");
	ck_assert_uint_eq(fake.closed[CONN_CLOSE_RETIRED], 1);
}
END_TEST

START_TEST(test_lingering_ones_go)
{
	struct ipc_orphan orphan =
	    orphan_of(IPC_ORPHAN_LINGER, CONN_DEADLINE_LINGER);

	adopt(&orphan, "");
	conn_set_settle(fake.set);
	ck_assert_uint_eq(conn_set_shed(fake.set, 1), 0);
	conn_set_hand_over(fake.set);
	ck_assert_uint_eq(conn_set_pack(fake.set, packet), 1);
	ck_assert_mem_eq(&packet->handover.orphans[0], &orphan, sizeof(orphan));
	conn_set_unpack(fake.set, true);
	conn_set_settle(fake.set);
	ck_assert_uint_eq(conn_set_count(fake.set), 0);
}
END_TEST

/* ---- with what ---- */

static void
read_one(struct fake *state, struct conn *conn)
{
	(void)state;
	conn_consume(conn, 2);
	conn_count_request(conn);
	conn_wait(conn, CONN_DEADLINE_HEAD);
}

START_TEST(test_facts)
{
	const struct ipc_orphan *orphan = &packet->handover.orphans[0];
	uint64_t due_ms;

	fake.origin.listener = 9;
	fake.on_input = read_one;
	fake_connect(&fake, "12GET");
	due_ms = fake.conn->wait.due_ms;
	conn_set_hand_over(fake.set);
	ck_assert_uint_eq(conn_set_pack(fake.set, packet), 1);
	ck_assert_int_eq(packet->descriptors[0], fake.conn->fd);
	ck_assert_uint_eq(packet->handover.count, 1);
	ck_assert_uint_eq(packet->handover.input_size, 3);
	ck_assert_mem_eq(packet->input, "GET", 3);
	ck_assert_uint_eq(orphan->kind, IPC_ORPHAN_IDLE);
	ck_assert_uint_eq(orphan->listener, 9);
	ck_assert_uint_eq(orphan->deadline_class, CONN_DEADLINE_HEAD);
	ck_assert_uint_eq(orphan->due_ms, due_ms);
	ck_assert_uint_eq(orphan->request_count, 1);
	network_expect(&orphan->peer, "unix");
	/* In one place: packed, then here again. */
	ck_assert_int_eq(fake.rows[0].fd, 0);
	conn_set_unpack(fake.set, false);
	ck_assert_int_eq(fake.rows[0].fd, fake.conn->fd + 1);
	ck_assert_uint_eq(fake.rows[0].input_size, 3);
}
END_TEST

/* ---- in batches ---- */

#define INPUT 3000 /* of each: 21 fill a batch */

START_TEST(test_a_batch_is_bounded)
{
	static char bytes[INPUT + 1];
	size_t first, second, left = 30;
	int clients[30];

	memset(bytes, 'x', INPUT);
	for (size_t i = 0; i < left; i++) {
		fake_connect(&fake, bytes);
		clients[i] = fake.client;
		fake.client = -1;
	}
	conn_set_hand_over(fake.set);
	first = conn_set_pack(fake.set, packet);
	ck_assert_uint_eq(first, IPC_INPUT_MAX / INPUT);
	ck_assert_uint_eq(packet->handover.input_size, first * INPUT);
	conn_set_unpack(fake.set, true);
	conn_set_settle(fake.set);
	ck_assert_uint_eq(conn_set_count(fake.set), left - first);
	second = conn_set_pack(fake.set, packet);
	ck_assert_uint_eq(second, left - first);
	conn_set_unpack(fake.set, true);
	conn_set_settle(fake.set);
	ck_assert_uint_eq(conn_set_count(fake.set), 0);
	while (left > 0)
		close(clients[--left]);
}
END_TEST

START_TEST(test_all_batches_go_in_one_settling)
{
	int clients[2 * IPC_ORPHANS_MAX];
	size_t i, count = sizeof(clients) / sizeof(clients[0]);

	for (i = 0; i < count; i++) {
		fake_connect(&fake, NULL);
		clients[i] = fake.client;
		fake.client = -1;
	}
	takes = true;
	conn_set_hand_over(fake.set);
	ck_assert_uint_eq(taken, count);
	ck_assert_uint_eq(calls, 2);
	ck_assert_uint_eq(conn_set_count(fake.set), 0);
	for (i = 0; i < count; i++)
		close(clients[i]);
}
END_TEST

START_TEST(test_shed_takes_as_many_as_told)
{
	int clients[4];
	size_t i;

	for (i = 0; i < 4; i++) {
		fake_connect(&fake, NULL);
		clients[i] = fake.client;
		fake.client = -1;
	}
	begin_exchange(&fake, fake.conn);
	conn_set_settle(fake.set);
	takes = true;
	ck_assert_uint_eq(conn_set_shed(fake.set, 2), 2);
	ck_assert_uint_eq(taken, 2);
	ck_assert_uint_eq(conn_set_shed(fake.set, 2), 1);
	ck_assert_uint_eq(taken, 3);
	ck_assert(!conn_is_retiring(fake.conn));
	ck_assert_int_eq(fake.conn->state, CONN_STATE_OPEN);
	for (i = 0; i < 4; i++)
		close(clients[i]);
}
END_TEST

/* ---- those that nobody takes ---- */

START_TEST(test_a_stop_ends_those_that_wait)
{
	fake_connect(&fake, NULL);
	conn_set_hand_over(fake.set);
	conn_set_retire(fake.set, true);
	ck_assert_str_eq(fake.calls, "open retire(later) close(retired) ");
	ck_assert_str_eq(fake_received(&fake), "");
}
END_TEST

static void
wait_briefly(struct fake *state, struct conn *conn)
{
	(void)state;
	conn_wait(conn, CONN_DEADLINE_IDLE);
}

START_TEST(test_none_waits_longer_than_it_would_have)
{
	fake_fini(&fake);
	fake.settings.timeouts_ms[CONN_DEADLINE_IDLE] = 20;
	fake_init(&fake);
	fake.on_open = wait_briefly;
	fake_connect(&fake, NULL);
	conn_set_hand_over(fake.set);
	fake_run_until_closed(&fake);
	ck_assert_str_eq(fake.calls, "open retire(later) close(retired) ");
}
END_TEST

START_TEST(test_the_end_of_the_set)
{
	fake_connect(&fake, NULL);
	conn_set_hand_over(fake.set);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("conn_hand");
	TCase *tcase = tcase_create("hand");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, test_an_idle_one_departs_at_once);
	tcase_add_test(tcase, test_what_went_is_closed_and_not_shut_down);
	tcase_add_test(tcase, test_a_busy_one_departs_behind_its_answer);
	tcase_add_test(tcase, test_what_is_unsent_holds_it);
	tcase_add_test(tcase, test_too_much_input_holds_it);
	tcase_add_test(tcase, test_a_forgotten_origin_keeps_its_own);
	tcase_add_test(tcase, test_what_comes_goes_on);
	tcase_add_test(tcase, test_lingering_ones_go);
	tcase_add_test(tcase, test_facts);
	tcase_add_test(tcase, test_a_batch_is_bounded);
	tcase_add_test(tcase, test_all_batches_go_in_one_settling);
	tcase_add_test(tcase, test_shed_takes_as_many_as_told);
	tcase_add_test(tcase, test_a_stop_ends_those_that_wait);
	tcase_add_test(tcase, test_none_waits_longer_than_it_would_have);
	tcase_add_test(tcase, test_the_end_of_the_set);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
