/* SPDX-License-Identifier: ISC */
/*
 * The control socket's parts, for the files of master_control.
 *
 * On the wire each request and each reply is one JSON object in a line of
 * its own.  A connection may send several; they are answered one by one, in
 * their order, however long one takes.  A reply with the member "error" says
 * why there is nothing else in it.
 */
#ifndef MASTER_CONTROL_H
#define MASTER_CONTROL_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include <sys/types.h>

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base_error.h"
#include "base/base_list.h"

struct master;
struct master_order;
struct master_control_client;

/* ---- master_control_socket.c: the socket in the file system ---- */

struct master_control_socket {
	int fd; /* -1: none */
	char *path;
	dev_t device; /* with node: which file at path is ours */
	ino_t node;
};

#define MASTER_CONTROL_MAGIC 0x3be8d470u
struct master_control {
	unsigned magic;
	struct master *master;
	struct master_control_socket socket;
	struct event accepting;
	struct event patience; /* until accepting is tried again */
	struct list clients;
	unsigned client_count;
};

/* With a socket that is open; takes it. */
void master_control_open(
    struct master *master, const struct master_control_socket *socket);

/*
 * Makes the directory if that is all that is missing, removes what a dead
 * daemon left, binds, listens.  A socket somebody answers at, and whatever
 * is no socket, is left alone: an error.
 */
int master_control_socket_open(struct master_control_socket *socket,
    const char *path, struct error *error);

/* Closes, and removes the file if it still is ours. */
void master_control_socket_close(struct master_control_socket *socket);

/* May the process at the other end give orders? */
bool master_control_socket_is_trusted(int fd);

/* ---- master_control_client.c: one connection ---- */

/*
 * Takes fd; adds itself to clients.  on_end comes when it is over: free it
 * then.  Never from inside start.
 */
struct master_control_client *master_control_client_start(struct master *master,
    int fd, struct list *clients,
    void (*on_end)(void *context, struct master_control_client *client),
    void *context);
/* Closes, removes from its list. */
void master_control_client_free(struct master_control_client **client);
/*
 * What one that goes on in another image (master_state_control.c) has: bytes
 * of requests not taken yet, of a reply not sent, and whether it waits for
 * its order.  look: the bytes are the client's.  resume: one that was just
 * started; order_r: its order, if it waits, else NULL.
 */
struct master_control_left {
	int fd;
	const char *request, *reply;
	size_t request_size, reply_size;
	bool is_ended, is_over, is_waiting;
};
void master_control_client_look(
    struct list_link *link, struct master_control_left *left_r);
void master_control_resume(struct master_control *control,
    const struct master_control_left *left, struct master_order **order_r);
void master_control_client_resume(struct master_control_client *client,
    const struct master_control_left *left, struct master_order **order_r);

/* To its order, which is no more; takes reply. */
void master_control_client_answer(
    struct master_control_client *client, json_t *reply);

/* Of the list's link. */
struct master_control_client *master_control_client_of(struct list_link *link);
/* Takes no more requests; what is due to it comes yet. */
void master_control_client_hush(struct master_control_client *client);
/* Sends what is due by now, waiting until deadline_ms at most. */
void master_control_client_flush(
    struct master_control_client *client, uint64_t deadline_ms);

/* ---- master_order.c: its side to the client ---- */

struct master_order *master_order_new(struct master_control_client *client);
void master_order_free(struct master_order **order);
/* The client is about to be freed: nobody is told any more. */
void master_order_leave(struct master_order *order);

#endif
