/* SPDX-License-Identifier: ISC */
/*
 * Merging bounds what a client can make us send to the representation and
 * HTTP_RANGES_MAX part heads, however its ranges overlap (RFC 9110, 17.15).
 */
#include "http/http_range.h"

#include <stdbool.h>
#include <string.h>

#include "http/http_field.h"

#define UNIT      "bytes"
#define UNIT_SIZE (sizeof(UNIT) - 1)

enum spec {
	SPEC_MALFORMED,
	SPEC_UNSATISFIABLE,
	SPEC_EMPTY, /* satisfiable, but nothing is all there is */
	SPEC_RANGE
};

/* All digits there are, at most UINT64_MAX; false without one. */
static bool
take_number(struct cohort_str *text, uint64_t *number_r)
{
	uint64_t number = 0;
	bool overflow = false;
	size_t i;

	for (i = 0; i < text->size; i++) {
		unsigned digit = (unsigned char)text->data[i] - (unsigned)'0';

		if (digit > 9)
			break;
		overflow |= __builtin_mul_overflow(number, 10, &number);
		overflow |= __builtin_add_overflow(number, digit, &number);
	}
	text->data += i;
	text->size -= i;
	*number_r = overflow ? UINT64_MAX : number;
	return i > 0;
}

static bool
take_dash(struct cohort_str *text)
{
	if (text->size == 0 || text->data[0] != '-')
		return false;
	text->data++;
	text->size--;
	return true;
}

/* "-500": the last 500 bytes. */
static enum spec
read_suffix(struct cohort_str text, uint64_t size, struct http_range *range_r)
{
	uint64_t length;

	if (!take_dash(&text) || !take_number(&text, &length) || text.size > 0)
		return SPEC_MALFORMED;
	if (length == 0)
		return SPEC_UNSATISFIABLE;
	if (size == 0)
		return SPEC_EMPTY;
	range_r->first = length < size ? size - length : 0;
	range_r->last = size - 1;
	return SPEC_RANGE;
}

/* "0-499" or "500-". */
static enum spec
read_spec(struct cohort_str text, uint64_t size, struct http_range *range_r)
{
	uint64_t first, last = UINT64_MAX;

	if (!take_number(&text, &first))
		return read_suffix(text, size, range_r);
	if (!take_dash(&text))
		return SPEC_MALFORMED;
	if (text.size > 0 && (!take_number(&text, &last) || text.size > 0))
		return SPEC_MALFORMED;
	if (last < first)
		return SPEC_MALFORMED;
	if (first >= size)
		return SPEC_UNSATISFIABLE;
	range_r->first = first;
	range_r->last = last < size ? last : size - 1;
	return SPEC_RANGE;
}

/* Do they overlap, or follow each other without a gap? */
static bool
is_joined(const struct http_range *one, const struct http_range *other)
{
	return one->first <= other->last + 1 && other->first <= one->last + 1;
}

static bool
is_any_joined(const struct http_range *ranges, size_t count)
{
	size_t i, j;

	for (i = 0; i < count; i++)
		for (j = i + 1; j < count; j++)
			if (is_joined(&ranges[i], &ranges[j]))
				return true;
	return false;
}

static void
sort(struct http_range *ranges, size_t count)
{
	size_t i, j;

	for (i = 1; i < count; i++) {
		struct http_range range = ranges[i];

		for (j = i; j > 0 && ranges[j - 1].first > range.first; j--)
			ranges[j] = ranges[j - 1];
		ranges[j] = range;
	}
}

/* Sorts, joins, and returns how many are left. */
static size_t
merge(struct http_range *ranges, size_t count)
{
	size_t last = 0, i;

	sort(ranges, count);
	for (i = 1; i < count; i++) {
		if (!is_joined(&ranges[last], &ranges[i]))
			ranges[++last] = ranges[i];
		else if (ranges[i].last > ranges[last].last)
			ranges[last].last = ranges[i].last;
	}
	return last + 1;
}

static bool
take_unit(struct cohort_str *value)
{
	if (value->size <= UNIT_SIZE || value->data[UNIT_SIZE] != '=' ||
	    !http_name_equals(value->data, UNIT_SIZE, UNIT))
		return false;
	value->data += UNIT_SIZE + 1;
	value->size -= UNIT_SIZE + 1;
	return true;
}

enum http_range_result
http_range_parse(struct cohort_str value, uint64_t size,
    struct http_range ranges_r[HTTP_RANGES_MAX], size_t *count_r)
{
	struct cohort_str text;
	size_t seen = 0, count = 0;
	bool empty = false;

	*count_r = 0;
	if (!take_unit(&value))
		return HTTP_RANGE_IGNORE;
	while (http_list_next(&value, &text)) {
		struct http_range range = { 0, 0 };
		enum spec spec = read_spec(text, size, &range);

		if (spec == SPEC_MALFORMED || ++seen > HTTP_RANGES_MAX)
			return HTTP_RANGE_IGNORE;
		if (spec == SPEC_RANGE)
			ranges_r[count++] = range;
		empty |= spec == SPEC_EMPTY;
	}
	if (seen == 0 || empty)
		return HTTP_RANGE_IGNORE;
	if (count == 0)
		return HTTP_RANGE_UNSATISFIABLE;
	*count_r =
	    is_any_joined(ranges_r, count) ? merge(ranges_r, count) : count;
	return HTTP_RANGE_SATISFIABLE;
}
