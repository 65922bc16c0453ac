/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ctl/ctl_text.h"
#include "test_unit.h"

static void
expect(struct buffer *words, const char *wanted)
{
	ck_assert_str_eq(words->data == NULL ? "" : words->data, wanted);
	buffer_clear(words);
}

START_TEST(durations)
{
	static const struct {
		uint64_t ms;
		const char *words;
	} rows[] = { { 0, "0ms" }, { 999, "999ms" }, { 1000, "1s" },
		{ 59999, "59s" }, { 60000, "1m" }, { 61000, "1m 1s" },
		{ 3600000, "1h" }, { 3661000, "1h 1m" }, { 3601000, "1h" },
		{ 86400000, "1d" }, { 90000000, "1d 1h" },
		{ UINT64_MAX, "213503982334d 14h" } };
	struct buffer words;
	size_t i;

	buffer_init(&words, 0);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ctl_text_duration(&words, rows[i].ms);
		expect(&words, rows[i].words);
	}
	buffer_fini(&words);
}
END_TEST

START_TEST(sizes)
{
	static const struct {
		uint64_t bytes;
		const char *words;
	} rows[] = { { 0, "0" }, { 1023, "1023" }, { 1024, "1.0k" },
		{ 1536, "1.5k" }, { 1048575, "1.0m" }, { 1048576, "1.0m" },
		{ (uint64_t)5 << 30, "5.0g" }, { (uint64_t)1 << 50, "1024.0t" },
		{ INT64_MAX, "8388608.0t" } };
	struct buffer words;
	size_t i;

	buffer_init(&words, 0);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ctl_text_bytes(&words, rows[i].bytes);
		expect(&words, rows[i].words);
	}
	buffer_fini(&words);
}
END_TEST

START_TEST(members)
{
	json_t *object = json_pack("{s:s, s:i, s:n, s:[]}", "text", "a\x1b[1m",
	    "number", -3, "null", "array");
	struct buffer words;

	buffer_init(&words, 0);
	ctl_text_member(&words, object, "text");
	expect(&words, "a?[1m");
	ctl_text_member(&words, object, "number");
	expect(&words, "-3");
	ctl_text_member(&words, object, "null");
	expect(&words, "-");
	ctl_text_member(&words, object, "array");
	expect(&words, "-");
	ctl_text_member(&words, object, "none");
	expect(&words, "-");
	ctl_text_member(&words, NULL, "none");
	expect(&words, "-");
	ck_assert_uint_eq(ctl_text_integer(object, "number"), 0);
	ck_assert_uint_eq(ctl_text_integer(object, "text"), 0);
	buffer_fini(&words);
	json_decref(object);
}
END_TEST

START_TEST(long_texts_are_cut)
{
	struct buffer words;

	buffer_init(&words, 0);
	ctl_text_append(&words, "abcdef", 3);
	expect(&words, "abc...");
	ctl_text_append(&words, "abc", 3);
	expect(&words, "abc");
	ctl_text_append(&words, "", 3);
	expect(&words, "");
	ctl_text_append(&words, "\xc3\xa4\x7f\n", 10);
	expect(&words, "????");
	buffer_fini(&words);
}
END_TEST

START_TEST(times_are_local)
{
	json_t *object = json_pack(
	    "{s:s, s:s}", "good", "2026-11-23T23:30:20Z", "bad", "2026-11-23");
	struct buffer words;

	ck_assert_int_eq(setenv("TZ", "XYZ-1", 1), 0);
	tzset();
	buffer_init(&words, 0);
	ctl_text_time(&words, object, "good");
	expect(&words, "2026-11-24 00:30:20");
	ctl_text_time(&words, object, "bad");
	expect(&words, "2026-11-23");
	ctl_text_time(&words, object, "none");
	expect(&words, "-");
	buffer_fini(&words);
	json_decref(object);
}
END_TEST

START_TEST(daemons)
{
	static const struct {
		const char *state, *words;
	} rows[] = {
		{ "running", "cohortd 0.1.0, pid 7, running for 2s" },
		{ "paused", "cohortd 0.1.0, pid 7, running for 2s, paused" },
	};
	struct buffer words;
	json_t *status;
	size_t i;

	buffer_init(&words, 0);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		status = json_pack("{s:s, s:i, s:s, s:i}", "version", "0.1.0",
		    "pid", 7, "state", rows[i].state, "uptime_ms", 2000);
		ctl_text_daemon(&words, status);
		expect(&words, rows[i].words);
		json_decref(status);
	}
	buffer_fini(&words);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ctl_text");
	TCase *tcase = tcase_create("ctl_text");

	tcase_add_test(tcase, durations);
	tcase_add_test(tcase, sizes);
	tcase_add_test(tcase, members);
	tcase_add_test(tcase, long_texts_are_cut);
	tcase_add_test(tcase, times_are_local);
	tcase_add_test(tcase, daemons);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
