/* SPDX-License-Identifier: ISC */
/*
 * The other side is not believed: each hostile packet is sent by hand, and
 * the one after it must still come through.
 */
#include <sys/resource.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/base_fd.h"
#include "ipc/ipc_channel.h"
#include "ipc/ipc_scoreboard.h"
#include "test_unit.h"

#define ROWS(table)  (int)(sizeof(table) / sizeof((table)[0]))
#define SENT_FDS_MAX 253 /* the kernel's own limit */

static struct error error;
static int master = -1, worker = -1;
static struct ipc_packet packet, sent_packet;

static void
open_channel(void)
{
	ck_assert_int_eq(ipc_channel_open(&master, &worker, &error), 0);
}

static void
close_channel(void)
{
	ipc_packet_close(&packet);
	fd_close(&master);
	fd_close(&worker);
}

static enum ipc_received
receive(int fd, enum ipc_side side)
{
	ipc_packet_close(&packet);
	return ipc_channel_receive(fd, side, &packet, &error);
}

/* How many descriptors are open. */
static int
count_open(void)
{
	int fd, count = 0;

	for (fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) != -1;
	return count;
}

static struct ipc_message
make(uint32_t type)
{
	struct ipc_message made = {
		.layout = IPC_LAYOUT,
		.type = type,
		.generation = 9,
		.value = 3,
		.text = "why",
	};

	return made;
}

/* All of the descriptors are standard input. */
static void
send_by_hand(int fd, const void *data, size_t size, size_t fd_count)
{
	struct iovec bytes = { (void *)(uintptr_t)data, size };
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(SENT_FDS_MAX * sizeof(int))];
	} control = { .room = { 0 } };
	struct msghdr header = { .msg_iov = &bytes, .msg_iovlen = 1 };
	int fds[SENT_FDS_MAX] = { STDIN_FILENO };

	ck_assert_uint_le(fd_count, SENT_FDS_MAX);
	if (fd_count > 0) {
		header.msg_control = &control;
		header.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(fd_count * sizeof(int));
		memcpy(CMSG_DATA(&control.header), fds, fd_count * sizeof(int));
	}
	ck_assert_int_eq(sendmsg(fd, &header, 0), (ssize_t)size);
}

START_TEST(ends_do_not_block_and_are_closed_on_exec)
{
	ck_assert_int_ne(fcntl(master, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_ne(fcntl(worker, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_ne(fcntl(master, F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_int_ne(fcntl(worker, F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_int_eq(
	    receive(master, IPC_SIDE_MASTER), IPC_RECEIVED_NOTHING);
	ck_assert_int_eq(
	    receive(worker, IPC_SIDE_WORKER), IPC_RECEIVED_NOTHING);
}
END_TEST

static const struct {
	uint32_t type;
	enum ipc_side to;
	const char *name;
	size_t most;
} messages[] = {
	{ IPC_MESSAGE_READY, IPC_SIDE_MASTER, "ready", 0 },
	{ IPC_MESSAGE_FAILED, IPC_SIDE_MASTER, "failed", 0 },
	{ IPC_MESSAGE_REOPENED, IPC_SIDE_MASTER, "reopened", 0 },
	{ IPC_MESSAGE_SERVE, IPC_SIDE_WORKER, "serve", 0 },
	{ IPC_MESSAGE_RETIRE, IPC_SIDE_WORKER, "retire", 0 },
	{ IPC_MESSAGE_LOGS, IPC_SIDE_WORKER, "logs", 2 },
	{ IPC_MESSAGE_CRASHED, IPC_SIDE_MASTER, "crashed", 0 },
	{ IPC_MESSAGE_WARNED, IPC_SIDE_MASTER, "warned", 0 },
	{ IPC_MESSAGE_ADOPTED, IPC_SIDE_MASTER, "adopted", 0 },
	{ IPC_MESSAGE_PROBED, IPC_SIDE_MASTER, "probed", 0 },
	{ IPC_MESSAGE_DENIED, IPC_SIDE_MASTER, "denied", 0 },
};

START_TEST(message_comes_as_it_was_sent)
{
	struct ipc_message sent = make(messages[_i].type);
	bool to_master = messages[_i].to == IPC_SIDE_MASTER;
	const int fds[] = { STDIN_FILENO, STDERR_FILENO };
	size_t i;

	ck_assert_str_eq(
	    ipc_message_name(messages[_i].type), messages[_i].name);
	ck_assert_int_eq(ipc_channel_send(to_master ? worker : master, &sent,
			     fds, messages[_i].most, &error),
	    0);
	ck_assert_int_eq(receive(to_master ? master : worker, messages[_i].to),
	    IPC_RECEIVED_MESSAGE);
	ck_assert_mem_eq(&packet.message, &sent, sizeof(sent));
	ck_assert_uint_eq(packet.handover.count, 0);
	ck_assert_uint_eq(packet.descriptor_count, messages[_i].most);
	for (i = 0; i < messages[_i].most; i++) {
		ck_assert_int_gt(packet.descriptors[i], 2);
		ck_assert_int_ne(
		    fcntl(packet.descriptors[i], F_GETFD) & FD_CLOEXEC, 0);
	}
}
END_TEST

START_TEST(wrong_side_is_refused)
{
	struct ipc_message sent = make(messages[_i].type);
	bool to_master = messages[_i].to == IPC_SIDE_MASTER;

	ck_assert_int_eq(ipc_channel_send(to_master ? master : worker, &sent,
			     NULL, 0, &error),
	    0);
	ck_assert_int_eq(to_master ? receive(worker, IPC_SIDE_WORKER) :
				     receive(master, IPC_SIDE_MASTER),
	    IPC_RECEIVED_NONSENSE);
	ck_assert_ptr_nonnull(strstr(error.text, "wrong side"));
}
END_TEST

/* What comes to a worker, by hand. */
static const struct {
	const char *name;
	uint32_t layout, type;
	size_t size;
	size_t fds;
	bool unterminated;
	const char *words; /* NULL: it is fine */
} packets[] = {
	{ "good", IPC_LAYOUT, IPC_MESSAGE_SERVE, sizeof(struct ipc_message), 0,
	    false, NULL },
	{ "good, with descriptors", IPC_LAYOUT, IPC_MESSAGE_LOGS,
	    sizeof(struct ipc_message), 2, false, NULL },
	{ "empty", IPC_LAYOUT, IPC_MESSAGE_SERVE, 0, 0, false, "wrong size" },
	{ "a byte", IPC_LAYOUT, IPC_MESSAGE_SERVE, 1, 0, false, "wrong size" },
	{ "short", IPC_LAYOUT, IPC_MESSAGE_SERVE,
	    sizeof(struct ipc_message) - 1, 0, false, "wrong size" },
	{ "long", IPC_LAYOUT, IPC_MESSAGE_SERVE, sizeof(struct ipc_message) + 1,
	    0, false, "wrong size" },
	{ "long, with descriptors", IPC_LAYOUT, IPC_MESSAGE_LOGS, 4000, 2,
	    false, "wrong size" },
	{ "empty, with descriptors", IPC_LAYOUT, IPC_MESSAGE_LOGS, 0, 2, false,
	    "wrong size" },
	{ "layout", IPC_LAYOUT + 1, IPC_MESSAGE_SERVE,
	    sizeof(struct ipc_message), 0, false, "layout 6 instead of 5" },
	{ "type 0", IPC_LAYOUT, 0, sizeof(struct ipc_message), 0, false,
	    "unknown type 0" },
	{ "type above", IPC_LAYOUT, IPC_MESSAGE_DENIED + 1,
	    sizeof(struct ipc_message), 0, false, "unknown type 19" },
	{ "type far above", IPC_LAYOUT, UINT32_MAX, sizeof(struct ipc_message),
	    0, false, "unknown type" },
	{ "text", IPC_LAYOUT, IPC_MESSAGE_SERVE, sizeof(struct ipc_message), 0,
	    true, "unterminated" },
	{ "one descriptor too many", IPC_LAYOUT, IPC_MESSAGE_SERVE,
	    sizeof(struct ipc_message), 1, false, "too many" },
	{ "three descriptors", IPC_LAYOUT, IPC_MESSAGE_LOGS,
	    sizeof(struct ipc_message), 3, false, "too many" },
	{ "many descriptors", IPC_LAYOUT, IPC_MESSAGE_LOGS,
	    sizeof(struct ipc_message), SENT_FDS_MAX, false, "too many" },
};

START_TEST(packet_is_judged)
{
	struct {
		struct ipc_message message;
		char more[4000];
	} sent = { .message = make(packets[_i].type) };
	struct ipc_message good = make(IPC_MESSAGE_SERVE);
	int before;

	sent.message.layout = packets[_i].layout;
	if (packets[_i].unterminated)
		memset(sent.message.text, 'x', sizeof(sent.message.text));
	before = count_open();
	send_by_hand(master, &sent, packets[_i].size, packets[_i].fds);
	if (packets[_i].words == NULL) {
		ck_assert_int_eq(
		    receive(worker, IPC_SIDE_WORKER), IPC_RECEIVED_MESSAGE);
		return;
	}
	ck_assert_msg(receive(worker, IPC_SIDE_WORKER) == IPC_RECEIVED_NONSENSE,
	    "%s", packets[_i].name);
	ck_assert_msg(strstr(error.text, packets[_i].words) != NULL, "%s: %s",
	    packets[_i].name, error.text);
	ck_assert_int_eq(count_open(), before);
	ck_assert_uint_eq(packet.descriptor_count, 0);
	ck_assert_int_eq(ipc_channel_send(master, &good, NULL, 0, &error), 0);
	ck_assert_int_eq(
	    receive(worker, IPC_SIDE_WORKER), IPC_RECEIVED_MESSAGE);
}
END_TEST

/* ---- handovers ---- */

/* As many orphans, each with as much input, in sent_packet. */
static void
make_handover(uint32_t count, uint32_t input_size)
{
	uint32_t i;

	memset(&sent_packet, 0, sizeof(sent_packet));
	sent_packet.message = make(IPC_MESSAGE_ORPHANS);
	for (i = 0; i < count; i++) {
		sent_packet.handover.orphans[i] = (struct ipc_orphan) {
			.listener = i + 1,
			.kind = IPC_ORPHAN_IDLE,
			.input_size = input_size,
			.peer = { NETWORK_IPV6, { [15] = 1 } },
		};
		memset(sent_packet.input + (size_t)i * input_size,
		    (int)('a' + i % 26), input_size);
		sent_packet.descriptors[i] = STDIN_FILENO;
	}
	sent_packet.handover.count = count;
	sent_packet.handover.input_size = count * input_size;
	sent_packet.descriptor_count = count;
}

static const struct {
	uint32_t count, input_size;
} handovers[] = {
	{ 0, 0 },
	{ 1, 0 },
	{ 1, 1 },
	{ 1, IPC_ORPHAN_INPUT_MAX },
	{ 3, 500 },
	{ IPC_INPUT_MAX / IPC_ORPHAN_INPUT_MAX, IPC_ORPHAN_INPUT_MAX },
	{ IPC_ORPHANS_MAX, 0 },
	{ IPC_ORPHANS_MAX, IPC_INPUT_MAX / IPC_ORPHANS_MAX },
};

START_TEST(handover_comes_as_it_was_sent)
{
	uint32_t count = handovers[_i].count;
	int before = count_open();

	make_handover(count, handovers[_i].input_size);
	ck_assert_msg(
	    ipc_channel_send_packet(worker, &sent_packet, &error) == 0, "%s",
	    error.text);
	ck_assert_int_eq(
	    receive(master, IPC_SIDE_MASTER), IPC_RECEIVED_MESSAGE);
	ck_assert_int_eq(error.kind, ERROR_NONE);
	ck_assert_mem_eq(
	    &packet.message, &sent_packet.message, sizeof(packet.message));
	ck_assert_mem_eq(
	    &packet.handover, &sent_packet.handover, IPC_HANDOVER_SIZE(count));
	ck_assert_mem_eq(
	    packet.input, sent_packet.input, sent_packet.handover.input_size);
	ck_assert_uint_eq(packet.descriptor_count, count);
	ck_assert_int_eq(count_open(), before + (int)count);
	ipc_packet_close(&packet);
	ck_assert_int_eq(count_open(), before);
}
END_TEST

START_TEST(adopt_comes_as_it_was_sent)
{
	make_handover(2, 10);
	sent_packet.message.type = IPC_MESSAGE_ADOPT;
	ck_assert_int_eq(
	    ipc_channel_send_packet(master, &sent_packet, &error), 0);
	ck_assert_int_eq(
	    receive(worker, IPC_SIDE_WORKER), IPC_RECEIVED_MESSAGE);
	ck_assert_uint_eq(packet.descriptor_count, 2);
	ck_assert_mem_eq(packet.input, "aaaaaaaaaabbbbbbbbbb", 20);
}
END_TEST

/* What was taken is not closed. */
START_TEST(taken_descriptors_stay_open)
{
	int taken;

	make_handover(2, 0);
	ck_assert_int_eq(
	    ipc_channel_send_packet(worker, &sent_packet, &error), 0);
	ck_assert_int_eq(
	    receive(master, IPC_SIDE_MASTER), IPC_RECEIVED_MESSAGE);
	taken = packet.descriptors[0];
	packet.descriptors[0] = -1;
	ipc_packet_close(&packet);
	ck_assert_int_ne(fcntl(taken, F_GETFD), -1);
	close(taken);
}
END_TEST

static size_t
whole_size(void)
{
	return sizeof(struct ipc_message) +
	    IPC_HANDOVER_SIZE(sent_packet.handover.count) +
	    sent_packet.handover.input_size;
}

/* Each spoils what lies in bytes, a whole message of 3 orphans with 100 bytes
 * each and 3 descriptors. */
struct wire {
	struct ipc_message message;
	struct ipc_handover handover;
	char more[IPC_INPUT_MAX + 64];
};

struct spoiled {
	size_t size, descriptors;
};

static void
spoil_none(struct wire *wire, struct spoiled *spoiled)
{
}
static void
spoil_message_alone(struct wire *wire, struct spoiled *spoiled)
{
	spoiled->size = sizeof(struct ipc_message);
}
static void
spoil_half_head(struct wire *wire, struct spoiled *spoiled)
{
	spoiled->size = sizeof(struct ipc_message) + 7;
}
static void
spoil_short(struct wire *wire, struct spoiled *spoiled)
{
	spoiled->size--;
}
static void
spoil_long(struct wire *wire, struct spoiled *spoiled)
{
	spoiled->size++;
}
static void
spoil_longest(struct wire *wire, struct spoiled *spoiled)
{
	spoiled->size = sizeof(*wire);
}
static void
spoil_count_less(struct wire *wire, struct spoiled *spoiled)
{
	wire->handover.count = 2;
}
static void
spoil_count_more(struct wire *wire, struct spoiled *spoiled)
{
	wire->handover.count = 4;
}
static void
spoil_count_above(struct wire *wire, struct spoiled *spoiled)
{
	wire->handover.count = IPC_ORPHANS_MAX + 1;
	spoiled->size = sizeof(*wire);
}
static void
spoil_count_wild(struct wire *wire, struct spoiled *spoiled)
{
	wire->handover.count = UINT32_MAX;
}
/* Its size overflows to what is there. */
static void
spoil_count_overflow(struct wire *wire, struct spoiled *spoiled)
{
	wire->handover.count = UINT32_MAX / sizeof(struct ipc_orphan) + 1;
}
static void
spoil_input_size(struct wire *wire, struct spoiled *spoiled)
{
	wire->handover.input_size--;
}
static void
spoil_input_wild(struct wire *wire, struct spoiled *spoiled)
{
	wire->handover.input_size = UINT32_MAX;
}
static void
spoil_input_of_one(struct wire *wire, struct spoiled *spoiled)
{
	wire->handover.orphans[1].input_size++;
}
/* The sum is right in 32 bits. */
static void
spoil_input_sum(struct wire *wire, struct spoiled *spoiled)
{
	wire->handover.orphans[0].input_size = UINT32_MAX;
	wire->handover.orphans[1].input_size = 201;
}
static void
spoil_input_too_much(struct wire *wire, struct spoiled *spoiled)
{
	uint32_t more = IPC_ORPHAN_INPUT_MAX + 1;

	wire->handover.orphans[0].input_size = more;
	wire->handover.input_size = more + 200;
	spoiled->size += more - 100;
}
static void
spoil_no_descriptors(struct wire *wire, struct spoiled *spoiled)
{
	spoiled->descriptors = 0;
}
static void
spoil_fewer_descriptors(struct wire *wire, struct spoiled *spoiled)
{
	spoiled->descriptors = 2;
}
static void
spoil_more_descriptors(struct wire *wire, struct spoiled *spoiled)
{
	spoiled->descriptors = 4;
}
static void
spoil_all_descriptors(struct wire *wire, struct spoiled *spoiled)
{
	spoiled->descriptors = SENT_FDS_MAX;
}
static void
spoil_side(struct wire *wire, struct spoiled *spoiled)
{
	wire->message.type = IPC_MESSAGE_ADOPT;
}
static void
spoil_type(struct wire *wire, struct spoiled *spoiled)
{
	wire->message.type = IPC_MESSAGE_READY;
}
static void
spoil_layout(struct wire *wire, struct spoiled *spoiled)
{
	wire->message.layout = 1;
}

static const struct {
	const char *words; /* NULL: it is fine */
	void (*spoil)(struct wire *wire, struct spoiled *spoiled);
} spoilers[] = {
	{ NULL, spoil_none },
	{ "wrong size", spoil_message_alone },
	{ "wrong size", spoil_half_head },
	{ "wrong size", spoil_short },
	{ "wrong size", spoil_long },
	{ "wrong size", spoil_longest },
	{ "wrong size", spoil_count_less },
	{ "wrong size", spoil_count_more },
	{ "wrong size", spoil_count_above },
	{ "wrong size", spoil_count_wild },
	{ "wrong size", spoil_count_overflow },
	{ "wrong size", spoil_input_size },
	{ "wrong size", spoil_input_wild },
	{ "wrong size", spoil_input_of_one },
	{ "wrong size", spoil_input_sum },
	{ "wrong size", spoil_input_too_much },
	{ "too few", spoil_no_descriptors },
	{ "too few", spoil_fewer_descriptors },
	{ "too many", spoil_more_descriptors },
	{ "too many", spoil_all_descriptors },
	{ "wrong side", spoil_side },
	{ "wrong size", spoil_type },
	{ "layout", spoil_layout },
};

START_TEST(handover_is_judged)
{
	static struct wire wire;
	struct ipc_handover *handover = &wire.handover;
	struct spoiled spoiled;
	int before = count_open();

	make_handover(3, 100);
	spoiled = (struct spoiled) { whole_size(), 3 };
	memset(&wire, 0, sizeof(wire));
	wire.message = sent_packet.message;
	memcpy(handover, &sent_packet.handover, IPC_HANDOVER_SIZE(3));
	memcpy(&handover->orphans[3], sent_packet.input, 300);
	spoilers[_i].spoil(&wire, &spoiled);
	send_by_hand(worker, &wire, spoiled.size, spoiled.descriptors);
	if (spoilers[_i].words == NULL) {
		ck_assert_int_eq(
		    receive(master, IPC_SIDE_MASTER), IPC_RECEIVED_MESSAGE);
		return;
	}
	ck_assert_int_eq(
	    receive(master, IPC_SIDE_MASTER), IPC_RECEIVED_NONSENSE);
	ck_assert_msg(
	    strstr(error.text, spoilers[_i].words) != NULL, "%s", error.text);
	ck_assert_uint_eq(packet.descriptor_count, 0);
	ck_assert_int_eq(count_open(), before);
	make_handover(1, 1);
	ck_assert_int_eq(
	    ipc_channel_send_packet(worker, &sent_packet, &error), 0);
	ck_assert_int_eq(
	    receive(master, IPC_SIDE_MASTER), IPC_RECEIVED_MESSAGE);
}
END_TEST

/* No descriptor from that many on. */
static void
limit_descriptors(rlim_t most)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = most;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* Fills whatever is free below. */
static rlim_t
first_free(void)
{
	int fd;

	do
		fd = dup(STDIN_FILENO);
	while (fd < 128);
	return (rlim_t)fd + 1;
}

START_TEST(orphans_that_lost_their_descriptors_are_dropped)
{
	rlim_t most = first_free();

	make_handover(5, 10);
	ck_assert_int_eq(
	    ipc_channel_send_packet(worker, &sent_packet, &error), 0);
	limit_descriptors(most + 2);
	ck_assert_int_eq(
	    receive(master, IPC_SIDE_MASTER), IPC_RECEIVED_MESSAGE);
	ck_assert_uint_eq(packet.descriptor_count, 2);
	ck_assert_uint_eq(packet.handover.count, 2);
	ck_assert_uint_eq(packet.handover.input_size, 20);
	ck_assert_mem_eq(packet.input, "aaaaaaaaaabbbbbbbbbb", 20);
	ck_assert_uint_eq(packet.handover.orphans[1].listener, 2);
	ck_assert_str_eq(
	    error.text, "channel: no descriptors left for 3 of 5 connections");
}
END_TEST

START_TEST(without_any_room_no_orphan_is_left)
{
	rlim_t most = first_free();

	make_handover(5, 10);
	ck_assert_int_eq(
	    ipc_channel_send_packet(worker, &sent_packet, &error), 0);
	limit_descriptors(most);
	ck_assert_int_eq(
	    receive(master, IPC_SIDE_MASTER), IPC_RECEIVED_MESSAGE);
	ck_assert_uint_eq(packet.descriptor_count, 0);
	ck_assert_uint_eq(packet.handover.count, 0);
	ck_assert_uint_eq(packet.handover.input_size, 0);
	ck_assert_int_ne(error.kind, ERROR_NONE);
}
END_TEST

START_TEST(other_messages_need_their_descriptors)
{
	rlim_t most = first_free();

	sent_packet.message = make(IPC_MESSAGE_LOGS);
	send_by_hand(
	    master, &sent_packet.message, sizeof(sent_packet.message), 2);
	limit_descriptors(most + 1);
	ck_assert_int_eq(
	    receive(worker, IPC_SIDE_WORKER), IPC_RECEIVED_NONSENSE);
	ck_assert_ptr_nonnull(strstr(error.text, "did not fit"));
	ck_assert_int_eq(dup(STDIN_FILENO), (int)most);
}
END_TEST

/* ---- the end ---- */

START_TEST(end_comes_after_what_was_sent)
{
	struct ipc_message sent = make(IPC_MESSAGE_FAILED);

	ck_assert_int_eq(ipc_channel_send(worker, &sent, NULL, 0, &error), 0);
	fd_close(&worker);
	ck_assert_int_eq(
	    receive(master, IPC_SIDE_MASTER), IPC_RECEIVED_MESSAGE);
	ck_assert_str_eq(packet.message.text, "why");
	ck_assert_int_eq(receive(master, IPC_SIDE_MASTER), IPC_RECEIVED_END);
	ck_assert_int_eq(receive(master, IPC_SIDE_MASTER), IPC_RECEIVED_END);
}
END_TEST

/* The kernel then says ECONNRESET first. */
START_TEST(end_with_unread_messages_hides_nothing)
{
	struct ipc_message failed = make(IPC_MESSAGE_FAILED);
	struct ipc_message retire = make(IPC_MESSAGE_RETIRE);

	ck_assert_int_eq(ipc_channel_send(master, &retire, NULL, 0, &error), 0);
	ck_assert_int_eq(ipc_channel_send(worker, &failed, NULL, 0, &error), 0);
	fd_close(&worker);
	ck_assert_int_eq(
	    receive(master, IPC_SIDE_MASTER), IPC_RECEIVED_MESSAGE);
	ck_assert_uint_eq(packet.message.type, IPC_MESSAGE_FAILED);
	ck_assert_int_eq(receive(master, IPC_SIDE_MASTER), IPC_RECEIVED_END);
}
END_TEST

/* Then poll(2) refuses even one. */
START_TEST(end_without_any_descriptors)
{
	struct rlimit before, none;

	fd_close(&worker);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	ck_assert_int_eq(receive(master, IPC_SIDE_MASTER), IPC_RECEIVED_END);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
}
END_TEST

START_TEST(sending_to_nobody_is_an_error_and_no_signal)
{
	struct ipc_message sent = make(IPC_MESSAGE_SERVE);

	fd_close(&worker);
	ck_assert_int_eq(ipc_channel_send(master, &sent, NULL, 0, &error), -1);
	ck_assert_int_eq(error.number, EPIPE);
	ck_assert_str_eq(error.text, "channel: sending \"serve\": Broken pipe");
}
END_TEST

START_TEST(full_channel_is_an_error)
{
	struct ipc_message sent = make(IPC_MESSAGE_SERVE);
	int i;

	for (i = 0; i < 100000; i++)
		if (ipc_channel_send(master, &sent, NULL, 0, &error) == -1)
			break;
	ck_assert_int_lt(i, 100000);
	ck_assert_int_eq(error.number, EAGAIN);
}
END_TEST

START_TEST(unknown_type_has_a_name)
{
	ck_assert_str_eq(ipc_message_name(0), "unknown");
	ck_assert_str_eq(ipc_message_name(UINT32_MAX), "unknown");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ipc_channel");
	TCase *tests = tcase_create("channel");

	tcase_add_checked_fixture(tests, open_channel, close_channel);
	tcase_add_test(tests, ends_do_not_block_and_are_closed_on_exec);
	tcase_add_loop_test(
	    tests, message_comes_as_it_was_sent, 0, ROWS(messages));
	tcase_add_loop_test(tests, wrong_side_is_refused, 0, ROWS(messages));
	tcase_add_loop_test(tests, packet_is_judged, 0, ROWS(packets));
	tcase_add_loop_test(
	    tests, handover_comes_as_it_was_sent, 0, ROWS(handovers));
	tcase_add_test(tests, adopt_comes_as_it_was_sent);
	tcase_add_test(tests, taken_descriptors_stay_open);
	tcase_add_loop_test(tests, handover_is_judged, 0, ROWS(spoilers));
	tcase_add_test(tests, orphans_that_lost_their_descriptors_are_dropped);
	tcase_add_test(tests, without_any_room_no_orphan_is_left);
	tcase_add_test(tests, other_messages_need_their_descriptors);
	tcase_add_test(tests, end_comes_after_what_was_sent);
	tcase_add_test(tests, end_with_unread_messages_hides_nothing);
	tcase_add_test(tests, end_without_any_descriptors);
	tcase_add_test(tests, sending_to_nobody_is_an_error_and_no_signal);
	tcase_add_test(tests, full_channel_is_an_error);
	tcase_add_test(tests, unknown_type_has_a_name);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
