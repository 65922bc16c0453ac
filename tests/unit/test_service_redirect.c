/* SPDX-License-Identifier: ISC */
#include "service/service_redirect.h"

#include "test_service_mount.h"
#include "test_unit.h"

static struct settings settings;
static struct settings_mount mount;

static int
setup(struct cohort_app *app)
{
	return service_redirect_setup(app, &settings, &mount);
}

COHORT_MODULE("test", setup);

static void
set_mount(const char *prefix, const char *target, int status)
{
	static char texts[2][256];

	mount = (struct settings_mount) {
		.prefix = strcpy(texts[0], prefix),
		.service = SETTINGS_SERVICE_REDIRECT,
		.redirect = strcpy(texts[1], target),
		.redirect_status = (uint64_t)status,
	};
}

/* The harness mounts at "/"; of the prefix only the segments matter. */
static const struct {
	const char *prefix, *target;
	int status;
	const char *method, *asked, *location;
} rows[] = {
	{ "/", "/new", 308, "GET", "/", "/new/" },
	{ "/", "/new", 308, "GET", "/a/b?c=d", "/new/a/b?c=d" },
	{ "/", "https://h.example", 301, "HEAD", "/x%20y",
	    "https://h.example/x%20y" },
	{ "/old", "/new", 302, "POST", "/old/a", "/new/a" },
	{ "/old", "/new", 303, "DELETE", "/old", "/new" },
	{ "/old/one", "/", 307, "PUT", "/old/one/a/", "/a/" },
	{ "/", "/", 308, "GET", "//evil.example/%2e%2e", "/" },
	{ "/", "/", 308, "GET", "/a%0d%0aX:%20y", "/a%0D%0AX%3A%20y" },
};

START_TEST(the_rest_of_the_path_is_kept)
{
	struct cohort_test_reply *reply;

	set_mount(rows[_i].prefix, rows[_i].target, rows[_i].status);
	test = cohort_test_open(NULL);
	ck_assert_ptr_nonnull(test);
	reply = test_ask(rows[_i].method, rows[_i].asked, NULL);
	ck_assert_int_eq(cohort_test_status(reply), rows[_i].status);
	test_expect_field(reply, "Location", rows[_i].location);
	test_expect_body(reply, "");
	ck_assert_str_eq(cohort_test_log(test), "");
	ck_assert_int_eq(cohort_test_close(&test), 0);
}
END_TEST

START_TEST(nobody_uploads_in_vain)
{
	struct cohort_test_reply *reply;

	set_mount("/", "/new", 308);
	test = cohort_test_open(NULL);
	reply = cohort_test_begin(test, "POST", "/a",
	    "Content-Length: 1000000000\nExpect: 100-continue", NULL, 0);
	ck_assert_int_eq(cohort_test_status(reply), 308);
	test_expect_field(reply, "Location", "/new/a");
	cohort_test_hang_up(reply);
	ck_assert_int_eq(cohort_test_close(&test), 0);
}
END_TEST

static const char *const bad[] = { "/new?a=b", "/new#a", "/a b", "/a\r\nb",
	"https://h.example/\xc3\xa4" };

START_TEST(a_bad_target_is_an_error)
{
	set_mount("/", bad[_i], 308);
	ck_assert_ptr_null(cohort_test_open(NULL));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("service_redirect");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, the_rest_of_the_path_is_kept, 0,
	    sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(tcase, nobody_uploads_in_vain);
	tcase_add_loop_test(
	    tcase, a_bad_target_is_an_error, 0, sizeof(bad) / sizeof(bad[0]));
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
