/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "config/config_value.h"
#include "test_unit.h"

#define REFUSED UINT64_MAX

/* value REFUSED: message is expected */
struct parse_case {
	const char *text;
	uint64_t minimum, maximum;
	uint64_t value;
	const char *message;
};

static const struct parse_case durations[] = {
	{ "0", 0, 1000, 0, NULL },
	{ "0s", 0, 1000, 0, NULL },
	{ "500ms", 0, 1000, 500, NULL },
	{ "10s", 0, 60000, 10000, NULL },
	{ "5m", 0, 3600000, 300000, NULL },
	{ "24h", 0, 86400000, 86400000, NULL },
	{ "1ms", 1, 1, 1, NULL },
	{ "60", 0, 86400000, REFUSED,
	    "\"60\": a duration in ms, s, m or h, from 0 to 24h" },
	{ "0", 1, 60000, REFUSED,
	    "\"0\": a duration in ms, s, m or h, from 1ms to 1m" },
	{ "1001ms", 0, 1000, REFUSED,
	    "\"1001ms\": a duration in ms, s, m or h, from 0 to 1s" },
	{ "2s", 0, 1500, REFUSED,
	    "\"2s\": a duration in ms, s, m or h, from 0 to 1500ms" },
	{ "", 0, 1, REFUSED,
	    "\"\": a duration in ms, s, m or h, from 0 to 1ms" },
	{ "s", 0, 1, REFUSED,
	    "\"s\": a duration in ms, s, m or h, from 0 to 1ms" },
	{ "-1s", 0, 1, REFUSED,
	    "\"-1s\": a duration in ms, s, m or h, from 0 to 1ms" },
	{ "1.5s", 0, 1, REFUSED,
	    "\"1.5s\": a duration in ms, s, m or h, from 0 to 1ms" },
	{ "1 s", 0, 1000, REFUSED,
	    "\"1 s\": a duration in ms, s, m or h, from 0 to 1s" },
	{ "1S", 0, 1000, REFUSED,
	    "\"1S\": a duration in ms, s, m or h, from 0 to 1s" },
	{ "99999999999999999999h", 0, UINT64_MAX / 2, REFUSED, NULL },
};

static const struct parse_case sizes[] = {
	{ "0", 0, 10, 0, NULL },
	{ "512", 0, 512, 512, NULL },
	{ "64k", 0, 65536, 65536, NULL },
	{ "1m", 0, 1048576, 1048576, NULL },
	{ "1024g", 0, 1099511627776, 1099511627776, NULL },
	{ "65k", 256, 65536, REFUSED,
	    "\"65k\": a size in bytes, k, m or g, from 256 to 64k" },
	{ "255", 256, 65536, REFUSED,
	    "\"255\": a size in bytes, k, m or g, from 256 to 64k" },
	{ "64K", 0, 65536, REFUSED,
	    "\"64K\": a size in bytes, k, m or g, from 0 to 64k" },
	{ "64kb", 0, 65536, REFUSED,
	    "\"64kb\": a size in bytes, k, m or g, from 0 to 64k" },
	{ "", 0, 1024, REFUSED,
	    "\"\": a size in bytes, k, m or g, from 0 to 1k" },
	{ "k", 0, 1024, REFUSED,
	    "\"k\": a size in bytes, k, m or g, from 0 to 1k" },
	{ "18446744073709551615g", 0, UINT64_MAX / 2, REFUSED, NULL },
};

static const struct parse_case counts[] = {
	{ "0", 0, 512, 0, NULL },
	{ "512", 0, 512, 512, NULL },
	{ "4", 4, 4, 4, NULL },
	{ "many", 0, 512, REFUSED, "\"many\": a whole number from 0 to 512" },
	{ "513", 0, 512, REFUSED, "\"513\": a whole number from 0 to 512" },
	{ "0", 1, 512, REFUSED, "\"0\": a whole number from 1 to 512" },
	{ "-1", 0, 512, REFUSED, "\"-1\": a whole number from 0 to 512" },
	{ "+1", 0, 512, REFUSED, "\"+1\": a whole number from 0 to 512" },
	{ "1;", 0, 512, REFUSED, "\"1;\": a whole number from 0 to 512" },
	{ "0x10", 0, 512, REFUSED, "\"0x10\": a whole number from 0 to 512" },
	{ "", 0, 512, REFUSED, "\"\": a whole number from 0 to 512" },
	{ "1\n\"", 0, 512, REFUSED,
	    "\"1\\x0a\\\"\": a whole number from 0 to 512" },
};

static void
check_parse(const struct parse_case *test,
    int (*parse)(const char *, uint64_t, uint64_t, uint64_t *, struct error *))
{
	struct error error = { .text = "" };
	uint64_t value = 4711;
	int result;

	result =
	    parse(test->text, test->minimum, test->maximum, &value, &error);
	if (test->value != REFUSED) {
		ck_assert_msg(result == 0, "%s: %s", test->text, error.text);
		ck_assert_uint_eq(value, test->value);
		return;
	}
	ck_assert_msg(result == -1, "%s", test->text);
	ck_assert_uint_eq(value, 4711);
	ck_assert_int_eq(error.kind, ERROR_CONFIG);
	if (test->message != NULL)
		ck_assert_str_eq(error.text, test->message);
}

START_TEST(duration_parse)
{
	check_parse(&durations[_i], config_duration_parse);
}
END_TEST

START_TEST(size_parse)
{
	check_parse(&sizes[_i], config_size_parse);
}
END_TEST

START_TEST(count_parse)
{
	check_parse(&counts[_i], config_count_parse);
}
END_TEST

static const struct {
	const char *text;
	int value; /* -1: refused */
} booleans[] = {
	{ "true", 1 },
	{ "yes", 1 },
	{ "on", 1 },
	{ "false", 0 },
	{ "no", 0 },
	{ "off", 0 },
	{ "True", -1 },
	{ "1", -1 },
	{ "", -1 },
	{ "yess", -1 },
};

START_TEST(boolean_parse)
{
	struct error error;
	bool value = booleans[_i].value == 0;

	if (booleans[_i].value == -1) {
		ck_assert_int_eq(
		    config_boolean_parse(booleans[_i].text, &value, &error),
		    -1);
		ck_assert_ptr_nonnull(strstr(
		    error.text, "\": true or false, yes or no, on or off"));
		return;
	}
	ck_assert_int_eq(
	    config_boolean_parse(booleans[_i].text, &value, &error), 0);
	ck_assert_int_eq(value, booleans[_i].value);
}
END_TEST

static const struct {
	const char *text;
	int value; /* -1: refused */
} modes[] = {
	{ "0", 0 },
	{ "0660", 0660 },
	{ "660", 0660 },
	{ "0777", 0777 },
	{ "00000777", 0777 },
	{ "1777", -1 },
	{ "0778", -1 },
	{ "rw", -1 },
	{ "", -1 },
	{ "77777777777777777777777777777777", -1 },
};

START_TEST(mode_parse)
{
	struct error error;
	uint64_t value = 4711;
	int result = config_mode_parse(modes[_i].text, &value, &error);

	if (modes[_i].value == -1) {
		ck_assert_int_eq(result, -1);
		ck_assert_uint_eq(value, 4711);
		ck_assert_ptr_nonnull(
		    strstr(error.text, "\": octal permissions from 0 to 0777"));
		return;
	}
	ck_assert_int_eq(result, 0);
	ck_assert_uint_eq(value, (uint64_t)modes[_i].value);
}
END_TEST

static const struct {
	void (*print)(uint64_t, struct buffer *);
	uint64_t value;
	const char *text;
} prints[] = {
	{ config_duration_print, 0, "0" },
	{ config_duration_print, 1, "1ms" },
	{ config_duration_print, 1500, "1500ms" },
	{ config_duration_print, 90000, "90s" },
	{ config_duration_print, 60000, "1m" },
	{ config_duration_print, 86400000, "24h" },
	{ config_size_print, 0, "0" },
	{ config_size_print, 1, "1" },
	{ config_size_print, 1025, "1025" },
	{ config_size_print, 65536, "64k" },
	{ config_size_print, 1048576, "1m" },
	{ config_size_print, 3221225472, "3g" },
	{ config_mode_print, 0, "0000" },
	{ config_mode_print, 0660, "0660" },
};

START_TEST(print)
{
	struct buffer text;

	buffer_init(&text, 0);
	prints[_i].print(prints[_i].value, &text);
	ck_assert_str_eq(text.data, prints[_i].text);
	buffer_fini(&text);
}
END_TEST

static const struct {
	const char *text, *quoted;
} quotes[] = {
	{ "", "\"\"" },
	{ "a b#", "\"a b#\"" },
	{ "\"\\", "\"\\\"\\\\\"" },
	{ "${HOME}", "\"\\${HOME}\"" },
	{ "a\n\x7f\x01", "\"a\\x0a\\x7f\\x01\"" },
	{ "\xc3\xa4", "\"\xc3\xa4\"" },
};

START_TEST(quote)
{
	struct buffer text;

	buffer_init(&text, 0);
	config_text_quote(quotes[_i].text, &text);
	ck_assert_str_eq(text.data, quotes[_i].quoted);
	buffer_fini(&text);
}
END_TEST

static const struct {
	const char *words[4];
	const char *last, *text;
} lists[] = {
	{ { "a" }, NULL, "a" },
	{ { "a", "b" }, NULL, "a or b" },
	{ { "a", "b", "c" }, NULL, "a, b or c" },
	{ { "a" }, "a path", "a or a path" },
	{ { "a", "b" }, "a path", "a, b or a path" },
};

START_TEST(words)
{
	struct buffer text;

	buffer_init(&text, 0);
	config_words_describe(lists[_i].words, lists[_i].last, &text);
	ck_assert_str_eq(text.data, lists[_i].text);
	buffer_fini(&text);
}
END_TEST

/* What is shown of a refused text has a limit. */
START_TEST(refused_is_cut)
{
	char text[3000];
	struct error error;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ck_assert_int_eq(config_value_refuse(text, "allowed", &error), -1);
	ck_assert_uint_lt(strlen(error.text), 300);
	ck_assert_ptr_nonnull(strstr(error.text, "x\": allowed"));
}
END_TEST

START_TEST(controls)
{
	ck_assert(!config_text_has_controls("a b\xc3\xa4~"));
	ck_assert(!config_text_has_controls(""));
	ck_assert(config_text_has_controls("a\tb"));
	ck_assert(config_text_has_controls("a\x7f"));
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

int
main(void)
{
	Suite *suite = suite_create("config_value");
	TCase *tests = tcase_create("config_value");

	tcase_add_loop_test(tests, duration_parse, 0, COUNT(durations));
	tcase_add_loop_test(tests, size_parse, 0, COUNT(sizes));
	tcase_add_loop_test(tests, count_parse, 0, COUNT(counts));
	tcase_add_loop_test(tests, boolean_parse, 0, COUNT(booleans));
	tcase_add_loop_test(tests, mode_parse, 0, COUNT(modes));
	tcase_add_loop_test(tests, print, 0, COUNT(prints));
	tcase_add_loop_test(tests, quote, 0, COUNT(quotes));
	tcase_add_loop_test(tests, words, 0, COUNT(lists));
	tcase_add_test(tests, refused_is_cut);
	tcase_add_test(tests, controls);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
