/* SPDX-License-Identifier: ISC */
/*
 * Finds a request head in the input, and refuses what RFC 9112 and RFC 9110
 * do not allow there (h1_line.h, h1_field.h, h1_framing.h).
 */
#ifndef H1_PARSE_H
#define H1_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/base_list.h"
#include "http1/h1_field.h"
#include "http1/h1_framing.h"
#include "http1/h1_limits.h"
#include "http1/h1_line.h"

/* A complete head. */
struct h1_head {
	size_t size; /* to be consumed */
	struct h1_line line;
	struct h1_framing framing;
	const struct h1_field *fields;
	size_t field_count;
};

enum h1_parse_result {
	H1_PARSE_MORE, /* feed again with more behind */
	H1_PARSE_HEAD,
	H1_PARSE_FAULT
};

/* A head on its way; idle connections have none. */
struct h1_parse;

/* limits are the caller's and outlive it. */
struct h1_parse *h1_parse_new(const struct h1_limits *limits);
void h1_parse_free(struct h1_parse **parse);

/* Begins a new head. */
void h1_parse_reset(struct h1_parse *parse);

/*
 * Takes the whole input since the head's begin, of which the bytes fed
 * before are the same; works at any split.  Not to be called again after a
 * fault.
 */
enum h1_parse_result h1_parse_feed(
    struct h1_parse *parse, const char *data, size_t size);

/* After H1_PARSE_HEAD; valid until the next reset. */
const struct h1_head *h1_parse_head(const struct h1_parse *parse);

/* After H1_PARSE_FAULT. */
enum h1_fault h1_parse_fault(const struct h1_parse *parse);

/* The request line if it has passed, else NULL. */
const struct h1_line *h1_parse_line(const struct h1_parse *parse);

/* Is the method HEAD, whatever else is wrong?  Input as last fed. */
bool h1_parse_asks_for_head(
    const struct h1_parse *parse, const char *data, size_t size);

/* Have only empty lines come so far? */
bool h1_parse_is_blank(const struct h1_parse *parse);

/* Where a pool keeps it. */
struct list_link *h1_parse_link(struct h1_parse *parse);
struct h1_parse *h1_parse_of_link(struct list_link *link);

#endif
