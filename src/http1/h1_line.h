/* SPDX-License-Identifier: ISC */
/* The request line (RFC 9112, 3). */
#ifndef H1_LINE_H
#define H1_LINE_H

#include <stddef.h>

#include "http1/h1_fault.h"
#include "http1/h1_span.h"

/* A request line that passed. */
struct h1_line {
	struct h1_span method, target;
	unsigned version; /* 0x0100 or 0x0101 */
};

/*
 * The bytes from begin on, which hold no LF yet: may they become a request
 * line?  So that who speaks something else hears it at once.
 */
enum h1_fault h1_line_begin(const char *head, size_t begin, size_t end);

/* What is wrong with a line of which these bytes are too many. */
enum h1_fault h1_line_too_long(const char *head, size_t begin, size_t end);

/* The line from begin to its LF at end. */
enum h1_fault h1_line_read(
    const char *head, size_t begin, size_t end, struct h1_line *line_r);

#endif
