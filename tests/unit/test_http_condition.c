/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <string.h>

#include "base/base_memory.h"
#include "http/http_condition.h"
#include "test_unit.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof(*(array))))

/* The representation is of 08:49:37, "now" is an hour later. */
#define MODIFIED 784111777
#define NOW      (MODIFIED + 3600)
#define AT       "Sun, 06 Nov 1994 08:49:37 GMT"
#define BEFORE   "Sun, 06 Nov 1994 08:49:36 GMT"
#define AFTER    "Sun, 06 Nov 1994 08:49:38 GMT"
#define FUTURE   "Fri, 31 Dec 2100 23:59:59 GMT"

#define ETAG "\"abc\""

#define FIELDS_MAX 5

#define M  "If-Match"
#define NM "If-None-Match"
#define MS "If-Modified-Since"
#define US "If-Unmodified-Since"
#define R  "If-Range"

enum {
	GO = HTTP_CONDITION_NONE,
	SAME = HTTP_CONDITION_NOT_MODIFIED,
	FAIL = HTTP_CONDITION_FAILED
};

struct text_field {
	const char *name, *value;
};

/* Without a NUL behind it, so that ASan sees one byte more. */
static struct cohort_str
copy_exactly(const char *text)
{
	size_t size = strlen(text);
	char *copy = memory_alloc(size == 0 ? 1 : size);

	return (struct cohort_str) { memcpy(copy, text, size), size };
}

static size_t
make_fields(struct cohort_pair *to, const struct text_field *from)
{
	size_t i;

	for (i = 0; i < FIELDS_MAX && from[i].name != NULL; i++) {
		to[i].name = copy_exactly(from[i].name);
		to[i].value = copy_exactly(from[i].value);
	}
	return i;
}

static struct http_conditions
conditions_of(const struct cohort_pair *fields, size_t count)
{
	struct http_conditions conditions;
	size_t i;

	http_conditions_init(&conditions);
	for (i = 0; i < count; i++)
		ck_assert(http_conditions_add(&conditions, &fields[i]));
	return conditions;
}

static void
free_fields(struct cohort_pair *fields, size_t count)
{
	while (count-- > 0) {
		memory_free((void *)(uintptr_t)fields[count].name.data);
		memory_free((void *)(uintptr_t)fields[count].value.data);
	}
}

/* read: GET or HEAD; write: any other. */
static const struct {
	struct text_field fields[FIELDS_MAX];
	int read, write;
} cases[] = {
	/* clang-format off */
	{ { { NULL, NULL } }, GO, GO },
	{ { { "Host", "a" }, { "Iffy", "b" }, { "If-", "c" } }, GO, GO },
	/* If-Match: strong. */
	{ { { M, "*" } }, GO, GO },
	{ { { M, ETAG } }, GO, GO },
	{ { { M, "W/" ETAG } }, FAIL, FAIL },
	{ { { M, "\"x\"" } }, FAIL, FAIL },
	{ { { M, "\"ABC\"" } }, FAIL, FAIL },
	{ { { M, "\"x\", " ETAG } }, GO, GO },
	{ { { M, "\"x\" ,\t,W/" ETAG ", " ETAG " ,," } }, GO, GO },
	{ { { M, "\"x\"" }, { M, ETAG } }, GO, GO },
	{ { { M, "\"x\"" }, { M, "*" } }, GO, GO },
	{ { { "IF-MATCH", "\"x\"" } }, FAIL, FAIL },
	{ { { M, "" } }, FAIL, FAIL },
	{ { { M, "," } }, FAIL, FAIL },
	{ { { M, "abc" } }, FAIL, FAIL },
	{ { { M, "\"abc" } }, FAIL, FAIL },
	{ { { M, "\"x\" " ETAG } }, FAIL, FAIL },
	{ { { M, ETAG "x" } }, FAIL, FAIL },
	{ { { M, "w/" ETAG } }, FAIL, FAIL },
	{ { { M, "W /" ETAG } }, FAIL, FAIL },
	{ { { M, "**" } }, FAIL, FAIL },
	{ { { M, "W/" } }, FAIL, FAIL },
	{ { { M, "\"" } }, FAIL, FAIL },
	/* If-Unmodified-Since, only without If-Match. */
	{ { { US, AT } }, GO, GO },
	{ { { US, AFTER } }, GO, GO },
	{ { { US, FUTURE } }, GO, GO },
	{ { { US, BEFORE } }, FAIL, FAIL },
	{ { { US, "Sunday, 06-Nov-94 08:49:36 GMT" } }, FAIL, FAIL },
	{ { { US, "Sun Nov  6 08:49:36 1994" } }, FAIL, FAIL },
	{ { { US, "yesterday" } }, GO, GO },
	{ { { US, BEFORE ", " BEFORE } }, GO, GO },
	{ { { US, BEFORE }, { US, BEFORE } }, GO, GO },
	{ { { M, ETAG }, { US, BEFORE } }, GO, GO },
	{ { { US, AT }, { M, "\"x\"" } }, FAIL, FAIL },
	/* If-None-Match: weak. */
	{ { { NM, "*" } }, SAME, FAIL },
	{ { { NM, ETAG } }, SAME, FAIL },
	{ { { NM, "W/" ETAG } }, SAME, FAIL },
	{ { { NM, "\"x\"" } }, GO, GO },
	{ { { NM, "\"x\",W/" ETAG } }, SAME, FAIL },
	{ { { NM, "\"x\",\"y\",\"z\"" } }, GO, GO },
	{ { { NM, "\"x,\", " ETAG } }, SAME, FAIL },
	{ { { NM, "\"\\\", " ETAG } }, SAME, FAIL },
	{ { { NM, "\"\x80\xff\", " ETAG } }, SAME, FAIL },
	{ { { NM, "\"\", " ETAG } }, SAME, FAIL },
	{ { { NM, "\"a b\", " ETAG } }, GO, GO },
	{ { { NM, "\"x\"" }, { NM, ETAG } }, SAME, FAIL },
	{ { { NM, "abc" } }, GO, GO },
	{ { { NM, "" } }, GO, GO },
	{ { { "if-none-match", ETAG } }, SAME, FAIL },
	/* If-None-Match beats If-Modified-Since, whatever either says. */
	{ { { NM, ETAG }, { MS, BEFORE } }, SAME, FAIL },
	{ { { MS, BEFORE }, { NM, ETAG } }, SAME, FAIL },
	{ { { NM, "\"x\"" }, { MS, AT } }, GO, GO },
	{ { { MS, AFTER }, { NM, "\"x\"" } }, GO, GO },
	{ { { NM, "rubbish" }, { MS, AT } }, GO, GO },
	/* If-Modified-Since: only for reading. */
	{ { { MS, AT } }, SAME, GO },
	{ { { MS, AFTER } }, SAME, GO },
	{ { { MS, FUTURE } }, SAME, GO },
	{ { { MS, BEFORE } }, GO, GO },
	{ { { MS, "Sunday, 06-Nov-94 08:49:37 GMT" } }, SAME, GO },
	{ { { MS, "Sun Nov  6 08:49:37 1994" } }, SAME, GO },
	{ { { MS, AT "; length=5" } }, GO, GO },
	{ { { MS, "0" } }, GO, GO },
	{ { { MS, "" } }, GO, GO },
	{ { { MS, AT }, { MS, AT } }, GO, GO },
	/* The order of 13.2.2. */
	{ { { M, "\"x\"" }, { NM, ETAG } }, FAIL, FAIL },
	{ { { M, ETAG }, { NM, ETAG } }, SAME, FAIL },
	{ { { US, BEFORE }, { MS, AT } }, FAIL, FAIL },
	{ { { US, AT }, { MS, AT } }, SAME, GO },
	{ { { US, AT }, { NM, "\"x\"" } }, GO, GO },
	{ { { M, "*" }, { US, BEFORE }, { NM, "*" }, { MS, BEFORE } },
	    SAME, FAIL },
	/* If-Range alone decides nothing here. */
	{ { { R, "\"x\"" } }, GO, GO },
	/* clang-format on */
};

static const struct http_validators validators = {
	.etag = { ETAG, sizeof(ETAG) - 1 },
	.modified = MODIFIED,
	.now = NOW,
};

START_TEST(conditions_are_evaluated)
{
	struct cohort_pair fields[FIELDS_MAX];
	size_t count = make_fields(fields, cases[_i].fields);
	struct http_conditions conditions = conditions_of(fields, count);

	ck_assert_int_eq(http_condition_check(&conditions, true, &validators),
	    (enum http_condition)cases[_i].read);
	ck_assert_int_eq(http_condition_check(&conditions, false, &validators),
	    (enum http_condition)cases[_i].write);
	free_fields(fields, count);
}
END_TEST

/* Last-Modified never says later than now: so is it compared. */
START_TEST(modification_in_the_future_is_now)
{
	static const struct {
		struct text_field fields[FIELDS_MAX];
		int expected;
	} futures[] = {
		{ { { MS, AT } }, SAME },
		{ { { MS, FUTURE } }, SAME },
		{ { { MS, BEFORE } }, GO },
		{ { { NM, ETAG } }, SAME },
		{ { { US, AT } }, GO },
		{ { { US, BEFORE } }, FAIL },
	};
	struct http_validators future = validators;
	struct cohort_pair fields[FIELDS_MAX];
	struct http_conditions conditions;
	size_t count, i;

	future.now = MODIFIED;
	future.modified = MODIFIED + 1000;
	for (i = 0; i < sizeof(futures) / sizeof(*futures); i++) {
		count = make_fields(fields, futures[i].fields);
		conditions = conditions_of(fields, count);
		ck_assert_int_eq(
		    http_condition_check(&conditions, true, &future),
		    (enum http_condition)futures[i].expected);
		free_fields(fields, count);
	}
}
END_TEST

static const struct {
	struct text_field fields[FIELDS_MAX];
	int expected;
} bare[] = {
	/* clang-format off */
	{ { { M, "*" } }, GO },
	{ { { M, ETAG } }, FAIL },
	{ { { NM, "*" } }, SAME },
	{ { { NM, ETAG } }, GO },
	{ { { NM, "\"\"" } }, GO },
	{ { { MS, FUTURE } }, GO },
	{ { { US, BEFORE } }, GO },
	/* clang-format on */
};

START_TEST(there_may_be_no_validator)
{
	const struct http_validators none = {
		.is_undated = true,
		.now = NOW,
	};
	static const struct text_field ranges[][FIELDS_MAX] = { { { R, AT } },
		{ { R, ETAG } } };
	struct cohort_pair fields[FIELDS_MAX];
	size_t count = make_fields(fields, bare[_i].fields), i;
	struct http_conditions conditions = conditions_of(fields, count);

	ck_assert_int_eq(http_condition_check(&conditions, true, &none),
	    (enum http_condition)bare[_i].expected);
	free_fields(fields, count);
	for (i = 0; i < 2; i++) {
		count = make_fields(fields, ranges[i]);
		conditions = conditions_of(fields, count);
		ck_assert(!http_condition_allows_range(&conditions, &none));
		free_fields(fields, count);
	}
}
END_TEST

static const struct {
	struct text_field fields[FIELDS_MAX];
	bool allows;
	int age; /* of the representation in seconds */
} ranges[] = {
	/* clang-format off */
	{ { { NULL, NULL } }, true, 3600 },
	{ { { NM, "\"x\"" } }, true, 3600 },
	/* Tags: strong. */
	{ { { R, ETAG } }, true, 3600 },
	{ { { R, ETAG } }, true, 0 },
	{ { { "if-range", ETAG } }, true, 3600 },
	{ { { R, "W/" ETAG } }, false, 3600 },
	{ { { R, "\"x\"" } }, false, 3600 },
	{ { { R, ETAG "," ETAG } }, false, 3600 },
	{ { { R, ETAG " " } }, false, 3600 },
	{ { { R, ETAG }, { R, ETAG } }, false, 3600 },
	{ { { R, "*" } }, false, 3600 },
	{ { { R, "" } }, false, 3600 },
	{ { { R, "abc" } }, false, 3600 },
	/* Dates: exact, and of a second that is over. */
	{ { { R, AT } }, true, 3600 },
	{ { { R, AT } }, true, 1 },
	{ { { R, AT } }, false, 0 },
	{ { { R, AT } }, false, -5 },
	{ { { R, "Sun Nov  6 08:49:37 1994" } }, true, 3600 },
	{ { { R, BEFORE } }, false, 3600 },
	{ { { R, AFTER } }, false, 3600 },
	{ { { R, FUTURE } }, false, 3600 },
	{ { { R, AT }, { R, AT } }, false, 3600 },
	/* clang-format on */
};

START_TEST(if_range_is_strong)
{
	struct http_validators aged = validators;
	struct cohort_pair fields[FIELDS_MAX];
	size_t count = make_fields(fields, ranges[_i].fields);
	struct http_conditions conditions = conditions_of(fields, count);

	aged.now = MODIFIED + ranges[_i].age;
	ck_assert_int_eq(
	    http_condition_allows_range(&conditions, &aged), ranges[_i].allows);
	free_fields(fields, count);
}
END_TEST

START_TEST(there_may_be_too_many)
{
	struct cohort_pair fields[2];
	const struct text_field texts[FIELDS_MAX] = { { NM, "\"x\"" },
		{ "If-Other", "x" } };
	size_t count = make_fields(fields, texts), i;
	struct http_conditions conditions = conditions_of(fields, 0);

	for (i = 0; i < HTTP_CONDITIONS_MAX; i++)
		ck_assert(http_conditions_add(&conditions, &fields[0]));
	ck_assert(!http_conditions_add(&conditions, &fields[0]));
	ck_assert(http_conditions_add(&conditions, &fields[1]));
	ck_assert_uint_eq(conditions.count, HTTP_CONDITIONS_MAX);
	free_fields(fields, count);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("http_condition");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(all, conditions_are_evaluated, 0, COUNT(cases));
	tcase_add_test(all, modification_in_the_future_is_now);
	tcase_add_loop_test(all, there_may_be_no_validator, 0, COUNT(bare));
	tcase_add_loop_test(all, if_range_is_strong, 0, COUNT(ranges));
	tcase_add_test(all, there_may_be_too_many);
	suite_add_tcase(suite, all);
	return test_run(suite);
}
