/* SPDX-License-Identifier: ISC */
#include "app/app_type.h"

#include <string.h>

#include "test_unit.h"

static struct app_type types[APP_TYPES];

static void
clear(void)
{
	app_types_free(types);
}

START_TEST(a_literal_is_copied_once)
{
	static const char literal[] = "text/plain";
	struct cohort_str first = app_type_find(types, literal);
	struct cohort_str second = app_type_find(types, literal);

	ck_assert_str_eq(first.data, literal);
	ck_assert_uint_eq(first.size, strlen(literal));
	ck_assert_ptr_ne(first.data, literal);
	ck_assert_ptr_eq(first.data, second.data);
	ck_assert_uint_eq(first.size, second.size);
}
END_TEST

START_TEST(a_buffer_that_changed_is_not_what_it_was)
{
	char buffer[32] = "text/plain";
	struct cohort_str kept = app_type_find(types, buffer);

	strcpy(buffer, "text/plain; charset=utf-8");
	ck_assert_ptr_null(app_type_find(types, buffer).data);
	strcpy(buffer, "text");
	ck_assert_ptr_null(app_type_find(types, buffer).data);
	ck_assert_str_eq(kept.data, "text/plain");
	strcpy(buffer, "text/plain");
	ck_assert_ptr_eq(app_type_find(types, buffer).data, kept.data);
}
END_TEST

START_TEST(what_cannot_be_sent_is_not_kept)
{
	char buffer[32] = "text/plain\r\nSet-Cookie: a=b";

	ck_assert_ptr_null(app_type_find(types, buffer).data);
	strcpy(buffer, "text/plain");
	ck_assert_str_eq(app_type_find(types, buffer).data, "text/plain");
	strcpy(buffer, "text/\x7f");
	ck_assert_ptr_null(app_type_find(types, buffer).data);
}
END_TEST

START_TEST(a_long_one_is_not_kept)
{
	char buffer[200];

	memset(buffer, 'x', sizeof(buffer) - 1);
	buffer[sizeof(buffer) - 1] = '\0';
	ck_assert_ptr_null(app_type_find(types, buffer).data);
	buffer[127] = '\0';
	ck_assert_uint_eq(app_type_find(types, buffer).size, 127);
}
END_TEST

/* More addresses than places: those that were kept stay. */
START_TEST(a_place_is_given_once)
{
	static char many[1000][16];
	struct cohort_str kept[1000];
	size_t i, count = 0;

	for (i = 0; i < 1000; i++) {
		strcpy(many[i], "text/plain");
		kept[i] = app_type_find(types, many[i]);
		count += kept[i].data != NULL;
	}
	ck_assert_uint_gt(count, APP_TYPES / 2);
	ck_assert_uint_le(count, APP_TYPES);
	for (i = 0; i < 1000; i++)
		ck_assert_ptr_eq(
		    app_type_find(types, many[i]).data, kept[i].data);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("app_type");
	TCase *tcase = tcase_create("type");

	tcase_add_checked_fixture(tcase, NULL, clear);
	tcase_add_test(tcase, a_literal_is_copied_once);
	tcase_add_test(tcase, a_buffer_that_changed_is_not_what_it_was);
	tcase_add_test(tcase, what_cannot_be_sent_is_not_kept);
	tcase_add_test(tcase, a_long_one_is_not_kept);
	tcase_add_test(tcase, a_place_is_given_once);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
