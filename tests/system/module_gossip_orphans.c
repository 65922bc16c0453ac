/* SPDX-License-Identifier: ISC */
/*
 * What a worker that is out of its mind may hand over as connections.
 */
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test_gossip.h"

#define LINGER_S 60 /* longer than the tests' patience */
#define COPIES   8  /* batches of copies of one connection */

static void
say_orphan(struct talk *talk, int fd)
{
	talk_begin_orphan(talk, fd);
	talk_say_orphans(talk, 1, 0);
}

static void
crashed(struct talk *talk)
{
	talk_say(talk, IPC_MESSAGE_CRASHED, 0);
}

/* ---- connections that are none ---- */

static void
file(struct talk *talk)
{
	say_orphan(talk, open("/dev/null", O_RDONLY | O_CLOEXEC));
	say_orphan(talk, memfd_create("orphan", MFD_CLOEXEC));
	say_orphan(talk, open("/proc/self/maps", O_RDONLY | O_CLOEXEC));
}

static int
find_listener(void)
{
	int fd;

	for (fd = 3; fd < 1024; fd++)
		if (talk_option(fd, SO_ACCEPTCONN) == 1)
			return fd;
	abort();
}

static void
listener(struct talk *talk)
{
	say_orphan(talk, find_listener());
}

static int
tcp_socket(int type)
{
	return socket(AF_INET, type | SOCK_CLOEXEC, 0);
}

static int
listen_elsewhere(struct sockaddr_in *address_r)
{
	int fd = tcp_socket(SOCK_STREAM);
	socklen_t size = sizeof(*address_r);

	if (listen(fd, 5) == -1 ||
	    getsockname(fd, (struct sockaddr *)address_r, &size) == -1)
		abort();
	return fd;
}

static void
other_listener(struct talk *talk)
{
	struct sockaddr_in address;

	say_orphan(talk, listen_elsewhere(&address));
}

static void
pair(struct talk *talk)
{
	static const int kinds[] = { SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM };
	int ends[2];
	size_t i;

	for (i = 0; i < 3; i++) {
		if (socketpair(AF_UNIX, kinds[i], 0, ends) == -1)
			abort();
		say_orphan(talk, ends[0]);
	}
}

static void
channel(struct talk *talk)
{
	say_orphan(talk, talk->channel);
}

static void
epoll(struct talk *talk)
{
	say_orphan(talk, epoll_create1(EPOLL_CLOEXEC));
}

static int
connect_to(int type, uint16_t port)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = tcp_socket(type);

	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) ==
	    -1)
		abort();
	return fd;
}

static void
datagram(struct talk *talk)
{
	say_orphan(talk, tcp_socket(SOCK_DGRAM));
	say_orphan(talk, connect_to(SOCK_DGRAM, talk->port));
}

/* One that was never connected, one to somebody else, and the client's end of
 * one to our own port. */
static void
elsewhere(struct talk *talk)
{
	struct sockaddr_in own = { .sin_family = AF_UNSPEC };
	socklen_t size = sizeof(own);

	say_orphan(talk, tcp_socket(SOCK_STREAM));
	say_orphan(talk, connect_to(SOCK_STREAM, talk->port));
	getsockname(find_listener(), (struct sockaddr *)&own, &size);
	say_orphan(talk, connect_to(SOCK_STREAM, ntohs(own.sin_port)));
}

/* Whoever closes it last waits, for a peer that does not read. */
static void
fill(int fd)
{
	const struct linger linger = { .l_onoff = 1, .l_linger = LINGER_S };
	char bytes[65536];

	memset(bytes, 'x', sizeof(bytes));
	while (send(fd, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
		continue;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

static void
linger_elsewhere(struct talk *talk)
{
	int fd = connect_to(SOCK_STREAM, talk->port);

	fill(fd);
	say_orphan(talk, fd);
}

/* Of a message that is refused as a whole. */
static void
linger_nonsense(struct talk *talk)
{
	int fd = connect_to(SOCK_STREAM, talk->port);

	fill(fd);
	talk_begin(talk, IPC_MESSAGE_READY, 0);
	talk->packet.descriptors[0] = fd;
	talk->packet.descriptor_count = 1;
	talk_say_message(talk);
}

/* A connection as it should be, but for that. */
static void
linger_here(struct talk *talk)
{
	int fd = talk_find_connection();

	fill(fd);
	say_orphan(talk, fd);
	fill(fd);
}

/* ---- connections with wrong facts ---- */

static void
peers(struct talk *talk)
{
	static const struct network_address wrong[] = {
		{ NETWORK_NONE, { 0 } },
		{ NETWORK_UNIX, "\nworker 99" },
		{ NETWORK_IPV4, "127.0.0.1\nfor" },
		{ NETWORK_SELF, { 0 } },
		{ '\n', "worker 99" },
	};
	struct ipc_orphan *orphan;
	int fd = talk_find_connection();
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		orphan = talk_begin_orphan(talk, fd);
		orphan->peer = wrong[i];
		talk_say_orphans(talk, 1, 0);
	}
	orphan = talk_begin_orphan(talk, fd);
	memset(&orphan->peer, 0xff, sizeof(orphan->peer));
	talk_say_orphans(talk, 1, 0);
}

static void
facts(struct talk *talk)
{
	int fd = talk_find_connection();

	talk_begin_orphan(talk, fd)->kind = 0;
	talk_say_orphans(talk, 1, 0);
	talk_begin_orphan(talk, fd)->kind = 4;
	talk_say_orphans(talk, 1, 0);
	talk_begin_orphan(talk, fd)->deadline_class = 8;
	talk_say_orphans(talk, 1, 0);
	talk_begin_orphan(talk, fd)->deadline_class = UINT32_MAX;
	talk_say_orphans(talk, 1, 0);
	talk_begin_orphan(talk, fd)->listener += 1;
	talk_say_orphans(talk, 1, 0);
	talk_begin_orphan(talk, fd)->listener = UINT32_MAX;
	talk_say_orphans(talk, 1, 0);
}

static void
counts(struct talk *talk)
{
	static const uint32_t wrong[] = { 0, 2, 250, 251, UINT32_MAX };
	int fd = talk_find_connection();
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		talk_begin_orphan(talk, fd);
		talk->packet.handover.count = wrong[i];
		talk_say_orphans(talk, 1, 0);
		talk_say_orphans(talk, IPC_ORPHANS_MAX, 0);
	}
}

static void
say_sizes(struct talk *talk, uint32_t own, uint32_t all, size_t input)
{
	talk_begin_orphan(talk, talk_find_connection())->input_size = own;
	talk->packet.handover.input_size = all;
	talk_say_orphans(talk, 1, input);
}

/* Of what was read: its own, of all, and how much there is. */
static void
sizes(struct talk *talk)
{
	say_sizes(talk, 10, 0, 0);
	say_sizes(talk, 0, 10, 10);
	say_sizes(talk, 10, 10, 9);
	say_sizes(talk, 10, 10, 11);
	say_sizes(talk, 8193, 8193, 8193);
	say_sizes(talk, UINT32_MAX, UINT32_MAX, 10);
	say_sizes(talk, 10, 70000, 10);
	talk_begin_orphan(talk, talk_find_connection());
	talk->packet.handover.count = 2;
	talk->packet.handover.orphans[0].input_size = UINT32_MAX;
	talk->packet.handover.orphans[1].input_size = 11;
	talk->packet.handover.input_size = 10;
	talk_say_orphans(talk, 2, 10);
}

/* One connection, which is a good one, again and again. */
static void
copies(struct talk *talk)
{
	struct ipc_handover *handover = &talk->packet.handover;
	unsigned round, i;

	talk_begin_orphan(talk, talk_find_connection());
	for (i = 1; i < IPC_ORPHANS_MAX; i++) {
		handover->orphans[i] = handover->orphans[0];
		talk->packet.descriptors[i] = talk->packet.descriptors[0];
	}
	handover->count = IPC_ORPHANS_MAX;
	talk->packet.descriptor_count = IPC_ORPHANS_MAX;
	for (round = 0; round < COPIES; round++)
		talk_say_orphans(talk, IPC_ORPHANS_MAX, 0);
}

/* ---- the table ---- */

const struct act talk_orphan_acts[] = {
	{ "crashed", crashed },
	{ "file", file },
	{ "listener", listener },
	{ "other-listener", other_listener },
	{ "pair", pair },
	{ "channel", channel },
	{ "epoll", epoll },
	{ "datagram", datagram },
	{ "elsewhere", elsewhere },
	{ "linger-elsewhere", linger_elsewhere },
	{ "linger-nonsense", linger_nonsense },
	{ "linger-here", linger_here },
	{ "peers", peers },
	{ "facts", facts },
	{ "counts", counts },
	{ "sizes", sizes },
	{ "copies", copies },
	{ NULL, NULL },
};
