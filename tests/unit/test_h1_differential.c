/* SPDX-License-Identifier: ISC */
/*
 * Where does a message end?  http-parser and we, over the cases of
 * tests/wire and over requests made from them by mutations that are the same
 * in every run: the boundaries are the same, or one of the two refuses.  Two
 * readers that accept a request and see different ends of it are what request
 * smuggling needs.
 */
#include "test_unit.h"

#include <http_parser.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http1/h1_body.h"
#include "http1/h1_parse.h"
#include "test_wire_case.h"

/* Mutants of each case; of what is refused anyway fewer will do. */
#define MUTANTS_VALID   20
#define MUTANTS_INVALID 3

#define SIZE_MOST 8192

#define REFUSED ((size_t)-1)
#define MORE    ((size_t)-2) /* the message has no end yet */

static const struct h1_limits limits = {
	.max_request_line = 8192,
	.max_head = 65536,
	.max_fields = 100,
	.max_segments = 64,
	.max_chunk_extension = 4096,
	.max_trailer = 8192,
};

static const struct test_wire_case *cases;
static size_t case_count;

/* ---- theirs ---- */

static int
on_complete(http_parser *parser)
{
	*(bool *)parser->data = true;
	http_parser_pause(parser, 1);
	return 0;
}

/* Upgrade and CONNECT are answered as plain requests here, or refused. */
static int
on_head(http_parser *parser)
{
	parser->upgrade = 0;
	return 0;
}

static size_t
end_of_theirs(const char *data, size_t size)
{
	static const http_parser_settings callbacks = {
		.on_headers_complete = on_head,
		.on_message_complete = on_complete,
	};
	bool is_complete = false;
	http_parser parser;
	size_t used;

	http_parser_init(&parser, HTTP_REQUEST);
	parser.data = &is_complete;
	used = http_parser_execute(&parser, &callbacks, data, size);
	if (is_complete)
		return used;
	return HTTP_PARSER_ERRNO(&parser) == HPE_OK ? MORE : REFUSED;
}

/* ---- ours ---- */

static size_t
end_of_body(const struct h1_head *head, const char *data, size_t size)
{
	size_t at = head->size, used;
	enum h1_body_result result;
	struct cohort_str piece;
	struct h1_body body;
	enum h1_fault fault;

	h1_body_init(&body, &head->framing, &limits);
	do {
		result = h1_body_read(
		    &body, data + at, size - at, &used, &piece, &fault);
		at += used;
	} while (result == H1_BODY_DATA);
	if (result == H1_BODY_MORE)
		return MORE;
	return result == H1_BODY_END ? at : REFUSED;
}

static size_t
end_of_ours(const char *data, size_t size)
{
	struct h1_parse *parse = h1_parse_new(&limits);
	size_t end = REFUSED;

	switch (h1_parse_feed(parse, data, size)) {
	case H1_PARSE_MORE:
		end = MORE;
		break;
	case H1_PARSE_HEAD:
		end = end_of_body(h1_parse_head(parse), data, size);
		break;
	case H1_PARSE_FAULT:
		break;
	}
	h1_parse_free(&parse);
	return end;
}

/* ---- mutations ---- */

struct text {
	char data[SIZE_MOST];
	size_t size;
};

/* xorshift64: the same numbers everywhere. */
static uint64_t seed;

static size_t
below(size_t limit)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return limit == 0 ? 0 : (size_t)(seed % limit);
}

static void
insert(struct text *text, size_t at, const char *data, size_t size)
{
	if (text->size + size > sizeof(text->data))
		return;
	memmove(text->data + at + size, text->data + at, text->size - at);
	memcpy(text->data + at, data, size);
	text->size += size;
}

static void
erase(struct text *text, size_t at, size_t size)
{
	if (size > text->size - at)
		size = text->size - at;
	memmove(
	    text->data + at, text->data + at + size, text->size - at - size);
	text->size -= size;
}

/* Where some line begins, and behind its LF. */
static size_t
pick_line(const struct text *text, size_t *end_r)
{
	size_t begin = below(text->size), end = begin;

	while (begin > 0 && text->data[begin - 1] != '\n')
		begin--;
	while (end < text->size && text->data[end] != '\n')
		end++;
	*end_r = end < text->size ? end + 1 : end;
	return begin;
}

static void
flip_byte(struct text *text)
{
	text->data[below(text->size)] = (char)below(256);
}

static void
flip_bit(struct text *text)
{
	size_t at = below(text->size);

	text->data[at] = (char)(text->data[at] ^ 1 << below(8));
}

static void
insert_special(struct text *text)
{
	static const char bytes[] = "\r\n \t:;,=\"\0"
				    "01x\x7f\xff";

	insert(
	    text, below(text->size + 1), bytes + below(sizeof(bytes) - 1), 1);
}

static void
delete_byte(struct text *text)
{
	erase(text, below(text->size), 1);
}

static void
duplicate_line(struct text *text)
{
	char copy[SIZE_MOST];
	size_t end, begin = pick_line(text, &end);

	memcpy(copy, text->data + begin, end - begin);
	insert(text, begin, copy, end - begin);
}

static void
delete_line(struct text *text)
{
	size_t end, begin = pick_line(text, &end);

	erase(text, begin, end - begin);
}

static void
insert_line(struct text *text)
{
	static const char *const lines[] = {
		"Content-Length: 5\r\n",
		"Content-Length: 0\r\n",
		"Transfer-Encoding: chunked\r\n",
		"Transfer-Encoding: gzip\r\n",
		"Transfer-Encoding : chunked\r\n",
		"Connection: upgrade\r\nUpgrade: x\r\n",
		"Connection: close\r\n",
		"Expect: 100-continue\r\n",
		"\r\n",
		"0\r\n\r\n",
		"1;a\r\n",
		" folded\r\n",
	};
	const char *line = lines[below(sizeof(lines) / sizeof(*lines))];
	size_t end;

	insert(text, pick_line(text, &end), line, strlen(line));
}

static void
spoil_line_end(struct text *text)
{
	static const char *const ends[] = { "\n", "\r", "\r\r\n", "\n\r",
		"\r\n\r\n", "", "\rX", " \r\n", "\v\n" };
	const char *with = ends[below(sizeof(ends) / sizeof(*ends))];
	size_t end;

	pick_line(text, &end);
	if (end < 2 || memcmp(text->data + end - 2, "\r\n", 2) != 0)
		return;
	erase(text, end - 2, 2);
	insert(text, end - 2, with, strlen(with));
}

static void
change_number(struct text *text)
{
	size_t at = below(text->size), i;

	for (i = 0; i < text->size; i++, at = (at + 1) % text->size)
		if (text->data[at] >= '0' && text->data[at] <= '9') {
			text->data[at] = (char)('0' + below(10));
			return;
		}
}

static void
change_case(struct text *text)
{
	size_t at = below(text->size);
	char lower = (char)(text->data[at] | 0x20);

	if (lower >= 'a' && lower <= 'z')
		text->data[at] ^= 0x20;
}

static void
mutate(struct text *text)
{
	static void (*const mutations[])(struct text *) = {
		flip_byte,
		flip_bit,
		insert_special,
		delete_byte,
		duplicate_line,
		delete_line,
		insert_line,
		spoil_line_end,
		change_number,
		change_case,
	};
	size_t count = 1 + below(2);

	while (count-- > 0 && text->size > 0)
		mutations[below(sizeof(mutations) / sizeof(*mutations))](text);
}

/* ---- the comparison ---- */

static struct {
	size_t agreed, refused, refused_by_them, waiting;
} counts;

static void
print_text(const char *data, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		if (data[i] == '\n')
			fputs("\\n\n", stderr);
		else if (data[i] >= ' ' && data[i] < 0x7f)
			fputc(data[i], stderr);
		else
			fprintf(stderr, "\\x%02x", (unsigned char)data[i]);
	fputc('\n', stderr);
}

/* May the two readers, who gave these ends, work on one connection? */
static bool
is_safe(size_t ours, size_t theirs)
{
	if (ours == REFUSED) {
		counts.refused++;
		return true;
	}
	if (theirs == REFUSED) {
		counts.refused_by_them++;
		return true;
	}
	if (ours == MORE || theirs == MORE)
		counts.waiting++;
	else
		counts.agreed++;
	return ours == theirs;
}

/* The first of the messages; its end, or MORE where there is nothing to go
 * on with. */
static size_t
compare_one(const char *name, const char *data, size_t size)
{
	char *copy = malloc(size + 1);
	size_t ours, theirs;

	memcpy(copy, data, size);
	ours = end_of_ours(copy, size);
	theirs = end_of_theirs(copy, size);
	free(copy);
	if (!is_safe(ours, theirs)) {
		print_text(data, size);
		ck_abort_msg("%s: it ends at %zd for us, at %zd for "
			     "http-parser",
		    name, (ssize_t)ours, (ssize_t)theirs);
	}
	return ours == theirs && ours != REFUSED ? ours : MORE;
}

static void
compare(const char *name, const char *data, size_t size)
{
	size_t end;

	while (size > 0 && (end = compare_one(name, data, size)) != MORE) {
		data += end;
		size -= end;
	}
}

START_TEST(boundaries_are_the_same_or_we_refuse)
{
	size_t i, left;
	struct text text;

	seed = 9112;
	for (i = 0; i < case_count; i++) {
		if (cases[i].size > sizeof(text.data))
			continue;
		compare(cases[i].name, cases[i].data, cases[i].size);
		left = cases[i].is_valid ? MUTANTS_VALID : MUTANTS_INVALID;
		for (; left > 0; left--) {
			memcpy(text.data, cases[i].data, cases[i].size);
			text.size = cases[i].size;
			mutate(&text);
			compare(cases[i].name, text.data, text.size);
		}
	}
	printf("%zu agreed, %zu refused, %zu refused by http-parser alone, "
	       "%zu incomplete for both\n",
	    counts.agreed, counts.refused, counts.refused_by_them,
	    counts.waiting);
	/* Neither may take over. */
	ck_assert_uint_ge(counts.agreed, 500);
	ck_assert_uint_ge(counts.refused, 500);
}
END_TEST

/* A reader that forgets the Content-Length is noticed, and so is one that
 * waits for what the other does not. */
START_TEST(another_boundary_is_noticed)
{
	static const char text[] = "POST / HTTP/1.1\r\nHost: a\r\n"
				   "Content-Length: 5\r\n\r\nhello";
	size_t size = sizeof(text) - 1;

	ck_assert_uint_eq(end_of_ours(text, size), size);
	ck_assert_uint_eq(end_of_theirs(text, size), size);
	ck_assert_uint_eq(end_of_ours(text, size - 1), MORE);
	ck_assert_uint_eq(end_of_theirs(text, size - 1), MORE);
	ck_assert(is_safe(size, size));
	ck_assert(!is_safe(size - 5, size));
	ck_assert(!is_safe(MORE, size));
	ck_assert(!is_safe(size, MORE));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("h1_differential");
	TCase *tcase = tcase_create("all");

	cases = test_wire_cases(&case_count);
	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, another_boundary_is_noticed);
	tcase_add_test(tcase, boundaries_are_the_same_or_we_refuse);
	return test_run(suite);
}
