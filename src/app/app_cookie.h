/* SPDX-License-Identifier: ISC */
/*
 * Cookies (RFC 6265): reading the Cookie field, checking what goes into
 * Set-Cookie.  Private to app/.
 */
#ifndef APP_COOKIE_H
#define APP_COOKIE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/base_arena.h"

#include <cohort/types.h>

/*
 * Splits every Cookie field (section 4.2) into pairs in the arena, in order
 * of arrival, undecoded.  What has no '=' is no pair and is skipped.  0, or
 * -1 and none for more than max pairs, or more than the arena has room for.
 */
int app_cookie_read(struct arena *arena, const struct cohort_pair *fields,
    size_t field_count, size_t max, struct cohort_pair **pairs_r,
    size_t *count_r);

/* cookie-octets, with or without double quotes around (section 4.1.1). */
bool app_cookie_value_is_valid(const char *value);

/*
 * "Path=/; Max-Age=60; Secure": every attribute is a known one with a value
 * that it may have.  NULL if so, else why not (static text).
 */
const char *app_cookie_check_attributes(const char *attributes);

#endif
