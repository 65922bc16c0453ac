/* SPDX-License-Identifier: ISC */
/*
 * HTTP dates (RFC 9110, 5.6.7): writes IMF-fixdate, reads the three forms.
 */
#ifndef HTTP_DATE_H
#define HTTP_DATE_H

#include <stddef.h>
#include <time.h>

#define HTTP_DATE_SIZE 29 /* "Sun, 06 Nov 1994 08:49:37 GMT" */

/* Writes HTTP_DATE_SIZE bytes and a NUL. */
void http_date_write(char *to, time_t when);

/* 0, or -1 for what is no date. */
int http_date_parse(const char *data, size_t size, time_t now, time_t *when_r);

/* The "Date: ...\r\n" line, made anew at most once a second.  One a worker. */
struct http_date_cache {
	time_t made;
	char line[HTTP_DATE_SIZE + 9]; /* with a NUL */
};

#define HTTP_DATE_LINE_SIZE (HTTP_DATE_SIZE + 8)

/* HTTP_DATE_LINE_SIZE bytes, valid until the next call. */
const char *http_date_line(struct http_date_cache *cache, time_t now);

#endif
