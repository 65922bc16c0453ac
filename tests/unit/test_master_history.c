/* SPDX-License-Identifier: ISC */
#include "master/master_history.h"

#include <stdio.h>
#include <string.h>

#include "test_unit.h"

static struct master_history *history;

static void
set_up(void)
{
	history = master_history_new();
}

static void
tear_down(void)
{
	master_history_free(&history);
}

static struct ipc_quarantine_entry
request_of(uint16_t mount, const char *target)
{
	struct ipc_quarantine_entry request = { .mount = mount };

	memcpy(request.method, "GET", 3);
	request.method_size = 3;
	request.target_size = (uint16_t)strlen(target);
	request.target_length = request.target_size;
	memcpy(request.target, target, request.target_size);
	strcpy(request.route, "/{x}");
	return request;
}

static unsigned
note(uint16_t mount, const char *target, uint64_t now_ms)
{
	const struct ipc_quarantine_entry request = request_of(mount, target);

	return master_history_note(history, &request, now_ms, 1000);
}

START_TEST(crashes_within_the_time_count)
{
	ck_assert_uint_eq(note(1, "/a", 5000), 1);
	ck_assert_uint_eq(note(1, "/a", 5500), 2);
	ck_assert_uint_eq(note(1, "/b", 5600), 1);
	ck_assert_uint_eq(note(2, "/a", 5700), 1);
	ck_assert_uint_eq(note(1, "/a", 6000), 3);
	ck_assert_uint_eq(note(1, "/a", 6501), 2);
	ck_assert_uint_eq(note(1, "/a", 9000), 1);
}
END_TEST

START_TEST(more_than_are_remembered_stay_as_many)
{
	int i;

	for (i = 0; i < MASTER_HISTORY_CRASHES; i++)
		note(1, "/a", 5000);
	ck_assert_uint_eq(note(1, "/a", 5000), MASTER_HISTORY_CRASHES);
}
END_TEST

START_TEST(who_crashed_longest_ago_makes_room)
{
	char target[32];
	unsigned i;

	for (i = 0; i < MASTER_HISTORY_REQUESTS; i++) {
		snprintf(target, sizeof(target), "/%u", i);
		note(1, target, 5000 + i);
	}
	ck_assert_uint_eq(note(1, "/0", 5500), 2);
	note(1, "/new", 5501); /* in the place of /1 */
	ck_assert_uint_eq(note(1, "/0", 5502), 3);
	ck_assert_uint_eq(note(1, "/1", 5503), 1);
}
END_TEST

START_TEST(what_makes_a_request_another_one)
{
	struct ipc_quarantine_entry one = request_of(1, "/a"), other;

	other = one;
	other.number = 7;
	other.until_ms = 9;
	ck_assert(master_history_is_same(&one, &other));
	other.mount = 2;
	ck_assert(!master_history_is_same(&one, &other));
	other = one;
	other.route[1] = 'z';
	ck_assert(!master_history_is_same(&one, &other));
	other = one;
	other.method[0] = 'P';
	ck_assert(!master_history_is_same(&one, &other));
	other = one;
	other.target[1] = 'b';
	ck_assert(!master_history_is_same(&one, &other));
	/* Cut, and alike as far as it is kept. */
	other = one;
	other.target_length = 1000;
	ck_assert(!master_history_is_same(&one, &other));
}
END_TEST

START_TEST(mounts_get_their_new_numbers)
{
	const uint16_t numbers[] = { 0, 3, 0 };

	note(0, "/none", 5000);
	note(1, "/kept", 5000);
	note(2, "/changed", 5000);
	note(9, "/wild", 5000);
	master_history_renumber(history, numbers, 3);
	ck_assert_uint_eq(note(0, "/none", 5001), 2);
	ck_assert_uint_eq(note(3, "/kept", 5001), 2);
	ck_assert_uint_eq(note(1, "/kept", 5001), 1);
	ck_assert_uint_eq(note(2, "/changed", 5001), 1);
	ck_assert_uint_eq(note(9, "/wild", 5001), 1);
}
END_TEST

START_TEST(cleared_is_empty)
{
	note(1, "/a", 5000);
	master_history_clear(history);
	ck_assert_uint_eq(note(1, "/a", 5000), 1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("master_history");
	TCase *tests = tcase_create("history");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, crashes_within_the_time_count);
	tcase_add_test(tests, more_than_are_remembered_stay_as_many);
	tcase_add_test(tests, who_crashed_longest_ago_makes_room);
	tcase_add_test(tests, what_makes_a_request_another_one);
	tcase_add_test(tests, mounts_get_their_new_numbers);
	tcase_add_test(tests, cleared_is_empty);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
