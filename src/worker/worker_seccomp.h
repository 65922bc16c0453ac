/* SPDX-License-Identifier: ISC */
/*
 * The filter of system calls, as a value: what it refuses.
 */
#ifndef WORKER_SECCOMP_H
#define WORKER_SECCOMP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/base_buffer.h"
#include "config/config_settings.h"

/* Calls of worker_seccomp.tbl, in its order, up to NULL at the end. */
const char *worker_seccomp_call(size_t index);

/* Does a module's system_calls name it? */
bool worker_seccomp_is_allowed(
    const struct settings *settings, const char *name);

/* [master] Appends what workers with these settings are refused. */
void worker_seccomp_describe(
    const struct settings *settings, struct buffer *words);

#endif
