/* SPDX-License-Identifier: ISC */
/*
 * What trusted proxies say of a request that they pass on: who its client is,
 * and with what scheme and host it asked.  They say it in X-Forwarded-For,
 * X-Forwarded-Proto and X-Forwarded-Host, or in Forwarded (RFC 7239).
 *
 * Each proxy adds an element to the end, which names who asked it.  So the
 * list, all lines of the field taken together, is walked from its end: past
 * elements that name trusted proxies, to the first that does not, the client;
 * what stands before that was written by nobody who is trusted.  An element
 * that names nobody ("unknown", "_hidden") or makes no sense stops the walk,
 * and the one behind it stands; if there is none, the connection's peer.
 *
 * A comma ends an element, in a quoted string too (RFC 7239 has none in what
 * is looked at here): else whoever begins one and does not end it would
 * swallow what a proxy appends.
 */
#ifndef HTTP_FORWARDED_H
#define HTTP_FORWARDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base_arena.h"
#include "base/base_network.h"
#include "http/http_exchange.h"

/* Who is believed, and in what. */
struct http_forwarding {
	struct network_list trusted;
	bool is_forwarded; /* Forwarded; else X-Forwarded-* */
};

#define HTTP_FORWARDED_TEXT_SIZE 272 /* a longer host is ignored */

struct http_forwarded {
	struct network_address client;       /* NONE: the connection's peer */
	uint16_t port;                       /* of client; 0: not named */
	const char *scheme;                  /* "http", "https" or NULL */
	char host[HTTP_FORWARDED_TEXT_SIZE]; /* valid as Host is, or "" */
};

/*
 * Reads the fields of a request from a trusted peer.  Of Forwarded, scheme
 * and host are those of the client's element, or of the last one if that
 * names nobody; of X-Forwarded-*, the last that the field has.
 */
void http_forwarded_read(const struct http_forwarding *forwarding,
    const struct cohort_pair *fields, size_t count,
    struct http_forwarded *forwarded_r);

/* Does so, and gives the request the peer, scheme and host that it found.
 * The fields stay as they came.  The arena has room for it. */
void http_forwarded_apply(const struct http_forwarding *forwarding,
    struct http_request *request, struct arena *arena);

#endif
