/* SPDX-License-Identifier: ISC */
/*
 * The chunked transfer coding (RFC 9112, 7.1), decoded to the letter, as what
 * frames a message for one reader in another way than for the next is a hole.
 * Extensions are checked, bounded and dropped, trailer fields too (7.1.2
 * allows it).
 */
#ifndef H1_CHUNKED_H
#define H1_CHUNKED_H

#include <stddef.h>
#include <stdint.h>

#include "cohort/types.h"
#include "http1/h1_fault.h"
#include "http1/h1_limits.h"

struct h1_chunked {
	uint8_t state;  /* of h1_chunked.c */
	uint8_t digits; /* of the size */
	uint64_t left;  /* of the chunk's data */
	const struct h1_limits *limits;
	size_t extension; /* bytes in all chunks so far */
	size_t trailer;
	size_t trailer_fields;
};

enum h1_chunked_result {
	H1_CHUNKED_MORE, /* all bytes are used up */
	H1_CHUNKED_DATA, /* a piece of the body */
	H1_CHUNKED_END,  /* what follows is not ours */
	H1_CHUNKED_FAULT
};

/* limits are the caller's and outlive it. */
void h1_chunked_init(
    struct h1_chunked *chunked, const struct h1_limits *limits);

/*
 * Reads on until there is something to say.  *used_r bytes of data are done
 * with, data itself included; *piece_r points into data.
 */
enum h1_chunked_result h1_chunked_read(struct h1_chunked *chunked,
    const char *data, size_t size, size_t *used_r, struct cohort_str *piece_r,
    enum h1_fault *fault_r);

#endif
