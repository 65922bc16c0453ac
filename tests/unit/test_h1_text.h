/* SPDX-License-Identifier: ISC */
/*
 * Bytes of requests and spans in them, for tests of what reads them.
 */
#ifndef TEST_H1_TEXT_H
#define TEST_H1_TEXT_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "http1/h1_fault.h"
#include "http1/h1_span.h"

#define COUNT(table) (int)(sizeof(table) / sizeof(*(table)))

/* A literal, its size, and what is wrong with it. */
#define JUDGED(fault, text)                              \
	{                                                \
		text, sizeof(text) - 1, H1_FAULT_##fault \
	}

/* Exactly as many bytes, so that a step too far is seen; to be freed. */
static inline char *
copy_exactly(const char *text, size_t size)
{
	return memcpy(malloc(size + (size == 0)), text, size);
}

static inline void
expect_span(const char *text, struct h1_span span, const char *expected)
{
	ck_assert_uint_eq(span.size, strlen(expected));
	ck_assert_int_eq(memcmp(text + span.offset, expected, span.size), 0);
}

#endif
