/* SPDX-License-Identifier: ISC */
/*
 * The channel between the master and one worker: a SOCK_SEQPACKET pair with
 * fixed-size, versioned, typed messages.  Non-blocking at both ends.  What a
 * worker sends is gossip to the master: ipc_channel_receive refuses whatever
 * is not exactly of the form of ipc_message.tbl and closes descriptors that
 * are not due.
 */
#ifndef IPC_CHANNEL_H
#define IPC_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

#include "base/base_error.h"

enum ipc_message_type {
#define IPC_MESSAGE(name, number, words, from, descriptors) \
	IPC_MESSAGE_##name = number,
#include "ipc/ipc_message.tbl"
#undef IPC_MESSAGE
};

enum ipc_side {
	IPC_SIDE_MASTER,
	IPC_SIDE_WORKER
};

/* How a worker is to retire: value of RETIRE; a higher one may follow. */
enum ipc_retire {
	IPC_RETIRE_REPLACED = 1, /* idle ones may finish one exchange */
	IPC_RETIRE_STOP = 2,     /* close idle connections at once */
	IPC_RETIRE_NOW = 3       /* close everything, exit in order */
};

/* Value of LOGS: which descriptors come along, in this order. */
enum ipc_logs {
	IPC_LOGS_ERROR = 1,
	IPC_LOGS_ACCESS = 2
};

#define IPC_DESCRIPTORS_MAX 2

struct ipc_message {
	uint32_t layout;     /* IPC_LAYOUT */
	uint32_t type;       /* enum ipc_message_type */
	uint64_t generation; /* of the worker */
	uint64_t value;
	char text[512]; /* NUL-terminated */
};

/* A connected pair, close-on-exec, non-blocking. */
int ipc_channel_open(int *master_r, int *worker_r, struct error *error);

/* Sends from that side; descriptors are duplicated, not taken. */
int ipc_channel_send(int fd, const struct ipc_message *message,
    const int *descriptors, size_t count, struct error *error);

enum ipc_received {
	IPC_RECEIVED_MESSAGE,
	IPC_RECEIVED_NOTHING, /* would block */
	IPC_RECEIVED_END,     /* the other side is gone */
	IPC_RECEIVED_NONSENSE /* error says what; go on */
};

/*
 * Receives at side what the other side sent.  descriptors_r has room for
 * IPC_DESCRIPTORS_MAX, filled up with -1; they are the caller's.
 */
enum ipc_received ipc_channel_receive(int fd, enum ipc_side side,
    struct ipc_message *message_r, int descriptors_r[IPC_DESCRIPTORS_MAX],
    struct error *error);

const char *ipc_message_name(uint32_t type);

#endif
