/* SPDX-License-Identifier: ISC */
/*
 * The bytes of modules whose crashes are recorded, for a debugger that comes
 * when the module has long been replaced: DIRECTORY/BUILD-ID, where directory
 * is STATE_DIRECTORY/modules and the build id is in hexadecimal, as in the
 * records (master_crashes.h); cohortctl gdb reads them there.
 */
#ifndef MASTER_MODULES_H
#define MASTER_MODULES_H

#include <stdbool.h>

#include "master/master_pin.h"

/*
 * Keeps a copy of the bytes, if they are that build, and there is none yet.
 * A child makes it, later; what cannot be kept is not.
 */
void master_modules_keep(
    const char *directory, const struct master_pin *pin, const char *build_id);

/* The same in this process: 0 or -1. */
int master_modules_copy(
    const char *directory, const struct master_pin *pin, const char *build_id);

/* No record names it any more. */
void master_modules_drop(const char *directory, const char *build_id);

/* Removes all that are not wanted. */
void master_modules_sweep(const char *directory,
    bool (*is_wanted)(const void *context, const char *build_id),
    const void *context);

#endif
