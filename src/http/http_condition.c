/* SPDX-License-Identifier: ISC */
/*
 * What cannot be read counts as what costs nothing but bytes: a bad list of
 * tags matches nothing, and a bad date, or one given twice, is ignored as
 * the RFC demands.  A modification in the future counts as made just now,
 * which is what Last-Modified says of it (RFC 9110, 8.8.2.1).  The date of a
 * client may be in the future: the comparison is then what it is.
 *
 * As long as the second of a modification lasts, there may be another one
 * that no date tells from it: until then no date says that two parts belong
 * together (8.8.2.2).  "Not modified" it says even then, as all servers do;
 * who wants to be sure has the entity tag.
 *
 * Lists of entity tags are read here and not by http_list_next, because a
 * backslash in a tag escapes nothing (8.8.3).
 */
#include "http/http_condition.h"

#include <string.h>

#include "http/http_date.h"
#include "http/http_field.h"

struct tag {
	struct cohort_str opaque; /* with its quotes */
	bool is_weak;
};

/* Most requests have none of these fields: one look at each says so. */
static bool
has_condition(const struct cohort_pair *fields, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (fields[i].name.size > 3 &&
		    http_name_equals(fields[i].name.data, 3, "if-"))
			return true;
	return false;
}

/* The value of a field that stands there exactly once. */
static const struct cohort_str *
find_single(const struct cohort_pair *fields, size_t count, const char *name)
{
	int i = http_field_find(fields, count, name, 0);

	if (i < 0 || http_field_find(fields, count, name, (size_t)i + 1) >= 0)
		return NULL;
	return &fields[i].value;
}

/* Can its date be told from that of a later change? */
static bool
is_settled(const struct http_validators *validators)
{
	return validators->modified < validators->now;
}

static time_t
modified_at(const struct http_validators *validators)
{
	return is_settled(validators) ? validators->modified : validators->now;
}

/* Sets *date_r when the field is there, once, and holds a date. */
static bool
find_date(const struct cohort_pair *fields, size_t count, const char *name,
    time_t now, time_t *date_r)
{
	const struct cohort_str *value = find_single(fields, count, name);

	return value != NULL &&
	    http_date_parse(value->data, value->size, now, date_r) == 0;
}

/* What may stand between the quotes of a tag (8.8.3). */
/* clang-format off */
static const bool is_tag_byte[256] = {
	['!'] = true, ['#' ... 0x7e] = true, [0x80 ... 0xff] = true,
};
/* clang-format on */

/* Reads a tag at the beginning of text and steps over it. */
static bool
take_tag(struct cohort_str *text, struct tag *tag_r)
{
	const char *begin = text->data, *end = text->data + text->size;
	const char *cursor;

	tag_r->is_weak = text->size >= 2 && memcmp(begin, "W/", 2) == 0;
	if (tag_r->is_weak)
		begin += 2;
	if (begin == end || *begin != '"')
		return false;
	for (cursor = begin + 1;
	     cursor < end && is_tag_byte[(unsigned char)*cursor];)
		cursor++;
	if (cursor == end || *cursor != '"')
		return false;
	cursor++;
	*text = (struct cohort_str) { cursor, (size_t)(end - cursor) };
	tag_r->opaque = (struct cohort_str) { begin, (size_t)(cursor - begin) };
	return true;
}

static bool
is_separator(char byte)
{
	return byte == ' ' || byte == '\t' || byte == ',';
}

/* Was there a comma among them? */
static bool
skip_separators(struct cohort_str *text)
{
	bool comma = false;

	while (text->size > 0 && is_separator(text->data[0])) {
		comma |= text->data[0] == ',';
		text->data++;
		text->size--;
	}
	return comma;
}

static bool
is_same_tag(const struct tag *tag, const char *etag)
{
	return etag != NULL && tag->opaque.size == strlen(etag) &&
	    memcmp(tag->opaque.data, etag, tag->opaque.size) == 0;
}

static bool
value_matches(struct cohort_str value, const char *etag, bool strongly)
{
	struct tag tag;

	if (value.size == 1 && value.data[0] == '*')
		return true;
	skip_separators(&value);
	while (take_tag(&value, &tag)) {
		if (!skip_separators(&value) && value.size > 0)
			return false;
		if (is_same_tag(&tag, etag) && !(strongly && tag.is_weak))
			return true;
	}
	return false;
}

/* Does any field of that name, from first on, list the tag, or "*"? */
static bool
any_matches(const struct cohort_pair *fields, size_t count, const char *name,
    int first, const char *etag, bool strongly)
{
	int i;

	for (i = first; i >= 0;
	     i = http_field_find(fields, count, name, (size_t)i + 1))
		if (value_matches(fields[i].value, etag, strongly))
			return true;
	return false;
}

/* Steps 1 and 2 of 13.2.2. */
static bool
may_proceed(const struct cohort_pair *fields, size_t count,
    const struct http_validators *validators)
{
	int i = http_field_find(fields, count, "if-match", 0);
	time_t date;

	if (i >= 0)
		return any_matches(
		    fields, count, "if-match", i, validators->etag, true);
	if (!validators->is_undated &&
	    find_date(
		fields, count, "if-unmodified-since", validators->now, &date))
		return modified_at(validators) <= date;
	return true;
}

/* Steps 3 and 4. */
static bool
is_new_to_client(const struct cohort_pair *fields, size_t count, bool is_read,
    const struct http_validators *validators)
{
	int i = http_field_find(fields, count, "if-none-match", 0);
	time_t date;

	if (i >= 0)
		return !any_matches(
		    fields, count, "if-none-match", i, validators->etag, false);
	if (is_read && !validators->is_undated &&
	    find_date(
		fields, count, "if-modified-since", validators->now, &date))
		return modified_at(validators) > date;
	return true;
}

enum http_condition
http_condition_check(const struct cohort_pair *fields, size_t count,
    bool is_read, const struct http_validators *validators)
{
	if (!has_condition(fields, count))
		return HTTP_CONDITION_NONE;
	if (!may_proceed(fields, count, validators))
		return HTTP_CONDITION_FAILED;
	if (is_new_to_client(fields, count, is_read, validators))
		return HTTP_CONDITION_NONE;
	return is_read ? HTTP_CONDITION_NOT_MODIFIED : HTTP_CONDITION_FAILED;
}

static bool
date_allows_range(
    const struct cohort_str *value, const struct http_validators *validators)
{
	time_t date;

	return !validators->is_undated && is_settled(validators) &&
	    http_date_parse(value->data, value->size, validators->now, &date) ==
	    0 &&
	    date == validators->modified;
}

bool
http_condition_allows_range(const struct cohort_pair *fields, size_t count,
    const struct http_validators *validators)
{
	const struct cohort_str *value;
	struct cohort_str rest;
	struct tag tag;

	if (http_field_find(fields, count, "if-range", 0) < 0)
		return true;
	value = find_single(fields, count, "if-range");
	if (value == NULL)
		return false;
	rest = *value;
	if (!take_tag(&rest, &tag))
		return date_allows_range(value, validators);
	return rest.size == 0 && !tag.is_weak &&
	    is_same_tag(&tag, validators->etag);
}
