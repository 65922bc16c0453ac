/* SPDX-License-Identifier: ISC */
/*
 * The waits are long and never run out: the test says when one is over.
 */
#include <sys/ioctl.h>

#include <linux/sockios.h>

#include "base/base_clock.h"
#include "test_conn_fake.h"

#define LEAST 10000

static struct fake fake;
static char bytes[1 << 20];

static void
set_up(void)
{
	fake.settings.write_least = LEAST;
	fake_init(&fake);
}

static void
tear_down(void)
{
	fake_fini(&fake);
}

static int
held(void)
{
	int size;

	ck_assert_int_eq(ioctl(fake.conn->fd, SIOCOUTQ, &size), 0);
	return size;
}

/* The client's kernel may take its time. */
static void
wait_until_held_is_at_most(int most)
{
	uint64_t begin_ms = clock_monotonic_ms();

	while (held() > most) {
		ck_assert_uint_lt(clock_monotonic_ms() - begin_ms, 10000);
		test_pause();
	}
}

/* Until nothing is under way between the two kernels. */
static void
wait_until_still(void)
{
	int before = -1, still;

	for (still = 0; still < 20; still++) {
		if (held() != before)
			still = 0;
		before = held();
		test_pause();
	}
}

/* More is queued than both kernels take; the wait begins when they have. */
static void
fill(void)
{
	int i;

	for (i = 0; i < 32; i++)
		conn_send(fake.conn, bytes, sizeof(bytes));
	conn_set_settle(fake.set);
	ck_assert_uint_gt(conn_output_pending(fake.conn), 0);
	ck_assert_int_eq(fake.conn->guard.class, CONN_DEADLINE_WRITE);
	wait_until_still();
	conn_deadline_stop(&fake.conn->guard);
	conn_progress_watch(fake.conn);
}

static void
end_wait(void)
{
	conn_set_enter(fake.set);
	conn_progress_review(fake.conn);
	conn_set_settle(fake.set);
}

static size_t
take(size_t size)
{
	size_t total = 0;
	ssize_t got = 1;

	while (total < size && got > 0) {
		got = recv(fake.client, bytes,
		    size - total < sizeof(bytes) ? size - total : sizeof(bytes),
		    0);
		total += got > 0 ? (size_t)got : 0;
	}
	return total;
}

/* With a buffer that does not grow when it reads. */
static void
connect_client(bool over_tcp)
{
	const int room = 256 * 1024;

	if (over_tcp)
		fake_connect_tcp(&fake);
	else
		fake_connect(&fake, NULL);
	setsockopt(fake.client, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	fill();
}

/* ---- who reads ---- */

/* No write of ours need get anywhere in a wait. */
START_TEST(test_who_takes_enough_is_not_cut)
{
	uint64_t sent;
	int before, i;

	connect_client(_i != 0);
	for (i = 0; i < 8; i++) {
		sent = fake.conn->output.sent;
		before = held();
		ck_assert_uint_gt(take(1024 * 1024), LEAST);
		wait_until_held_is_at_most(before - LEAST);
		ck_assert_uint_eq(fake.conn->output.sent, sent);
		end_wait();
		ck_assert_ptr_nonnull(fake.conn);
		ck_assert_int_eq(fake.conn->guard.class, CONN_DEADLINE_WRITE);
		ck_assert(list_is_linked(&fake.conn->guard.link));
		fake_turn(&fake);
	}
}
END_TEST

/* ---- who does not ---- */

static const struct {
	bool over_tcp;
	size_t taken; /* in each wait */
	/* Until it is cut; the first byte may make room for more than one. */
	unsigned least, most;
} idlers[] = {
	{ true, 0, 1, 1 },
	{ true, 1, 1, 2 },
	{ false, 0, 4, 4 },
	{ false, 1, 4, 4 },
};

START_TEST(test_who_takes_too_little_is_cut)
{
	unsigned waits;

	connect_client(idlers[_i].over_tcp);
	for (waits = 0; fake.conn != NULL; waits++) {
		take(idlers[_i].taken);
		fake_turn(&fake);
		end_wait();
	}
	ck_assert_uint_ge(waits, idlers[_i].least);
	ck_assert_uint_le(waits, idlers[_i].most);
	ck_assert_uint_eq(fake.closed[CONN_CLOSE_WRITE_TIMEOUT], 1);
}
END_TEST

/* What one wait had in excess is not the next one's. */
START_TEST(test_each_wait_for_itself)
{
	int before;

	connect_client(true);
	before = held();
	take(1024 * 1024);
	wait_until_held_is_at_most(before - LEAST);
	end_wait();
	ck_assert_ptr_nonnull(fake.conn);
	end_wait();
	ck_assert_ptr_null(fake.conn);
}
END_TEST

/* Its last buffer is short. */
START_TEST(test_what_is_taken_completely_is_enough)
{
	fake_connect(&fake, NULL);
	conn_send(fake.conn, bytes, sizeof(bytes));
	conn_set_settle(fake.set);
	while (take(sizeof(bytes)) > 0)
		fake_turn(&fake);
	ck_assert_uint_eq(conn_output_pending(fake.conn), 0);
	ck_assert_int_eq(fake.conn->guard.class, CONN_DEADLINE_NONE);
}
END_TEST

/* ---- behind the last byte ---- */

/* All is written, and in the kernel. */
static void
linger(bool over_tcp)
{
	const int room = 4 << 20;

	if (over_tcp)
		fake_connect_tcp(&fake);
	else
		fake_connect(&fake, NULL);
	setsockopt(fake.conn->fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	for (;;) {
		conn_send(fake.conn, bytes, 4096);
		conn_set_settle(fake.set);
		if (held() > 65536)
			break;
		ck_assert_uint_eq(conn_output_pending(fake.conn), 0);
	}
	conn_finish(fake.conn, CONN_CLOSE_ANSWERED, true);
	conn_set_settle(fake.set);
	ck_assert_int_eq(fake.conn->state, CONN_STATE_LINGERING);
	ck_assert_uint_eq(fake.rows[0].exchange, IPC_ROW_NONE);
}

START_TEST(test_lingering_waits_for_the_response)
{
	linger(_i != 0);
	end_wait();
	ck_assert_int_eq(fake.conn->guard.class, CONN_DEADLINE_WRITE);
	ck_assert_uint_eq(fake.rows[0].exchange, IPC_ROW_PRIVATE);
	/* It gets no time to send. */
	ck_assert_int_eq(fake.conn->watched & EV_READ, 0);
	ck_assert(!conn_hand_review(fake.conn));
	while (take(sizeof(bytes)) > 0)
		continue;
	wait_until_held_is_at_most(1);
	end_wait();
	ck_assert_int_eq(fake.conn->guard.class, CONN_DEADLINE_LINGER);
	ck_assert_uint_eq(fake.rows[0].exchange, IPC_ROW_NONE);
	ck_assert_uint_eq(fake.rows[0].deadline_class, CONN_DEADLINE_LINGER);
	ck_assert_int_eq(fake.conn->watched, EV_READ);
	end_wait();
	ck_assert_ptr_null(fake.conn);
	ck_assert_uint_eq(fake.closed[CONN_CLOSE_LINGER_TIMEOUT], 1);
}
END_TEST

START_TEST(test_lingering_does_not_wait_for_ever)
{
	linger(true);
	end_wait();
	end_wait();
	ck_assert_ptr_null(fake.conn);
	ck_assert_uint_eq(fake.closed[CONN_CLOSE_WRITE_TIMEOUT], 1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("conn_progress");
	TCase *tests = tcase_create("progress");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_loop_test(tests, test_who_takes_enough_is_not_cut, 0, 2);
	tcase_add_loop_test(tests, test_who_takes_too_little_is_cut, 0,
	    (int)(sizeof(idlers) / sizeof(idlers[0])));
	tcase_add_test(tests, test_each_wait_for_itself);
	tcase_add_test(tests, test_what_is_taken_completely_is_enough);
	tcase_add_loop_test(tests, test_lingering_waits_for_the_response, 0, 2);
	tcase_add_test(tests, test_lingering_does_not_wait_for_ever);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
