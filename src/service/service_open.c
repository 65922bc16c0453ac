/* SPDX-License-Identifier: ISC */
/*
 * glibc has no openat2.  Old container runtimes answer EPERM for what they do
 * not know, so every failure of the trial means it is not there.
 */
#include "service/service_open.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/base_fd.h"
#include "service/service_walk.h"

#define FLAGS (O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

static int
open_beneath(int root, const char *path, int flags)
{
	struct open_how how = {
		.flags = (unsigned)flags,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};

	return (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}

/* EAGAIN: somebody renames, and the kernel cannot tell where ".." leads. */
static int
open_path(const struct service_root *root, const char *path, int flags)
{
	int fd = -1;

	errno = EAGAIN;
	if (root->has_openat2)
		fd = open_beneath(root->fd, path, flags);
	if (fd == -1 && errno == EAGAIN)
		fd = service_walk(root->fd, path, flags);
	return fd;
}

int
service_root_open(
    const char *path, struct service_root *root_r, struct error *error)
{
	struct service_root root = { .fd = -1 };
	struct stat status;
	int trial;

	root.fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root.fd == -1 || fstatat(root.fd, ".", &status, 0) == -1) {
		error_set_errno(error, "%s", path);
		fd_close(&root.fd);
		return -1;
	}
	trial = open_beneath(root.fd, ".", O_PATH | O_CLOEXEC);
	root.has_openat2 = trial != -1;
	fd_close(&trial);
	*root_r = root;
	return 0;
}

void
service_root_close(struct service_root *root)
{
	fd_close(&root->fd);
}

static bool
is_kind(const struct stat *status)
{
	return S_ISREG(status->st_mode) || S_ISDIR(status->st_mode);
}

/*
 * To open it would be enough to wake who waits at the other end of a FIFO,
 * or to start what a device does.  The look may lead out of the root: then
 * what is opened after it decides.
 */
static bool
is_special(const struct service_root *root, const char *path)
{
	struct stat status;

	return fstatat(root->fd, path, &status, 0) == 0 && !is_kind(&status);
}

static int
check_kind(int fd, struct stat *status_r)
{
	if (fstat(fd, status_r) == -1)
		return -1;
	if (is_kind(status_r))
		return 0;
	errno = EACCES;
	return -1;
}

int
service_open(
    const struct service_root *root, const char *path, struct stat *status_r)
{
	int fd;

	if (*path == '\0')
		path = ".";
	if (is_special(root, path)) {
		errno = EACCES;
		return -1;
	}
	fd = open_path(root, path, FLAGS);
	if (fd == -1) {
		/* Sockets, and devices without a driver. */
		if (errno == ENXIO || errno == ENODEV)
			errno = EACCES;
		return -1;
	}
	if (check_kind(fd, status_r) == -1)
		fd_close(&fd);
	return fd;
}

int
service_stat(
    const struct service_root *root, const char *path, struct stat *status_r)
{
	int fd = service_open(root, path, status_r);

	if (fd == -1)
		return -1;
	close(fd);
	return 0;
}
