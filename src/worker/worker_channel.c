/* SPDX-License-Identifier: ISC */
/*
 * Owns the worker's end of the channel.  Its end means that the master died:
 * whoever comes next has listeners of its own, so this worker finishes what
 * it has and goes.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/base_fd.h"
#include "base/base_object.h"
#include "worker/worker_private.h"

/* A level-triggered event comes back for the rest. */
#define MESSAGES_AT_ONCE 16

static void
send_message(
    struct worker *worker, struct ipc_message *message, const char *text)
{
	struct error error;

	message->layout = IPC_LAYOUT;
	message->generation = worker->heritage->generation;
	if (text != NULL)
		strncpy(message->text, text, sizeof(message->text) - 1);
	if (worker->channel_fd != -1 &&
	    ipc_channel_send(worker->channel_fd, message, NULL, 0, &error) ==
		-1)
		log_debug("%s", error.text);
}

void
worker_channel_tell(
    struct worker *worker, enum ipc_message_type type, const char *text)
{
	struct ipc_message message = { .type = type };

	send_message(worker, &message, text);
}

static void
on_retire(struct worker *worker, const struct ipc_message *message)
{
	switch (message->value) {
	case IPC_RETIRE_STOP:
	case IPC_RETIRE_REPLACED:
	case IPC_RETIRE_NOW:
		worker->retire = (enum ipc_retire)message->value;
		worker_advance(worker, WORKER_EVENT_RETIRE);
		return;
	default:
		log_warn("told to retire in an unknown way: ignored");
	}
}

/* The log knows the old number, so the new file gets it. */
static void
replace_error_log(struct worker *worker, int *fd)
{
	int old = worker->heritage->error_log;

	if (old != -1 &&
	    (dup3(*fd, old, O_CLOEXEC) == -1 || dup2(*fd, STDERR_FILENO) == -1))
		log_error("error log: dup: %s", strerror(errno));
	fd_close(fd);
}

static void
on_logs(struct worker *worker, struct ipc_packet *packet)
{
	uint64_t which = packet->message.value;
	int *descriptors = packet->descriptors;
	size_t next = 0, count = packet->descriptor_count;

	if ((which & IPC_LOGS_ERROR) != 0 && next < count)
		replace_error_log(worker, &descriptors[next++]);
	if ((which & IPC_LOGS_ACCESS) != 0 && next < count) {
		worker_access_log_reopen(worker->access_log, descriptors[next]);
		descriptors[next] = -1;
	}
	worker_channel_tell(worker, IPC_MESSAGE_REOPENED, NULL);
}

static void
on_message(struct worker *worker, struct ipc_packet *packet)
{
	const struct ipc_message *message = &packet->message;

	if (message->generation != worker->heritage->generation) {
		log_warn("\"%s\" for another worker: ignored",
		    ipc_message_name(message->type));
		return;
	}
	switch (message->type) {
	case IPC_MESSAGE_SERVE:
		worker_advance(worker, WORKER_EVENT_SERVE);
		break;
	case IPC_MESSAGE_RETIRE:
		on_retire(worker, message);
		break;
	case IPC_MESSAGE_PAUSE:
		worker_acceptor_pause(worker, message->value != 0);
		worker_channel_tell_value(
		    worker, IPC_MESSAGE_PAUSED, message->value);
		break;
	case IPC_MESSAGE_LOGS:
		on_logs(worker, packet);
		break;
	case IPC_MESSAGE_ADOPT:
		worker_adopt(worker, packet);
		break;
	case IPC_MESSAGE_CHECK:
		worker_self_check(worker, packet);
		break;
	case IPC_MESSAGE_FORGET:
		worker_hand_forget(worker, message->value);
		break;
	case IPC_MESSAGE_SHED:
		worker_hand_shed(worker, message->value);
		break;
	default:
		break;
	}
}

static void
on_end(struct worker *worker)
{
	worker_channel_stop(worker);
	if (worker->state == WORKER_STATE_RETIRING)
		worker_retire_alone(worker);
	if (worker->state == WORKER_STATE_RETIRING ||
	    worker->state == WORKER_STATE_GONE)
		return;
	log_warn("the master is gone: retiring");
	worker->retire = IPC_RETIRE_STOP;
	worker_advance(worker, WORKER_EVENT_RETIRE);
}

/* True when there may be more. */
static bool
take_one(struct worker *worker)
{
	struct ipc_packet *packet = worker->packet;
	struct error error;

	switch (ipc_channel_receive(
	    worker->channel_fd, IPC_SIDE_WORKER, packet, &error)) {
	case IPC_RECEIVED_MESSAGE:
		if (error.kind != ERROR_NONE)
			log_warn("%s", error.text);
		on_message(worker, packet);
		ipc_packet_close(packet);
		return worker->state != WORKER_STATE_GONE;
	case IPC_RECEIVED_NONSENSE:
		log_warn("%s: ignored", error.text);
		return true;
	case IPC_RECEIVED_END:
		on_end(worker);
		return false;
	case IPC_RECEIVED_NOTHING:
		return false;
	}
	return false;
}

static void
on_channel(evutil_socket_t fd, short events, void *context)
{
	struct worker *worker;
	int count;

	(void)fd;
	(void)events;
	OBJECT_CAST(worker, context, WORKER_MAGIC);
	for (count = 0; count < MESSAGES_AT_ONCE; count++) {
		/* The one before may have settled. */
		conn_set_enter(worker->connections);
		if (!take_one(worker))
			break;
	}
	conn_set_settle(worker->connections);
}

void
worker_channel_tell_value(
    struct worker *worker, enum ipc_message_type type, uint64_t value)
{
	struct ipc_message message = { .type = type, .value = value };

	send_message(worker, &message, NULL);
}

int
worker_channel_start(struct worker *worker, struct error *error)
{
	event_assign(&worker->channel, worker->base, worker->channel_fd,
	    EV_READ | EV_PERSIST, on_channel, worker);
	event_priority_set(&worker->channel, WORKER_PRIORITY_FIRST);
	if (event_add(&worker->channel, NULL) == -1)
		return error_set(
		    error, ERROR_SYSTEM, "channel: cannot watch it");
	return 0;
}

void
worker_channel_stop(struct worker *worker)
{
	if (worker->channel_fd == -1)
		return;
	if (event_initialized(&worker->channel))
		event_del(&worker->channel);
	fd_close(&worker->channel_fd);
}
