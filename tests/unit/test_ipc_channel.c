/* SPDX-License-Identifier: ISC */
/*
 * The other side is not believed: each hostile packet is sent by hand, and
 * the one after it must still come through.
 */
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
#define SENT_FDS_MAX 4

static struct error error;
static int master = -1, worker = -1;
static int received[IPC_DESCRIPTORS_MAX] = { -1, -1 };
static struct ipc_message message;

static void
open_channel(void)
{
	ck_assert_int_eq(ipc_channel_open(&master, &worker, &error), 0);
}

static void
close_channel(void)
{
	size_t i;

	for (i = 0; i < IPC_DESCRIPTORS_MAX; i++)
		fd_close(&received[i]);
	fd_close(&master);
	fd_close(&worker);
}

static enum ipc_received
receive(int fd, enum ipc_side side)
{
	error_clear(&error);
	return ipc_channel_receive(fd, side, &message, received, &error);
}

/* How many descriptors are open. */
static int
count_open(void)
{
	int fd, count = 0;

	for (fd = 0; fd < 256; fd++)
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

static void
send_by_hand(int fd, const void *data, size_t size, size_t fd_count)
{
	struct iovec bytes = { .iov_base = NULL, .iov_len = size };
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(SENT_FDS_MAX * sizeof(int))];
	} control = { .room = { 0 } };
	struct msghdr header = { .msg_iov = &bytes, .msg_iovlen = 1 };
	int fds[SENT_FDS_MAX] = { 0, 1, 2, 0 };
	char copy[4096];

	ck_assert_uint_le(size, sizeof(copy));
	memcpy(copy, data, size);
	bytes.iov_base = copy;
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
	ck_assert_mem_eq(&message, &sent, sizeof(sent));
	for (i = 0; i < IPC_DESCRIPTORS_MAX; i++) {
		if (i >= messages[_i].most) {
			ck_assert_int_eq(received[i], -1);
			continue;
		}
		ck_assert_int_gt(received[i], 2);
		ck_assert_int_ne(fcntl(received[i], F_GETFD) & FD_CLOEXEC, 0);
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
	    sizeof(struct ipc_message), 0, false, "layout 2 instead of 1" },
	{ "type 0", IPC_LAYOUT, 0, sizeof(struct ipc_message), 0, false,
	    "unknown type 0" },
	{ "type above", IPC_LAYOUT, IPC_MESSAGE_LOGS + 1,
	    sizeof(struct ipc_message), 0, false, "unknown type 7" },
	{ "type far above", IPC_LAYOUT, UINT32_MAX, sizeof(struct ipc_message),
	    0, false, "unknown type" },
	{ "text", IPC_LAYOUT, IPC_MESSAGE_SERVE, sizeof(struct ipc_message), 0,
	    true, "unterminated" },
	{ "one descriptor too many", IPC_LAYOUT, IPC_MESSAGE_SERVE,
	    sizeof(struct ipc_message), 1, false, "too many" },
	{ "three descriptors", IPC_LAYOUT, IPC_MESSAGE_LOGS,
	    sizeof(struct ipc_message), 3, false, "too many" },
	{ "four descriptors", IPC_LAYOUT, IPC_MESSAGE_LOGS,
	    sizeof(struct ipc_message), 4, false, "descriptors" },
};

START_TEST(packet_is_judged)
{
	struct {
		struct ipc_message message;
		char more[4000];
	} packet = { .message = make(packets[_i].type) };
	struct ipc_message good = make(IPC_MESSAGE_SERVE);
	int before;

	packet.message.layout = packets[_i].layout;
	if (packets[_i].unterminated)
		memset(packet.message.text, 'x', sizeof(packet.message.text));
	before = count_open();
	send_by_hand(master, &packet, packets[_i].size, packets[_i].fds);
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
	ck_assert_int_eq(received[0], -1);
	ck_assert_int_eq(ipc_channel_send(master, &good, NULL, 0, &error), 0);
	ck_assert_int_eq(
	    receive(worker, IPC_SIDE_WORKER), IPC_RECEIVED_MESSAGE);
}
END_TEST

START_TEST(end_comes_after_what_was_sent)
{
	struct ipc_message sent = make(IPC_MESSAGE_FAILED);

	ck_assert_int_eq(ipc_channel_send(worker, &sent, NULL, 0, &error), 0);
	fd_close(&worker);
	ck_assert_int_eq(
	    receive(master, IPC_SIDE_MASTER), IPC_RECEIVED_MESSAGE);
	ck_assert_str_eq(message.text, "why");
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
	ck_assert_uint_eq(message.type, IPC_MESSAGE_FAILED);
	ck_assert_int_eq(receive(master, IPC_SIDE_MASTER), IPC_RECEIVED_END);
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
	tcase_add_test(tests, end_comes_after_what_was_sent);
	tcase_add_test(tests, end_with_unread_messages_hides_nothing);
	tcase_add_test(tests, sending_to_nobody_is_an_error_and_no_signal);
	tcase_add_test(tests, full_channel_is_an_error);
	tcase_add_test(tests, unknown_type_has_a_name);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
