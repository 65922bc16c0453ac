/* SPDX-License-Identifier: ISC */
/*
 * Most paths are already as they should be: one pass over them finds the
 * segments and the path is the target's own bytes.  The first '%', "//" or
 * "/." sends the path to rewrite(), which is the only place where something
 * is decoded, and where all that is refused is refused.
 */
#include "http/http_uri.h"

#include <string.h>

#include "base/base_rare.h"
#include "http/http_field.h"
#include "http/http_lanes.h"
#include "http/http_uri_private.h"

#define TARGET_MAX (UINT32_MAX / 2) /* offsets have 32 bits */

/* A path while it is made. */
struct path {
	size_t size;
	size_t count, room; /* of segments */
	bool trailing_slash, has_too_many;
	struct http_segment *segments; /* in the arena */
};

/* No target has these, not even in its query. */
static http_lanes
are_refused(http_lanes bytes)
{
	/* Signed, what is above ASCII is below it too. */
	return (http_lanes)((http_signed_lanes)bytes <= ' ') |
	    (http_lanes)(bytes == '#') | (http_lanes)(bytes == 0x7f);
}

static http_lanes
ends_plain_segment(http_lanes bytes)
{
	return are_refused(bytes) | (http_lanes)(bytes == '/') |
	    (http_lanes)(bytes == '?') | (http_lanes)(bytes == '%');
}

static bool
is_free_of_refused(const char *data, const char *end)
{
	size_t size = (size_t)(end - data);

	return http_lanes_span(data, size, are_refused) == size;
}

static bool
add_segment(struct path *path, size_t offset, size_t size)
{
	path->has_too_many = path->count == path->room;
	if (path->has_too_many)
		return false;
	path->segments[path->count++] = (struct http_segment) {
		.offset = (uint32_t)offset,
		.size = (uint32_t)size,
	};
	return true;
}

/* The segment between begin and behind, where a byte stands that ends it. */
static bool
take_plain_segment(
    struct path *path, const char *text, size_t begin, size_t behind)
{
	if (begin == behind)
		return text[behind] != '/';
	return text[begin] != '.' && add_segment(path, begin, behind - begin);
}

static unsigned
segment_ends(const char *data, size_t size)
{
	return http_lanes_bits(
	    ends_plain_segment(http_lanes_load_some(data, size)));
}

/* Reads a path that is right as it stands, up to the query or the NUL at size;
 * false for any other. */
static bool
scan_plain(const char *text, size_t size, struct path *path)
{
	size_t at = 0, begin = 1, behind;
	unsigned ends = segment_ends(text, size) & ~1u;

	do {
		while (ends == 0) {
			at += HTTP_LANES;
			ends = segment_ends(text + at, size - at);
		}
		behind = at + http_lanes_first(ends);
		ends &= ends - 1;
		if (!take_plain_segment(path, text, begin, behind))
			return false;
		begin = behind + 1;
	} while (text[behind] == '/');
	path->trailing_slash = text[behind - 1] == '/';
	path->size = behind;
	return behind == size || text[behind] == '?';
}

/* Decodes one segment; its size, or -1 for a bad escape or a NUL. */
static long
decode_segment(char *to, const char *data, size_t size)
{
	const char *end = data + size;
	char *begin = to;

	while (data < end) {
		int byte = (unsigned char)*data++;

		if (byte == '%') {
			if (end - data < 2 ||
			    (byte = http_uri_read_hex(data)) <= 0)
				return -1;
			data += 2;
		}
		*to++ = (char)byte;
	}
	return to - begin;
}

/* Takes the segment just decoded at path->size + 1 into the path. */
static bool
settle_segment(struct path *path, const char *text, size_t size)
{
	const char *segment = text + path->size + 1;

	path->trailing_slash = true;
	if (size == 0 || (size == 1 && segment[0] == '.'))
		return true;
	if (size == 2 && memcmp(segment, "..", 2) == 0) {
		if (path->count == 0)
			return false;
		path->size = path->segments[--path->count].offset - 1;
		return true;
	}
	path->trailing_slash = false;
	if (!add_segment(path, path->size + 1, size))
		return false;
	path->size += 1 + size;
	return true;
}

/*
 * Decodes and resolves the path between from and end into to, which has
 * room for as many bytes and a NUL: nothing here makes a path longer.
 */
static bool
rewrite(char *to, const char *from, const char *end, struct path *path)
{
	path->size = 0;
	path->count = 0;
	path->has_too_many = false;
	while (from < end) {
		const char *begin = from + 1;
		const char *behind = memchr(begin, '/', (size_t)(end - begin));
		long size;

		if (behind == NULL)
			behind = end;
		to[path->size] = '/';
		size = decode_segment(
		    to + path->size + 1, begin, (size_t)(behind - begin));
		if (size < 0 || !settle_segment(path, to, (size_t)size))
			return false;
		from = behind;
	}
	if (path->trailing_slash)
		to[path->size++] = '/';
	to[path->size] = '\0';
	return true;
}

static bool
has_slash_in_segment(const struct path *path, const char *text)
{
	size_t i;

	for (i = 0; i < path->count; i++)
		if (memchr(text + path->segments[i].offset, '/',
			path->segments[i].size) != NULL)
			return true;
	return false;
}

static RARE char *
claim_copy(struct arena *arena, const char *data, size_t size)
{
	char *copy = http_uri_claim(arena, size + 1);

	if (copy == NULL)
		return NULL;
	memcpy(copy, data, size);
	copy[size] = '\0';
	return copy;
}

static void
keep_path(const struct path *path, const char *text, struct http_uri *uri)
{
	uri->path = (struct cohort_str) { text, path->size };
	uri->segments = path->segments;
	uri->segment_count = (uint32_t)path->count;
	uri->trailing_slash = path->trailing_slash;
}

static RARE int
parse_rewritten(struct arena *arena, const char *text, const char *end,
    struct path *path, struct http_uri *uri)
{
	char *copy;

	if (!is_free_of_refused(text, end))
		return -1;
	if ((copy = http_uri_claim(arena, (size_t)(end - text) + 1)) == NULL)
		return -1;
	if (!rewrite(copy, text, end, path)) {
		uri->has_too_many = path->has_too_many;
		return -1;
	}
	uri->slash_in_segment = has_slash_in_segment(path, copy);
	keep_path(path, copy, uri);
	return 0;
}

/* A segment and its slash are two bytes at least, but for an empty one at
 * the end.  Of size bytes some may be the query's. */
static int
claim_segments(struct arena *arena, size_t size, struct path *path_r)
{
	size_t room = size / 2 + 1;

	if (room > HTTP_SEGMENTS_MAX)
		room = HTTP_SEGMENTS_MAX;
	*path_r = (struct path) {
		.room = room,
		.segments =
		    http_uri_claim(arena, room * sizeof(struct http_segment)),
	};
	return path_r->segments == NULL ? -1 : 0;
}

static const char *
find_query(const char *text, const char *end)
{
	const char *query = memchr(text, '?', (size_t)(end - text));

	return query != NULL ? query : end;
}

static RARE int
take_query(const char *query, const char *end, struct http_uri *uri)
{
	if (!is_free_of_refused(query, end))
		return -1;
	uri->query = (struct cohort_str) { query, (size_t)(end - query) };
	return 0;
}

static void
keep_root(struct http_uri *uri)
{
	uri->path = (struct cohort_str) { "/", 1 };
	uri->trailing_slash = true;
}

/* The path that begins at text; *behind_r is where the query does, or end. */
static int
parse_path(struct arena *arena, const char *text, const char *end,
    struct http_uri *uri, const char **behind_r)
{
	struct path path;

	if (claim_segments(arena, (size_t)(end - text), &path) == -1)
		return -1;
	if (!scan_plain(text, (size_t)(end - text), &path)) {
		*behind_r = find_query(text, end);
		return parse_rewritten(arena, text, *behind_r, &path, uri);
	}
	*behind_r = text + path.size;
	if (*behind_r != end &&
	    (text = claim_copy(arena, text, path.size)) == NULL)
		return -1;
	keep_path(&path, text, uri);
	return 0;
}

/* Only behind an authority is the path empty. */
static int
parse_path_and_query(struct arena *arena, const char *text, const char *end,
    struct http_uri *uri)
{
	const char *behind = text;

	if (text == end || *text == '?')
		keep_root(uri);
	else if (parse_path(arena, text, end, uri, &behind) == -1)
		return -1;
	return behind == end ? 0 : take_query(behind + 1, end, uri);
}

/* The scheme, which is ours and ends in a NUL, or data NULL. */
static struct cohort_str
read_scheme(const char *text, const char *end)
{
	static const struct cohort_str known[] = { { "http", 4 },
		{ "https", 5 } };
	size_t left = (size_t)(end - text), i;

	for (i = 0; i < sizeof(known) / sizeof(*known); i++) {
		size_t size = known[i].size;

		if (left >= size + 3 &&
		    http_name_equals(text, size, known[i].data) &&
		    memcmp(text + size, "://", 3) == 0)
			return known[i];
	}
	return (struct cohort_str) { NULL, 0 };
}

static const char *
find_authority_end(const char *text, const char *end)
{
	while (text < end && *text != '/' && *text != '?')
		text++;
	return text;
}

static RARE int
parse_absolute(struct arena *arena, const char *text, const char *end,
    struct http_uri *uri)
{
	const char *begin, *behind;
	size_t size;

	uri->scheme = read_scheme(text, end);
	if (uri->scheme.data == NULL)
		return -1;
	begin = text + uri->scheme.size + strlen("://");
	behind = find_authority_end(begin, end);
	size = (size_t)(behind - begin);
	if (!http_uri_is_authority(begin, size))
		return -1;
	uri->authority.data = claim_copy(arena, begin, size);
	uri->authority.size = size;
	if (uri->authority.data == NULL)
		return -1;
	return parse_path_and_query(arena, behind, end, uri);
}

int
http_uri_parse(
    struct arena *arena, struct cohort_str target, struct http_uri *uri_r)
{
	const char *end = target.data + target.size;

	*uri_r = (struct http_uri) { 0 };
	if (target.size == 0 || target.size > TARGET_MAX)
		return -1;
	if (target.data[0] == '/')
		return parse_path_and_query(arena, target.data, end, uri_r);
	if (target.size == 1 && target.data[0] == '*') {
		uri_r->asterisk = true;
		uri_r->path = target;
		return 0;
	}
	return parse_absolute(arena, target.data, end, uri_r);
}
