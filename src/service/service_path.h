/* SPDX-License-Identifier: ISC */
/*
 * Which paths of requests may name files.  Workers; no state.
 */
#ifndef SERVICE_PATH_H
#define SERVICE_PATH_H

#include <stdbool.h>

#include <cohort/types.h>

/*
 * May a file of that name be served?  Not "", ".", ".." nor one with a
 * slash or, since other systems take it for one, a backslash; and with
 * hidden false none that begins with a dot.
 */
bool service_path_name_may_be(const char *name, size_t size, bool hidden);

/*
 * The same for each segment of a decoded path, "a/b" or "a/b/" or "".
 * target is the undecoded one of the same request: an encoded slash in its
 * path is data and no separator, so no file has that name.
 */
bool service_path_may_be(
    struct cohort_str path, struct cohort_str target, bool hidden);

#endif
