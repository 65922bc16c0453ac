/* SPDX-License-Identifier: ISC */
/*
 * The heads of the parts are request memory, what stands between them are
 * pieces of the file, so nothing is copied.
 */
#include "service/service_multipart.h"

#include <string.h>

/* A head and a body for each part, and the end. */
#define PIECES_MAX (2 * HTTP_RANGES_MAX + 1)

const char *
service_multipart_range(struct cohort_request *request,
    const struct http_range *range, int64_t size)
{
	return cohort_format(request, "bytes %llu-%llu/%lld",
	    (unsigned long long)range->first, (unsigned long long)range->last,
	    (long long)size);
}

static struct app_piece
text_piece(const char *text)
{
	return (struct app_piece) {
		.data = text,
		.fd = -1,
		.size = (int64_t)strlen(text),
	};
}

/* The line end before a delimiter belongs to it (RFC 2046, 5.1.1). */
static const char *
part_head(struct cohort_request *request, const struct service_file *file,
    const struct http_range *range, const char *boundary, bool is_first)
{
	return cohort_format(request,
	    "%s--%s\r\nContent-Type: %s\r\nContent-Range: %s\r\n\r\n",
	    is_first ? "" : "\r\n", boundary, file->type,
	    service_multipart_range(request, range, file->size));
}

enum cohort_verdict
service_multipart_send(struct cohort_request *request,
    struct service_file *file, const struct http_range *ranges, size_t count,
    const char *boundary)
{
	struct app_piece pieces[PIECES_MAX], *piece = pieces;
	const char *type;
	size_t i;

	for (i = 0; i < count; i++) {
		*piece++ = text_piece(
		    part_head(request, file, &ranges[i], boundary, i == 0));
		*piece++ = service_file_piece(file, (int64_t)ranges[i].first,
		    (int64_t)(ranges[i].last - ranges[i].first + 1));
	}
	*piece++ =
	    text_piece(cohort_format(request, "\r\n--%s--\r\n", boundary));
	type = cohort_format(
	    request, "multipart/byteranges; boundary=%s", boundary);
	return app_reply_pieces(request, 206, type, pieces,
	    (size_t)(piece - pieces), service_file_release, file);
}
