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
remove_path(const struct master_listener *listener)
{
	if (!listener->is_tcp && !listener->inherited && !listener->has_left)
		unlink(listener->name + strlen("unix:"));
}

static void
listener_free(struct master_listener **listener_pointer)
{
	struct master_listener *listener;

	OBJECT_TAKE(listener, listener_pointer, MASTER_LISTENER_MAGIC);
	remove_path(listener);
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
use(struct master_cohort *cohort, struct master_listener *listener,
    const struct settings_listener *section)
{
	size_t i, count = cohort->listener_count;

	for (i = 0; i < count; i++)
		if (cohort->listeners[i] == listener)
			return;
	cohort->listeners = memory_resize(
	    cohort->listeners, count + 1, sizeof(*cohort->listeners));
	cohort->sections = memory_resize(
	    cohort->sections, count + 1, sizeof(*cohort->sections));
	cohort->listeners[count] = listener;
	cohort->sections[count] = section;
	cohort->listener_count++;
	listener->users++;
}

static int
open_address(struct master_cohort *cohort, const struct sockaddr *address,
    socklen_t size, const struct settings_listener *settings,
    struct error *error)
{
	struct master_listener *listener;
	char *name;
	int fd;

	name = master_socket_name(address, size);
	if (name == NULL)
		return error_set(error, ERROR_CONFIG, "no usable address");
	listener = find(cohort->master, name);
	if (listener != NULL) {
		memory_free(name);
		use(cohort, listener, settings);
		return master_socket_check(listener->fd, settings, error);
	}
	/* One that only tries takes no ports. */
	if (cohort->master->probe != NULL) {
		memory_free(name);
		return 0;
	}
	if (master_socket_open(address, size, settings, &fd, error) == -1) {
		error_wrap(error, "%s", name);
		memory_free(name);
		return -1;
	}
	listener = listener_new(cohort->master, fd, name);
	use(cohort, listener, settings);
	log_info("listening on %s", listener->name);
	return 0;
}

static int
open_unix(struct master_cohort *cohort, const char *path,
    const struct settings_listener *settings, struct error *error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(address.sun_path))
		return error_set(error, ERROR_CONFIG,
		    "a socket's path has at most %zu bytes",
		    sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, path, strlen(path) + 1);
	return open_address(cohort, (const struct sockaddr *)&address,
	    sizeof(address), settings, error);
}

/*
 * "*" means every address of every family there is: a family that this
 * system does not have is passed over, but for the last one left.
 */
static int
open_resolved(struct master_cohort *cohort, const struct addrinfo *list,
    bool any, const struct settings_listener *settings, struct error *error)
{
	const struct addrinfo *entry;
	int result = -1;

	for (entry = list; entry != NULL; entry = entry->ai_next) {
		if (open_address(cohort, entry->ai_addr, entry->ai_addrlen,
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
open_tcp(struct master_cohort *cohort, const struct config_address *address,
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
	result = open_resolved(cohort, list, any, settings, error);
	freeaddrinfo(list);
	return result;
}

static int
open_listener(struct master_cohort *cohort,
    const struct settings_listener *settings, struct error *error)
{
	struct config_address address;
	int result;

	result = config_address_parse(settings->address, &address, error);
	if (result == 0)
		result = address.is_unix ?
		    open_unix(cohort, address.path, settings, error) :
		    open_tcp(cohort, &address, settings, error);
	if (result == -1)
		error_wrap(error, "%s: listen \"%s\"", settings->place,
		    settings->address);
	return result;
}

/* False: it is passed over, or *error is set. */
static bool
may_miss(bool is_return, const struct error *error)
{
	if (is_return)
		log_warn("%s: passed over", error->text);
	return is_return;
}

int
master_listen_open(
    struct master_cohort *cohort, bool is_return, struct error *error)
{
	const struct settings *settings = cohort->settings;
	size_t i;

	for (i = 0; i < settings->listener_count; i++)
		if (open_listener(cohort, &settings->listeners[i], error) ==
			-1 &&
		    !may_miss(is_return, error))
			goto fail;
	if (cohort->listener_count > 0 || settings->listener_count == 0 ||
	    cohort->master->probe != NULL)
		return 0;
	error_set(error, ERROR_RUNTIME, "no listener could be opened");
fail:
	master_listen_release(cohort);
	return -1;
}

void
master_listen_apply(const struct master_cohort *cohort)
{
	struct error error;
	size_t i;

	for (i = 0; i < cohort->listener_count; i++)
		if (master_socket_adjust(cohort->listeners[i]->fd,
			cohort->sections[i], &error) == -1)
			log_warn("%s: listen \"%s\": %s",
			    cohort->sections[i]->place,
			    cohort->sections[i]->address, error.text);
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

static void
leave(struct master_listener *listener)
{
	struct error error;

	if (listener->is_tcp && master_socket_leave(listener->fd, &error) == -1)
		log_warn("listen %s: %s", listener->name, error.text);
	remove_path(listener);
	listener->has_left = true;
}

void
master_listen_leave(struct master_cohort *cohort)
{
	size_t i;

	for (i = 0; i < cohort->listener_count; i++)
		if (cohort->listeners[i]->users == 1)
			leave(cohort->listeners[i]);
}

void
master_listen_release(struct master_cohort *cohort)
{
	struct master_listener *listener;
	size_t i;

	for (i = 0; i < cohort->listener_count; i++) {
		listener = cohort->listeners[i];
		OBJECT_CHECK(listener, MASTER_LISTENER_MAGIC);
		if (--listener->users > 0)
			continue;
		log_info("no longer listening on %s", listener->name);
		listener_free(&listener);
	}
	memory_free(cohort->listeners);
	memory_free(cohort->sections);
	cohort->listeners = NULL;
	cohort->sections = NULL;
	cohort->listener_count = 0;
}

/* The count that is meant for this process, else 0. */
static unsigned
count_passed(void)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	int64_t number, count;

	if (pid == NULL || fds == NULL ||
	    number_parse(pid, 1, INT32_MAX, &number) == -1 ||
	    number != getpid() ||
	    number_parse(fds, 0, LISTEN_FDS_MAX, &count) == -1)
		return 0;
	return (unsigned)count;
}

void
master_listen_read(struct master *master)
{
	master->passed = count_passed();
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
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
	unsigned i;

	for (i = 0; i < master->passed; i++)
		if (inherit(master, LISTEN_FDS_START + (int)i, error) == -1)
			return -1;
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
