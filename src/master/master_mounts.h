/* SPDX-License-Identifier: ISC */
/*
 * The mounts of a cohort as they were when it was made: where they are, and
 * which code they run, so that what is known of one is kept across reloads
 * as long as it is the same.  Shared: each hold needs a release.
 */
#ifndef MASTER_MOUNTS_H
#define MASTER_MOUNTS_H

#include "config/config_settings.h"

struct master_mount {
	char *host, *prefix;
	char *module; /* path; NULL: built in */
	/* Of the bytes of that file, to be compared: an identity, and no
	 * security.  0: the file could not be read. */
	uint64_t identity;
};

#define MASTER_MOUNTS_MAGIC 0x2c90ae61u
struct master_mounts {
	unsigned magic;
	unsigned users;
	struct master_mount *mounts; /* by settings_mount_number; 0 is none */
	size_t count;                /* with that */
};

/* Reads the modules' files; held once. */
struct master_mounts *master_mounts_new(const struct settings *settings);
struct master_mounts *master_mounts_hold(struct master_mounts *mounts);
/* Nulls it; NULL is fine. */
void master_mounts_release(struct master_mounts **mounts);

/* The number in mounts of what is at the same place and runs the same code
 * as number does in others; 0: none. */
uint16_t master_mounts_find(const struct master_mounts *mounts,
    const struct master_mounts *others, uint16_t number);

#endif
