/* SPDX-License-Identifier: ISC */
#include "service/service_condition.h"

#include <stdio.h>

#include "test_service_mount.h"
#include "test_unit.h"

#define ETAG "\"abc\""

static const struct http_validators validators = {
	.etag = { ETAG, sizeof(ETAG) - 1 },
	.modified = 784111777,
	.now = 784111777 + 3600,
};

/* Says what was found in the request. */
static enum cohort_verdict
tell(struct cohort_request *request, void *context)
{
	struct service_condition condition;

	if (!service_condition_read(request, &condition))
		return cohort_refuse(request, 400, "too many conditions");
	if (service_condition_check(&condition, &validators) ==
	    HTTP_CONDITION_FAILED)
		return service_condition_refuse(request);
	return cohort_reply_text(request, 200, "%zu %u %s%s",
	    condition.conditions.count, condition.range_count,
	    service_condition_is_any(&condition) ? "any " : "",
	    service_condition_wants_range(request, &condition, &validators) ?
		condition.range.data :
		"all");
}

static int
setup(struct cohort_app *app)
{
	return cohort_route(app, "GET POST", "/", tell, NULL) == NULL ? -1 : 0;
}

COHORT_MODULE("test", setup);

static void
open_test(void)
{
	test = cohort_test_open(NULL);
	ck_assert_ptr_nonnull(test);
}

static void
close_test(void)
{
	ck_assert_int_eq(cohort_test_close(&test), 0);
}

static const struct {
	const char *method, *headers;
	int status;
	const char *body; /* or NULL */
} rows[] = {
	{ "GET", NULL, 200, "0 0 all" },
	{ "GET", "Iffy: a\nIf: b\nRanges: c", 200, "0 0 all" },
	{ "GET", "If-Other: a\nIf-Schedule-Tag-Match: b", 200, "0 0 all" },
	{ "GET", "If-Match: *", 200, "1 0 any all" },
	{ "GET", "if-match: " ETAG "\nX: y\nIF-RANGE: " ETAG, 200,
	    "2 0 any all" },
	{ "GET", "If-Match: \"x\"", 412, NULL },
	{ "GET", "Range: bytes=0-1", 200, "0 1 any bytes=0-1" },
	{ "GET", "rAnGe: bytes=0-1\nIf-Range: " ETAG, 200,
	    "1 1 any bytes=0-1" },
	{ "GET", "Range: bytes=0-1\nIf-Range: \"x\"", 200, "1 1 any all" },
	{ "GET", "Range: bytes=0-1\nRange: bytes=0-1", 200, "0 2 any all" },
	{ "POST", "Range: bytes=0-1", 200, "0 1 any all" },
};

START_TEST(fields_are_found)
{
	struct cohort_test_reply *reply =
	    test_ask(rows[_i].method, "/", rows[_i].headers);

	ck_assert_int_eq(cohort_test_status(reply), rows[_i].status);
	if (rows[_i].body != NULL)
		test_expect_body(reply, rows[_i].body);
}
END_TEST

/* Those that are none are not kept, so they are not counted. */
START_TEST(other_fields_are_not_bounded)
{
	char headers[(HTTP_CONDITIONS_MAX + 1) * 32] = "";
	int i;

	for (i = 0; i <= HTTP_CONDITIONS_MAX; i++)
		strcat(headers, "If-Other: \"x\"\n");
	ck_assert_int_eq(
	    cohort_test_status(test_ask("GET", "/", headers)), 200);
}
END_TEST

START_TEST(conditions_are_bounded)
{
	char headers[(HTTP_CONDITIONS_MAX + 1) * 32] = "";
	int i;

	for (i = 0; i < HTTP_CONDITIONS_MAX; i++)
		strcat(headers, "If-None-Match: \"x\"\n");
	ck_assert_int_eq(
	    cohort_test_status(test_ask("GET", "/", headers)), 200);
	strcat(headers, "If-None-Match: \"x\"\n");
	ck_assert_int_eq(
	    cohort_test_status(test_ask("GET", "/", headers)), 400);
	ck_assert_ptr_nonnull(
	    strstr(cohort_test_log(test), "too many conditions"));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("service_condition");
	TCase *tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, open_test, close_test);
	tcase_add_loop_test(
	    tcase, fields_are_found, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(tcase, other_fields_are_not_bounded);
	tcase_add_test(tcase, conditions_are_bounded);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
