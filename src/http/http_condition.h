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

/* Fields that make a request conditional. */
enum http_condition_field {
	HTTP_CONDITION_IF_MATCH,
	HTTP_CONDITION_IF_UNMODIFIED_SINCE,
	HTTP_CONDITION_IF_NONE_MATCH,
	HTTP_CONDITION_IF_MODIFIED_SINCE,
	HTTP_CONDITION_IF_RANGE,
	HTTP_CONDITION_FIELDS
};

#define HTTP_CONDITIONS_MAX 16

/* Those of a request, in order of arrival. */
struct http_conditions {
	unsigned present, repeated; /* a bit for each field */
	size_t count;
	struct {
		enum http_condition_field field;
		struct cohort_str value; /* lives where it was */
	} entries[HTTP_CONDITIONS_MAX];  /* the first count */
};

static inline void
http_conditions_init(struct http_conditions *conditions)
{
	conditions->present = conditions->repeated = 0;
	conditions->count = 0;
}

/* Takes the field if it is one of enum http_condition_field; others are
 * ignored.  False: it is one, and there are HTTP_CONDITIONS_MAX already. */
bool http_conditions_add(
    struct http_conditions *conditions, const struct cohort_pair *field);

/* What the representation is like.  "*" matches also one without a tag. */
struct http_validators {
	struct cohort_str etag; /* with its quotes, strong; or no data */
	bool is_undated;        /* modified says nothing */
	time_t modified;
	time_t now;
};

enum http_condition {
	HTTP_CONDITION_NONE,         /* go on */
	HTTP_CONDITION_NOT_MODIFIED, /* 304 */
	HTTP_CONDITION_FAILED        /* 412 */
};

/* is_read: GET or HEAD. */
enum http_condition http_condition_check(
    const struct http_conditions *conditions, bool is_read,
    const struct http_validators *validators);

/* May the Range be used?  True without If-Range (13.1.5). */
bool http_condition_allows_range(const struct http_conditions *conditions,
    const struct http_validators *validators);

#endif
