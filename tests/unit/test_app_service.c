/* SPDX-License-Identifier: ISC */
#include "app/app_service.h"

#include <stdio.h>

#include "app/app_reply.h"
#include "base/base_memory.h"
#include "test_app_module.h"

/* What a reply is lent: it is spoilt when it is given back. */
struct loan {
	char tag[16], kind[16];
};

static unsigned given_back;

static void
give_back(void *pointer)
{
	memset(pointer, 'x', sizeof(struct loan));
	memory_free(pointer);
	given_back++;
}

static struct cohort_pair
field(const char *name, const char *value)
{
	return (struct cohort_pair) {
		.name = { name, strlen(name) },
		.value = { value, strlen(value) },
	};
}

static enum cohort_verdict
lend(struct cohort_request *request, void *context)
{
	struct loan *loan = memory_alloc(sizeof(*loan));
	struct cohort_pair fields[2];
	enum cohort_verdict verdict;

	strcpy(loan->tag, "\"lent\"");
	strcpy(loan->kind, "of a loan");
	fields[0] = field("ETag", loan->tag);
	fields[1] = field("X-Kind", loan->kind);
	cohort_reply_set(request, "x-kind", "from before");
	cohort_reply_set(request, "X-Other", "stays");
	verdict =
	    app_reply_pieces(request, 304, NULL, NULL, 0, give_back, loan);
	app_service_set_fields(request, fields, 2);
	return verdict;
}

static enum cohort_verdict
tell_path(struct cohort_request *request, void *context)
{
	struct cohort_str path = app_service_path(request);

	ck_assert_ptr_eq(
	    app_service_head(request)->uri.path.data, cohort_path(request));
	ck_assert_uint_eq(path.size, strlen(path.data));
	ck_assert_uint_eq(
	    app_service_now_ms(request), cohort_now_ms(cohort_worker(request)));
	return cohort_reply_text(request, 200, "[%s]", path.data);
}

static void
replace(struct cohort_request *request, void *context)
{
	cohort_reply_text(request, 200, "replaced");
	ck_assert_uint_eq(given_back, 1);
}

static void
spoil(struct cohort_request *request, void *context)
{
	cohort_reply_set(request, "X", "\n");
}

static int
set_up(struct cohort_app *app)
{
	struct cohort_app *replacing = cohort_scope(app, "/replacing");
	struct cohort_app *spoiling = cohort_scope(app, "/spoiling");

	cohort_after(replacing, replace, NULL);
	cohort_after(spoiling, spoil, NULL);
	cohort_get(app, "/lend", lend, NULL);
	cohort_get(replacing, "/lend", lend, NULL);
	cohort_get(spoiling, "/lend", lend, NULL);
	cohort_get(cohort_scope(app, "/a/b"), "/{path}*", tell_path, NULL);
	cohort_get(app, "/{path}*", tell_path, NULL);
	return 0;
}

static void
expect_field(
    const struct cohort_test_reply *reply, const char *name, const char *value)
{
	const char *found = cohort_test_header(reply, name, 0);

	ck_assert_msg(found != NULL && strcmp(found, value) == 0,
	    "%s: %s, not %s", name, found, value);
	ck_assert_ptr_null(cohort_test_header(reply, name, 1));
}

static void
expect_lent_fields(struct cohort_test_reply *reply)
{
	expect_field(reply, "ETag", "\"lent\"");
	expect_field(reply, "X-Kind", "of a loan");
	expect_field(reply, "X-Other", "stays");
	ck_assert_uint_eq(given_back, 1);
}

START_TEST(fields_are_lent_until_the_end)
{
	struct cohort_test_reply *reply = get("/lend");

	expect(reply, 304, "");
	expect_lent_fields(reply);
}
END_TEST

START_TEST(who_replaces_the_reply_has_copies)
{
	struct cohort_test_reply *reply = get("/replacing/lend");

	expect(reply, 200, "replaced");
	expect_lent_fields(reply);
}
END_TEST

START_TEST(an_error_in_its_place_has_copies)
{
	struct cohort_test_reply *reply = get("/spoiling/lend");

	expect(reply, 500, NULL);
	EXPECT_LOG("error: cohort_reply_set: field \"X\" refused");
	ck_assert_ptr_null(cohort_test_header(reply, "ETag", 0));
	expect_field(reply, "X-Kind", "of a loan");
	ck_assert_uint_eq(given_back, 1);
}
END_TEST

static const struct {
	const char *target, *body;
} paths[] = {
	{ "/", "[/]" },
	{ "/x", "[/x]" },
	{ "/x%2fy/z/?query", "[/x/y/z/]" },
	{ "/a/b", "[]" },
	{ "/a/b/", "[/]" },
	{ "/a/%62/c?d", "[/c]" },
	{ "/a/./b//c/d/", "[/c/d/]" },
	{ "/a", "[/a]" },
};

START_TEST(the_path_is_that_behind_the_mount)
{
	expect(get(paths[_i].target), 200, paths[_i].body);
}
END_TEST

static void
open_service(void)
{
	given_back = 0;
	open_test(set_up);
}

int
main(void)
{
	Suite *suite = suite_create("app_service");
	TCase *tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, open_service, close_test);
	tcase_add_test(tcase, fields_are_lent_until_the_end);
	tcase_add_test(tcase, who_replaces_the_reply_has_copies);
	tcase_add_test(tcase, an_error_in_its_place_has_copies);
	tcase_add_loop_test(tcase, the_path_is_that_behind_the_mount, 0,
	    sizeof(paths) / sizeof(paths[0]));
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
