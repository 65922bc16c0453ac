/* SPDX-License-Identifier: ISC */
/*
 * Landlock: which files a worker may reach.  The rules come from the settings
 * and from worker_landlock.tbl; what they name is taken as it is when a
 * worker starts, so a file that is replaced later is another file.  How much
 * is enforced depends on the kernel, which need not have any of it.
 */
#ifndef WORKER_LANDLOCK_H
#define WORKER_LANDLOCK_H

#include <stdbool.h>

#include "base/base_buffer.h"
#include "base/base_error.h"
#include "config/config_settings.h"

enum worker_landlock_access {
	WORKER_LANDLOCK_READ,       /* read files, list directories */
	WORKER_LANDLOCK_WRITE_FILE, /* read and write files that are there */
	WORKER_LANDLOCK_WRITE,      /* the same; make and remove, too */
	WORKER_LANDLOCK_KEEP        /* make, read, write files; nothing else */
};

/* worker_landlock_places.c: what the configuration names.  option is its
 * name; mount is NULL but for those of a mount. */
struct worker_landlock_place {
	const char *path;
	enum worker_landlock_access access;
	const char *option;
	const struct settings_mount *mount;
	bool is_shared; /* only a directory of our own in it is allowed */
};
typedef int worker_landlock_visit(void *context,
    const struct worker_landlock_place *place, struct error *error);

/* Until one returns -1. */
int worker_landlock_each(const struct settings *settings,
    worker_landlock_visit *visit, void *context, struct error *error);

/* [master] Is all of it there?  -1 names the place in the configuration. */
int worker_landlock_check(const struct settings *settings, struct error *error);

/* [master] Appends what workers with these settings may do here. */
void worker_landlock_describe(
    const struct settings *settings, struct buffer *words);

/* ---- worker_landlock_kernel.c: all that knows the kernel's words ---- */

/* Of the kernel; 0: it has none. */
int worker_landlock_version(void);

/* Does that version keep signals and abstract sockets inside, too? */
bool worker_landlock_has_scopes(int version);

/* A rule set of that version, which forbids everything, but to start programs
 * if it is so told. */
int worker_landlock_open(
    int version, bool may_execute, int *rules_r, struct error *error);

/* Allows that access to path and, of a directory, all below.  What is not
 * there, or cannot be reached anyway, is no error. */
int worker_landlock_allow(int rules, int version, const char *path,
    enum worker_landlock_access access, struct error *error);

/* The calling thread, and all it makes, for ever.  Needs no_new_privs. */
int worker_landlock_enforce(int rules, struct error *error);

/* The kernel's bits of that access. */
unsigned long long worker_landlock_bits(
    int version, enum worker_landlock_access access, bool is_directory);

#endif
