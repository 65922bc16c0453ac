/* SPDX-License-Identifier: ISC */
#include "service/service_listing.h"

#include <errno.h>

#include "test_service_tree.h"
#include "test_unit.h"

static struct service_root root;
static struct buffer html;

static void
make_tree(void)
{
	struct error error;

	test_make_tree();
	ck_assert_int_eq(service_root_open(test_root, &root, &error), 0);
	buffer_init(&html, 0);
}

static void
remove_tree(void)
{
	buffer_fini(&html);
	service_root_close(&root);
	test_remove_tree();
}

static int
list(const char *path, const char *title, bool hidden)
{
	const struct service_listing listing = { &root, path, title, hidden };

	buffer_clear(&html);
	return service_listing_write(&listing, &html);
}

START_TEST(the_page_is_exactly_this)
{
	test_mkdir("root/sub");
	test_mkdir("root/sub/z dir");
	test_write("root/sub/b.txt", "12345");
	test_write("root/sub/a&<\"'>.txt", "");
	test_write("root/sub/javascript:x?#%", "x");
	test_write("root/sub/.hidden", "x");
	test_set_time("root/sub/z dir", 784111777);
	test_set_time("root/sub/b.txt", 784111777);
	test_set_time("root/sub/a&<\"'>.txt", 0);
	test_set_time("root/sub/javascript:x?#%", 0);
	ck_assert_int_eq(list("sub/", "/at/<sub>/", false), 0);
	ck_assert_str_eq(html.data,
	    "<!DOCTYPE html>\n"
	    "<html lang=\"en\"><head><meta charset=\"utf-8\">"
	    "<title>/at/&lt;sub&gt;/</title></head>\n"
	    "<body><h1>/at/&lt;sub&gt;/</h1>\n"
	    "<table>\n"
	    "<tr><th>Name</th><th>Bytes</th><th>Modified (UTC)</th></tr>\n"
	    "<tr><td><a href=\"../\">../</a></td><td></td><td></td></tr>\n"
	    "<tr><td><a href=\"z%20dir/\">z dir/</a></td><td></td>"
	    "<td>1994-11-06 08:49</td></tr>\n"
	    "<tr><td><a href=\"a%26%3C%22%27%3E.txt\">"
	    "a&amp;&lt;&quot;&#39;&gt;.txt</a></td><td>0</td>"
	    "<td>1970-01-01 00:00</td></tr>\n"
	    "<tr><td><a href=\"b.txt\">b.txt</a></td><td>5</td>"
	    "<td>1994-11-06 08:49</td></tr>\n"
	    "<tr><td><a href=\"javascript%3Ax%3F%23%25\">javascript:x?#%</a>"
	    "</td><td>1</td><td>1970-01-01 00:00</td></tr>\n"
	    "</table>\n"
	    "</body></html>\n");
}
END_TEST

static const struct {
	const char *name;
	bool plain, hidden; /* shown so */
} shown[] = {
	{ ">file<", true, true },
	{ ">inside<", true, true },
	{ ">to-dir/<", true, true },
	{ ">.dot<", false, true },
	{ ">.dots/<", false, true },
	{ ">./<", false, false },
	{ ">../<", false, false },
	{ "back", false, false },
	{ "outside", false, false },
	{ "fifo", false, false },
	{ "dangling", false, false },
	{ "absolute", false, false },
};

START_TEST(only_what_can_be_fetched_is_shown)
{
	test_write("root/file", "");
	test_write("root/.dot", "");
	test_write("root/back\\slash", "");
	test_mkdir("root/.dots");
	test_mkdir("root/dir");
	test_link("file", "root/inside");
	test_link("dir", "root/to-dir");
	test_link("../outside/secret", "root/outside");
	test_link("/etc/passwd", "root/absolute");
	test_link("none", "root/dangling");
	ck_assert_int_eq(mkfifo(test_path("root/fifo"), 0644), 0);
	ck_assert_int_eq(list("", "/", false), 0);
	ck_assert_int_eq(
	    strstr(html.data, shown[_i].name) != NULL, shown[_i].plain);
	ck_assert_int_eq(list("", "/", true), 0);
	ck_assert_int_eq(
	    strstr(html.data, shown[_i].name) != NULL, shown[_i].hidden);
}
END_TEST

START_TEST(links_below_directories_are_followed)
{
	test_mkdir("root/a");
	test_mkdir("root/a/b");
	test_write("root/file", "123456789");
	test_link("../../file", "root/a/b/link");
	ck_assert_int_eq(list("a/b/", "/a/b/", false), 0);
	ck_assert_ptr_nonnull(strstr(html.data, ">link</a></td><td>9</td>"));
}
END_TEST

START_TEST(what_is_no_directory_says_why)
{
	test_write("root/file", "");
	ck_assert_int_eq(list("none/", "/none/", false), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(list("file/", "/file/", false), -1);
	ck_assert_int_eq(errno, ENOTDIR);
	ck_assert_int_eq(list("../", "/", false), -1);
	ck_assert_int_eq(errno, EXDEV);
}
END_TEST

static size_t
count_rows(void)
{
	const char *cursor = html.data;
	size_t count = 0;

	while ((cursor = strstr(cursor, "<tr><td>")) != NULL) {
		cursor++;
		count++;
	}
	return count;
}

START_TEST(a_page_is_bounded)
{
	char name[32];
	int i;

	for (i = 0; i < SERVICE_LISTING_MAX; i++) {
		snprintf(name, sizeof(name), "root/%d", i);
		test_write(name, "");
	}
	ck_assert_int_eq(list("", "/", false), 0);
	ck_assert_uint_eq(count_rows(), SERVICE_LISTING_MAX);
	ck_assert_ptr_null(strstr(html.data, "There are more"));
	test_write("root/one-more", "");
	ck_assert_int_eq(list("", "/", false), 0);
	ck_assert_uint_eq(count_rows(), SERVICE_LISTING_MAX);
	ck_assert_ptr_nonnull(strstr(html.data, "There are more than these"));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("service_listing");
	TCase *tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, make_tree, remove_tree);
	tcase_add_test(tcase, the_page_is_exactly_this);
	tcase_add_loop_test(tcase, only_what_can_be_fetched_is_shown, 0,
	    sizeof(shown) / sizeof(shown[0]));
	tcase_add_test(tcase, links_below_directories_are_followed);
	tcase_add_test(tcase, what_is_no_directory_says_why);
	tcase_add_test(tcase, a_page_is_bounded);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
