/* SPDX-License-Identifier: ISC */
#include "test_conn_fake.h"

#define NO        CONN_STATE_COUNT
#define TO(state) CONN_STATE_##state

/* clang-format off */
static const enum conn_state expected[CONN_STATE_COUNT][CONN_EVENT_COUNT] = {
	/*			    PROXY      OPEN      LINGER         FINISH        FLUSHED        DEPART         CLOSE */
	[CONN_STATE_ACCEPTED] =	  { TO(PROXY), TO(OPEN), TO(LINGERING), NO,           NO,            TO(DEPARTING), TO(CLOSED) },
	[CONN_STATE_PROXY] =	  { NO,        TO(OPEN), NO,            NO,           NO,            TO(DEPARTING), TO(CLOSED) },
	[CONN_STATE_OPEN] =	  { NO,        NO,       NO,            TO(FLUSHING), NO,            TO(DEPARTING), TO(CLOSED) },
	[CONN_STATE_FLUSHING] =	  { NO,        NO,       NO,            NO,           TO(LINGERING), NO,            TO(CLOSED) },
	[CONN_STATE_LINGERING] =  { NO,        NO,       NO,            NO,           NO,            TO(DEPARTING), TO(CLOSED) },
	[CONN_STATE_DEPARTING] =  { NO,        NO,       NO,            NO,           NO,            NO,            TO(CLOSED) },
	[CONN_STATE_CLOSED] =	  { NO,        NO,       NO,            NO,           NO,            NO,            NO },
};
/* clang-format on */

/* Closed is entered the usual way, by its event. */
static void
advance_from(struct conn *conn, enum conn_state state, enum conn_event event)
{
	if (state == CONN_STATE_CLOSED)
		conn_state_advance(conn, CONN_EVENT_CLOSE);
	else
		conn->state = state;
	conn_state_advance(conn, event);
}

/* Every pair is run twice: as a step, and as one that has to abort, where
 * the pairs that are steps abort by themselves. */
static void
check_pair(bool possible, int index)
{
	enum conn_state state = (enum conn_state)(index / CONN_EVENT_COUNT);
	enum conn_event event = (enum conn_event)(index % CONN_EVENT_COUNT);
	enum conn_state next = expected[state][event];
	struct fake fake = { .base = NULL };

	if ((next != NO) != possible) {
		if (!possible)
			abort();
		return;
	}
	fake_init(&fake);
	fake_connect(&fake, NULL);
	advance_from(fake.conn, state, event);
	ck_assert_int_eq(fake.conn->state, next);
	fake_fini(&fake);
}

START_TEST(test_steps)
{
	check_pair(true, _i);
}
END_TEST

START_TEST(test_other_steps_panic)
{
	check_pair(false, _i);
}
END_TEST

START_TEST(test_entry_actions)
{
	struct fake fake = { .base = NULL };
	struct conn *conn;
	int fd;

	fake_init(&fake);
	fake_connect(&fake, NULL);
	conn = fake.conn;
	conn_wait(conn, CONN_DEADLINE_BODY);
	conn_state_advance(conn, CONN_EVENT_FINISH);
	ck_assert_int_eq(conn->wait.class, CONN_DEADLINE_NONE);
	conn_state_advance(conn, CONN_EVENT_FLUSHED);
	ck_assert_str_eq(fake_received(&fake), "");
	ck_assert_int_eq(conn->guard.class, CONN_DEADLINE_LINGER);
	ck_assert(list_is_linked(&conn->guard.link));
	fd = conn->fd;
	conn_state_advance(conn, CONN_EVENT_CLOSE);
	ck_assert_int_eq(conn->fd, -1);
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
	ck_assert(!list_is_linked(&conn->guard.link));
	ck_assert(list_is_linked(&conn->pending));
	fake_fini(&fake);
}
END_TEST

/* An open one's is what the protocol told. */
START_TEST(test_rows_exchange)
{
	struct fake fake = { .base = NULL };
	const uint8_t *exchange = &fake.rows[0].exchange;

	fake_init(&fake);
	fake_connect(&fake, NULL);
	ck_assert_uint_eq(*exchange, IPC_ROW_NONE);
	conn_exchange_begin(fake.conn, 7, false);
	ck_assert_uint_eq(*exchange, IPC_ROW_UNANSWERED);
	conn_state_advance(fake.conn, CONN_EVENT_FINISH);
	ck_assert_uint_eq(*exchange, IPC_ROW_PRIVATE);
	conn_exchange_answer(fake.conn);
	ck_assert_uint_eq(*exchange, IPC_ROW_PRIVATE);
	conn_state_advance(fake.conn, CONN_EVENT_FLUSHED);
	ck_assert_uint_eq(*exchange, IPC_ROW_NONE);
	ck_assert_uint_eq(fake.rows[0].deadline_class, CONN_DEADLINE_LINGER);
	ck_assert_uint_eq(fake.rows[0].due_ms, fake.conn->guard.due_ms);
	ck_assert_uint_gt(fake.rows[0].due_ms, 0);
	ck_assert_int_eq(fake.rows[0].fd, fake.conn->fd + 1);
	conn_state_advance(fake.conn, CONN_EVENT_DEPART);
	ck_assert_uint_eq(*exchange, IPC_ROW_NONE);
	ck_assert_int_eq(fake.conn->watched, 0);
	ck_assert_uint_eq(fake.rows[0].deadline_class, CONN_DEADLINE_LINGER);
	ck_assert_int_eq(fake.rows[0].fd, fake.conn->fd + 1);
	conn_state_advance(fake.conn, CONN_EVENT_CLOSE);
	ck_assert_int_eq(fake.rows[0].fd, 0);
	fake_fini(&fake);
}
END_TEST

START_TEST(test_names)
{
	ck_assert_str_eq(conn_state_name(CONN_STATE_ACCEPTED), "accepted");
	ck_assert_str_eq(conn_state_name(CONN_STATE_CLOSED), "closed");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("conn_state");
	TCase *tests = tcase_create("state");
	int pairs = CONN_STATE_COUNT * CONN_EVENT_COUNT;

	tcase_add_loop_test(tests, test_steps, 0, pairs);
	tcase_add_loop_test_raise_signal(
	    tests, test_other_steps_panic, SIGABRT, 0, pairs);
	tcase_add_test(tests, test_entry_actions);
	tcase_add_test(tests, test_rows_exchange);
	tcase_add_test(tests, test_names);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
