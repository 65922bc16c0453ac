/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base_memory.h"
#include "http/http_uri.h"
#include "test_unit.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof(*(array))))
#define ARENA_LIMIT  65536

static struct arena_pool *pool;
static struct arena arena;
static char *target; /* on the heap, so that ASan sees one byte more */

static void
open_arena(void)
{
	pool = arena_pool_new(1024, 4);
	arena_init(&arena, pool, ARENA_LIMIT);
}

static void
close_arena(void)
{
	arena_reset(&arena);
	arena_pool_free(&pool);
	memory_free(target);
	target = NULL;
}

static int
parse_bytes(const char *text, size_t size, struct http_uri *uri)
{
	memory_free(target);
	target = memory_copy_bytes(text, size);
	return http_uri_parse(
	    &arena, (struct cohort_str) { target, size }, uri);
}

static int
parse(const char *text, struct http_uri *uri)
{
	return parse_bytes(text, strlen(text), uri);
}

/* The segments, each in brackets. */
static const char *
show_segments(const struct http_uri *uri)
{
	static char shown[4096];
	size_t i, at = 0;

	shown[0] = '\0';
	for (i = 0; i < uri->segment_count; i++)
		at += (size_t)snprintf(shown + at, sizeof(shown) - at, "[%.*s]",
		    (int)uri->segments[i].size,
		    uri->path.data + uri->segments[i].offset);
	return shown;
}

static void
check_terminated(struct cohort_str text)
{
	if (text.data != NULL)
		ck_assert_int_eq(text.data[text.size], '\0');
	else
		ck_assert_uint_eq(text.size, 0);
}

static const struct {
	const char *target;
	const char *path;
	const char *segments;
	const char *query; /* NULL: none */
	bool slash_in_segment;
} good[] = {
/* clang-format off */
#define QUERY(target, path, segments, query) \
	{ target, path, segments, query, false }
#define PATH(target, path, segments) QUERY(target, path, segments, NULL)
#define SLASH(target, path, segments) { target, path, segments, NULL, true }
	PATH("/", "/", ""),
	PATH("/a", "/a", "[a]"),
	PATH("/a/", "/a/", "[a]"),
	PATH("/a/bc/def", "/a/bc/def", "[a][bc][def]"),
	QUERY("/a?x=1", "/a", "[a]", "x=1"),
	QUERY("/a/?x=1", "/a/", "[a]", "x=1"),
	QUERY("/?", "/", "", ""),
	QUERY("/a?b?c/d/../e", "/a", "[a]", "b?c/d/../e"),
	QUERY("/a?100%", "/a", "[a]", "100%"),
	QUERY("/a?%00%zz", "/a", "[a]", "%00%zz"),
	PATH("/a;b=c,d:e@f!$&'()*+=~_-", "/a;b=c,d:e@f!$&'()*+=~_-",
	    "[a;b=c,d:e@f!$&'()*+=~_-]"),
	PATH("/a\\b|c^{}[]\"<>`", "/a\\b|c^{}[]\"<>`", "[a\\b|c^{}[]\"<>`]"),
	/* Empty segments. */
	PATH("//", "/", ""),
	PATH("//a", "/a", "[a]"),
	PATH("/a//b", "/a/b", "[a][b]"),
	PATH("/a///", "/a/", "[a]"),
	QUERY("//?q", "/", "", "q"),
	/* Dots. */
	PATH("/.", "/", ""),
	PATH("/./", "/", ""),
	PATH("/./a", "/a", "[a]"),
	PATH("/a/.", "/a/", "[a]"),
	PATH("/a/./b", "/a/b", "[a][b]"),
	PATH("/a/..", "/", ""),
	PATH("/a/../", "/", ""),
	PATH("/a/../b", "/b", "[b]"),
	PATH("/a/b/..", "/a/", "[a]"),
	PATH("/a/b/../c", "/a/c", "[a][c]"),
	PATH("/a/b/c/../../d/", "/a/d/", "[a][d]"),
	PATH("/a//../b", "/b", "[b]"),
	PATH("/a/./../b", "/b", "[b]"),
	PATH("/.well-known/x", "/.well-known/x", "[.well-known][x]"),
	PATH("/...", "/...", "[...]"),
	PATH("/..a", "/..a", "[..a]"),
	PATH("/a..", "/a..", "[a..]"),
	PATH("/a./b", "/a./b", "[a.][b]"),
	PATH("/a/..b/../c", "/a/c", "[a][c]"),
	QUERY("/a/..?b", "/", "", "b"),
	/* Decoded once, and dots that came encoded too. */
	PATH("/%61", "/a", "[a]"),
	PATH("/%C3%a4", "/\xc3\xa4", "[\xc3\xa4]"),
	PATH("/a%20b", "/a b", "[a b]"),
	PATH("/a+b", "/a+b", "[a+b]"),
	PATH("/%2561", "/%61", "[%61]"),
	PATH("/%3F%23", "/?#", "[?#]"),
	PATH("/%0d%0a", "/\r\n", "[\r\n]"),
	PATH("/a/%2e", "/a/", "[a]"),
	PATH("/a/%2E%2e", "/", ""),
	PATH("/a/.%2e/b", "/b", "[b]"),
	PATH("/a/%2e./b", "/b", "[b]"),
	PATH("/%c0%af%c0%ae", "/\xc0\xaf\xc0\xae", "[\xc0\xaf\xc0\xae]"),
	PATH("/%e0%80%af../x", "/\xe0\x80\xaf../x", "[\xe0\x80\xaf..][x]"),
	PATH("/a%5c..%5cb", "/a\\..\\b", "[a\\..\\b]"),
	PATH("/%252f", "/%2f", "[%2f]"),
	PATH("/%2500", "/%00", "[%00]"),
	PATH("/a/%252e%252e", "/a/%2e%2e", "[a][%2e%2e]"),
	/* An encoded slash is data. */
	SLASH("/a%2fb", "/a/b", "[a/b]"),
	SLASH("/a%2Fb/c", "/a/b/c", "[a/b][c]"),
	SLASH("/%2f", "//", "[/]"),
	SLASH("/%2f/", "///", "[/]"),
	SLASH("/..%2f..%2fetc", "/../../etc", "[../../etc]"),
	SLASH("/a/%2e%2e%2fb", "/a/../b", "[a][../b]"),
	PATH("/a%2fb/../c", "/c", "[c]"),
	SLASH("/x/a%2fb/..%5c", "/x/a/b/..\\", "[x][a/b][..\\]"),
	/* clang-format on */
};

START_TEST(paths_are_cut_decoded_and_resolved)
{
	struct http_uri uri;

	ck_assert_int_eq(parse(good[_i].target, &uri), 0);
	ck_assert_str_eq(uri.path.data, good[_i].path);
	ck_assert_uint_eq(uri.path.size, strlen(good[_i].path));
	ck_assert_str_eq(show_segments(&uri), good[_i].segments);
	ck_assert_int_eq(uri.trailing_slash,
	    uri.path.data[uri.path.size - 1] == '/' &&
		strcmp(good[_i].target, "/%2f") != 0);
	ck_assert_int_eq(uri.slash_in_segment, good[_i].slash_in_segment);
	if (good[_i].query == NULL)
		ck_assert_ptr_null(uri.query.data);
	else
		ck_assert_str_eq(uri.query.data, good[_i].query);
	check_terminated(uri.path);
	check_terminated(uri.query);
	ck_assert_ptr_null(uri.scheme.data);
	ck_assert_ptr_null(uri.authority.data);
	ck_assert(!uri.asterisk);
}
END_TEST

START_TEST(plain_path_is_the_targets_own)
{
	struct http_uri uri;

	ck_assert_int_eq(parse("/a/b", &uri), 0);
	ck_assert_ptr_eq(uri.path.data, target);
	ck_assert_int_eq(parse("/a/b?c", &uri), 0);
	ck_assert_ptr_ne(uri.path.data, target);
	ck_assert_ptr_eq(uri.query.data, target + 5);
	ck_assert_str_eq(target, "/a/b?c");
}
END_TEST

static const char *const bad[] = {
	/* clang-format off */
	"",
	/* Above the root. */
	"/..", "/../", "/../a", "/a/../..", "/a/../../b", "/./..", "//..",
	"/%2e%2e", "/.%2E/a", "/a/%2e%2e/..",
	/* Bad escapes. */
	"/%", "/%a", "/%zz", "/%4", "/%4g", "/%g4", "/a%", "/%u0041", "/% 1",
	"/%%61", "/a%/b", "/a%2/b", "/%2?0", "/%?",
	/* NUL, encoded. */
	"/%00", "/a%00b", "/admin%00.txt", "/a/%00/..",
	/* What stands in no target. */
	"/a b", "/a\tb", "/a\rb", "/a\nb", "/a\x7f" "b", "/a\x80", "/\xff",
	"/a#b", "/#", "/a?b#c", "/a?b c", "/a?b\r", "/a?\xc3\xa4", "/%61 ",
	"/a/../#",
	/* Other forms, or none. */
	"a", "a/b", "?a", "**", "*/", "*?a", " /", "\\a", "host:80", "host",
	"http:", "http:/", "http:/a", "http//a", "://a/", "//" "\x01",
	"ftp://a/", "httpx://a/", "htt://a/", "http ://a/", "mailto:a@b",
	/* Authorities. */
	"http://", "http:///", "http:///a", "http://?a", "http://:80/",
	"http://a:b/", "http://a:65536/", "http://a:-1/", "http://a:8 0/",
	"http://a@b/", "http://a:b@c/", "http://@/", "http://a b/",
	"http://a\\b/", "http://a#b/", "http://[::1/", "http://::1/",
	"http://[::1]x/", "http://[]/", "http://[::g]/", "http://[v1.]/",
	"http://[::1]]/", "http://a%/", "http://a%zz/", "http://a<b/",
	"http://a/..", "http://a/%00", "http://a/ ", "http://a?b c",
	/* clang-format on */
};

static bool
is_refused(int byte)
{
	return byte <= ' ' || byte == '#' || byte >= 0x7f;
}

/* A target of 'a's behind a slash, with one byte more that is neither slash
 * nor dot. */
static void
check_target(const char *text, size_t size, size_t place)
{
	int byte = (unsigned char)text[place];
	size_t path = byte == '?' ? place : size;
	struct http_uri uri;

	if (is_refused(byte) || (byte == '%' && size - place < 3)) {
		ck_assert_int_eq(parse_bytes(text, size, &uri), -1);
		return;
	}
	ck_assert_int_eq(parse_bytes(text, size, &uri), 0);
	ck_assert_uint_eq(uri.path.size, byte == '%' ? size - 2 : path);
	ck_assert_uint_eq(uri.segment_count, path > 1);
	ck_assert_int_eq(uri.trailing_slash, path == 1);
	ck_assert_int_eq(uri.path.data == target, path == size && byte != '%');
	ck_assert_int_eq(uri.path.data[uri.path.size], '\0');
	ck_assert_int_eq(uri.query.data != NULL, byte == '?');
	if (byte == '?')
		ck_assert_uint_eq(uri.query.size, size - place - 1);
}

/* Each byte at each place of targets of each length around a step's. */
START_TEST(each_byte_is_judged)
{
	size_t size = (size_t)_i, place;
	char text[64] = "/";
	int byte;

	for (place = 1; place < size; place++) {
		for (byte = 0; byte < 256; byte++) {
			if (byte == '/' || byte == '.')
				continue;
			memset(text + 1, 'a', size - 1);
			text[place] = (char)byte;
			check_target(text, size, place);
		}
		arena_reset(&arena);
	}
}
END_TEST

/* The same in queries. */
START_TEST(each_byte_of_queries_is_judged)
{
	size_t size = (size_t)_i, place;
	char text[64] = "/?";
	struct http_uri uri;
	int byte;

	for (place = 2; place < size; place++) {
		for (byte = 0; byte < 256; byte++) {
			memset(text + 2, 'a', size - 2);
			text[place] = (char)byte;
			ck_assert_int_eq(parse_bytes(text, size, &uri),
			    is_refused(byte) ? -1 : 0);
		}
		arena_reset(&arena);
	}
}
END_TEST

static void
check_segments(const char *text, size_t size, size_t one, size_t other)
{
	bool is_plain = other > one + 1 && one > 1;
	struct http_uri uri;

	ck_assert_int_eq(parse_bytes(text, size, &uri), 0);
	ck_assert_int_eq(uri.path.data == target, is_plain);
	ck_assert_int_eq(uri.trailing_slash, other == size - 1);
	if (!is_plain)
		return;
	ck_assert_uint_eq(uri.segment_count, other == size - 1 ? 2 : 3);
	ck_assert_uint_eq(uri.segments[0].offset, 1);
	ck_assert_uint_eq(uri.segments[0].size, one - 1);
	ck_assert_uint_eq(uri.segments[1].offset, one + 1);
	ck_assert_uint_eq(uri.segments[1].size, other - one - 1);
}

/* Two slashes at any places; what is not plain is rewritten. */
START_TEST(slashes_are_found)
{
	size_t size = (size_t)_i, one, other;
	char text[64] = "/";

	for (one = 1; one < size; one++) {
		for (other = one + 1; other < size; other++) {
			memset(text + 1, 'a', size - 1);
			text[one] = text[other] = '/';
			check_segments(text, size, one, other);
		}
		arena_reset(&arena);
	}
}
END_TEST

START_TEST(bad_targets_are_refused)
{
	struct http_uri uri;

	ck_assert_msg(parse(bad[_i], &uri) == -1, "\"%s\" was taken", bad[_i]);
}
END_TEST

START_TEST(raw_nul_is_refused)
{
	struct http_uri uri;

	ck_assert_int_eq(parse_bytes("/\0", 2, &uri), -1);
	ck_assert_int_eq(parse_bytes("/a\0b", 4, &uri), -1);
	ck_assert_int_eq(parse_bytes("/a/\0", 4, &uri), -1);
	ck_assert_int_eq(parse_bytes("/%61\0", 5, &uri), -1);
	ck_assert_int_eq(parse_bytes("/a?b\0", 5, &uri), -1);
	ck_assert_int_eq(parse_bytes("/a\0?b", 5, &uri), -1);
	ck_assert_int_eq(parse_bytes("http://a\0b/", 11, &uri), -1);
	ck_assert_int_eq(parse_bytes("http://a\0", 9, &uri), -1);
	ck_assert_int_eq(parse_bytes("*\0", 2, &uri), -1);
	ck_assert_int_eq(parse_bytes("\0", 1, &uri), -1);
}
END_TEST

static const struct {
	const char *target, *scheme, *authority, *path, *segments, *query;
	bool trailing_slash;
} absolute[] = {
	/* clang-format off */
	{ "http://a/b", "http", "a", "/b", "[b]", NULL, false },
	{ "https://a/b/", "https", "a", "/b/", "[b]", NULL, true },
	{ "HTTP://A.Example/b", "http", "A.Example", "/b", "[b]", NULL, false },
	{ "http://a", "http", "a", "/", "", NULL, true },
	{ "http://a/", "http", "a", "/", "", NULL, true },
	{ "http://a?b", "http", "a", "/", "", "b", true },
	{ "http://a:80", "http", "a:80", "/", "", NULL, true },
	{ "http://a:/b?c", "http", "a:", "/b", "[b]", "c", false },
	{ "http://a:65535/", "http", "a:65535", "/", "", NULL, true },
	{ "http://127.0.0.1:8080/b", "http", "127.0.0.1:8080", "/b", "[b]",
	    NULL, false },
	{ "http://[::1]/b", "http", "[::1]", "/b", "[b]", NULL, false },
	{ "http://[2001:db8::1]:80/b", "http", "[2001:db8::1]:80", "/b", "[b]",
	    NULL, false },
	{ "http://[::ffff:1.2.3.4]/", "http", "[::ffff:1.2.3.4]", "/", "", NULL,
	    true },
	{ "http://a%41-b.c_d~!$&'()*+,;=/", "http", "a%41-b.c_d~!$&'()*+,;=",
	    "/", "", NULL, true },
	{ "http://a//b/../%63?d=http://e/", "http", "a", "/c", "[c]",
	    "d=http://e/", false },
	/* clang-format on */
};

START_TEST(absolute_targets_are_read)
{
	struct http_uri uri;

	ck_assert_int_eq(parse(absolute[_i].target, &uri), 0);
	ck_assert_str_eq(uri.scheme.data, absolute[_i].scheme);
	ck_assert_uint_eq(uri.scheme.size, strlen(absolute[_i].scheme));
	ck_assert_str_eq(uri.authority.data, absolute[_i].authority);
	ck_assert_uint_eq(uri.authority.size, strlen(absolute[_i].authority));
	ck_assert_str_eq(uri.path.data, absolute[_i].path);
	ck_assert_str_eq(show_segments(&uri), absolute[_i].segments);
	ck_assert_int_eq(uri.trailing_slash, absolute[_i].trailing_slash);
	if (absolute[_i].query == NULL)
		ck_assert_ptr_null(uri.query.data);
	else
		ck_assert_str_eq(uri.query.data, absolute[_i].query);
}
END_TEST

START_TEST(asterisk_is_told)
{
	struct http_uri uri;

	ck_assert_int_eq(parse("*", &uri), 0);
	ck_assert(uri.asterisk);
	ck_assert_str_eq(uri.path.data, "*");
	ck_assert_uint_eq(uri.segment_count, 0);
	ck_assert(!uri.trailing_slash);
}
END_TEST

static void
make_segments(char *to, size_t count, const char *segment)
{
	*to = '\0';
	while (count-- > 0)
		strcat(to, segment);
}

START_TEST(segments_are_limited)
{
	struct http_uri uri;
	char text[1024];

	make_segments(text, HTTP_SEGMENTS_MAX, "/a");
	ck_assert_int_eq(parse(text, &uri), 0);
	ck_assert_uint_eq(uri.segment_count, HTTP_SEGMENTS_MAX);
	strcat(text, "/");
	ck_assert_int_eq(parse(text, &uri), 0);
	ck_assert_uint_eq(uri.segment_count, HTTP_SEGMENTS_MAX);
	ck_assert(!uri.has_too_many);
	strcat(text, "b");
	ck_assert_int_eq(parse(text, &uri), -1);
	ck_assert(uri.has_too_many);
	ck_assert_int_eq(parse("/%00", &uri), -1);
	ck_assert(!uri.has_too_many);

	make_segments(text, HTTP_SEGMENTS_MAX, "/%61");
	ck_assert_int_eq(parse(text, &uri), 0);
	ck_assert_uint_eq(uri.segment_count, HTTP_SEGMENTS_MAX);
	strcat(text, "/../a//");
	ck_assert_int_eq(parse(text, &uri), 0);
	strcat(text, "%61");
	ck_assert_int_eq(parse(text, &uri), -1);
	make_segments(text, 200, "/a/..");
	ck_assert_int_eq(parse(text, &uri), 0);
	ck_assert_str_eq(uri.path.data, "/");
}
END_TEST

/* A target that the arena cannot hold is refused, not a panic. */
START_TEST(full_arena_refuses)
{
	static const char *const targets[] = { "/aaaaaaaaaaaaaaaaaaaaaaaa?b",
		"/%61aaaaaaaaaaaaaaaaaaaaaaa", "/a", "/",
		"http://aaaaaaaaaaaaaaaaa/" };
	struct http_uri uri;
	size_t i;

	arena_reset(&arena);
	arena_init(&arena, pool, 16);
	arena_alloc(&arena, 16);
	for (i = 0; i < sizeof(targets) / sizeof(*targets); i++)
		ck_assert_int_eq(parse(targets[i], &uri), -1);
	ck_assert_int_eq(parse("*", &uri), 0);
}
END_TEST

/*
 * Whatever comes: either refused, or a path that begins with a slash, whose
 * segments lie in it in order and are neither empty nor dots.
 */
static void
check_invariants(const struct http_uri *uri)
{
	size_t i, at = 0;

	ck_assert_int_eq(uri->path.data[0], '/');
	check_terminated(uri->path);
	ck_assert_ptr_null(memchr(uri->path.data, '\0', uri->path.size));
	ck_assert_uint_le(uri->segment_count, HTTP_SEGMENTS_MAX);
	for (i = 0; i < uri->segment_count; i++) {
		size_t size = uri->segments[i].size;
		const char *text = uri->path.data + at + 1;

		ck_assert_int_eq(uri->path.data[at], '/');
		ck_assert_uint_eq(uri->segments[i].offset, at + 1);
		ck_assert_uint_gt(size, 0);
		ck_assert(!(size == 1 && text[0] == '.'));
		ck_assert(!(size == 2 && memcmp(text, "..", 2) == 0));
		if (!uri->slash_in_segment)
			ck_assert_ptr_null(memchr(text, '/', size));
		at += 1 + size;
	}
	ck_assert_uint_eq(uri->path.size, at + uri->trailing_slash);
}

START_TEST(any_target_keeps_the_promises)
{
	static const char *const pieces[] = { "/", "/", "/", ".", ".", "a",
		"%2e", "%2F", "%61", "%", "2", "?", "%00", "#", "b", "/.." };
	unsigned state = 12345;
	int round, taken = 0;

	for (round = 0; round < 200000; round++) {
		char text[128] = "/";
		struct http_uri uri;
		int left = round % 12;

		while (left-- > 0) {
			state = state * 1664525u + 1013904223u;
			strcat(text, pieces[state >> 28]);
		}
		if (parse(text, &uri) == 0) {
			check_invariants(&uri);
			taken++;
		}
		arena_reset(&arena);
	}
	ck_assert_int_gt(taken, 10000);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("http_uri");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, open_arena, close_arena);
	tcase_set_timeout(all, 60);
	tcase_add_loop_test(
	    all, paths_are_cut_decoded_and_resolved, 0, COUNT(good));
	tcase_add_test(all, plain_path_is_the_targets_own);
	tcase_add_loop_test(all, each_byte_is_judged, 2, 36);
	tcase_add_loop_test(all, each_byte_of_queries_is_judged, 3, 37);
	tcase_add_loop_test(all, slashes_are_found, 3, 52);
	tcase_add_loop_test(all, bad_targets_are_refused, 0, COUNT(bad));
	tcase_add_test(all, raw_nul_is_refused);
	tcase_add_loop_test(all, absolute_targets_are_read, 0, COUNT(absolute));
	tcase_add_test(all, asterisk_is_told);
	tcase_add_test(all, segments_are_limited);
	tcase_add_test(all, full_arena_refuses);
	tcase_add_test(all, any_target_keeps_the_promises);
	suite_add_tcase(suite, all);
	return test_run(suite);
}
