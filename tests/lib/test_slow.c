/* SPDX-License-Identifier: ISC */
/*
 * One thread looks at all of them, each STEP_MS at the least: what is due is
 * sent, what is there is read.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "test_process.h"
#include "test_slow.h"

#define STEP_MS      10
#define PIECE_MS     100
#define PIECE_SIZE   100
#define RESPONSE_MAX 65536

struct client {
	int fd;
	unsigned number;
	bool sends; /* a body; else it reads one */
	bool is_busy;
	unsigned pieces_left; /* to be sent */
	long long next_ms, begun_ms;
	size_t size;
	char data[RESPONSE_MAX + 1];
};

struct test_slow {
	unsigned port, pieces;
	pthread_t thread;
	struct client *clients;
	struct pollfd *looks;
	size_t count;
	pthread_mutex_t lock;
	bool is_stopping;
	struct test_slow_result result;
};

static void note(struct test_slow *slow, unsigned long *counter,
    const struct client *client, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void
note(struct test_slow *slow, unsigned long *counter,
    const struct client *client, const char *format, ...)
{
	char *first = slow->result.first;
	va_list list;
	int size;

	(*counter)++;
	if (first[0] != '\0')
		return;
	size = snprintf(first, sizeof(slow->result.first),
	    "%s client %u after %lld ms: ",
	    client->sends ? "sending" : "reading", client->number,
	    test_now_ms() - client->begun_ms);
	va_start(list, format);
	vsnprintf(first + size, sizeof(slow->result.first) - (size_t)size,
	    format, list);
	va_end(list);
}

/* ---- connections ---- */

static void
connect_client(struct test_slow *slow, struct client *client)
{
	struct sockaddr_in address = { .sin_family = AF_INET };

	address.sin_port = htons((uint16_t)slow->port);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client->fd == -1 ||
	    connect(client->fd, (struct sockaddr *)&address, sizeof(address)) ==
		-1)
		note(slow, &slow->result.closed, client, "connect: %s",
		    strerror(errno));
	client->is_busy = false;
}

static void
reconnect(struct test_slow *slow, struct client *client)
{
	close(client->fd);
	connect_client(slow, client);
}

static bool
send_text(struct test_slow *slow, struct client *client, const char *text)
{
	size_t size = strlen(text);

	if (send(client->fd, text, size, MSG_NOSIGNAL) == (ssize_t)size)
		return true;
	note(slow, &slow->result.failures, client, "send: %s", strerror(errno));
	reconnect(slow, client);
	return false;
}

/* ---- transfers ---- */

static void
begin(struct test_slow *slow, struct client *client)
{
	char head[256];

	client->begun_ms = test_now_ms();
	client->next_ms = client->begun_ms + PIECE_MS;
	client->size = 0;
	client->pieces_left = client->sends ? slow->pieces : 0;
	if (client->sends)
		snprintf(head, sizeof(head),
		    "POST /count HTTP/1.1\r\nHost: test\r\n"
		    "Content-Length: %u\r\n\r\n",
		    slow->pieces * PIECE_SIZE);
	else
		snprintf(head, sizeof(head),
		    "GET /drip/%u/%d HTTP/1.1\r\nHost: test\r\n\r\n",
		    slow->pieces, PIECE_MS);
	client->is_busy = send_text(slow, client, head);
}

static void
send_piece(struct test_slow *slow, struct client *client)
{
	char piece[PIECE_SIZE + 1];

	memset(piece, 'x', PIECE_SIZE);
	piece[PIECE_SIZE] = '\0';
	if (!send_text(slow, client, piece))
		return;
	client->pieces_left--;
	client->next_ms += PIECE_MS;
}

/* module_slow's pieces are "piece N\n", without a length of the whole. */
static void
write_expected(const struct test_slow *slow, const struct client *client,
    char *expected, size_t room)
{
	size_t size = 0;
	unsigned i;

	if (client->sends) {
		snprintf(expected, room, "%u\n", slow->pieces * PIECE_SIZE);
		return;
	}
	for (i = 0; i < slow->pieces; i++)
		size += (size_t)snprintf(expected + size, room - size,
		    "%zx\r\npiece %u\n\r\n",
		    strlen("piece \n") + (size_t)snprintf(NULL, 0, "%u", i), i);
	snprintf(expected + size, room - size, "0\r\n\r\n");
}

static bool
is_complete(const struct client *client, const char *body)
{
	size_t size = client->size - (size_t)(body - client->data);

	if (client->sends)
		return memchr(body, '\n', size) != NULL;
	return size >= 5 && memcmp(body + size - 5, "0\r\n\r\n", 5) == 0;
}

static void
look_at_answer(struct test_slow *slow, struct client *client)
{
	char expected[8192];
	const char *body;

	client->data[client->size] = '\0';
	body = strstr(client->data, "\r\n\r\n");
	if (body == NULL || !is_complete(client, body + 4))
		return;
	write_expected(slow, client, expected, sizeof(expected));
	if (strncmp(client->data, "HTTP/1.1 200 ", 13) != 0 ||
	    strcmp(body + 4, expected) != 0)
		note(slow, &slow->result.failures, client, "got \"%.100s\"",
		    client->data);
	else
		slow->result.whole++;
	if (strstr(client->data, "\r\nConnection: close\r\n") != NULL)
		note(slow, &slow->result.closing, client, "close");
	client->is_busy = false;
	client->size = 0;
}

static void
receive(struct test_slow *slow, struct client *client)
{
	ssize_t size = recv(client->fd, client->data + client->size,
	    RESPONSE_MAX - client->size, MSG_DONTWAIT);

	if (size > 0) {
		client->size += (size_t)size;
		look_at_answer(slow, client);
	} else if (size == 0 || (errno != EAGAIN && errno != EINTR)) {
		note(slow,
		    client->is_busy ? &slow->result.failures :
				      &slow->result.closed,
		    client, "%s", size == 0 ? "closed" : strerror(errno));
		reconnect(slow, client);
	}
}

static void
step(struct test_slow *slow, struct client *client, bool is_stopping)
{
	if (!client->is_busy && !is_stopping)
		begin(slow, client);
	if (client->is_busy && client->pieces_left > 0 &&
	    test_now_ms() >= client->next_ms)
		send_piece(slow, client);
	receive(slow, client);
}

static bool
is_stopping(struct test_slow *slow)
{
	bool result;

	pthread_mutex_lock(&slow->lock);
	result = slow->is_stopping;
	pthread_mutex_unlock(&slow->lock);
	return result;
}

static bool
is_idle(const struct test_slow *slow)
{
	size_t i;

	for (i = 0; i < slow->count; i++)
		if (slow->clients[i].is_busy)
			return false;
	return true;
}

/* Until something comes from any, or something may be due. */
static void
wait_for_step(struct test_slow *slow)
{
	size_t i;

	for (i = 0; i < slow->count; i++)
		slow->looks[i] = (struct pollfd) {
			.fd = slow->clients[i].fd,
			.events = POLLIN,
		};
	poll(slow->looks, slow->count, STEP_MS);
}

static void *
drive(void *context)
{
	struct test_slow *slow = context;
	long long until = 0;
	bool stopping = false;
	size_t i;

	for (;;) {
		if (!stopping && is_stopping(slow)) {
			stopping = true;
			until = test_now_ms() + TEST_DEADLINE_MS;
		}
		if (stopping && (is_idle(slow) || test_now_ms() > until))
			return NULL;
		for (i = 0; i < slow->count; i++)
			step(slow, &slow->clients[i], stopping);
		wait_for_step(slow);
	}
}

/* ---- the test's side ---- */

struct test_slow *
test_slow_start(unsigned port, size_t connections, unsigned ms)
{
	struct test_slow *slow = calloc(1, sizeof(*slow));
	size_t i;

	ck_assert_ptr_nonnull(slow);
	slow->port = port;
	slow->pieces = ms / PIECE_MS;
	slow->count = connections;
	slow->clients = calloc(connections, sizeof(*slow->clients));
	slow->looks = calloc(connections, sizeof(*slow->looks));
	ck_assert(slow->clients != NULL && slow->looks != NULL);
	pthread_mutex_init(&slow->lock, NULL);
	for (i = 0; i < connections; i++) {
		slow->clients[i].number = (unsigned)i;
		slow->clients[i].sends = i % 2 == 0;
		connect_client(slow, &slow->clients[i]);
	}
	ck_assert_int_eq(pthread_create(&slow->thread, NULL, drive, slow), 0);
	return slow;
}

void
test_slow_stop(
    struct test_slow **slow_pointer, struct test_slow_result *result_r)
{
	struct test_slow *slow = *slow_pointer;
	size_t i;

	pthread_mutex_lock(&slow->lock);
	slow->is_stopping = true;
	pthread_mutex_unlock(&slow->lock);
	ck_assert_int_eq(pthread_join(slow->thread, NULL), 0);
	*result_r = slow->result;
	for (i = 0; i < slow->count; i++) {
		if (slow->clients[i].is_busy)
			result_r->failures++;
		close(slow->clients[i].fd);
	}
	pthread_mutex_destroy(&slow->lock);
	free(slow->looks);
	free(slow->clients);
	free(slow);
	*slow_pointer = NULL;
	ck_assert_msg(result_r->failures == 0 && result_r->closed == 0 &&
		result_r->closing == 0,
	    "%lu whole, %lu failures, %lu closed, %lu closing; first: %s",
	    result_r->whole, result_r->failures, result_r->closed,
	    result_r->closing, result_r->first);
}
