/* SPDX-License-Identifier: ISC */
/*
 * What could never match, or would match something else than its author
 * thinks (another framework's syntax), is an error and not a literal.
 */
#include "app/app_pattern.h"

#include <ctype.h>
#include <string.h>

static int
fault(struct error *error, const struct app_segment *segment, const char *words)
{
	return error_set(error, ERROR_CONFIG, "\"%.*s\": %s",
	    (int)segment->size, segment->text, words);
}

static bool
is_name_byte(char byte)
{
	return isalnum((unsigned char)byte) || byte == '_';
}

static int
check_name(const struct app_segment *segment, size_t size, struct error *error)
{
	const char *name = segment->text + 1;
	size_t i;

	if (size == 0)
		return fault(error, segment, "a parameter needs a name");
	if (memchr(name, ':', size) != NULL)
		return fault(error, segment,
		    "regular expressions in patterns are not supported: name "
		    "the parameter only, and check its value in a guard");
	for (i = 0; i < size; i++)
		if (!is_name_byte(name[i]))
			return fault(error, segment,
			    "names are letters, digits and \"_\"");
	return 0;
}

/* Narrows segment to the name between the braces. */
static int
parse_param(struct app_segment *segment, struct error *error)
{
	const char *end = memchr(segment->text, '}', segment->size);
	size_t size, behind;

	if (end == NULL)
		return fault(error, segment, "\"}\" is missing");
	size = (size_t)(end - segment->text) - 1;
	if (check_name(segment, size, error) != 0)
		return -1;
	behind = segment->size - size - 2;
	if (behind > 1 || (behind == 1 && end[1] != '*'))
		return fault(error, segment, "a parameter is a whole segment");
	segment->kind = behind == 1 ? APP_SEGMENT_TAIL : APP_SEGMENT_PARAM;
	segment->text++;
	segment->size = size;
	return 0;
}

static bool
has_escape(const struct app_segment *segment)
{
	const char *text = segment->text;
	size_t i;

	for (i = 0; i + 2 < segment->size; i++)
		if (text[i] == '%' && isxdigit((unsigned char)text[i + 1]) &&
		    isxdigit((unsigned char)text[i + 2]))
			return true;
	return false;
}

static int
check_static(const struct app_segment *segment, struct error *error)
{
	const char *text = segment->text;
	size_t size = segment->size;

	if (size == 0)
		return error_set(error, ERROR_CONFIG,
		    "an empty segment (\"//\") never matches");
	if (memchr(text, '{', size) != NULL || memchr(text, '}', size) != NULL)
		return fault(error, segment, "a parameter is a whole segment");
	if (memchr(text, '*', size) != NULL)
		return fault(error, segment,
		    "\"*\" stands only behind a last {name}, for the rest of "
		    "the path");
	if (memchr(text, '?', size) != NULL)
		return fault(error, segment, "a query is no part of the path");
	if ((size == 1 && text[0] == '.') ||
	    (size == 2 && memcmp(text, "..", 2) == 0))
		return fault(error, segment,
		    "never matches, as paths are resolved before");
	if (has_escape(segment))
		return fault(error, segment,
		    "escapes never match: write the text decoded");
	return 0;
}

static int
check_repetition(const struct app_pattern *pattern,
    const struct app_segment *segment, struct error *error)
{
	const struct app_segment *other;

	for (other = pattern->segments; other < segment; other++)
		if (other->kind != APP_SEGMENT_STATIC &&
		    other->size == segment->size &&
		    memcmp(other->text, segment->text, other->size) == 0)
			return fault(
			    error, segment, "two parameters have this name");
	if (pattern->param_count == APP_PARAMS_MAX)
		return error_set(error, ERROR_CONFIG, "more than %d parameters",
		    APP_PARAMS_MAX);
	return 0;
}

static int
add_segment(struct app_pattern *pattern, const char *text, size_t size,
    struct error *error)
{
	struct app_segment *segment = &pattern->segments[pattern->count];

	if (pattern->count == HTTP_SEGMENTS_MAX)
		return error_set(error, ERROR_CONFIG, "more than %d segments",
		    HTTP_SEGMENTS_MAX);
	*segment = (struct app_segment) { .text = text, .size = size };
	if (size == 0 || text[0] != '{') {
		if (check_static(segment, error) != 0)
			return -1;
	} else {
		if (parse_param(segment, error) != 0 ||
		    check_repetition(pattern, segment, error) != 0)
			return -1;
		pattern->param_count++;
	}
	pattern->count++;
	return 0;
}

static bool
has_tail(const struct app_pattern *pattern)
{
	return pattern->count > 0 &&
	    pattern->segments[pattern->count - 1].kind == APP_SEGMENT_TAIL;
}

int
app_pattern_parse(
    const char *text, struct app_pattern *pattern_r, struct error *error)
{
	size_t size;

	pattern_r->count = pattern_r->param_count = 0;
	pattern_r->trailing_slash = false;
	if (*text != '\0' && *text != '/')
		return error_set(
		    error, ERROR_CONFIG, "does not begin with \"/\"");
	for (; *text == '/'; text += size) {
		if (has_tail(pattern_r))
			return error_set(error, ERROR_CONFIG,
			    "nothing can follow \"{name}*\"");
		text++;
		if (*text == '\0') {
			pattern_r->trailing_slash = true;
			break;
		}
		size = strcspn(text, "/");
		if (add_segment(pattern_r, text, size, error) != 0)
			return -1;
	}
	return 0;
}

int
app_pattern_parse_prefix(
    const char *text, struct app_pattern *pattern_r, struct error *error)
{
	if (app_pattern_parse(text, pattern_r, error) != 0)
		return -1;
	if (has_tail(pattern_r))
		return error_set(
		    error, ERROR_CONFIG, "a prefix has no \"{name}*\"");
	if (pattern_r->trailing_slash)
		return error_set(
		    error, ERROR_CONFIG, "a prefix does not end in \"/\"");
	return 0;
}
