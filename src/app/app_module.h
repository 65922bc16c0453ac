/* SPDX-License-Identifier: ISC */
/*
 * The loader: opens a module and checks that it was made for this library.
 * Workers only, after the privilege drop (or in the child of -t).
 */
#ifndef APP_MODULE_H
#define APP_MODULE_H

#include "base/base_error.h"

#include <cohort/cohort.h>

/* What a module's bytes are called by that is loaded from a descriptor: to
 * dlopen(3), and by dl_iterate_phdr(3). */
#define APP_MODULE_NAME_SIZE 64
void app_module_name(int fd, char name_r[APP_MODULE_NAME_SIZE]);

/*
 * dlopens the bytes in fd, which stays open for ever, or, -1, the file at
 * path (RTLD_NOW | RTLD_LOCAL), finds cohort_module, checks it and copies it.
 * What was loaded before gives the same module again.  The strings belong to
 * the module, which is never closed.  0, or -1 with what to do, by path
 * whatever fd is: "hello.so: built for ABI 2 (libcohort 2.0), this is ABI 1:
 * rebuild it here".
 */
int app_module_load(const char *path, int fd, struct cohort_module *module_r,
    struct error *error);

/* The checks alone, for a module linked in; name is for the message. */
int app_module_check(const char *name, const struct cohort_module *module,
    struct cohort_module *module_r, struct error *error);

#endif
