/* SPDX-License-Identifier: ISC */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config_source.h"
#include "test_unit.h"

/* left NULL: message is expected */
static const struct {
	const char *text, *left, *message;
} blanks[] = {
	{ "", "", NULL },
	{ "a = 1\n", "a = 1\n", NULL },
	{ "# x\na\n", "   \na\n", NULL },
	{ "a = 1 # x \"\nb", "a = 1      \nb", NULL },
	{ "a#b", "a  ", NULL },
	{ "'#' # c\n'#'", "'#'    \n'#'", NULL },
	{ "\"a\\\"#\" #\n", "\"a\\\"#\"  \n", NULL },
	{ "'a\\'#' #\n", "'a\\'#'  \n", NULL },
	{ "\"'#\" '\"#'", "\"'#\" '\"#'", NULL },
	{ "\"a\n#b\"#", "\"a\n#b\" ", NULL },
	{ "# it's\na", "      \na", NULL },
	{ "a = http://b/*", "a = http://b/*", NULL },
	{ "a = /b", "a = /b", NULL },
	{ "\n// x\n", NULL, "f:2: \"//\": comments begin with #" },
	{ "a {/* x */", NULL, "f:1: \"/*\": comments begin with #" },
	{ "# //\n\"\n//\" /*", NULL, "f:3: \"/*\": comments begin with #" },
	{ "a\n= \"b\n\n", NULL, "f:2: a string begins here and does not end" },
	{ "\"\\\n\\\n\" '\\", NULL,
	    "f:3: a string begins here and does not end" },
};

START_TEST(blank)
{
	char *text = strdup(blanks[_i].text);
	struct error error = { .text = "" };
	int result;

	result = config_source_blank(text, "f", &error);
	ck_assert_str_eq(
	    error.text, blanks[_i].message == NULL ? "" : blanks[_i].message);
	ck_assert_int_eq(result, blanks[_i].message == NULL ? 0 : -1);
	if (blanks[_i].left != NULL)
		ck_assert_str_eq(text, blanks[_i].left);
	free(text);
}
END_TEST

static char directory[] = "/tmp/cohort-test-XXXXXX";

/* The file of so many bytes, a NUL at the end if so told. */
static void
write_file(char path[64], size_t size, bool nul)
{
	FILE *file;

	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, 64, "%s/f", directory);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	while (size-- > 1)
		fputc('x', file);
	fputc(nul ? '\0' : 'y', file);
	ck_assert_int_eq(fclose(file), 0);
}

static void
remove_file(const char *path)
{
	unlink(path);
	rmdir(directory);
}

START_TEST(read_whole)
{
	struct buffer text;
	struct error error;
	char path[64];

	write_file(path, 100000, false);
	buffer_init(&text, 0);
	ck_assert_int_eq(config_source_read(path, "f", &text, &error), 0);
	ck_assert_uint_eq(text.size, 100000);
	ck_assert_str_eq(text.data + 99998, "xy");
	buffer_fini(&text);
	remove_file(path);
}
END_TEST

START_TEST(read_refused)
{
	static const struct {
		size_t size;
		bool nul;
		const char *message;
	} cases[] = {
		{ 10, true, "f: holds a NUL byte" },
		{ 1048577, false, "f: larger than 1048576 bytes" },
	};
	struct buffer text;
	struct error error;
	char path[64];

	write_file(path, cases[_i].size, cases[_i].nul);
	buffer_init(&text, 0);
	ck_assert_int_eq(config_source_read(path, "f", &text, &error), -1);
	ck_assert_str_eq(error.text, cases[_i].message);
	buffer_fini(&text);
	remove_file(path);
}
END_TEST

START_TEST(unreadable)
{
	struct buffer text;
	struct error error;

	buffer_init(&text, 0);
	ck_assert_int_eq(
	    config_source_read("/nonexistent", "f", &text, &error), -1);
	ck_assert_str_eq(error.text, "f: No such file or directory");
	ck_assert_int_eq(error.kind, ERROR_CONFIG);
	ck_assert_int_eq(config_source_read("/", "f", &text, &error), -1);
	ck_assert_str_eq(error.text, "f: Is a directory");
	buffer_fini(&text);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("config_source");
	TCase *tests = tcase_create("config_source");

	tcase_add_loop_test(
	    tests, blank, 0, (int)(sizeof(blanks) / sizeof(blanks[0])));
	tcase_add_test(tests, read_whole);
	tcase_add_loop_test(tests, read_refused, 0, 2);
	tcase_add_test(tests, unreadable);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
