/* SPDX-License-Identifier: ISC */
/*
 * Large request bodies lie in unnamed files, in a directory that is the
 * workers' own: body_directory may be everybody's, and a rule for it would
 * let modules reach the files of all others there.  Whoever sweeps /tmp
 * leaves a directory alone as long as somebody has a lock on it.
 */
#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/base_fd.h"
#include "base/base_log.h"
#include "base/base_memory.h"
#include "worker/worker_sandbox.h"

static int
check_owner(int fd, const char *path, struct error *error)
{
	struct stat status;

	if (fstat(fd, &status) == -1)
		return error_set_errno(error, "%s", path);
	if (status.st_uid == geteuid() &&
	    (status.st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return 0;
	return error_set(error, ERROR_CONFIG,
	    "%s: belongs to somebody else: remove it", path);
}

/* It is there already, as a rule. */
static int
open_own(const char *path, int *fd_r, struct error *error)
{
	if (mkdir(path, 0700) == -1 && errno != EEXIST)
		return error_set_errno(error, "%s", path);
	*fd_r = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*fd_r == -1)
		return error_set_errno(error, "%s", path);
	if (check_owner(*fd_r, path, error) == 0)
		return 0;
	fd_close(fd_r);
	return -1;
}

int
worker_spool_open(const struct settings *settings, char **path_r)
{
	struct error error;
	int fd = -1;

	*path_r = settings_spool(&settings->http);
	if (open_own(*path_r, &fd, &error) == -1) {
		log_warn("body_directory: %s: large request bodies fail",
		    error.text);
		memory_free(*path_r);
		*path_r = NULL;
	} else {
		flock(fd, LOCK_SH | LOCK_NB);
	}
	return fd;
}
