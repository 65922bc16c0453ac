/* SPDX-License-Identifier: ISC */
#include "symbolize/symbolize_input.h"

#include <stdlib.h>
#include <string.h>

#include "test_unit.h"

static struct symbolize_input *input;

static void
set_up(void)
{
	input = calloc(1, sizeof(*input));
}

static void
tear_down(void)
{
	free(input);
}

static void
read_bytes(const char *bytes, size_t size)
{
	FILE *from = fmemopen((void *)(uintptr_t)bytes, size, "r");

	ck_assert_ptr_nonnull(from);
	symbolize_input_read(input, from);
	fclose(from);
}

static void
read_text(const char *text)
{
	read_bytes(text, strlen(text));
}

START_TEST(images_and_frames_are_taken)
{
	read_text("image 400000 401000 402000 00ffab -1 /a program (deleted)\n"
		  "frame 401234 exact\n"
		  "image 7f0000000000 7f0000001000 7f0000002000 - 17 /b\n"
		  "frame 7f0000001fff return\n");
	ck_assert_uint_eq(input->image_count, 2);
	ck_assert_uint_eq(input->images[0].bias, 0x400000);
	ck_assert_str_eq(input->images[0].build_id, "00ffab");
	ck_assert_str_eq(input->images[0].path, "/a program (deleted)");
	ck_assert_int_eq(input->images[0].descriptor, -1);
	ck_assert_str_eq(input->images[1].build_id, "");
	ck_assert_int_eq(input->images[1].descriptor, 17);
	ck_assert_str_eq(input->images[1].path, "/b");
	ck_assert_uint_eq(input->frame_count, 2);
	ck_assert_uint_eq(input->frames[0].address, 0x401234);
	ck_assert(!input->frames[0].is_return);
	ck_assert(input->frames[1].is_return);
	ck_assert_ptr_eq(
	    symbolize_input_find(input, 0x401000), &input->images[0]);
	ck_assert_ptr_null(symbolize_input_find(input, 0x402000));
	ck_assert_ptr_eq(
	    symbolize_input_find(input, 0x7f0000001ffe), &input->images[1]);
}
END_TEST

static const char *const nonsense[] = {
	"",
	"\n",
	"image\n",
	"image 1 2 3\n",
	"image 1 2 3 -\n",
	"image 1 2 3 - /a\n",
	"image 1 2 3 - - /a\n",
	"image 1 2 3 - 4\n",
	"image 1 2 3 - -1 relative\n",
	"image 1 3 2 - -1 /backwards\n",
	"image 1 2 2 - -1 /empty\n",
	"image x 2 3 - -1 /a\n",
	"frame\n",
	"frame 1\n",
	"frame 1 perhaps\n",
	"frame 1 exact", /* cut */
	"FRAME 1 exact\n",
};

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

START_TEST(what_makes_no_sense_is_ignored)
{
	read_bytes(nonsense[_i], strlen(nonsense[_i]) + 1);
	ck_assert_uint_eq(input->image_count, 0);
	ck_assert_uint_eq(input->frame_count, 0);
}
END_TEST

START_TEST(a_long_line_is_skipped_as_a_whole)
{
	char text[3 * SYMBOLIZE_LINE_MAX];

	memset(text, 'x', sizeof(text));
	memcpy(text, "image 1 2 3 - 4 /", 17);
	strcpy(text + 2 * SYMBOLIZE_LINE_MAX, "\nframe 5 exact\n");
	read_text(text);
	ck_assert_uint_eq(input->image_count, 0);
	ck_assert_uint_eq(input->frame_count, 1);
}
END_TEST

START_TEST(a_build_id_has_an_end)
{
	char text[512];

	/* What is too long runs into the path, which then is none. */
	snprintf(text, sizeof(text), "image 1 2 3 %0*d -1 /a\n",
	    SYMBOLIZE_BUILD_ID_MAX + 1, 0);
	read_text(text);
	ck_assert_uint_eq(input->image_count, 0);
	snprintf(text, sizeof(text), "image 1 2 3 %0*d -1 /a\n",
	    SYMBOLIZE_BUILD_ID_MAX, 0);
	read_text(text);
	ck_assert_uint_eq(input->image_count, 1);
}
END_TEST

START_TEST(there_are_so_many_at_most)
{
	FILE *from = tmpfile();
	int i;

	for (i = 0; i < 1000; i++)
		fprintf(from, "image 0 %x %x - -1 /a\nframe %x exact\n", i,
		    i + 1, i);
	rewind(from);
	symbolize_input_read(input, from);
	fclose(from);
	ck_assert_uint_eq(input->image_count, SYMBOLIZE_IMAGES_MAX);
	ck_assert_uint_eq(input->frame_count, SYMBOLIZE_FRAMES_MAX);
}
END_TEST

/* NULs hide what stands behind them, but not from the limit. */
START_TEST(input_without_end_ends)
{
	FILE *from = fopen("/dev/zero", "r");

	symbolize_input_read(input, from);
	fclose(from);
	ck_assert_uint_eq(input->frame_count, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("symbolize_input");
	TCase *tests = tcase_create("input");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, images_and_frames_are_taken);
	tcase_add_loop_test(
	    tests, what_makes_no_sense_is_ignored, 0, ROWS(nonsense));
	tcase_add_test(tests, a_long_line_is_skipped_as_a_whole);
	tcase_add_test(tests, a_build_id_has_an_end);
	tcase_add_test(tests, there_are_so_many_at_most);
	tcase_add_test(tests, input_without_end_ends);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
