/* SPDX-License-Identifier: ISC */
/* A part of the input; the offset is from its begin, as h1_parse_feed takes
 * it. */
#ifndef H1_SPAN_H
#define H1_SPAN_H

#include <stddef.h>
#include <stdint.h>

struct h1_span {
	uint32_t offset, size;
};

static inline struct h1_span
h1_span(size_t begin, size_t end)
{
	return (struct h1_span) { (uint32_t)begin, (uint32_t)(end - begin) };
}

#endif
