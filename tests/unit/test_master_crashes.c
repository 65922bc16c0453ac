/* SPDX-License-Identifier: ISC */
/*
 * The list of crashes, in memory and in its file.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>

#include "master/master_crashes_file.h"
#include "test_master_setup.h"
#include "test_unit.h"

static char directory[] = "/tmp/cohort-test-XXXXXX";
static char *path;

static void
set_up(void)
{
	ck_assert_ptr_nonnull(mkdtemp(directory));
	test_master_open();
	master.state_directory = memory_format("%s/state", directory);
	path = memory_format("%s/state/crashes.json", directory);
}

static void
remove_all(const char *name)
{
	char *command = memory_format("rm -rf %s", name);

	ck_assert_int_eq(system(command), 0);
	memory_free(command);
}

static void
tear_down(void)
{
	master_crashes_close(&master);
	test_master_close();
	memory_free(master.state_directory);
	memory_free(path);
	remove_all(directory);
}

static void
open_list(void)
{
	ck_assert_msg(
	    master_crashes_open(&master, &error) == 0, "%s", error.text);
}

static void
reopen(void)
{
	master_crashes_close(&master);
	open_list();
}

static void
add(const char *route, int offset, const char *time)
{
	json_t *record =
	    json_pack("{s:s, s:s, s:n, s:{s:s, s:n, s:s}, s:[{s:s, s:i, s:n}]}",
		"time", time, "signal", "SEGV", "exit", "request", "route",
		route, "module", "id", time, "stack", "image", "/m.so",
		"offset", offset, "build_id");

	ck_assert_ptr_nonnull(record);
	master_crashes_add(&master, record, NULL);
	json_decref(record);
}

static size_t
count(void)
{
	json_t *list = master_crashes_list(&master);
	size_t size = json_array_size(list);

	json_decref(list);
	return size;
}

/* A copy, good until the next one. */
static const char *
text_at(size_t index, const char *name)
{
	static char text[64];
	json_t *list = master_crashes_list(&master), *value;

	value = json_object_get(json_array_get(list, index), name);
	if (json_is_integer(value))
		snprintf(text, sizeof(text), "%lld",
		    (long long)json_integer_value(value));
	else
		snprintf(text, sizeof(text), "%s", json_string_value(value));
	json_decref(list);
	return text;
}

START_TEST(equal_ones_are_one_that_counts)
{
	open_list();
	add("/a", 1, "t1");
	add("/b", 1, "t2");
	add("/a", 1, "t3");
	add("/a", 2, "t4");
	ck_assert_uint_eq(count(), 3);
	ck_assert_str_eq(text_at(0, "id"), "3");
	ck_assert_str_eq(text_at(0, "count"), "1");
	ck_assert_str_eq(text_at(1, "id"), "1");
	ck_assert_str_eq(text_at(1, "count"), "2");
	ck_assert_str_eq(text_at(1, "first"), "t1");
	ck_assert_str_eq(text_at(1, "last"), "t3");
	ck_assert_str_eq(text_at(1, "time"), "t3");
	ck_assert_str_eq(text_at(2, "last"), "t2");
}
END_TEST

START_TEST(the_last_hundred_are_kept)
{
	int i;

	open_list();
	for (i = 0; i < 150; i++)
		add("/a", i, "t");
	ck_assert_uint_eq(count(), MASTER_CRASHES_MAX);
	ck_assert_str_eq(text_at(0, "id"), "150");
	ck_assert_str_eq(text_at(99, "id"), "51");
}
END_TEST

START_TEST(they_are_there_after_a_restart)
{
	struct stat status;

	open_list();
	add("/a", 1, "t1");
	add("/a", 1, "t2");
	reopen();
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_uint_eq(status.st_mode & 07777, 0600);
	ck_assert_uint_eq(count(), 1);
	ck_assert_str_eq(text_at(0, "count"), "2");
	add("/a", 1, "t3");
	ck_assert_str_eq(text_at(0, "count"), "3");
	ck_assert_str_eq(text_at(0, "first"), "t1");
	/* Numbers are never used twice. */
	ck_assert_uint_eq(master_crashes_clear(&master), 1);
	reopen();
	ck_assert_uint_eq(count(), 0);
	add("/b", 1, "t4");
	ck_assert_str_eq(text_at(0, "id"), "2");
}
END_TEST

START_TEST(it_is_written_a_moment_later)
{
	struct stat status;

	open_list();
	add("/a", 1, "t1");
	ck_assert_int_eq(stat(path, &status), -1);
	event_base_loop(master.base, EVLOOP_ONCE);
	ck_assert_int_eq(stat(path, &status), 0);
}
END_TEST

static void
write_text(const char *text)
{
	int fd;

	mkdir(master.state_directory, 0755);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static unsigned
count_files(const char *beginning)
{
	DIR *opened = opendir(master.state_directory);
	struct dirent *entry;
	unsigned files = 0;

	while ((entry = readdir(opened)) != NULL)
		files +=
		    strncmp(entry->d_name, beginning, strlen(beginning)) == 0;
	closedir(opened);
	return files;
}

#define RECORD(number)                                                      \
	"{\"last_id\": 1, \"crashes\": [{\"id\": 1, \"count\": " number     \
	", \"time\": \"t\", \"first\": \"t\", \"last\": \"t\", \"stack\": " \
	"[]}]}"

static const char *const broken[] = {
	"",
	"{",
	"[]",
	"{}",
	"{\"last_id\": 1}",
	"{\"last_id\": \"1\", \"crashes\": []}",
	"{\"last_id\": 1, \"crashes\": {}}",
	"{\"last_id\": 1, \"crashes\": [1]}",
	"{\"last_id\": 1, \"last_id\": 1, \"crashes\": []}",
	"{\"last_id\": 9223372036854775807, \"crashes\": []}",
	RECORD("\"1\""),
	RECORD("-1"),
	RECORD("9223372036854775807"),
};

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

START_TEST(what_cannot_be_read_is_set_aside)
{
	write_text(broken[_i]);
	ck_assert_int_eq(master_crashes_open(&master, &error), -1);
	ck_assert_ptr_nonnull(strstr(error.text, "crashes.json.broken-"));
	ck_assert_uint_eq(count(), 0);
	ck_assert_uint_eq(count_files("crashes.json.broken-"), 1);
	add("/a", 1, "t1");
	reopen();
	ck_assert_uint_eq(count(), 1);
}
END_TEST

START_TEST(what_can_be_read_is)
{
	write_text(RECORD("7"));
	open_list();
	ck_assert_str_eq(text_at(0, "count"), "7");
}
END_TEST

START_TEST(without_a_directory_they_are_in_memory)
{
	memory_free(master.state_directory);
	master.state_directory = memory_copy_text("/proc/nowhere");
	ck_assert_int_eq(master_crashes_open(&master, &error), -1);
	add("/a", 1, "t1");
	ck_assert_uint_eq(count(), 1);
	master_crashes_close(&master);
	memory_free(master.state_directory);
	master.state_directory = memory_copy_text("");
	open_list();
	add("/a", 1, "t1");
	ck_assert_uint_eq(count(), 1);
}
END_TEST

/* It is another process's, or another's in this one: the lock is the same. */
START_TEST(a_directory_has_one_daemon)
{
	struct master_crashes *first;

	open_list();
	add("/a", 1, "t1");
	first = master.crashes;
	ck_assert_int_eq(master_crashes_open(&master, &error), -1);
	ck_assert_ptr_nonnull(
	    strstr(error.text, "another cohortd keeps its state there"));
	add("/b", 1, "t2");
	add("/c", 1, "t3");
	master_crashes_close(&master);
	master.crashes = first;
	reopen();
	ck_assert_uint_eq(count(), 1);
}
END_TEST

START_TEST(modules_that_no_record_names_are_swept_away)
{
	char *modules = memory_format("%s/modules", master.state_directory);
	char *stray = memory_format("%s/00ab", modules);

	mkdir(master.state_directory, 0755);
	mkdir(modules, 0750);
	close(open(stray, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	open_list();
	ck_assert_int_eq(access(stray, F_OK), -1);
	memory_free(stray);
	memory_free(modules);
}
END_TEST

START_TEST(before_it_is_open_nothing_happens)
{
	add("/a", 1, "t1");
	ck_assert_ptr_null(master.crashes);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("master_crashes");
	TCase *tests = tcase_create("crashes");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, equal_ones_are_one_that_counts);
	tcase_add_test(tests, the_last_hundred_are_kept);
	tcase_add_test(tests, they_are_there_after_a_restart);
	tcase_add_test(tests, it_is_written_a_moment_later);
	tcase_add_loop_test(
	    tests, what_cannot_be_read_is_set_aside, 0, ROWS(broken));
	tcase_add_test(tests, what_can_be_read_is);
	tcase_add_test(tests, without_a_directory_they_are_in_memory);
	tcase_add_test(tests, a_directory_has_one_daemon);
	tcase_add_test(tests, modules_that_no_record_names_are_swept_away);
	tcase_add_test(tests, before_it_is_open_nothing_happens);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
