/* SPDX-License-Identifier: ISC */
/*
 * The bytes of a module, in memory that nobody can write to: whatever becomes
 * of its file, the workers of a cohort run what was read when the cohort was
 * made.  Shared: each hold needs a release.
 */
#ifndef MASTER_PIN_H
#define MASTER_PIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base_error.h"

/* Larger is no module, but something else of that name. */
#define MASTER_PIN_MAX 0x20000000 /* half a gibibyte */

#define MASTER_PIN_MAGIC 0x58c3e0d7u
struct master_pin {
	unsigned magic;
	unsigned users;
	char *path; /* as configured */
	int fd;     /* a sealed memfd; for dlopen(3), too */
	uint64_t size;
	uint64_t identity; /* of the bytes, to be compared: no security */
};

/*
 * Reads the file at path, once; held once.  -1, of kind ERROR_CONFIG when the
 * file is to blame: also when it changed while it was read.
 */
int master_pin_open(
    const char *path, struct master_pin **pin_r, struct error *error);

struct master_pin *master_pin_hold(struct master_pin *pin);
/* Nulls it; NULL is fine. */
void master_pin_release(struct master_pin **pin);

/* Do they have the same bytes? */
bool master_pin_is_same(
    const struct master_pin *one, const struct master_pin *other);

#endif
