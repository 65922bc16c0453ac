/* SPDX-License-Identifier: ISC */
#include "service/service_types.h"

#include "test_service_tree.h"
#include "test_unit.h"

static const struct {
	const char *path, *type;
} known[] = {
	{ "index.html", "text/html; charset=utf-8" },
	{ "a/b.c/page.HTM", "text/html; charset=utf-8" },
	{ "style.css", "text/css; charset=utf-8" },
	{ "app.mjs", "text/javascript; charset=utf-8" },
	{ "data.json", "application/json" },
	{ "logo.svg", "image/svg+xml" },
	{ "photo.JPG", "image/jpeg" },
	{ "archive.tar.gz", "application/gzip" },
	{ "README", "application/octet-stream" },
	{ "", "application/octet-stream" },
	{ "name.", "application/octet-stream" },
	{ ".html", "application/octet-stream" },
	{ "a/.html", "application/octet-stream" },
	{ "html", "application/octet-stream" },
	{ "dir.html/file", "application/octet-stream" },
	{ "x.unheard-of", "application/octet-stream" },
	{ "x.suffix-of-more-than-thirty-one-bytes-html",
	    "application/octet-stream" },
};

static struct service_types *
make(const char *file)
{
	struct service_types *types = NULL;
	struct error error;

	ck_assert_int_eq(service_types_new(file, &types, &error), 0);
	return types;
}

START_TEST(the_table_is_known)
{
	struct service_types *types = make("");

	ck_assert_str_eq(
	    service_types_find(types, known[_i].path), known[_i].type);
	service_types_free(&types);
	ck_assert_ptr_null(types);
}
END_TEST

static const struct {
	const char *suffix;
} listed[] = {
#define TYPE(type, suffixes) { suffixes },
#include "service/service_types.tbl"
#undef TYPE
};

START_TEST(no_suffix_stands_in_the_table_twice)
{
	char all[8192] = " ", one[64], *next, *copy, *word;
	size_t i;

	for (i = 0; i < sizeof(listed) / sizeof(listed[0]); i++) {
		copy = strdup(listed[i].suffix);
		for (word = strtok_r(copy, " ", &next); word != NULL;
		     word = strtok_r(NULL, " ", &next)) {
			snprintf(one, sizeof(one), " %s ", word);
			ck_assert_msg(strstr(all, one) == NULL, "%s", word);
			strcat(all, one + 1);
		}
		free(copy);
	}
}
END_TEST

START_TEST(a_file_goes_before_the_table)
{
	struct service_types *types;

	test_write("types",
	    "# a comment\n\n"
	    "text/x-new\tNEW new2  # more\n"
	    "text/x-again new\n"
	    "application/x-none\n"
	    "application/x-page html\r\n"
	    "chemical/x-last last");
	types = make(test_path("types"));
	ck_assert_str_eq(
	    service_types_find(types, "a.new"), "text/x-new; charset=utf-8");
	ck_assert_str_eq(
	    service_types_find(types, "a.NEW2"), "text/x-new; charset=utf-8");
	ck_assert_str_eq(
	    service_types_find(types, "a.html"), "application/x-page");
	ck_assert_str_eq(
	    service_types_find(types, "a.last"), "chemical/x-last");
	ck_assert_str_eq(service_types_find(types, "a.png"), "image/png");
	service_types_free(&types);
}
END_TEST

START_TEST(the_systems_file_can_be_read)
{
	struct service_types *types;

	if (access("/etc/mime.types", R_OK) == -1)
		return;
	types = make("/etc/mime.types");
	ck_assert_str_eq(service_types_find(types, "a.png"), "image/png");
	service_types_free(&types);
}
END_TEST

static const char *const bad[] = { "text", "text/", "/html", "te(t/x", "a/b/c",
	"text/\"" };

START_TEST(what_is_no_type_is_an_error)
{
	struct service_types *types = NULL;
	struct error error;
	char text[64], expected[128];

	snprintf(text, sizeof(text), "text/plain txt\n%s x\n", bad[_i]);
	snprintf(expected, sizeof(expected), "line 2: \"%s\" is", bad[_i]);
	test_write("types", text);
	ck_assert_int_eq(
	    service_types_new(test_path("types"), &types, &error), -1);
	ck_assert_ptr_nonnull(strstr(error.text, expected));
	ck_assert_ptr_nonnull(strstr(error.text, test_path("types")));
	ck_assert_int_eq(error.kind, ERROR_CONFIG);
}
END_TEST

START_TEST(a_file_that_is_not_there_is_an_error)
{
	struct service_types *types = NULL;
	struct error error;

	ck_assert_int_eq(
	    service_types_new(test_path("none"), &types, &error), -1);
	ck_assert_ptr_nonnull(strstr(error.text, "No such file"));
	ck_assert_int_eq(
	    service_types_new(test_path("root"), &types, &error), -1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("service_types");
	TCase *tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, test_make_tree, test_remove_tree);
	tcase_add_loop_test(
	    tcase, the_table_is_known, 0, sizeof(known) / sizeof(known[0]));
	tcase_add_test(tcase, no_suffix_stands_in_the_table_twice);
	tcase_add_test(tcase, a_file_goes_before_the_table);
	tcase_add_test(tcase, the_systems_file_can_be_read);
	tcase_add_loop_test(tcase, what_is_no_type_is_an_error, 0,
	    sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tcase, a_file_that_is_not_there_is_an_error);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
