/* SPDX-License-Identifier: ISC */
#include "service/service_file.h"

#include <errno.h>
#include <time.h>

#include "base/base_memory.h"
#include "test_service_tree.h"
#include "test_unit.h"

static struct service_root root;
static struct service_types *types;

static void
make_tree(void)
{
	struct error error;

	test_make_tree();
	ck_assert_int_eq(service_root_open(test_root, &root, &error), 0);
	ck_assert_int_eq(service_types_new("", &types, &error), 0);
}

static void
remove_tree(void)
{
	service_types_free(&types);
	service_root_close(&root);
	test_remove_tree();
}

static struct service_file *
open_file(const char *path)
{
	return service_file_open(&root, types, path);
}

START_TEST(a_small_file_is_kept_in_memory)
{
	struct service_file *file;
	struct app_piece piece;

	test_write("root/a.txt", "0123456789");
	test_set_time("root/a.txt", 784111777);
	file = open_file("a.txt");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(file->fd, -1);
	ck_assert_int_eq(file->size, 10);
	ck_assert_str_eq(file->type, "text/plain; charset=utf-8");
	ck_assert_str_eq(file->modified, "Sun, 06 Nov 1994 08:49:37 GMT");
	piece = service_file_piece(file, 2, 3);
	ck_assert_mem_eq(piece.data, "234", 3);
	ck_assert_int_eq(piece.size, 3);
	service_file_release(file);
}
END_TEST

static const size_t sizes[] = { 0, 1, SERVICE_FILE_CONTENT_MAX,
	SERVICE_FILE_CONTENT_MAX + 1, 100000 };

START_TEST(size_decides_where_the_bytes_are)
{
	bool is_small = sizes[_i] <= SERVICE_FILE_CONTENT_MAX;
	struct service_file *file;
	struct app_piece piece;

	test_write_large("root/a", sizes[_i]);
	file = open_file("a");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(file->size, (int64_t)sizes[_i]);
	ck_assert_int_eq(file->fd == -1, is_small);
	piece = service_file_piece(file, 0, file->size);
	ck_assert_int_eq(piece.data != NULL, is_small);
	ck_assert_int_eq(piece.fd, file->fd);
	if (is_small && sizes[_i] > 0)
		ck_assert_int_eq(((const char *)piece.data)[sizes[_i] - 1],
		    test_byte(sizes[_i] - 1));
	service_file_release(file);
}
END_TEST

START_TEST(the_tag_follows_the_file)
{
	struct service_file *file, *other;
	struct stat status;
	char expected[128];

	test_write("root/a", "one");
	test_set_time("root/a", 1000);
	ck_assert_int_eq(stat(test_path("root/a"), &status), 0);
	snprintf(expected, sizeof(expected), "\"%lx-3-%llx\"",
	    (unsigned long)status.st_ino, 1000000000000ull);
	file = open_file("a");
	ck_assert_str_eq(file->etag, expected);
	ck_assert(service_file_is_current(file, &status));

	test_set_time("root/a", 1001);
	other = open_file("a");
	ck_assert_str_ne(file->etag, other->etag);
	ck_assert(!service_file_is_current(file, &other->status));
	service_file_release(other);

	test_write("root/a", "more");
	test_set_time("root/a", 1000);
	other = open_file("a");
	ck_assert_str_ne(file->etag, other->etag);
	service_file_release(other);

	test_write("root/b", "one");
	test_set_time("root/b", 1000);
	other = open_file("b");
	ck_assert_str_ne(file->etag, other->etag);
	ck_assert(!service_file_is_current(file, &other->status));
	service_file_release(other);
	service_file_release(file);
}
END_TEST

START_TEST(a_change_of_permissions_is_a_change)
{
	struct service_file *file;
	struct stat status;

	test_write("root/a", "one");
	file = open_file("a");
	while (stat(test_path("root/a"), &status) == 0 &&
	    service_file_is_current(file, &status))
		chmod(test_path("root/a"), 0600);
	service_file_release(file);
}
END_TEST

START_TEST(no_file_is_modified_in_the_future)
{
	struct service_file *file;
	time_t date;

	test_write("root/a", "one");
	test_set_time("root/a", time(NULL) + 100000);
	file = open_file("a");
	ck_assert_int_eq(http_date_parse(file->modified, strlen(file->modified),
			     time(NULL), &date),
	    0);
	ck_assert_int_le(date, time(NULL));
	ck_assert_int_ge(date, time(NULL) - 10);
	service_file_release(file);
}
END_TEST

START_TEST(references_are_counted)
{
	struct service_file *file;
	char byte;

	test_write_large("root/a", 20000);
	file = open_file("a");
	ck_assert_ptr_eq(service_file_hold(file), file);
	service_file_release(file);
	ck_assert_int_eq(pread(file->fd, &byte, 1, 5), 1);
	ck_assert_int_eq(byte, test_byte(5));
	service_file_release(file);
}
END_TEST

START_TEST(what_is_no_file_says_why)
{
	test_mkdir("root/dir");
	ck_assert_ptr_null(open_file("dir"));
	ck_assert_int_eq(errno, EISDIR);
	ck_assert_ptr_null(open_file("none"));
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_ptr_null(open_file("../outside/secret"));
	ck_assert_int_eq(errno, EXDEV);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("service_file");
	TCase *tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, make_tree, remove_tree);
	tcase_add_test(tcase, a_small_file_is_kept_in_memory);
	tcase_add_loop_test(tcase, size_decides_where_the_bytes_are, 0,
	    sizeof(sizes) / sizeof(sizes[0]));
	tcase_add_test(tcase, the_tag_follows_the_file);
	tcase_add_test(tcase, a_change_of_permissions_is_a_change);
	tcase_add_test(tcase, no_file_is_modified_in_the_future);
	tcase_add_test(tcase, references_are_counted);
	tcase_add_test(tcase, what_is_no_file_says_why);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
