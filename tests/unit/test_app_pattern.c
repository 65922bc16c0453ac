/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "app/app_pattern.h"
#include "base/base_buffer.h"
#include "test_unit.h"

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

/* Segments as "text", "{name}", "{name}*", each ended by '|'; '/' at the end
 * for a trailing slash. */
static const struct {
	const char *text, *segments;
	size_t params;
} accepted[] = {
	{ "", "", 0 },
	{ "/", "/", 0 },
	{ "/a", "a|", 0 },
	{ "/a/", "a|/", 0 },
	{ "/a/b.c", "a|b.c|", 0 },
	{ "/{a}", "{a}|", 1 },
	{ "/{a_9Z}/", "{a_9Z}|/", 1 },
	{ "/a/{b}/c/{d}", "a|{b}|c|{d}|", 2 },
	{ "/{tail}*", "{tail}*|", 1 },
	{ "/a/{b}/{tail}*", "a|{b}|{tail}*|", 2 },
	{ "/a b/\xc3\xa4", "a b|\xc3\xa4|", 0 },
	{ "/100%/5%5", "100%|5%5|", 0 },
	{ "/...", "...|", 0 },
	{ "/v1:batch", "v1:batch|", 0 },
};

static void
describe(const struct app_pattern *pattern, struct buffer *to)
{
	const struct app_segment *segment;
	size_t i;

	for (i = 0; i < pattern->count; i++) {
		segment = &pattern->segments[i];
		buffer_format(to,
		    segment->kind == APP_SEGMENT_STATIC    ? "%.*s|" :
			segment->kind == APP_SEGMENT_PARAM ? "{%.*s}|" :
							     "{%.*s}*|",
		    (int)segment->size, segment->text);
	}
	buffer_append_text(to, pattern->trailing_slash ? "/" : "");
}

START_TEST(cuts_into_segments)
{
	struct app_pattern pattern;
	struct buffer text;
	struct error error;

	buffer_init(&text, 0);
	ck_assert_msg(
	    app_pattern_parse(accepted[_i].text, &pattern, &error) == 0, "%s",
	    error.text);
	describe(&pattern, &text);
	ck_assert_str_eq(
	    text.size == 0 ? "" : text.data, accepted[_i].segments);
	ck_assert_uint_eq(pattern.param_count, accepted[_i].params);
	buffer_fini(&text);
}
END_TEST

static const struct {
	const char *text, *words;
} refused[] = {
	{ "a", "does not begin with \"/\"" },
	{ "{a}", "does not begin with \"/\"" },
	{ "//", "an empty segment (\"//\") never matches" },
	{ "/a//b", "an empty segment (\"//\") never matches" },
	{ "/a//", "an empty segment (\"//\") never matches" },
	{ "/{}", "\"{}\": a parameter needs a name" },
	{ "/{", "\"{\": \"}\" is missing" },
	{ "/{a/b}", "\"{a\": \"}\" is missing" },
	{ "/{a}b", "\"{a}b\": a parameter is a whole segment" },
	{ "/{a}**", "\"{a}**\": a parameter is a whole segment" },
	{ "/{a}{b}", "\"{a}{b}\": a parameter is a whole segment" },
	{ "/a{b}", "\"a{b}\": a parameter is a whole segment" },
	{ "/a}", "\"a}\": a parameter is a whole segment" },
	{ "/{a-b}", "\"{a-b}\": names are letters, digits and \"_\"" },
	{ "/{\xc3\xa4}", "\"{\xc3\xa4}\": names are letters" },
	{ "/{ a}", "\"{ a}\": names are letters" },
	{ "/{a{b}", "\"{a{b}\": names are letters" },
	{ "/{id:[0-9]+}",
	    "\"{id:[0-9]+}\": regular expressions in patterns are not "
	    "supported: name the parameter only, and check its value in a "
	    "guard" },
	{ "/{id:[0-9]{3}}", "\"{id:[0-9]{3}}\": regular expressions" },
	{ "/{a}/{a}", "\"a\": two parameters have this name" },
	{ "/{a}/b/{a}*", "\"a\": two parameters have this name" },
	{ "/{a}*/b", "nothing can follow \"{name}*\"" },
	{ "/{a}*/", "nothing can follow \"{name}*\"" },
	{ "/*", "\"*\": \"*\" stands only behind a last {name}" },
	{ "/a/*.txt", "\"*.txt\": \"*\" stands only" },
	{ "/a?b=c", "\"a?b=c\": a query is no part of the path" },
	{ "/a/./b", "\".\": never matches" },
	{ "/..", "\"..\": never matches" },
	{ "/a%20b", "\"a%20b\": escapes never match: write the text decoded" },
	{ "/%2f", "\"%2f\": escapes never match" },
	{ "/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}/{j}/{k}/{l}/{m}/{n}/{o}/{p}/"
	  "{q}",
	    "more than 16 parameters" },
};

START_TEST(names_what_is_wrong)
{
	struct app_pattern pattern;
	struct error error;

	ck_assert_int_eq(
	    app_pattern_parse(refused[_i].text, &pattern, &error), -1);
	ck_assert_int_eq(error.kind, ERROR_CONFIG);
	ck_assert_msg(strstr(error.text, refused[_i].words) == error.text, "%s",
	    error.text);
}
END_TEST

START_TEST(takes_as_many_segments_as_a_path_may_have)
{
	struct app_pattern pattern;
	char text[2 * HTTP_SEGMENTS_MAX + 3] = "";
	struct error error;
	size_t i;

	for (i = 0; i < HTTP_SEGMENTS_MAX; i++)
		memcpy(text + 2 * i, "/a", 3);
	ck_assert_int_eq(app_pattern_parse(text, &pattern, &error), 0);
	ck_assert_uint_eq(pattern.count, HTTP_SEGMENTS_MAX);
	memcpy(text + 2 * i, "/a", 3);
	ck_assert_int_eq(app_pattern_parse(text, &pattern, &error), -1);
	ck_assert_str_eq(error.text, "more than 64 segments");
}
END_TEST

static const struct {
	const char *text, *words; /* NULL: accepted */
} prefixes[] = {
	{ "", NULL },
	{ "/a", NULL },
	{ "/a/{b}", NULL },
	{ "/", "a prefix does not end in \"/\"" },
	{ "/a/", "a prefix does not end in \"/\"" },
	{ "/a/{b}*", "a prefix has no \"{name}*\"" },
	{ "a", "does not begin with \"/\"" },
};

START_TEST(prefixes_have_neither_tail_nor_slash)
{
	struct app_pattern pattern;
	struct error error;
	int result;

	error_clear(&error);
	result = app_pattern_parse_prefix(prefixes[_i].text, &pattern, &error);
	ck_assert_int_eq(result, prefixes[_i].words == NULL ? 0 : -1);
	if (prefixes[_i].words != NULL)
		ck_assert_str_eq(error.text, prefixes[_i].words);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("app_pattern");
	TCase *tcase = tcase_create("pattern");

	tcase_add_loop_test(tcase, cuts_into_segments, 0, ROWS(accepted));
	tcase_add_loop_test(tcase, names_what_is_wrong, 0, ROWS(refused));
	tcase_add_test(tcase, takes_as_many_segments_as_a_path_may_have);
	tcase_add_loop_test(
	    tcase, prefixes_have_neither_tail_nor_slash, 0, ROWS(prefixes));
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
