/* SPDX-License-Identifier: ISC */
/*
 * Directories that the daemon needs and makes itself.
 */
#ifndef MASTER_DIRECTORY_H
#define MASTER_DIRECTORY_H

#include <sys/types.h>

#include "base/base_error.h"
#include "worker/worker_credentials.h"

/*
 * Makes path a directory, if there is nothing yet; its parent must be there.
 * It belongs to owner, or, if that is NULL, to this process.  One that is
 * there already stays as it is.  -1: there is none; ERROR_SYSTEM, or
 * ERROR_CONFIG for what is no directory.
 */
int master_directory_make(const char *path, mode_t mode,
    const struct worker_credentials *owner, struct error *error);

#endif
