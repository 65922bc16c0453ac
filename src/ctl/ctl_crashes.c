/* SPDX-License-Identifier: ISC */
/*
 * cohortctl crashes: the records, one of them, or none any more.
 */
#include <stdio.h>
#include <string.h>

#include "base/base_number.h"
#include "ctl/ctl.h"
#include "ctl/ctl_record.h"
#include "ctl/ctl_socket.h"
#include "ctl/ctl_table.h"
#include "ctl/ctl_text.h"

#define REQUEST_WIDTH 60

/* ---- list ---- */

static void
put_request(struct buffer *cell, const json_t *record)
{
	struct buffer words;

	buffer_init(&words, 0);
	ctl_record_request(&words, record);
	ctl_text_append(cell, words.data, REQUEST_WIDTH);
	buffer_fini(&words);
}

/* The module's file name: the directory is in the record. */
static void
put_module(struct buffer *cell, const json_t *record)
{
	const json_t *request = json_object_get(record, "request");
	const char *path =
	    json_string_value(json_object_get(request, "module"));
	const char *slash;

	if (path == NULL) {
		ctl_text_member(cell, request, "mount");
		return;
	}
	slash = strrchr(path, '/');
	ctl_text_append(cell, slash == NULL ? path : slash + 1, CTL_TEXT_MAX);
}

static void
put_frame(struct buffer *cell, const json_t *record)
{
	const json_t *frame =
	    json_array_get(json_object_get(record, "stack"), 0);

	if (frame == NULL)
		buffer_append_byte(cell, '-');
	else
		ctl_record_frame(cell, frame);
}

static void
put_record(struct ctl_table *table, const json_t *record)
{
	ctl_text_member(ctl_table_cell(table), record, "id");
	ctl_text_time(ctl_table_cell(table), record, "last");
	ctl_text_member(ctl_table_cell(table), record, "count");
	ctl_record_end(ctl_table_cell(table), record);
	put_request(ctl_table_cell(table), record);
	ctl_text_member(
	    ctl_table_cell(table), json_object_get(record, "request"), "route");
	put_module(ctl_table_cell(table), record);
	put_frame(ctl_table_cell(table), record);
}

static void
print_list(const json_t *records)
{
	struct ctl_table *table = ctl_table_new();
	size_t i;

	ctl_table_column(table, "ID", CTL_TABLE_RIGHT);
	ctl_table_column(table, "LAST", CTL_TABLE_LEFT);
	ctl_table_column(table, "COUNT", CTL_TABLE_RIGHT);
	ctl_table_column(table, "END", CTL_TABLE_LEFT);
	ctl_table_column(table, "REQUEST", CTL_TABLE_LEFT);
	ctl_table_column(table, "ROUTE", CTL_TABLE_LEFT);
	ctl_table_column(table, "MODULE", CTL_TABLE_LEFT);
	ctl_table_column(table, "AT", CTL_TABLE_LEFT);
	for (i = 0; i < json_array_size(records); i++)
		put_record(table, json_array_get(records, i));
	ctl_table_print(table, stdout);
	ctl_table_free(&table);
}

enum ipc_exit
ctl_crashes_list(const struct ctl_options *options)
{
	enum ipc_exit code = IPC_EXIT_OK;
	json_t *reply = ctl_socket_reply(options, "crashes", &code);
	const json_t *records = json_object_get(reply, "crashes");

	if (reply == NULL)
		return code;
	if (options->json)
		ctl_text_print_json(records);
	else if (json_array_size(records) == 0)
		puts("no crashes");
	else
		print_list(records);
	json_decref(reply);
	return IPC_EXIT_OK;
}

/* ---- show ---- */

static const json_t *
find_record(const json_t *records, int64_t id)
{
	const json_t *record;
	size_t i;

	for (i = 0; i < json_array_size(records); i++) {
		record = json_array_get(records, i);
		if (json_integer_value(json_object_get(record, "id")) == id)
			return record;
	}
	return NULL;
}

static enum ipc_exit
show(const struct ctl_options *options, const json_t *record)
{
	if (record == NULL) {
		fprintf(stderr, "cohortctl: there is no record %s\n",
		    options->operand);
		return IPC_EXIT_FAILURE;
	}
	if (options->json)
		ctl_text_print_json(record);
	else
		ctl_record_print(record, stdout);
	return IPC_EXIT_OK;
}

enum ipc_exit
ctl_crashes_show(const struct ctl_options *options)
{
	enum ipc_exit code = IPC_EXIT_OK;
	json_t *reply;
	int64_t id;

	if (number_parse(options->operand, 1, INT64_MAX, &id) == -1) {
		fprintf(stderr,
		    "cohortctl: crashes: \"%s\" is no record's number, and "
		    "neither show nor clear\n",
		    options->operand);
		return IPC_EXIT_USAGE;
	}
	reply = ctl_socket_reply(options, "crashes", &code);
	if (reply == NULL)
		return code;
	code =
	    show(options, find_record(json_object_get(reply, "crashes"), id));
	json_decref(reply);
	return code;
}

/* ---- clear ---- */

enum ipc_exit
ctl_crashes_clear(const struct ctl_options *options)
{
	enum ipc_exit code = IPC_EXIT_OK;
	json_t *reply = ctl_socket_reply(options, "crashes-clear", &code);

	if (reply == NULL)
		return code;
	if (options->json)
		ctl_text_print_json(reply);
	else
		printf("%llu records dropped\n",
		    (unsigned long long)ctl_text_integer(reply, "cleared"));
	json_decref(reply);
	return IPC_EXIT_OK;
}
