/* SPDX-License-Identifier: ISC */
/*
 * Owns the socket to the service manager: what is sent, what waits for room,
 * the watchdog.  What there is to say is master_manager.c's.  libsystemd is
 * not needed for a few datagrams.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <event2/event_struct.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base_clock.h"
#include "base/base_fd.h"
#include "base/base_log.h"
#include "base/base_number.h"
#include "base/base_object.h"
#include "master/master_notify.h"

#define MASTER_NOTIFY_MAGIC 0x4b1de70au
struct master_notify {
	unsigned magic;
	char *address;       /* as NOTIFY_SOCKET said */
	int64_t watchdog_us; /* 0: none */
	int fd;              /* -1: nobody listens */
	struct event writable, watchdog;
	char *waiting[MASTER_NOTIFY_WAITING]; /* oldest first */
	size_t waiting_count;
};

/* As sd_watchdog_enabled(3): of no process, or of this one. */
static int64_t
read_watchdog(void)
{
	const char *pid = getenv("WATCHDOG_PID");
	const char *time = getenv("WATCHDOG_USEC");
	int64_t number, time_us;

	if (time == NULL || number_parse(time, 1, INT64_MAX, &time_us) == -1)
		return 0;
	if (pid != NULL &&
	    (number_parse(pid, 1, INT32_MAX, &number) == -1 ||
		number != getpid()))
		return 0;
	return time_us;
}

void
master_notify_hide(void)
{
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_PID");
	unsetenv("WATCHDOG_USEC");
}

struct master_notify *
master_notify_new(void)
{
	const char *address = getenv("NOTIFY_SOCKET");
	struct master_notify *notify = NULL;

	if (address != NULL && address[0] != '\0') {
		OBJECT_NEW(notify, MASTER_NOTIFY_MAGIC);
		notify->address = memory_copy_text(address);
		notify->watchdog_us = read_watchdog();
		notify->fd = -1;
	}
	master_notify_hide();
	return notify;
}

static void
disconnect(struct master_notify *notify)
{
	if (notify->fd == -1)
		return;
	event_del(&notify->writable);
	event_del(&notify->watchdog);
	fd_close(&notify->fd);
	while (notify->waiting_count > 0)
		memory_free(notify->waiting[--notify->waiting_count]);
}

void
master_notify_free(struct master_notify **notify_pointer)
{
	struct master_notify *notify;

	if (*notify_pointer == NULL)
		return;
	OBJECT_TAKE(notify, notify_pointer, MASTER_NOTIFY_MAGIC);
	disconnect(notify);
	memory_free(notify->address);
	OBJECT_FREE(notify);
}

/* ---- sending ---- */

/* False: there is no room now. */
static bool
send_now(struct master_notify *notify, const char *lines)
{
	if (send(notify->fd, lines, strlen(lines),
		MSG_NOSIGNAL | MSG_DONTWAIT) != -1)
		return true;
	if (errno == EAGAIN || errno == ENOBUFS || errno == EINTR)
		return false;
	/* Some managers listen only until the service is ready. */
	log_debug(
	    "NOTIFY_SOCKET: %s: nobody is told any more", strerror(errno));
	disconnect(notify);
	return true;
}

static void
forget_oldest(struct master_notify *notify)
{
	memory_free(notify->waiting[0]);
	notify->waiting_count--;
	memmove(notify->waiting, notify->waiting + 1,
	    notify->waiting_count * sizeof(notify->waiting[0]));
}

static void
keep(struct master_notify *notify, const char *lines)
{
	if (notify->waiting_count == MASTER_NOTIFY_WAITING)
		forget_oldest(notify);
	notify->waiting[notify->waiting_count++] = memory_copy_text(lines);
	event_add(&notify->writable, NULL);
}

static void
on_writable(evutil_socket_t fd, short events, void *context)
{
	struct master_notify *notify;

	OBJECT_CAST(notify, context, MASTER_NOTIFY_MAGIC);
	while (notify->waiting_count > 0) {
		if (!send_now(notify, notify->waiting[0])) {
			event_add(&notify->writable, NULL);
			return;
		}
		if (notify->waiting_count > 0)
			forget_oldest(notify);
	}
}

void
master_notify_send(struct master_notify *notify, const char *lines)
{
	if (notify == NULL)
		return;
	OBJECT_CHECK(notify, MASTER_NOTIFY_MAGIC);
	if (notify->fd == -1)
		return;
	if (notify->waiting_count > 0 || !send_now(notify, lines))
		keep(notify, lines);
}

/* Not kept: one that comes late says nothing. */
static void
on_watchdog(evutil_socket_t fd, short events, void *context)
{
	struct master_notify *notify;

	OBJECT_CAST(notify, context, MASTER_NOTIFY_MAGIC);
	send_now(notify, "WATCHDOG=1");
}

/* ---- the socket ---- */

static int
make_address(const char *text, struct sockaddr_un *address_r, socklen_t *size_r,
    struct error *error)
{
	size_t size = strlen(text);

	if (text[0] != '/' && text[0] != '@')
		return error_set(
		    error, ERROR_CONFIG, "neither a path nor an abstract name");
	if (size >= sizeof(address_r->sun_path))
		return error_set(error, ERROR_CONFIG, "longer than %zu bytes",
		    sizeof(address_r->sun_path) - 1);
	memset(address_r, 0, sizeof(*address_r));
	address_r->sun_family = AF_UNIX;
	memcpy(address_r->sun_path, text, size);
	/* An abstract name's size is part of it. */
	if (text[0] == '@')
		address_r->sun_path[0] = '\0';
	else
		size++;
	*size_r = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
	return 0;
}

static int
open_socket(const char *text, int *fd_r, struct error *error)
{
	struct sockaddr_un address;
	socklen_t size = 0;
	int fd;

	if (make_address(text, &address, &size, error) == -1)
		return -1;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return error_set_errno(error, "socket");
	if (connect(fd, (const struct sockaddr *)&address, size) == -1) {
		error_set_errno(error, "connect");
		fd_close(&fd);
		return -1;
	}
	*fd_r = fd;
	return 0;
}

/* Twice as often as wanted, but never without a pause. */
static void
start_watchdog(struct master_notify *notify)
{
	uint64_t ms = (uint64_t)notify->watchdog_us / 2000;
	const struct timeval wait = clock_timeval(ms == 0 ? 1 : ms);

	event_add(&notify->watchdog, &wait);
}

void
master_notify_start(struct master_notify *notify, struct event_base *base)
{
	struct error error;

	if (notify == NULL)
		return;
	OBJECT_CHECK(notify, MASTER_NOTIFY_MAGIC);
	if (open_socket(notify->address, &notify->fd, &error) == -1) {
		log_warn("NOTIFY_SOCKET=%s: %s", notify->address, error.text);
		return;
	}
	event_assign(
	    &notify->writable, base, notify->fd, EV_WRITE, on_writable, notify);
	event_assign(
	    &notify->watchdog, base, -1, EV_PERSIST, on_watchdog, notify);
	if (notify->watchdog_us != 0)
		start_watchdog(notify);
}

void
master_notify_export(const struct master_notify *notify)
{
	char *number;

	if (notify == NULL)
		return;
	setenv("NOTIFY_SOCKET", notify->address, 1);
	if (notify->watchdog_us == 0)
		return;
	number = memory_format("%lld", (long long)notify->watchdog_us);
	setenv("WATCHDOG_USEC", number, 1);
	memory_free(number);
}
