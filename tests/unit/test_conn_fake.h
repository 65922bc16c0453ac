/* SPDX-License-Identifier: ISC */
/*
 * A set of connections over socket pairs, with a protocol that writes down
 * how it was called and does what the test put into its hooks.
 */
#ifndef TEST_CONN_FAKE_H
#define TEST_CONN_FAKE_H

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/base_log.h"
#include "base/base_memory.h"
#include "conn/conn_private.h"
#include "conn/conn_protocol.h"
#include "test_unit.h"

#define FAKE_ROWS 4

struct fake {
	struct event_base *base;
	struct conn_set *set;
	struct conn_settings settings;
	struct conn_origin origin;
	uint64_t open, busy, accepted, adopted, closed[CONN_CLOSE_COUNT];
	struct ipc_loop loop;
	struct ipc_output output;
	struct ipc_row rows[FAKE_ROWS];
	unsigned on_closed_calls;
	char calls[4096];  /* "open input(5) close(reset) " */
	struct conn *conn; /* the last one opened; NULL once closed */
	int client;        /* its other end */
	void (*on_open)(struct fake *fake, struct conn *conn);
	void (*on_input)(struct fake *fake, struct conn *conn);
	void (*on_writable)(struct fake *fake, struct conn *conn);
	void (*on_deadline)(struct fake *fake, struct conn *conn);
	void (*on_retire)(struct fake *fake, struct conn *conn);
	void (*on_close)(struct fake *fake, struct conn *conn);
	unsigned wakes; /* for the hooks */
};

static inline void fake_note(struct fake *fake, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static inline void
fake_note(struct fake *fake, const char *format, ...)
{
	size_t size = strlen(fake->calls);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(
	    fake->calls + size, sizeof(fake->calls) - size, format, arguments);
	va_end(arguments);
}

static inline void
fake_run_hook(struct fake *fake, struct conn *conn,
    void (*hook)(struct fake *fake, struct conn *conn))
{
	if (hook != NULL)
		hook(fake, conn);
}

static inline void
fake_open(struct conn *conn)
{
	struct fake *fake = conn_context(conn);

	fake->conn = conn;
	fake_note(fake, "open ");
	fake_run_hook(fake, conn, fake->on_open);
}

static inline void
fake_on_input(struct conn *conn)
{
	struct fake *fake = conn_context(conn);
	size_t size;

	conn_input(conn, &size);
	fake_note(
	    fake, "input(%zu%s) ", size, conn_input_ended(conn) ? ",end" : "");
	fake_run_hook(fake, conn, fake->on_input);
}

static inline void
fake_on_writable(struct conn *conn)
{
	struct fake *fake = conn_context(conn);

	fake_note(fake, "writable ");
	fake_run_hook(fake, conn, fake->on_writable);
}

static inline void
fake_on_deadline(struct conn *conn, enum conn_deadline_class class)
{
	struct fake *fake = conn_context(conn);

	fake_note(fake, "deadline(%d) ", (int)class);
	fake_run_hook(fake, conn, fake->on_deadline);
}

static inline void
fake_retire(struct conn *conn, bool at_once)
{
	struct fake *fake = conn_context(conn);

	fake_note(fake, "retire(%s) ", at_once ? "now" : "later");
	fake_run_hook(fake, conn, fake->on_retire);
}

static inline void
fake_close(struct conn *conn, enum conn_close reason)
{
	struct fake *fake = conn_context(conn);

	ck_assert_int_eq(conn->fd, -1);
	fake_note(fake, "close(%s) ", conn_close_word(reason));
	fake_run_hook(fake, conn, fake->on_close);
	if (fake->conn == conn)
		fake->conn = NULL;
}

static const struct protocol fake_protocol = {
	.name = "fake",
	.open = fake_open,
	.on_input = fake_on_input,
	.on_writable = fake_on_writable,
	.on_deadline = fake_on_deadline,
	.retire = fake_retire,
	.close = fake_close,
};

static inline void
fake_on_closed(void *context)
{
	((struct fake *)context)->on_closed_calls++;
}

/* Long waits, unless the test shortens them before it calls this. */
static inline void
fake_init(struct fake *fake)
{
	size_t i;

	signal(SIGPIPE, SIG_IGN);
	fake->base = event_base_new();
	fake->client = -1;
	for (i = 0; i < CONN_DEADLINE_COUNT; i++)
		if (fake->settings.timeouts_ms[i] == 0)
			fake->settings.timeouts_ms[i] = 60000;
	if (fake->settings.write_least == 0)
		fake->settings.write_least = 1;
	if (fake->settings.output_limit == 0)
		fake->settings.output_limit = 1 << 20;
	fake->settings.open = &fake->open;
	fake->settings.busy = &fake->busy;
	fake->settings.accepted = &fake->accepted;
	fake->settings.adopted = &fake->adopted;
	fake->settings.loop = &fake->loop;
	fake->settings.output = &fake->output;
	fake->settings.rows = fake->rows;
	fake->settings.row_count = FAKE_ROWS;
	fake->settings.closed = fake->closed;
	fake->settings.on_closed = fake_on_closed;
	fake->settings.context = fake;
	fake->origin.protocol = &fake_protocol;
	fake->origin.context = fake;
	fake->set = conn_set_new(fake->base, &fake->settings);
}

static inline void
fake_fini(struct fake *fake)
{
	size_t i;

	conn_set_free(&fake->set);
	ck_assert_uint_eq(fake->open, 0);
	ck_assert_uint_eq(fake->busy, 0);
	for (i = 0; i < FAKE_ROWS; i++)
		ck_assert_int_eq(fake->rows[i].fd, 0);
	ck_assert_uint_eq(fake->output.row, 0);
	ck_assert_uint_eq(fake->loop.running, 0);
	ck_assert_uint_eq(fake->loop.stepping, 0);
	event_base_free(fake->base);
	if (fake->client != -1)
		close(fake->client);
}

static inline void
fake_accept(struct fake *fake, int fd)
{
	const struct sockaddr_storage address = { .ss_family = AF_UNIX };

	fcntl(fd, F_SETFL, O_NONBLOCK);
	fcntl(fake->client, F_SETFL, O_NONBLOCK);
	conn_set_enter(fake->set);
	conn_set_accept(
	    fake->set, fd, &address, sizeof(sa_family_t), &fake->origin);
}

/* One that another worker handed over; the fake's client is its other end. */
static inline void
fake_adopt(struct fake *fake, int fd, const struct ipc_orphan *orphan,
    const void *input)
{
	fcntl(fd, F_SETFL, O_NONBLOCK);
	fcntl(fake->client, F_SETFL, O_NONBLOCK);
	conn_set_enter(fake->set);
	conn_set_adopt(fake->set, fd, orphan, input, &fake->origin);
	conn_set_own(fake->set);
}

static inline void
fake_pair(struct fake *fake, int type, int ends[2])
{
	if (fake->client != -1)
		close(fake->client);
	ck_assert_int_eq(socketpair(AF_UNIX, type, 0, ends), 0);
	fake->client = ends[1];
}

/* A connection whose client has already written text. */
static inline void
fake_connect_with(struct fake *fake, int type, const char *text)
{
	int ends[2];

	fake_pair(fake, type, ends);
	if (text != NULL)
		ck_assert_int_eq(
		    send(fake->client, text, strlen(text), 0), strlen(text));
	fake_accept(fake, ends[0]);
}

static inline void
fake_connect(struct fake *fake, const char *text)
{
	fake_connect_with(fake, SOCK_STREAM, text);
}

/* The same over TCP. */
static inline void
fake_connect_tcp(struct fake *fake)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd;

	ck_assert_int_eq(bind(listener, (void *)&address, size), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	getsockname(listener, (void *)&address, &size);
	fake->client = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(fake->client, (void *)&address, size), 0);
	fd = accept(listener, NULL, NULL);
	ck_assert_int_ne(fd, -1);
	close(listener);
	fake->origin.is_tcp = true;
	fake_accept(fake, fd);
}

/* The client resets its TCP connection. */
static inline void
fake_reset(struct fake *fake)
{
	const struct linger linger = { .l_onoff = 1 };

	setsockopt(
	    fake->client, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(fake->client);
	fake->client = -1;
}

/* Handles what has happened, without waiting. */
static inline void
fake_turn(struct fake *fake)
{
	event_base_loop(fake->base, EVLOOP_NONBLOCK);
}

static inline void
fake_set_flag(evutil_socket_t fd, short what, void *flag)
{
	*(bool *)flag = true;
}

static inline uint64_t
fake_cpu_us(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) *
	    1000000 +
	    (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/*
 * Lets the loop run for ms; returns how often it woke up for something
 * else.  Fails if the loop spins without calling anybody.
 */
static inline unsigned
fake_count_wakes(struct fake *fake, unsigned ms)
{
	const struct timeval delay = { 0, (suseconds_t)ms * 1000 };
	uint64_t cpu_us = fake_cpu_us();
	unsigned wakes = 0;
	bool is_over = false;

	event_base_once(
	    fake->base, -1, EV_TIMEOUT, fake_set_flag, &is_over, &delay);
	for (;;) {
		event_base_loop(fake->base, EVLOOP_ONCE);
		if (is_over)
			break;
		wakes++;
	}
	ck_assert_uint_lt(fake_cpu_us() - cpu_us, ms * 1000 / 2);
	return wakes;
}

/* Runs the loop until the connection is gone; the test's timeout helps. */
static inline void
fake_run_until_closed(struct fake *fake)
{
	while (conn_set_count(fake->set) > 0)
		event_base_loop(fake->base, EVLOOP_ONCE);
}

/* What the client can read now, as text; "" at end of file. */
static inline const char *
fake_received(struct fake *fake)
{
	static char text[65536];
	ssize_t size = recv(fake->client, text, sizeof(text) - 1, 0);

	if (size == -1)
		return errno == EAGAIN ? "(nothing)" : strerror(errno);
	text[size] = '\0';
	return text;
}

static inline void
fake_consume_all(struct fake *fake, struct conn *conn)
{
	size_t size;

	(void)fake;
	conn_input(conn, &size);
	conn_consume(conn, size);
}

#endif
