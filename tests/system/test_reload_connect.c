/* SPDX-License-Identifier: ISC */
/*
 * New connections during reloads: at 2,000 a second none is refused and none
 * reset, whatever becomes of other listeners; and who waits in the queue of
 * a listener that goes is served.
 */
#include <sys/socket.h>
#include <sys/timerfd.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "test_client.h"
#include "test_daemon.h"
#include "test_order.h"
#include "test_unit.h"

#define RELOADS 20
#define THREADS 4
#define RATE    2000 /* a second, of all threads */
#define BETWEEN 200  /* connections, at least, between two reloads */
#define LISTEN  "listen \"127.0.0.1:0\" {}\n"
#define ANOTHER "listen \"127.0.0.2:0\" {}\n"
#define WAITING 200 /* in a queue */
#define MOUNT   "host \"*\" { mount \"/\" { module = \"@/module_test.so\" } }\n"
#define REQUEST "GET /hello/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

static const char expected[] = "HTTP/1.1 200 OK\r\n";

struct connector {
	pthread_t thread;
	unsigned port;
	atomic_bool *is_over;
	atomic_ulong connections;
	unsigned long failures;
	char first[128];
};

static int
connect_to(in_addr_t address, unsigned port)
{
	const struct sockaddr_in name = {
		.sin_family = AF_INET,
		.sin_port = htons((in_port_t)port),
		.sin_addr.s_addr = htonl(address),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd != -1 &&
	    connect(fd, (const struct sockaddr *)&name, sizeof(name)) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Sends the request; the answer, up to the end. */
static bool
ask(int fd)
{
	char data[4096];
	size_t size = 0;
	ssize_t count;

	if (send(fd, REQUEST, strlen(REQUEST), MSG_NOSIGNAL) == -1)
		return false;
	while ((count = recv(fd, data + size, sizeof(data) - size, 0)) > 0)
		size += (size_t)count;
	errno = count == 0 ? 0 : errno;
	return count == 0 && size > strlen(expected) &&
	    memcmp(data, expected, strlen(expected)) == 0;
}

static void
connect_once(struct connector *connector)
{
	int fd = connect_to(INADDR_LOOPBACK, connector->port);

	connector->connections++;
	if (fd == -1 || !ask(fd)) {
		if (connector->failures++ == 0)
			snprintf(connector->first, sizeof(connector->first),
			    "%s: %s", fd == -1 ? "connect" : "request",
			    strerror(errno));
	}
	if (fd != -1)
		close(fd);
}

/* One connection for each tick of a timer. */
static void *
run(void *context)
{
	const struct timespec tick = { .tv_nsec =
					   1000000000L / RATE * THREADS };
	const struct itimerspec times = { .it_interval = tick,
		.it_value = tick };
	struct connector *connector = context;
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	uint64_t ticks;

	timerfd_settime(timer, 0, &times, NULL);
	while (!atomic_load(connector->is_over) &&
	    read(timer, &ticks, sizeof(ticks)) == sizeof(ticks))
		for (; ticks > 0; ticks--)
			connect_once(connector);
	close(timer);
	return NULL;
}

static struct test_daemon *
start(const char *listeners)
{
	struct test_daemon *daemon = test_daemon_new();

	test_daemon_expect(daemon, "reload: reading");
	test_daemon_module(daemon, "module_test");
	test_daemon_configure(
	    daemon, TEST_CONTROL "workers = 2\n%s" MOUNT, listeners);
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	return daemon;
}

static void
reload(struct test_daemon *daemon, const char *settings)
{
	json_t *answer;

	test_daemon_configure(daemon, TEST_CONTROL "%s" MOUNT, settings);
	answer = test_order(daemon, "reload");
	ck_assert_msg(json_object_get(answer, "error") == NULL, "%s",
	    json_string_value(json_object_get(answer, "error")));
	json_decref(answer);
}

static unsigned long
count(const struct connector *connectors)
{
	unsigned long sum = 0;
	int i;

	for (i = 0; i < THREADS; i++)
		sum += atomic_load(&connectors[i].connections);
	return sum;
}

/* What changes meanwhile. */
static const char *const changes[] = {
	"workers = 2\n" LISTEN ANOTHER,
	"workers = 4\nlisten \"127.0.0.1:0\" { backlog = 1000 }\n",
	"workers = 1\n" LISTEN ANOTHER,
	"workers = 2\nlisten \"127.0.0.1:0\" { defer_accept = false }\n",
};

START_TEST(no_new_connection_is_refused_or_reset)
{
	struct test_daemon *daemon = start(LISTEN);
	struct connector connectors[THREADS];
	unsigned long connections;
	atomic_bool is_over = false;
	long long begun = test_now_ms();
	int i;

	memset(connectors, 0, sizeof(connectors));
	for (i = 0; i < THREADS; i++) {
		connectors[i].port = test_daemon_port(daemon);
		connectors[i].is_over = &is_over;
		ck_assert_int_eq(pthread_create(&connectors[i].thread, NULL,
				     run, &connectors[i]),
		    0);
	}
	for (i = 0; i < RELOADS; i++) {
		reload(daemon, changes[i % 4]);
		while (count(connectors) < (unsigned long)(i + 1) * BETWEEN)
			test_pause();
	}
	atomic_store(&is_over, true);
	for (i = 0; i < THREADS; i++)
		pthread_join(connectors[i].thread, NULL);
	begun = test_now_ms() - begun;
	connections = count(connectors);
	for (i = 0; i < THREADS; i++) {
		ck_assert_msg(connectors[i].failures == 0, "%lu of %lu: %s",
		    connectors[i].failures, connections, connectors[i].first);
	}
	printf("%lu connections, %lld a second, during %d reloads\n",
	    connections, (long long)connections * 1000 / begun, RELOADS);
	test_daemon_stop(&daemon);
}
END_TEST

/* Nobody is let into the queue that is about to be closed: the handshake of
 * this one does not happen, which on this host it would have at once. */
static int
knock(unsigned port)
{
	const struct sockaddr_in name = {
		.sin_family = AF_INET,
		.sin_port = htons((in_port_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1),
	};
	struct pollfd descriptor = { .events = POLLOUT };

	descriptor.fd =
	    socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ck_assert_int_eq(connect(descriptor.fd, (const struct sockaddr *)&name,
			     sizeof(name)),
	    -1);
	ck_assert_int_eq(errno, EINPROGRESS);
	ck_assert_int_eq(poll(&descriptor, 1, 0), 0);
	return descriptor.fd;
}

/* Once its kernel has tried again. */
static void
expect_refused(int fd)
{
	struct pollfd descriptor = { .fd = fd, .events = POLLOUT };
	int number = 0;
	socklen_t size = sizeof(number);

	ck_assert_int_eq(poll(&descriptor, 1, TEST_DEADLINE_MS), 1);
	ck_assert_int_eq(
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &size), 0);
	ck_assert_int_eq(number, ECONNREFUSED);
	close(fd);
}

/* The workers do not run as they connect and as the reload is made. */
START_TEST(who_waits_at_a_listener_that_goes_is_served)
{
	struct test_daemon *daemon =
	    start(LISTEN "listen \"127.0.0.2:0\" { defer_accept = false }\n");
	unsigned port = test_daemon_port_of(daemon, "127.0.0.2");
	pid_t workers[8];
	int fds[WAITING], late, i;
	size_t count, w;

	count = test_daemon_workers(daemon, workers, 8);
	ck_assert_uint_eq(count, 2);
	for (w = 0; w < count; w++)
		ck_assert_int_eq(kill(workers[w], SIGSTOP), 0);
	for (i = 0; i < WAITING; i++) {
		fds[i] = connect_to(INADDR_LOOPBACK + 1, port);
		ck_assert_int_ne(fds[i], -1);
	}
	reload(daemon, "workers = 2\n" LISTEN);
	late = knock(port);
	for (w = 0; w < count; w++)
		ck_assert_int_eq(kill(workers[w], SIGCONT), 0);
	for (i = 0; i < WAITING; i++) {
		ck_assert_msg(
		    ask(fds[i]), "%d of %d: %s", i, WAITING, strerror(errno));
		close(fds[i]);
	}
	expect_refused(late);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(who_waits_at_a_unix_socket_that_goes_is_served)
{
	struct test_daemon *daemon =
	    start(LISTEN "listen \"unix:@/socket\" {}\n");
	struct test_client clients[50];
	pid_t workers[8];
	size_t count, i;

	count = test_daemon_workers(daemon, workers, 8);
	for (i = 0; i < count; i++)
		ck_assert_int_eq(kill(workers[i], SIGSTOP), 0);
	for (i = 0; i < 50; i++)
		test_client_connect_unix(
		    &clients[i], test_daemon_path(daemon, "socket"));
	reload(daemon, "workers = 2\n" LISTEN);
	ck_assert_int_eq(access(test_daemon_path(daemon, "socket"), F_OK), -1);
	for (i = 0; i < count; i++)
		ck_assert_int_eq(kill(workers[i], SIGCONT), 0);
	for (i = 0; i < 50; i++) {
		ck_assert_int_eq(
		    test_client_status(&clients[i], "/hello/x"), 200);
		test_client_close(&clients[i]);
	}
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("reload_connect");
	TCase *tcase = tcase_create("connect");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, no_new_connection_is_refused_or_reset);
	tcase_add_test(tcase, who_waits_at_a_listener_that_goes_is_served);
	tcase_add_test(tcase, who_waits_at_a_unix_socket_that_goes_is_served);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
