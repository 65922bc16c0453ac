/* SPDX-License-Identifier: ISC */
/*
 * Conditions are looked at from the loop and not where something changed,
 * as an order that has failed may change workers in its turn.
 */
#include "master/master_wait.h"

#include "base/base_clock.h"
#include "base/base_object.h"
#include "master/master_private.h"

/* The reply that is due by now, or NULL. */
static json_t *
look_at(const struct master_wait *wait)
{
	const struct master_wait_type *type = wait->type;

	if (!type->outlives_stop && master_is_stopping(wait->master))
		return master_command_error("the daemon stops");
	return type->check == NULL ? NULL : type->check(wait);
}

static void
on_review(evutil_socket_t fd, short events, void *context)
{
	struct list_link *link, *following;
	struct master_wait *wait;
	struct master *master;
	json_t *reply;

	OBJECT_CAST(master, context, MASTER_MAGIC);
	LIST_FOREACH_SAFE (link, following, &master->waits) {
		wait = LIST_OBJECT(link, struct master_wait, link);
		reply = look_at(wait);
		if (reply != NULL)
			master_wait_end(&wait, reply);
	}
}

static void
on_deadline(evutil_socket_t fd, short events, void *context)
{
	struct master_wait *wait;

	OBJECT_CAST(wait, context, MASTER_WAIT_MAGIC);
	master_wait_end(&wait, wait->type->give_up(wait));
}

void
master_wait_init(struct master *master)
{
	master->wait_review = event_new(master->base, -1, 0, on_review, master);
	if (master->wait_review == NULL)
		panic("event_new of the orders' review failed");
}

void
master_wait_fini(struct master *master)
{
	struct list_link *link, *following;
	struct master_wait *wait;

	LIST_FOREACH_SAFE (link, following, &master->waits) {
		wait = LIST_OBJECT(link, struct master_wait, link);
		master_wait_end(
		    &wait, master_command_error("the daemon has stopped"));
	}
	if (master->wait_review != NULL)
		event_free(master->wait_review);
	master->wait_review = NULL;
}

struct master_wait *
master_wait_start(struct master *master, const struct master_wait_type *type,
    struct master_order *order)
{
	const struct timeval limit = clock_timeval(type->limit_ms);
	struct master_wait *wait;

	OBJECT_NEW(wait, MASTER_WAIT_MAGIC);
	wait->master = master;
	wait->type = type;
	wait->order = order;
	wait->started_ms = clock_monotonic_ms();
	event_assign(&wait->deadline, master->base, -1, 0, on_deadline, wait);
	list_append(&master->waits, &wait->link);
	if (type->give_up != NULL)
		event_add(&wait->deadline, &limit);
	master_wait_review(master);
	return wait;
}

void
master_wait_end(struct master_wait **wait_pointer, json_t *reply)
{
	struct master_wait *wait;

	OBJECT_TAKE(wait, wait_pointer, MASTER_WAIT_MAGIC);
	event_del(&wait->deadline);
	list_remove(&wait->link);
	master_order_answer(&wait->order, reply);
	OBJECT_FREE(wait);
}

void
master_wait_end_all(
    struct master *master, const struct master_wait_type *type, json_t *reply)
{
	struct list_link *link, *following;
	struct master_wait *wait;

	LIST_FOREACH_SAFE (link, following, &master->waits) {
		wait = LIST_OBJECT(link, struct master_wait, link);
		if (wait->type == type)
			master_wait_end(&wait, json_incref(reply));
	}
}

void
master_wait_review(struct master *master)
{
	if (master->wait_review != NULL && !list_is_empty(&master->waits))
		event_active(master->wait_review, EV_TIMEOUT, 1);
}
