/* SPDX-License-Identifier: ISC */
#include <event2/event.h>
#include <string.h>

#include "base/base_clock.h"
#include "conn/conn_deadline.h"
#include "test_unit.h"

static const uint64_t timeouts_ms[CONN_DEADLINE_COUNT] = {
	[CONN_DEADLINE_HEAD] = 100,
	[CONN_DEADLINE_BODY] = 200,
	[CONN_DEADLINE_WRITE] = 50,
	[CONN_DEADLINE_IDLE] = 1000,
	[CONN_DEADLINE_LINGER] = 0,
};

static const uint64_t short_ms[CONN_DEADLINE_COUNT] = {
	[CONN_DEADLINE_HEAD] = 30,
	[CONN_DEADLINE_IDLE] = 60,
};

static struct event_base *base;
static struct conn_deadlines deadlines;
static struct conn_deadline waiting[8];
static char due[64]; /* which, and of what class: "0H 1B " */
static enum conn_deadline_class restart_as;

static void
note_due(struct conn_deadline *deadline)
{
	static const char letters[CONN_DEADLINE_COUNT] = "NHBWIL";
	size_t size = strlen(due);

	ck_assert(!list_is_linked(&deadline->link));
	due[size] = (char)('0' + (deadline - waiting));
	due[size + 1] = letters[deadline->class];
	due[size + 2] = ' ';
	if (restart_as != CONN_DEADLINE_NONE)
		conn_deadline_start(&deadlines, deadline, restart_as);
}

static void
set_up(void)
{
	base = event_base_new();
	conn_deadlines_init(&deadlines, base, timeouts_ms, note_due);
	deadlines.now_ms = 10000;
}

static void
tear_down(void)
{
	conn_deadlines_fini(&deadlines);
	event_base_free(base);
}

static void
start_at(uint64_t now_ms, int index, enum conn_deadline_class class)
{
	deadlines.now_ms = now_ms;
	conn_deadline_start(&deadlines, &waiting[index], class);
}

static const char *
due_at(uint64_t now_ms)
{
	memset(due, 0, sizeof(due));
	deadlines.now_ms = now_ms;
	conn_deadlines_expire(&deadlines);
	return due;
}

START_TEST(test_each_class_has_its_time)
{
	start_at(10000, 0, CONN_DEADLINE_IDLE);
	start_at(10000, 1, CONN_DEADLINE_BODY);
	start_at(10000, 2, CONN_DEADLINE_HEAD);
	start_at(10000, 3, CONN_DEADLINE_WRITE);
	ck_assert_str_eq(due_at(10049), "");
	ck_assert_str_eq(due_at(10050), "3W ");
	ck_assert_str_eq(due_at(10200), "2H 1B ");
	ck_assert_str_eq(due_at(10999), "");
	ck_assert_str_eq(due_at(11000), "0I ");
	ck_assert_str_eq(due_at(99999), "");
}
END_TEST

START_TEST(test_same_class_expires_in_order)
{
	start_at(10000, 2, CONN_DEADLINE_HEAD);
	start_at(10010, 0, CONN_DEADLINE_HEAD);
	start_at(10020, 1, CONN_DEADLINE_HEAD);
	ck_assert_str_eq(due_at(10110), "2H 0H ");
	ck_assert_str_eq(due_at(10119), "");
	ck_assert_str_eq(due_at(10120), "1H ");
}
END_TEST

START_TEST(test_start_replaces_the_wait_before)
{
	start_at(10000, 0, CONN_DEADLINE_HEAD);
	start_at(10050, 0, CONN_DEADLINE_HEAD);
	ck_assert_str_eq(due_at(10149), "");
	start_at(10149, 0, CONN_DEADLINE_BODY);
	ck_assert_str_eq(due_at(10348), "");
	ck_assert_str_eq(due_at(10349), "0B ");
}
END_TEST

START_TEST(test_stop)
{
	start_at(10000, 0, CONN_DEADLINE_HEAD);
	start_at(10000, 1, CONN_DEADLINE_HEAD);
	conn_deadline_stop(&waiting[0]);
	conn_deadline_stop(&waiting[0]);
	ck_assert_int_eq(waiting[0].class, CONN_DEADLINE_NONE);
	ck_assert_str_eq(due_at(20000), "1H ");
}
END_TEST

START_TEST(test_no_time_waits_for_ever)
{
	start_at(10000, 0, CONN_DEADLINE_NONE);
	start_at(10000, 1, CONN_DEADLINE_LINGER);
	ck_assert_int_eq(waiting[1].class, CONN_DEADLINE_LINGER);
	ck_assert_uint_eq(deadlines.armed_for_ms, 0);
	ck_assert_str_eq(due_at(UINT64_MAX), "");
}
END_TEST

static void
resume_at(uint64_t now_ms, int index, uint64_t due_ms)
{
	deadlines.now_ms = now_ms;
	conn_deadline_resume(
	    &deadlines, &waiting[index], CONN_DEADLINE_IDLE, due_ms);
}

/* A batch, latest first, between waits that run already. */
START_TEST(test_resumed_among_others)
{
	start_at(10000, 0, CONN_DEADLINE_IDLE);
	start_at(10100, 1, CONN_DEADLINE_IDLE);
	start_at(10200, 2, CONN_DEADLINE_IDLE);
	resume_at(10300, 3, 11250);
	resume_at(10300, 4, 11150);
	resume_at(10300, 5, 11100);
	resume_at(10300, 6, 10900);
	ck_assert_uint_eq(deadlines.armed_for_ms, 10900);
	ck_assert_str_eq(due_at(10899), "");
	ck_assert_str_eq(due_at(10900), "6I ");
	ck_assert_str_eq(due_at(11000), "0I ");
	ck_assert_str_eq(due_at(11150), "1I 5I 4I ");
	ck_assert_str_eq(due_at(20000), "2I 3I ");
}
END_TEST

/* Only slower. */
START_TEST(test_resumed_in_any_order)
{
	resume_at(10300, 0, 10500);
	resume_at(10300, 1, 10700);
	resume_at(10300, 2, 10600);
	resume_at(10300, 3, 10400);
	ck_assert_str_eq(due_at(20000), "3I 0I 2I 1I ");
}
END_TEST

/* What was the last in the round before may be anywhere by now. */
START_TEST(test_resumed_in_another_round)
{
	resume_at(10300, 0, 11000);
	conn_deadlines_forget_now(&deadlines);
	conn_deadline_stop(&waiting[0]);
	start_at(10300, 0, CONN_DEADLINE_BODY);
	resume_at(10300, 1, 10900);
	ck_assert_str_eq(due_at(20000), "0B 1I ");
}
END_TEST

START_TEST(test_resumed_within_bounds)
{
	resume_at(10000, 0, 50000);
	resume_at(10000, 1, 0);
	resume_at(10000, 2, 1);
	ck_assert_uint_eq(waiting[0].due_ms, 11000);
	ck_assert_uint_eq(waiting[1].due_ms, 11000);
	ck_assert_str_eq(due_at(10000), "2I ");
	ck_assert_str_eq(due_at(10999), "");
	ck_assert_str_eq(due_at(11000), "1I 0I ");
}
END_TEST

START_TEST(test_resumed_without_a_time)
{
	deadlines.now_ms = 10000;
	conn_deadline_resume(
	    &deadlines, &waiting[0], CONN_DEADLINE_LINGER, 10001);
	ck_assert_int_eq(waiting[0].class, CONN_DEADLINE_LINGER);
	conn_deadline_resume(
	    &deadlines, &waiting[1], CONN_DEADLINE_NONE, 10001);
	ck_assert_uint_eq(deadlines.armed_for_ms, 0);
	ck_assert_str_eq(due_at(UINT64_MAX), "");
}
END_TEST

/* Each walks as far as those between it and the one before it: with a walk
 * from the end for each, this would be 4 * 10^10 steps. */
START_TEST(test_resumed_by_many)
{
	static struct conn_deadline running[200000], resumed[200000];
	const size_t count = sizeof(running) / sizeof(*running);
	size_t i;

	deadlines.timeouts_ms[CONN_DEADLINE_IDLE] = count;
	for (i = 0; i < count; i++) {
		deadlines.now_ms = 10000 + i;
		conn_deadline_start(
		    &deadlines, &running[i], CONN_DEADLINE_IDLE);
	}
	for (i = 0; i < count; i++)
		conn_deadline_resume(&deadlines, &resumed[i],
		    CONN_DEADLINE_IDLE, 10000 + 2 * count - i);
	ck_assert_ptr_eq(
	    list_first(&deadlines.lists[CONN_DEADLINE_IDLE]), &running[0].link);
	ck_assert_ptr_eq(running[1].link.next, &resumed[count - 1].link);
}
END_TEST

START_TEST(test_restart_when_due)
{
	restart_as = CONN_DEADLINE_HEAD;
	start_at(10000, 0, CONN_DEADLINE_HEAD);
	ck_assert_str_eq(due_at(10100), "0H ");
	ck_assert_str_eq(due_at(10199), "");
	ck_assert_str_eq(due_at(10200), "0H ");
}
END_TEST

START_TEST(test_timer_is_armed_for_the_earliest_only)
{
	start_at(10000, 0, CONN_DEADLINE_HEAD);
	ck_assert_uint_eq(deadlines.armed_for_ms, 10100);
	start_at(10000, 1, CONN_DEADLINE_IDLE);
	ck_assert_uint_eq(deadlines.armed_for_ms, 10100);
	start_at(10010, 0, CONN_DEADLINE_HEAD);
	ck_assert_uint_eq(deadlines.armed_for_ms, 10100);
	start_at(10010, 2, CONN_DEADLINE_WRITE);
	ck_assert_uint_eq(deadlines.armed_for_ms, 10060);
}
END_TEST

START_TEST(test_now_stands_until_forgotten)
{
	uint64_t before;

	ck_assert_uint_eq(conn_deadlines_now(&deadlines), 10000);
	conn_deadlines_forget_now(&deadlines);
	before = clock_monotonic_ms();
	ck_assert_uint_ge(conn_deadlines_now(&deadlines), before);
	ck_assert_uint_le(conn_deadlines_now(&deadlines), before + 5000);
}
END_TEST

/* Returns by itself once nothing waits: the timer is not armed any more. */
START_TEST(test_timer_runs_by_real_time)
{
	uint64_t begin_ms;

	conn_deadlines_fini(&deadlines);
	conn_deadlines_init(&deadlines, base, short_ms, note_due);
	begin_ms = conn_deadlines_now(&deadlines);
	conn_deadline_start(&deadlines, &waiting[0], CONN_DEADLINE_IDLE);
	conn_deadline_start(&deadlines, &waiting[1], CONN_DEADLINE_HEAD);
	conn_deadline_start(&deadlines, &waiting[2], CONN_DEADLINE_HEAD);
	conn_deadline_stop(&waiting[2]);
	conn_deadlines_forget_now(&deadlines);
	ck_assert_int_eq(event_base_dispatch(base), 1);
	ck_assert_str_eq(due, "1H 0I ");
	ck_assert_uint_eq(deadlines.armed_for_ms, 0);
	ck_assert_uint_ge(clock_monotonic_ms() - begin_ms, 60);
}
END_TEST

START_TEST(test_stopped_waits_leave_no_timer)
{
	conn_deadlines_fini(&deadlines);
	conn_deadlines_init(&deadlines, base, short_ms, note_due);
	conn_deadline_start(&deadlines, &waiting[0], CONN_DEADLINE_HEAD);
	conn_deadline_stop(&waiting[0]);
	ck_assert_int_eq(event_base_dispatch(base), 1);
	ck_assert_str_eq(due, "");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("conn_deadline");
	TCase *tests = tcase_create("deadline");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, test_each_class_has_its_time);
	tcase_add_test(tests, test_same_class_expires_in_order);
	tcase_add_test(tests, test_start_replaces_the_wait_before);
	tcase_add_test(tests, test_stop);
	tcase_add_test(tests, test_no_time_waits_for_ever);
	tcase_add_test(tests, test_resumed_among_others);
	tcase_add_test(tests, test_resumed_in_any_order);
	tcase_add_test(tests, test_resumed_in_another_round);
	tcase_add_test(tests, test_resumed_within_bounds);
	tcase_add_test(tests, test_resumed_without_a_time);
	tcase_add_test(tests, test_resumed_by_many);
	tcase_add_test(tests, test_restart_when_due);
	tcase_add_test(tests, test_timer_is_armed_for_the_earliest_only);
	tcase_add_test(tests, test_now_stands_until_forgotten);
	tcase_add_test(tests, test_timer_runs_by_real_time);
	tcase_add_test(tests, test_stopped_waits_leave_no_timer);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
