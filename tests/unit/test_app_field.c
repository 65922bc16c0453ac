/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "test_app_module.h"

/* One edit a row. */
static const struct edit {
	enum {
		SET,
		ADD,
		REMOVE,
		COOKIE
	} kind;
	const char *name, *value, *attributes;
	int result;
	/* What the client gets: X's first and second, Set-Cookie; or 500. */
	const char *first, *second, *cookie;
} edits[] = {
	{ SET, "X", "3", NULL, 0, "3", NULL, NULL },
	{ SET, "x", "", NULL, 0, "", NULL, NULL },
	{ ADD, "x", "3\t4", NULL, 0, "1", "3\t4", NULL },
	{ REMOVE, "x", NULL, NULL, 0, NULL, NULL, NULL },
	{ REMOVE, "None", NULL, NULL, 0, "1", NULL, NULL },
	{ COOKIE, "a", "1", NULL, 0, "1", NULL,
	    "a=1; Path=/; HttpOnly; SameSite=Lax" },
	{ COOKIE, "a", "1", "", 0, "1", NULL, "a=1" },
	{ COOKIE, "a", NULL, "Path=/x", 0, "1", NULL,
	    "a=; Path=/x; Max-Age=0" },
	{ COOKIE, "a", NULL, "", 0, "1", NULL, "a=; Max-Age=0" },
	{ COOKIE, "a", "\"q\"", "Secure", 0, "1", NULL, "a=\"q\"; Secure" },
	/* Refused. */
	{ SET, "X Y", "3", NULL, -1, NULL, NULL, NULL },
	{ SET, "", "3", NULL, -1, NULL, NULL, NULL },
	{ SET, NULL, "3", NULL, -1, NULL, NULL, NULL },
	{ SET, "X", "3\r\nY: 4", NULL, -1, NULL, NULL, NULL },
	{ SET, "X", NULL, NULL, -1, NULL, NULL, NULL },
	{ ADD, "X", "3\n", NULL, -1, NULL, NULL, NULL },
	{ SET, "X", "3\rY: 4", NULL, -1, NULL, NULL, NULL },
	{ ADD, "X", "\r\n\r\n", NULL, -1, NULL, NULL, NULL },
	{ SET, "X", "3\x01", NULL, -1, NULL, NULL, NULL },
	{ SET, "X", "3\x7f", NULL, -1, NULL, NULL, NULL },
	{ SET, "X\r\nY", "3", NULL, -1, NULL, NULL, NULL },
	{ ADD, "X:", "3", NULL, -1, NULL, NULL, NULL },
	{ ADD, "X\n", "3", NULL, -1, NULL, NULL, NULL },
	{ SET, "Upgrade", "x", NULL, -1, NULL, NULL, NULL },
	{ SET, "Trailer", "X", NULL, -1, NULL, NULL, NULL },
	{ SET, "Keep-Alive", "x", NULL, -1, NULL, NULL, NULL },
	{ SET, "Content-Length", "3", NULL, -1, NULL, NULL, NULL },
	{ ADD, "transfer-encoding", "chunked", NULL, -1, NULL, NULL, NULL },
	{ SET, "CONNECTION", "close", NULL, -1, NULL, NULL, NULL },
	{ SET, "Date", "today", NULL, -1, NULL, NULL, NULL },
	{ COOKIE, "a b", "1", NULL, -1, NULL, NULL, NULL },
	{ COOKIE, "a", "1;2", NULL, -1, NULL, NULL, NULL },
	{ COOKIE, "a\r\n", "1", NULL, -1, NULL, NULL, NULL },
	{ COOKIE, "a", "1\r\nX: 2", NULL, -1, NULL, NULL, NULL },
	{ COOKIE, "a", "\"1\n\"", NULL, -1, NULL, NULL, NULL },
	{ COOKIE, "a", "1", "Path=/\r\nX: 2", -1, NULL, NULL, NULL },
	{ COOKIE, "a", "1", "Domain=b\n", -1, NULL, NULL, NULL },
	{ COOKIE, "a", "1", "Secure\r\nX: 2", -1, NULL, NULL, NULL },
	{ COOKIE, "a", "1", "Secure;\r\nX: 2", -1, NULL, NULL, NULL },
	{ COOKIE, "a", "1", "Sometimes", -1, NULL, NULL, NULL },
};

static int
run(struct cohort_request *request, const struct edit *edit)
{
	switch (edit->kind) {
	case SET:
		return cohort_reply_set(request, edit->name, edit->value);
	case ADD:
		return cohort_reply_add(request, edit->name, edit->value);
	case REMOVE:
		return cohort_reply_remove(request, edit->name);
	default:
		return cohort_reply_cookie(
		    request, edit->name, edit->value, edit->attributes);
	}
}

static int row;
static bool late; /* edit behind the reply */

static enum cohort_verdict
edit_reply(struct cohort_request *request, void *context)
{
	enum cohort_verdict verdict = COHORT_DONE;

	cohort_reply_set(request, "X", "1");
	ck_assert_str_eq(cohort_reply_get(request, "x"), "1");
	ck_assert_ptr_null(cohort_reply_get(request, "Y"));
	if (late)
		verdict = cohort_reply_text(request, 200, "edited");
	ck_assert_int_eq(run(request, &edits[row]), edits[row].result);
	if (!late)
		verdict = cohort_reply_text(request, 200, "edited");
	return verdict;
}

static enum cohort_verdict
edit_many(struct cohort_request *request, void *context)
{
	int i;

	for (i = 0; i < 100; i++)
		ck_assert_int_eq(cohort_reply_add(request, "X",
				     cohort_format(request, "%d", i)),
		    0);
	return cohort_reply_empty(request, 204);
}

static enum cohort_verdict
stream_then_edit(struct cohort_request *request, void *context)
{
	cohort_reply_set(request, "X", "1");
	ck_assert_int_eq(cohort_stream(request, 200, NULL, -1), 0);
	ck_assert_int_eq(cohort_reply_set(request, "X", "2"), -1);
	return COHORT_DONE;
}

static enum cohort_verdict
refuse_with_fields(struct cohort_request *request, void *context)
{
	cohort_reply_set(request, "WWW-Authenticate", "Basic");
	cohort_reply_set(request, "Cache-Control", "public");
	cohort_reply_set(request, "Content-Encoding", "gzip");
	cohort_reply_set(request, "Content-Security-Policy", "none");
	return context == NULL ? cohort_refuse(request, 401, "%s", "who?") :
				 cohort_fail(request, 503, "%s", "broken");
}

static void
edit_after(struct cohort_request *request, void *context)
{
	if (cohort_header(request, "Spoil") != NULL)
		ck_assert_int_eq(
		    cohort_reply_set(request, "After", "\r\n"), -1);
	else
		ck_assert_int_eq(cohort_reply_set(request, "After", "yes"), 0);
}

static int
set_up(struct cohort_app *app)
{
	cohort_after(app, edit_after, NULL);
	cohort_get(app, "/edit", edit_reply, NULL);
	cohort_get(app, "/many", edit_many, NULL);
	cohort_get(app, "/stream", stream_then_edit, NULL);
	cohort_get(app, "/refuse", refuse_with_fields, NULL);
	cohort_get(app, "/fail", refuse_with_fields, TEXT("fail"));
	return 0;
}

static void
expect_field(struct cohort_test_reply *got, const char *name, size_t index,
    const char *expected)
{
	const char *value = cohort_test_header(got, name, index);

	if (expected == NULL)
		ck_assert_ptr_null(value);
	else
		ck_assert_str_eq(value, expected);
}

START_TEST(fields_are_edited_or_refused)
{
	const struct edit *edit = &edits[_i / 2];
	struct cohort_test_reply *got;

	row = _i / 2;
	late = _i % 2 == 1;
	got = get("/edit");
	expect_field(got, "After", 0, "yes");
	if (edit->result == -1) {
		/* Refusal sticks, whatever follows. */
		expect(got, 500, "500 Internal Server Error\n");
		ck_assert_ptr_nonnull(strstr(
		    cohort_test_log(test), "so the reply becomes a 500"));
		return;
	}
	expect(got, 200, "edited");
	expect_field(got, "X", 0, edit->first);
	expect_field(got, "X", 1, edit->second);
	expect_field(got, "Set-Cookie", 0, edit->cookie);
}
END_TEST

START_TEST(many_fields_are_kept)
{
	struct cohort_test_reply *got = get("/many");
	char number[16];
	int i;

	for (i = 0; i < 100; i++) {
		snprintf(number, sizeof(number), "%d", i);
		expect_field(got, "X", (size_t)i, number);
	}
	expect_field(got, "X", 100, NULL);
}
END_TEST

START_TEST(a_stream_has_its_fields)
{
	struct cohort_test_reply *got = get("/stream");

	expect(got, 200, "");
	expect_field(got, "X", 0, "1");
	expect_field(got, "After", 0, "yes");
	EXPECT_LOG(
	    "error: cohort_reply_set: called when the stream had begun, ");
}
END_TEST

START_TEST(what_after_spoils_is_a_500)
{
	struct cohort_test_reply *got = ask("GET", "/many", "Spoil: yes\n");

	expect(got, 500, "500 Internal Server Error\n");
	EXPECT_LOG("error: cohort_reply_set: field \"After\" refused");
}
END_TEST

/* What described the content that does not go out is gone. */
START_TEST(failures_keep_their_fields)
{
	struct cohort_test_reply *got = get(_i == 0 ? "/refuse" : "/fail");

	expect(got, _i == 0 ? 401 : 503, NULL);
	expect_field(got, "WWW-Authenticate", 0, "Basic");
	expect_field(got, "Content-Security-Policy", 0, "none");
	expect_field(got, "Cache-Control", 0, NULL);
	expect_field(got, "Content-Encoding", 0, NULL);
	cohort_test_log(test);
}
END_TEST

static void
open_fields(void)
{
	open_test(set_up);
}

int
main(void)
{
	Suite *suite = suite_create("app_field");
	TCase *tcase = tcase_create("field");

	tcase_add_checked_fixture(tcase, open_fields, close_test);
	tcase_add_loop_test(tcase, fields_are_edited_or_refused, 0,
	    2 * sizeof(edits) / sizeof(edits[0]));
	tcase_add_test(tcase, many_fields_are_kept);
	tcase_add_test(tcase, a_stream_has_its_fields);
	tcase_add_test(tcase, what_after_spoils_is_a_500);
	tcase_add_loop_test(tcase, failures_keep_their_fields, 0, 2);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
