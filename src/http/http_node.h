/* SPDX-License-Identifier: ISC */
/*
 * What proxies call a client: an address, with a port or without, or a word
 * that keeps it to itself (RFC 7239, section 6).  No state.
 */
#ifndef HTTP_NODE_H
#define HTTP_NODE_H

#include <stdint.h>

#include "base/base_network.h"
#include "http/http_exchange.h"

enum http_node {
	HTTP_NODE_WRONG,  /* the results mean nothing */
	HTTP_NODE_NOBODY, /* "unknown", "_hidden"; the address is NONE */
	HTTP_NODE_ADDRESS /* the port is 0 if it is not told */
};

/* "192.0.2.1:80", "[2001:db8::1]", "unknown", "_hidden:_port". */
enum http_node http_node_read(struct cohort_str text,
    struct network_address *address_r, uint16_t *port_r);

/* As in X-Forwarded-For, which has IPv6 addresses without brackets, too. */
enum http_node http_node_read_bare(struct cohort_str text,
    struct network_address *address_r, uint16_t *port_r);

#endif
