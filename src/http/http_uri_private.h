/* SPDX-License-Identifier: ISC */
/*
 * What http_uri.c and http_uri_text.c share.
 */
#ifndef HTTP_URI_PRIVATE_H
#define HTTP_URI_PRIVATE_H

#include <stddef.h>

struct arena;

/*
 * The byte that two hex digits stand for, or -1.  The second is not read
 * when the first is none, so a NUL may stand anywhere.
 */
int http_uri_read_hex(const char *digits);

/* arena_alloc_raw, but NULL where that would panic. */
void *http_uri_claim(struct arena *arena, size_t size);

#endif
