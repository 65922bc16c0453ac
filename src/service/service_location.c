/* SPDX-License-Identifier: ISC */
/*
 * The target is read anew, since the public API has the path only with its
 * encoded slashes decoded.  Redirections are rare enough for that, and for
 * memory of their own.
 */
#include "service/service_location.h"

#include <string.h>

#include "base/base_arena.h"
#include "base/base_buffer.h"
#include "http/http_uri.h"

#define BLOCK_SIZE   8192
#define MEMORY_MAX   (1024 * 1024)
#define LOCATION_MAX 16384

/* Of printable ones those that no URI has (RFC 3986, 2). */
static bool
is_uri_byte(char byte)
{
	return byte > ' ' && byte < 0x7f && strchr("\"<>\\^`{|}", byte) == NULL;
}

bool
service_location_is_encoded(const char *text)
{
	while (*text != '\0' && is_uri_byte(*text))
		text++;
	return *text == '\0';
}

size_t
service_location_count(const char *prefix)
{
	size_t count = 0;

	for (; *prefix != '\0'; prefix++)
		count +=
		    prefix[0] == '/' && prefix[1] != '\0' && prefix[1] != '/';
	return count;
}

/* Browsers leave some bytes as they are that a Location may not hold. */
static void
append_query(struct buffer *buffer, struct cohort_str query)
{
	size_t i;

	buffer_append_byte(buffer, '?');
	for (i = 0; i < query.size; i++)
		if (is_uri_byte(query.data[i]))
			buffer_append_byte(buffer, query.data[i]);
		else
			buffer_format(
			    buffer, "%%%02X", (unsigned char)query.data[i]);
}

static void
append_path(struct buffer *buffer, const struct http_uri *uri, size_t skip)
{
	const struct http_segment *segment;
	size_t i;

	for (i = skip; i < uri->segment_count; i++) {
		segment = &uri->segments[i];
		buffer_append_byte(buffer, '/');
		http_uri_encode(
		    buffer, uri->path.data + segment->offset, segment->size);
	}
}

static void
append_base(struct buffer *buffer, const char *base, bool goes_on)
{
	size_t size = strlen(base);

	if (goes_on && size > 0 && base[size - 1] == '/')
		size--;
	buffer_append(buffer, base, size);
}

static void
append_location(struct buffer *buffer, const struct http_uri *uri,
    const char *base, size_t skip, bool is_directory)
{
	bool has_slash = uri->trailing_slash || is_directory;

	append_base(buffer, base, has_slash || uri->segment_count > skip);
	append_path(buffer, uri, skip);
	if (has_slash)
		buffer_append_byte(buffer, '/');
	if (uri->query.data != NULL)
		append_query(buffer, uri->query);
}

/* Whatever the settings let in, clients and proxies take no more. */
static enum cohort_verdict
send_location(
    struct cohort_request *request, int status, const struct buffer *location)
{
	if (location->size > LOCATION_MAX)
		return cohort_refuse(
		    request, 414, "too long for a redirection");
	return cohort_reply_redirect(request, status, location->data);
}

enum cohort_verdict
service_location_send(struct cohort_request *request, int status,
    const char *base, size_t skip, bool is_directory)
{
	struct arena_pool *pool = arena_pool_new(BLOCK_SIZE, 0);
	enum cohort_verdict verdict = COHORT_DECLINED;
	struct buffer location;
	struct http_uri uri;
	struct arena arena;

	arena_init(&arena, pool, MEMORY_MAX);
	if (http_uri_parse(&arena, cohort_target(request), &uri) == 0) {
		buffer_init(&location, 0);
		append_location(&location, &uri, base, skip, is_directory);
		verdict = send_location(request, status, &location);
		buffer_fini(&location);
	}
	arena_reset(&arena);
	arena_pool_free(&pool);
	return verdict;
}
