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

#define NAME(text)                     \
	{                              \
		text, sizeof(text) - 1 \
	}

static const struct cohort_str names[HTTP_CONDITION_FIELDS] = {
	[HTTP_CONDITION_IF_MATCH] = NAME("if-match"),
	[HTTP_CONDITION_IF_UNMODIFIED_SINCE] = NAME("if-unmodified-since"),
	[HTTP_CONDITION_IF_NONE_MATCH] = NAME("if-none-match"),
	[HTTP_CONDITION_IF_MODIFIED_SINCE] = NAME("if-modified-since"),
	[HTTP_CONDITION_IF_RANGE] = NAME("if-range"),
};

/* Sizes differ but for two: nearly every comparison is one of sizes. */
static int
field_of(const struct cohort_str *name)
{
	int i;

	for (i = 0; i < HTTP_CONDITION_FIELDS; i++)
		if (name->size == names[i].size &&
		    http_name_equals(name->data, name->size, names[i].data))
			return i;
	return -1;
}

bool
http_conditions_add(
    struct http_conditions *conditions, const struct cohort_pair *field)
{
	int which = field_of(&field->name);
	size_t at = conditions->count;
	unsigned bit;

	if (which == -1)
		return true;
	if (at == HTTP_CONDITIONS_MAX)
		return false;
	bit = 1u << which;
	conditions->repeated |= conditions->present & bit;
	conditions->present |= bit;
	conditions->entries[at].field = (enum http_condition_field)which;
	conditions->entries[at].value = field->value;
	conditions->count++;
	return true;
}

static bool
has(const struct http_conditions *conditions, enum http_condition_field field)
{
	return (conditions->present & 1u << field) != 0;
}

/* The value of a field that stands there exactly once. */
static const struct cohort_str *
find_single(
    const struct http_conditions *conditions, enum http_condition_field field)
{
	size_t i;

	if ((conditions->present & ~conditions->repeated & 1u << field) == 0)
		return NULL;
	for (i = 0; i < conditions->count; i++)
		if (conditions->entries[i].field == field)
			return &conditions->entries[i].value;
	return NULL;
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
find_date(const struct http_conditions *conditions,
    enum http_condition_field field, time_t now, time_t *date_r)
{
	const struct cohort_str *value = find_single(conditions, field);

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
is_same(const struct cohort_str *text, const struct cohort_str *etag)
{
	return text->size == etag->size && etag->data != NULL &&
	    memcmp(text->data, etag->data, etag->size) == 0;
}

static bool
list_matches(
    struct cohort_str value, const struct cohort_str *etag, bool strongly)
{
	struct tag tag;

	if (value.size == 1 && value.data[0] == '*')
		return true;
	skip_separators(&value);
	while (take_tag(&value, &tag)) {
		if (!skip_separators(&value) && value.size > 0)
			return false;
		if (is_same(&tag.opaque, etag) && !(strongly && tag.is_weak))
			return true;
	}
	return false;
}

/* Nearly all clients send back the one tag that they were given: a list of
 * that and nothing else. */
static bool
value_matches(const struct cohort_str *value, const struct cohort_str *etag,
    bool strongly)
{
	return is_same(value, etag) || list_matches(*value, etag, strongly);
}

/* Does any field of that name list the tag, or "*"? */
static bool
any_matches(const struct http_conditions *conditions,
    enum http_condition_field field, const struct cohort_str *etag,
    bool strongly)
{
	size_t i;

	for (i = 0; i < conditions->count; i++)
		if (conditions->entries[i].field == field &&
		    value_matches(
			&conditions->entries[i].value, etag, strongly))
			return true;
	return false;
}

/* Steps 1 and 2 of 13.2.2. */
static bool
may_proceed(const struct http_conditions *conditions,
    const struct http_validators *validators)
{
	time_t date;

	if (has(conditions, HTTP_CONDITION_IF_MATCH))
		return any_matches(conditions, HTTP_CONDITION_IF_MATCH,
		    &validators->etag, true);
	if (!validators->is_undated &&
	    find_date(conditions, HTTP_CONDITION_IF_UNMODIFIED_SINCE,
		validators->now, &date))
		return modified_at(validators) <= date;
	return true;
}

/* Steps 3 and 4. */
static bool
is_new_to_client(const struct http_conditions *conditions, bool is_read,
    const struct http_validators *validators)
{
	time_t date;

	if (has(conditions, HTTP_CONDITION_IF_NONE_MATCH))
		return !any_matches(conditions, HTTP_CONDITION_IF_NONE_MATCH,
		    &validators->etag, false);
	if (is_read && !validators->is_undated &&
	    find_date(conditions, HTTP_CONDITION_IF_MODIFIED_SINCE,
		validators->now, &date))
		return modified_at(validators) > date;
	return true;
}

enum http_condition
http_condition_check(const struct http_conditions *conditions, bool is_read,
    const struct http_validators *validators)
{
	if (conditions->count == 0)
		return HTTP_CONDITION_NONE;
	if (!may_proceed(conditions, validators))
		return HTTP_CONDITION_FAILED;
	if (is_new_to_client(conditions, is_read, validators))
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
http_condition_allows_range(const struct http_conditions *conditions,
    const struct http_validators *validators)
{
	const struct cohort_str *value;
	struct cohort_str rest;
	struct tag tag;

	if (!has(conditions, HTTP_CONDITION_IF_RANGE))
		return true;
	value = find_single(conditions, HTTP_CONDITION_IF_RANGE);
	if (value == NULL)
		return false;
	rest = *value;
	if (!take_tag(&rest, &tag))
		return date_allows_range(value, validators);
	return rest.size == 0 && !tag.is_weak &&
	    is_same(&tag.opaque, &validators->etag);
}
