/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/base_list.h"
#include "test_unit.h"

struct item {
	char name;
	struct list_link link;
};

static struct list list;
static struct item items[4];

static void
set_up(void)
{
	int i;

	list_init(&list);
	memset(items, 0, sizeof(items));
	for (i = 0; i < 4; i++)
		items[i].name = (char)('a' + i);
}

/* The names, as they stand in the list, read in both directions. */
static void
check_order(const char *expected)
{
	struct list_link *link;
	char names[5] = "";
	size_t count = 0;

	LIST_FOREACH (link, &list)
		names[count++] = LIST_OBJECT(link, struct item, link)->name;
	ck_assert_str_eq(names, expected);
	for (link = list.head.previous; link != &list.head;
	     link = link->previous)
		ck_assert_int_eq(LIST_OBJECT(link, struct item, link)->name,
		    expected[--count]);
	ck_assert_uint_eq(count, 0);
	ck_assert_int_eq(list_is_empty(&list), *expected == '\0');
}

START_TEST(empty_list_has_no_first)
{
	ck_assert(list_is_empty(&list));
	ck_assert_ptr_null(list_first(&list));
	ck_assert_ptr_null(list_take_first(&list));
	check_order("");
}
END_TEST

START_TEST(appends_and_prepends)
{
	list_append(&list, &items[1].link);
	list_append(&list, &items[2].link);
	list_prepend(&list, &items[0].link);
	check_order("abc");
	ck_assert_ptr_eq(list_first(&list), &items[0].link);
	list_insert_before(&items[3].link, &items[1].link);
	check_order("adbc");
}
END_TEST

START_TEST(removed_link_points_to_nothing)
{
	int i;

	for (i = 0; i < 3; i++)
		list_append(&list, &items[i].link);
	ck_assert(list_is_linked(&items[1].link));
	list_remove(&items[1].link);
	check_order("ac");
	ck_assert(!list_is_linked(&items[1].link));
	ck_assert_ptr_null(items[1].link.previous);
	list_remove(&items[1].link);
	check_order("ac");
	list_append(&list, &items[1].link);
	check_order("acb");
}
END_TEST

START_TEST(takes_from_the_front)
{
	int i;

	for (i = 0; i < 3; i++)
		list_append(&list, &items[i].link);
	for (i = 0; i < 3; i++) {
		ck_assert_ptr_eq(list_take_first(&list), &items[i].link);
		ck_assert(!list_is_linked(&items[i].link));
	}
	check_order("");
}
END_TEST

START_TEST(safe_walk_may_remove)
{
	struct list_link *link, *following;
	int i;

	for (i = 0; i < 4; i++)
		list_append(&list, &items[i].link);
	LIST_FOREACH_SAFE (link, following, &list)
		if (LIST_OBJECT(link, struct item, link)->name % 2 == 0)
			list_remove(link);
	check_order("ac");
	LIST_FOREACH_SAFE (link, following, &list)
		list_remove(link);
	check_order("");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("base_list");
	TCase *tcase = tcase_create("list");

	tcase_add_checked_fixture(tcase, set_up, NULL);
	tcase_add_test(tcase, empty_list_has_no_first);
	tcase_add_test(tcase, appends_and_prepends);
	tcase_add_test(tcase, removed_link_points_to_nothing);
	tcase_add_test(tcase, takes_from_the_front);
	tcase_add_test(tcase, safe_walk_may_remove);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
