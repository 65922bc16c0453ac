/* SPDX-License-Identifier: ISC */
#include "test_unit.h"
#include "worker/worker_share.h"

#define TURNS 1600

struct queue {
	struct worker_share share;
	unsigned waiting;
	unsigned empty; /* calls that found it so */
};

/* As a worker does; how many it got. */
static unsigned
accept_some(struct queue *queue)
{
	unsigned most = worker_share_count(&queue->share), accepted = 0;

	ck_assert_uint_ge(most, 1);
	ck_assert_uint_le(most, WORKER_SHARE_MAX);
	while (accepted < most && queue->waiting > 0) {
		queue->waiting--;
		accepted++;
	}
	if (accepted < most)
		queue->empty++;
	worker_share_learn(&queue->share, accepted);
	return accepted;
}

/* A turn is one in which somebody waits. */
static unsigned
run(struct queue *queue, unsigned turns, unsigned arriving)
{
	unsigned i;

	for (i = 0; i < turns; i++) {
		queue->waiting += arriving;
		accept_some(queue);
	}
	return queue->empty;
}

START_TEST(test_one_by_one_asks_once)
{
	struct queue queue = { .empty = 0 };
	unsigned empty = run(&queue, TURNS, 1);

	ck_assert_uint_ge(empty, TURNS / WORKER_SHARE_PROBE);
	ck_assert_uint_le(
	    empty, TURNS / WORKER_SHARE_PROBE + WORKER_SHARE_ALONE);
}
END_TEST

/* Others were faster each time. */
START_TEST(test_nothing_is_as_one)
{
	struct queue queue = { .empty = 0 };

	run(&queue, TURNS, 0);
	ck_assert_uint_eq(worker_share_count(&queue.share), WORKER_SHARE_MAX);
	run(&queue, 1, 0);
	ck_assert_uint_eq(worker_share_count(&queue.share), 1);
}
END_TEST

/* Nobody is left waiting as long as that many come in a turn. */
START_TEST(test_several_are_all_taken)
{
	struct queue queue = { .empty = 0 };
	unsigned i;

	for (i = 0; i < TURNS; i++) {
		run(&queue, 1, (unsigned)_i);
		ck_assert_uint_eq(queue.waiting, 0);
	}
}
END_TEST

/* When a storm begins it is seen in the next look. */
START_TEST(test_storm_behind_a_calm)
{
	struct queue queue = { .empty = 0 };
	unsigned turns = 0;

	run(&queue, TURNS + WORKER_SHARE_ALONE + (unsigned)_i, 1);
	queue.waiting = 1000;
	while (accept_some(&queue) < WORKER_SHARE_MAX)
		turns++;
	ck_assert_uint_lt(turns, WORKER_SHARE_PROBE);
	while (queue.waiting >= WORKER_SHARE_MAX)
		ck_assert_uint_eq(accept_some(&queue), WORKER_SHARE_MAX);
}
END_TEST

/* One in between says nothing. */
START_TEST(test_one_of_several)
{
	struct queue queue = { .empty = 0 };
	unsigned i;

	for (i = 0; i < TURNS; i++) {
		run(&queue, WORKER_SHARE_ALONE - 1, 1);
		run(&queue, 1, WORKER_SHARE_MAX);
		ck_assert_uint_eq(queue.waiting, 0);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("worker_share");
	TCase *tests = tcase_create("share");

	tcase_add_test(tests, test_one_by_one_asks_once);
	tcase_add_test(tests, test_nothing_is_as_one);
	tcase_add_loop_test(
	    tests, test_several_are_all_taken, 2, WORKER_SHARE_MAX + 1);
	tcase_add_loop_test(
	    tests, test_storm_behind_a_calm, 0, WORKER_SHARE_PROBE);
	tcase_add_test(tests, test_one_of_several);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
