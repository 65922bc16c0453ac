/* SPDX-License-Identifier: ISC */
/*
 * MIME types by suffix: those of a file in the format of /etc/mime.types
 * before those of service_types.tbl.  Types of text that say no charset get
 * "; charset=utf-8".  Workers; made in setup, then only read.
 */
#ifndef SERVICE_TYPES_H
#define SERVICE_TYPES_H

#include "base/base_error.h"

struct service_types;

/* file "": the table alone.  -1 names file and line. */
int service_types_new(
    const char *file, struct service_types **types_r, struct error *error);

void service_types_free(struct service_types **types);

/*
 * By what stands behind the last dot of the path's last name, whatever its
 * case; "application/octet-stream" for all others.  Lives as long as types.
 */
const char *service_types_find(
    const struct service_types *types, const char *path);

#endif
