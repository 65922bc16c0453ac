/* SPDX-License-Identifier: ISC */
/*
 * Memory shared between the master and its workers: memfds of a sealed size,
 * so that a later program image can map them again.  How large a mapping is
 * says its descriptor: what stands in the memory itself any worker may have
 * overwritten.  Any process.
 */
#ifndef IPC_AREA_H
#define IPC_AREA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/base_error.h"

/* Makes an area of zeroes and maps it.  The caller owns both. */
int ipc_area_open(const char *name, size_t size, void **area_r, int *fd_r,
    struct error *error);

/* The same; no child has the mapping, and whoever maps the descriptor
 * later gets what may_write says. */
int ipc_area_open_unshared(const char *name, size_t size, bool may_write,
    void **area_r, int *fd_r, struct error *error);

/* Maps what another process made. */
int ipc_area_map(const char *name, int fd, bool may_write, void **area_r,
    size_t *size_r, struct error *error);

/* Unmaps, unless area is NULL, and closes *fd. */
void ipc_area_close(void *area, int *fd);

#endif
