/* SPDX-License-Identifier: ISC */
#include <sys/socket.h>
#include <sys/un.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <check.h>

#include "test_client.h"
#include "test_process.h"

static void
client_init(struct test_client *client, int fd)
{
	memset(client, 0, sizeof(*client));
	ck_assert_int_ge(fd, 0);
	client->fd = fd;
}

void
test_client_connect_to(
    struct test_client *client, const char *address, unsigned port)
{
	const struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
	};
	const int on = 1;
	struct addrinfo *found;
	char service[16];

	snprintf(service, sizeof(service), "%u", port);
	ck_assert_int_eq(getaddrinfo(address, service, &hints, &found), 0);
	client_init(
	    client, socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
	ck_assert_msg(
	    connect(client->fd, found->ai_addr, found->ai_addrlen) == 0,
	    "connect to %s port %u: %s", address, port, strerror(errno));
	freeaddrinfo(found);
	/* Requests in pieces do not wait for acknowledgements. */
	setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

void
test_client_connect(struct test_client *client, unsigned port)
{
	test_client_connect_to(client, "127.0.0.1", port);
}

void
test_client_connect_unix(struct test_client *client, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	client_init(client, socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	ck_assert_msg(connect(client->fd, (struct sockaddr *)&address,
			  sizeof(address)) == 0,
	    "connect to %s: %s", path, strerror(errno));
}

void
test_client_close(struct test_client *client)
{
	close(client->fd);
	free(client->data);
	memset(client, 0, sizeof(*client));
	client->fd = -1;
}

void
test_client_send(struct test_client *client, const char *data, size_t size)
{
	ssize_t sent;

	while (size > 0) {
		sent = send(client->fd, data, size, MSG_NOSIGNAL);
		ck_assert_msg(sent > 0, "send: %s", strerror(errno));
		data += sent;
		size -= (size_t)sent;
	}
}

void
test_client_send_text(struct test_client *client, const char *text)
{
	test_client_send(client, text, strlen(text));
}

void
test_client_send_format(struct test_client *client, const char *format, ...)
{
	va_list list;
	char *text;
	int size;

	va_start(list, format);
	size = vasprintf(&text, format, list);
	va_end(list);
	ck_assert_int_ge(size, 0);
	test_client_send(client, text, (size_t)size);
	free(text);
}

void
test_client_finish(struct test_client *client)
{
	ck_assert_int_eq(shutdown(client->fd, SHUT_WR), 0);
}

/* Reads once; false at the end of the stream (or a reset). */
static bool
read_more(struct test_client *client)
{
	struct pollfd poll_fd = { .fd = client->fd, .events = POLLIN };
	ssize_t size;

	if (client->room - client->size < 65536) {
		client->room = client->room * 2 + 131072;
		client->data = realloc(client->data, client->room + 1);
		ck_assert_ptr_nonnull(client->data);
	}
	ck_assert_msg(poll(&poll_fd, 1, TEST_DEADLINE_MS) == 1,
	    "no answer in time; so far: %.*s", (int)client->size, client->data);
	size = recv(client->fd, client->data + client->size,
	    client->room - client->size, 0);
	if (size <= 0)
		return false;
	client->size += (size_t)size;
	client->data[client->size] = '\0';
	return true;
}

static void
take(struct test_client *client, size_t size)
{
	client->size -= size;
	memmove(client->data, client->data + size, client->size + 1);
}

const char *
test_client_peek(struct test_client *client, size_t size)
{
	while (client->size < size)
		ck_assert_msg(
		    read_more(client), "closed after %zu bytes", client->size);
	return client->data;
}

bool
test_client_is_closed(struct test_client *client)
{
	if (client->size > 0)
		return false;
	return !read_more(client);
}

bool
test_client_is_quiet(struct test_client *client)
{
	struct pollfd poll_fd = { .fd = client->fd, .events = POLLIN };

	return client->size == 0 && poll(&poll_fd, 1, 0) == 0;
}

const char *
test_response_field(const struct test_response *response, const char *name)
{
	static char value[4096];
	const char *line = strstr(response->head, "\r\n");
	size_t size = strlen(name);

	while (line != NULL && line[2] != '\r' && line[2] != '\0') {
		line += 2;
		if (strncasecmp(line, name, size) == 0 && line[size] == ':') {
			line += size + 1;
			line += strspn(line, " ");
			snprintf(value, sizeof(value), "%.*s",
			    (int)strcspn(line, "\r"), line);
			return value;
		}
		line = strstr(line, "\r\n");
	}
	return NULL;
}

static void
read_head(struct test_client *client, struct test_response *response)
{
	char *end = NULL;
	size_t size;

	while (client->size == 0 ||
	    (end = strstr(client->data, "\r\n\r\n")) == NULL)
		ck_assert_msg(read_more(client),
		    "closed within a head: \"%.*s\"", (int)client->size,
		    client->size == 0 ? "" : client->data);
	size = (size_t)(end - client->data) + 4;
	response->head = strndup(client->data, size);
	ck_assert_msg(
	    sscanf(response->head, "HTTP/1.1 %3d ", &response->status) == 1,
	    "bad status line: %.60s", response->head);
	take(client, size);
}

static void
add_body(struct test_response *response, const char *data, size_t size)
{
	response->body = realloc(response->body, response->size + size + 1);
	ck_assert_ptr_nonnull(response->body);
	memcpy(response->body + response->size, data, size);
	response->size += size;
	response->body[response->size] = '\0';
}

static void
read_counted(
    struct test_client *client, struct test_response *response, size_t size)
{
	test_client_peek(client, size);
	add_body(response, client->data, size);
	take(client, size);
}

static size_t
read_chunk_line(struct test_client *client)
{
	char *end = NULL, *stop;
	size_t size;

	while (
	    client->size == 0 || (end = strstr(client->data, "\r\n")) == NULL)
		ck_assert_msg(read_more(client), "closed within a chunk line");
	size = strtoul(client->data, &stop, 16);
	ck_assert_ptr_eq(stop, end);
	take(client, (size_t)(end - client->data) + 2);
	return size;
}

static void
read_chunked(struct test_client *client, struct test_response *response)
{
	size_t size;

	do {
		size = read_chunk_line(client);
		read_counted(client, response, size);
		ck_assert_int_eq(
		    memcmp(test_client_peek(client, 2), "\r\n", 2), 0);
		take(client, 2);
	} while (size > 0);
}

static void
read_to_end(struct test_client *client, struct test_response *response)
{
	while (read_more(client))
		;
	add_body(response, client->data, client->size);
	take(client, client->size);
}

void
test_client_read(struct test_client *client, const char *method,
    struct test_response *response_r)
{
	const char *value;

	memset(response_r, 0, sizeof(*response_r));
	add_body(response_r, "", 0);
	read_head(client, response_r);
	if (strcmp(method, "HEAD") == 0 || response_r->status < 200 ||
	    response_r->status == 204 || response_r->status == 304)
		return;
	value = test_response_field(response_r, "Transfer-Encoding");
	if (value != NULL) {
		ck_assert_str_eq(value, "chunked");
		read_chunked(client, response_r);
		return;
	}
	value = test_response_field(response_r, "Content-Length");
	if (value != NULL)
		read_counted(client, response_r, strtoul(value, NULL, 10));
	else
		read_to_end(client, response_r);
}

void
test_response_free(struct test_response *response)
{
	free(response->head);
	free(response->body);
	memset(response, 0, sizeof(*response));
}

void
test_client_get(struct test_client *client, const char *target,
    struct test_response *response_r)
{
	test_client_send_format(
	    client, "GET %s HTTP/1.1\r\nHost: test\r\n\r\n", target);
	test_client_read(client, "GET", response_r);
}

void
test_client_expect(struct test_client *client, const char *method, int status,
    const char *body)
{
	struct test_response response;

	test_client_read(client, method, &response);
	ck_assert_msg(response.status == status, "%d instead of %d: %s",
	    response.status, status, response.body);
	if (body != NULL)
		ck_assert_str_eq(response.body, body);
	test_response_free(&response);
}

pid_t
test_client_pid(struct test_client *client)
{
	struct test_response response;
	pid_t pid;

	test_client_get(client, "/pid", &response);
	ck_assert_int_eq(response.status, 200);
	pid = (pid_t)atoi(response.body);
	test_response_free(&response);
	return pid;
}

pid_t
test_client_new_pid(unsigned port)
{
	struct test_client client;
	pid_t pid;

	test_client_connect(&client, port);
	pid = test_client_pid(&client);
	test_client_close(&client);
	return pid;
}

int
test_client_status(struct test_client *client, const char *target)
{
	struct test_response response;
	int status;

	test_client_get(client, target, &response);
	status = response.status;
	test_response_free(&response);
	return status;
}

void
test_get(unsigned port, const char *target, struct test_response *response_r)
{
	struct test_client client;

	test_client_connect(&client, port);
	test_client_send_format(&client,
	    "GET %s HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n",
	    target);
	test_client_read(&client, "GET", response_r);
	test_client_close(&client);
}

int
test_refused(unsigned port, const char *text)
{
	struct test_response response;
	struct test_client client;
	int status;

	test_client_connect(&client, port);
	test_client_send_text(&client, text);
	test_client_read(&client, "GET", &response);
	ck_assert_str_eq(test_response_field(&response, "Connection"), "close");
	ck_assert(test_client_is_closed(&client));
	status = response.status;
	test_response_free(&response);
	test_client_close(&client);
	return status;
}
