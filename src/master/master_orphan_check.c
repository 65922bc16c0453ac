/* SPDX-License-Identifier: ISC */
/*
 * What a worker hands over is what its broken memory says: any descriptor at
 * all.  A close(2) must not wait (a socket with SO_LINGER waits for its
 * queue), the one that adopts must get what it could have accepted itself,
 * and what is none of ours must not be shut down: it may be one that others
 * use, such as a listening socket.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#include "base/base_fd.h"
#include "base/base_network.h"
#include "master/master_private.h"

/* Classes of deadlines there may be; conn_deadline.h has fewer. */
#define DEADLINE_CLASSES_MAX 8u

/* A socket's own address. */
struct name {
	struct sockaddr_storage address;
	socklen_t size;
};

static bool
has_option(int fd, int option, int wanted)
{
	int value = 0;
	socklen_t size = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 &&
	    value == wanted;
}

static bool
get_name(int fd, struct name *name)
{
	memset(name, 0, sizeof(*name));
	name->size = sizeof(name->address);
	return getsockname(
		   fd, (struct sockaddr *)&name->address, &name->size) == 0 &&
	    name->size <= sizeof(name->address);
}

/* What accept(2) makes of an MPTCP listener may be plain TCP. */
static bool
has_protocol(int fd, int family)
{
	if (family == AF_UNIX)
		return has_option(fd, SO_PROTOCOL, 0);
	return has_option(fd, SO_PROTOCOL, IPPROTO_TCP) ||
	    has_option(fd, SO_PROTOCOL, IPPROTO_MPTCP);
}

static bool
is_at_ipv4(const struct name *name, const struct name *listener)
{
	const struct sockaddr_in *one = (const void *)&name->address;
	const struct sockaddr_in *other = (const void *)&listener->address;

	return one->sin_port == other->sin_port &&
	    (other->sin_addr.s_addr == htonl(INADDR_ANY) ||
		one->sin_addr.s_addr == other->sin_addr.s_addr);
}

static bool
is_at_ipv6(const struct name *name, const struct name *listener)
{
	const struct sockaddr_in6 *one = (const void *)&name->address;
	const struct sockaddr_in6 *other = (const void *)&listener->address;

	return one->sin6_port == other->sin6_port &&
	    (IN6_IS_ADDR_UNSPECIFIED(&other->sin6_addr) ||
		IN6_ARE_ADDR_EQUAL(&one->sin6_addr, &other->sin6_addr));
}

/* One without a name is no bigger than its family. */
static bool
is_at_unix(const struct name *name, const struct name *listener)
{
	return name->size > offsetof(struct sockaddr_un, sun_path) &&
	    name->size == listener->size &&
	    memcmp(&name->address, &listener->address, name->size) == 0;
}

static bool
is_at(const struct name *name, const struct name *listener)
{
	if (name->address.ss_family != listener->address.ss_family)
		return false;
	switch (name->address.ss_family) {
	case AF_INET:
		return is_at_ipv4(name, listener);
	case AF_INET6:
		return is_at_ipv6(name, listener);
	case AF_UNIX:
		return is_at_unix(name, listener);
	default:
		return false;
	}
}

/* A socket such as accept(2) of that listener returns? */
static bool
is_accepted(int fd, const struct master_listener *listener)
{
	struct name own, name;

	return has_option(fd, SO_TYPE, SOCK_STREAM) &&
	    has_option(fd, SO_ACCEPTCONN, 0) && get_name(listener->fd, &own) &&
	    get_name(fd, &name) &&
	    has_option(fd, SO_DOMAIN, own.address.ss_family) &&
	    has_protocol(fd, own.address.ss_family) && is_at(&name, &own);
}

/* What the client of a proxy is, the listener does not tell. */
static bool
has_sane_facts(const struct ipc_orphan *orphan)
{
	return orphan->kind >= IPC_ORPHAN_IDLE &&
	    orphan->kind <= IPC_ORPHAN_PROXY &&
	    orphan->deadline_class < DEADLINE_CLASSES_MAX &&
	    orphan->input_size <= IPC_ORPHAN_INPUT_MAX &&
	    network_address_is_client(&orphan->peer);
}

static bool
is_connected(int fd)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);

	return getpeername(fd, (struct sockaddr *)&address, &size) == 0;
}

enum master_orphan_check
master_orphan_check(int fd, const struct ipc_orphan *orphan,
    const struct master_listener *listener)
{
	const struct linger none = { .l_onoff = 0 };
	struct error error;

	if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none)) == -1 ||
	    listener == NULL || !is_accepted(fd, listener) ||
	    !has_sane_facts(orphan))
		return MASTER_ORPHAN_WRONG;
	if (!is_connected(fd) || fd_set_nonblocking(fd, &error) == -1)
		return MASTER_ORPHAN_ENDED;
	return MASTER_ORPHAN_GOOD;
}
