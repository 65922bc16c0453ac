/* SPDX-License-Identifier: ISC */
#include "master/master_mounts.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base_memory.h"
#include "master/master_private.h"
#include "test_unit.h"

static char directory[] = "/tmp/cohort-test-XXXXXX";
static struct list cohorts;
static struct error error;

static void
write_file(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void
set_up(void)
{
	list_init(&cohorts);
	ck_assert_ptr_nonnull(mkdtemp(directory));
	ck_assert_int_eq(chdir(directory), 0);
	write_file("a.so", "code of a");
	write_file("b.so", "code of b");
}

static void
tear_down(void)
{
	unlink("a.so");
	unlink("b.so");
	ck_assert_int_eq(chdir("/"), 0);
	rmdir(directory);
}

struct place {
	const char *host, *prefix, *module;
};

static struct settings *
settings_of(const struct place *places, size_t count)
{
	struct settings *settings = settings_new();
	struct settings_host *host;
	struct settings_mount *mount;
	size_t i;

	for (i = 0; i < count; i++) {
		host = settings_find_host(settings, places[i].host);
		if (host == NULL)
			host = settings_add_host(settings, places[i].host);
		mount = settings_add_mount(settings, host, host->mount_count,
		    places[i].prefix, "test");
		ck_assert_ptr_nonnull(mount);
		if (places[i].module != NULL)
			mount->module = memory_copy_text(places[i].module);
	}
	return settings;
}

static struct master_mounts *
mounts_of(const struct place *places, size_t count)
{
	struct settings *settings = settings_of(places, count);
	struct master_mounts *mounts;

	ck_assert_msg(
	    master_mounts_new(settings, &cohorts, &mounts, &error) == 0, "%s",
	    error.text);
	settings_free(&settings);
	return mounts;
}

START_TEST(the_same_place_with_the_same_bytes_is_the_same)
{
	const struct place before[] = {
		{ "*", "/a", "a.so" },
		{ "*", "/b", "b.so" },
		{ "*", "/files", NULL },
	};
	const struct place after[] = {
		{ "*", "/new", "b.so" },
		{ "*", "/files", NULL },
		{ "*", "/a", "b.so" },
		{ "*", "/b", "b.so" },
	};
	struct master_mounts *old = mounts_of(before, 3), *new;

	new = mounts_of(after, 4);
	ck_assert_uint_eq(old->count, 4);
	ck_assert_uint_eq(master_mounts_find(new, old, 0), 0);
	ck_assert_uint_eq(master_mounts_find(new, old, 1), 0);
	ck_assert_uint_eq(master_mounts_find(new, old, 2), 4);
	ck_assert_uint_eq(master_mounts_find(new, old, 3), 2);
	/* As a worker may say. */
	ck_assert_uint_eq(master_mounts_find(new, old, 4), 0);
	ck_assert_uint_eq(master_mounts_find(new, old, UINT16_MAX), 0);
	master_mounts_release(&old);
	master_mounts_release(&new);
}
END_TEST

START_TEST(another_host_is_another_place)
{
	const struct place before = { "one.example", "/a", "a.so" };
	const struct place after = { "two.example", "/a", "a.so" };
	struct master_mounts *old = mounts_of(&before, 1), *new;

	new = mounts_of(&after, 1);
	ck_assert_uint_eq(master_mounts_find(new, old, 1), 0);
	master_mounts_release(&old);
	master_mounts_release(&new);
}
END_TEST

START_TEST(changed_bytes_are_another_module)
{
	const struct place place = { "*", "/a", "a.so" };
	struct master_mounts *old = mounts_of(&place, 1), *new;

	write_file("a.so", "code of A");
	new = mounts_of(&place, 1);
	ck_assert_uint_eq(master_mounts_find(new, old, 1), 0);
	master_mounts_release(&new);
	write_file("a.so", "code of a");
	new = mounts_of(&place, 1);
	ck_assert_uint_eq(master_mounts_find(new, old, 1), 1);
	master_mounts_release(&new);
	master_mounts_release(&old);
}
END_TEST

/* With nothing left open. */
START_TEST(what_cannot_be_read_is_an_error)
{
	const struct place places[] = {
		{ "*", "/a", "a.so" },
		{ "*", "/none", "none.so" },
	};
	struct settings *settings = settings_of(places, 2);
	struct master_mounts *mounts;
	int next = dup(0);

	close(next);
	ck_assert_int_eq(
	    master_mounts_new(settings, &cohorts, &mounts, &error), -1);
	ck_assert_str_eq(error.text,
	    "test: mount \"/none\": none.so: No such file or directory");
	ck_assert_int_eq(error.kind, ERROR_CONFIG);
	ck_assert_int_eq(dup(0), next);
	close(next);
	settings_free(&settings);
}
END_TEST

START_TEST(each_path_is_read_once)
{
	const struct place places[] = {
		{ "one.example", "/a", "a.so" },
		{ "two.example", "/a", "a.so" },
		{ "two.example", "/b", "b.so" },
		{ "two.example", "/c", "./a.so" },
	};
	struct master_mounts *mounts = mounts_of(places, 4);

	ck_assert_uint_eq(mounts->pin_count, 3);
	ck_assert_ptr_eq(mounts->mounts[1].pin, mounts->mounts[2].pin);
	ck_assert_ptr_ne(mounts->mounts[1].pin, mounts->mounts[4].pin);
	ck_assert_ptr_eq(
	    master_mounts_pin(mounts, "b.so"), mounts->mounts[3].pin);
	ck_assert_ptr_null(master_mounts_pin(mounts, "c.so"));
	master_mounts_release(&mounts);
}
END_TEST

/* The cohorts of that list live. */
START_TEST(the_same_bytes_are_shared)
{
	const struct place places[] = {
		{ "*", "/a", "a.so" },
		{ "*", "/b", "b.so" },
	};
	struct master_cohort one = { .mounts = mounts_of(places, 2) }, two;
	struct master_mounts *third;

	list_append(&cohorts, &one.link);
	write_file("a.so", "code of A");
	two.mounts = mounts_of(places, 2);
	list_append(&cohorts, &two.link);
	ck_assert_ptr_ne(one.mounts->pins[0], two.mounts->pins[0]);
	ck_assert_ptr_eq(one.mounts->pins[1], two.mounts->pins[1]);
	ck_assert_uint_eq(one.mounts->pins[1]->users, 2);
	/* Back to what the first has; that is no copy. */
	write_file("a.so", "code of a");
	third = mounts_of(places, 2);
	ck_assert_ptr_eq(one.mounts->pins[0], third->pins[0]);
	ck_assert_ptr_eq(one.mounts->pins[1], third->pins[1]);
	master_mounts_release(&one.mounts);
	ck_assert_uint_eq(third->pins[0]->users, 1);
	ck_assert_uint_eq(third->pins[1]->users, 2);
	master_mounts_release(&two.mounts);
	master_mounts_release(&third);
}
END_TEST

START_TEST(it_lives_as_long_as_it_is_held)
{
	const struct place place = { "*", "/a", "a.so" };
	struct master_mounts *mounts = mounts_of(&place, 1), *held;

	held = master_mounts_hold(mounts);
	master_mounts_release(&mounts);
	ck_assert_ptr_null(mounts);
	ck_assert_str_eq(held->mounts[1].prefix, "/a");
	master_mounts_release(&held);
	master_mounts_release(&held);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("master_mounts");
	TCase *tests = tcase_create("mounts");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, the_same_place_with_the_same_bytes_is_the_same);
	tcase_add_test(tests, another_host_is_another_place);
	tcase_add_test(tests, changed_bytes_are_another_module);
	tcase_add_test(tests, what_cannot_be_read_is_an_error);
	tcase_add_test(tests, each_path_is_read_once);
	tcase_add_test(tests, the_same_bytes_are_shared);
	tcase_add_test(tests, it_lives_as_long_as_it_is_held);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
