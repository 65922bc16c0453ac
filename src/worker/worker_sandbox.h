/* SPDX-License-Identifier: ISC */
/*
 * What is taken from a process before it runs code of modules, in two steps:
 * before they are loaded, and before any of their functions is called.
 * Workers, and the child of -t.
 */
#ifndef WORKER_SANDBOX_H
#define WORKER_SANDBOX_H

#include <stddef.h>

#include "app/app.h"
#include "base/base_error.h"
#include "config/config_settings.h"

/*
 * Credentials, and every capability, for good; core_dumps; files (Landlock).
 * In this order: what comes later needs none of what went before.  has_cores:
 * core_dumps are of interest.
 */
int worker_sandbox_enter(const struct settings *settings,
    const struct app_bytes *modules, size_t module_count, bool has_cores,
    struct error *error);

/* worker_capabilities.c: limit goes before the change of credentials, which
 * takes the right to do it; drop behind it. */
void worker_capabilities_limit(void);
int worker_capabilities_drop(struct error *error);

/* worker_core.c: core_dumps and core_directory, after the last change of
 * credentials. */
int worker_core_apply(const struct settings *settings, struct error *error);

/* worker_spool.c: the directory for bodies, and its descriptor, which stays
 * open for ever; -1 and NULL, and a line in the log: there is none. */
int worker_spool_open(const struct settings *settings, char **path_r);

/* worker_landlock.c: the rules of these settings, if there are any here. */
int worker_landlock_apply(const struct settings *settings,
    const struct app_bytes *modules, size_t module_count, struct error *error);

/* worker_seccomp.c: refuses system calls from now on, in all threads; takes
 * no notice of a kernel that cannot.  The handler of SIGSYS stands. */
int worker_seccomp_apply(const struct settings *settings, struct error *error);

#endif
