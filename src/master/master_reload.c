/* SPDX-License-Identifier: ISC */
/*
 * Owns the order of a reload: read the settings, bind what is new, start
 * the new cohort, and only when all of it is proven let it serve and the old
 * one retire.  Whatever fails before that leaves everything as it was.
 *
 *	idle --BEGIN--> proving --PROVEN--> handing --DONE--> idle
 *	  |               ^ |
 *	 WAIT           BEGIN FAILED: idle
 *	  +--> waiting ---+
 *
 * Reloads do not overlap: what is asked for while one is proving follows
 * afterwards, and is answered then.  A return to the settings before, as the
 * new ones did not stand their probation, goes the same way, and first.
 */
#include <string.h>

#include "base/base_clock.h"
#include "base/base_log.h"
#include "base/base_object.h"
#include "master/master_reload.h"

/* For so long the answer waits for the idle connections of the old cohort,
 * which is looked at as often. */
#define HANDING_MS 1000u
#define LOOK_MS    20u

enum reload_event {
	ON_WAIT,
	ON_BEGIN,
	ON_PROVEN,
	ON_FAILED,
	ON_DONE,
	EVENT_COUNT
};

typedef void reload_action(struct master *master);

struct step {
	bool allowed;
	enum master_reload_state next;
	reload_action *action;
};

static void advance(struct master *master, enum reload_event event);

static struct master_reload *
reload_of(const struct master *master)
{
	struct master_reload *reload;

	OBJECT_CAST(reload, master->reload, MASTER_RELOAD_MAGIC);
	return reload;
}

/* ---- orders ---- */

static void
add_order(struct master_orders *orders, struct master_order *order)
{
	if (order == NULL)
		return;
	orders->orders = memory_resize(
	    orders->orders, orders->count + 1, sizeof(*orders->orders));
	orders->orders[orders->count++] = order;
}

/* Takes reply. */
static void
answer(struct master_orders *orders, json_t *reply)
{
	size_t i;

	for (i = 0; i < orders->count; i++)
		master_order_answer(&orders->orders[i], json_incref(reply));
	json_decref(reply);
	memory_free(orders->orders);
	*orders = (struct master_orders) { NULL, 0 };
}

/* ---- cohorts ---- */

/* The one that a new cohort serves instead of. */
static struct master_cohort *
find_previous(const struct master *master)
{
	return master->current != NULL ? master->current : master->withdrawn;
}

static struct master_cohort *
find_oldest(const struct master *master, size_t *count_r)
{
	struct master_cohort *cohort, *oldest = NULL;
	struct list_link *link;

	*count_r = 0;
	LIST_FOREACH (link, &master->cohorts) {
		cohort = LIST_OBJECT(link, struct master_cohort, link);
		if (cohort->state != MASTER_COHORT_RETIRING)
			continue;
		(*count_r)++;
		if (oldest == NULL)
			oldest = cohort;
	}
	return oldest;
}

/* For one cohort more that finishes. */
static bool
has_room(const struct master *master)
{
	const struct master_cohort *previous = find_previous(master);
	size_t count;

	find_oldest(master, &count);
	return previous == NULL || master->current == NULL ||
	    count < previous->settings->max_old_cohorts;
}

static void
say_waiting(struct master *master)
{
	size_t count;
	const struct master_cohort *oldest = find_oldest(master, &count);

	log_info("reload: waits for cohort %u, the oldest of %zu that still "
		 "finish requests (max_old_cohorts)",
	    oldest->number, count);
}

/* ---- proving ---- */

static int
prepare(struct master *master, struct error *error)
{
	struct settings *settings;

	log_info("reload: reading the configuration");
	if (master_reload_read(master, &settings, error) == -1)
		return -1;
	if (master_cohort_new(master, settings, NULL, &master->next, error) ==
	    -1) {
		settings_free(&settings);
		return -1;
	}
	return 0;
}

static int
prepare_return(
    struct master *master, const struct master_base *base, struct error *error)
{
	struct settings *settings = settings_hold(base->settings);

	if (master_cohort_new(master, settings, base, &master->next, error) ==
	    -1) {
		settings_free(&settings);
		return -1;
	}
	return 0;
}

static void
begin(struct master *master)
{
	struct master_reload *reload = reload_of(master);
	const struct master_base *base = NULL;
	int result;

	master_manager_on_reload(master);
	reload->began_ms = clock_monotonic_ms();
	if (reload->return_due)
		base = master_probation_base(master);
	reload->is_return = base != NULL;
	reload->return_due = false;
	if (base == NULL) {
		reload->is_asked = false;
		reload->present = reload->waiting;
		reload->waiting = (struct master_orders) { NULL, 0 };
		result = prepare(master, &reload->failure);
	} else {
		result = prepare_return(master, base, &reload->failure);
	}
	if (result == -1)
		advance(master, ON_FAILED);
	else
		master_cohort_start(master->next);
}

static void
give_up(struct master *master)
{
	struct master_reload *reload = reload_of(master);

	if (reload->is_return)
		master_probation_fail_return(master, &reload->failure);
	else
		answer(
		    &reload->present, master_reload_refuse(&reload->failure));
	master_manager_on_reloaded(master, reload->failure.text);
	master->next = NULL;
	master_reload_go_on(master);
}

/* ---- handing ---- */

/* Of what a worker says, no more than there can be. */
static void
count_open(
    const struct master_cohort *cohort, uint64_t *open_r, uint64_t *idle_r)
{
	const struct master_worker *worker;
	const struct ipc_slot *slot;
	uint64_t open, busy, most = cohort->settings->max_connections;
	struct list_link *link;

	*open_r = *idle_r = 0;
	LIST_FOREACH (link, &cohort->workers) {
		worker = LIST_OBJECT(link, struct master_worker, link);
		if (!worker->has_slot)
			continue;
		slot = &cohort->master->scoreboard->slots[worker->slot];
		open = __atomic_load_n(&slot->open, __ATOMIC_RELAXED);
		busy = __atomic_load_n(&slot->busy, __ATOMIC_RELAXED);
		open = open < most ? open : most;
		*open_r += open;
		*idle_r += busy < open ? open - busy : 0;
	}
}

static const struct master_cohort *
find_cohort(const struct master *master, uint32_t number)
{
	const struct master_cohort *cohort;
	struct list_link *link;

	LIST_FOREACH (link, &master->cohorts) {
		cohort = LIST_OBJECT(link, struct master_cohort, link);
		if (cohort->number == number)
			return cohort;
	}
	return NULL;
}

/*
 * True: the old cohort has nothing more to hand over for now.  What its
 * workers have sent since they counted it here may not be received yet: it is
 * by the next look.
 */
static bool
look_at_old(struct master *master)
{
	struct master_reload *reload = reload_of(master);
	struct master_reload_result *result = &reload->result;
	const struct master_cohort *old = find_cohort(master, result->previous);
	bool had_idle = reload->had_idle;
	uint64_t idle;

	if (old == NULL) {
		result->finishing = 0;
		return true;
	}
	result->handed_over = old->handed;
	count_open(old, &result->finishing, &idle);
	reload->had_idle = idle > 0;
	return idle == 0 && !had_idle && old->given == old->handed + old->lost;
}

static void
on_look(evutil_socket_t fd, short events, void *context)
{
	const struct timeval wait = clock_timeval(LOOK_MS);
	struct master_reload *reload;
	struct master *master;

	OBJECT_CAST(master, context, MASTER_MAGIC);
	reload = reload_of(master);
	if (look_at_old(master) || clock_monotonic_ms() >= reload->answer_by_ms)
		advance(master, ON_DONE);
	else
		event_add(&reload->look, &wait);
}

static void
note_serving(struct master *master, const struct master_cohort *previous)
{
	struct master_reload *reload = reload_of(master);
	uint64_t now = clock_monotonic_ms();

	reload->result = (struct master_reload_result) {
		.cohort = master->current->number,
		.previous = previous == NULL ? 0 : previous->number,
		.workers = master_cohort_count(master->current),
		.took_ms = now - reload->began_ms,
	};
	reload->answer_by_ms = now + HANDING_MS;
	reload->had_idle = true;
}

static void
hand(struct master *master)
{
	const struct timeval at_once = { 0, 0 };
	struct master_cohort *old = find_previous(master);
	const struct master_cohort *served = master->current;

	master->current = master->next;
	master->next = master->withdrawn = NULL;
	reload_of(master)->return_due = false;
	note_serving(master, served);
	master_probation_start(master->current, old);
	master_quarantine_on_cohort(master->current);
	master_hang_start(master);
	master_recycle_start(master);
	master_logs_use(
	    master, &master->current->logs, master->current->settings);
	event_assign(
	    &reload_of(master)->look, master->base, -1, 0, on_look, master);
	event_add(&reload_of(master)->look, &at_once);
	/* What WINCH left has retired: only its listeners are in the way. */
	if (old != NULL)
		master_cohort_retire(old, IPC_RETIRE_REPLACED);
	master_manager_on_reloaded(master, NULL);
	/* Who reads this may rely on it that the old workers are told. */
	master_reload_say_serving(
	    master->current, reload_of(master)->result.previous);
	master_reload_go_on(master);
}

static void
finish(struct master *master)
{
	struct master_reload *reload = reload_of(master);

	event_del(&reload->look);
	answer(&reload->present, master_reload_report(&reload->result));
	master_reload_go_on(master);
}

/* ---- the table ---- */

/* clang-format off */
static const struct step steps[MASTER_RELOAD_STATE_COUNT][EVENT_COUNT] = {
	[MASTER_RELOAD_IDLE] = {
		[ON_WAIT]   = { true, MASTER_RELOAD_WAITING, say_waiting },
		[ON_BEGIN]  = { true, MASTER_RELOAD_PROVING, begin },
	},
	[MASTER_RELOAD_WAITING] = {
		[ON_BEGIN]  = { true, MASTER_RELOAD_PROVING, begin },
	},
	[MASTER_RELOAD_PROVING] = {
		[ON_PROVEN] = { true, MASTER_RELOAD_HANDING, hand },
		[ON_FAILED] = { true, MASTER_RELOAD_IDLE,    give_up },
	},
	[MASTER_RELOAD_HANDING] = {
		[ON_DONE]   = { true, MASTER_RELOAD_IDLE,    finish },
	},
};
/* clang-format on */

static void
advance(struct master *master, enum reload_event event)
{
	struct master_reload *reload = reload_of(master);
	const struct step *step = &steps[reload->state][event];

	if (!step->allowed)
		panic("reload: event %d in state %d", event, reload->state);
	reload->state = step->next;
	step->action(master);
}

/* What follows is not held up by who finishes. */
void
master_reload_go_on(struct master *master)
{
	struct master_reload *reload = reload_of(master);

	if (master->state != MASTER_STATE_RUNNING ||
	    (!reload->is_asked && !reload->return_due))
		return;
	switch (reload->state) {
	case MASTER_RELOAD_HANDING:
		look_at_old(master);
		advance(master, ON_DONE);
		break;
	case MASTER_RELOAD_IDLE:
	case MASTER_RELOAD_WAITING:
		if (reload->return_due || has_room(master))
			advance(master, ON_BEGIN);
		else if (reload->state == MASTER_RELOAD_IDLE)
			advance(master, ON_WAIT);
		break;
	default:
		break;
	}
}

void
master_reload_start(struct master *master, struct master_order *order)
{
	struct master_reload *reload = reload_of(master);

	if (master->state == MASTER_STATE_STOPPING ||
	    master->state == MASTER_STATE_STOPPED) {
		master_order_answer(
		    &order, master_command_error("the daemon stops"));
		return;
	}
	add_order(&reload->waiting, order);
	reload->is_asked = true;
	master_reload_go_on(master);
}

bool
master_reload_is_idle(const struct master *master)
{
	const struct master_reload *reload = reload_of(master);

	return reload->state == MASTER_RELOAD_IDLE && !reload->is_asked &&
	    !reload->return_due;
}

void
master_reload_return(struct master *master)
{
	reload_of(master)->return_due = true;
	master_reload_go_on(master);
}

void
master_reload_on_serving(struct master *master)
{
	advance(master, ON_PROVEN);
}

void
master_reload_on_failed(struct master *master)
{
	reload_of(master)->failure = master->next->failure;
	advance(master, ON_FAILED);
}

void
master_reload_on_gone(const struct master_cohort *cohort)
{
	struct master_reload *reload = reload_of(cohort->master);

	if (reload->state == MASTER_RELOAD_HANDING &&
	    cohort->number == reload->result.previous)
		reload->result.handed_over = cohort->handed;
}

void
master_reload_stop(struct master *master)
{
	struct master_reload *reload = reload_of(master);

	reload->is_asked = reload->return_due = false;
	answer(&reload->present, master_command_error("the daemon stops"));
	answer(&reload->waiting, master_command_error("the daemon stops"));
	if (reload->state == MASTER_RELOAD_HANDING)
		event_del(&reload->look);
}

void
master_reload_open(struct master *master)
{
	struct master_reload *reload;

	OBJECT_NEW(reload, MASTER_RELOAD_MAGIC);
	master->reload = reload;
}

void
master_reload_close(struct master *master)
{
	struct master_reload *reload;

	OBJECT_TAKE(reload, &master->reload, MASTER_RELOAD_MAGIC);
	answer(&reload->present, master_command_error("the daemon stops"));
	answer(&reload->waiting, master_command_error("the daemon stops"));
	OBJECT_FREE(reload);
}
