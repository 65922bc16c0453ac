/* SPDX-License-Identifier: ISC */
/*
 * The mounts of a cohort as they were when it was made: where they are, and
 * which code they run, so that what is known of one is kept across reloads
 * as long as it is the same.  Owns the bytes of its modules (master_pin.h).
 * Shared: each hold needs a release.
 */
#ifndef MASTER_MOUNTS_H
#define MASTER_MOUNTS_H

#include "base/base_list.h"
#include "config/config_settings.h"
#include "master/master_pin.h"

struct master_mount {
	char *host, *prefix;
	const struct master_pin *pin; /* NULL: no module, or one built in */
};

#define MASTER_MOUNTS_MAGIC 0x2c90ae61u
struct master_mounts {
	unsigned magic;
	unsigned users;
	struct master_mount *mounts; /* by settings_mount_number; 0 is none */
	size_t count;                /* with that */
	struct master_pin **pins;    /* each path once */
	size_t pin_count;
};

/*
 * Reads the modules' files; held once.  What a cohort of that list has of
 * the same path and the same bytes is shared with it.  -1 names mount, path
 * and reason.
 */
int master_mounts_new(const struct settings *settings,
    const struct list *cohorts, struct master_mounts **mounts_r,
    struct error *error);
struct master_mounts *master_mounts_hold(struct master_mounts *mounts);
/* Nulls it; NULL is fine. */
void master_mounts_release(struct master_mounts **mounts);

/* The bytes of the module of that path, or NULL. */
struct master_pin *master_mounts_pin(
    const struct master_mounts *mounts, const char *path);

/* The number in mounts of what is at the same place and runs the same code
 * as number does in others; 0: none. */
uint16_t master_mounts_find(const struct master_mounts *mounts,
    const struct master_mounts *others, uint16_t number);

#endif
