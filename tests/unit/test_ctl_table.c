/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>

#include "ctl/ctl_table.h"
#include "test_unit.h"

static void
expect(const struct ctl_table *table, const char *wanted)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(stream);
	ctl_table_print(table, stream);
	ck_assert_int_eq(fclose(stream), 0);
	ck_assert_str_eq(text, wanted);
	free(text);
}

START_TEST(columns_are_as_wide_as_their_words)
{
	struct ctl_table *table = ctl_table_new();

	ctl_table_column(table, "N", CTL_TABLE_RIGHT);
	ctl_table_column(table, "NAME", CTL_TABLE_LEFT);
	ctl_table_column(table, "WHAT", CTL_TABLE_LEFT);
	expect(table, "N  NAME  WHAT\n");
	buffer_append_text(ctl_table_cell(table), "1");
	buffer_append_text(ctl_table_cell(table), "a");
	buffer_append_text(ctl_table_cell(table), "longer");
	buffer_append_text(ctl_table_cell(table), "100");
	buffer_append_text(ctl_table_cell(table), "five5");
	buffer_append_text(ctl_table_cell(table), "-");
	expect(table,
	    "  N  NAME   WHAT\n"
	    "  1  a      longer\n"
	    "100  five5  -\n");
	ctl_table_free(&table);
	ck_assert_ptr_null(table);
}
END_TEST

START_TEST(a_row_may_end_early)
{
	struct ctl_table *table = ctl_table_new();

	ctl_table_column(table, "A", CTL_TABLE_LEFT);
	ctl_table_column(table, "B", CTL_TABLE_RIGHT);
	buffer_append_text(ctl_table_cell(table), "x");
	expect(table, "A  B\nx   \n");
	ctl_table_free(&table);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ctl_table");
	TCase *tcase = tcase_create("ctl_table");

	tcase_add_test(tcase, columns_are_as_wide_as_their_words);
	tcase_add_test(tcase, a_row_may_end_early);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
