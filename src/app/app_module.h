/* SPDX-License-Identifier: ISC */
/*
 * The loader: opens a module and checks that it was made for this library.
 * Workers only, after the privilege drop (or in the child of -t).
 */
#ifndef APP_MODULE_H
#define APP_MODULE_H

#include "base/base_error.h"

#include <cohort/cohort.h>

/*
 * dlopens path (RTLD_NOW | RTLD_LOCAL), finds cohort_module, checks it and
 * copies it.  A path loaded before gives the same module again.  The
 * strings belong to the module, which is never closed.  0, or -1 with what
 * to do: "hello.so: built for ABI 2 (libcohort 2.0), this is ABI 1: rebuild
 * it here".
 */
int app_module_load(
    const char *path, struct cohort_module *module_r, struct error *error);

/* The checks alone, for a module linked in; name is for the message. */
int app_module_check(const char *name, const struct cohort_module *module,
    struct cohort_module *module_r, struct error *error);

#endif
