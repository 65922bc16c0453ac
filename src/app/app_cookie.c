/* SPDX-License-Identifier: ISC */
/*
 * Lenient in what is read, as browsers send what scripts wrote; strict in
 * what is sent (RFC 6265 sections 4.1.1 and 5).
 */
#include "app/app_cookie.h"

#include <string.h>
#include <time.h>

#include "base/base_number.h"
#include "http/http_date.h"
#include "http/http_field.h"

/* What the arena may add to a small allocation. */
#define ALLOCATION_MOST 16

static struct cohort_str
trim(const char *begin, const char *end)
{
	while (begin < end && http_is_white(*begin))
		begin++;
	while (end > begin && http_is_white(end[-1]))
		end--;
	return (struct cohort_str) { begin, (size_t)(end - begin) };
}

/* The next part of *cursor before a ';'; false at the end. */
static bool
next_part(struct cohort_str *cursor, struct cohort_str *part_r)
{
	const char *end = cursor->data + cursor->size;
	const char *semicolon;

	if (cursor->data == NULL)
		return false;
	semicolon = memchr(cursor->data, ';', cursor->size);
	*part_r = trim(cursor->data, semicolon == NULL ? end : semicolon);
	if (semicolon == NULL)
		*cursor = (struct cohort_str) { NULL, 0 };
	else
		*cursor = (struct cohort_str) { semicolon + 1,
			(size_t)(end - semicolon - 1) };
	return true;
}

/* Cuts "name=value" at its '='; without one the value has data NULL. */
static struct cohort_pair
cut_part(struct cohort_str part)
{
	const char *end = part.data + part.size;
	const char *equals = memchr(part.data, '=', part.size);

	if (equals == NULL)
		return (struct cohort_pair) { .name = part };
	return (struct cohort_pair) {
		.name = trim(part.data, equals),
		.value = trim(equals + 1, end),
	};
}

/* The next pair of one field's value; false at the end. */
static bool
next_pair(struct cohort_str *cursor, struct cohort_pair *pair_r)
{
	struct cohort_str part;

	while (next_part(cursor, &part)) {
		*pair_r = cut_part(part);
		if (pair_r->value.data != NULL)
			return true;
	}
	return false;
}

static bool
is_cookie_field(const struct cohort_pair *field)
{
	return http_name_equals(field->name.data, field->name.size, "cookie");
}

/* *bytes_r is more than copies of them take. */
static size_t
count_pairs(
    const struct cohort_pair *fields, size_t field_count, size_t *bytes_r)
{
	struct cohort_str cursor;
	struct cohort_pair pair;
	size_t count = 0, i;

	*bytes_r = 0;
	for (i = 0; i < field_count; i++) {
		if (!is_cookie_field(&fields[i]))
			continue;
		*bytes_r += fields[i].value.size;
		for (cursor = fields[i].value; next_pair(&cursor, &pair);)
			count++;
	}
	*bytes_r += count * (sizeof(pair) + 2 * ALLOCATION_MOST);
	return count;
}

static struct cohort_str
copy(struct arena *arena, struct cohort_str text)
{
	text.data = arena_copy(arena, text.data, text.size);
	return text;
}

int
app_cookie_read(struct arena *arena, const struct cohort_pair *fields,
    size_t field_count, size_t max, struct cohort_pair **pairs_r,
    size_t *count_r)
{
	struct cohort_str cursor;
	struct cohort_pair *next, pair;
	size_t bytes, count = count_pairs(fields, field_count, &bytes), i;

	*pairs_r = NULL;
	*count_r = 0;
	if (count == 0)
		return 0;
	if (count > max || 2 * bytes > arena_left(arena))
		return -1;
	*pairs_r = next = arena_alloc_raw(arena, count * sizeof(*next));
	*count_r = count;
	for (i = 0; i < field_count; i++) {
		if (!is_cookie_field(&fields[i]))
			continue;
		for (cursor = fields[i].value; next_pair(&cursor, &pair);
		     next++)
			*next = (struct cohort_pair) {
				copy(arena, pair.name),
				copy(arena, pair.value),
			};
	}
	return 0;
}

static bool
is_cookie_octet(char byte)
{
	unsigned char octet = (unsigned char)byte;

	return octet > ' ' && octet < 0x7f && strchr("\",;\\", byte) == NULL;
}

bool
app_cookie_value_is_valid(const char *value)
{
	size_t size = strlen(value), i;

	if (size >= 2 && value[0] == '"' && value[size - 1] == '"') {
		value++;
		size -= 2;
	}
	for (i = 0; i < size; i++)
		if (!is_cookie_octet(value[i]))
			return false;
	return true;
}

static bool
is_any(struct cohort_str value)
{
	return value.data != NULL &&
	    http_value_is_valid(value.data, value.size);
}

static bool
is_none(struct cohort_str value)
{
	return value.data == NULL;
}

static bool
is_path(struct cohort_str value)
{
	return is_any(value) && value.size > 0 && value.data[0] == '/';
}

static bool
is_domain(struct cohort_str value)
{
	return is_any(value) && http_token_is_valid(value.data, value.size);
}

static bool
is_age(struct cohort_str value)
{
	uint64_t age;

	if (!is_any(value))
		return false;
	if (value.size > 1 && value.data[0] == '-') {
		value.data++;
		value.size--;
	}
	return number_parse_bytes(value.data, value.size, INT64_MAX, &age) == 0;
}

static bool
is_date(struct cohort_str value)
{
	time_t when;

	return is_any(value) &&
	    http_date_parse(value.data, value.size, time(NULL), &when) == 0;
}

static bool
is_same_site(struct cohort_str value)
{
	return is_any(value) &&
	    (http_name_equals(value.data, value.size, "strict") ||
		http_name_equals(value.data, value.size, "lax") ||
		http_name_equals(value.data, value.size, "none"));
}

/* clang-format off */
static const struct {
	const char *name;
	bool (*is_valid)(struct cohort_str value);
} attributes_known[] = {
	{ "path", is_path },
	{ "domain", is_domain },
	{ "expires", is_date },
	{ "max-age", is_age },
	{ "secure", is_none },
	{ "httponly", is_none },
	{ "partitioned", is_none },
	{ "samesite", is_same_site },
};
/* clang-format on */

static const char *
check_attribute(const struct cohort_pair *attribute)
{
	size_t i;

	for (i = 0; i < sizeof(attributes_known) / sizeof(attributes_known[0]);
	     i++) {
		if (!http_name_equals(attribute->name.data,
			attribute->name.size, attributes_known[i].name))
			continue;
		return attributes_known[i].is_valid(attribute->value) ?
		    NULL :
		    "an attribute with a value it cannot have";
	}
	return "an unknown attribute";
}

const char *
app_cookie_check_attributes(const char *attributes)
{
	struct cohort_str cursor = { attributes, strlen(attributes) }, part;
	struct cohort_pair attribute;
	const char *reason;

	if (attributes[0] == '\0')
		return NULL;
	while (next_part(&cursor, &part)) {
		attribute = cut_part(part);
		reason = check_attribute(&attribute);
		if (reason != NULL)
			return reason;
	}
	return NULL;
}
