/* SPDX-License-Identifier: ISC */
/*
 * Conditional requests (RFC 9110 section 13), in the order of 13.2.2.
 */
#ifndef HTTP_CONDITION_H
#define HTTP_CONDITION_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "cohort/types.h"

/* What the representation is like.  "*" matches also one without a tag. */
struct http_validators {
	const char *etag; /* with its quotes, strong; NULL: it has none */
	bool is_undated;  /* modified says nothing */
	time_t modified;
	time_t now;
};

enum http_condition {
	HTTP_CONDITION_NONE,         /* go on */
	HTTP_CONDITION_NOT_MODIFIED, /* 304 */
	HTTP_CONDITION_FAILED        /* 412 */
};

/* is_read: GET or HEAD. */
enum http_condition http_condition_check(const struct cohort_pair *fields,
    size_t count, bool is_read, const struct http_validators *validators);

/* May the Range be used?  True without If-Range (13.1.5). */
bool http_condition_allows_range(const struct cohort_pair *fields, size_t count,
    const struct http_validators *validators);

#endif
