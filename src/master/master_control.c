/* SPDX-License-Identifier: ISC */
/*
 * Owns the control socket and decides who is let in, and how many at a time.
 */
#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/base_clock.h"
#include "base/base_fd.h"
#include "base/base_log.h"
#include "base/base_object.h"
#include "master/master_control.h"
#include "master/master_private.h"

#define CLIENTS_MAX    16
#define ACCEPT_WAIT_MS 1000u

/* For all of them together: the master does not wait for who does not read. */
#define FLUSH_MS 2000u

static void
on_client_end(void *context, struct master_control_client *client)
{
	struct master_control *control;

	OBJECT_CAST(control, context, MASTER_CONTROL_MAGIC);
	control->client_count--;
	master_control_client_free(&client);
}

/* Its socket is new and has room for that. */
static void
turn_away(int fd, const char *why)
{
	json_t *reply = master_command_error("%s", why);
	char *text = json_dumps(reply, JSON_COMPACT);
	char *line = memory_format("%s\n", text == NULL ? "" : text);

	if (send(fd, line, strlen(line), MSG_NOSIGNAL | MSG_DONTWAIT) == -1)
		log_debug("control socket: send: %s", strerror(errno));
	memory_free(line);
	free(text);
	json_decref(reply);
	fd_close(&fd);
}

static void
take_client(struct master_control *control, int fd)
{
	if (!master_control_socket_is_trusted(fd)) {
		log_warn("control socket: a process of another user was "
			 "turned away");
		turn_away(fd, "permission denied");
	} else if (control->client_count == CLIENTS_MAX) {
		turn_away(fd, "too many others are connected");
	} else {
		control->client_count++;
		master_control_client_start(control->master, fd,
		    &control->clients, on_client_end, control);
	}
}

static void
on_accepting(evutil_socket_t fd, short events, void *context)
{
	const struct timeval wait = clock_timeval(ACCEPT_WAIT_MS);
	struct master_control *control;
	int client;

	OBJECT_CAST(control, context, MASTER_CONTROL_MAGIC);
	client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (client != -1) {
		take_client(control, client);
	} else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
		/* Without descriptors the loop would spin. */
		log_warn("control socket: accept: %s", strerror(errno));
		event_del(&control->accepting);
		event_add(&control->patience, &wait);
	}
}

static void
on_patience(evutil_socket_t fd, short events, void *context)
{
	struct master_control *control;

	OBJECT_CAST(control, context, MASTER_CONTROL_MAGIC);
	event_add(&control->accepting, NULL);
}

void
master_control_resume(struct master_control *control,
    const struct master_control_left *left, struct master_order **order_r)
{
	control->client_count++;
	master_control_client_resume(
	    master_control_client_start(control->master, left->fd,
		&control->clients, on_client_end, control),
	    left, order_r);
}

void
master_control_open(
    struct master *master, const struct master_control_socket *socket)
{
	struct master_control *control;

	OBJECT_NEW(control, MASTER_CONTROL_MAGIC);
	control->master = master;
	control->socket = *socket;
	list_init(&control->clients);
	event_assign(&control->accepting, master->base, control->socket.fd,
	    EV_READ | EV_PERSIST, on_accepting, control);
	event_assign(
	    &control->patience, master->base, -1, 0, on_patience, control);
	event_add(&control->accepting, NULL);
	master->control = control;
}

int
master_control_start(
    struct master *master, const struct settings *settings, struct error *error)
{
	struct master_control_socket socket;

	if (settings->control_socket[0] == '\0')
		return 0;
	if (master_control_socket_open(
		&socket, settings->control_socket, error) == -1)
		return -1;
	master_control_open(master, &socket);
	return 0;
}

void
master_control_stop(struct master *master)
{
	struct master_control *control = master->control;
	struct list_link *link;

	if (control == NULL)
		return;
	OBJECT_CHECK(control, MASTER_CONTROL_MAGIC);
	event_del(&control->accepting);
	event_del(&control->patience);
	master_control_socket_close(&control->socket);
	LIST_FOREACH (link, &control->clients)
		master_control_client_hush(master_control_client_of(link));
}

void
master_control_close(struct master *master)
{
	uint64_t deadline_ms = clock_monotonic_ms() + FLUSH_MS;
	struct master_control_client *client;
	struct master_control *control;
	struct list_link *link;

	if (master->control == NULL)
		return;
	OBJECT_TAKE(control, &master->control, MASTER_CONTROL_MAGIC);
	while ((link = list_first(&control->clients)) != NULL) {
		client = master_control_client_of(link);
		master_control_client_flush(client, deadline_ms);
		master_control_client_free(&client);
	}
	OBJECT_FREE(control);
}
