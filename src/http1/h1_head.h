/* SPDX-License-Identifier: ISC */
/*
 * From a head that passed to a struct http_request.
 */
#ifndef H1_HEAD_H
#define H1_HEAD_H

#include "base/base_arena.h"
#include "http/http_exchange.h"
#include "http1/h1_parse.h"

/*
 * Copies the head, which begins at data, once into the arena, and fills the
 * request with strings of that copy, each with a NUL behind it.  A fault is
 * a target that does not hold or has too many segments, or a head that the
 * arena has no room for.
 */
enum h1_fault h1_head_read(const struct h1_head *head, const char *data,
    const struct h1_limits *limits, struct arena *arena,
    struct http_request *request_r);

/* The request of a head that was refused; line may be NULL. */
void h1_head_read_refused(const struct h1_line *line, const char *data,
    struct arena *arena, struct http_request *request_r);

#endif
