/* SPDX-License-Identifier: ISC */
/*
 * A message is one packet, so its descriptors cannot come apart from it.
 * What a worker may send is bounded here, since its memory may be corrupt;
 * what the master sends is checked just the same.
 */
#include "ipc/ipc_channel.h"

#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>

#include "base/base_fd.h"
#include "base/base_panic.h"
#include "ipc/ipc_scoreboard.h"

static const struct form {
	const char *name;
	enum ipc_side from;
	size_t descriptors;
} forms[] = {
#define IPC_MESSAGE(name, number, words, from, descriptors) \
	[number] = { words, IPC_SIDE_##from, descriptors },
#include "ipc/ipc_message.tbl"
#undef IPC_MESSAGE
};

#define IPC_MESSAGE(name, number, words, from, descriptors) \
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

int
ipc_channel_send(int fd, const struct ipc_message *message,
    const int *descriptors, size_t count, struct error *error)
{
	struct ipc_message copy = *message;
	struct iovec bytes = { &copy, sizeof(copy) };
	struct msghdr header = { .msg_iov = &bytes, .msg_iovlen = 1 };
	union control control = { .room = { 0 } };
	ssize_t size;

	if (count > IPC_DESCRIPTORS_MAX)
		panic("%zu descriptors in a message", count);
	if (count > 0)
		attach_descriptors(&header, &control, descriptors, count);
	do
		size = sendmsg(fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (size == -1 && errno == EINTR);
	if (size == -1)
		return error_set_errno(error, "channel: sending \"%s\"",
		    ipc_message_name(message->type));
	return 0;
}

/* What a packet brought along. */
struct luggage {
	int descriptors[ROOM];
	size_t count;
};

static void
luggage_add(struct luggage *luggage, const struct cmsghdr *part)
{
	size_t i, count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	int fd;

	for (i = 0; i < count; i++) {
		memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof(fd));
		if (luggage->count < ROOM)
			luggage->descriptors[luggage->count++] = fd;
		else
			fd_close(&fd);
	}
}

static void
luggage_take(struct luggage *luggage, struct msghdr *header)
{
	struct cmsghdr *part;

	luggage->count = 0;
	for (part = CMSG_FIRSTHDR(header); part != NULL;
	     part = CMSG_NXTHDR(header, part))
		if (part->cmsg_level == SOL_SOCKET &&
		    part->cmsg_type == SCM_RIGHTS)
			luggage_add(luggage, part);
}

static void
luggage_close(struct luggage *luggage)
{
	while (luggage->count > 0)
		fd_close(&luggage->descriptors[--luggage->count]);
}

/* An empty packet looks like the end, but the end stays. */
static bool
is_hung_up(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLRDHUP };

	return poll(&poll_fd, 1, 0) == 1 &&
	    (poll_fd.revents & (POLLHUP | POLLRDHUP | POLLERR)) != 0;
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

/* Is that a message the side may be sent?  Says what is wrong with it. */
static int
check(ssize_t size, int flags, enum ipc_side side,
    const struct ipc_message *message, size_t descriptors, struct error *error)
{
	const struct form *form;

	if (size != sizeof(*message) || (flags & MSG_TRUNC) != 0)
		return error_set(
		    error, ERROR_RUNTIME, "channel: a message of a wrong size");
	if (message->layout != IPC_LAYOUT)
		return error_set(error, ERROR_RUNTIME,
		    "channel: a message of layout %u instead of %u",
		    message->layout, IPC_LAYOUT);
	form = find_form(message->type);
	if (form == NULL)
		return error_set(error, ERROR_RUNTIME,
		    "channel: a message of unknown type %u", message->type);
	if (form->from == side)
		return error_set(error, ERROR_RUNTIME,
		    "channel: \"%s\" from the wrong side", form->name);
	if (memchr(message->text, '\0', sizeof(message->text)) == NULL)
		return error_set(error, ERROR_RUNTIME,
		    "channel: \"%s\" with an unterminated text", form->name);
	if ((flags & MSG_CTRUNC) != 0)
		return error_set(error, ERROR_RUNTIME,
		    "channel: \"%s\" with descriptors that did not fit",
		    form->name);
	if (descriptors > form->descriptors)
		return error_set(error, ERROR_RUNTIME,
		    "channel: \"%s\" with too many descriptors", form->name);
	return 0;
}

enum ipc_received
ipc_channel_receive(int fd, enum ipc_side side, struct ipc_message *message_r,
    int descriptors_r[IPC_DESCRIPTORS_MAX], struct error *error)
{
	struct iovec bytes = { message_r, sizeof(*message_r) };
	union control control = { .room = { 0 } };
	struct msghdr header = {
		.msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct luggage luggage;
	ssize_t size;
	size_t i;

	for (i = 0; i < IPC_DESCRIPTORS_MAX; i++)
		descriptors_r[i] = -1;
	size = receive(fd, &header);
	if (size == -1) {
		if (errno == EAGAIN)
			return IPC_RECEIVED_NOTHING;
		error_set_errno(error, "channel: recvmsg");
		return IPC_RECEIVED_NONSENSE;
	}
	luggage_take(&luggage, &header);
	if (size == 0 && luggage.count == 0 && is_hung_up(fd))
		return IPC_RECEIVED_END;
	if (check(size, header.msg_flags, side, message_r, luggage.count,
		error) == -1) {
		luggage_close(&luggage);
		return IPC_RECEIVED_NONSENSE;
	}
	memcpy(descriptors_r, luggage.descriptors, luggage.count * sizeof(int));
	return IPC_RECEIVED_MESSAGE;
}
