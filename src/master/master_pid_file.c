/* SPDX-License-Identifier: ISC */
/*
 * Owns the pid file.  Its lock is a file of its own, PIDFILE.lock, which is
 * never renamed or removed: a lock on the pid file itself would be lost to
 * the rename that writes it, and two daemons could hold it at once.
 */
#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/base_fd.h"
#include "base/base_log.h"
#include "base/base_memory.h"
#include "base/base_number.h"
#include "master/master_private.h"

static int
make_directory(const char *path, struct error *error)
{
	char *copy = memory_copy_text(path);
	const char *directory = dirname(copy);
	int result = 0;

	if (mkdir(directory, 0755) == -1 && errno != EEXIST)
		result = error_set_errno(
		    error, "pid_file: cannot make %s", directory);
	memory_free(copy);
	return result;
}

static pid_t
read_pid(const char *path)
{
	char text[32];
	int64_t pid;
	ssize_t size;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return 0;
	size = read(fd, text, sizeof(text) - 1);
	fd_close(&fd);
	if (size <= 0)
		return 0;
	text[size] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (number_parse(text, 1, INT32_MAX, &pid) == -1)
		return 0;
	return (pid_t)pid;
}

/* *fd_r is -1 and the result 0 where somebody else holds the lock. */
static int
lock(const char *path, int flags, int kind, int *fd_r, struct error *error)
{
	char *name = memory_format("%s.lock", path);
	int result = 0;

	*fd_r = open(name, flags | O_CLOEXEC, 0600);
	if (*fd_r == -1) {
		result =
		    error_set_errno(error, "pid_file: cannot open %s", name);
	} else if (flock(*fd_r, kind | LOCK_NB) == -1) {
		if (errno != EWOULDBLOCK)
			result = error_set_errno(
			    error, "pid_file: cannot lock %s", name);
		fd_close(fd_r);
	}
	memory_free(name);
	return result;
}

int
master_pid_file_lock(
    struct master *master, const char *path, struct error *error)
{
	if (make_directory(path, error) == -1 ||
	    lock(path, O_RDWR | O_CREAT, LOCK_EX, &master->pid_lock, error) ==
		-1)
		return -1;
	if (master->pid_lock == -1)
		return error_set(error, ERROR_RUNTIME,
		    "pid_file: %s: another cohortd is running (pid %d)", path,
		    (int)read_pid(path));
	/* Of a daemon that is no more: -s would signal whoever has that pid
	 * now, as the lock says that a daemon lives. */
	unlink(path);
	master->pid_file = memory_copy_text(path);
	return 0;
}

static int
write_pid(const char *name, struct error *error)
{
	int fd, result = 0;

	fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd == -1)
		return error_set_errno(
		    error, "pid_file: cannot write %s", name);
	if (dprintf(fd, "%d\n", (int)getpid()) < 0)
		result =
		    error_set_errno(error, "pid_file: cannot write %s", name);
	fd_close(&fd);
	return result;
}

int
master_pid_file_write(struct master *master, struct error *error)
{
	char *name;
	int result;

	if (master->pid_file == NULL)
		return 0;
	name = memory_format("%s.new", master->pid_file);
	result = write_pid(name, error);
	if (result == 0 && rename(name, master->pid_file) == -1)
		result = error_set_errno(
		    error, "pid_file: cannot write %s", master->pid_file);
	memory_free(name);
	return result;
}

void
master_pid_file_remove(struct master *master)
{
	if (master->pid_file == NULL)
		return;
	if (read_pid(master->pid_file) == getpid())
		unlink(master->pid_file);
	memory_free(master->pid_file);
	master->pid_file = NULL;
	fd_close(&master->pid_lock);
}

int
master_pid_file_find(const char *path, pid_t *pid_r, struct error *error)
{
	int fd;

	/* Shared, or two who ask at a time would take each other for it. */
	if (lock(path, O_RDONLY, LOCK_SH, &fd, error) == -1)
		return -1;
	if (fd != -1) {
		fd_close(&fd);
		return error_set(
		    error, ERROR_RUNTIME, "%s: no cohortd is running", path);
	}
	*pid_r = read_pid(path);
	if (*pid_r == 0)
		return error_set(error, ERROR_RUNTIME,
		    "%s: a cohortd is starting, but has no pid there yet",
		    path);
	return 0;
}
