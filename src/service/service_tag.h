/* SPDX-License-Identifier: ISC */
/*
 * Entity tags of files, strong ones (RFC 9110, 8.8.1): no two contents that
 * a path ever had share one.  Workers; no state.
 */
#ifndef SERVICE_TAG_H
#define SERVICE_TAG_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/* Four numbers of 64 bits in hex, three dashes, two quotes, and a NUL. */
#define SERVICE_TAG_SIZE (4 * 16 + 3 + 2 + 1)

/* From the content itself. */
void service_tag_of_content(
    char tag_r[SERVICE_TAG_SIZE], const void *data, size_t size);

/*
 * From what the file system says.  is_young: the next change may leave no
 * trace in that, so the tag is given to nobody a second time.
 */
void service_tag_of_status(
    char tag_r[SERVICE_TAG_SIZE], const struct stat *status, bool is_young);

#endif
