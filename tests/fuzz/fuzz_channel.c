/* SPDX-License-Identifier: ISC */
/*
 * What the other side of a channel may send: packets of any size, with any
 * number of descriptors, some of them nearly messages.  Whatever comes, what
 * is received as a message is one, and no descriptor is left open.
 *
 * Input: a byte with the receiving side, then packets: a byte of flags, two
 * of the size, and the bytes.
 */
#include "fuzz.h"

#include <sys/socket.h>

#include <fcntl.h>
#include <unistd.h>

#include "ipc/ipc_channel.h"
#include "ipc/ipc_scoreboard.h"

#define DESCRIPTORS_MAX 7
#define PACKETS_MAX     8
#define PACKET_MAX      4096

enum flag {
	FLAG_WELL_FORMED = 1, /* a message, but for the bytes given */
	FLAG_WHOLE = 2,       /* of a message's size */
	FLAG_CREDENTIALS = 4  /* other luggage along */
			      /* the next three bits: descriptors */
};

const char *const fuzz_corpora[] = { "tests/fuzz/corpus-channel", NULL };

struct source {
	const uint8_t *data;
	size_t size;
};

static uint8_t
take_byte(struct source *source)
{
	if (source->size == 0)
		return 0;
	source->size--;
	return *source->data++;
}

static const uint8_t *
take_bytes(struct source *source, size_t *size)
{
	const uint8_t *bytes = source->data;

	if (*size > source->size)
		*size = source->size;
	source->data += *size;
	source->size -= *size;
	return bytes;
}

/* Descriptors that one input may have open at once are among these. */
static unsigned
count_open(void)
{
	unsigned count = 0;
	int fd;

	for (fd = 0; fd < 64; fd++)
		count += fcntl(fd, F_GETFD) != -1;
	return count;
}

union control {
	char room[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int)) +
	    CMSG_SPACE(sizeof(struct ucred))];
	struct cmsghdr aligned;
};

static void
add_part(struct msghdr *header, int type, const void *data, size_t size)
{
	struct cmsghdr *part;

	part = (struct cmsghdr *)((char *)header->msg_control +
	    header->msg_controllen);
	part->cmsg_level = SOL_SOCKET;
	part->cmsg_type = type;
	part->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(part), data, size);
	header->msg_controllen += CMSG_SPACE(size);
}

static void
send_packet(int fd, const void *data, size_t size, unsigned flags)
{
	const int descriptors[DESCRIPTORS_MAX] = { 2, 2, 2, 2, 2, 2, 2 };
	const struct ucred credentials = { getpid(), getuid(), getgid() };
	size_t count = flags >> 3 & 7;
	union control control = { .room = { 0 } };
	struct iovec bytes = { (void *)(uintptr_t)data, size };
	struct msghdr header = {
		.msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = &control,
	};

	if ((flags & FLAG_CREDENTIALS) != 0)
		add_part(&header, SCM_CREDENTIALS, &credentials,
		    sizeof(credentials));
	if (count > 0)
		add_part(&header, SCM_RIGHTS, descriptors,
		    count * sizeof(*descriptors));
	if (header.msg_controllen == 0)
		header.msg_control = NULL;
	FUZZ_CHECK(
	    sendmsg(fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)size);
}

static void
send_next(int fd, struct source *source)
{
	unsigned flags = take_byte(source);
	struct ipc_message message = { .layout = 0 };
	size_t size = take_byte(source);
	const uint8_t *bytes;

	size |= (size_t)take_byte(source) << 8;
	size %= PACKET_MAX;
	bytes = take_bytes(source, &size);
	if ((flags & (FLAG_WELL_FORMED | FLAG_WHOLE)) == 0) {
		send_packet(fd, bytes, size, flags);
		return;
	}
	if (size > sizeof(message))
		size = sizeof(message);
	memcpy(&message, bytes, size);
	if ((flags & FLAG_WELL_FORMED) != 0) {
		message.layout = IPC_LAYOUT;
		message.type %= 8;
		message.text[sizeof(message.text) - 1] = '\0';
	}
	send_packet(fd, &message, sizeof(message), flags);
}

static bool
is_from(uint32_t type, enum ipc_side side)
{
	switch (type) {
	case IPC_MESSAGE_READY:
	case IPC_MESSAGE_FAILED:
	case IPC_MESSAGE_REOPENED:
		return side == IPC_SIDE_WORKER;
	case IPC_MESSAGE_SERVE:
	case IPC_MESSAGE_RETIRE:
	case IPC_MESSAGE_LOGS:
		return side == IPC_SIDE_MASTER;
	}
	return false;
}

static void
check_message(const struct ipc_message *message, enum ipc_side side,
    const int *descriptors)
{
	FUZZ_CHECK(message->layout == IPC_LAYOUT);
	FUZZ_CHECK(is_from(message->type,
	    side == IPC_SIDE_MASTER ? IPC_SIDE_WORKER : IPC_SIDE_MASTER));
	FUZZ_CHECK(memchr(message->text, '\0', sizeof(message->text)) != NULL);
	FUZZ_CHECK(ipc_message_name(message->type) != NULL);
	FUZZ_CHECK(message->type == IPC_MESSAGE_LOGS || descriptors[0] == -1);
}

static void
close_descriptors(const int *descriptors)
{
	size_t i;

	for (i = 0; i < IPC_DESCRIPTORS_MAX; i++) {
		if (descriptors[i] == -1)
			continue;
		FUZZ_CHECK((fcntl(descriptors[i], F_GETFD) & FD_CLOEXEC) != 0);
		close(descriptors[i]);
	}
}

/* Returns what ended it. */
static enum ipc_received
receive_all(int fd, enum ipc_side side)
{
	int descriptors[IPC_DESCRIPTORS_MAX];
	struct ipc_message message;
	struct error error = { .text = "" };
	enum ipc_received received;
	unsigned count = 0;

	for (;;) {
		FUZZ_CHECK(count++ <= PACKETS_MAX);
		received = ipc_channel_receive(
		    fd, side, &message, descriptors, &error);
		if (received == IPC_RECEIVED_MESSAGE)
			check_message(&message, side, descriptors);
		else if (received == IPC_RECEIVED_NONSENSE)
			FUZZ_CHECK(error.text[0] != '\0');
		else
			return received;
		if (received == IPC_RECEIVED_MESSAGE)
			close_descriptors(descriptors);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct source source = { data, size };
	enum ipc_side side =
	    take_byte(&source) % 2 == 0 ? IPC_SIDE_MASTER : IPC_SIDE_WORKER;
	unsigned i, before = count_open();
	int near, far;
	struct error error;

	FUZZ_CHECK(ipc_channel_open(&near, &far, &error) == 0);
	for (i = 0; i < PACKETS_MAX && source.size > 0; i++)
		send_next(far, &source);
	FUZZ_CHECK(receive_all(near, side) == IPC_RECEIVED_NOTHING);
	close(far);
	FUZZ_CHECK(receive_all(near, side) == IPC_RECEIVED_END);
	close(near);
	FUZZ_CHECK(count_open() == before);
	return 0;
}
