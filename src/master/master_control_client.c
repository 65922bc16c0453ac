/* SPDX-License-Identifier: ISC */
/*
 * One client of the control socket: lines in, lines out.  While a reply is
 * on its way nothing is read, so that who does not read is not read from
 * either.  What it may cost is bounded: a request's and a reply's size, and
 * the time until the next request is complete or a reply gets on.
 */
#include <sys/socket.h>

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/base_buffer.h"
#include "base/base_clock.h"
#include "base/base_fd.h"
#include "base/base_object.h"
#include "master/master_control.h"
#include "master/master_private.h"

#define REQUEST_MAX 65536u
#define REPLY_MAX   ((size_t)16 << 20)
#define IDLE_MS     30000u

#define MASTER_CONTROL_CLIENT_MAGIC 0xc94ab21eu
struct master_control_client {
	unsigned magic;
	struct master *master;
	int fd;
	struct event input, output;
	struct event departure; /* while it waits for an order */
	struct event deadline;  /* also what ends it from the loop */
	struct buffer request;  /* bytes that came and were not taken */
	struct buffer reply;    /* sent from sent on; empty: none is due */
	size_t sent;
	struct master_order *order; /* that is not answered yet */
	bool is_ended;              /* it sends no more */
	bool is_over;               /* nothing is taken any more */
	void (*on_end)(void *context, struct master_control_client *client);
	void *context;
	struct list_link link;
};

static void
wait_again(struct master_control_client *client)
{
	const struct timeval wait = clock_timeval(IDLE_MS);

	event_add(&client->deadline, &wait);
}

/* From the loop: whoever calls this goes on with the client. */
static void
end_soon(struct master_control_client *client)
{
	client->is_over = true;
	event_del(&client->input);
	event_del(&client->output);
	event_del(&client->departure);
	event_active(&client->deadline, EV_TIMEOUT, 1);
}

/* ---- replies ---- */

/* False: it is none, or too large. */
static bool
put_reply(struct master_control_client *client, const json_t *reply)
{
	char *text = json_dumps(reply, JSON_COMPACT);
	size_t size = text == NULL ? 0 : strlen(text);
	bool fits = size > 0 && size < REPLY_MAX;

	if (fits) {
		buffer_append(&client->reply, text, size);
		buffer_append_byte(&client->reply, '\n');
	}
	free(text);
	return fits;
}

/* The answer to the request that was taken last; takes reply. */
static void
answer(struct master_control_client *client, json_t *reply)
{
	json_t *instead;

	if (!put_reply(client, reply)) {
		instead = master_command_error("the answer is too large");
		put_reply(client, instead);
		json_decref(instead);
	}
	json_decref(reply);
	wait_again(client);
}

/* Its next request has to wait. */
static bool
is_answering(const struct master_control_client *client)
{
	return client->reply.size > 0 || client->order != NULL;
}

void
master_control_client_answer(
    struct master_control_client *client, json_t *reply)
{
	OBJECT_CHECK(client, MASTER_CONTROL_CLIENT_MAGIC);
	client->order = NULL;
	event_del(&client->departure);
	answer(client, reply);
	event_add(&client->output, NULL);
}

/* ---- requests ---- */

static void
run_request(struct master_control_client *client, const char *line, size_t size)
{
	json_error_t problem;
	json_t *reply,
	    *request = json_loadb(line, size, JSON_REJECT_DUPLICATES, &problem);

	if (request == NULL) {
		answer(
		    client, master_command_error("no JSON: %s", problem.text));
		return;
	}
	client->order = master_order_new(client);
	reply = master_command_run(client->master, request, client->order);
	json_decref(request);
	if (reply == NULL) {
		/* It is for us to come back, unless we just have. */
		if (client->order != NULL)
			event_del(&client->deadline);
		return;
	}
	master_order_free(&client->order);
	answer(client, reply);
}

static void
drop_line(struct buffer *request, size_t size)
{
	memmove(request->data, request->data + size, request->size - size);
	request->size -= size;
	request->data[request->size] = '\0';
}

/* Takes the first line, if there is one. */
static void
take_request(struct master_control_client *client)
{
	struct buffer *request = &client->request;
	const char *end = request->size == 0 ?
	    NULL :
	    memchr(request->data, '\n', request->size);
	size_t size;

	if (end == NULL && request->size < REQUEST_MAX)
		return;
	if (end == NULL) {
		client->is_over = true;
		answer(client,
		    master_command_error(
			"a request of more than %u bytes", REQUEST_MAX - 1));
		return;
	}
	size = (size_t)(end - request->data);
	run_request(client, request->data, size);
	drop_line(request, size + 1);
}

/* ---- life ---- */

/* False: it is not there any more. */
static bool
send_reply(struct master_control_client *client)
{
	ssize_t count;

	while (client->sent < client->reply.size) {
		count = send(client->fd, client->reply.data + client->sent,
		    client->reply.size - client->sent, MSG_NOSIGNAL);
		if (count == -1 && errno == EINTR)
			continue;
		if (count == -1)
			return errno == EAGAIN;
		client->sent += (size_t)count;
		wait_again(client);
	}
	/* One of a long list is not kept for the next. */
	buffer_fini(&client->reply);
	buffer_init(&client->reply, 0);
	client->sent = 0;
	return true;
}

/* One request at each turn of the loop, so that many hold nobody up. */
static void
go_on(struct master_control_client *client)
{
	bool again = false;

	if (!is_answering(client) && !client->is_over) {
		take_request(client);
		again = is_answering(client);
		if (again && !send_reply(client)) {
			end_soon(client);
			return;
		}
	}
	if (client->order != NULL) {
		event_del(&client->input);
		event_del(&client->output);
		event_add(&client->departure, NULL);
	} else if (again || is_answering(client)) {
		event_del(&client->input);
		event_add(&client->output, NULL);
	} else if (client->is_ended || client->is_over) {
		end_soon(client);
	} else {
		event_del(&client->output);
		event_add(&client->input, NULL);
	}
}

static void
on_input(evutil_socket_t fd, short events, void *context)
{
	struct master_control_client *client;
	struct buffer *request;
	ssize_t count;

	OBJECT_CAST(client, context, MASTER_CONTROL_CLIENT_MAGIC);
	request = &client->request;
	buffer_reserve(request, REQUEST_MAX - request->size);
	count = recv(
	    fd, request->data + request->size, REQUEST_MAX - request->size, 0);
	if (count == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (count <= 0) {
		client->is_ended = true;
	} else {
		request->size += (size_t)count;
		request->data[request->size] = '\0';
	}
	go_on(client);
}

static void
on_output(evutil_socket_t fd, short events, void *context)
{
	struct master_control_client *client;

	OBJECT_CAST(client, context, MASTER_CONTROL_CLIENT_MAGIC);
	if (send_reply(client))
		go_on(client);
	else
		end_soon(client);
}

/* An order is carried out all the same; only, nobody is told. */
static void
on_departure(evutil_socket_t fd, short events, void *context)
{
	struct pollfd descriptor = { .fd = fd };
	struct master_control_client *client;

	OBJECT_CAST(client, context, MASTER_CONTROL_CLIENT_MAGIC);
	/* One that only sends no more still reads. */
	if (poll(&descriptor, 1, 0) == 1)
		end_soon(client);
}

static void
on_deadline(evutil_socket_t fd, short events, void *context)
{
	struct master_control_client *client;

	OBJECT_CAST(client, context, MASTER_CONTROL_CLIENT_MAGIC);
	client->on_end(client->context, client);
}

struct master_control_client *
master_control_client_start(struct master *master, int fd, struct list *clients,
    void (*on_end)(void *context, struct master_control_client *client),
    void *context)
{
	struct master_control_client *client;

	OBJECT_NEW(client, MASTER_CONTROL_CLIENT_MAGIC);
	client->master = master;
	client->fd = fd;
	client->on_end = on_end;
	client->context = context;
	buffer_init(&client->request, 0);
	buffer_init(&client->reply, 0);
	event_assign(&client->input, master->base, fd, EV_READ | EV_PERSIST,
	    on_input, client);
	event_assign(&client->output, master->base, fd, EV_WRITE | EV_PERSIST,
	    on_output, client);
	/* By edge, as the state that is looked for there may last. */
	event_assign(&client->departure, master->base, fd,
	    EV_CLOSED | EV_ET | EV_PERSIST, on_departure, client);
	event_assign(
	    &client->deadline, master->base, -1, 0, on_deadline, client);
	list_append(clients, &client->link);
	event_add(&client->input, NULL);
	wait_again(client);
	return client;
}

/* ---- from one image to another ---- */

void
master_control_client_look(
    struct list_link *link, struct master_control_left *left_r)
{
	const struct master_control_client *client =
	    LIST_OBJECT(link, struct master_control_client, link);

	*left_r = (struct master_control_left) {
		.fd = client->fd,
		.request = client->request.data,
		.request_size = client->request.size,
		.reply = client->reply.size == 0 ?
		    NULL :
		    client->reply.data + client->sent,
		.reply_size = client->reply.size - client->sent,
		.is_ended = client->is_ended,
		.is_over = client->is_over,
		.is_waiting = client->order != NULL,
	};
}

void
master_control_client_resume(struct master_control_client *client,
    const struct master_control_left *left, struct master_order **order_r)
{
	OBJECT_CHECK(client, MASTER_CONTROL_CLIENT_MAGIC);
	buffer_append(&client->request, left->request, left->request_size);
	buffer_append(&client->reply, left->reply, left->reply_size);
	client->is_ended = left->is_ended;
	client->is_over = left->is_over;
	*order_r = NULL;
	if (left->is_waiting) {
		*order_r = client->order = master_order_new(client);
		event_del(&client->input);
		event_del(&client->deadline);
	} else {
		/* It is writable, and then it goes on. */
		event_add(&client->output, NULL);
	}
}

void
master_control_client_free(struct master_control_client **client_pointer)
{
	struct master_control_client *client;

	OBJECT_TAKE(client, client_pointer, MASTER_CONTROL_CLIENT_MAGIC);
	if (client->order != NULL)
		master_order_leave(client->order);
	event_del(&client->input);
	event_del(&client->output);
	event_del(&client->departure);
	event_del(&client->deadline);
	list_remove(&client->link);
	buffer_fini(&client->request);
	buffer_fini(&client->reply);
	fd_close(&client->fd);
	OBJECT_FREE(client);
}

struct master_control_client *
master_control_client_of(struct list_link *link)
{
	return LIST_OBJECT(link, struct master_control_client, link);
}

void
master_control_client_hush(struct master_control_client *client)
{
	OBJECT_CHECK(client, MASTER_CONTROL_CLIENT_MAGIC);
	if (!is_answering(client))
		end_soon(client);
	client->is_over = true;
}

void
master_control_client_flush(
    struct master_control_client *client, uint64_t deadline_ms)
{
	struct pollfd descriptor = { .fd = client->fd, .events = POLLOUT };
	uint64_t now = clock_monotonic_ms();

	OBJECT_CHECK(client, MASTER_CONTROL_CLIENT_MAGIC);
	while (
	    send_reply(client) && client->reply.size > 0 && now < deadline_ms) {
		poll(&descriptor, 1, (int)(deadline_ms - now));
		now = clock_monotonic_ms();
	}
}
