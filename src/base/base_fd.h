/* SPDX-License-Identifier: ISC */
/*
 * Descriptors.  Any process.
 */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/base_error.h"

/* Closes *fd unless it is -1, and makes it -1.  Keeps errno. */
void fd_close(int *fd);

int fd_set_nonblocking(int fd, struct error *error);
int fd_set_cloexec(int fd, bool on, struct error *error);

/*
 * Closes every descriptor from 3 up that is not among the count listed
 * ones, which may come in any order, repeat, or be -1.
 */
int fd_close_all_but(const int *keep, size_t count, struct error *error);

/*
 * Opens /dev/null for those of 0, 1 and 2 that are closed.  First thing in
 * a program: what else gets such a number is written to as if it were the
 * standard error, and is inherited by every child.
 */
int fd_open_standard(struct error *error);

/* Connects descriptors 0, 1 and, if so told, 2 to /dev/null. */
int fd_redirect_standard(bool error_too, struct error *error);

/* All of it, to a descriptor that blocks.  -1 with errno. */
int fd_write_all(int fd, const void *data, size_t size);

/* Raises the soft limit of descriptors to at least wanted, the hard one too
 * where permitted.  *limit_r is what is in force afterwards. */
int fd_raise_limit(size_t wanted, size_t *limit_r, struct error *error);

/* A memfd of exactly size bytes, sealed against resizing, close-on-exec.  The
 * caller may seal it further, and should then seal that (F_SEAL_SEAL). */
int fd_shared_memory(
    const char *name, size_t size, int *fd_r, struct error *error);

#endif
