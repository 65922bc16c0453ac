/* SPDX-License-Identifier: ISC */
/*
 * What a core file knows of the process that left it.
 */
#ifndef CTL_CORE_H
#define CTL_CORE_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#include "base/base_error.h"
#include "ctl/ctl_image.h"

/* A file that was loaded, as far as its first page is in the core. */
struct ctl_core_image {
	char *path;                       /* where the file was, or NULL */
	char build_id[CTL_IMAGE_ID_SIZE]; /* "": unknown */
	uint64_t begin;
};

struct ctl_core {
	pid_t pid;     /* 0: unknown */
	char *program; /* path, or NULL */
	struct ctl_core_image *images;
	size_t image_count;
};

/* -1: it is no core. */
int ctl_core_read(
    const char *path, struct ctl_core *core_r, struct error *error);
void ctl_core_fini(struct ctl_core *core);

#endif
