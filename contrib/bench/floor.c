/* SPDX-License-Identifier: ISC */
/*
 * The floor: what the kernel alone costs.  An epoll loop that parses nothing:
 * the first thing that the first client sends is taken for one request, and
 * from then on so many bytes are a request, whoever sends them.
 *
 *	floor [-c] [-d] PORT HEAD [FILE]
 *
 * Answers the bytes of the file HEAD, then FILE (by sendfile).  -c closes
 * behind each answer, -d defers accepting until a client sends.  Ends with
 * SIGTERM.  Limits that a server needs are not here, as they are what is to
 * be measured: never on a network.
 */
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COPIES      64 /* of the answer, to be sent at once */
#define CONNECTIONS 65536
#define EVENTS      512

struct connection {
	size_t received; /* of the present request */
	size_t due;      /* answers */
	size_t sent;     /* bytes of the first of them */
	bool is_waiting; /* for the client to read */
};

static struct connection connections[CONNECTIONS]; /* by descriptor */
static char input[65536];
static char *answers; /* COPIES heads */
static size_t head_size, file_size, request_size;
static int poller, listener, file = -1;
static bool closes, defers;

static void
check(bool condition, const char *words)
{
	if (condition)
		return;
	perror(words);
	exit(1);
}

static void
watch(int fd, int operation, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.fd = fd };

	check(epoll_ctl(poller, operation, fd, &event) == 0, "epoll_ctl");
}

/* ---- answers ---- */

/* As send(2) and sendfile(2) are: what went out, or -1. */
static ssize_t
send_some(int fd, const struct connection *connection)
{
	size_t copies = connection->due < COPIES ? connection->due : COPIES;
	off_t offset;

	if (file == -1)
		return send(fd, answers + connection->sent,
		    copies * head_size - connection->sent, MSG_NOSIGNAL);
	if (connection->sent < head_size)
		return send(fd, answers + connection->sent,
		    head_size - connection->sent, MSG_NOSIGNAL | MSG_MORE);
	offset = (off_t)(connection->sent - head_size);
	return sendfile(
	    fd, file, &offset, head_size + file_size - connection->sent);
}

static void
count_sent(struct connection *connection, size_t size)
{
	size_t answer = head_size + file_size;

	connection->sent += size;
	while (connection->due > 0 && connection->sent >= answer) {
		connection->sent -= answer;
		connection->due--;
	}
}

static void
answer(int fd)
{
	struct connection *connection = &connections[fd];
	bool was_waiting = connection->is_waiting;
	ssize_t size = 0;

	while (connection->due > 0 && (size = send_some(fd, connection)) > 0)
		count_sent(connection, (size_t)size);
	if (size == -1 && errno != EAGAIN) {
		close(fd);
		return;
	}
	if (connection->due == 0 && closes) {
		close(fd);
		return;
	}
	connection->is_waiting = connection->due > 0;
	if (connection->is_waiting != was_waiting)
		watch(fd, EPOLL_CTL_MOD,
		    connection->is_waiting ? EPOLLOUT : EPOLLIN);
}

/* ---- requests ---- */

static void
receive(int fd)
{
	struct connection *connection = &connections[fd];
	ssize_t size = recv(fd, input, sizeof(input), 0);

	if (size == -1 && errno == EAGAIN)
		return;
	if (size <= 0) {
		close(fd);
		return;
	}
	if (request_size == 0)
		request_size = (size_t)size;
	connection->received += (size_t)size;
	connection->due += connection->received / request_size;
	connection->received %= request_size;
	if (connection->due > 0)
		answer(fd);
}

static void
accept_one(void)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd == -1)
		return;
	check(fd < CONNECTIONS, "too many connections");
	memset(&connections[fd], 0, sizeof(connections[fd]));
	watch(fd, EPOLL_CTL_ADD, EPOLLIN);
	if (defers)
		receive(fd);
}

/* ---- the loop ---- */

static void
listen_on(int port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	const int on = 1;

	listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	check(listener != -1, "socket");
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (defers)
		setsockopt(
		    listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, &on, sizeof(on));
	check(bind(listener, (struct sockaddr *)&address, sizeof(address)) == 0,
	    "bind");
	check(listen(listener, 4096) == 0, "listen");
	poller = epoll_create1(0);
	watch(listener, EPOLL_CTL_ADD, EPOLLIN);
}

static void
read_head(const char *path)
{
	int fd = open(path, O_RDONLY), i;
	struct stat status;

	check(fd != -1 && fstat(fd, &status) == 0, path);
	head_size = (size_t)status.st_size;
	answers = malloc(COPIES * head_size);
	check(answers != NULL &&
		read(fd, answers, head_size) == (ssize_t)head_size,
	    path);
	for (i = 1; i < COPIES; i++)
		memcpy(answers + (size_t)i * head_size, answers, head_size);
	close(fd);
}

static void
open_file(const char *path)
{
	struct stat status;

	file = open(path, O_RDONLY);
	check(file != -1 && fstat(file, &status) == 0, path);
	file_size = (size_t)status.st_size;
}

static void
serve(const struct epoll_event *event)
{
	if (event->data.fd == listener)
		accept_one();
	else if (connections[event->data.fd].is_waiting)
		answer(event->data.fd);
	else
		receive(event->data.fd);
}

int
main(int argc, char *argv[])
{
	struct epoll_event events[EVENTS];
	int option, count, i;

	while ((option = getopt(argc, argv, "cd")) != -1) {
		closes = closes || option == 'c';
		defers = defers || option == 'd';
	}
	if (argc - optind < 2 || argc - optind > 3) {
		fprintf(stderr, "usage: floor [-c] [-d] PORT HEAD [FILE]\n");
		return 2;
	}
	read_head(argv[optind + 1]);
	if (argc - optind == 3)
		open_file(argv[optind + 2]);
	listen_on(atoi(argv[optind]));
	for (;;) {
		count = epoll_wait(poller, events, EVENTS, -1);
		for (i = 0; i < count; i++)
			serve(&events[i]);
	}
}
