/* SPDX-License-Identifier: ISC */
/*
 * A directory as a page: what may be fetched from it, directories first,
 * with sizes and dates.  Workers, loop thread.
 */
#ifndef SERVICE_LISTING_H
#define SERVICE_LISTING_H

#include <stdbool.h>

#include "base/base_buffer.h"
#include "service/service_open.h"

/* More are not shown, and the page says so. */
#define SERVICE_LISTING_MAX 4096

struct service_listing {
	const struct service_root *root;
	const char *path;  /* relative: "" or with a slash at its end */
	const char *title; /* the path as the client sees it, decoded */
	bool hidden;       /* names that begin with a dot, too */
};

/* Appends the page.  0; or -1 with errno as of service_open. */
int service_listing_write(
    const struct service_listing *listing, struct buffer *html);

#endif
