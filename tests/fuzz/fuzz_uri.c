/* SPDX-License-Identifier: ISC */
/*
 * Request targets, queries and percent-encoding: what http_uri.h promises of
 * every path that it lets pass.
 */
#include "fuzz.h"

#include "base/base_buffer.h"
#include "http/http_uri.h"

#define ARENA_LIMIT 65536
#define PAIRS_MAX   32

const char *const fuzz_corpora[] = { "tests/fuzz/corpus-uri", NULL };

static bool
is_dots(const char *data, size_t size)
{
	return (size == 1 && data[0] == '.') ||
	    (size == 2 && data[0] == '.' && data[1] == '.');
}

static void
check_str(struct cohort_str text)
{
	if (text.data != NULL)
		FUZZ_CHECK(text.data[text.size] == '\0' || text.size > 0);
}

/* Segments follow each other, each with a slash before it. */
static void
check_path(const struct http_uri *uri)
{
	const struct http_segment *segment;
	size_t i, at = 0;
	bool has_slash = false;

	FUZZ_CHECK(strlen(uri->path.data) == uri->path.size);
	if (uri->path.data[0] == '*') {
		FUZZ_CHECK(uri->path.size == 1);
		return;
	}
	FUZZ_CHECK(uri->segment_count <= HTTP_SEGMENTS_MAX);
	for (i = 0; i < uri->segment_count; i++) {
		segment = &uri->segments[i];
		FUZZ_CHECK(uri->path.data[at] == '/');
		FUZZ_CHECK(segment->offset == at + 1);
		FUZZ_CHECK(segment->size > 0);
		at = segment->offset + segment->size;
		FUZZ_CHECK(at <= uri->path.size);
		FUZZ_CHECK(
		    !is_dots(uri->path.data + segment->offset, segment->size));
		if (memchr(uri->path.data + segment->offset, '/',
			segment->size) != NULL)
			has_slash = true;
	}
	FUZZ_CHECK(uri->slash_in_segment == has_slash);
	FUZZ_CHECK(uri->path.size - at == (uri->trailing_slash ? 1 : 0));
	FUZZ_CHECK(!uri->trailing_slash || uri->path.data[at] == '/');
}

static void
check_uri(struct arena *arena, const char *text, size_t size)
{
	struct cohort_str target = { text, size };
	struct cohort_pair *pairs;
	struct http_uri uri;
	size_t i, count;

	if (http_uri_parse(arena, target, &uri) == -1)
		return;
	check_path(&uri);
	check_str(uri.query);
	check_str(uri.scheme);
	if (uri.authority.data != NULL)
		FUZZ_CHECK(http_uri_is_authority(
		    uri.authority.data, uri.authority.size));
	if (uri.query.data == NULL ||
	    http_uri_parse_query(arena, uri.query, PAIRS_MAX, &pairs, &count) ==
		-1)
		return;
	FUZZ_CHECK(count <= PAIRS_MAX);
	for (i = 0; i < count; i++) {
		FUZZ_CHECK(pairs[i].name.data[pairs[i].name.size] == '\0');
		FUZZ_CHECK(pairs[i].value.data[pairs[i].value.size] == '\0');
	}
}

/* What was encoded is decoded to the same. */
static void
check_codec(const char *text, size_t size)
{
	struct buffer encoded;
	char *decoded;
	size_t count;

	buffer_init(&encoded, 0);
	http_uri_encode(&encoded, text, size);
	decoded = malloc(encoded.size + 1);
	count = http_uri_decode(decoded, encoded.data, encoded.size, false);
	FUZZ_CHECK(count == size);
	FUZZ_CHECK(memcmp(decoded, text, size) == 0);
	free(decoded);
	decoded = malloc(size + 1);
	count = http_uri_decode(decoded, text, size, true);
	FUZZ_CHECK(count <= size && decoded[count] == '\0');
	free(decoded);
	buffer_fini(&encoded);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy_text(data, size);
	char *exact = fuzz_copy(data, size);
	struct arena_pool *pool = arena_pool_new(1024, 4);
	struct arena arena;

	arena_init(&arena, pool, ARENA_LIMIT);
	check_uri(&arena, text, size);
	arena_reset(&arena);
	http_uri_is_authority(exact, size);
	if (size > 0)
		check_codec(exact, size);
	arena_pool_free(&pool);
	free(exact);
	free(text);
	return 0;
}
