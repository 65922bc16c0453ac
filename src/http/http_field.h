/* SPDX-License-Identifier: ISC */
/*
 * Header fields (RFC 9110 section 5): what may stand in names and values,
 * and lookup in a list of them.  Names are compared without regard to case.
 */
#ifndef HTTP_FIELD_H
#define HTTP_FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include "cohort/types.h"
#include "http/http_lanes.h"

/* SP or HTAB, as in OWS (RFC 9110, 5.6.3). */
static inline bool
http_is_white(char byte)
{
	return byte == ' ' || byte == '\t';
}

/* http_token_size, when those before at are known to be tchar. */
size_t http_token_size_from(const char *data, size_t size, size_t at);

/* Nearly all names consist of letters and hyphens. */
static inline http_lanes
http_ends_plain_name(http_lanes bytes)
{
	return ~(http_lanes_letters(bytes) | (http_lanes)(bytes == '-'));
}

/* How many of the first HTTP_LANES bytes those are. */
static inline size_t
http_plain_name_size(const char *data, size_t size)
{
	unsigned ends = http_lanes_bits(
	    http_ends_plain_name(http_lanes_load_some(data, size)));

	return http_lanes_first(ends | 1u << HTTP_LANES);
}

/* How many tchar (RFC 9110, 5.6.2) stand at the begin of the bytes. */
static inline size_t
http_token_size(const char *data, size_t size)
{
	size_t at = http_plain_name_size(data, size);

	return at < size && data[at] == ' ' ?
	    at :
	    http_token_size_from(data, size, at);
}

/* One or more tchar. */
bool http_token_is_valid(const char *data, size_t size);

static inline http_lanes
http_ends_value(http_lanes bytes)
{
	http_lanes low =
	    (http_lanes)(bytes < 0x20) & (http_lanes)(bytes != '\t');

	return low | (http_lanes)(bytes == 0x7f);
}

/* How many bytes stand before the first control character but HTAB, hence
 * before any CR, LF, NUL or DEL (5.5). */
static inline size_t
http_value_size(const char *data, size_t size)
{
	return http_lanes_span(data, size, http_ends_value);
}

/* None of those. */
bool http_value_is_valid(const char *data, size_t size);

/* The index of the first field of that name from start on, or -1. */
int http_field_find(const struct cohort_pair *fields, size_t count,
    const char *name, size_t start);

/* Is name, of lower-case letters, equal to data without regard to case? */
bool http_name_equals(const char *data, size_t size, const char *name);

/*
 * Walks a comma-separated list (5.6.1), over one value: sets *element_r to
 * the next element without surrounding white space, advances *cursor;
 * false at the end.  Empty elements are skipped.  Commas inside quoted
 * strings do not separate.  Start with *cursor = the whole value.
 */
bool http_list_next(struct cohort_str *cursor, struct cohort_str *element_r);

#endif
