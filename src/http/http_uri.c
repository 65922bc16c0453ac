/* SPDX-License-Identifier: ISC */
/*
 * Most paths are already as they should be: one pass over them finds the
 * segments and the path is the target's own bytes.  The first '%', "//" or
 * "/." sends the path to rewrite(), which is the only place where something
 * is decoded, and where all that is refused is refused.
 *
 * The NUL behind every cohort_str ends the passes, hence no bound checks.
 */
#include "http/http_uri.h"

#include <string.h>

#include "http/http_field.h"
#include "http/http_uri_private.h"

#define TARGET_MAX (UINT32_MAX / 2) /* offsets have 32 bits */

enum byte_class {
	PLAIN,
	SLASH,
	PERCENT,
	QUESTION,
	REFUSED /* no target has these, not even in its query */
};

/* clang-format off */
static const uint8_t classes[256] = {
	[0 ... ' '] = REFUSED, ['#'] = REFUSED, [0x7f ... 0xff] = REFUSED,
	['/'] = SLASH, ['%'] = PERCENT, ['?'] = QUESTION,
};
/* clang-format on */

/* A path while it is made. */
struct path {
	size_t size;
	size_t count, room; /* of segments */
	bool trailing_slash, has_too_many;
	struct http_segment *segments; /* in the arena */
};

static enum byte_class
class_of(char byte)
{
	return classes[(unsigned char)byte];
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

/* Reads a path that is right as it stands; false for any other. */
static bool
scan_plain(const char *text, struct path *path)
{
	const char *begin, *cursor = text;

	path->count = 0;
	do {
		begin = ++cursor;
		if (*begin == '.')
			return false;
		while (class_of(*cursor) == PLAIN)
			cursor++;
		if (cursor == begin)
			break;
		if (!add_segment(
			path, (size_t)(begin - text), (size_t)(cursor - begin)))
			return false;
	} while (*cursor == '/');
	path->trailing_slash = cursor == begin;
	path->size = (size_t)(cursor - text);
	return *cursor == '\0' || *cursor == '?';
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

static bool
is_free_of_refused(const char *data, const char *end)
{
	for (; data < end; data++)
		if (class_of(*data) == REFUSED)
			return false;
	return true;
}

static char *
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

static int
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
 * the end. */
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

/* The path between text and end, which stands at the query or the NUL. */
static int
parse_path(struct arena *arena, const char *text, const char *end,
    struct http_uri *uri)
{
	struct path path;

	if (claim_segments(arena, (size_t)(end - text), &path) == -1)
		return -1;
	if (!scan_plain(text, &path) || text + path.size != end)
		return parse_rewritten(arena, text, end, &path, uri);
	if (*end != '\0' && (text = claim_copy(arena, text, path.size)) == NULL)
		return -1;
	keep_path(&path, text, uri);
	return 0;
}

/* A path, which may be empty behind an authority, and a query. */
static int
parse_path_and_query(struct arena *arena, const char *text, const char *end,
    struct http_uri *uri)
{
	const char *query = memchr(text, '?', (size_t)(end - text));
	const char *behind = query != NULL ? query : end;

	if (query != NULL) {
		query++;
		if (!is_free_of_refused(query, end))
			return -1;
		uri->query =
		    (struct cohort_str) { query, (size_t)(end - query) };
	}
	if (text == behind) {
		text = "/";
		behind = text + 1;
	}
	return parse_path(arena, text, behind, uri);
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

static int
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
