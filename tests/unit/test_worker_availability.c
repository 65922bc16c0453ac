/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "base/base_memory.h"
#include "test_unit.h"
#include "worker/worker_availability.h"

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))
#define SLOTS       8
#define NOW         1000000
#define STUCK       (NOW - 101)

static struct ipc_scoreboard *board;

static void
open_board(void)
{
	const size_t size =
	    sizeof(*board) + IPC_SLOTS_MAX * sizeof(struct ipc_slot);

	board = aligned_alloc(64, (size + 63) / 64 * 64);
	memset(board, 0, size);
	board->slot_count = board->slots_used = SLOTS;
}

static void
close_board(void)
{
	free(board);
}

/* The slot under test is the first; max is 1000 and cohort is 1 unless
 * given. */
struct slot {
	bool used;
	uint64_t open, max;
	bool has_no_pid, is_idle;
	uint32_t cohort;
	uint64_t busy_since;
};

#define W(connections, ...)                                    \
	{                                                      \
		.used = true, .open = connections, __VA_ARGS__ \
	}
#define NONE UINT64_MAX

#define OPEN  WORKER_GATE_OPEN
#define LIMIT WORKER_GATE_LIMIT
#define LOAD  WORKER_GATE_LOAD

/* clang-format off */
static const struct {
	const char *name;
	enum worker_gate before, after;
	struct slot slots[SLOTS];
} cases[] = {
	{ "alone, empty", OPEN, OPEN, { W(0) } },
	{ "alone, loaded", OPEN, OPEN, { W(999) } },
	{ "alone, at the limit", OPEN, LIMIT, { W(1000) } },
	{ "alone, above a lowered limit", OPEN, LIMIT, { W(50, .max = 40) } },
	{ "alone, below the limit again", LIMIT, OPEN, { W(999) } },
	{ "alone, was gated by load", LOAD, OPEN, { W(999) } },
	{ "still at the limit", LIMIT, LIMIT, { W(1000) } },
	{ "limit while gated by load", LOAD, LIMIT, { W(1000) } },
	{ "limit of 0", OPEN, LIMIT, { W(0, .max = NONE) } },

	/* Two: the mean is half of the sum. */
	{ "few more than another", OPEN, OPEN,
	    { W(16), W(0) } },
	{ "16 above the mean", OPEN, OPEN,
	    { W(32), W(0) } },
	{ "17 above the mean", OPEN, LOAD,
	    { W(34), W(0) } },
	{ "a quarter above a large mean", OPEN, OPEN,
	    { W(250), W(150) } },
	{ "more than a quarter above", OPEN, LOAD,
	    { W(254), W(148) } },
	{ "gated stays gated between the marks", LOAD, LOAD,
	    { W(24), W(0) } },
	{ "gated, 8 above the mean", LOAD, LOAD,
	    { W(16), W(0) } },
	{ "gated, 7 above the mean", LOAD, OPEN,
	    { W(14), W(0) } },
	{ "gated, an eighth above a large mean", LOAD, LOAD,
	    { W(225), W(175) } },
	{ "gated, less than an eighth above", LOAD, OPEN,
	    { W(224), W(176) } },
	{ "from the limit, below the lower mark", LIMIT, OPEN,
	    { W(999), W(990) } },
	{ "from the limit, above the lower mark", LIMIT, LOAD,
	    { W(999), W(0) } },
	{ "the least loaded accepts", LOAD, OPEN,
	    { W(500), W(501) } },
	{ "one of two least loaded accepts", LOAD, OPEN,
	    { W(500), W(500), W(900) } },

	/* Who does not count. */
	{ "nobody in the slot", OPEN, OPEN,
	    { W(500), W(0, .has_no_pid = true) } },
	{ "not serving", OPEN, OPEN,
	    { W(500), W(0, .is_idle = true) } },
	{ "of another cohort", OPEN, OPEN,
	    { W(500), W(0, .cohort = 2) } },
	{ "at its limit", OPEN, OPEN,
	    { W(500), W(10, .max = 10) } },
	{ "stuck", OPEN, OPEN,
	    { W(500), W(0, .busy_since = STUCK) } },
	{ "all of these at once", LOAD, OPEN,
	    { W(900), W(0, .has_no_pid = true), W(0, .is_idle = true),
	      W(0, .cohort = 2), W(10, .max = 10), W(0, .busy_since = 1) } },

	/* Who does. */
	{ "busy for no more than 100 ms", OPEN, LOAD,
	    { W(500), W(0, .busy_since = STUCK + 1) } },
	{ "busy since a time to come", OPEN, LOAD,
	    { W(500), W(0, .busy_since = NOW + 5000) } },
	{ "we ourselves, while we are busy", OPEN, LOAD,
	    { W(500, .busy_since = STUCK), W(0) } },
	{ "we ourselves, without a pid yet", OPEN, LOAD,
	    { W(500, .has_no_pid = true), W(0) } },
	{ "the last slot", OPEN, LOAD,
	    { [0] = W(500), [SLOTS - 1] = W(0) } },
};
/* clang-format on */

static void
fill(struct ipc_slot *slot, const struct slot *from)
{
	if (!from->used)
		return;
	slot->open = from->open;
	slot->max_connections = from->max == 0 ? 1000 : from->max;
	if (from->max == NONE)
		slot->max_connections = 0;
	slot->pid = from->has_no_pid ? 0 : 4711;
	slot->serving = !from->is_idle;
	slot->cohort = from->cohort == 0 ? 1 : from->cohort;
	slot->busy_since_ms = from->busy_since;
}

START_TEST(gate_is_as_the_table_says)
{
	int i;

	for (i = 0; i < SLOTS; i++)
		fill(&board->slots[i], &cases[_i].slots[i]);
	ck_assert_msg(worker_availability(board, 0, NOW, cases[_i].before) ==
		cases[_i].after,
	    "%s", cases[_i].name);
}
END_TEST

START_TEST(a_wild_count_of_slots_is_survived)
{
	board->slots_used = UINT32_MAX;
	fill(&board->slots[0], &(struct slot)W(500));
	fill(&board->slots[1], &(struct slot)W(0));
	ck_assert_int_eq(worker_availability(board, 0, NOW, OPEN), LOAD);
}
END_TEST

/* ---- a simulation: connections come and go, workers get stuck ---- */

#define WORKERS 7
#define STEPS   60000

struct simulation {
	enum worker_gate gates[WORKERS];
	bool stuck[WORKERS];
	unsigned changes; /* of gates */
};

static bool
is_able(const struct simulation *simulation, int i)
{
	return !simulation->stuck[i] &&
	    board->slots[i].open < board->slots[i].max_connections;
}

static void
review(struct simulation *simulation, int i)
{
	enum worker_gate gate;

	gate =
	    worker_availability(board, (uint32_t)i, NOW, simulation->gates[i]);
	simulation->changes += gate != simulation->gates[i];
	simulation->gates[i] = gate;
}

/* As workers do it: the gated ones look from time to time. */
static void
review_gated(struct simulation *simulation)
{
	int i;

	for (i = 0; i < WORKERS; i++)
		if (simulation->gates[i] != WORKER_GATE_OPEN &&
		    !simulation->stuck[i])
			review(simulation, i);
}

static int
count_accepting(const struct simulation *simulation)
{
	int i, count = 0;

	for (i = 0; i < WORKERS; i++)
		count += is_able(simulation, i) &&
		    simulation->gates[i] == WORKER_GATE_OPEN;
	return count;
}

static int
count_able(const struct simulation *simulation)
{
	int i, count = 0;

	for (i = 0; i < WORKERS; i++)
		count += is_able(simulation, i);
	return count;
}

/* Whoever wakes first takes it; the first workers are the quickest. */
static void
connect(struct simulation *simulation)
{
	int i, chosen = -1;

	for (i = 0; i < WORKERS; i++)
		if (is_able(simulation, i) &&
		    simulation->gates[i] == WORKER_GATE_OPEN &&
		    (chosen == -1 || rand() % 4 == 0))
			chosen = i;
	if (chosen == -1)
		return;
	board->slots[chosen].open++;
	review(simulation, chosen);
}

static void
disconnect(struct simulation *simulation)
{
	int i = rand() % WORKERS;

	if (board->slots[i].open > 0 && !simulation->stuck[i])
		board->slots[i].open--;
	if (simulation->gates[i] == WORKER_GATE_LIMIT)
		review(simulation, i);
}

static void
set_stuck(struct simulation *simulation, int i, bool stuck)
{
	simulation->stuck[i] = stuck;
	board->slots[i].busy_since_ms = stuck ? STUCK : 0;
}

static void
begin(struct simulation *simulation, uint64_t most)
{
	int i;

	memset(simulation, 0, sizeof(*simulation));
	srand(1);
	for (i = 0; i < WORKERS; i++)
		fill(&board->slots[i],
		    &(struct slot) { .used = true, .max = most });
}

/* With all sorts of trouble the cohort never closes all its gates. */
START_TEST(somebody_always_accepts)
{
	struct simulation simulation;
	int step;

	begin(&simulation, 300);
	for (step = 0; step < STEPS; step++) {
		if (rand() % 100 < (step / 5000 % 2 == 0 ? 60 : 40))
			connect(&simulation);
		else
			disconnect(&simulation);
		if (rand() % 200 == 0)
			set_stuck(
			    &simulation, rand() % WORKERS, rand() % 2 == 0);
		if (step % 10 == 0)
			review_gated(&simulation);
		if (count_accepting(&simulation) > 0)
			continue;
		/* Within one review of those that can there is somebody. */
		review_gated(&simulation);
		ck_assert(count_accepting(&simulation) > 0 ||
		    count_able(&simulation) == 0);
	}
}
END_TEST

/* One fast worker does not get everything, and gates do not flutter. */
START_TEST(load_is_spread)
{
	struct simulation simulation;
	uint64_t least = UINT64_MAX, most = 0;
	int step, i;

	begin(&simulation, 100000);
	for (step = 0; step < 7000; step++) {
		connect(&simulation);
		if (step % 10 == 0)
			review_gated(&simulation);
	}
	for (i = 0; i < WORKERS; i++) {
		if (board->slots[i].open < least)
			least = board->slots[i].open;
		if (board->slots[i].open > most)
			most = board->slots[i].open;
	}
	/* The mean is 1000, so nobody gets beyond 1250. */
	ck_assert_uint_le(most, 1251);
	ck_assert_uint_ge(least, 500);
	ck_assert_uint_le(simulation.changes, 700);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("worker_availability");
	TCase *tests = tcase_create("availability");

	tcase_add_checked_fixture(tests, open_board, close_board);
	tcase_add_loop_test(tests, gate_is_as_the_table_says, 0, ROWS(cases));
	tcase_add_test(tests, a_wild_count_of_slots_is_survived);
	tcase_add_test(tests, somebody_always_accepts);
	tcase_add_test(tests, load_is_spread);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
