/* SPDX-License-Identifier: ISC */
/*
 * Owns which listeners there are.  A cohort uses a set of them; one that
 * the next cohort wants too keeps its socket, and so its queue: a socket is
 * closed when no cohort uses it any more.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <netdb.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base_fd.h"
#include "base/base_log.h"
#include "base/base_number.h"
#include "base/base_object.h"
#include "config/config_address.h"
#include "master/master_private.h"
#include "master/master_socket.h"

/* sd_listen_fds(3): the first descriptor that is passed. */
#define LISTEN_FDS_START 3
#define LISTEN_FDS_MAX   256

/* The set that is being put together. */
struct set {
	struct master *master;
	struct master_listener **listeners;
	size_t count;
};

static struct master_listener *
listener_new(struct master *master, int fd, char *wanted)
{
	struct master_listener *listener;

	OBJECT_NEW(listener, MASTER_LISTENER_MAGIC);
	listener->fd = fd;
	listener->wanted = wanted;
	listener->name = master_socket_name_of(fd);
	listener->id = ++master->last_listener;
	listener->is_tcp = strncmp(listener->name, "unix:", 5) != 0;
	list_append(&master->listeners, &listener->link);
	return listener;
}

static void
listener_free(struct master_listener **listener_pointer)
{
	struct master_listener *listener;

	OBJECT_TAKE(listener, listener_pointer, MASTER_LISTENER_MAGIC);
	if (!listener->is_tcp && !listener->inherited)
		unlink(listener->name + strlen("unix:"));
	fd_close(&listener->fd);
	memory_free(listener->wanted);
	memory_free(listener->name);
	list_remove(&listener->link);
	OBJECT_FREE(listener);
}

static struct master_listener *
find(const struct master *master, const char *name)
{
	struct master_listener *listener;
	struct list_link *link;

	for (link = master->listeners.head.next;
	     link != &master->listeners.head; link = link->next) {
		listener = LIST_OBJECT(link, struct master_listener, link);
		if (strcmp(listener->wanted, name) == 0 ||
		    strcmp(listener->name, name) == 0)
			return listener;
	}
	return NULL;
}

static void
use(struct set *set, struct master_listener *listener)
{
	size_t i;

	for (i = 0; i < set->count; i++)
		if (set->listeners[i] == listener)
			return;
	set->listeners = memory_resize(
	    set->listeners, set->count + 1, sizeof(struct master_listener *));
	set->listeners[set->count++] = listener;
	listener->users++;
}

static int
open_address(struct set *set, const struct sockaddr *address, socklen_t size,
    const struct settings_listener *settings, struct error *error)
{
	struct master_listener *listener;
	char *name;
	int fd;

	name = master_socket_name(address, size);
	if (name == NULL)
		return error_set(error, ERROR_CONFIG, "no usable address");
	listener = find(set->master, name);
	if (listener != NULL) {
		memory_free(name);
		use(set, listener);
		return set->master->probe != NULL ?
		    0 :
		    master_socket_adjust(listener->fd, settings, error);
	}
	/* One that only tries takes no ports. */
	if (set->master->probe != NULL) {
		memory_free(name);
		return 0;
	}
	if (master_socket_open(address, size, settings, &fd, error) == -1) {
		error_wrap(error, "%s", name);
		memory_free(name);
		return -1;
	}
	listener = listener_new(set->master, fd, name);
	use(set, listener);
	log_info("listening on %s", listener->name);
	return 0;
}

static int
open_unix(struct set *set, const char *path,
    const struct settings_listener *settings, struct error *error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(address.sun_path))
		return error_set(error, ERROR_CONFIG,
		    "a socket's path has at most %zu bytes",
		    sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, path, strlen(path) + 1);
	return open_address(set, (const struct sockaddr *)&address,
	    sizeof(address), settings, error);
}

/*
 * "*" means every address of every family there is: a family that this
 * system does not have is passed over, but for the last one left.
 */
static int
open_resolved(struct set *set, const struct addrinfo *list, bool any,
    const struct settings_listener *settings, struct error *error)
{
	const struct addrinfo *entry;
	int result = -1;

	for (entry = list; entry != NULL; entry = entry->ai_next) {
		if (open_address(set, entry->ai_addr, entry->ai_addrlen,
			settings, error) == 0)
			result = 0;
		else if (!any ||
		    (error->number != EAFNOSUPPORT &&
			error->number != EADDRNOTAVAIL))
			return -1;
	}
	return result;
}

static int
open_tcp(struct set *set, const struct config_address *address,
    const struct settings_listener *settings, struct error *error)
{
	const struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
	};
	struct addrinfo *list;
	bool any = address->name[0] == '\0';
	int result;

	result = getaddrinfo(
	    any ? NULL : address->name, address->port, &hints, &list);
	if (result != 0)
		return error_set(error, ERROR_CONFIG, "cannot resolve: %s",
		    result == EAI_SYSTEM ? strerror(errno) :
					   gai_strerror(result));
	result = open_resolved(set, list, any, settings, error);
	freeaddrinfo(list);
	return result;
}

static int
open_listener(struct set *set, const struct settings_listener *settings,
    struct error *error)
{
	struct config_address address;
	int result;

	result = config_address_parse(settings->address, &address, error);
	if (result == 0)
		result = address.is_unix ?
		    open_unix(set, address.path, settings, error) :
		    open_tcp(set, &address, settings, error);
	if (result == -1)
		error_wrap(error, "%s: listen \"%s\"", settings->place,
		    settings->address);
	return result;
}

int
master_listen_open(struct master *master, const struct settings *settings,
    struct master_listener ***listeners_r, size_t *count_r, struct error *error)
{
	struct set set = { .master = master };
	size_t i;

	for (i = 0; i < settings->listener_count; i++) {
		if (open_listener(&set, &settings->listeners[i], error) == 0)
			continue;
		master_listen_release(master, set.listeners, set.count);
		memory_free(set.listeners);
		return -1;
	}
	*listeners_r = set.listeners;
	*count_r = set.count;
	return 0;
}

const struct master_listener *
master_listen_find(const struct master_cohort *cohort, uint32_t id)
{
	size_t i;

	for (i = 0; i < cohort->listener_count; i++)
		if (cohort->listeners[i]->id == id)
			return cohort->listeners[i];
	return NULL;
}

void
master_listen_release(
    struct master *master, struct master_listener **listeners, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		OBJECT_CHECK(listeners[i], MASTER_LISTENER_MAGIC);
		if (--listeners[i]->users > 0)
			continue;
		log_info("no longer listening on %s", listeners[i]->name);
		listener_free(&listeners[i]);
	}
}

/* The count that is meant for this process, else 0. */
static int
count_inherited(void)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	int64_t number, count;

	if (pid == NULL || fds == NULL ||
	    number_parse(pid, 1, INT32_MAX, &number) == -1 ||
	    number != getpid() ||
	    number_parse(fds, 0, LISTEN_FDS_MAX, &count) == -1)
		return 0;
	return (int)count;
}

static int
inherit(struct master *master, int fd, struct error *error)
{
	int listening = 0;
	socklen_t size = sizeof(listening);
	struct master_listener *listener;
	char *name = master_socket_name_of(fd);

	if (name == NULL ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) ==
		-1 ||
	    !listening) {
		memory_free(name);
		return error_set(error, ERROR_CONFIG,
		    "LISTEN_FDS: descriptor %d is no listening socket", fd);
	}
	if (fd_set_cloexec(fd, true, error) == -1 ||
	    fd_set_nonblocking(fd, error) == -1) {
		memory_free(name);
		return -1;
	}
	listener = listener_new(master, fd, name);
	listener->inherited = true;
	return 0;
}

int
master_listen_inherit(struct master *master, struct error *error)
{
	int i, count = count_inherited();

	for (i = 0; i < count; i++)
		if (inherit(master, LISTEN_FDS_START + i, error) == -1)
			return -1;
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return 0;
}

void
master_listen_drop_unused(struct master *master)
{
	struct list_link *link, *following;
	struct master_listener *listener;

	LIST_FOREACH_SAFE (link, following, &master->listeners) {
		listener = LIST_OBJECT(link, struct master_listener, link);
		if (listener->users > 0)
			continue;
		log_warn("inherited socket %s is in no listen section: closed",
		    listener->name);
		listener_free(&listener);
	}
}
