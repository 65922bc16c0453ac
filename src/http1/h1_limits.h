/* SPDX-License-Identifier: ISC */
/*
 * What of a request may be how large: the options of the same names.
 */
#ifndef H1_LIMITS_H
#define H1_LIMITS_H

#include <stddef.h>

struct h1_limits {
	size_t max_request_line; /* without CR LF */
	size_t max_head;         /* with the empty line behind it */
	size_t max_fields;       /* of the head, and of the trailer */
	size_t max_segments;
	size_t max_chunk_extension; /* of all chunks of a body */
	size_t max_trailer;         /* without the empty line behind it */
};

#endif
