/* SPDX-License-Identifier: ISC */
#include "master/master_directory.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/base_fd.h"

/* By the descriptor, as whoever may write to the parent could have put a
 * link in its place meanwhile. */
static int
give_to(const char *path, const struct worker_credentials *owner,
    struct error *error)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = open(path, flags), result;

	if (fd == -1)
		return error_set_errno(error, "%s", path);
	result = fchown(fd, owner->user, owner->group);
	if (result == -1)
		error_set_errno(error, "chown %s", path);
	fd_close(&fd);
	return result;
}

int
master_directory_make(const char *path, mode_t mode,
    const struct worker_credentials *owner, struct error *error)
{
	struct stat status;

	if (mkdir(path, mode) == 0)
		return owner == NULL ? 0 : give_to(path, owner, error);
	if (errno != EEXIST)
		return error_set_errno(error, "mkdir %s", path);
	if (stat(path, &status) == -1)
		return error_set_errno(error, "%s", path);
	if (!S_ISDIR(status.st_mode))
		return error_set(
		    error, ERROR_CONFIG, "%s: is no directory", path);
	return 0;
}
