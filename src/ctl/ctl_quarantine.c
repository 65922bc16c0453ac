/* SPDX-License-Identifier: ISC */
/*
 * cohortctl quarantine: what is refused because it crashed workers.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/ctl_socket.h"
#include "ctl/ctl_table.h"
#include "ctl/ctl_text.h"

/* A request, or all of a route. */
static void
put_what(struct buffer *cell, const json_t *entry)
{
	if (json_is_string(json_object_get(entry, "target"))) {
		ctl_text_member(cell, entry, "method");
		buffer_append_byte(cell, ' ');
		ctl_text_member(cell, entry, "target");
	} else {
		buffer_append_text(cell, "all of ");
		ctl_text_member(cell, entry, "route");
	}
}

static void
put_left(struct buffer *cell, const json_t *entry)
{
	const char *state = json_string_value(json_object_get(entry, "state"));

	if (state != NULL && strcmp(state, "refused") == 0)
		ctl_text_duration(
		    cell, ctl_text_integer(entry, "seconds_left") * 1000);
	else
		buffer_append_byte(cell, '-');
}

static void
put_entry(struct ctl_table *table, const json_t *entry)
{
	put_what(ctl_table_cell(table), entry);
	ctl_text_member(ctl_table_cell(table), entry, "mount");
	ctl_text_member(ctl_table_cell(table), entry, "state");
	put_left(ctl_table_cell(table), entry);
	ctl_text_time(ctl_table_cell(table), entry, "since");
	ctl_text_member(ctl_table_cell(table), entry, "crashes");
	ctl_text_member(ctl_table_cell(table), entry, "refusals");
}

static void
print_entries(const json_t *entries)
{
	struct ctl_table *table = ctl_table_new();
	size_t i;

	ctl_table_column(table, "REQUEST", CTL_TABLE_LEFT);
	ctl_table_column(table, "MOUNT", CTL_TABLE_LEFT);
	ctl_table_column(table, "STATE", CTL_TABLE_LEFT);
	ctl_table_column(table, "FOR", CTL_TABLE_LEFT);
	ctl_table_column(table, "SINCE", CTL_TABLE_LEFT);
	ctl_table_column(table, "CRASHES", CTL_TABLE_RIGHT);
	ctl_table_column(table, "REFUSALS", CTL_TABLE_RIGHT);
	for (i = 0; i < json_array_size(entries); i++)
		put_entry(table, json_array_get(entries, i));
	ctl_table_print(table, stdout);
	ctl_table_free(&table);
}

enum ipc_exit
ctl_quarantine_list(const struct ctl_options *options)
{
	enum ipc_exit code = IPC_EXIT_OK;
	json_t *reply = ctl_socket_reply(options, "quarantine", &code);
	const json_t *entries = json_object_get(reply, "quarantine");

	if (reply == NULL)
		return code;
	if (options->json)
		ctl_text_print_json(reply);
	else if (json_array_size(entries) == 0)
		puts("nothing is in quarantine");
	else
		print_entries(entries);
	json_decref(reply);
	return IPC_EXIT_OK;
}

enum ipc_exit
ctl_quarantine_clear(const struct ctl_options *options)
{
	enum ipc_exit code = IPC_EXIT_OK;
	json_t *reply = ctl_socket_reply(options, "quarantine-clear", &code);

	if (reply == NULL)
		return code;
	if (options->json)
		ctl_text_print_json(reply);
	else
		printf("%llu entries let out\n",
		    (unsigned long long)ctl_text_integer(reply, "cleared"));
	json_decref(reply);
	return IPC_EXIT_OK;
}
