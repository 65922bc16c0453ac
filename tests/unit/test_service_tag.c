/* SPDX-License-Identifier: ISC */
#include "service/service_tag.h"

#include <string.h>

#include "test_unit.h"

#define CONTENT_SIZE 64

/* As RFC 9110, 8.8.3 has it: strong, and nothing strange within. */
static void
expect_tag(const char *tag)
{
	size_t size = strlen(tag);

	ck_assert_uint_lt(size, SERVICE_TAG_SIZE);
	ck_assert_int_eq(tag[0], '"');
	ck_assert_int_eq(tag[size - 1], '"');
	ck_assert_uint_eq(strspn(tag + 1, "0123456789abcdef-"), size - 2);
}

/* Any one bit makes another tag, wherever it is. */
START_TEST(contents_are_told_apart)
{
	char data[CONTENT_SIZE] = "", tag[SERVICE_TAG_SIZE];
	char other[SERVICE_TAG_SIZE];
	size_t i;

	service_tag_of_content(tag, data, (size_t)_i);
	expect_tag(tag);
	for (i = 0; i < (size_t)_i * 8; i++) {
		data[i / 8] ^= (char)(1 << i % 8);
		service_tag_of_content(other, data, (size_t)_i);
		expect_tag(other);
		ck_assert_str_ne(tag, other);
		data[i / 8] ^= (char)(1 << i % 8);
	}
	service_tag_of_content(other, data, (size_t)_i);
	ck_assert_str_eq(tag, other);
	service_tag_of_content(other, data, (size_t)_i + 1);
	ck_assert_str_ne(tag, other);
}
END_TEST

static const struct stat known = {
	.st_ino = 1,
	.st_size = 2,
	.st_ctim = { 3, 4 },
};

START_TEST(changes_are_told_apart)
{
	struct stat status[4] = { known, known, known, known };
	char tag[SERVICE_TAG_SIZE], other[SERVICE_TAG_SIZE];
	size_t i;

	service_tag_of_status(tag, &known, false);
	ck_assert_str_eq(tag, "\"1-2-b2d05e04\"");
	status[0].st_ino++;
	status[1].st_size++;
	status[2].st_ctim.tv_sec++;
	status[3].st_ctim.tv_nsec++;
	for (i = 0; i < 4; i++) {
		service_tag_of_status(other, &status[i], false);
		expect_tag(other);
		ck_assert_str_ne(tag, other);
	}
}
END_TEST

START_TEST(a_young_tag_is_no_other)
{
	char tag[SERVICE_TAG_SIZE], other[SERVICE_TAG_SIZE];

	service_tag_of_status(tag, &known, false);
	service_tag_of_status(other, &known, true);
	expect_tag(other);
	ck_assert_str_ne(tag, other);
	service_tag_of_status(tag, &known, true);
	ck_assert_str_ne(tag, other);
}
END_TEST

START_TEST(all_numbers_fit)
{
	struct stat status = known;
	char tag[SERVICE_TAG_SIZE];

	status.st_ino = (ino_t)-1;
	status.st_size = -1;
	status.st_ctim.tv_sec = -1;
	service_tag_of_status(tag, &status, true);
	expect_tag(tag);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("service_tag");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, contents_are_told_apart, 0, CONTENT_SIZE);
	tcase_add_test(tcase, changes_are_told_apart);
	tcase_add_test(tcase, a_young_tag_is_no_other);
	tcase_add_test(tcase, all_numbers_fit);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
