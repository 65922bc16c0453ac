/* SPDX-License-Identifier: ISC */
/*
 * Conditional fields, one a line: a letter that says which (M If-Match, N
 * If-None-Match, U If-Unmodified-Since, S If-Modified-Since, R If-Range), then
 * the value.  The first byte of the input says what there is to compare with.
 * What RFC 9110, 13.2.2 says of the order must hold, no tag that is not there
 * may match, and each date that is read must be written as the same again.
 */
#include "fuzz.h"

#include "http/http_condition.h"
#include "http/http_date.h"
#include "http/http_field.h"

#define FIELDS_MAX (2 * HTTP_CONDITIONS_MAX)
#define ETAG       "\"a,b\""
#define MODIFIED   784111777

const char *const fuzz_corpora[] = { "tests/fuzz/corpus-condition", NULL };

struct fields {
	struct cohort_pair pairs[FIELDS_MAX];
	size_t count;
};

/* What the first byte chooses. */
enum choice {
	CHOICE_READ = 1,
	CHOICE_UNTAGGED = 2,
	CHOICE_UNDATED = 4,
	CHOICE_YOUNG = 8,
	CHOICE_FUTURE = 16
};

static const struct cohort_str names[256] = {
	['M'] = { "If-Match", 8 },
	['N'] = { "If-None-Match", 13 },
	['U'] = { "If-Unmodified-Since", 19 },
	['S'] = { "If-Modified-Since", 17 },
	['R'] = { "If-Range", 8 },
};

/* Each value ends where its memory does. */
static void
read_fields(const uint8_t *data, size_t size, struct fields *fields)
{
	const uint8_t *end;
	size_t length;

	fields->count = 0;
	for (; size > 0 && fields->count < FIELDS_MAX; size -= length) {
		end = memchr(data, '\n', size);
		length = end == NULL ? size : (size_t)(end - data) + 1;
		if (names[data[0]].data != NULL) {
			size_t used = length - 1 - (end != NULL);

			fields->pairs[fields->count++] = (struct cohort_pair) {
				names[data[0]],
				{ fuzz_copy(data + 1, used), used },
			};
		}
		data += length;
	}
}

static void
free_fields(struct fields *fields)
{
	while (fields->count-- > 0)
		free(
		    (void *)(uintptr_t)fields->pairs[fields->count].value.data);
}

static bool
has_field(const struct fields *fields, char letter)
{
	return http_field_find(fields->pairs, fields->count,
		   names[(unsigned char)letter].data, 0) >= 0;
}

/* The fields but those of that letter. */
static struct fields
without(const struct fields *fields, char letter)
{
	struct fields rest = { .count = 0 };
	size_t i;

	for (i = 0; i < fields->count; i++)
		if (fields->pairs[i].name.data !=
		    names[(unsigned char)letter].data)
			rest.pairs[rest.count++] = fields->pairs[i];
	return rest;
}

static struct http_conditions
conditions_of(const struct fields *fields)
{
	struct http_conditions conditions;
	size_t i;

	http_conditions_init(&conditions);
	for (i = 0; i < fields->count; i++)
		FUZZ_CHECK(http_conditions_add(&conditions,
			       &fields->pairs[i]) == (i < HTTP_CONDITIONS_MAX));
	return conditions;
}

static enum http_condition
check(const struct fields *fields, bool is_read,
    const struct http_validators *validators)
{
	const struct http_conditions conditions = conditions_of(fields);

	return http_condition_check(&conditions, is_read, validators);
}

/* Does any value of that letter hold "*" or the tag's bytes at all? */
static bool
may_match(
    const struct fields *fields, char letter, const struct cohort_str *etag)
{
	const struct cohort_str *value;
	size_t i;

	for (i = 0; i < fields->count; i++) {
		value = &fields->pairs[i].value;
		if (fields->pairs[i].name.data !=
		    names[(unsigned char)letter].data)
			continue;
		if (value->size == 1 && value->data[0] == '*')
			return true;
		if (etag->data != NULL &&
		    memmem(value->data, value->size, etag->data, etag->size) !=
			NULL)
			return true;
	}
	return false;
}

static void
check_order(const struct fields *fields, bool is_read,
    const struct http_validators *validators)
{
	enum http_condition result = check(fields, is_read, validators);
	struct fields rest;

	FUZZ_CHECK(is_read || result != HTTP_CONDITION_NOT_MODIFIED);
	rest = without(fields, 'R');
	FUZZ_CHECK(check(&rest, is_read, validators) == result);
	rest = without(fields, 'U');
	if (has_field(fields, 'M') || validators->is_undated)
		FUZZ_CHECK(check(&rest, is_read, validators) == result);
	rest = without(fields, 'S');
	if (has_field(fields, 'N') || validators->is_undated || !is_read)
		FUZZ_CHECK(check(&rest, is_read, validators) == result);
	rest = without(&rest, 'N');
	if (check(&rest, is_read, validators) == HTTP_CONDITION_FAILED)
		FUZZ_CHECK(result == HTTP_CONDITION_FAILED);
}

static void
check_matches(const struct fields *fields, bool is_read,
    const struct http_validators *validators)
{
	enum http_condition result = check(fields, is_read, validators);

	if (has_field(fields, 'M') &&
	    !may_match(fields, 'M', &validators->etag))
		FUZZ_CHECK(result == HTTP_CONDITION_FAILED);
	if (result == HTTP_CONDITION_NOT_MODIFIED && has_field(fields, 'N'))
		FUZZ_CHECK(may_match(fields, 'N', &validators->etag));
}

/* 13.1.5: one field, with this very tag or date. */
static void
check_range(
    const struct fields *fields, const struct http_validators *validators)
{
	const struct http_conditions conditions = conditions_of(fields);
	const struct cohort_str *value, *etag = &validators->etag;
	time_t date;
	int first;

	first = http_field_find(fields->pairs, fields->count, "If-Range", 0);
	if (!http_condition_allows_range(&conditions, validators)) {
		FUZZ_CHECK(first >= 0);
		return;
	}
	if (first < 0)
		return;
	FUZZ_CHECK(http_field_find(fields->pairs, fields->count, "If-Range",
		       (size_t)first + 1) < 0);
	value = &fields->pairs[first].value;
	if (etag->data != NULL && value->size == etag->size &&
	    memcmp(value->data, etag->data, value->size) == 0)
		return;
	FUZZ_CHECK(!validators->is_undated);
	FUZZ_CHECK(validators->modified < validators->now);
	FUZZ_CHECK(http_date_parse(
		       value->data, value->size, validators->now, &date) == 0);
	FUZZ_CHECK(date == validators->modified);
}

static void
check_date(const struct cohort_str *value, time_t now)
{
	char text[HTTP_DATE_SIZE + 1];
	time_t date, again;

	if (http_date_parse(value->data, value->size, now, &date) == -1)
		return;
	http_date_write(text, date);
	FUZZ_CHECK(strlen(text) == HTTP_DATE_SIZE);
	/* Only the last leap second of all years is one too many. */
	FUZZ_CHECK(http_date_parse(text, HTTP_DATE_SIZE, now, &again) == 0);
	FUZZ_CHECK(again == date || (date == 253402300800 && again < date));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_validators validators = {
		.etag = { ETAG, sizeof(ETAG) - 1 },
		.modified = MODIFIED,
		.now = MODIFIED + 3600,
	};
	struct fields fields;
	size_t i;

	if (size == 0)
		return 0;
	if (data[0] & CHOICE_UNTAGGED)
		validators.etag.data = NULL;
	if (data[0] & CHOICE_UNDATED)
		validators.is_undated = true;
	if (data[0] & (CHOICE_YOUNG | CHOICE_FUTURE))
		validators.now =
		    data[0] & CHOICE_YOUNG ? MODIFIED : MODIFIED - 3600;
	read_fields(data + 1, size - 1, &fields);
	conditions_of(&fields);
	/* More than that are refused. */
	if (fields.count <= HTTP_CONDITIONS_MAX) {
		check_order(&fields, data[0] & CHOICE_READ, &validators);
		check_matches(&fields, data[0] & CHOICE_READ, &validators);
		check_range(&fields, &validators);
	}
	for (i = 0; i < fields.count; i++)
		check_date(&fields.pairs[i].value, validators.now);
	free_fields(&fields);
	return 0;
}
