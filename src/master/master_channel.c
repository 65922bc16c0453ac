/* SPDX-License-Identifier: ISC */
/*
 * Owns the master's end of a worker's channel.  Whatever comes is gossip: a
 * message that makes no sense, or comes from a generation that is not this
 * worker's, is ignored and counted; who sends too many of them has lost its
 * mind and is killed.  A bounded number is taken at a time, so that one
 * worker cannot keep the master busy.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/base_fd.h"
#include "base/base_log.h"
#include "base/base_object.h"
#include "master/master_private.h"
#include "master/master_wait.h"

/* Messages taken from one worker before others get their turn. */
#define MESSAGES_AT_ONCE 16

/* More than a socket's buffer has room for: a child of the dead worker may
 * still write into it. */
#define MESSAGES_LEFT_MAX 1024

/* So many that make no sense are logged, and so many are the end. */
#define NONSENSE_LOGGED 10
#define NONSENSE_MAX    1000

void
master_channel_note_nonsense(
    struct master_worker *worker, const char *format, ...)
{
	char words[LOG_LINE_MAX];
	va_list arguments;

	worker->nonsense++;
	if (worker->nonsense <= NONSENSE_LOGGED) {
		va_start(arguments, format);
		vsnprintf(words, sizeof(words), format, arguments);
		va_end(arguments);
		log_warn("worker %u (pid %d): %s: ignored", worker->slot,
		    (int)worker->pid, words);
	}
	/* Its number is another's once waitpid(2) has it. */
	if (worker->nonsense != NONSENSE_MAX || worker->has_ended)
		return;
	log_error("worker %u (pid %d) has sent %d messages that make no "
		  "sense: killed",
	    worker->slot, (int)worker->pid, NONSENSE_MAX);
	kill(worker->pid, SIGKILL);
}

static void
on_failed(struct master_worker *worker, const struct ipc_message *message)
{
	if (worker->failure[0] != '\0') {
		master_channel_note_nonsense(worker, "it failed twice");
		return;
	}
	memcpy(worker->failure, message->text, sizeof(worker->failure));
	worker->failure[sizeof(worker->failure) - 1] = '\0';
}

static void
on_reopened(struct master_worker *worker)
{
	if (worker->reopening == 0) {
		master_channel_note_nonsense(
		    worker, "it uses new logs, but got none");
		return;
	}
	worker->reopening--;
	log_debug("worker %u (pid %d) uses the new logs", worker->slot,
	    (int)worker->pid);
	master_wait_review(worker->cohort->master);
}

static void
on_paused(struct master_worker *worker, uint64_t value)
{
	if (worker->pausing == 0 || value > 1) {
		master_channel_note_nonsense(
		    worker, "it pauses as it was not told");
		return;
	}
	worker->pausing--;
	master_wait_review(worker->cohort->master);
}

static void
on_probed(struct master_worker *worker, uint64_t number)
{
	if (number == 0 || number > UINT32_MAX)
		master_channel_note_nonsense(
		    worker, "it tried what there is not");
	else
		master_quarantine_on_probed(worker, (uint32_t)number);
}

static void
on_crashed(struct master_worker *worker)
{
	if (!worker->crash_is_due)
		master_worker_advance(worker, MASTER_WORKER_ON_CRASH);
	worker->crash_is_due = false;
}

static void
on_message(struct master_worker *worker, struct ipc_packet *packet)
{
	const struct ipc_message *message = &packet->message;

	if (message->generation != worker->generation) {
		master_channel_note_nonsense(worker,
		    "it sent \"%s\" for another generation",
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
		on_reopened(worker);
		break;
	case IPC_MESSAGE_CRASHED:
		on_crashed(worker);
		break;
	case IPC_MESSAGE_WARNED:
		master_warning_on_warned(worker);
		break;
	case IPC_MESSAGE_DENIED:
		master_denied_on_denied(worker, message->value);
		break;
	case IPC_MESSAGE_ORPHANS:
		master_orphan_receive(worker, packet);
		break;
	case IPC_MESSAGE_ADOPTED:
		master_orphan_acknowledge(worker, message->value);
		break;
	case IPC_MESSAGE_PAUSED:
		on_paused(worker, message->value);
		break;
	case IPC_MESSAGE_PROBED:
		on_probed(worker, message->value);
		break;
	default:
		break;
	}
}

/* True when there may be more. */
static bool
take_one(struct master_worker *worker)
{
	struct ipc_packet *packet = worker->cohort->master->packet;
	struct error error;

	switch (ipc_channel_receive(
	    worker->channel_fd, IPC_SIDE_MASTER, packet, &error)) {
	case IPC_RECEIVED_MESSAGE:
		if (error.kind != ERROR_NONE)
			log_warn("worker %u (pid %d): %s", worker->slot,
			    (int)worker->pid, error.text);
		on_message(worker, packet);
		ipc_packet_close(packet);
		return worker->channel_fd != -1;
	case IPC_RECEIVED_NONSENSE:
		master_channel_note_nonsense(worker, "%s", error.text);
		return true;
	case IPC_RECEIVED_END:
		/* Its exit is what counts, and SIGCHLD tells of that. */
		master_channel_stop(worker);
		master_wait_review(worker->cohort->master);
		return false;
	case IPC_RECEIVED_NOTHING:
		return false;
	}
	return false;
}

/* Another image's workers may speak otherwise: they are only told. */
static bool
is_understood(const struct master_worker *worker)
{
	return worker->layout == IPC_LAYOUT;
}

/* It waits with what it hands over; of one that ends nothing can wait. */
static bool
must_wait(struct master_worker *worker)
{
	struct master *master = worker->cohort->master;

	if (worker->has_ended || worker->state == MASTER_WORKER_CRASHED ||
	    (worker->retire == 0 && worker->shedding == 0) ||
	    !master_orphan_is_full(master))
		return false;
	if (!worker->is_held) {
		event_del(&worker->channel);
		worker->is_held = true;
		master->held_count++;
	}
	return true;
}

static void
take(struct master_worker *worker, unsigned most)
{
	unsigned count;

	for (count = 0; count < most; count++)
		if (worker->channel_fd == -1 || !is_understood(worker) ||
		    must_wait(worker) || !take_one(worker))
			return;
}

static void
release(struct master_worker *worker)
{
	if (!worker->is_held)
		return;
	worker->is_held = false;
	worker->cohort->master->held_count--;
	if (worker->channel_fd != -1 && event_add(&worker->channel, NULL) == -1)
		panic(
		    "worker %u: event_add of its channel failed", worker->slot);
}

void
master_channel_release(struct master *master)
{
	struct list_link *cohorts, *link;
	struct master_cohort *cohort;

	if (master->held_count == 0 || master_orphan_is_full(master))
		return;
	LIST_FOREACH (cohorts, &master->cohorts) {
		cohort = LIST_OBJECT(cohorts, struct master_cohort, link);
		LIST_FOREACH (link, &cohort->workers)
			release(LIST_OBJECT(link, struct master_worker, link));
	}
}

void
master_channel_drain(struct master_worker *worker)
{
	take(worker, MESSAGES_LEFT_MAX);
}

static void
on_channel(evutil_socket_t fd, short events, void *context)
{
	struct master_worker *worker;

	OBJECT_CAST(worker, context, MASTER_WORKER_MAGIC);
	take(worker, MESSAGES_AT_ONCE);
}

int
master_channel_start(struct master_worker *worker, struct error *error)
{
	event_assign(&worker->channel, worker->cohort->master->base,
	    worker->channel_fd, EV_READ | EV_PERSIST, on_channel, worker);
	if (is_understood(worker) && event_add(&worker->channel, NULL) == -1)
		return error_set(error, ERROR_SYSTEM,
		    "cannot watch the channel of worker %u", worker->slot);
	return 0;
}

void
master_channel_stop(struct master_worker *worker)
{
	if (worker->channel_fd == -1)
		return;
	if (worker->is_held)
		worker->cohort->master->held_count--;
	worker->is_held = false;
	event_del(&worker->channel);
	fd_close(&worker->channel_fd);
}

/* It is dead already, and SIGCHLD will tell of that. */
static bool
has_gone(const struct error *error)
{
	return error->number == EPIPE || error->number == ECONNRESET;
}

enum sent {
	SENT,
	SENT_TO_NOBODY, /* it is dead, or as good as that */
	NOT_SENT
};

static enum sent
send_message(struct master_worker *worker, struct ipc_message *message,
    const int *descriptors, size_t count)
{
	struct error error;

	if (worker->channel_fd == -1)
		return SENT_TO_NOBODY;
	message->layout = worker->layout;
	message->generation = worker->generation;
	if (ipc_channel_send(
		worker->channel_fd, message, descriptors, count, &error) == 0)
		return SENT;
	if (has_gone(&error))
		return SENT_TO_NOBODY;
	log_warn("worker %u (pid %d): %s", worker->slot, (int)worker->pid,
	    error.text);
	return NOT_SENT;
}

bool
master_channel_tell(
    struct master_worker *worker, enum ipc_message_type type, uint64_t value)
{
	struct ipc_message message = { .type = type, .value = value };

	return send_message(worker, &message, NULL, 0) != NOT_SENT;
}

bool
master_channel_give(
    struct master_worker *worker, enum ipc_message_type type, int fd)
{
	struct ipc_message message = { .type = type };

	return send_message(worker, &message, &fd, 1) == SENT;
}

bool
master_channel_tell_logs(
    struct master_worker *worker, const struct master_logs *logs)
{
	struct ipc_message message = { .type = IPC_MESSAGE_LOGS };
	int descriptors[2];
	size_t count = 0;
	enum sent sent;

	if (logs->error_log != -1) {
		message.value |= IPC_LOGS_ERROR;
		descriptors[count++] = logs->error_log;
	}
	if (logs->access_log != -1) {
		message.value |= IPC_LOGS_ACCESS;
		descriptors[count++] = logs->access_log;
	}
	if (count == 0)
		return true;
	sent = send_message(worker, &message, descriptors, count);
	if (sent == SENT)
		worker->reopening++;
	return sent != NOT_SENT;
}
