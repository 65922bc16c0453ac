/* SPDX-License-Identifier: ISC */
/*
 * Pipes are readable: what epoll returns together is one turn, and what
 * becomes readable meanwhile is the next.
 */
#include "test_unit.h"

#include <event2/event.h>
#include <unistd.h>

#include "worker/worker_turn.h"

#define PIPES 3

static struct event_base *base;
static struct worker_turn turn;
static int pipes[PIPES][2];
static struct event *events[PIPES];
static uint64_t numbers[PIPES]; /* as each callback saw it; 0: it never ran */
static bool writes_again;

static void
make_readable(int index)
{
	ck_assert_int_eq(write(pipes[index][1], "x", 1), 1);
}

static void
on_readable(evutil_socket_t fd, short what, void *context)
{
	uint64_t *number = context;
	char byte;

	ck_assert_int_eq(read(fd, &byte, 1), 1);
	*number = worker_turn_number(&turn);
	ck_assert_uint_eq(worker_turn_number(&turn), *number);
	if (writes_again)
		make_readable(PIPES - 1);
	writes_again = false;
}

static void
run_turn(void)
{
	event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static void
setup(void)
{
	int i;

	base = event_base_new();
	worker_turn_init(&turn, base);
	for (i = 0; i < PIPES; i++) {
		ck_assert_int_eq(pipe(pipes[i]), 0);
		events[i] = event_new(base, pipes[i][0], EV_READ | EV_PERSIST,
		    on_readable, &numbers[i]);
		event_add(events[i], NULL);
		numbers[i] = 0;
	}
}

static void
teardown(void)
{
	int i;

	for (i = 0; i < PIPES; i++) {
		event_free(events[i]);
		close(pipes[i][0]);
		close(pipes[i][1]);
	}
	worker_turn_fini(&turn);
	event_base_free(base);
}

START_TEST(one_turn_has_one_number)
{
	make_readable(0);
	make_readable(1);
	run_turn();
	ck_assert_uint_ne(numbers[0], 0);
	ck_assert_uint_eq(numbers[1], numbers[0]);
}
END_TEST

START_TEST(what_comes_meanwhile_is_another_turn)
{
	writes_again = true;
	make_readable(0);
	run_turn();
	ck_assert_uint_eq(numbers[PIPES - 1], 0);
	run_turn();
	ck_assert_uint_gt(numbers[PIPES - 1], numbers[0]);
}
END_TEST

/* Also where only every other turn was asked for its number. */
START_TEST(no_number_comes_again)
{
	uint64_t last = 0;
	int i;

	for (i = 0; i < 10; i++) {
		make_readable(0);
		run_turn();
		ck_assert_uint_gt(numbers[0], last);
		last = numbers[0];
		run_turn();
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("worker_turn");
	TCase *tcase = tcase_create("all");

	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, one_turn_has_one_number);
	tcase_add_test(tcase, what_comes_meanwhile_is_another_turn);
	tcase_add_test(tcase, no_number_comes_again);
	return test_run(suite);
}
