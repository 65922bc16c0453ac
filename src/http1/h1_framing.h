/* SPDX-License-Identifier: ISC */
/*
 * What the fields of a head say about the message's body and the connection
 * (RFC 9112, 6 and 9; RFC 9110, 7.2 and 10.1.1).
 */
#ifndef H1_FRAMING_H
#define H1_FRAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http1/h1_fault.h"
#include "http1/h1_field.h"

struct h1_framing {
	int64_t body_size;  /* as in struct http_request */
	int host;           /* index of the Host field, or -1 */
	bool is_persistent; /* RFC 9112, 9.3 */
	bool expects_continue;
};

/* What the fields mean together; version is the request line's. */
enum h1_fault h1_framing_read(const char *head, unsigned version,
    const struct h1_field *fields, size_t count, struct h1_framing *framing_r);

#endif
