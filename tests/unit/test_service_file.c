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

/* The tag of path, from a file opened now. */
static const char *
tag_of(const char *path)
{
	static char tags[2][SERVICE_TAG_SIZE];
	static unsigned next;
	struct service_file *file = open_file(path);
	char *tag = tags[next++ % 2];

	ck_assert_ptr_nonnull(file);
	strcpy(tag, file->etag);
	service_file_release(file);
	return tag;
}

/* In the same tick, of the same size, with the same time. */
START_TEST(the_tag_of_a_small_file_is_its_content)
{
	const char *tag;

	test_write("root/a", "one");
	test_set_time("root/a", 1000);
	tag = tag_of("a");
	ck_assert_str_eq(tag_of("a"), tag);
	tag = tag_of("a");
	test_write("root/a", "two");
	test_set_time("root/a", 1000);
	ck_assert_str_ne(tag_of("a"), tag);
	tag = tag_of("a");
	test_set_time("root/a", 1001);
	ck_assert_str_eq(tag_of("a"), tag);
}
END_TEST

START_TEST(the_tag_of_a_large_file_follows_its_changes)
{
	const char *tag;

	test_write_large("root/a", 20000);
	test_set_time("root/a", 1000);
	tag = tag_of("a");
	test_write_large("root/a", 20000);
	test_set_time("root/a", 1000);
	ck_assert_str_ne(tag_of("a"), tag);
	test_let_settle();
	tag = tag_of("a");
	ck_assert_str_eq(tag_of("a"), tag);
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

static const struct {
	int age;
	const char *modified;
} ages[] = {
	{ 1000, "Sun, 06 Nov 1994 08:49:37 GMT" },
	{ 1, "Sun, 06 Nov 1994 08:49:37 GMT" },
	{ 0, "Sun, 06 Nov 1994 08:49:37 GMT" },
	{ -1, "Sun, 06 Nov 1994 08:49:36 GMT" },
	{ -1000, "Sun, 06 Nov 1994 08:32:57 GMT" },
};

START_TEST(no_file_is_modified_in_the_future)
{
	char room[HTTP_DATE_SIZE + 1];
	struct service_file *file;

	test_write("root/a", "one");
	test_set_time("root/a", 784111777);
	file = open_file("a");
	ck_assert_str_eq(
	    service_file_modified(file, 784111777 + ages[_i].age, room),
	    ages[_i].modified);
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
	tcase_add_test(tcase, the_tag_of_a_small_file_is_its_content);
	tcase_add_test(tcase, the_tag_of_a_large_file_follows_its_changes);
	tcase_add_test(tcase, a_change_of_permissions_is_a_change);
	tcase_add_loop_test(tcase, no_file_is_modified_in_the_future, 0,
	    sizeof(ages) / sizeof(ages[0]));
	tcase_add_test(tcase, references_are_counted);
	tcase_add_test(tcase, what_is_no_file_says_why);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
