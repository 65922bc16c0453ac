/* SPDX-License-Identifier: ISC */
/*
 * A message is one packet, so its descriptors cannot come apart from it.
 * What a worker may send is bounded here, since its memory may be corrupt;
 * what the master sends is checked just the same.
 */
#include "ipc/ipc_channel.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/base_fd.h"
#include "ipc/ipc_scoreboard.h"

static const struct form {
	const char *name;
	enum ipc_side from;
	size_t descriptors;
	bool has_handover;
} forms[] = {
#define IPC_MESSAGE(name, number, words, from, descriptors, has_handover) \
	[number] = { words, IPC_SIDE_##from, descriptors, has_handover },
#include "ipc/ipc_message.tbl"
#undef IPC_MESSAGE
};

#define IPC_MESSAGE(name, number, words, from, descriptors, has_handover) \
	_Static_assert((descriptors) <= IPC_DESCRIPTORS_MAX, words);
#include "ipc/ipc_message.tbl"
#undef IPC_MESSAGE

/* Room for one descriptor more than allowed, so that it is seen. */
#define ROOM (IPC_DESCRIPTORS_MAX + 1)

/* sendmsg(2) and recvmsg(2) want it aligned as a cmsghdr. */
union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(ROOM * sizeof(int))];
};

static const struct form *
find_form(uint32_t type)
{
	if (type >= sizeof(forms) / sizeof(forms[0]) ||
	    forms[type].name == NULL)
		return NULL;
	return &forms[type];
}

const char *
ipc_message_name(uint32_t type)
{
	const struct form *form = find_form(type);

	return form == NULL ? "unknown" : form->name;
}

int
ipc_channel_open(int *master_r, int *worker_r, struct error *error)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
		0, ends) == -1)
		return error_set_errno(error, "channel: socketpair");
	*master_r = ends[0];
	*worker_r = ends[1];
	return 0;
}

static void
attach_descriptors(struct msghdr *header, union control *control,
    const int *descriptors, size_t count)
{
	struct cmsghdr *part;

	header->msg_control = control;
	header->msg_controllen = CMSG_SPACE(count * sizeof(int));
	part = CMSG_FIRSTHDR(header);
	part->cmsg_level = SOL_SOCKET;
	part->cmsg_type = SCM_RIGHTS;
	part->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(part), descriptors, count * sizeof(int));
}

static int
try_parts(int fd, struct iovec *parts, size_t part_count,
    const int *descriptors, size_t count)
{
	struct msghdr header = { .msg_iov = parts, .msg_iovlen = part_count };
	union control control = { .room = { 0 } };

	if (count > IPC_DESCRIPTORS_MAX) {
		errno = EINVAL;
		return -1;
	}
	if (count > 0)
		attach_descriptors(&header, &control, descriptors, count);
	return sendmsg(fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT) == -1 ? -1 : 0;
}

int
ipc_channel_try(int fd, const struct ipc_message *message)
{
	struct iovec part = { (void *)(uintptr_t)message, sizeof(*message) };

	return try_parts(fd, &part, 1, NULL, 0);
}

int
ipc_channel_try_packet(int fd, const struct ipc_packet *packet)
{
	const struct ipc_handover *handover = &packet->handover;
	struct iovec parts[3] = {
		{ (void *)(uintptr_t)&packet->message,
		    sizeof(packet->message) },
		{ (void *)(uintptr_t)handover,
		    IPC_HANDOVER_SIZE(handover->count) },
		{ (void *)(uintptr_t)packet->input, handover->input_size },
	};

	return try_parts(
	    fd, parts, 3, packet->descriptors, packet->descriptor_count);
}

/* In words. */
static int
fail_to_send(const struct ipc_message *message, struct error *error)
{
	return error_set_errno(
	    error, "channel: sending \"%s\"", ipc_message_name(message->type));
}

int
ipc_channel_send(int fd, const struct ipc_message *message,
    const int *descriptors, size_t count, struct error *error)
{
	struct iovec part = { (void *)(uintptr_t)message, sizeof(*message) };
	int result;

	do
		result = try_parts(fd, &part, 1, descriptors, count);
	while (result == -1 && errno == EINTR);
	return result == 0 ? 0 : fail_to_send(message, error);
}

int
ipc_channel_send_packet(
    int fd, const struct ipc_packet *packet, struct error *error)
{
	int result;

	do
		result = ipc_channel_try_packet(fd, packet);
	while (result == -1 && errno == EINTR);
	return result == 0 ? 0 : fail_to_send(&packet->message, error);
}

/* ---- receiving ---- */

/* A close(2) of a socket with SO_LINGER waits for its queue. */
static void
close_theirs(int *fd)
{
	const struct linger none = { .l_onoff = 0 };

	setsockopt(*fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	fd_close(fd);
}

/* One descriptor more than allowed is closed, and seen. */
static size_t
take_part(struct ipc_packet *packet, const struct cmsghdr *part)
{
	size_t i, count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	int fd;

	for (i = 0; i < count; i++) {
		memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof(fd));
		if (packet->descriptor_count < IPC_DESCRIPTORS_MAX)
			packet->descriptors[packet->descriptor_count++] = fd;
		else
			close_theirs(&fd);
	}
	return count;
}

/* Returns how many came. */
static size_t
take_descriptors(struct ipc_packet *packet, struct msghdr *header)
{
	struct cmsghdr *part;
	size_t count = 0;

	packet->descriptor_count = 0;
	for (part = CMSG_FIRSTHDR(header); part != NULL;
	     part = CMSG_NXTHDR(header, part))
		if (part->cmsg_level == SOL_SOCKET &&
		    part->cmsg_type == SCM_RIGHTS)
			count += take_part(packet, part);
	return count;
}

void
ipc_packet_close(struct ipc_packet *packet)
{
	int *fd;

	while (packet->descriptor_count > 0) {
		fd = &packet->descriptors[--packet->descriptor_count];
		if (*fd != -1)
			close_theirs(fd);
	}
}

/* An empty packet looks like the end, but the end stays.  Where it cannot be
 * known, as no descriptors at all are allowed, nobody sends empty ones. */
static bool
is_hung_up(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLRDHUP };
	int count = poll(&poll_fd, 1, 0);

	return count == -1 ||
	    (count == 1 &&
		(poll_fd.revents & (POLLHUP | POLLRDHUP | POLLERR)) != 0);
}

/*
 * recvmsg(2).  ECONNRESET comes once when the other side went without
 * reading everything; what it sent itself is still to be had.
 */
static ssize_t
receive(int fd, struct msghdr *header)
{
	ssize_t size;

	do
		size = recvmsg(fd, header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (size == -1 && (errno == EINTR || errno == ECONNRESET));
	return size;
}

static int
refuse(struct error *error, const struct form *form, const char *what)
{
	return error_set(
	    error, ERROR_RUNTIME, "channel: \"%s\" %s", form->name, what);
}

/* Is it a message of its form that the side may be sent? */
static int
check_message(const struct ipc_message *message, enum ipc_side side,
    const struct form **form_r, struct error *error)
{
	const struct form *form;

	if (message->layout != IPC_LAYOUT)
		return error_set(error, ERROR_RUNTIME,
		    "channel: a message of layout %u instead of %u",
		    message->layout, IPC_LAYOUT);
	form = find_form(message->type);
	if (form == NULL)
		return error_set(error, ERROR_RUNTIME,
		    "channel: a message of unknown type %u", message->type);
	if (form->from == side)
		return refuse(error, form, "from the wrong side");
	if (memchr(message->text, '\0', sizeof(message->text)) == NULL)
		return refuse(error, form, "with an unterminated text");
	*form_r = form;
	return 0;
}

/* The bytes of input come behind the last record that is used. */
static int
move_input(struct ipc_packet *packet, size_t size)
{
	struct ipc_handover *handover = &packet->handover;
	size_t records = IPC_HANDOVER_SIZE(handover->count);
	uint64_t total = 0;
	uint32_t i;

	if (size != records + handover->input_size)
		return -1;
	for (i = 0; i < handover->count; i++) {
		if (handover->orphans[i].input_size > IPC_ORPHAN_INPUT_MAX)
			return -1;
		total += handover->orphans[i].input_size;
	}
	if (total != handover->input_size)
		return -1;
	memmove(packet->input, (const char *)handover + records,
	    handover->input_size);
	return 0;
}

/* size: of what stands behind the message. */
static int
check_handover(struct ipc_packet *packet, size_t size, const struct form *form,
    struct error *error)
{
	struct ipc_handover *handover = &packet->handover;

	if (!form->has_handover) {
		handover->count = handover->input_size = 0;
		return size == 0 ? 0 : refuse(error, form, "of a wrong size");
	}
	if (size < IPC_HANDOVER_SIZE(0) || handover->count > IPC_ORPHANS_MAX ||
	    handover->input_size > IPC_INPUT_MAX ||
	    size < IPC_HANDOVER_SIZE(handover->count) ||
	    move_input(packet, size) == -1)
		return refuse(error, form, "of a wrong size");
	return 0;
}

/* This process had no room for all of the descriptors. */
static void
drop_lost(struct ipc_packet *packet, struct error *error)
{
	struct ipc_handover *handover = &packet->handover;

	error_set(error, ERROR_SYSTEM,
	    "channel: no descriptors left for %zu of %u connections",
	    handover->count - packet->descriptor_count, handover->count);
	while (handover->count > packet->descriptor_count)
		handover->input_size -=
		    handover->orphans[--handover->count].input_size;
}

static int
check_descriptors(struct ipc_packet *packet, size_t came, int flags,
    const struct form *form, struct error *error)
{
	size_t count = packet->descriptor_count;

	if (came > form->descriptors)
		return refuse(error, form, "with too many descriptors");
	if (form->has_handover) {
		if (count > packet->handover.count)
			return refuse(error, form, "with too many descriptors");
		if (count < packet->handover.count) {
			if ((flags & MSG_CTRUNC) == 0)
				return refuse(
				    error, form, "with too few descriptors");
			drop_lost(packet, error);
		}
	} else if ((flags & MSG_CTRUNC) != 0) {
		return refuse(error, form, "with descriptors that did not fit");
	}
	return 0;
}

static int
check(struct ipc_packet *packet, size_t size, size_t came, int flags,
    enum ipc_side side, struct error *error)
{
	const struct form *form = NULL;

	if (size < sizeof(packet->message) || (flags & MSG_TRUNC) != 0)
		return error_set(
		    error, ERROR_RUNTIME, "channel: a message of a wrong size");
	if (check_message(&packet->message, side, &form, error) == -1 ||
	    check_handover(
		packet, size - sizeof(packet->message), form, error) == -1)
		return -1;
	return check_descriptors(packet, came, flags, form, error);
}

/* Contiguous: handover and input are what stands behind the message. */
_Static_assert(offsetof(struct ipc_packet, input) ==
	offsetof(struct ipc_packet, handover) + sizeof(struct ipc_handover),
    "a handover's input lies behind its records");

enum ipc_received
ipc_channel_receive(int fd, enum ipc_side side, struct ipc_packet *packet_r,
    struct error *error)
{
	struct iovec parts[2] = {
		{ &packet_r->message, sizeof(packet_r->message) },
		{ &packet_r->handover,
		    sizeof(packet_r->handover) + sizeof(packet_r->input) },
	};
	union control control = { .room = { 0 } };
	struct msghdr header = {
		.msg_iov = parts,
		.msg_iovlen = 2,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t size;
	size_t came;

	error_clear(error);
	packet_r->descriptor_count = 0;
	size = receive(fd, &header);
	if (size == -1) {
		if (errno == EAGAIN)
			return IPC_RECEIVED_NOTHING;
		error_set_errno(error, "channel: recvmsg");
		return IPC_RECEIVED_NONSENSE;
	}
	came = take_descriptors(packet_r, &header);
	if (size == 0 && came == 0 && is_hung_up(fd))
		return IPC_RECEIVED_END;
	if (check(packet_r, (size_t)size, came, header.msg_flags, side,
		error) == -1) {
		ipc_packet_close(packet_r);
		return IPC_RECEIVED_NONSENSE;
	}
	return IPC_RECEIVED_MESSAGE;
}
