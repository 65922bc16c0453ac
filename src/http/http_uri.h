/* SPDX-License-Identifier: ISC */
/*
 * Request targets (RFC 9112 section 3.2, RFC 3986): decoded once, here.
 *
 * The path is cut at its slashes *before* decoding, so that an encoded slash
 * is data of its segment and never a separator.  Each segment is then
 * percent-decoded once.  Empty segments ("//") are merged away; "." and ".."
 * are resolved also when they came encoded (RFC 3986, 6.2.2.2), and a ".."
 * above the root is refused.  A NUL, raw or encoded, bad hex digits, or more
 * than HTTP_SEGMENTS_MAX segments are refused; so are, in path and query, raw
 * control characters, spaces, '#' and bytes of 0x7f and above.
 */
#ifndef HTTP_URI_H
#define HTTP_URI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base_arena.h"
#include "cohort/types.h"

#define HTTP_SEGMENTS_MAX 64

struct http_segment {
	uint32_t offset, size; /* within path */
};

struct http_uri {
	struct cohort_str path; /* decoded, normal, begins with '/' */
	const struct http_segment *segments;
	uint32_t segment_count;
	bool trailing_slash;         /* "/a/"; true for "/" as well */
	bool slash_in_segment;       /* some segment holds an encoded one */
	bool asterisk;               /* "*", path is then "*" */
	bool has_too_many;           /* segments: why it was refused */
	struct cohort_str query;     /* raw, behind '?'; data NULL if none */
	struct cohort_str scheme;    /* absolute form only, else data NULL */
	struct cohort_str authority; /* absolute and authority form */
};

/*
 * Reads an origin-form, absolute-form ("http://host/x", "https://host/x") or
 * asterisk target, behind which a NUL stands as behind every cohort_str.
 * What it gives lives in the arena or in target, whose bytes must live as
 * long, and ends in a NUL too.  0, or -1 for a target that deserves 400 (or
 * for which the arena has no room).
 */
int http_uri_parse(
    struct arena *arena, struct cohort_str target, struct http_uri *uri_r);

/*
 * Is it "host" or "host:port" as an http URI has it (RFC 3986, 3.2.2)?  Not
 * with user information (RFC 9110, 4.2.4) or without a host (4.2.1).
 */
bool http_uri_is_authority(const char *data, size_t size);

/*
 * Percent-decodes into at least size + 1 bytes at to, plus as space where so
 * told (forms and queries); bad escapes stay as they are.  Returns the size;
 * a NUL stands behind.
 */
size_t http_uri_decode(char *to, const char *data, size_t size, bool plus);

/* Appends data percent-encoded as one path segment would be. */
struct buffer;
void http_uri_encode(struct buffer *buffer, const char *data, size_t size);

/*
 * Splits a query or urlencoded form into decoded pairs in the arena, in
 * order, at most max of them (more is -1).  "a&b=" gives a with value "" and
 * b with "".  0, or -1.
 */
int http_uri_parse_query(struct arena *arena, struct cohort_str query,
    size_t max, struct cohort_pair **pairs_r, size_t *count_r);

#endif
