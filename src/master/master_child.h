/* SPDX-License-Identifier: ISC */
/*
 * A child of the master that is no worker: it does one thing for it, outside
 * of its loop.  Its end is nobody's concern.
 */
#ifndef MASTER_CHILD_H
#define MASTER_CHILD_H

#include <sys/types.h>

#include <stddef.h>

/*
 * fork(2).  The child, where it returns 0, has the default for every signal,
 * /dev/null as 0, 1 and 2, and besides them only those to keep; it must end
 * by _exit(2) or execve(2), and the kernel ends it after so many seconds.
 * -1: errno.
 */
pid_t master_child_fork(const int *keep, size_t keep_count, unsigned seconds);

#endif
