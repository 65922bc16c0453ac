/* SPDX-License-Identifier: ISC */
/*
 * Opens what lies below a root directory, and nothing else.  Symbolic links
 * that stay below the root are followed; those that leave it, and all that
 * are absolute, are refused.  Workers, loop thread; the root is opened by a
 * start hook, after the privilege drop.
 */
#ifndef SERVICE_OPEN_H
#define SERVICE_OPEN_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/base_error.h"

struct service_root {
	int fd;           /* the directory, O_PATH; -1: not open */
	bool has_openat2; /* tried once; else service_walk.h */
};

/* -1 if it is no directory that may be searched. */
int service_root_open(
    const char *path, struct service_root *root_r, struct error *error);

/* One that is not open is fine. */
void service_root_close(struct service_root *root);

/*
 * Opens a regular file or directory for reading; no FIFO or device is touched,
 * nor ever waited for.  path is relative; "" is the root itself.  A descriptor
 * with its status; or -1 with errno as of open(2), EXDEV: it leads out of
 * the root, EACCES: it may not be read, or is neither file nor directory.
 */
int service_open(
    const struct service_root *root, const char *path, struct stat *status_r);

/* The status of what service_open would open; 0, or -1 with errno. */
int service_stat(
    const struct service_root *root, const char *path, struct stat *status_r);

#endif
