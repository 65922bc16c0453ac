/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_table.h"

#include <string.h>

#include "base/base_object.h"

struct column {
	const char *heading;
	enum ctl_table_side side;
};

#define CTL_TABLE_MAGIC 0x6d92e4f3u
struct ctl_table {
	unsigned magic;
	struct column *columns;
	size_t column_count;
	struct buffer *cells;
	size_t cell_count;
};

struct ctl_table *
ctl_table_new(void)
{
	struct ctl_table *table;

	OBJECT_NEW(table, CTL_TABLE_MAGIC);
	return table;
}

void
ctl_table_free(struct ctl_table **table_pointer)
{
	struct ctl_table *table;
	size_t i;

	OBJECT_TAKE(table, table_pointer, CTL_TABLE_MAGIC);
	for (i = 0; i < table->cell_count; i++)
		buffer_fini(&table->cells[i]);
	memory_free(table->cells);
	memory_free(table->columns);
	OBJECT_FREE(table);
}

void
ctl_table_column(
    struct ctl_table *table, const char *heading, enum ctl_table_side side)
{
	table->columns = memory_resize(
	    table->columns, table->column_count + 1, sizeof(*table->columns));
	table->columns[table->column_count++] =
	    (struct column) { .heading = heading, .side = side };
}

struct buffer *
ctl_table_cell(struct ctl_table *table)
{
	struct buffer *cell;

	table->cells = memory_resize(
	    table->cells, table->cell_count + 1, sizeof(*table->cells));
	cell = &table->cells[table->cell_count++];
	buffer_init(cell, 0);
	return cell;
}

static const char *
text_of(const struct ctl_table *table, size_t row, size_t column)
{
	size_t place = row * table->column_count + column;

	if (place >= table->cell_count || table->cells[place].data == NULL)
		return "";
	return table->cells[place].data;
}

static int
width_of(const struct ctl_table *table, size_t rows, size_t column)
{
	size_t width = strlen(table->columns[column].heading), row, size;

	for (row = 0; row < rows; row++) {
		size = strlen(text_of(table, row, column));
		if (size > width)
			width = size;
	}
	return (int)width;
}

static void
print_cell(const struct column *column, bool is_last, int width,
    const char *text, FILE *to)
{
	if (is_last && column->side == CTL_TABLE_LEFT)
		width = 0;
	if (column->side == CTL_TABLE_LEFT)
		fprintf(to, "%-*s", width, text);
	else
		fprintf(to, "%*s", width, text);
	fputs(is_last ? "\n" : "  ", to);
}

void
ctl_table_print(const struct ctl_table *table, FILE *to)
{
	size_t count = table->column_count, row, i;
	size_t rows = (table->cell_count + count - 1) / count;
	int *widths = memory_alloc_array(count, sizeof(*widths));

	for (i = 0; i < count; i++) {
		widths[i] = width_of(table, rows, i);
		print_cell(&table->columns[i], i + 1 == count, widths[i],
		    table->columns[i].heading, to);
	}
	for (row = 0; row < rows; row++)
		for (i = 0; i < count; i++)
			print_cell(&table->columns[i], i + 1 == count,
			    widths[i], text_of(table, row, i), to);
	memory_free(widths);
}
