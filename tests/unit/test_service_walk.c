/* SPDX-License-Identifier: ISC */
/*
 * What leads where is tested in test_service_open.c, beside openat2.
 */
#include "service/service_walk.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>

#include "test_service_tree.h"
#include "test_unit.h"

static int root;

static void
make_tree(void)
{
	test_make_tree();
	root = open(test_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ne(root, -1);
}

static void
remove_tree(void)
{
	close(root);
	test_remove_tree();
}

/* Does it open?  Else errno is told. */
static int
try(const char *path)
{
	int fd = service_walk(root, path, O_RDONLY);

	if (fd == -1)
		return errno;
	ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
	return 0;
}

START_TEST(depth_is_bounded)
{
	char path[2 * 200 + 1], name[512];
	int i;

	for (i = 0; i < 200; i++)
		memcpy(path + 2 * i, "d/", 3);
	for (i = 1; i <= 200; i++) {
		snprintf(name, sizeof(name), "root/%.*s", 2 * i, path);
		test_mkdir(name);
	}
	ck_assert_int_eq(try(path), ELOOP);
	path[2 * 128] = '\0';
	ck_assert_int_eq(try(path), 0);
}
END_TEST

START_TEST(links_are_bounded)
{
	char name[32], target[32];
	int i;

	test_write("root/0", "");
	for (i = 1; i <= 41; i++) {
		snprintf(name, sizeof(name), "root/%d", i);
		snprintf(target, sizeof(target), "%d", i - 1);
		test_link(target, name);
	}
	ck_assert_int_eq(try("40"), 0);
	ck_assert_int_eq(try("41"), ELOOP);
}
END_TEST

START_TEST(links_may_make_a_path_too_long)
{
	char target[PATH_MAX];
	size_t i;

	test_mkdir("root/d");
	test_write("root/d/file", "");
	for (i = 0; i + 2 < 4000; i += 2)
		memcpy(target + i, "./", 2);
	strcpy(target + i, "d");
	test_link(target, "root/link");
	ck_assert_int_eq(try("link"), 0);
	ck_assert_int_eq(try("link/file"), 0);
	for (i = 0; i + 2 < 400; i += 2)
		memcpy(target + i, "./", 2);
	memcpy(target, "link/", 5);
	target[400] = '\0';
	ck_assert_int_eq(try(target), ENAMETOOLONG);
}
END_TEST

START_TEST(some_paths_are_none)
{
	ck_assert_int_eq(try(""), ENOENT);
	ck_assert_int_eq(try("/"), EXDEV);
	ck_assert_int_eq(try("/etc"), EXDEV);
	ck_assert_int_eq(try("."), 0);
	ck_assert_int_eq(try("./"), 0);
	ck_assert_int_eq(try(".."), EXDEV);
	ck_assert_int_eq(try("./.."), EXDEV);
}
END_TEST

static bool stop;

/* A directory that is now below the root's, now outside. */
static void *
rename_for_ever(void *context)
{
	char names[2][PATH_MAX];

	strcpy(names[0], test_path("root/a/b"));
	strcpy(names[1], test_path("outside/b"));
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		rename(names[0], names[1]);
		rename(names[1], names[0]);
	}
	return NULL;
}

START_TEST(nobody_who_renames_leads_it_out)
{
	pthread_t thread;
	int i, result;

	test_mkdir("root/a");
	test_mkdir("root/a/b");
	test_mkdir("root/a/b/c");
	test_write("outside/file", "outside");
	ck_assert_int_eq(
	    pthread_create(&thread, NULL, rename_for_ever, NULL), 0);
	for (i = 0; i < 3000; i++) {
		result = try("a/b/c/../../../file");
		ck_assert_int_eq(result, ENOENT);
		result = try("a/b/c/../../../../outside/file");
		ck_assert(result == EXDEV || result == ENOENT);
		result = try("a/b/../file");
		ck_assert_int_eq(result, ENOENT);
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("service_walk");
	TCase *tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, make_tree, remove_tree);
	tcase_add_test(tcase, depth_is_bounded);
	tcase_add_test(tcase, links_are_bounded);
	tcase_add_test(tcase, links_may_make_a_path_too_long);
	tcase_add_test(tcase, some_paths_are_none);
	tcase_add_test(tcase, nobody_who_renames_leads_it_out);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
