/* SPDX-License-Identifier: ISC */
#include "service/service_location.h"

#include "test_service_mount.h"
#include "test_unit.h"

static const struct {
	const char *text;
	bool is_encoded;
} texts[] = {
	{ "", true },
	{ "/a%20b/~c;d=e,f?g=h&i#j", true },
	{ "https://example.org:80/[x]@!$'()*+", true },
	{ "/a b", false },
	{ "/a\tb", false },
	{ "/a\r\nSet-Cookie: b", false },
	{ "/\x7f", false },
	{ "/\xc3\xa4", false },
	{ "/\"", false },
	{ "/<", false },
	{ "/\\", false },
	{ "/^`{|}", false },
};

START_TEST(only_uris_are_encoded)
{
	ck_assert_int_eq(
	    service_location_is_encoded(texts[_i].text), texts[_i].is_encoded);
}
END_TEST

static const struct {
	const char *prefix;
	size_t count;
} prefixes[] = {
	{ "", 0 },
	{ "/", 0 },
	{ "/a", 1 },
	{ "/a/", 1 },
	{ "/a/b", 2 },
	{ "/{user}/b c/d", 3 },
};

START_TEST(segments_of_prefixes_are_counted)
{
	ck_assert_uint_eq(
	    service_location_count(prefixes[_i].prefix), prefixes[_i].count);
}
END_TEST

static const struct {
	const char *target, *base;
	size_t skip;
	bool is_directory;
	const char *location;
} locations[] = {
	{ "/dir", "", 0, true, "/dir/" },
	{ "/dir?a=b&c", "", 0, true, "/dir/?a=b&c" },
	{ "/dir?", "", 0, true, "/dir/?" },
	{ "//evil.example", "", 0, true, "/evil.example/" },
	{ "/%2f%2Fevil.example", "", 0, true, "/%2F%2Fevil.example/" },
	{ "/\\evil.example", "", 0, true, "/%5Cevil.example/" },
	{ "/a/./b/../c//d", "", 0, true, "/a/c/d/" },
	{ "/%61%20b%c3%a4%0d%0a", "", 0, true, "/a%20b%C3%A4%0D%0A/" },
	{ "http://h/dir?x", "", 0, true, "/dir/?x" },
	{ "/?", "", 0, true, "/?" },
	{ "/a?\"<>{|}^`'\\", "", 0, true, "/a/?%22%3C%3E%7B%7C%7D%5E%60'%5C" },
	{ "/old", "/new", 1, false, "/new" },
	{ "/old/", "/new", 1, false, "/new/" },
	{ "/old/a/b?c", "/new", 1, false, "/new/a/b?c" },
	{ "/old/a/", "/new/", 1, false, "/new/a/" },
	{ "/old", "/new/", 1, false, "/new/" },
	{ "/old?x", "/", 1, false, "/?x" },
	{ "/old/a%2fb", "/", 1, false, "/a%2Fb" },
	{ "/old//evil.example", "/", 1, false, "/evil.example" },
	{ "/", "https://h.example", 0, false, "https://h.example/" },
	{ "/a", "https://h.example/", 0, false, "https://h.example/a" },
};

static enum cohort_verdict
locate(struct cohort_request *request, void *context)
{
	int row = *(const int *)context;

	return service_location_send(request, 301, locations[row].base,
	    locations[row].skip, locations[row].is_directory);
}

static int row_asked;

static int
setup(struct cohort_app *app)
{
	return cohort_get(app, "/{path}*", locate, &row_asked);
}

COHORT_MODULE("test", setup);

START_TEST(the_path_is_made_anew)
{
	struct cohort_test_reply *reply;

	row_asked = _i;
	test = cohort_test_open(NULL);
	reply = test_get(locations[_i].target);
	ck_assert_int_eq(cohort_test_status(reply), 301);
	test_expect_field(reply, "Location", locations[_i].location);
	ck_assert_int_eq(cohort_test_close(&test), 0);
}
END_TEST

START_TEST(no_location_is_too_long)
{
	char target[6001];
	struct cohort_test_reply *reply;

	row_asked = 0;
	test = cohort_test_open(NULL);
	memset(target, '!', sizeof(target));
	target[0] = '/';
	target[5000] = '\0';
	reply = test_get(target);
	ck_assert_int_eq(cohort_test_status(reply), 301);
	ck_assert_uint_eq(
	    strlen(cohort_test_header(reply, "Location", 0)), 1 + 3 * 4999 + 1);
	target[5000] = '!';
	target[6000] = '\0';
	reply = test_get(target);
	ck_assert_int_eq(cohort_test_status(reply), 414);
	cohort_test_log(test);
	ck_assert_int_eq(cohort_test_close(&test), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("service_location");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(
	    tcase, only_uris_are_encoded, 0, sizeof(texts) / sizeof(texts[0]));
	tcase_add_loop_test(tcase, segments_of_prefixes_are_counted, 0,
	    sizeof(prefixes) / sizeof(prefixes[0]));
	tcase_add_loop_test(tcase, the_path_is_made_anew, 0,
	    sizeof(locations) / sizeof(locations[0]));
	tcase_add_test(tcase, no_location_is_too_long);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
