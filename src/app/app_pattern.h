/* SPDX-License-Identifier: ISC */
/*
 * Patterns of routes and prefixes of scopes as text: "/a/{name}/{tail}*".
 *
 * A pattern begins with '/' and consists of segments: static text, "{name}"
 * for exactly one segment, and, at its end only, "{name}*" for all the rest.
 * A parameter takes a whole segment; names are letters, digits and '_', and
 * stand once in a pattern.  Static text is compared with decoded paths, so
 * it is written decoded: "/a b", not "/a%20b".  Private to app/; no state.
 */
#ifndef APP_PATTERN_H
#define APP_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/base_error.h"
#include "http/http_uri.h"

/* Patterns have at most this many parameters. */
#define APP_PARAMS_MAX 16

enum app_segment_kind {
	APP_SEGMENT_STATIC,
	APP_SEGMENT_PARAM,
	APP_SEGMENT_TAIL
};

struct app_segment {
	enum app_segment_kind kind;
	const char *text; /* the static text, or the name */
	size_t size;
};

struct app_pattern {
	struct app_segment segments[HTTP_SEGMENTS_MAX];
	size_t count;
	size_t param_count;  /* the tail is one */
	bool trailing_slash; /* "/a/", "/" */
};

/* Slices of text, which has to live as long.  "" is a pattern of no segment.
 * 0, or -1 with the segment at fault. */
int app_pattern_parse(
    const char *text, struct app_pattern *pattern_r, struct error *error);

/* The same for a prefix: no tail, and no slash at its end. */
int app_pattern_parse_prefix(
    const char *text, struct app_pattern *pattern_r, struct error *error);

#endif
