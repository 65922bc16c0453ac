/* SPDX-License-Identifier: ISC */
/*
 * The module that talks to the master behind its worker's back, and lies.
 *
 *	/do/ACT?port=N		what the table at the end says
 *	/die/ACT?port=N		"crashed", what the table of the other file
 *				says, and the end of the worker
 */
#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cohort/cohort.h>

#include "ipc/ipc_scoreboard.h"
#include "test_gossip.h"

#define DESCRIPTORS_MAX 1024
#define FLOOD           10000

static cohort_handler hello, pid, act, die;

/* ---- who we are ---- */

int
talk_option(int fd, int option)
{
	int value = -1;
	socklen_t size = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 ? value :
									-1;
}

static bool
is_channel(int fd)
{
	return talk_option(fd, SO_TYPE) == SOCK_SEQPACKET &&
	    talk_option(fd, SO_DOMAIN) == AF_UNIX;
}

/* The client's that asks, if it is the only one. */
static bool
is_connection(int fd)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);

	return talk_option(fd, SO_DOMAIN) == AF_INET &&
	    getpeername(fd, (struct sockaddr *)&address, &size) == 0;
}

static int
find(bool (*is_it)(int fd))
{
	int fd;

	for (fd = 3; fd < DESCRIPTORS_MAX; fd++)
		if (is_it(fd))
			return fd;
	abort();
}

int
talk_find_connection(void)
{
	return find(is_connection);
}

static const struct ipc_process *
find_process(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long begin = 0;
	char line[512];

	while (maps != NULL && fgets(line, sizeof(line), maps) != NULL)
		if (strstr(line, "cohort-process") != NULL &&
		    sscanf(line, "%lx-", &begin) == 1)
			break;
	if (maps == NULL || begin == 0)
		abort();
	fclose(maps);
	return (const struct ipc_process *)begin;
}

static uint32_t
find_listener_id(const struct talk *talk)
{
	uint32_t i;

	for (i = 0; i < talk->process->row_count; i++)
		if (talk->process->rows[i].fd != 0)
			return talk->process->rows[i].listener;
	abort();
}

/* ---- speaking ---- */

/* Whatever it is; the master may take its time, but not for ever. */
static void
send_parts(struct talk *talk, struct iovec *parts, size_t count)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int) * (IPC_DESCRIPTORS_MAX + 1))];
	} control = { .room = { 0 } };
	struct pollfd writable = { .fd = talk->channel, .events = POLLOUT };
	struct msghdr header = { .msg_iov = parts, .msg_iovlen = count };
	size_t size = talk->packet.descriptor_count * sizeof(int);

	if (size > 0) {
		header.msg_control = &control;
		header.msg_controllen = CMSG_SPACE(size);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(size);
		memcpy(
		    CMSG_DATA(&control.header), talk->packet.descriptors, size);
	}
	while (sendmsg(talk->channel, &header, MSG_NOSIGNAL) == -1) {
		if (errno == ETOOMANYREFS)
			poll(NULL, 0, 1);
		else if (errno != EAGAIN || poll(&writable, 1, 30000) != 1)
			abort();
	}
}

void
talk_say_bytes(struct talk *talk, void *data, size_t size)
{
	struct iovec part = { data, size };

	send_parts(talk, &part, 1);
}

void
talk_say_message(struct talk *talk)
{
	talk_say_bytes(
	    talk, &talk->packet.message, sizeof(talk->packet.message));
}

/* Well formed, and of this worker. */
struct ipc_message *
talk_begin(struct talk *talk, uint32_t type, uint64_t value)
{
	memset(&talk->packet.message, 0, sizeof(talk->packet.message));
	talk->packet.message.layout = IPC_LAYOUT;
	talk->packet.message.type = type;
	talk->packet.message.generation = talk->process->generation;
	talk->packet.message.value = value;
	talk->packet.descriptor_count = 0;
	return &talk->packet.message;
}

void
talk_say(struct talk *talk, uint32_t type, uint64_t value)
{
	talk_begin(talk, type, value);
	talk_say_message(talk);
}

/* A batch of one connection, as it should be. */
struct ipc_orphan *
talk_begin_orphan(struct talk *talk, int fd)
{
	struct ipc_handover *handover = &talk->packet.handover;
	struct ipc_orphan *orphan = &handover->orphans[0];

	talk_begin(talk, IPC_MESSAGE_ORPHANS, 0);
	memset(handover, 0, sizeof(*handover));
	handover->count = 1;
	orphan->listener = find_listener_id(talk);
	orphan->kind = IPC_ORPHAN_IDLE;
	orphan->deadline_class = 1;
	orphan->peer =
	    (struct network_address) { NETWORK_IPV4, { 127, 0, 0, 1 } };
	talk->packet.descriptors[0] = fd;
	talk->packet.descriptor_count = 1;
	return orphan;
}

/* With so many records and bytes, whatever it says itself. */
void
talk_say_orphans(struct talk *talk, size_t records, size_t input)
{
	struct iovec parts[3] = {
		{ &talk->packet.message, sizeof(talk->packet.message) },
		{ &talk->packet.handover, IPC_HANDOVER_SIZE(records) },
		{ talk->packet.input, input },
	};

	send_parts(talk, parts, 3);
}

/* ---- nonsense ---- */

static void
garbage(struct talk *talk)
{
	static const size_t larger[] = { 1000, 5000, 60000, 100000, 150000 };
	unsigned char *bytes = malloc(150000);
	size_t i;

	if (bytes == NULL)
		abort();
	for (i = 0; i < 150000; i++)
		bytes[i] = (unsigned char)(i * 31 + i / 256);
	for (i = 0; i < 700; i++)
		talk_say_bytes(talk, bytes, i);
	for (i = 0; i < sizeof(larger) / sizeof(larger[0]); i++)
		talk_say_bytes(talk, bytes, larger[i]);
	free(bytes);
}

static void
flood_garbage(struct talk *talk)
{
	char bytes[100];
	unsigned i;

	memset(bytes, 'x', sizeof(bytes));
	for (i = 0; i < FLOOD; i++)
		talk_say_bytes(talk, bytes, sizeof(bytes));
}

/* Each makes sense. */
static void
flood_probes(struct talk *talk)
{
	unsigned i;

	for (i = 0; i < FLOOD; i++)
		talk_say(
		    talk, i % 2 ? IPC_MESSAGE_PROBED : IPC_MESSAGE_WARNED, 77);
}

static void
layouts(struct talk *talk)
{
	static const uint32_t wrong[] = { 0, IPC_LAYOUT - 1, IPC_LAYOUT + 1,
		UINT32_MAX };
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		talk_begin(talk, IPC_MESSAGE_READY, 0)->layout = wrong[i];
		talk_say_message(talk);
	}
}

/* Those of the master are among them. */
static void
types(struct talk *talk)
{
	static const uint32_t wrong[] = { 0, IPC_MESSAGE_SERVE,
		IPC_MESSAGE_RETIRE, IPC_MESSAGE_LOGS, IPC_MESSAGE_ADOPT, 99,
		UINT32_MAX };
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		talk_say(talk, wrong[i], 1);
}

static void
generations(struct talk *talk)
{
	const uint64_t wrong[] = { 0, talk->process->generation - 1,
		talk->process->generation + 1, UINT64_MAX };
	uint32_t type;
	size_t i;

	for (type = 0; type <= IPC_MESSAGE_PROBED; type++) {
		for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
			talk_begin(talk, type, 1)->generation = wrong[i];
			talk_say_message(talk);
		}
	}
	talk_begin_orphan(talk, talk_find_connection());
	talk->packet.message.generation = wrong[1];
	talk_say_orphans(talk, 1, 0);
}

static void
texts(struct talk *talk)
{
	struct ipc_message *message = talk_begin(talk, IPC_MESSAGE_FAILED, 0);

	memset(message->text, 'x', sizeof(message->text));
	talk_say_message(talk);
}

/* More than a message may have, and where it may have none. */
static void
descriptors(struct talk *talk)
{
	size_t i, count = IPC_DESCRIPTORS_MAX;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	talk_begin(talk, IPC_MESSAGE_READY, 0);
	talk->packet.descriptors[0] = fd;
	talk->packet.descriptor_count = 1;
	talk_say_message(talk);
	talk_begin_orphan(talk, fd);
	for (i = 0; i < count; i++)
		talk->packet.descriptors[i] = fd;
	talk->packet.descriptor_count = count;
	talk_say_orphans(talk, 1, 0);
	talk_say_bytes(talk, talk->packet.input, 0);
	close(fd);
}

/* ---- things that did not happen ---- */

static void
ready(struct talk *talk)
{
	talk_say(talk, IPC_MESSAGE_READY, 0);
	talk_say(talk, IPC_MESSAGE_READY, 0);
}

static void
reopened(struct talk *talk)
{
	talk_say(talk, IPC_MESSAGE_REOPENED, 0);
}

static void
paused(struct talk *talk)
{
	talk_say(talk, IPC_MESSAGE_PAUSED, 0);
	talk_say(talk, IPC_MESSAGE_PAUSED, UINT64_MAX);
}

static void
adopted(struct talk *talk)
{
	static const uint64_t numbers[] = { 0, 1, 2, UINT64_MAX };
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		talk_say(talk, IPC_MESSAGE_ADOPTED, numbers[i]);
}

static void
probed(struct talk *talk)
{
	static const uint64_t numbers[] = { 0, 1, UINT32_MAX, UINT64_MAX };
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		talk_say(talk, IPC_MESSAGE_PROBED, numbers[i]);
}

/* What it says is not to look like a line of the master's. */
static void
failed(struct talk *talk)
{
	struct ipc_message *message = talk_begin(talk, IPC_MESSAGE_FAILED, 0);

	strcpy(message->text, "no\nworker 99 is \033[1mforged\r");
	talk_say_message(talk);
	talk_say_message(talk);
}

static void
early(struct talk *talk)
{
	talk_begin_orphan(talk, talk_find_connection());
	talk_say_orphans(talk, 1, 0);
}

static void
crashed(struct talk *talk)
{
	talk_say(talk, IPC_MESSAGE_CRASHED, 0);
}

/* ---- the table ---- */

static const struct act acts[] = {
	{ "garbage", garbage },
	{ "flood-garbage", flood_garbage },
	{ "flood-probes", flood_probes },
	{ "layouts", layouts },
	{ "types", types },
	{ "generations", generations },
	{ "texts", texts },
	{ "descriptors", descriptors },
	{ "ready", ready },
	{ "reopened", reopened },
	{ "paused", paused },
	{ "adopted", adopted },
	{ "probed", probed },
	{ "failed", failed },
	{ "early", early },
	{ "crashed", crashed },
	{ NULL, NULL },
};

static const struct act *
find_act(struct cohort_request *request, const struct act *which)
{
	const char *name = cohort_path_param(request, "act");

	for (; which->name != NULL; which++)
		if (strcmp(which->name, name) == 0)
			return which;
	abort();
}

static struct talk *
begin_talk(struct cohort_request *request)
{
	const char *port = cohort_query(request, "port");
	struct talk *talk = calloc(1, sizeof(*talk));

	if (talk == NULL)
		abort();
	talk->channel = find(is_channel);
	talk->process = find_process();
	talk->port = (uint16_t)(port == NULL ? 0 : atoi(port));
	return talk;
}

static enum cohort_verdict
act(struct cohort_request *request, void *context)
{
	struct talk *talk = begin_talk(request);

	find_act(request, acts)->act(talk);
	free(talk);
	return cohort_reply_text(request, 200, "said\n");
}

static enum cohort_verdict
die(struct cohort_request *request, void *context)
{
	struct talk *talk = begin_talk(request);

	crashed(talk);
	find_act(request, talk_orphan_acts)->act(talk);
	raise(SIGKILL);
	return COHORT_FAILED;
}

static enum cohort_verdict
hello(struct cohort_request *request, void *context)
{
	return cohort_reply_text(request, 200, "hello\n");
}

static enum cohort_verdict
pid(struct cohort_request *request, void *context)
{
	return cohort_reply_text(request, 200, "%d", (int)getpid());
}

static int
setup(struct cohort_app *app)
{
	cohort_get(app, "/do/{act}", act, NULL);
	cohort_get(app, "/die/{act}", die, NULL);
	cohort_get(app, "/hello", hello, NULL);
	return cohort_get(app, "/pid", pid, NULL);
}

COHORT_MODULE("gossip", setup);
