/* SPDX-License-Identifier: ISC */
/*
 * The other end may be anybody's who could put a socket there: a reply is
 * taken up to a limit, and within a time.
 */
#include "ctl/ctl_socket.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base_buffer.h"
#include "base/base_fd.h"
#include "base/base_memory.h"
#include "config/config_parse.h"
#include "ctl/ctl_text.h"

#define REPLY_MAX ((size_t)32 << 20)
#define READ_SIZE 65536u
#define WAIT_S    60

/* Of the words of an error. */
#define REFUSAL_MAX 400

/* ---- where ---- */

static int
read_settings(const struct ctl_options *options, char **path_r,
    char **state_directory_r, struct error *error)
{
	const struct config_overrides overrides = {
		.file = options->file,
		.is_partial = true, /* the command line has the rest */
		.is_root = geteuid() == 0,
	};
	struct settings *settings;

	if (config_parse(&overrides, &settings, error) == -1)
		return -1;
	*path_r = memory_copy_text(settings->control_socket);
	if (state_directory_r != NULL)
		*state_directory_r =
		    memory_copy_text(settings->state_directory);
	settings_free(&settings);
	return 0;
}

static int
find_named(
    const struct ctl_options *options, char **path_r, char **state_directory_r)
{
	struct error ignored;
	char *other = NULL;

	*path_r = memory_copy_text(options->socket);
	if (state_directory_r == NULL)
		return 0;
	if (read_settings(options, &other, state_directory_r, &ignored) == -1)
		*state_directory_r = memory_copy_text("");
	memory_free(other);
	return 0;
}

int
ctl_socket_find(const struct ctl_options *options, char **path_r,
    char **state_directory_r, struct error *error)
{
	if (options->socket != NULL)
		return find_named(options, path_r, state_directory_r);
	if (read_settings(options, path_r, state_directory_r, error) == -1)
		return -1;
	return 0;
}

/* ---- the connection ---- */

static int
explain(const char *path, int number, struct error *error)
{
	switch (number) {
	case ENOENT:
	case ECONNREFUSED:
		return error_set(error, ERROR_RUNTIME,
		    "%s: no cohortd is running there", path);
	case EACCES:
	case EPERM:
		return error_set(error, ERROR_RUNTIME,
		    "%s: permission denied: only root and the user that "
		    "started cohortd may",
		    path);
	default:
		errno = number;
		return error_set_errno(error, "%s", path);
	}
}

static int
open_socket(const char *path, int *fd_r, struct error *error)
{
	const struct timeval wait = { .tv_sec = WAIT_S };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int number;

	if (path[0] == '\0')
		return error_set(error, ERROR_CONFIG,
		    "no control_socket is configured (-S names one)");
	if (strlen(path) >= sizeof(address.sun_path))
		return error_set(
		    error, ERROR_CONFIG, "%s: too long for a socket", path);
	strcpy(address.sun_path, path);
	*fd_r = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd_r == -1)
		return error_set_errno(error, "socket");
	setsockopt(*fd_r, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(*fd_r, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	if (connect(*fd_r, (const void *)&address, sizeof(address)) == 0)
		return 0;
	number = errno;
	fd_close(fd_r);
	return explain(path, number, error);
}

/* Who turns us away may do it before we have asked: its words count. */
static void
send_request(int fd, const char *command)
{
	json_t *request = json_pack("{s:s}", "command", command);
	char *text = json_dumps(request, JSON_COMPACT);
	char *line = memory_format("%s\n", text);
	size_t size = strlen(line), sent = 0;
	ssize_t count;

	while (sent < size) {
		count = send(fd, line + sent, size - sent, MSG_NOSIGNAL);
		if (count == -1 && errno != EINTR)
			break;
		if (count > 0)
			sent += (size_t)count;
	}
	memory_free(line);
	free(text);
	json_decref(request);
}

/* Reads to the end of the line. */
static int
read_reply(int fd, const char *path, struct buffer *reply, struct error *error)
{
	const char *end = NULL;
	ssize_t count;

	while (end == NULL) {
		if (reply->size > REPLY_MAX)
			return error_set(error, ERROR_RUNTIME,
			    "%s: the reply does not end", path);
		buffer_reserve(reply, READ_SIZE);
		count = recv(fd, reply->data + reply->size, READ_SIZE, 0);
		if (count == -1 && errno == EINTR)
			continue;
		if (count == -1 && errno == EAGAIN)
			return error_set(error, ERROR_RUNTIME,
			    "%s: no reply within %d s", path, WAIT_S);
		if (count == -1 && errno != ECONNRESET)
			return error_set_errno(error, "%s", path);
		if (count <= 0)
			return error_set(error, ERROR_RUNTIME,
			    "%s: the connection was closed", path);
		end = memchr(reply->data + reply->size, '\n', (size_t)count);
		reply->size += (size_t)count;
	}
	reply->size = (size_t)(end - reply->data);
	return 0;
}

/* Made fit for a terminal, whoever said it. */
static int
repeat(const char *refusal, struct error *error)
{
	struct buffer words;

	buffer_init(&words, 0);
	ctl_text_append(&words, refusal, REFUSAL_MAX);
	error_set(error, ERROR_RUNTIME, "%s",
	    words.data == NULL ? "refused" : words.data);
	buffer_fini(&words);
	return -1;
}

static int
parse_reply(const char *path, const struct buffer *text, json_t **reply_r,
    struct error *error)
{
	json_error_t problem;
	const char *refusal;

	*reply_r = json_loadb(
	    text->data, text->size, JSON_REJECT_DUPLICATES, &problem);
	if (!json_is_object(*reply_r)) {
		json_decref(*reply_r);
		return error_set(error, ERROR_RUNTIME,
		    "%s: that is no cohortd: its reply makes no sense", path);
	}
	refusal = json_string_value(json_object_get(*reply_r, "error"));
	if (refusal == NULL)
		return 0;
	repeat(refusal, error);
	json_decref(*reply_r);
	return -1;
}

int
ctl_socket_ask(const char *path, const char *command, json_t **reply_r,
    struct error *error)
{
	struct buffer text;
	int fd, result;

	if (open_socket(path, &fd, error) == -1)
		return -1;
	buffer_init(&text, 0);
	send_request(fd, command);
	result = read_reply(fd, path, &text, error);
	fd_close(&fd);
	if (result == 0)
		result = parse_reply(path, &text, reply_r, error);
	buffer_fini(&text);
	return result;
}

json_t *
ctl_socket_reply(const struct ctl_options *options, const char *command,
    enum ipc_exit *code_r)
{
	json_t *reply = NULL;
	struct error error;
	char *path;
	int result = ctl_socket_find(options, &path, NULL, &error);

	if (result == 0) {
		result = ctl_socket_ask(path, command, &reply, &error);
		memory_free(path);
	}
	if (result == 0)
		return reply;
	fprintf(stderr, "cohortctl: %s\n", error.text);
	*code_r = ipc_exit_for(&error);
	return NULL;
}
