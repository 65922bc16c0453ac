/* SPDX-License-Identifier: ISC */
/*
 * The control socket's part of a state.  Clients notice nothing of a new
 * image: what they sent and what they are owed goes along.
 */
#include "base/base_memory.h"
#include "base/base_object.h"
#include "config/config_json.h"
#include "master/master_state_private.h"

/* clang-format off */
#define M(kind, member, needed, most) \
	MASTER_MEMBER(struct master_control_socket, kind, member, needed, 0, most)
static const struct master_member socket_members[] = {
	M(DESCRIPTOR, fd,     NEEDED, 0),
	M(TEXT,       path,   NEEDED, 0),
	M(NUMBER,     device, NEEDED, INT64_MAX),
	M(NUMBER,     node,   NEEDED, INT64_MAX),
};
#undef M

#define M(kind, member) \
	MASTER_MEMBER(struct master_control_left, kind, member, NEEDED, 0, 0)
static const struct master_member client_members[] = {
	M(DESCRIPTOR, fd), M(BOOLEAN, is_ended), M(BOOLEAN, is_over),
	M(BOOLEAN, is_waiting),
};
#undef M
/* clang-format on */

static const struct master_member_table socket_table =
					    MASTER_MEMBER_TABLE(socket_members),
					client_table =
					    MASTER_MEMBER_TABLE(client_members);

static json_t *
put_client(struct list_link *link, json_t *descriptors)
{
	struct master_control_left left;
	json_t *json;

	master_control_client_look(link, &left);
	json = master_state_put_object(descriptors, &client_table, &left);
	json_object_set_new(json, "request",
	    config_json_put_bytes(left.request, left.request_size));
	json_object_set_new(
	    json, "reply", config_json_put_bytes(left.reply, left.reply_size));
	return json;
}

json_t *
master_state_put_control(const struct master *master, json_t *descriptors)
{
	const struct master_control *control = master->control;
	struct list_link *link;
	json_t *json, *clients;

	if (control == NULL)
		return json_null();
	OBJECT_CHECK(control, MASTER_CONTROL_MAGIC);
	clients = json_array();
	json = master_state_put_object(
	    descriptors, &socket_table, &control->socket);
	LIST_FOREACH (link, &control->clients)
		json_array_append_new(clients, put_client(link, descriptors));
	json_object_set_new(json, "clients", clients);
	return json;
}

/* The order that waits is that of the upgrade: nothing else was left. */
static int
take_client(struct master *master, struct master_document *state,
    const json_t *from, struct error *error)
{
	struct master_control_left left = { .fd = -1 };
	struct master_order *order = NULL;
	char *request, *reply;
	int result;

	if (master_state_take_object(
		state, from, &client_table, &left, error) == -1)
		return error_wrap(error, "control: client");
	request = config_json_take_bytes(
	    json_object_get(from, "request"), &left.request_size);
	reply = config_json_take_bytes(
	    json_object_get(from, "reply"), &left.reply_size);
	left.request = request;
	left.reply = reply;
	result = request == NULL || reply == NULL ?
	    error_set(error, ERROR_RUNTIME, "control: client: no text") :
	    0;
	if (result == 0 && !state->is_trial)
		master_control_resume(master->control, &left, &order);
	if (order != NULL)
		master->inherited = order;
	memory_free(request);
	memory_free(reply);
	return result;
}

int
master_state_take_control(struct master *master, struct master_document *state,
    const json_t *from, struct error *error)
{
	const json_t *clients = json_object_get(from, "clients");
	struct master_control_socket socket = { .fd = -1 };
	size_t i;

	if (from == NULL || json_is_null(from))
		return 0;
	if (master_state_take_object(
		state, from, &socket_table, &socket, error) == -1)
		return error_wrap(error, "control");
	if (state->is_trial)
		memory_free(socket.path);
	else
		master_control_open(master, &socket);
	for (i = 0; i < json_array_size(clients); i++)
		if (take_client(
			master, state, json_array_get(clients, i), error) == -1)
			return -1;
	return 0;
}
