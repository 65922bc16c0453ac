/* SPDX-License-Identifier: ISC */
/*
 * HTTP/1.1 and 1.0 (RFC 9112) behind struct protocol: what the worker needs
 * to know of http1/.  Worker, loop thread.
 */
#ifndef H1_H
#define H1_H

#include <stdbool.h>
#include <stdint.h>

#include "conn/conn_protocol.h"
#include "http/http_exchange.h"
#include "http/http_forwarded.h"
#include "http1/h1_limits.h"

struct h1_settings {
	struct h1_limits limits;
	unsigned max_pipelined; /* answered requests that are not sent */
	uint64_t max_requests;  /* per connection; 0: no limit */
	uint64_t keep_alive_ms; /* 0: close after each response */
	uint64_t body_progress; /* bytes that begin the wait for more anew */
	bool keep_half_closed;  /* half_close = "keep" */
	const char *server;     /* Server field; "" for none */
	/* Of peers that conn_is_trusted; its list outlives this. */
	struct http_forwarding forwarding;
};

/* One a worker; the context of its origins. */
struct h1;

/* settings is copied; server stays the caller's. */
struct h1 *h1_new(
    const struct h1_settings *settings, struct http_server *server);

/* All its connections are closed before. */
void h1_free(struct h1 **h1);

extern const struct protocol h1_protocol;

#endif
