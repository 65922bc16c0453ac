/* SPDX-License-Identifier: ISC */
/*
 * Owns an order of the control socket while it is carried out, which may take
 * longer than its client stays.
 */
#include "base/base_object.h"
#include "master/master_control.h"
#include "master/master_private.h"

#define MASTER_ORDER_MAGIC 0x70de31a8u
struct master_order {
	unsigned magic;
	struct master_control_client *client; /* NULL: it has gone */
	char *preface;                        /* of its answer; or NULL */
};

struct master_order *
master_order_new(struct master_control_client *client)
{
	struct master_order *order;

	OBJECT_NEW(order, MASTER_ORDER_MAGIC);
	order->client = client;
	return order;
}

void
master_order_free(struct master_order **order_pointer)
{
	struct master_order *order;

	OBJECT_TAKE(order, order_pointer, MASTER_ORDER_MAGIC);
	memory_free(order->preface);
	OBJECT_FREE(order);
}

void
master_order_leave(struct master_order *order)
{
	OBJECT_CHECK(order, MASTER_ORDER_MAGIC);
	order->client = NULL;
}

void
master_order_preface(struct master_order *order, const char *text)
{
	if (order == NULL)
		return;
	memory_free(order->preface);
	order->preface = memory_copy_text(text);
}

/* Of the answer's words, whichever they are. */
static void
put_preface(json_t *reply, const char *member, const char *preface)
{
	const char *words = json_string_value(json_object_get(reply, member));
	char *text;

	if (words == NULL)
		return;
	text = memory_format("%s%s", preface, words);
	json_object_set_new(reply, member, json_string(text));
	memory_free(text);
}

void
master_order_answer(struct master_order **order, json_t *reply)
{
	struct master_control_client *client;

	if (*order == NULL) {
		json_decref(reply);
		return;
	}
	if ((*order)->preface != NULL) {
		put_preface(reply, "summary", (*order)->preface);
		put_preface(reply, "error", (*order)->preface);
	}
	client = (*order)->client;
	master_order_free(order);
	if (client == NULL)
		json_decref(reply);
	else
		master_control_client_answer(client, reply);
}
