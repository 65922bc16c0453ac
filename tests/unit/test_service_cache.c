/* SPDX-License-Identifier: ISC */
#include "service/service_cache.h"

#include <errno.h>
#include <sys/resource.h>

#include "test_service_tree.h"
#include "test_unit.h"

#define CAPACITY 4
#define VALID_MS 1000

static struct service_root root;
static struct service_types *types;
static struct service_cache *cache;

static void
make_cache(size_t capacity, uint64_t valid_ms)
{
	if (cache != NULL)
		service_cache_free(&cache);
	cache = service_cache_new(&root, types, capacity, valid_ms);
}

static void
make_tree(void)
{
	struct error error;
	char name[32];
	int i;

	test_make_tree();
	for (i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "root/%d", i);
		test_write(name, name + 5);
	}
	test_write_large("root/large", 20000);
	test_let_settle();
	ck_assert_int_eq(service_root_open(test_root, &root, &error), 0);
	ck_assert_int_eq(service_types_new("", &types, &error), 0);
	make_cache(CAPACITY, VALID_MS);
}

static void
remove_tree(void)
{
	service_cache_free(&cache);
	ck_assert_ptr_null(cache);
	service_types_free(&types);
	service_root_close(&root);
	test_remove_tree();
}

/* The file, whose reference is given back: it stays if the cache has it. */
static const struct service_file *
look(const char *path, uint64_t now_ms)
{
	struct service_file *file = service_cache_get(cache, path, now_ms);

	ck_assert_msg(file != NULL, "%s: %s", path, strerror(errno));
	ck_assert_str_eq(file->path, path);
	ck_assert_uint_gt(file->references, 1);
	service_file_release(file);
	return file;
}

static void
expect_content(const char *path, uint64_t now_ms, const char *content)
{
	struct service_file *file = service_cache_get(cache, path, now_ms);

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(file->size, (int64_t)strlen(content));
	ck_assert_mem_eq(file->content, content, strlen(content));
	service_file_release(file);
}

START_TEST(a_valid_file_is_not_looked_at)
{
	const struct service_file *file = look("1", 5000);
	struct service_root gone = root;

	root.fd = -1; /* every system call would fail */
	ck_assert_ptr_eq(look("1", 5000), file);
	ck_assert_ptr_eq(look("1", 5000 + VALID_MS - 1), file);
	ck_assert_ptr_null(service_cache_get(cache, "1", 5000 + VALID_MS));
	root = gone;
	ck_assert_uint_eq(service_cache_count(cache), 0);
}
END_TEST

START_TEST(an_unchanged_file_stays)
{
	const struct service_file *file = look("1", 0);
	struct service_root gone = root;

	ck_assert_ptr_eq(look("1", VALID_MS), file);
	root.fd = -1;
	ck_assert_ptr_eq(look("1", 2 * VALID_MS - 1), file);
	root = gone;
	ck_assert_uint_eq(service_cache_count(cache), 1);
}
END_TEST

/* Its times would be those of a change that came right behind. */
START_TEST(a_file_just_changed_is_read_anew)
{
	struct service_file *file = NULL;
	uint64_t now_ms = 0;

	do {
		if (file != NULL)
			service_file_release(file);
		test_write("root/1", "changed");
		file = service_cache_get(cache, "1", now_ms += VALID_MS);
		ck_assert_ptr_nonnull(file);
	} while (!file->is_young);
	test_let_settle();
	ck_assert_ptr_eq(look("1", now_ms + VALID_MS - 1), file);
	ck_assert_ptr_ne(look("1", now_ms += VALID_MS), file);
	service_file_release(file);
	file = service_cache_get(cache, "1", now_ms);
	ck_assert(!file->is_young);
	ck_assert_ptr_eq(look("1", now_ms + VALID_MS), file);
	service_file_release(file);
}
END_TEST

START_TEST(a_changed_file_is_read_anew)
{
	expect_content("1", 0, "1");
	test_write("root/1", "changed");
	expect_content("1", VALID_MS - 1, "1");
	expect_content("1", VALID_MS, "changed");
	ck_assert_uint_eq(service_cache_count(cache), 1);

	test_write("root/new", "replaced");
	ck_assert_int_eq(rename(test_path("root/new"), test_path("root/1")), 0);
	expect_content("1", 3 * VALID_MS, "replaced");

	ck_assert_int_eq(unlink(test_path("root/1")), 0);
	ck_assert_ptr_null(service_cache_get(cache, "1", 5 * VALID_MS));
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_uint_eq(service_cache_count(cache), 0);
}
END_TEST

START_TEST(a_file_may_be_looked_at_before)
{
	struct service_file *file;

	expect_content("1", 0, "1");
	file = service_cache_get_current(cache, "1", 1, 0);
	ck_assert_ptr_eq(look("1", 1 + VALID_MS - 1), file);
	service_file_release(file);
	test_write("root/1", "changed");
	expect_content("1", 2, "1");
	file = service_cache_get_current(cache, "1", 2, 0);
	ck_assert_mem_eq(file->content, "changed", 7);
	service_file_release(file);
	ck_assert_int_eq(unlink(test_path("root/1")), 0);
	expect_content("1", 3, "changed");
	ck_assert_ptr_null(service_cache_get_current(cache, "1", 3, 0));
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

static const struct service_file *
look_in_turn(uint64_t now_ms, uint64_t turn)
{
	struct service_file *file =
	    service_cache_get_current(cache, "1", now_ms, turn);

	if (file != NULL)
		service_file_release(file);
	return file;
}

START_TEST(a_file_is_looked_at_once_in_a_turn)
{
	const struct service_file *file = look("1", 0);
	struct service_root gone = root;

	ck_assert_ptr_eq(look_in_turn(1, 7), file);
	root.fd = -1;
	ck_assert_ptr_eq(look_in_turn(1, 7), file);
	ck_assert_ptr_eq(look_in_turn(1 + VALID_MS, 7), file);
	root = gone;
	test_write("root/1", "changed");
	ck_assert_mem_eq(look_in_turn(1, 7)->content, "1", 1);
	ck_assert_mem_eq(look_in_turn(1, 8)->content, "changed", 7);
	root.fd = -1;
	ck_assert_ptr_nonnull(look_in_turn(1, 8));
	ck_assert_ptr_null(look_in_turn(1, 0));
	root = gone;
}
END_TEST

/* Opening it was a look, also where a later one would tell nothing. */
START_TEST(a_file_is_opened_once_in_a_turn)
{
	struct service_root gone = root;

	ck_assert_ptr_nonnull(look_in_turn(0, 7));
	root.fd = -1;
	ck_assert_ptr_nonnull(look_in_turn(0, 7));
	ck_assert_ptr_null(look_in_turn(0, 8));
	ck_assert_ptr_null(look_in_turn(0, 8));
	root = gone;
}
END_TEST

/* A look for nobody's turn is of no turn, nor of the last one. */
START_TEST(a_look_of_no_turn_is_nobody_elses)
{
	struct service_root gone = root;

	ck_assert_ptr_nonnull(look_in_turn(0, 7));
	ck_assert_ptr_nonnull(look_in_turn(0, 0));
	root.fd = -1;
	ck_assert_ptr_null(look_in_turn(0, 0));
	root = gone;
}
END_TEST

START_TEST(a_file_that_becomes_a_link_outside_is_refused)
{
	expect_content("1", 0, "1");
	ck_assert_int_eq(unlink(test_path("root/1")), 0);
	test_link("../outside/secret", "root/1");
	ck_assert_ptr_null(service_cache_get(cache, "1", VALID_MS));
	ck_assert_int_eq(errno, EXDEV);
}
END_TEST

START_TEST(without_validity_every_use_looks)
{
	make_cache(CAPACITY, 0);
	expect_content("1", 7, "1");
	test_write("root/1", "changed");
	expect_content("1", 7, "changed");
}
END_TEST

START_TEST(the_least_recently_used_goes)
{
	const char *const names[] = { "0", "1", "2", "3" };
	const struct service_file *kept[4];
	size_t i;

	for (i = 0; i < 4; i++)
		kept[i] = look(names[i], i);
	ck_assert_uint_eq(service_cache_count(cache), CAPACITY);
	ck_assert_ptr_eq(look("0", 10), kept[0]);
	look("4", 11);
	ck_assert_uint_eq(service_cache_count(cache), CAPACITY);
	root.fd = -1;
	ck_assert_ptr_eq(look("0", 12), kept[0]);
	ck_assert_ptr_eq(look("2", 13), kept[2]);
	ck_assert_ptr_eq(look("3", 14), kept[3]);
	ck_assert_ptr_null(service_cache_get(cache, "1", 15));
}
END_TEST

START_TEST(many_files_are_bounded)
{
	char name[16];
	int i;

	make_cache(3, VALID_MS);
	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "%d", (i * 7) % 10);
		look(name, (uint64_t)i * 10);
		ck_assert_uint_le(service_cache_count(cache), 3);
	}
	ck_assert_uint_eq(service_cache_count(cache), 3);
}
END_TEST

START_TEST(none_may_be_kept)
{
	struct service_file *file;

	make_cache(0, VALID_MS);
	file = service_cache_get(cache, "1", 0);
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(file->references, 1);
	ck_assert_uint_eq(service_cache_count(cache), 0);
	service_file_release(file);
}
END_TEST

START_TEST(idle_files_go)
{
	look("1", 0);
	look("2", 30000);
	look("3", 59999);
	ck_assert_uint_eq(service_cache_count(cache), 3);
	look("4", 60001);
	ck_assert_uint_eq(service_cache_count(cache), 3);
	look("5", 200000);
	ck_assert_uint_eq(service_cache_count(cache), 1);
}
END_TEST

START_TEST(a_file_in_use_outlives_the_cache)
{
	struct service_file *file = service_cache_get(cache, "large", 0);
	char byte;

	ck_assert_ptr_nonnull(file);
	make_cache(CAPACITY, VALID_MS);
	ck_assert_uint_eq(file->references, 1);
	ck_assert_int_eq(pread(file->fd, &byte, 1, 17), 1);
	ck_assert_int_eq(byte, test_byte(17));
	service_file_release(file);
}
END_TEST

START_TEST(the_cache_gives_up_descriptors)
{
	const struct rlimit limit = { 64, 64 };
	int fd;

	look("large", 0);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	while (dup(0) != -1)
		;
	look("1", 0);
	ck_assert_uint_eq(service_cache_count(cache), 1);
	for (fd = 32; fd < 64; fd++)
		close(fd);
}
END_TEST

START_TEST(directories_are_not_kept)
{
	test_mkdir("root/dir");
	ck_assert_ptr_null(service_cache_get(cache, "dir", 0));
	ck_assert_int_eq(errno, EISDIR);
	ck_assert_uint_eq(service_cache_count(cache), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("service_cache");
	TCase *tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, make_tree, remove_tree);
	tcase_add_test(tcase, a_valid_file_is_not_looked_at);
	tcase_add_test(tcase, an_unchanged_file_stays);
	tcase_add_test(tcase, a_file_just_changed_is_read_anew);
	tcase_add_test(tcase, a_changed_file_is_read_anew);
	tcase_add_test(tcase, a_file_may_be_looked_at_before);
	tcase_add_test(tcase, a_file_is_looked_at_once_in_a_turn);
	tcase_add_test(tcase, a_file_is_opened_once_in_a_turn);
	tcase_add_test(tcase, a_look_of_no_turn_is_nobody_elses);
	tcase_add_test(tcase, a_file_that_becomes_a_link_outside_is_refused);
	tcase_add_test(tcase, without_validity_every_use_looks);
	tcase_add_test(tcase, the_least_recently_used_goes);
	tcase_add_test(tcase, many_files_are_bounded);
	tcase_add_test(tcase, none_may_be_kept);
	tcase_add_test(tcase, idle_files_go);
	tcase_add_test(tcase, a_file_in_use_outlives_the_cache);
	tcase_add_test(tcase, the_cache_gives_up_descriptors);
	tcase_add_test(tcase, directories_are_not_kept);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
