/* SPDX-License-Identifier: ISC */
/*
 * Several ranges of a file as multipart/byteranges (RFC 9110, 14.6), and
 * the Content-Range (14.4) of each.  Workers, loop thread, handlers only.
 */
#ifndef SERVICE_MULTIPART_H
#define SERVICE_MULTIPART_H

#include <cohort/cohort.h>

#include "http/http_range.h"
#include "service/service_file.h"

/* "bytes 0-499/1234", in request memory. */
const char *service_multipart_range(struct cohort_request *request,
    const struct http_range *range, int64_t size);

/* The 206 with count parts, at least 2; takes the reference to file. */
enum cohort_verdict service_multipart_send(struct cohort_request *request,
    struct service_file *file, const struct http_range *ranges, size_t count,
    const char *boundary);

#endif
