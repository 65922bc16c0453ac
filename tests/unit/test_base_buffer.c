/* SPDX-License-Identifier: ISC */
#include <signal.h>
#include <string.h>

#include "base/base_buffer.h"
#include "test_unit.h"

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

static struct buffer buffer;

static void
set_up(void)
{
	buffer_init(&buffer, 0);
}

static void
tear_down(void)
{
	buffer_fini(&buffer);
}

START_TEST(appends_and_ends_with_nul)
{
	ck_assert_ptr_null(buffer.data);
	buffer_append(&buffer, "ab", 2);
	buffer_append_byte(&buffer, 'c');
	buffer_append_text(&buffer, "def");
	buffer_format(&buffer, "%d", 42);
	ck_assert_str_eq(buffer.data, "abcdef42");
	ck_assert_uint_eq(buffer.size, 8);
	ck_assert(!buffer.truncated);
}
END_TEST

START_TEST(appending_nothing_needs_no_memory)
{
	buffer_append(&buffer, NULL, 0);
	buffer_append_text(&buffer, "");
	buffer_clear(&buffer);
	ck_assert_uint_eq(buffer.size, 0);
	ck_assert_ptr_null(buffer.data);
}
END_TEST

START_TEST(grows_to_any_size)
{
	size_t i;

	for (i = 0; i < 10000; i++)
		buffer_append_byte(&buffer, (char)('a' + i % 26));
	ck_assert_uint_eq(strlen(buffer.data), 10000);
	for (i = 0; i < 10000; i++)
		ck_assert_int_eq(buffer.data[i], (char)('a' + i % 26));
}
END_TEST

START_TEST(formats_into_an_empty_and_a_full_buffer)
{
	int width;

	for (width = 1; width < 300; width++) {
		buffer_fini(&buffer);
		buffer_init(&buffer, 0);
		buffer_format(&buffer, "%*s", width, "x");
		ck_assert_uint_eq(strlen(buffer.data), (size_t)width);
		buffer_format(&buffer, "%*s", 65 - width % 65, "y");
		ck_assert_uint_eq(strlen(buffer.data), buffer.size);
		ck_assert_int_eq(buffer.data[buffer.size - 1], 'y');
	}
}
END_TEST

START_TEST(clear_keeps_the_memory)
{
	const char *data;

	buffer_append_text(&buffer, "words");
	data = buffer.data;
	buffer_clear(&buffer);
	ck_assert_str_eq(buffer.data, "");
	ck_assert_uint_eq(buffer.size, 0);
	buffer_append_text(&buffer, "more");
	ck_assert_ptr_eq(buffer.data, data);
}
END_TEST

START_TEST(reserve_makes_room_to_write_into)
{
	buffer_append_text(&buffer, "ab");
	buffer_reserve(&buffer, 1000);
	ck_assert_uint_gt(buffer.capacity, 1002);
	ck_assert_str_eq(buffer.data, "ab");
	memset(buffer.data + buffer.size, 'x', 1000);
	buffer.size += 1000;
	buffer_append_byte(&buffer, 'y');
	ck_assert_str_eq(buffer.data + 1000, "xxy");
}
END_TEST

static void
append(struct buffer *to, const char *text)
{
	buffer_append(to, text, strlen(text));
}

static void
format(struct buffer *to, const char *text)
{
	buffer_format(to, "%s", text);
}

static void
escape(struct buffer *to, const char *text)
{
	buffer_append_escaped(to, text, strlen(text));
}

/* Each is written, then "!", into a buffer for 8 bytes. */
static const struct {
	void (*write)(struct buffer *, const char *);
	const char *text, *expected;
	bool truncated;
} cuts[] = {
	{ append, "1234567", "1234567!", false },
	{ append, "12345678", "12345678", true },
	{ append, "123456789", "12345678", true },
	{ append, "", "!", false },
	{ format, "1234567", "1234567!", false },
	{ format, "12345678", "12345678", true },
	{ format, "123456789", "12345678", true },
	{ format, "", "!", false },
	{ escape, "123\n", "123\\x0a!", false },
	{ escape, "1234\n", "1234\\x0a", true },
	{ escape, "12345\n6", "12345", true },
	{ escape, "1234567\"", "1234567", true },
	{ escape, "123456\"", "123456\\\"", true },
};

static void
check_cut(struct buffer *to, int row)
{
	cuts[row].write(to, cuts[row].text);
	buffer_append_byte(to, '!');
	ck_assert_str_eq(to->data, cuts[row].expected);
	ck_assert_uint_eq(to->size, strlen(cuts[row].expected));
	ck_assert_int_eq(to->truncated, cuts[row].truncated);
}

START_TEST(limit_drops_the_rest)
{
	struct buffer limited;

	buffer_init(&limited, 8);
	check_cut(&limited, _i);
	buffer_clear(&limited);
	check_cut(&limited, _i);
	buffer_fini(&limited);
}
END_TEST

START_TEST(fixed_storage_drops_the_rest)
{
	char storage[10];
	struct buffer fixed;

	storage[9] = '#';
	buffer_init_fixed(&fixed, storage, 9);
	ck_assert_str_eq(fixed.data, "");
	check_cut(&fixed, _i);
	buffer_clear(&fixed);
	check_cut(&fixed, _i);
	ck_assert_ptr_eq(fixed.data, storage);
	ck_assert_int_eq(storage[9], '#');
}
END_TEST

START_TEST(smallest_fixed_storage_holds_nothing)
{
	char storage[2] = "##";
	struct buffer fixed;

	buffer_init_fixed(&fixed, storage, 1);
	buffer_format(&fixed, "%d", 1);
	buffer_append_byte(&fixed, 'x');
	ck_assert_str_eq(fixed.data, "");
	ck_assert_int_eq(storage[1], '#');
	ck_assert(fixed.truncated);
}
END_TEST

static const struct {
	const char *data;
	size_t size;
	const char *expected;
} escapes[] = {
	{ "plain ~", 7, "plain ~" },
	{ "\0", 1, "\\x00" },
	{ "\r\n\t\x1b", 4, "\\x0d\\x0a\\x09\\x1b" },
	{ "\x1f \x7e\x7f", 4, "\\x1f ~\\x7f" },
	{ "\x80\xc3\xa4\xff", 4, "\\x80\\xc3\\xa4\\xff" },
	{ "a\"b\\c", 5, "a\\\"b\\\\c" },
	{ "", 0, "" },
};

START_TEST(escapes_what_could_forge)
{
	buffer_append_byte(&buffer, '[');
	buffer_append_escaped(&buffer, escapes[_i].data, escapes[_i].size);
	ck_assert_str_eq(buffer.data + 1, escapes[_i].expected);
}
END_TEST

START_TEST(reserving_beyond_the_limit_panics)
{
	buffer.limit = 8;
	buffer_append_text(&buffer, "ab");
	buffer_reserve(&buffer, 6);
	ck_assert_str_eq(buffer.data, "ab");
	buffer_reserve(&buffer, 7);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("base_buffer");
	TCase *tcase = tcase_create("buffer");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, appends_and_ends_with_nul);
	tcase_add_test(tcase, appending_nothing_needs_no_memory);
	tcase_add_test(tcase, grows_to_any_size);
	tcase_add_test(tcase, formats_into_an_empty_and_a_full_buffer);
	tcase_add_test(tcase, clear_keeps_the_memory);
	tcase_add_test(tcase, reserve_makes_room_to_write_into);
	tcase_add_loop_test(tcase, limit_drops_the_rest, 0, ROWS(cuts));
	tcase_add_loop_test(tcase, fixed_storage_drops_the_rest, 0, ROWS(cuts));
	tcase_add_test(tcase, smallest_fixed_storage_holds_nothing);
	tcase_add_loop_test(tcase, escapes_what_could_forge, 0, ROWS(escapes));
	tcase_add_test_raise_signal(
	    tcase, reserving_beyond_the_limit_panics, SIGABRT);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
