/* SPDX-License-Identifier: ISC */
/*
 * Statuses (RFC 9110 section 15), from http_status.tbl.
 */
#ifndef HTTP_STATUS_H
#define HTTP_STATUS_H

#include <stdbool.h>

#include "cohort/types.h"

/* The reason phrase; for an unlisted status that of its class. */
const char *http_status_reason(int status);

/* "HTTP/1.1 200 OK\r\n" ready to send, or size 0 for an unlisted status. */
struct cohort_str http_status_line(int status);

/* 200 to 599: what a final response may have. */
bool http_status_is_final(int status);

/* Never a body and never Content-Length: 1xx, 204 (RFC 9110, 8.6); 304 has
 * no body either but may declare a length. */
bool http_status_has_no_body(int status);

#endif
