/* SPDX-License-Identifier: ISC */
/*
 * Field lines (RFC 9112, 5): where name and value stand.  What they mean is
 * h1_framing's.
 */
#ifndef H1_FIELD_H
#define H1_FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include "http1/h1_fault.h"
#include "http1/h1_span.h"

struct h1_field {
	struct h1_span name;
	struct h1_span value; /* without white space around it */
};

/*
 * Reads the line that begins there, of what has come up to end: returns the
 * offset behind its CR LF, or 0 if it is not complete, or not right.
 */
size_t h1_field_read(
    const char *head, size_t begin, size_t end, struct h1_field *field_r);

/* What is wrong with a line that h1_field_read did not take, as far as it has
 * come: H1_FAULT_NONE if more has to come.  is_first: of the head. */
enum h1_fault h1_field_judge(
    const char *head, size_t begin, size_t end, bool is_first);

#endif
