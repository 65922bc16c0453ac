/* SPDX-License-Identifier: ISC */
#include "app/app_body.h"

#include <sys/stat.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base_memory.h"
#include "test_unit.h"

#define PAGE 4096

static char directory[] = "/tmp";
static char nowhere[] = "/nonexistent/directory";

static const struct {
	size_t memory; /* body_memory */
	size_t parts;  /* of part bytes each */
	size_t part;
	bool is_mapped;
} bodies[] = {
	{ 100, 1, 100, false },
	{ 100, 100, 1, false },
	{ 100, 101, 1, true },
	{ 100, 1, 101, true },
	{ 0, 1, 1, true },
	{ PAGE, 1, PAGE, false },
	{ PAGE - 1, 1, PAGE, true },
	{ PAGE, 2, PAGE, true },
	{ 65536, 100, 10007, true },
	{ 1 << 20, 100, 10007, false },
};

static void
fill(char *data, size_t size, size_t seed)
{
	size_t i;

	for (i = 0; i < size; i++)
		data[i] = (char)((seed + i) * 31 % 251);
}

static void
check(const struct app_body *body, size_t size)
{
	struct cohort_str bytes = app_body_bytes(body);
	char byte;
	size_t i;

	ck_assert_uint_eq(bytes.size, size);
	ck_assert_int_eq(bytes.data[size], '\0');
	for (i = 0; i < size; i++) {
		fill(&byte, 1, i);
		ck_assert_int_eq(bytes.data[i], byte);
	}
}

START_TEST(bytes_come_back_whole)
{
	const struct settings_http http = {
		.body_memory = bodies[_i].memory,
		.body_directory = directory,
	};
	size_t part = bodies[_i].part, i;
	struct app_body body;
	struct error error;
	char *data = memory_alloc(part);
	int round;

	app_body_init(&body);
	for (round = 0; round < 2; round++) {
		for (i = 0; i < bodies[_i].parts; i++) {
			fill(data, part, i * part);
			ck_assert_int_eq(
			    app_body_append(&body, &http, data, part, &error),
			    0);
		}
		ck_assert_int_eq(app_body_finish(&body, &error), 0);
		ck_assert_int_eq(body.map != NULL, bodies[_i].is_mapped);
		ck_assert_int_eq(body.fd, -1);
		check(&body, part * bodies[_i].parts);
		app_body_clear(&body);
		check(&body, 0);
	}
	memory_free(data);
	app_body_fini(&body);
}
END_TEST

START_TEST(memory_is_only_what_came)
{
	const struct settings_http http = {
		.body_memory = 1 << 30,
		.body_directory = directory,
	};
	struct app_body body;
	struct error error;

	app_body_init(&body);
	ck_assert_int_eq(app_body_append(&body, &http, "x", 1, &error), 0);
	ck_assert_uint_lt(body.memory.capacity, 1024);
	app_body_fini(&body);
}
END_TEST

static void
put_file(const char *path)
{
	ck_assert_int_eq(mknod(path, S_IFREG | 0600, 0), 0);
}

static void
put_link(const char *path)
{
	ck_assert_int_eq(symlink("/dev/null", path), 0);
}

static void (*const squatters[])(const char *path) = { put_file, put_link };

/* Where no rule keeps it from there, the directory is as good as ever. */
START_TEST(a_stranger_by_the_name_of_ours_does_no_harm)
{
	char own[] = "/tmp/cohort-test-XXXXXX";
	const struct settings_http http = {
		.body_memory = 0,
		.body_directory = mkdtemp(own),
	};
	char *spool = settings_spool(&http);
	struct app_body body;
	struct error error;

	squatters[_i](spool);
	app_body_init(&body);
	ck_assert_int_eq(app_body_append(&body, &http, "x", 1, &error), 0);
	app_body_fini(&body);
	ck_assert_int_eq(unlink(spool), 0);
	ck_assert_int_eq(rmdir(own), 0);
	memory_free(spool);
}
END_TEST

START_TEST(a_file_that_fails_says_so)
{
	const struct settings_http http = {
		.body_memory = 0,
		.body_directory = nowhere,
	};
	struct app_body body;
	struct error error;

	app_body_init(&body);
	ck_assert_int_eq(app_body_append(&body, &http, "x", 1, &error), -1);
	ck_assert_ptr_nonnull(strstr(error.text, nowhere));
	app_body_fini(&body);
}
END_TEST

/* At offset of the body, so many bytes: are they its own? */
static const struct {
	size_t offset, size;
	bool expected;
} parts[] = {
	{ 0, 1000, true },
	{ 1, 999, true },
	{ 500, 0, true },
	{ 1000, 0, true },
	{ 0, 1001, false },
	{ 1, 1000, false },
	{ 1001, 0, false },
	{ 500, SIZE_MAX, false },
	{ SIZE_MAX, 1, false },
};

START_TEST(its_own_bytes_are_known)
{
	const struct settings_http http = {
		.body_memory = 1 << 30,
		.body_directory = directory,
	};
	struct cohort_str bytes;
	struct app_body body;
	struct error error;
	char data[1000];

	fill(data, sizeof(data), 0);
	app_body_init(&body);
	ck_assert(!app_body_has(&body, data, sizeof(data)));
	ck_assert_int_eq(
	    app_body_append(&body, &http, data, sizeof(data), &error), 0);
	ck_assert_int_eq(app_body_finish(&body, &error), 0);
	bytes = app_body_bytes(&body);
	ck_assert_int_eq(
	    app_body_has(&body,
		(const void *)((uintptr_t)bytes.data + parts[_i].offset),
		parts[_i].size),
	    parts[_i].expected);
	ck_assert(!app_body_has(&body, data, sizeof(data)));
	app_body_fini(&body);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("app_body");
	TCase *tcase = tcase_create("body");

	tcase_add_loop_test(tcase, bytes_come_back_whole, 0,
	    sizeof(bodies) / sizeof(bodies[0]));
	tcase_add_loop_test(tcase, a_stranger_by_the_name_of_ours_does_no_harm,
	    0, (int)(sizeof(squatters) / sizeof(squatters[0])));
	tcase_add_loop_test(tcase, its_own_bytes_are_known, 0,
	    sizeof(parts) / sizeof(parts[0]));
	tcase_add_test(tcase, memory_is_only_what_came);
	tcase_add_test(tcase, a_file_that_fails_says_so);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
