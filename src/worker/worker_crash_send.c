/* SPDX-License-Identifier: ISC */
/*
 * The channel may be full, and the kernel may have too many descriptors on
 * their way: the master takes both in, a moment later.
 */
#include "worker/worker_crash_private.h"

#include <errno.h>
#include <poll.h>

#include "ipc/ipc_scoreboard.h"

#define TRIES_MAX 500

void
worker_crash_pause(int ms)
{
	poll(NULL, 0, ms);
}

/* Of the errno of a send: will it be better soon? */
static bool
is_temporary(int number)
{
	return number == EAGAIN || number == ETOOMANYREFS ||
	    number == ENOBUFS || number == ENOMEM || number == EINTR;
}

static struct ipc_message
message_of(const struct worker_crash *crash, enum ipc_message_type type)
{
	return (struct ipc_message) {
		.layout = IPC_LAYOUT,
		.type = type,
		.generation = crash->generation,
	};
}

int
worker_crash_send_orphans(struct worker_crash *crash)
{
	int tries;

	crash->packet.message = message_of(crash, IPC_MESSAGE_ORPHANS);
	for (tries = 0; tries < TRIES_MAX; tries++) {
		if (ipc_channel_try_packet(crash->channel, &crash->packet) == 0)
			return 0;
		if (!is_temporary(errno))
			return -1;
		worker_crash_pause(1);
	}
	return -1;
}

int
worker_crash_tell(const struct worker_crash *crash, enum ipc_message_type type)
{
	return worker_crash_tell_value(crash, type, 0);
}

int
worker_crash_tell_value(const struct worker_crash *crash,
    enum ipc_message_type type, uint64_t value)
{
	struct ipc_message message = message_of(crash, type);
	int tries;

	message.value = value;
	for (tries = 0; tries < TRIES_MAX; tries++) {
		if (ipc_channel_try(crash->channel, &message) == 0)
			return 0;
		if (!is_temporary(errno))
			return -1;
		worker_crash_pause(1);
	}
	return -1;
}
