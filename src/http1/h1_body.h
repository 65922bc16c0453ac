/* SPDX-License-Identifier: ISC */
/*
 * The body of the request that a connection has in hand: how it is framed,
 * how much of it came, whether anybody wants it.
 */
#ifndef H1_BODY_H
#define H1_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cohort/types.h"
#include "http1/h1_chunked.h"
#include "http1/h1_fault.h"
#include "http1/h1_framing.h"

/* What is read of a body that nobody wants, so that the connection can be
 * kept; beyond that it is cheaper to make a new one. */
#define H1_DRAIN_MAX 65536

struct h1_body {
	bool is_chunked;
	bool is_wanted;        /* deliver it */
	bool is_end_owed;      /* on_body_end has yet to be called */
	bool is_too_large;     /* found so; then not wanted any more */
	bool is_refusal_owed;  /* on_body_too_large has yet to be */
	bool expects_continue; /* and has not got it */
	uint64_t left;         /* counted */
	uint64_t received;     /* content, without framing */
	uint64_t waited_for;   /* of it, since the wait began */
	uint64_t limit;
	uint64_t drained; /* bytes dropped, with framing */
	struct h1_chunked chunked;
};

enum h1_body_result {
	H1_BODY_MORE,
	H1_BODY_DATA,
	H1_BODY_END,
	H1_BODY_FAULT
};

/* Without a body that has left == 0 and is not chunked.  limits are the
 * caller's and outlive it. */
void h1_body_init(struct h1_body *body, const struct h1_framing *framing,
    const struct h1_limits *limits);

/* As h1_chunked_read. */
enum h1_body_result h1_body_read(struct h1_body *body, const char *data,
    size_t size, size_t *used_r, struct cohort_str *piece_r,
    enum h1_fault *fault_r);

/* Is what is still to come little enough to be dropped, as far as known? */
bool h1_body_can_be_drained(const struct h1_body *body);

#endif
