/* SPDX-License-Identifier: ISC */
/*
 * close_range(2) came with Linux 5.9, and older container filters answer it
 * with EPERM: descriptors are then found in /proc/self/fd.
 */
#include "base/base_fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <syslog.h>
#include <unistd.h>

#include "base/base_memory.h"
#include "base/base_number.h"

#define FIRST_CLOSED (STDERR_FILENO + 1)

void
fd_close(int *fd)
{
	int number = errno;

	if (*fd != -1)
		close(*fd);
	*fd = -1;
	errno = number;
}

static int
change_flags(int fd, int get, int set, int flag, bool on, struct error *error)
{
	int old, new;

	old = fcntl(fd, get);
	if (old == -1)
		return error_set_errno(error, "descriptor %d: fcntl", fd);
	new = on ? old | flag : old & ~flag;
	if (new != old && fcntl(fd, set, new) == -1)
		return error_set_errno(error, "descriptor %d: fcntl", fd);
	return 0;
}

int
fd_set_nonblocking(int fd, struct error *error)
{
	return change_flags(fd, F_GETFL, F_SETFL, O_NONBLOCK, true, error);
}

int
fd_set_cloexec(int fd, bool on, struct error *error)
{
	return change_flags(fd, F_GETFD, F_SETFD, FD_CLOEXEC, on, error);
}

static int
compare(const void *left, const void *right)
{
	const int *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static int
close_range_between(unsigned first, unsigned last)
{
	if (first > last)
		return 0;
	return (int)syscall(SYS_close_range, first, last, 0u);
}

static int
close_gaps(const int *sorted, size_t count)
{
	unsigned first = FIRST_CLOSED;
	size_t i;

	for (i = 0; i < count; i++) {
		if (sorted[i] < (int)first)
			continue;
		if (close_range_between(first, (unsigned)sorted[i] - 1) == -1)
			return -1;
		first = (unsigned)sorted[i] + 1;
	}
	return close_range_between(first, UINT_MAX);
}

static int
close_found(const int *sorted, size_t count)
{
	DIR *directory = opendir("/proc/self/fd");
	struct dirent *entry;
	int64_t number;
	int fd;

	if (directory == NULL)
		return -1;
	while ((entry = readdir(directory)) != NULL) {
		if (number_parse(
			entry->d_name, FIRST_CLOSED, INT_MAX, &number) == -1)
			continue;
		fd = (int)number;
		if (fd != dirfd(directory) &&
		    bsearch(&fd, sorted, count, sizeof(fd), compare) == NULL)
			close(fd);
	}
	closedir(directory);
	return 0;
}

int
fd_close_all_but(const int *keep, size_t count, struct error *error)
{
	int *sorted = memory_alloc_array(count, sizeof(*sorted));
	int result;

	/* Or syslog(3) would write to whoever gets its descriptor next. */
	closelog();
	if (count > 0)
		memcpy(sorted, keep, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), compare);
	result = close_gaps(sorted, count);
	if (result == -1 && (errno == ENOSYS || errno == EPERM))
		result = close_found(sorted, count);
	if (result == -1)
		error_set_errno(error, "closing inherited descriptors");
	memory_free(sorted);
	return result;
}

int
fd_open_standard(struct error *error)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
		if (fd == -1)
			return error_set_errno(error, "open /dev/null");
	} while (fd <= STDERR_FILENO);
	close(fd);
	return 0;
}

int
fd_redirect_standard(bool error_too, struct error *error)
{
	int last = error_too ? STDERR_FILENO : STDOUT_FILENO;
	int null, fd;

	/* Not close-on-exec: it may be one of the three already. */
	null = open("/dev/null", O_RDWR);
	if (null == -1)
		return error_set_errno(error, "open /dev/null");
	for (fd = STDIN_FILENO; fd <= last; fd++)
		if (dup2(null, fd) == -1) {
			error_set_errno(error, "descriptor %d: dup2", fd);
			break;
		}
	if (null > STDERR_FILENO)
		close(null);
	return fd > last ? 0 : -1;
}

int
fd_write_all(int fd, const void *data, size_t size)
{
	const char *rest = data;
	ssize_t count;

	while (size > 0) {
		count = write(fd, rest, size);
		if (count == -1 && errno == EINTR)
			continue;
		if (count == -1)
			return -1;
		rest += count;
		size -= (size_t)count;
	}
	return 0;
}

int
fd_raise_limit(size_t wanted, size_t *limit_r, struct error *error)
{
	struct rlimit limit, raised;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return error_set_errno(error, "getrlimit");
	if (limit.rlim_cur < wanted) {
		raised.rlim_cur = wanted;
		raised.rlim_max =
		    limit.rlim_max < wanted ? wanted : limit.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &raised) == 0) {
			limit = raised;
		} else {
			limit.rlim_cur = limit.rlim_max;
			if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
				return error_set_errno(error, "setrlimit");
		}
	}
	*limit_r = limit.rlim_cur;
	return 0;
}

int
fd_shared_memory(const char *name, size_t size, int *fd_r, struct error *error)
{
	const int seals = F_SEAL_GROW | F_SEAL_SHRINK;
	int fd;

	fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd == -1)
		return error_set_errno(error, "memory %s: memfd_create", name);
	if (ftruncate(fd, (off_t)size) == -1) {
		error_set_errno(error, "memory %s: ftruncate", name);
		goto fail;
	}
	if (fcntl(fd, F_ADD_SEALS, seals) == -1) {
		error_set_errno(error, "memory %s: seal", name);
		goto fail;
	}
	*fd_r = fd;
	return 0;
fail:
	close(fd);
	return -1;
}
