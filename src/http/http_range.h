/* SPDX-License-Identifier: ISC */
/*
 * Byte ranges (RFC 9110 section 14).
 */
#ifndef HTTP_RANGE_H
#define HTTP_RANGE_H

#include <stddef.h>
#include <stdint.h>

#include "cohort/types.h"

#define HTTP_RANGES_MAX 16

struct http_range {
	uint64_t first, last; /* inclusive */
};

enum http_range_result {
	HTTP_RANGE_IGNORE, /* malformed, too many, other unit */
	HTTP_RANGE_SATISFIABLE,
	HTTP_RANGE_UNSATISFIABLE /* 416 */
};

/*
 * Reads a Range value against a representation of size bytes.  Ranges that
 * overlap or touch are merged, in ascending order, unless they came disjoint,
 * in which case the client's order is kept; more than HTTP_RANGES_MAX are
 * ignored as a whole (RFC 9110, 14.2: a server may).
 */
enum http_range_result http_range_parse(struct cohort_str value, uint64_t size,
    struct http_range ranges_r[HTTP_RANGES_MAX], size_t *count_r);

#endif
