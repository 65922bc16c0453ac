/* SPDX-License-Identifier: ISC */
/*
 * What the two files of module_gossip share: speaking to the master in the
 * place of the worker that runs it.
 */
#ifndef TEST_GOSSIP_H
#define TEST_GOSSIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/ipc_channel.h"
#include "ipc/ipc_process.h"

struct talk {
	int channel;
	const struct ipc_process *process;
	uint16_t port;            /* as the test said */
	struct ipc_packet packet; /* what is sent next */
};

/* A lie, by the name that it is asked for by. */
struct act {
	const char *name; /* NULL: the table ends */
	void (*act)(struct talk *talk);
};

/* module_gossip_orphans.c: to be told behind a crash. */
extern const struct act talk_orphan_acts[];

int talk_option(int fd, int option);

/* The client's connection that asks, if it is the only one. */
int talk_find_connection(void);

/* The descriptors and these bytes, as one message. */
void talk_say_bytes(struct talk *talk, void *data, size_t size);

/* A message that is well formed, and of this worker. */
struct ipc_message *talk_begin(
    struct talk *talk, uint32_t type, uint64_t value);
void talk_say_message(struct talk *talk);
void talk_say(struct talk *talk, uint32_t type, uint64_t value);

/* A batch of one connection, as it should be; and sent with so many records
 * and bytes of input, whatever it says itself. */
struct ipc_orphan *talk_begin_orphan(struct talk *talk, int fd);
void talk_say_orphans(struct talk *talk, size_t records, size_t input);

#endif
