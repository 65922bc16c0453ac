/* SPDX-License-Identifier: ISC */
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>

#include "test_conn_fake.h"

static struct fake fake;

/* Calls of the functions that this program puts before the libraries'. */
static struct {
	unsigned recv, send, event_add;
} counts;

ssize_t
recv(int fd, void *data, size_t size, int flags)
{
	ssize_t (*next)(int, void *, size_t, int);

	*(void **)&next = dlsym(RTLD_NEXT, "recv");
	counts.recv++;
	return next(fd, data, size, flags);
}

ssize_t
send(int fd, const void *data, size_t size, int flags)
{
	ssize_t (*next)(int, const void *, size_t, int);

	*(void **)&next = dlsym(RTLD_NEXT, "send");
	counts.send += (flags & MSG_NOSIGNAL) != 0; /* not the client's */
	return next(fd, data, size, flags);
}

ssize_t
sendmsg(int fd, const struct msghdr *message, int flags)
{
	ssize_t (*next)(int, const struct msghdr *, int);

	*(void **)&next = dlsym(RTLD_NEXT, "sendmsg");
	counts.send++;
	return next(fd, message, flags);
}

int
event_add(struct event *event, const struct timeval *timeout)
{
	int (*next)(struct event *, const struct timeval *);

	*(void **)&next = dlsym(RTLD_NEXT, "event_add");
	counts.event_add++;
	return next(event, timeout);
}

static void
set_up(void)
{
	fake.settings.timeouts_ms[CONN_DEADLINE_HEAD] = 20;
	fake.settings.timeouts_ms[CONN_DEADLINE_WRITE] = 20;
	fake.settings.timeouts_ms[CONN_DEADLINE_LINGER] = 20;
	fake_init(&fake);
}

static void
tear_down(void)
{
	fake_fini(&fake);
}

static void
answer(struct fake *unused, struct conn *conn)
{
	fake_consume_all(unused, conn);
	conn_wait(conn, CONN_DEADLINE_BODY);
	conn_send_copy(conn, "ans", 3);
	conn_send(conn, "wer", 3);
	conn_wait(conn, CONN_DEADLINE_IDLE);
}

static void
answer_and_finish(struct fake *unused, struct conn *conn)
{
	answer(unused, conn);
	conn_finish(conn, CONN_CLOSE_ANSWERED, false);
}

START_TEST(test_memory_is_used_again)
{
	int i;

	fake.on_input = answer_and_finish;
	for (i = 0; i < 10; i++) {
		fake.calls[0] = '\0';
		fake_connect(&fake, "request");
		ck_assert_str_eq(
		    fake.calls, "open input(7) writable close(answered) ");
		ck_assert_str_eq(fake_received(&fake), "answer");
	}
	ck_assert_uint_eq(fake.accepted, 10);
	ck_assert_uint_eq(fake.closed[CONN_CLOSE_ANSWERED], 10);
	ck_assert_uint_eq(fake.on_closed_calls, 10);
	ck_assert_uint_eq(fake.set->conn_pool.free_count, 1);
	ck_assert_uint_eq(fake.set->input_pool.free_count, 1);
	ck_assert_uint_eq(fake.set->output_pool.free_count, 1);
}
END_TEST

/* One read, one write, and no event is added again, nor is the timer. */
START_TEST(test_a_requests_system_calls)
{
	int i;

	fake.on_input = answer;
	fake_connect(&fake, "request");
	ck_assert_str_eq(fake_received(&fake), "answer");
	for (i = 0; i < 5; i++) {
		fake.calls[0] = '\0';
		ck_assert_int_eq(send(fake.client, "request", 7, 0), 7);
		memset(&counts, 0, sizeof(counts));
		fake_turn(&fake);
		ck_assert_uint_eq(counts.recv, 1);
		ck_assert_uint_eq(counts.send, 1);
		ck_assert_uint_eq(counts.event_add, 0);
		ck_assert_str_eq(fake.calls, "input(7) writable ");
		ck_assert_str_eq(fake_received(&fake), "answer");
	}
}
END_TEST

START_TEST(test_a_connections_system_calls)
{
	fake.on_input = answer_and_finish;
	fake_connect(&fake, "request");
	memset(&counts, 0, sizeof(counts));
	fake_connect(&fake, "request");
	ck_assert_uint_eq(counts.recv, 1);
	ck_assert_uint_eq(counts.send, 1);
	ck_assert_uint_eq(counts.event_add, 0);
	ck_assert_str_eq(fake_received(&fake), "answer");
	ck_assert_str_eq(fake_received(&fake), "");
}
END_TEST

START_TEST(test_counters)
{
	int clients[3], ends[2], i;
	struct conn *conns[3];

	for (i = 0; i < 3; i++) {
		fake.client = -1;
		fake_pair(&fake, SOCK_STREAM, ends);
		clients[i] = ends[1];
		fake_accept(&fake, ends[0]);
		conns[i] = fake.conn;
	}
	ck_assert_uint_eq(fake.open, 3);
	ck_assert_uint_eq(conn_set_count(fake.set), 3);
	conn_set_busy(conns[0], true);
	conn_set_busy(conns[0], true);
	conn_set_busy(conns[1], true);
	ck_assert_uint_eq(fake.busy, 2);
	conn_set_busy(conns[0], false);
	ck_assert_uint_eq(fake.busy, 1);
	conn_close(conns[1], CONN_CLOSE_IDLE, false);
	conn_set_settle(fake.set);
	ck_assert_uint_eq(fake.busy, 0);
	ck_assert_uint_eq(fake.open, 2);
	ck_assert_uint_eq(fake.accepted, 3);
	ck_assert_uint_eq(fake.closed[CONN_CLOSE_IDLE], 1);
	conn_set_free(&fake.set);
	ck_assert_ptr_null(fake.set);
	ck_assert_uint_eq(fake.open, 0);
	ck_assert_uint_eq(fake.closed[CONN_CLOSE_SHUTDOWN], 2);
	ck_assert_uint_eq(fake.on_closed_calls, 3);
	for (i = 0; i < 3; i++)
		close(clients[i]);
	fake.client = -1;
	fake.set = conn_set_new(fake.base, &fake.settings);
}
END_TEST

START_TEST(test_reset_before_accept)
{
	struct linger linger = { .l_onoff = 1 };
	int ends[2];

	fake_pair(&fake, SOCK_STREAM, ends);
	ck_assert_int_eq(send(ends[0], "x", 1, 0), 1);
	setsockopt(ends[1], SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(ends[1]);
	fake.client = -1;
	fake_accept(&fake, ends[0]);
	ck_assert_str_eq(fake.calls, "");
	ck_assert_uint_eq(fake.closed[CONN_CLOSE_RESET], 1);
	ck_assert_uint_eq(fake.on_closed_calls, 1);
}
END_TEST

START_TEST(test_protocols_deadline)
{
	fake_connect(&fake, NULL);
	conn_wait(fake.conn, CONN_DEADLINE_HEAD);
	conn_set_settle(fake.set);
	while (strstr(fake.calls, "deadline") == NULL)
		event_base_loop(fake.base, EVLOOP_ONCE);
	ck_assert_str_eq(fake.calls, "open deadline(1) ");
	ck_assert_int_eq(fake.conn->wait.class, CONN_DEADLINE_NONE);
	ck_assert(!conn_is_ending(fake.conn));
}
END_TEST

START_TEST(test_write_deadline)
{
	static char bytes[1000000];

	fake_connect(&fake, NULL);
	conn_send(fake.conn, bytes, sizeof(bytes));
	if (_i == 1)
		conn_finish(fake.conn, CONN_CLOSE_ANSWERED, false);
	conn_set_settle(fake.set);
	fake_run_until_closed(&fake);
	ck_assert_str_eq(fake.calls, "open writable close(write-timeout) ");
}
END_TEST

START_TEST(test_linger_deadline)
{
	fake_connect(&fake, NULL);
	conn_finish(fake.conn, CONN_CLOSE_ANSWERED, true);
	conn_set_settle(fake.set);
	fake_run_until_closed(&fake);
	ck_assert_str_eq(fake.calls, "open close(linger-timeout) ");
}
END_TEST

START_TEST(test_no_linger_without_a_time_for_it)
{
	fake_connect(&fake, NULL);
	fake.set->settings.timeouts_ms[CONN_DEADLINE_LINGER] = 0;
	conn_finish(fake.conn, CONN_CLOSE_ANSWERED, true);
	conn_set_settle(fake.set);
	ck_assert_str_eq(fake.calls, "open close(answered) ");
}
END_TEST

START_TEST(test_retire)
{
	fake_connect(&fake, NULL);
	conn_set_retire(fake.set, false);
	ck_assert(conn_is_retiring(fake.conn));
	ck_assert_str_eq(fake.calls, "open retire(later) ");
	conn_set_retire(fake.set, true);
	ck_assert_str_eq(fake.calls, "open retire(later) retire(now) ");
	fake.calls[0] = '\0';
	conn_finish(fake.conn, CONN_CLOSE_RETIRED, true);
	conn_set_retire(fake.set, true);
	ck_assert_str_eq(fake.calls, "");
}
END_TEST

static void
wake_again(struct fake *state, struct conn *conn)
{
	state->wakes++;
	conn_wake(conn);
}

/* It gets several rounds in each turn, and events get theirs. */
START_TEST(test_restless_connection_does_not_starve_the_loop)
{
	struct conn *restless;
	unsigned wakes;

	fake_connect(&fake, NULL);
	restless = fake.conn;
	fake.on_input = wake_again;
	conn_wake(restless);
	conn_set_settle(fake.set);
	wakes = fake.wakes;
	ck_assert_uint_gt(wakes, 1);
	ck_assert_uint_lt(wakes, 1000);
	event_base_loop(fake.base, EVLOOP_ONCE);
	ck_assert_uint_eq(fake.wakes, wakes * 2);
	shutdown(fake.client, SHUT_WR);
	event_base_loop(fake.base, EVLOOP_ONCE);
	ck_assert(conn_input_ended(restless));
	fake.on_input = NULL;
	fake_turn(&fake);
	ck_assert(!list_is_linked(&restless->pending));
}
END_TEST

static void
accept_another(void *context)
{
	struct fake *state = context;

	if (state->accepted < 3)
		fake_connect(state, "request");
}

START_TEST(test_accept_when_one_has_closed)
{
	fake.set->settings.on_closed = accept_another;
	fake.on_input = answer_and_finish;
	fake_connect(&fake, "request");
	ck_assert_uint_eq(fake.closed[CONN_CLOSE_ANSWERED], 3);
	ck_assert_uint_eq(conn_set_count(fake.set), 0);
}
END_TEST

/* A value asked for outside of the loop does not grow old. */
START_TEST(test_now_is_of_this_round)
{
	fake_connect(&fake, NULL);
	fake.set->deadlines.now_ms = 5;
	ck_assert_uint_eq(conn_deadlines_now(&fake.set->deadlines), 5);
	conn_set_settle(fake.set);
	ck_assert_uint_ne(conn_deadlines_now(&fake.set->deadlines), 5);
}
END_TEST

/* ---- parking ---- */

static void *
enter(void *context)
{
	(void)context;
	conn_set_enter(fake.set);
	return NULL;
}

static void *
enter_and_settle(void *context)
{
	conn_set_enter(fake.set);
	__atomic_store_n(&fake.loop.park, 1, __ATOMIC_SEQ_CST);
	conn_set_settle(fake.set);
	return context;
}

static uint32_t
load(const uint32_t *place)
{
	return __atomic_load_n(place, __ATOMIC_SEQ_CST);
}

/* The loop's thread, as a crash in another one finds it. */
static void
expect_parked(void *(*run)(void *), uint32_t running)
{
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, run, NULL), 0);
	while (load(&fake.loop.parked) == 0)
		sched_yield();
	ck_assert_uint_eq(load(&fake.loop.running), running);
	ck_assert_uint_eq(load(&fake.loop.stepping), 0);
	pthread_detach(thread); /* it waits for ever */
	fake.loop = (struct ipc_loop) { .running = 0 };
}

START_TEST(test_parks_at_the_begin)
{
	fake.loop.park = 1;
	expect_parked(enter, 1);
}
END_TEST

START_TEST(test_parks_at_the_end)
{
	expect_parked(enter_and_settle, 0);
}
END_TEST

/* Not before all is settled, whoever settles inside. */
static void
ask_and_settle(struct fake *state, struct conn *conn)
{
	__atomic_store_n(&state->loop.park, 1, __ATOMIC_SEQ_CST);
	conn_send(conn, "answer", 6);
	conn_set_enter(state->set);
	conn_set_settle(state->set);
	state->wakes++;
}

static void *
serve(void *context)
{
	fake_turn(&fake);
	return context;
}

START_TEST(test_a_step_is_not_parked)
{
	fake_connect(&fake, NULL);
	fake.on_input = ask_and_settle;
	ck_assert_int_eq(send(fake.client, "request", 7, 0), 7);
	expect_parked(serve, 0);
	ck_assert_uint_eq(fake.wakes, 1);
	ck_assert_str_eq(fake_received(&fake), "answer");
}
END_TEST

START_TEST(test_runs_between_enter_and_settle)
{
	ck_assert_uint_eq(fake.loop.running, 0);
	conn_set_enter(fake.set);
	ck_assert_uint_eq(fake.loop.running, 1);
	conn_set_settle(fake.set);
	ck_assert_uint_eq(fake.loop.running, 0);
}
END_TEST

/* Told to retire twice in one callback, as a worker may be. */
static void
look_at_loop(struct fake *state, struct conn *conn)
{
	(void)conn;
	ck_assert_uint_eq(state->loop.running, 1);
	state->wakes++;
}

START_TEST(test_runs_in_every_settling)
{
	fake_connect(&fake, NULL);
	conn_set_enter(fake.set);
	conn_set_retire(fake.set, false);
	ck_assert_uint_eq(fake.loop.running, 0);
	fake.on_retire = look_at_loop;
	conn_set_retire(fake.set, true);
	ck_assert_uint_eq(fake.wakes, 1);
	fake.on_close = look_at_loop;
	conn_close(fake.conn, CONN_CLOSE_ERROR, false);
	conn_set_settle(fake.set);
	ck_assert_uint_eq(fake.wakes, 2);
	ck_assert_uint_eq(fake.loop.running, 0);
}
END_TEST

START_TEST(test_runs_when_the_set_ends)
{
	struct fake *state = &fake;

	fake_connect(state, NULL);
	state->on_close = look_at_loop;
	conn_set_free(&state->set);
	ck_assert_uint_eq(state->wakes, 1);
	state->set = conn_set_new(state->base, &state->settings);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("conn_set");
	TCase *tests = tcase_create("set");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, test_memory_is_used_again);
	tcase_add_test(tests, test_a_requests_system_calls);
	tcase_add_test(tests, test_a_connections_system_calls);
	tcase_add_test(tests, test_counters);
	tcase_add_test(tests, test_reset_before_accept);
	tcase_add_test(tests, test_protocols_deadline);
	tcase_add_loop_test(tests, test_write_deadline, 0, 2);
	tcase_add_test(tests, test_linger_deadline);
	tcase_add_test(tests, test_no_linger_without_a_time_for_it);
	tcase_add_test(tests, test_retire);
	tcase_add_test(
	    tests, test_restless_connection_does_not_starve_the_loop);
	tcase_add_test(tests, test_accept_when_one_has_closed);
	tcase_add_test(tests, test_now_is_of_this_round);
	tcase_add_test(tests, test_parks_at_the_begin);
	tcase_add_test(tests, test_parks_at_the_end);
	tcase_add_test(tests, test_a_step_is_not_parked);
	tcase_add_test(tests, test_runs_between_enter_and_settle);
	tcase_add_test(tests, test_runs_in_every_settling);
	tcase_add_test(tests, test_runs_when_the_set_ends);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
