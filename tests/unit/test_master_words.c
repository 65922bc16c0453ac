/* SPDX-License-Identifier: ISC */
#include "master/master_words.h"

#include <string.h>

#include "base/base_log.h"
#include "test_unit.h"

static char storage[LOG_LINE_MAX];
static struct buffer words;
static struct ipc_current current;

static void
set_up(void)
{
	buffer_init_fixed(&words, storage, sizeof(storage));
	current = (struct ipc_current) {
		.exchange_id = 42,
		.method_size = 3,
		.target_size = 4,
		.method = "GET",
		.target = "/\"\n\xff",
		.peer = { NETWORK_IPV4, { 127, 0, 0, 1 } },
	};
}

START_TEST(a_request_is_named)
{
	master_words_current(&words, &current);
	ck_assert_str_eq(storage,
	    "request 000000000000002a \"GET /\\\"\\x0a\\xff\" from 127.0.0.1");
	buffer_clear(&words);
	strcpy(current.route, "/{x}");
	strcpy(current.doing, "a \x1b timer");
	master_words_current(&words, &current);
	ck_assert_str_eq(storage,
	    "request 000000000000002a \"GET /\\\"\\x0a\\xff\" from "
	    "127.0.0.1, route /{x}, while a \\x1b timer");
}
END_TEST

START_TEST(what_runs_without_a_request_is_named)
{
	current.exchange_id = 0;
	strcpy(current.doing, "a timer");
	master_words_busy(&words, 3, 77, 1500, &current);
	ck_assert_str_eq(storage,
	    "worker 3 (pid 77) has been busy for 1500 ms with a timer");
}
END_TEST

static char module[] = "/usr/lib/m.so", function[] = "crash", file[] = "/a/m.c";

START_TEST(a_stack_is_told_from_the_inside)
{
	const struct master_frame frames[] = {
		{ .address = 1, .function = function, .file = file, .line = 7 },
		{ .address = 2, .function = function },
		{ .address = 3, .offset = 0x1f, .image = module },
		{ .address = 4 },
	};

	master_words_stack(&words, frames, 4);
	ck_assert_str_eq(
	    storage, ", at crash (m.c:7) < crash < m.so+0x1f < 0x4");
	buffer_clear(&words);
	master_words_stack(&words, frames, 0);
	ck_assert_uint_eq(words.size, 0);
}
END_TEST

START_TEST(a_stack_is_told_to_where_the_application_was_called)
{
	const struct master_frame frames[] = {
		{ .address = 1 },
		{ .address = 2, .is_application = true },
		{ .address = 3 },
		{ .address = 4, .is_application = true },
		{ .address = 5 },
	};

	master_words_stack(&words, frames, 5);
	ck_assert_str_eq(storage, ", at 0x1 < 0x2 < 0x3 < 0x4 ...");
}
END_TEST

/* What stands behind it is to be in the line too. */
START_TEST(a_long_stack_is_cut)
{
	struct master_frame frames[40];
	char name[256];
	size_t i;

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	memset(frames, 0, sizeof(frames));
	master_words_stack(&words, frames, 40);
	ck_assert_str_eq(storage + words.size - 9, "< 0x0 ...");
	buffer_clear(&words);
	for (i = 0; i < 40; i++)
		frames[i].function = name;
	master_words_stack(&words, frames, 40);
	ck_assert(!words.truncated);
	ck_assert_uint_lt(words.size, sizeof(storage) / 2 + 100);
	ck_assert_str_eq(storage + words.size - 4, " ...");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("master_words");
	TCase *tests = tcase_create("words");

	tcase_add_checked_fixture(tests, set_up, NULL);
	tcase_add_test(tests, a_request_is_named);
	tcase_add_test(tests, what_runs_without_a_request_is_named);
	tcase_add_test(tests, a_stack_is_told_from_the_inside);
	tcase_add_test(
	    tests, a_stack_is_told_to_where_the_application_was_called);
	tcase_add_test(tests, a_long_stack_is_cut);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
