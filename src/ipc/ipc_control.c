/* SPDX-License-Identifier: ISC */
/*
 * The other end may be anybody's who could put a socket there: a reply is
 * taken up to a limit.
 */
#include "ipc/ipc_control.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/base_buffer.h"
#include "base/base_clock.h"
#include "base/base_fd.h"
#include "base/base_memory.h"
#include "base/base_object.h"

#define REPLY_MAX ((size_t)32 << 20)
#define READ_SIZE 65536u

#define IPC_CONTROL_MAGIC 0x5be1c04fu
struct ipc_control {
	unsigned magic;
	int fd;
	char *path;
	struct buffer text; /* the reply, as far as it has come */
};

/* ---- the connection ---- */

static int
explain(const char *path, int number, struct error *error)
{
	switch (number) {
	case ENOENT:
	case ECONNREFUSED:
		error_set(error, ERROR_RUNTIME,
		    "%s: no cohortd is running there", path);
		break;
	case EACCES:
	case EPERM:
		error_set(error, ERROR_RUNTIME,
		    "%s: permission denied: only root and the user that "
		    "started cohortd may",
		    path);
		break;
	default:
		errno = number;
		return error_set_errno(error, "%s", path);
	}
	error->number = number;
	return -1;
}

static int
connect_to(const char *path, int *fd_r, struct error *error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int number;

	if (strlen(path) >= sizeof(address.sun_path))
		return error_set(
		    error, ERROR_CONFIG, "%s: too long for a socket", path);
	strcpy(address.sun_path, path);
	*fd_r = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd_r == -1)
		return error_set_errno(error, "socket");
	if (connect(*fd_r, (const void *)&address, sizeof(address)) == 0)
		return 0;
	number = errno;
	fd_close(fd_r);
	return explain(path, number, error);
}

int
ipc_control_open(
    const char *path, struct ipc_control **control_r, struct error *error)
{
	struct ipc_control *control;
	int fd;

	if (connect_to(path, &fd, error) == -1)
		return -1;
	OBJECT_NEW(control, IPC_CONTROL_MAGIC);
	control->fd = fd;
	control->path = memory_copy_text(path);
	buffer_init(&control->text, 0);
	*control_r = control;
	return 0;
}

void
ipc_control_close(struct ipc_control **control_pointer)
{
	struct ipc_control *control;

	OBJECT_TAKE(control, control_pointer, IPC_CONTROL_MAGIC);
	fd_close(&control->fd);
	memory_free(control->path);
	buffer_fini(&control->text);
	OBJECT_FREE(control);
}

/* ---- request and reply ---- */

/* Who turns us away may do it before we have asked: its words count. */
static void
send_request(struct ipc_control *control, const json_t *request)
{
	char *text = json_dumps(request, JSON_COMPACT);
	char *line = memory_format("%s\n", text == NULL ? "" : text);
	size_t size = strlen(line), sent = 0;
	ssize_t count;

	while (sent < size) {
		count =
		    send(control->fd, line + sent, size - sent, MSG_NOSIGNAL);
		if (count == -1 && errno != EINTR)
			break;
		if (count > 0)
			sent += (size_t)count;
	}
	memory_free(line);
	free(text);
}

/* What poll(2) is to be given: -1 for no end. */
static int
time_left(uint64_t timeout_ms, uint64_t deadline_ms)
{
	uint64_t now = clock_monotonic_ms();

	if (timeout_ms == 0)
		return -1;
	if (now >= deadline_ms)
		return 0;
	return deadline_ms - now > INT_MAX ? INT_MAX : (int)(deadline_ms - now);
}

/* Words of a wait that was too long. */
static int
give_up(
    const struct ipc_control *control, uint64_t timeout_ms, struct error *error)
{
	if (timeout_ms % 1000 == 0)
		return error_set(error, ERROR_RUNTIME,
		    "%s: no reply within %llu s", control->path,
		    (unsigned long long)timeout_ms / 1000);
	return error_set(error, ERROR_RUNTIME, "%s: no reply within %llu ms",
	    control->path, (unsigned long long)timeout_ms);
}

static int
wait_for_bytes(struct ipc_control *control, uint64_t timeout_ms,
    uint64_t deadline_ms, struct error *error)
{
	struct pollfd descriptor = { .fd = control->fd, .events = POLLIN };
	int count;

	do {
		count =
		    poll(&descriptor, 1, time_left(timeout_ms, deadline_ms));
	} while (count == -1 && errno == EINTR);
	if (count == 0)
		return give_up(control, timeout_ms, error);
	if (count == -1)
		return error_set_errno(error, "poll");
	return 0;
}

/* Reads to the end of the line. */
static int
read_reply(
    struct ipc_control *control, uint64_t timeout_ms, struct error *error)
{
	uint64_t deadline_ms = clock_monotonic_ms() + timeout_ms;
	struct buffer *text = &control->text;
	const char *end = NULL;
	ssize_t count;

	buffer_clear(text);
	while (end == NULL) {
		if (text->size > REPLY_MAX)
			return error_set(error, ERROR_RUNTIME,
			    "%s: the reply does not end", control->path);
		if (wait_for_bytes(control, timeout_ms, deadline_ms, error) ==
		    -1)
			return -1;
		buffer_reserve(text, READ_SIZE);
		count =
		    recv(control->fd, text->data + text->size, READ_SIZE, 0);
		if (count == -1 && errno == EINTR)
			continue;
		if (count == -1 && errno != ECONNRESET)
			return error_set_errno(error, "%s", control->path);
		if (count <= 0)
			return error_set(error, ERROR_RUNTIME,
			    "%s: the connection was closed", control->path);
		end = memchr(text->data + text->size, '\n', (size_t)count);
		text->size += (size_t)count;
	}
	text->size = (size_t)(end - text->data);
	return 0;
}

int
ipc_control_ask(struct ipc_control *control, const json_t *request,
    uint64_t timeout_ms, json_t **reply_r, struct error *error)
{
	json_error_t problem;

	OBJECT_CHECK(control, IPC_CONTROL_MAGIC);
	send_request(control, request);
	if (read_reply(control, timeout_ms, error) == -1)
		return -1;
	*reply_r = json_loadb(control->text.data, control->text.size,
	    JSON_REJECT_DUPLICATES, &problem);
	if (json_is_object(*reply_r))
		return 0;
	json_decref(*reply_r);
	*reply_r = NULL;
	return error_set(error, ERROR_RUNTIME,
	    "%s: that is no cohortd: its reply makes no sense", control->path);
}

const char *
ipc_control_refusal(const json_t *reply)
{
	return json_string_value(json_object_get(reply, "error"));
}
