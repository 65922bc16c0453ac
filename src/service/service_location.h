/* SPDX-License-Identifier: ISC */
/*
 * Redirections to where the path that was asked for stands in its end.
 * Workers, loop thread, handlers only.
 */
#ifndef SERVICE_LOCATION_H
#define SERVICE_LOCATION_H

#include <stdbool.h>
#include <stddef.h>

#include <cohort/cohort.h>

/* May it stand in a Location as it is: no control, space, or such? */
bool service_location_is_encoded(const char *text);

/* How many segments a mount's prefix has. */
size_t service_location_count(const char *prefix);

/*
 * Redirects to base, the segments of the request's path behind the first
 * skip ones, a slash at the end if the path or is_directory has it, and the
 * query.  The path is normal and encoded anew, so nothing that the client
 * wrote makes another host of it.  414 if that gets too long.
 */
enum cohort_verdict service_location_send(struct cohort_request *request,
    int status, const char *base, size_t skip, bool is_directory);

#endif
