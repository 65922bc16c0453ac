/* SPDX-License-Identifier: ISC */
/*
 * Response heads: how a response is framed, and its head as bytes.
 */
#ifndef H1_RESPONSE_H
#define H1_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cohort/types.h"
#include "http/http_date.h"
#include "http/http_exchange.h"

/* How the body goes out. */
enum h1_delivery {
	H1_DELIVERY_NONE, /* not at all: HEAD, 204, 304 */
	H1_DELIVERY_COUNTED,
	H1_DELIVERY_CHUNKED,
	H1_DELIVERY_UNTIL_CLOSE /* HTTP/1.0 cannot do otherwise */
};

/* What is the same in all heads of a worker. */
struct h1_texts {
	struct http_date_cache *date;
	struct cohort_str server; /* a whole line, or empty */
};

struct h1_plan {
	enum h1_delivery delivery;
	int64_t length; /* Content-Length, or -1: no such */
	bool is_last;   /* the connection ends behind it */
};

/* Sets delivery and length (RFC 9112, 6.3; RFC 9110, 8.6). */
void h1_response_plan(const struct http_request *request,
    const struct http_response *response, struct h1_plan *plan_r);

/* The most bytes that h1_response_write writes. */
size_t h1_response_most(
    const struct h1_texts *texts, const struct http_response *response);

/* Writes the head for a request of that version into head_r, which has
 * h1_response_most bytes; returns its size. */
size_t h1_response_write(char *head_r, const struct h1_texts *texts,
    unsigned version, const struct http_response *response,
    const struct h1_plan *plan);

#endif
