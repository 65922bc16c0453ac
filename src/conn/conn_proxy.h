/* SPDX-License-Identifier: ISC */
/*
 * PROXY headers, version 1 and 2, as HAProxy's proxy-protocol.txt has them:
 * how a connection begins whose other end is a proxy that wants to say for
 * whom it connects.  Bytes only: no connection, no state.
 */
#ifndef CONN_PROXY_H
#define CONN_PROXY_H

#include <stddef.h>
#include <stdint.h>

#include "base/base_network.h"

/* Of a whole header; that of version 1 is a line of at most 107. */
#define CONN_PROXY_SIZE_MAX 4096

enum conn_proxy_result {
	CONN_PROXY_MORE, /* nothing is wrong so far */
	CONN_PROXY_HEADER,
	CONN_PROXY_FAULT
};

struct conn_proxy_header {
	size_t size; /* to be consumed */
	/* The client; NONE if the header speaks for the proxy itself (LOCAL)
	 * or of what is no address and port of a stream (UNKNOWN, UNSPEC,
	 * datagrams): the connection's own holds then. */
	struct network_address client;
	uint16_t port; /* 0 for unix sockets */
};

/*
 * Takes the connection's bytes from its begin on.  What is wrong is known as
 * soon as no bytes that follow could mend it; *fault_r says it, as static
 * text.  Of a header that is whole only *header_r is set.
 */
enum conn_proxy_result conn_proxy_parse(const char *data, size_t size,
    struct conn_proxy_header *header_r, const char **fault_r);

#endif
