/* SPDX-License-Identifier: ISC */
/*
 * The file system decides who may connect (mode 0600), and the kernel says
 * once more who did: a directory that was too open, or a descriptor that was
 * passed on, gives no orders.
 *
 * Two daemons that start at the same moment on one stale socket are kept
 * apart by the pid file's lock.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <libgen.h>
#include <string.h>
#include <unistd.h>

#include "base/base_fd.h"
#include "base/base_memory.h"
#include "master/master_control.h"

#define BACKLOG       16
#define SOCKET_UMASK  0177
#define SOCKET_OPTION "control_socket"

static int
make_address(const char *path, struct sockaddr_un *address, struct error *error)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(address->sun_path))
		return error_set(error, ERROR_CONFIG,
		    SOCKET_OPTION ": \"%s\": longer than %zu bytes", path,
		    sizeof(address->sun_path) - 1);
	strcpy(address->sun_path, path);
	return 0;
}

static int
make_directory(const char *path, struct error *error)
{
	char *copy = memory_copy_text(path);
	const char *directory = dirname(copy);
	int result = 0;

	if (mkdir(directory, 0755) == -1 && errno != EEXIST)
		result = error_set_errno(
		    error, SOCKET_OPTION ": cannot make %s", directory);
	memory_free(copy);
	return result;
}

/* 0: nobody does; -1: somebody, or it cannot be known. */
static int
check_unanswered(const struct sockaddr_un *address, struct error *error)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int result = 0;

	if (fd == -1)
		return error_set_errno(error, SOCKET_OPTION ": socket");
	/* A daemon whose queue is full is a live one: EAGAIN. */
	if (connect(fd, (const void *)address, sizeof(*address)) == 0 ||
	    errno == EAGAIN)
		result = error_set(error, ERROR_RUNTIME,
		    SOCKET_OPTION ": %s: another cohortd is running there",
		    address->sun_path);
	else if (errno != ECONNREFUSED && errno != ENOENT)
		result = error_set_errno(
		    error, SOCKET_OPTION ": %s", address->sun_path);
	fd_close(&fd);
	return result;
}

static int
remove_stale(const struct sockaddr_un *address, struct error *error)
{
	struct stat status;

	if (lstat(address->sun_path, &status) == -1)
		return 0;
	if (!S_ISSOCK(status.st_mode))
		return error_set(error, ERROR_CONFIG,
		    SOCKET_OPTION ": %s exists and is no socket",
		    address->sun_path);
	if (check_unanswered(address, error) == -1)
		return -1;
	if (unlink(address->sun_path) == -1 && errno != ENOENT)
		return error_set_errno(error,
		    SOCKET_OPTION ": cannot remove the stale %s",
		    address->sun_path);
	return 0;
}

static int
bind_private(int fd, const struct sockaddr_un *address, struct error *error)
{
	mode_t before = umask(SOCKET_UMASK);
	int result = bind(fd, (const void *)address, sizeof(*address));

	if (result == -1)
		error_set_errno(
		    error, SOCKET_OPTION ": bind %s", address->sun_path);
	umask(before);
	return result;
}

static int
listen_at(struct master_control_socket *own, const struct sockaddr_un *address,
    struct error *error)
{
	struct stat status;

	own->fd =
	    socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (own->fd == -1)
		return error_set_errno(error, SOCKET_OPTION ": socket");
	if (bind_private(own->fd, address, error) == -1)
		return -1;
	if (lstat(address->sun_path, &status) == -1)
		return error_set_errno(
		    error, SOCKET_OPTION ": %s", address->sun_path);
	own->path = memory_copy_text(address->sun_path);
	own->device = status.st_dev;
	own->node = status.st_ino;
	if (listen(own->fd, BACKLOG) == -1)
		return error_set_errno(
		    error, SOCKET_OPTION ": listen %s", address->sun_path);
	return 0;
}

int
master_control_socket_open(
    struct master_control_socket *own, const char *path, struct error *error)
{
	struct sockaddr_un address;

	own->fd = -1;
	own->path = NULL;
	if (make_address(path, &address, error) == -1 ||
	    make_directory(path, error) == -1 ||
	    remove_stale(&address, error) == -1)
		return -1;
	if (listen_at(own, &address, error) == -1) {
		master_control_socket_close(own);
		return -1;
	}
	return 0;
}

void
master_control_socket_close(struct master_control_socket *own)
{
	struct stat status;

	if (own->path != NULL && lstat(own->path, &status) == 0 &&
	    status.st_dev == own->device && status.st_ino == own->node)
		unlink(own->path);
	memory_free(own->path);
	own->path = NULL;
	fd_close(&own->fd);
}

bool
master_control_socket_is_trusted(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	    size == sizeof(peer) && (peer.uid == 0 || peer.uid == geteuid());
}
