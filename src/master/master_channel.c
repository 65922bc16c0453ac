/* SPDX-License-Identifier: ISC */
/*
 * Owns the master's end of a worker's channel.  Whatever comes is gossip: a
 * message that makes no sense, or comes from a generation that is not this
 * worker's, is ignored with a warning, and a bounded number is taken at a
 * time, so that one worker cannot keep the master busy.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/base_fd.h"
#include "base/base_log.h"
#include "base/base_object.h"
#include "master/master_private.h"

/* Messages taken from one worker before others get their turn. */
#define MESSAGES_AT_ONCE 16

static void
on_failed(struct master_worker *worker, const struct ipc_message *message)
{
	memcpy(worker->failure, message->text, sizeof(worker->failure));
	worker->failure[sizeof(worker->failure) - 1] = '\0';
}

static void
on_message(struct master_worker *worker, const struct ipc_message *message)
{
	if (message->generation != worker->generation) {
		log_warn("worker %u (pid %d) sent %s for another generation: "
			 "ignored",
		    worker->slot, (int)worker->pid,
		    ipc_message_name(message->type));
		return;
	}
	switch (message->type) {
	case IPC_MESSAGE_READY:
		if (!worker->has_ended)
			master_worker_advance(worker, MASTER_WORKER_ON_READY);
		break;
	case IPC_MESSAGE_FAILED:
		on_failed(worker, message);
		break;
	case IPC_MESSAGE_REOPENED:
		log_debug("worker %u (pid %d) uses the new logs", worker->slot,
		    (int)worker->pid);
		break;
	default:
		break;
	}
}

/* True when there may be more. */
static bool
take_one(struct master_worker *worker)
{
	int descriptors[IPC_DESCRIPTORS_MAX];
	struct ipc_message message;
	struct error error;
	size_t i;

	switch (ipc_channel_receive(worker->channel_fd, IPC_SIDE_MASTER,
	    &message, descriptors, &error)) {
	case IPC_RECEIVED_MESSAGE:
		for (i = 0; i < IPC_DESCRIPTORS_MAX; i++)
			fd_close(&descriptors[i]);
		on_message(worker, &message);
		return worker->channel_fd != -1;
	case IPC_RECEIVED_NONSENSE:
		log_warn("worker %u (pid %d): %s: ignored", worker->slot,
		    (int)worker->pid, error.text);
		return true;
	case IPC_RECEIVED_END:
		/* Its exit is what counts, and SIGCHLD tells of that. */
		master_channel_stop(worker);
		return false;
	case IPC_RECEIVED_NOTHING:
		return false;
	}
	return false;
}

void
master_channel_drain(struct master_worker *worker)
{
	unsigned count;

	for (count = 0; count < MESSAGES_AT_ONCE; count++)
		if (worker->channel_fd == -1 || !take_one(worker))
			return;
}

static void
on_channel(evutil_socket_t fd, short events, void *context)
{
	struct master_worker *worker;

	OBJECT_CAST(worker, context, MASTER_WORKER_MAGIC);
	master_channel_drain(worker);
}

int
master_channel_start(struct master_worker *worker, struct error *error)
{
	event_assign(&worker->channel, worker->cohort->master->base,
	    worker->channel_fd, EV_READ | EV_PERSIST, on_channel, worker);
	if (event_add(&worker->channel, NULL) == -1)
		return error_set(error, ERROR_SYSTEM,
		    "cannot watch the channel of worker %u", worker->slot);
	return 0;
}

void
master_channel_stop(struct master_worker *worker)
{
	if (worker->channel_fd == -1)
		return;
	event_del(&worker->channel);
	fd_close(&worker->channel_fd);
}

/* It is dead already, and SIGCHLD will tell of that. */
static bool
has_gone(const struct error *error)
{
	return error->number == EPIPE || error->number == ECONNRESET;
}

static void
send_message(struct master_worker *worker, struct ipc_message *message,
    const int *descriptors, size_t count)
{
	struct error error;

	if (worker->channel_fd == -1)
		return;
	message->layout = IPC_LAYOUT;
	message->generation = worker->generation;
	if (ipc_channel_send(worker->channel_fd, message, descriptors, count,
		&error) == -1 &&
	    !has_gone(&error))
		log_warn("worker %u (pid %d): %s", worker->slot,
		    (int)worker->pid, error.text);
}

void
master_channel_tell(
    struct master_worker *worker, enum ipc_message_type type, uint64_t value)
{
	struct ipc_message message = { .type = type, .value = value };

	send_message(worker, &message, NULL, 0);
}

void
master_channel_tell_logs(
    struct master_worker *worker, const struct master_logs *logs)
{
	struct ipc_message message = { .type = IPC_MESSAGE_LOGS };
	int descriptors[IPC_DESCRIPTORS_MAX];
	size_t count = 0;

	if (logs->error_log != -1) {
		message.value |= IPC_LOGS_ERROR;
		descriptors[count++] = logs->error_log;
	}
	if (logs->access_log != -1) {
		message.value |= IPC_LOGS_ACCESS;
		descriptors[count++] = logs->access_log;
	}
	if (count > 0)
		send_message(worker, &message, descriptors, count);
}
