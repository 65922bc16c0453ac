/* SPDX-License-Identifier: ISC */
/*
 * Owns the self-checks under way.  The master writes a request and looks at
 * the status in the first line of what comes back; of the rest it keeps just
 * enough for the first line of a body to be shown, and understands none.
 */
#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/base_buffer.h"
#include "base/base_clock.h"
#include "base/base_fd.h"
#include "base/base_object.h"
#include "config/config_self_check.h"
#include "master/master_private.h"

/* A longer answer is not waited for to its end. */
#define ANSWER_MAX 65536u

/* Of a body's first line. */
#define SHOWN_MAX 120u

#define MASTER_CHECK_MAGIC 0xe27b5d31u
struct master_check {
	unsigned magic;
	struct master_worker *worker;
	int fd;
	struct event input, deadline;
	struct buffer answer;
};

/* ---- what came back ---- */

/* "HTTP/1.x NNN "; 0: not that. */
static int
status_of(const struct buffer *answer)
{
	const char *data = answer->data;
	int status = 0, i;

	if (answer->size < strlen("HTTP/1.1 200 ") ||
	    memcmp(data, "HTTP/1.", 7) != 0 || data[8] != ' ')
		return 0;
	for (i = 9; i < 12; i++) {
		if (data[i] < '0' || data[i] > '9')
			return 0;
		status = status * 10 + (data[i] - '0');
	}
	return data[12] == ' ' || data[12] == '\r' ? status : 0;
}

/* The first line behind the first empty one; "": there is none. */
static void
append_body(struct buffer *words, const struct buffer *answer)
{
	const char *end = answer->size == 0 ?
	    NULL :
	    memmem(answer->data, answer->size, "\r\n\r\n", 4);
	size_t size, length;

	if (end == NULL)
		return;
	end += 4;
	size = answer->size - (size_t)(end - answer->data);
	for (length = 0; length < size && length < SHOWN_MAX; length++)
		if (end[length] == '\n' || end[length] == '\r')
			break;
	if (length == 0)
		return;
	buffer_append_text(words, ": ");
	buffer_append_escaped(words, end, length);
}

static void
describe(const struct master_check *check, int status, bool is_late)
{
	struct master_worker *worker = check->worker;
	const struct settings *settings = worker->cohort->settings;
	struct buffer words;

	buffer_init(&words, 0);
	buffer_format(&words, "worker %u (pid %d): self_check \"%s\" ",
	    worker->slot, (int)worker->pid, settings->self_check);
	if (status != 0)
		buffer_format(&words, "was answered %d", status);
	else if (is_late)
		buffer_format(&words, "was not answered within %llu ms",
		    (unsigned long long)settings->self_check_timeout);
	else
		buffer_append_text(&words, "was not answered");
	if (status != 0)
		append_body(&words, &check->answer);
	snprintf(worker->failure, sizeof(worker->failure), "%s", words.data);
	buffer_fini(&words);
}

/*
 * A worker that crashed said so before its end of the pair was closed: that
 * is the better reason, and ends the check.
 */
static void
conclude(struct master_check *check, bool is_late)
{
	struct master_worker *worker = check->worker;
	int status;

	master_channel_drain(worker);
	if (worker->check == NULL)
		return;
	status = status_of(&check->answer);
	if (status / 100 == 2) {
		master_check_stop(worker);
		master_worker_advance(worker, MASTER_WORKER_ON_PROVEN);
		return;
	}
	describe(check, status, is_late);
	master_check_stop(worker);
	master_cohort_on_unfit(worker);
}

static void
on_input(evutil_socket_t fd, short events, void *context)
{
	struct master_check *check;
	char data[4096];
	ssize_t size;

	OBJECT_CAST(check, context, MASTER_CHECK_MAGIC);
	size = recv(fd, data, sizeof(data), 0);
	if (size == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (size > 0)
		buffer_append(&check->answer, data, (size_t)size);
	if (size <= 0 || check->answer.size >= ANSWER_MAX)
		conclude(check, false);
}

static void
on_deadline(evutil_socket_t fd, short events, void *context)
{
	struct master_check *check;

	OBJECT_CAST(check, context, MASTER_CHECK_MAGIC);
	conclude(check, true);
}

/* ---- the request ---- */

static void
append_host(struct buffer *request, const struct config_self_check *words,
    const struct master_cohort *cohort)
{
	if (words->host_size > 0)
		buffer_append(request, words->host, words->host_size);
	else if (cohort->listener_count > 0 && cohort->listeners[0]->is_tcp)
		buffer_append_text(request, cohort->listeners[0]->name);
	else
		buffer_append_text(request, "localhost");
}

static int
make_request(const struct master_cohort *cohort, struct buffer *request,
    struct error *error)
{
	struct config_self_check words;

	if (config_self_check_parse(
		cohort->settings->self_check, &words, error) == -1)
		return error_wrap(error, "self_check");
	buffer_append(request, words.method, words.method_size);
	buffer_append_byte(request, ' ');
	buffer_append(request, words.target, words.target_size);
	buffer_append_text(request, " HTTP/1.1\r\nHost: ");
	append_host(request, &words, cohort);
	buffer_append_text(request,
	    "\r\nConnection: close\r\nUser-Agent: cohort-self-check\r\n\r\n");
	return 0;
}

/* The pair's buffer has room for all of it. */
static int
send_request(const struct master_cohort *cohort, int fd, struct error *error)
{
	struct buffer request;
	int result;
	ssize_t size;

	buffer_init(&request, 0);
	result = make_request(cohort, &request, error);
	if (result == 0) {
		size = send(fd, request.data, request.size, MSG_NOSIGNAL);
		if (size != (ssize_t)request.size)
			result = error_set_errno(error, "self_check: send");
	}
	buffer_fini(&request);
	return result;
}

/* ---- life ---- */

static void
start_waiting(struct master_worker *worker, int fd)
{
	const struct timeval wait =
	    clock_timeval(worker->cohort->settings->self_check_timeout);
	struct event_base *base = worker->cohort->master->base;
	struct master_check *check;

	OBJECT_NEW(check, MASTER_CHECK_MAGIC);
	check->worker = worker;
	check->fd = fd;
	buffer_init(&check->answer, 0);
	event_assign(
	    &check->input, base, fd, EV_READ | EV_PERSIST, on_input, check);
	event_assign(&check->deadline, base, -1, 0, on_deadline, check);
	event_add(&check->input, NULL);
	event_add(&check->deadline, &wait);
	worker->check = check;
}

int
master_check_start(struct master_worker *worker, struct error *error)
{
	int pair[2], result;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
		pair) == -1)
		return error_set_errno(error, "self_check: socketpair");
	result = send_request(worker->cohort, pair[0], error);
	if (result == 0 &&
	    !master_channel_give(worker, IPC_MESSAGE_CHECK, pair[1]))
		result = error_set(error, ERROR_RUNTIME,
		    "self_check: worker %u (pid %d) cannot be told",
		    worker->slot, (int)worker->pid);
	fd_close(&pair[1]);
	if (result == -1)
		fd_close(&pair[0]);
	else
		start_waiting(worker, pair[0]);
	return result;
}

void
master_check_stop(struct master_worker *worker)
{
	struct master_check *check;

	if (worker->check == NULL)
		return;
	OBJECT_TAKE(check, &worker->check, MASTER_CHECK_MAGIC);
	event_del(&check->input);
	event_del(&check->deadline);
	buffer_fini(&check->answer);
	fd_close(&check->fd);
	OBJECT_FREE(check);
}
