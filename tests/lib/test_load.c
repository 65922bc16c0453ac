/* SPDX-License-Identifier: ISC */
/*
 * The thread owns the clients.  What it shares with the test is guarded by
 * one lock; it never fails the test itself, as Check wants that from the
 * test's own thread: what goes wrong is told by the counters.
 */
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <check.h>

#include "test_load.h"
#include "test_process.h"

#define RESPONSE_MAX 4096
#define EVENTS_MAX   256

/* Besides the clients' sockets. */
#define DESCRIPTORS_OTHER 256

struct client {
	int fd;
	unsigned long number;
	bool is_waiting;
	unsigned long round; /* when the request was sent */
	unsigned long round_done;
	long long sent_ms;
	char token[48]; /* of the request that waits; with it its body ends */
	bool is_echo;
	size_t size;
	char data[RESPONSE_MAX + 1];
};

struct test_load {
	unsigned port;
	unsigned long rate;
	pthread_t thread;
	int epoll_fd;
	struct client *clients;
	size_t client_count;
	/* Those who may send, first come first served. */
	struct client **ready;
	size_t ready_begin, ready_count;
	size_t waiting;
	long long begin_ms, looked_ms;
	unsigned long sent;

	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool is_stopping;
	unsigned long round;
	size_t round_missing;
	struct test_load_result result;
};

/* ---- what is counted ---- */

static void note(struct test_load *load, unsigned long *counter,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

static void
note(struct test_load *load, unsigned long *counter, const char *format, ...)
{
	va_list list;

	pthread_mutex_lock(&load->lock);
	(*counter)++;
	if (load->result.first[0] == '\0') {
		va_start(list, format);
		vsnprintf(load->result.first, sizeof(load->result.first),
		    format, list);
		va_end(list);
	}
	pthread_mutex_unlock(&load->lock);
}

/* The client has had its answer. */
static void
note_round(struct test_load *load, struct client *client)
{
	pthread_mutex_lock(&load->lock);
	if (client->round == load->round && client->round_done != load->round) {
		client->round_done = load->round;
		if (--load->round_missing == 0)
			pthread_cond_signal(&load->changed);
	}
	pthread_mutex_unlock(&load->lock);
}

static void
note_right(struct test_load *load, const struct client *client, bool is_closing)
{
	long long took = test_now_ms() - client->sent_ms;

	pthread_mutex_lock(&load->lock);
	load->result.requests++;
	if (took > load->result.slowest_ms)
		load->result.slowest_ms = took;
	pthread_mutex_unlock(&load->lock);
	if (is_closing)
		note(load, &load->result.closing,
		    "client %lu: \"Connection: close\" beside %s",
		    client->number, client->token);
}

static void
note_refused(struct test_load *load, const struct client *client)
{
	if (strncmp(client->data, "HTTP/1.1 503 ", 13) != 0)
		return;
	pthread_mutex_lock(&load->lock);
	load->result.refused++;
	pthread_mutex_unlock(&load->lock);
}

/* ---- connections ---- */

static void
push_ready(struct test_load *load, struct client *client)
{
	load->ready[(load->ready_begin + load->ready_count++) %
	    load->client_count] = client;
}

/* A refusal is told by -1. */
static int
connect_client(struct test_load *load, struct client *client)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	struct epoll_event event = { .events = EPOLLIN };

	address.sin_port = htons((uint16_t)load->port);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	event.data.ptr = client;
	client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client->fd == -1 ||
	    connect(client->fd, (struct sockaddr *)&address, sizeof(address)) ==
		-1)
		return -1;
	return epoll_ctl(load->epoll_fd, EPOLL_CTL_ADD, client->fd, &event);
}

static void
reconnect(struct test_load *load, struct client *client)
{
	if (client->fd != -1)
		close(client->fd);
	if (client->is_waiting)
		load->waiting--;
	client->is_waiting = false;
	client->size = 0;
	if (connect_client(load, client) == 0)
		push_ready(load, client);
	else
		note(load, &load->result.closed, "client %lu: connect: %s",
		    client->number, strerror(errno));
}

static void
on_end(struct test_load *load, struct client *client, const char *how)
{
	note(load, &load->result.closed,
	    "client %lu: %s, %lld ms after %s, within \"%.*s\"", client->number,
	    how, test_now_ms() - client->sent_ms,
	    client->is_waiting ? client->token : "its last answer",
	    (int)client->size, client->data);
	reconnect(load, client);
}

/* ---- requests ---- */

static int
write_request(
    struct client *client, char *text, size_t room, unsigned long sequence)
{
	client->is_echo = sequence % 3 == 2;
	snprintf(client->token, sizeof(client->token), "%lu-%lu",
	    client->number, sequence);
	if (client->is_echo)
		return snprintf(text, room,
		    "POST /echo HTTP/1.1\r\nHost: test\r\n"
		    "Content-Length: %zu\r\n\r\n%s",
		    strlen(client->token), client->token);
	return snprintf(text, room,
	    "GET /hello/%s HTTP/1.1\r\nHost: test\r\n\r\n", client->token);
}

static void
send_request(struct test_load *load, struct client *client)
{
	char text[256];
	int size = write_request(client, text, sizeof(text), load->sent++);

	pthread_mutex_lock(&load->lock);
	client->round = load->round;
	pthread_mutex_unlock(&load->lock);
	client->sent_ms = test_now_ms();
	client->is_waiting = true;
	client->size = 0;
	load->waiting++;
	/* It fits the socket's buffer, which is empty. */
	if (send(client->fd, text, (size_t)size, MSG_NOSIGNAL) != size)
		on_end(load, client, strerror(errno));
}

/* How many may be sent now. */
static unsigned long
allowance(const struct test_load *load)
{
	long long due;

	if (load->rate == 0)
		return load->ready_count;
	due = (long long)load->rate * (test_now_ms() - load->begin_ms) / 1000 -
	    (long long)load->sent;
	return due < 0 ? 0 : (unsigned long)due;
}

static void
send_requests(struct test_load *load)
{
	unsigned long count = allowance(load);
	struct client *client;

	for (; count > 0 && load->ready_count > 0; count--) {
		client = load->ready[load->ready_begin];
		load->ready_begin =
		    (load->ready_begin + 1) % load->client_count;
		load->ready_count--;
		send_request(load, client);
	}
	/* What was missed in a stall is not made up for. */
	if (count > 0 && load->rate > 0)
		load->begin_ms =
		    test_now_ms() - (long long)(load->sent * 1000 / load->rate);
}

/* ---- answers ---- */

/* The value behind "\r\nNAME: "; NULL: there is no such field. */
static const char *
find_field(const char *head, const char *end, const char *name)
{
	const char *at = strstr(head, name);

	return at == NULL || at > end ? NULL : at + strlen(name);
}

/* The size of a complete answer, whose body is at *body_r; 0: not yet. */
static size_t
complete_size(const struct client *client, const char **body_r)
{
	const char *end = strstr(client->data, "\r\n\r\n"), *value;
	size_t size;

	if (end == NULL)
		return 0;
	*body_r = end + 4;
	value = find_field(client->data, end, "\r\nContent-Length: ");
	size = (size_t)(*body_r - client->data) +
	    (value == NULL ? 0 : strtoul(value, NULL, 10));
	return client->size < size ? 0 : size;
}

static bool
is_right(const struct client *client, const char *body, size_t size)
{
	char expected[96];

	snprintf(expected, sizeof(expected),
	    client->is_echo ? "%s" : "Hello, %s!\n", client->token);
	return strncmp(client->data, "HTTP/1.1 200 ", 13) == 0 &&
	    client->size == size && strcmp(body, expected) == 0;
}

static void
take_answer(struct test_load *load, struct client *client, const char *body,
    size_t size)
{
	bool is_closing =
	    find_field(client->data, body, "\r\nConnection: close") != NULL;

	if (is_right(client, body, size)) {
		note_right(load, client, is_closing);
	} else {
		note_refused(load, client);
		note(load, &load->result.failures,
		    "client %lu: asked for %s, got \"%.*s\"", client->number,
		    client->token, (int)client->size, client->data);
	}
	note_round(load, client);
	client->is_waiting = false;
	client->size = 0;
	load->waiting--;
	/* If it is closing the end comes next, and is counted then. */
	push_ready(load, client);
}

static void
on_bytes(struct test_load *load, struct client *client)
{
	const char *body;
	size_t size;

	client->data[client->size] = '\0';
	if (!client->is_waiting) {
		note(load, &load->result.failures,
		    "client %lu: not asked for: \"%.*s\"", client->number,
		    (int)client->size, client->data);
		client->size = 0;
		return;
	}
	size = complete_size(client, &body);
	if (size > 0)
		take_answer(load, client, body, size);
	else if (client->size == RESPONSE_MAX)
		on_end(load, client, "answer without end");
}

static void
remove_ready(struct test_load *load, const struct client *client)
{
	size_t i, kept = 0;
	struct client *at;

	for (i = 0; i < load->ready_count; i++) {
		at = load->ready[(load->ready_begin + i) % load->client_count];
		if (at != client)
			load->ready[(load->ready_begin + kept++) %
			    load->client_count] = at;
	}
	load->ready_count = kept;
}

static void
on_readable(struct test_load *load, struct client *client)
{
	ssize_t size = recv(client->fd, client->data + client->size,
	    RESPONSE_MAX - client->size, MSG_DONTWAIT);

	if (size > 0) {
		client->size += (size_t)size;
		on_bytes(load, client);
	} else if (size == 0 || errno != EAGAIN) {
		if (!client->is_waiting)
			remove_ready(load, client);
		on_end(load, client, size == 0 ? "closed" : strerror(errno));
	}
}

/* ---- the thread ---- */

/* Looks now and then for requests that nobody answers. */
static void
look_for_hangs(struct test_load *load)
{
	long long now = test_now_ms();
	struct client *client;
	size_t i;

	if (now - load->looked_ms < 1000)
		return;
	load->looked_ms = now;
	for (i = 0; i < load->client_count; i++) {
		client = &load->clients[i];
		if (!client->is_waiting ||
		    now - client->sent_ms < TEST_DEADLINE_MS)
			continue;
		note(load, &load->result.failures,
		    "client %lu: no answer to %s in time", client->number,
		    client->token);
		on_end(load, client, "given up");
	}
}

static bool
is_over(struct test_load *load)
{
	bool is_stopping;

	pthread_mutex_lock(&load->lock);
	is_stopping = load->is_stopping;
	pthread_mutex_unlock(&load->lock);
	if (!is_stopping)
		send_requests(load);
	return is_stopping && load->waiting == 0;
}

static void *
drive(void *context)
{
	struct test_load *load = context;
	struct epoll_event events[EVENTS_MAX];
	int count, i;

	while (!is_over(load)) {
		/* The next may be due before anything happens. */
		count = epoll_wait(load->epoll_fd, events, EVENTS_MAX,
		    load->ready_count > 0 ? 1 : 20);
		for (i = 0; i < count; i++)
			on_readable(load, events[i].data.ptr);
		look_for_hangs(load);
	}
	return NULL;
}

/* ---- the test's side ---- */

static void
raise_descriptor_limit(size_t wanted)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_cur < wanted)
		limit.rlim_cur =
		    wanted < limit.rlim_max ? wanted : limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void
start_round(struct test_load *load)
{
	load->round++;
	load->round_missing = load->client_count;
}

static struct test_load *
load_new(unsigned port, size_t connections, unsigned long rate)
{
	struct test_load *load = calloc(1, sizeof(*load));

	ck_assert_ptr_nonnull(load);
	load->port = port;
	load->rate = rate;
	load->client_count = connections;
	load->clients = calloc(connections, sizeof(*load->clients));
	load->ready = calloc(connections, sizeof(*load->ready));
	ck_assert(load->clients != NULL && load->ready != NULL);
	load->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	ck_assert_int_ne(load->epoll_fd, -1);
	pthread_mutex_init(&load->lock, NULL);
	pthread_cond_init(&load->changed, NULL);
	return load;
}

struct test_load *
test_load_start(unsigned port, size_t connections, unsigned long rate)
{
	struct test_load *load = load_new(port, connections, rate);
	size_t i;

	raise_descriptor_limit(connections + DESCRIPTORS_OTHER);
	for (i = 0; i < connections; i++) {
		load->clients[i].number = i;
		ck_assert_msg(connect_client(load, &load->clients[i]) == 0,
		    "connection %zu: %s", i, strerror(errno));
		push_ready(load, &load->clients[i]);
	}
	load->begin_ms = test_now_ms();
	load->looked_ms = load->begin_ms;
	start_round(load);
	ck_assert_int_eq(pthread_create(&load->thread, NULL, drive, load), 0);
	return load;
}

void
test_load_wait(struct test_load *load)
{
	struct timespec until;
	char first[512];
	size_t missing;
	int result = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 2 * TEST_DEADLINE_MS / 1000;
	pthread_mutex_lock(&load->lock);
	start_round(load);
	while (load->round_missing > 0 && result == 0)
		result =
		    pthread_cond_timedwait(&load->changed, &load->lock, &until);
	missing = load->round_missing;
	memcpy(first, load->result.first, sizeof(first));
	pthread_mutex_unlock(&load->lock);
	ck_assert_msg(missing == 0, "%zu connections get no answer; first: %s",
	    missing, first);
}

void
test_load_look(struct test_load *load, struct test_load_result *result_r)
{
	pthread_mutex_lock(&load->lock);
	*result_r = load->result;
	pthread_mutex_unlock(&load->lock);
}

void
test_load_expect_whole(struct test_load *load)
{
	struct test_load_result result;

	test_load_look(load, &result);
	ck_assert_msg(
	    result.failures == 0 && result.closed == 0 && result.closing == 0,
	    "%lu right answers, %lu failures, %lu connections closed, %lu "
	    "closing; first: %s",
	    result.requests, result.failures, result.closed, result.closing,
	    result.first);
}

void
test_load_stop(
    struct test_load **load_pointer, struct test_load_result *result_r)
{
	struct test_load *load = *load_pointer;
	size_t i;

	pthread_mutex_lock(&load->lock);
	load->is_stopping = true;
	pthread_mutex_unlock(&load->lock);
	ck_assert_int_eq(pthread_join(load->thread, NULL), 0);
	*result_r = load->result;
	for (i = 0; i < load->client_count; i++)
		if (load->clients[i].fd != -1)
			close(load->clients[i].fd);
	close(load->epoll_fd);
	pthread_cond_destroy(&load->changed);
	pthread_mutex_destroy(&load->lock);
	free(load->ready);
	free(load->clients);
	free(load);
	*load_pointer = NULL;
}
