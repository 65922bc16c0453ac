/* SPDX-License-Identifier: ISC */
/*
 * The table with its actions replaced: each of them only notes that it ran.
 */
#include <signal.h>
#include <string.h>

#include "test_unit.h"
#include "worker/worker_private.h"

static char calls[256];
static struct ipc_slot slot;
static struct worker worker = { .magic = WORKER_MAGIC, .slot = &slot };

static void
note(const char *call)
{
	strcat(calls, call);
	strcat(calls, " ");
}

void
worker_channel_tell(
    struct worker *told, enum ipc_message_type type, const char *text)
{
	ck_assert_ptr_eq(told, &worker);
	note(ipc_message_name(type));
}

void
worker_acceptor_start(struct worker *told)
{
	ck_assert_uint_eq(slot.serving, 1);
	note("accept");
}

void
worker_acceptor_stop(struct worker *told)
{
	ck_assert_uint_eq(slot.serving, 0);
	note("close-listeners");
}

void
worker_retire_start(struct worker *told)
{
	note("retire");
}

void
worker_retire_again(struct worker *told)
{
	note("again");
}

void
worker_retire_cut(struct worker *told)
{
	note("cut");
}

void
worker_retire_stop(struct worker *told)
{
	note("stop");
}

#define STARTING WORKER_STATE_STARTING
#define READY    WORKER_STATE_READY
#define SERVING  WORKER_STATE_SERVING
#define RETIRING WORKER_STATE_RETIRING
#define GONE     WORKER_STATE_GONE
#define PANICS   WORKER_STATE_COUNT

struct expected {
	enum worker_state next;
	const char *calls;
};

/* clang-format off */
static const struct expected expected[WORKER_STATE_COUNT][WORKER_EVENT_COUNT] = {
	[STARTING] = {
		[WORKER_EVENT_SET_UP]  = { READY,    "ready " },
		[WORKER_EVENT_SERVE]   = { STARTING, "" },
		[WORKER_EVENT_RETIRE]  = { STARTING, "" },
		[WORKER_EVENT_EMPTY]   = { PANICS,   NULL },
		[WORKER_EVENT_TIMEOUT] = { PANICS,   NULL },
	},
	[READY] = {
		[WORKER_EVENT_SET_UP]  = { PANICS,   NULL },
		[WORKER_EVENT_SERVE]   = { SERVING,  "accept " },
		[WORKER_EVENT_RETIRE]  = { RETIRING, "close-listeners retire " },
		[WORKER_EVENT_EMPTY]   = { PANICS,   NULL },
		[WORKER_EVENT_TIMEOUT] = { PANICS,   NULL },
	},
	[SERVING] = {
		[WORKER_EVENT_SET_UP]  = { PANICS,   NULL },
		[WORKER_EVENT_SERVE]   = { SERVING,  "" },
		[WORKER_EVENT_RETIRE]  = { RETIRING, "close-listeners retire " },
		[WORKER_EVENT_EMPTY]   = { PANICS,   NULL },
		[WORKER_EVENT_TIMEOUT] = { PANICS,   NULL },
	},
	[RETIRING] = {
		[WORKER_EVENT_SET_UP]  = { PANICS,   NULL },
		[WORKER_EVENT_SERVE]   = { RETIRING, "" },
		[WORKER_EVENT_RETIRE]  = { RETIRING, "again " },
		[WORKER_EVENT_EMPTY]   = { GONE,     "stop " },
		[WORKER_EVENT_TIMEOUT] = { GONE,     "cut stop " },
	},
	[GONE] = {
		[WORKER_EVENT_SET_UP]  = { PANICS,   NULL },
		[WORKER_EVENT_SERVE]   = { GONE,     "" },
		[WORKER_EVENT_RETIRE]  = { GONE,     "" },
		[WORKER_EVENT_EMPTY]   = { PANICS,   NULL },
		[WORKER_EVENT_TIMEOUT] = { PANICS,   NULL },
	},
};
/* clang-format on */

#define CASES (WORKER_STATE_COUNT * WORKER_EVENT_COUNT)

static void
make_base(void)
{
	worker.base = event_base_new();
}

static void
free_base(void)
{
	event_base_free(worker.base);
}

START_TEST(step_is_as_the_table_says)
{
	enum worker_state state = (enum worker_state)(_i / WORKER_EVENT_COUNT);
	enum worker_event event = (enum worker_event)(_i % WORKER_EVENT_COUNT);
	const struct expected *row = &expected[state][event];

	if (row->next == PANICS)
		return;
	worker.state = state;
	slot.serving = state == SERVING;
	worker_advance(&worker, event);
	ck_assert_int_eq(worker.state, row->next);
	ck_assert_str_eq(calls, row->calls);
	ck_assert_int_eq(event_base_got_break(worker.base),
	    row->next == GONE && state != GONE);
}
END_TEST

START_TEST(own_event_that_does_not_fit_panics)
{
	enum worker_state state = (enum worker_state)(_i / WORKER_EVENT_COUNT);
	enum worker_event event = (enum worker_event)(_i % WORKER_EVENT_COUNT);

	if (expected[state][event].next != PANICS)
		raise(SIGABRT);
	worker.state = state;
	worker_advance(&worker, event);
}
END_TEST

START_TEST(foreign_object_panics)
{
	struct worker stale = { .magic = 0 };

	worker_advance(&stale, WORKER_EVENT_SET_UP);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("worker_state");
	TCase *tests = tcase_create("state");

	tcase_add_checked_fixture(tests, make_base, free_base);
	tcase_add_loop_test(tests, step_is_as_the_table_says, 0, CASES);
	tcase_add_loop_test_raise_signal(
	    tests, own_event_that_does_not_fit_panics, SIGABRT, 0, CASES);
	tcase_add_test_raise_signal(tests, foreign_object_panics, SIGABRT);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
