/* SPDX-License-Identifier: ISC */
/*
 * A table of words: a line of headings, columns as wide as what stands in
 * them, two blanks between.  Nothing stands behind the last word of a line.
 */
#ifndef CTL_TABLE_H
#define CTL_TABLE_H

#include <stdio.h>

#include "base/base_buffer.h"

struct ctl_table;

enum ctl_table_side {
	CTL_TABLE_LEFT, /* texts */
	CTL_TABLE_RIGHT /* numbers */
};

struct ctl_table *ctl_table_new(void);
void ctl_table_free(struct ctl_table **table);

/* All columns come before the first cell. */
void ctl_table_column(
    struct ctl_table *table, const char *heading, enum ctl_table_side side);

/* The next cell, row by row, empty: to be filled before the next call. */
struct buffer *ctl_table_cell(struct ctl_table *table);

void ctl_table_print(const struct ctl_table *table, FILE *to);

#endif
