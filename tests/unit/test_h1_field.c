/* SPDX-License-Identifier: ISC */
/* Lines one by one; tests/wire has them in whole requests. */
#include "test_h1_text.h"
#include "test_unit.h"

#include "http1/h1_field.h"

/* ---- lines that pass ---- */

static const struct {
	const char *text, *name, *value;
} good[] = {
	{ "A: b\r\n", "A", "b" },
	{ "A:b\r\n", "A", "b" },
	{ "A:\r\n", "A", "" },
	{ "A: \t\r\n", "A", "" },
	{ "A: \tb \t\r\n", "A", "b" },
	{ "A: b\tc d\r\n", "A", "b\tc d" },
	{ "A::\r\n", "A", ":" },
	{ "!#$%&'*+-.^_`|~09azAZ: \x80\xff\r\n", "!#$%&'*+-.^_`|~09azAZ",
	    "\x80\xff" },
	{ "Long-Name-Of-Words: 0123456789abcdef0123456789abcdef0\r\n",
	    "Long-Name-Of-Words", "0123456789abcdef0123456789abcdef0" },
};

START_TEST(test_good)
{
	size_t size = strlen(good[_i].text);
	char *text = copy_exactly(good[_i].text, size);
	struct h1_field field;

	ck_assert_uint_eq(h1_field_read(text, 0, size, &field), size);
	expect_span(text, field.name, good[_i].name);
	expect_span(text, field.value, good[_i].value);
	free(text);
}
END_TEST

/* Of no begin of it is anything said. */
START_TEST(test_not_complete)
{
	size_t size = strlen(good[_i].text), part;
	struct h1_field field;

	for (part = 0; part < size; part++) {
		char *text = copy_exactly(good[_i].text, part);

		ck_assert_uint_eq(h1_field_read(text, 0, part, &field), 0);
		ck_assert_int_eq(
		    h1_field_judge(text, 0, part, true), H1_FAULT_NONE);
		free(text);
	}
}
END_TEST

/* What stands before and behind is not looked at. */
START_TEST(test_within)
{
	static const char text[] = "\r\nA: b\r\n c\r\n";
	struct h1_field field;

	ck_assert_uint_eq(h1_field_read(text, 2, sizeof(text) - 1, &field), 8);
	expect_span(text, field.name, "A");
	expect_span(text, field.value, "b");
}
END_TEST

/* ---- lines that do not ---- */

static const struct {
	const char *text;
	size_t size;
	enum h1_fault fault;
} bad[] = {
	JUDGED(BARE_LF, "\n"),
	JUDGED(BARE_CR, "\rA"),
	JUDGED(BARE_LF, "A\n"),
	JUDGED(BARE_LF, "A:\n"),
	JUDGED(BARE_LF, "A: b\n"),
	JUDGED(BARE_CR, "\rA: b\r\n"),
	JUDGED(BARE_CR, "A\r: b\r\n"),
	JUDGED(BARE_CR, "A:\rb\r\n"),
	JUDGED(BARE_CR, "A: b\r\r\n"),
	JUDGED(BARE_CR, "A: b\rContent-Length: 1\r\n"),
	JUDGED(FIELD_NO_COLON, "A\r\n"),
	JUDGED(FIELD_NAME, ": b\r\n"),
	JUDGED(FIELD_NAME, "(A: b\r\n"),
	JUDGED(FIELD_NAME, "A(: b\r\n"),
	JUDGED(FIELD_NAME, "A\0: b\r\n"),
	JUDGED(FIELD_NAME, "A\x80: b\r\n"),
	JUDGED(FIELD_NAME, "A b: c\r\n"),
	JUDGED(FIELD_NAME, "A \r\n"),
	JUDGED(FIELD_COLON, "A : b\r\n"),
	JUDGED(FIELD_COLON, "A\t \t: b\r\n"),
	JUDGED(FIELD_FOLDED, " A: b\r\n"),
	JUDGED(FIELD_FOLDED, "\tb\r\n"),
	JUDGED(FIELD_VALUE, "A: b\x01\r\n"),
	JUDGED(FIELD_VALUE, "A: \0\r\n"),
	JUDGED(FIELD_VALUE, "A: 0123456\x7f\r\n"),
	JUDGED(FIELD_VALUE, "A: \tb\t\x1f"),
};

START_TEST(test_bad)
{
	size_t size = bad[_i].size;
	char *text = copy_exactly(bad[_i].text, size);
	struct h1_field field;

	ck_assert_uint_eq(h1_field_read(text, 0, size, &field), 0);
	ck_assert_int_eq(h1_field_judge(text, 0, size, false), bad[_i].fault);
	free(text);
}
END_TEST

/* What a part of it is refused for, the whole is. */
START_TEST(test_bad_part)
{
	size_t part;

	for (part = 0; part < bad[_i].size; part++) {
		char *text = copy_exactly(bad[_i].text, part);
		enum h1_fault fault = h1_field_judge(text, 0, part, false);

		ck_assert(fault == H1_FAULT_NONE || fault == bad[_i].fault);
		free(text);
	}
}
END_TEST

START_TEST(test_first)
{
	ck_assert_int_eq(
	    h1_field_judge(" A", 0, 2, true), H1_FAULT_LEADING_SPACE);
	ck_assert_int_eq(
	    h1_field_judge("A :", 0, 3, true), H1_FAULT_FIELD_COLON);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("h1_field");
	TCase *tcase = tcase_create("all");

	suite_add_tcase(suite, tcase);
	tcase_add_loop_test(tcase, test_good, 0, COUNT(good));
	tcase_add_loop_test(tcase, test_not_complete, 0, COUNT(good));
	tcase_add_test(tcase, test_within);
	tcase_add_loop_test(tcase, test_bad, 0, COUNT(bad));
	tcase_add_loop_test(tcase, test_bad_part, 0, COUNT(bad));
	tcase_add_test(tcase, test_first);
	return test_run(suite);
}
