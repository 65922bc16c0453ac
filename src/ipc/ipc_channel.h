/* SPDX-License-Identifier: ISC */
/*
 * The channel between the master and one worker: a SOCK_SEQPACKET pair with
 * versioned, typed messages of a fixed size, two of which have a handover of
 * connections behind them.  Non-blocking at both ends.  What a
 * worker sends is gossip to the master: ipc_channel_receive refuses whatever
 * is not exactly of the form of ipc_message.tbl and closes descriptors that
 * are not due.
 */
#ifndef IPC_CHANNEL_H
#define IPC_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

#include "base/base_error.h"
#include "ipc/ipc_handover.h"

enum ipc_message_type {
#define IPC_MESSAGE(name, number, words, from, descriptors, has_handover) \
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
	IPC_RETIRE_REPLACED = 1, /* hand connections over as they come to
				  * rest; those of forgotten listeners may
				  * finish one exchange */
	IPC_RETIRE_STOP = 2,     /* close idle connections at once */
	IPC_RETIRE_NOW = 3       /* close everything, exit in order */
};

/* Value of LOGS: which descriptors come along, in this order. */
enum ipc_logs {
	IPC_LOGS_ERROR = 1,
	IPC_LOGS_ACCESS = 2
};

#define IPC_DESCRIPTORS_MAX IPC_ORPHANS_MAX

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

/* What one packet brings; large, so it lives with whoever owns the loop. */
struct ipc_packet {
	struct ipc_message message;
	int descriptors
	    [IPC_DESCRIPTORS_MAX]; /* whoever takes one makes it -1 */
	size_t descriptor_count;
	/* Of a message that has one: every size checked, and as many
	 * descriptors as orphans. */
	struct ipc_handover handover;
	unsigned char input[IPC_INPUT_MAX];
};

/* Sends message, handover, input and descriptors of a packet. */
int ipc_channel_send_packet(
    int fd, const struct ipc_packet *packet, struct error *error);

/* [signal handler] The same, of a message alone and of a packet, without
 * words: async-signal-safe; 0, or -1 and errno. */
int ipc_channel_try(int fd, const struct ipc_message *message);
int ipc_channel_try_packet(int fd, const struct ipc_packet *packet);

enum ipc_received {
	IPC_RECEIVED_MESSAGE,
	IPC_RECEIVED_NOTHING, /* would block */
	IPC_RECEIVED_END,     /* the other side is gone */
	IPC_RECEIVED_NONSENSE /* error says what; go on */
};

/*
 * Receives at side what the other side sent.  The descriptors are the
 * caller's: ipc_packet_close closes those that nobody took.  When this
 * process had no room for all of a handover's descriptors, the orphans that
 * lost theirs are dropped from the packet, and error says so beside MESSAGE.
 */
enum ipc_received ipc_channel_receive(int fd, enum ipc_side side,
    struct ipc_packet *packet_r, struct error *error);

void ipc_packet_close(struct ipc_packet *packet);

const char *ipc_message_name(uint32_t type);

#endif
