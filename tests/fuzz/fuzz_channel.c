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
#define INPUT_SIZE      32u
#define HANDOVER_AT     (sizeof(struct ipc_message) - 8)

enum flag {
	FLAG_WELL_FORMED = 1, /* a message, but for the bytes given */
	FLAG_WHOLE = 2,       /* of a message's size */
	FLAG_CREDENTIALS = 4, /* other luggage along */
	/* the next three bits: descriptors */
	FLAG_HANDOVER = 64 /* with one that is right, but for the bytes */
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

/*
 * A message with a handover of as many orphans as descriptors, each with
 * some input, over which bytes are laid.
 */
static void
send_handover(int fd, const uint8_t *bytes, size_t size, unsigned flags)
{
	static struct ipc_packet packet;
	size_t i, count = flags >> 3 & 7, whole;
	static uint8_t wire[2 * PACKET_MAX];

	memset(&packet, 0, sizeof(packet));
	memset(wire, 0, sizeof(wire));
	packet.message.layout = IPC_LAYOUT;
	packet.message.type =
	    (flags & FLAG_WHOLE) != 0 ? IPC_MESSAGE_ORPHANS : IPC_MESSAGE_ADOPT;
	packet.handover.count = (uint32_t)count;
	packet.handover.input_size = (uint32_t)(count * INPUT_SIZE);
	for (i = 0; i < count; i++)
		packet.handover.orphans[i].input_size = INPUT_SIZE;
	memcpy(wire, &packet.message, sizeof(packet.message));
	memcpy(wire + sizeof(packet.message), &packet.handover,
	    IPC_HANDOVER_SIZE(count));
	whole = sizeof(packet.message) + IPC_HANDOVER_SIZE(count) +
	    count * INPUT_SIZE;
	if (size > 0 && size <= sizeof(wire) - HANDOVER_AT)
		memcpy(wire + HANDOVER_AT, bytes, size);
	send_packet(fd, wire, whole, flags);
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
	if ((flags & FLAG_HANDOVER) != 0) {
		send_handover(fd, bytes, size, flags);
		return;
	}
	if ((flags & (FLAG_WELL_FORMED | FLAG_WHOLE)) == 0) {
		send_packet(fd, bytes, size, flags);
		return;
	}
	if (size > sizeof(message))
		size = sizeof(message);
	memcpy(&message, bytes, size);
	if ((flags & FLAG_WELL_FORMED) != 0) {
		message.layout = IPC_LAYOUT;
		message.type %= 19;
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
	case IPC_MESSAGE_CRASHED:
	case IPC_MESSAGE_WARNED:
	case IPC_MESSAGE_ORPHANS:
	case IPC_MESSAGE_ADOPTED:
	case IPC_MESSAGE_PROBED:
	case IPC_MESSAGE_PAUSED:
	case IPC_MESSAGE_DENIED:
		return side == IPC_SIDE_WORKER;
	case IPC_MESSAGE_SERVE:
	case IPC_MESSAGE_RETIRE:
	case IPC_MESSAGE_LOGS:
	case IPC_MESSAGE_ADOPT:
	case IPC_MESSAGE_CHECK:
	case IPC_MESSAGE_FORGET:
	case IPC_MESSAGE_SHED:
	case IPC_MESSAGE_PAUSE:
		return side == IPC_SIDE_MASTER;
	}
	return false;
}

/* At most, of one without a handover. */
static size_t
descriptors_of(uint32_t type)
{
	switch (type) {
	case IPC_MESSAGE_LOGS:
		return 2;
	case IPC_MESSAGE_CHECK:
		return 1;
	default:
		return 0;
	}
}

/* One byte of each of its parts is read, too. */
static void
check_handover(const struct ipc_packet *packet)
{
	const struct ipc_handover *handover = &packet->handover;
	const struct ipc_orphan *orphan;
	size_t i, total = 0;

	FUZZ_CHECK(handover->count <= IPC_ORPHANS_MAX);
	FUZZ_CHECK(handover->count == packet->descriptor_count);
	for (i = 0; i < handover->count; i++) {
		orphan = &handover->orphans[i];
		FUZZ_CHECK(orphan->input_size <= IPC_ORPHAN_INPUT_MAX);
		total += orphan->input_size;
	}
	FUZZ_CHECK(total == handover->input_size);
	FUZZ_CHECK(total <= sizeof(packet->input));
}

static void
check_packet(const struct ipc_packet *packet, enum ipc_side side)
{
	const struct ipc_message *message = &packet->message;
	size_t i;

	FUZZ_CHECK(message->layout == IPC_LAYOUT);
	FUZZ_CHECK(is_from(message->type,
	    side == IPC_SIDE_MASTER ? IPC_SIDE_WORKER : IPC_SIDE_MASTER));
	FUZZ_CHECK(memchr(message->text, '\0', sizeof(message->text)) != NULL);
	FUZZ_CHECK(ipc_message_name(message->type) != NULL);
	if (message->type == IPC_MESSAGE_ORPHANS ||
	    message->type == IPC_MESSAGE_ADOPT)
		check_handover(packet);
	else
		FUZZ_CHECK(packet->handover.count == 0 &&
		    packet->descriptor_count <= descriptors_of(message->type));
	for (i = 0; i < packet->descriptor_count; i++)
		FUZZ_CHECK(
		    (fcntl(packet->descriptors[i], F_GETFD) & FD_CLOEXEC) != 0);
}

/* Returns what ended it. */
static enum ipc_received
receive_all(int fd, enum ipc_side side)
{
	static struct ipc_packet packet;
	struct error error = { .text = "" };
	enum ipc_received received;
	unsigned count = 0;

	for (;;) {
		FUZZ_CHECK(count++ <= PACKETS_MAX);
		received = ipc_channel_receive(fd, side, &packet, &error);
		if (received == IPC_RECEIVED_MESSAGE)
			check_packet(&packet, side);
		else if (received == IPC_RECEIVED_NONSENSE)
			FUZZ_CHECK(error.text[0] != '\0');
		else
			return received;
		ipc_packet_close(&packet);
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
