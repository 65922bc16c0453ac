/* SPDX-License-Identifier: ISC */
/*
 * Owns the making of a listening socket.  What accepted sockets inherit from
 * it on Linux (TCP_NODELAY, TCP_NOTSENT_LOWAT, keepalive, TCP_USER_TIMEOUT) is
 * set here once instead of on each of them.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/base_fd.h"
#include "base/base_log.h"
#include "base/base_memory.h"
#include "master/master_socket.h"

/* Seconds that TCP_DEFER_ACCEPT holds a silent connection back. */
#define DEFER_SECONDS 1

/* Who does not answer is asked again, so often and so many seconds later at
 * most, unless TCP_USER_TIMEOUT is over before. */
#define KEEPALIVE_COUNT   3
#define KEEPALIVE_SECONDS 10

char *
master_socket_name(const struct sockaddr *address, socklen_t size)
{
	const struct sockaddr_un *local = (const void *)address;
	char host[NI_MAXHOST], port[NI_MAXSERV];

	if (address->sa_family == AF_UNIX) {
		if (size <= offsetof(struct sockaddr_un, sun_path))
			return NULL;
		return memory_format("unix:%s", local->sun_path);
	}
	if (getnameinfo(address, size, host, sizeof(host), port, sizeof(port),
		NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return NULL;
	if (address->sa_family == AF_INET6)
		return memory_format("[%s]:%s", host, port);
	return memory_format("%s:%s", host, port);
}

char *
master_socket_name_of(int fd)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);

	memset(&address, 0, sizeof(address));
	if (getsockname(fd, (struct sockaddr *)&address, &size) == -1)
		return NULL;
	return master_socket_name((const struct sockaddr *)&address, size);
}

/*
 * Without SYN cookies, connections that are held back fill the queue of
 * half-open ones, and silent clients keep the others waiting (design, 4).
 */
static bool
has_syn_cookies(void)
{
	char digit = '0';
	int fd;

	fd = open("/proc/sys/net/ipv4/tcp_syncookies", O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return false;
	if (read(fd, &digit, 1) != 1)
		digit = '0';
	fd_close(&fd);
	return digit != '0';
}

static int
set_option(int fd, int level, int option, int value, const char *name,
    struct error *error)
{
	if (setsockopt(fd, level, option, &value, sizeof(value)) == -1)
		return error_set_errno(error, "cannot set %s", name);
	return 0;
}

/* How peers are found that went without a word. */
static int
adjust_patience(
    int fd, const struct settings_listener *settings, struct error *error)
{
	int seconds = (int)((settings->tcp_keepalive + 999) / 1000);
	int again = seconds < KEEPALIVE_SECONDS ? seconds : KEEPALIVE_SECONDS;

	if (set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT,
		(int)settings->tcp_user_timeout, "TCP_USER_TIMEOUT",
		error) == -1 ||
	    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, seconds > 0,
		"SO_KEEPALIVE", error) == -1)
		return -1;
	if (seconds == 0)
		return 0;
	if (set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, seconds, "TCP_KEEPIDLE",
		error) == -1 ||
	    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, again, "TCP_KEEPINTVL",
		error) == -1)
		return -1;
	return set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_COUNT,
	    "TCP_KEEPCNT", error);
}

static int
adjust_tcp(
    int fd, const struct settings_listener *settings, struct error *error)
{
	bool defer = settings->defer_accept;

	if (defer && !has_syn_cookies()) {
		log_info("listen \"%s\": defer_accept is off, because "
			 "net.ipv4.tcp_syncookies is 0",
		    settings->address);
		defer = false;
	}
	if (set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY", error) ==
		-1 ||
	    set_option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT,
		(int)settings->tcp_unsent, "TCP_NOTSENT_LOWAT", error) == -1 ||
	    adjust_patience(fd, settings, error) == -1)
		return -1;
	return set_option(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT,
	    defer ? DEFER_SECONDS : 0, "TCP_DEFER_ACCEPT", error);
}

static int
adjust_unix(int fd, const struct sockaddr_un *address,
    const struct settings_listener *settings, struct error *error)
{
	if (address->sun_path[0] == '\0')
		return 0;
	/* Not through a link that a worker's user put in its place. */
	if (fchmodat(AT_FDCWD, address->sun_path, (mode_t)settings->mode,
		AT_SYMLINK_NOFOLLOW) == -1)
		return error_set_errno(
		    error, "cannot set the mode of %s", address->sun_path);
	return 0;
}

int
master_socket_adjust(
    int fd, const struct settings_listener *settings, struct error *error)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);
	int result;

	memset(&address, 0, sizeof(address));
	if (getsockname(fd, (struct sockaddr *)&address, &size) == -1)
		return error_set_errno(error, "getsockname");
	if (address.ss_family == AF_UNIX)
		result =
		    adjust_unix(fd, (const void *)&address, settings, error);
	else
		result = adjust_tcp(fd, settings, error);
	if (result == 0 && listen(fd, (int)settings->backlog) == -1)
		result = error_set_errno(error, "listen");
	return result;
}

int
master_socket_check(
    int fd, const struct settings_listener *settings, struct error *error)
{
	int v6only = 0;
	socklen_t size = sizeof(v6only);

	if (getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, &size) == -1 ||
	    (v6only != 0) == settings->v6only)
		return 0;
	return error_set(error, ERROR_CONFIG,
	    "v6only changed to %s, which needs a restart",
	    settings->v6only ? "true" : "false");
}

/*
 * A closed listener resets who waits in its queue, and whoever comes while
 * it is emptied would be there again.  So new ones (SYN without ACK) are
 * dropped first: their kernels try again a second later, and are refused.
 * What is accepted inherits the filter, which lets its segments pass.
 */
int
master_socket_leave(int fd, struct error *error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
		    offsetof(struct tcphdr, th_flags)),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, TH_SYN | TH_ACK),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TH_SYN, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	const struct sock_fprog filter = {
		.len = sizeof(code) / sizeof(code[0]),
		.filter = code,
	};

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter,
		sizeof(filter)) == -1)
		return error_set_errno(error, "SO_ATTACH_FILTER");
	return 0;
}

/* Removes the socket that a daemon left which is no more. */
static int
remove_stale(const struct sockaddr_un *address, struct error *error)
{
	struct stat status;
	int fd, result;

	if (lstat(address->sun_path, &status) == -1)
		return 0;
	if (!S_ISSOCK(status.st_mode))
		return error_set(error, ERROR_CONFIG,
		    "%s exists and is no socket", address->sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return error_set_errno(error, "socket");
	result = connect(fd, (const void *)address, sizeof(*address));
	if (result == 0 || errno != ECONNREFUSED)
		error_set(error, ERROR_RUNTIME,
		    "%s is in use by another process", address->sun_path);
	else
		result = -2;
	fd_close(&fd);
	if (result != -2)
		return -1;
	if (unlink(address->sun_path) == -1)
		return error_set_errno(
		    error, "cannot remove the stale %s", address->sun_path);
	return 0;
}

static int
bind_unix(int fd, const struct sockaddr *address, socklen_t size,
    const struct settings_listener *settings, struct error *error)
{
	mode_t before;
	int result;

	if (remove_stale((const void *)address, error) == -1)
		return -1;
	before = umask(~(mode_t)settings->mode & 0777);
	result = bind(fd, address, size);
	if (result == -1)
		error_set_errno(error, "bind");
	umask(before);
	return result;
}

static int
bind_tcp(int fd, const struct sockaddr *address, socklen_t size,
    const struct settings_listener *settings, struct error *error)
{
	if (set_option(
		fd, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR", error) == -1)
		return -1;
	if (address->sa_family == AF_INET6 &&
	    set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, settings->v6only,
		"IPV6_V6ONLY", error) == -1)
		return -1;
	if (bind(fd, address, size) == -1)
		return error_set_errno(error, "bind");
	return 0;
}

int
master_socket_open(const struct sockaddr *address, socklen_t size,
    const struct settings_listener *settings, int *fd_r, struct error *error)
{
	int result;

	*fd_r = socket(
	    address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (*fd_r == -1)
		return error_set_errno(error, "socket");
	if (address->sa_family == AF_UNIX)
		result = bind_unix(*fd_r, address, size, settings, error);
	else
		result = bind_tcp(*fd_r, address, size, settings, error);
	if (result == 0)
		result = master_socket_adjust(*fd_r, settings, error);
	if (result == -1)
		fd_close(fd_r);
	return result;
}
