/* SPDX-License-Identifier: ISC */
/*
 * cohortctl status: the daemon in a few lines, its cohorts, its workers.
 */
#include <stdio.h>
#include <time.h>

#include "base/base_memory.h"
#include "ctl/ctl.h"
#include "ctl/ctl_rate.h"
#include "ctl/ctl_socket.h"
#include "ctl/ctl_table.h"
#include "ctl/ctl_text.h"

/* Long enough for a rate, and short enough to wait for. */
#define SAMPLE_MS 200

/* ---- the daemon ---- */

static void
describe_requests(
    struct buffer *words, const json_t *earlier, const json_t *status)
{
	const json_t *totals = json_object_get(status, "totals");
	static const char *const classes[] = { "1xx", "2xx", "3xx", "4xx",
		"5xx" };
	size_t i, count = 0;

	buffer_append_text(words, "requests ");
	ctl_text_member(words, totals, "requests");
	for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (ctl_text_integer(totals, classes[i]) == 0)
			continue;
		buffer_format(
		    words, "%s%s ", count++ == 0 ? " (" : ", ", classes[i]);
		ctl_text_member(words, totals, classes[i]);
	}
	buffer_append_text(words, count > 0 ? ")" : "");
	buffer_append_text(words, ", now ");
	ctl_rate_append(words, ctl_rate_total(earlier, status));
	buffer_append_text(words, " a second, refused ");
	ctl_text_member(words, totals, "refused");
	buffer_append_text(words, ", sent ");
	ctl_text_bytes(words, ctl_text_integer(totals, "bytes_sent"));
}

static void
describe_trouble(struct buffer *words, const json_t *status)
{
	buffer_append_text(words, "crashes ");
	ctl_text_member(words, json_object_get(status, "totals"), "crashes");
	buffer_append_text(words, " (records ");
	ctl_text_member(words, status, "records");
	buffer_append_text(words, "), quarantine ");
	ctl_text_member(
	    words, json_object_get(status, "quarantine"), "entries");
	if (ctl_text_integer(status, "orphans") > 0) {
		buffer_append_text(words, ", connections between workers ");
		ctl_text_member(words, status, "orphans");
	}
}

/* "probation of cohort 2: crashes 1, allowed 3, left 8s; ..." */
static void
describe_probation(struct buffer *words, const json_t *probation)
{
	if (!json_is_object(probation))
		return;
	buffer_append_text(words, "\nprobation of cohort ");
	ctl_text_member(words, probation, "cohort");
	buffer_append_text(words, ": crashes ");
	ctl_text_member(words, probation, "crashes");
	buffer_append_text(words, ", allowed ");
	ctl_text_member(words, probation, "limit");
	buffer_append_text(words, ", left ");
	ctl_text_duration(words, ctl_text_integer(probation, "left_ms"));
	buffer_append_text(words, "; a return leads to cohort ");
	ctl_text_member(words, probation, "base");
}

/* "cohort 2 crashed on probation (crashes 4); cohort 3 has the settings ..." */
static void
describe_return(struct buffer *words, const json_t *returned)
{
	if (!json_is_object(returned))
		return;
	buffer_append_text(words, "\ncohort ");
	ctl_text_member(words, returned, "from");
	buffer_append_text(words, " crashed on probation (crashes ");
	ctl_text_member(words, returned, "crashes");
	if (json_is_true(json_object_get(returned, "failed"))) {
		buffer_append_text(words,
		    "); it stays, as the return failed to the settings of "
		    "cohort ");
	} else {
		buffer_append_text(words, "); cohort ");
		ctl_text_member(words, returned, "cohort");
		buffer_append_text(words, " has the settings of cohort ");
	}
	ctl_text_member(words, returned, "to");
}

static void
describe_listeners(struct buffer *words, const json_t *listeners)
{
	size_t i, count = json_array_size(listeners);

	buffer_append_text(words, "listening on ");
	for (i = 0; i < count; i++) {
		buffer_append_text(words, i == 0 ? "" : ", ");
		ctl_text_member(words, json_array_get(listeners, i), "name");
	}
	if (count == 0)
		buffer_append_text(words, "nothing");
}

static void
print_daemon(const json_t *earlier, const json_t *status)
{
	struct buffer words;

	buffer_init(&words, 0);
	ctl_text_daemon(&words, status);
	buffer_append_byte(&words, '\n');
	describe_listeners(&words, json_object_get(status, "listeners"));
	buffer_append_byte(&words, '\n');
	describe_requests(&words, earlier, status);
	buffer_append_byte(&words, '\n');
	describe_trouble(&words, status);
	describe_probation(&words, json_object_get(status, "probation"));
	describe_return(&words, json_object_get(status, "returned"));
	puts(words.data);
	buffer_fini(&words);
}

/* ---- cohorts ---- */

/* "4 wanted, 3 serving, 1 starting" */
static void
describe_counts(struct buffer *words, json_t *counts)
{
	const char *name;
	json_t *number;
	bool is_first = true;

	json_object_foreach(counts, name, number)
	{
		buffer_append_text(words, is_first ? "" : ", ");
		ctl_text_member(words, counts, name);
		buffer_append_byte(words, ' ');
		ctl_text_append(words, name, CTL_TEXT_MAX);
		is_first = false;
	}
}

static void
put_cohort(struct ctl_table *table, const json_t *cohort)
{
	ctl_text_member(ctl_table_cell(table), cohort, "number");
	ctl_text_member(ctl_table_cell(table), cohort, "state");
	ctl_text_duration(
	    ctl_table_cell(table), ctl_text_integer(cohort, "age_ms"));
	describe_counts(
	    ctl_table_cell(table), json_object_get(cohort, "workers"));
}

static void
print_cohorts(const json_t *cohorts)
{
	struct ctl_table *table = ctl_table_new();
	size_t i;

	ctl_table_column(table, "COHORT", CTL_TABLE_RIGHT);
	ctl_table_column(table, "STATE", CTL_TABLE_LEFT);
	ctl_table_column(table, "AGE", CTL_TABLE_LEFT);
	ctl_table_column(table, "WORKERS", CTL_TABLE_LEFT);
	for (i = 0; i < json_array_size(cohorts); i++)
		put_cohort(table, json_array_get(cohorts, i));
	putchar('\n');
	ctl_table_print(table, stdout);
	ctl_table_free(&table);
}

/* ---- workers ---- */

static void
add_worker_columns(struct ctl_table *table)
{
	ctl_table_column(table, "SLOT", CTL_TABLE_RIGHT);
	ctl_table_column(table, "PID", CTL_TABLE_RIGHT);
	ctl_table_column(table, "COHORT", CTL_TABLE_RIGHT);
	ctl_table_column(table, "STATE", CTL_TABLE_LEFT);
	ctl_table_column(table, "AGE", CTL_TABLE_LEFT);
	ctl_table_column(table, "IDLE", CTL_TABLE_RIGHT);
	ctl_table_column(table, "BUSY", CTL_TABLE_RIGHT);
	ctl_table_column(table, "REQUESTS", CTL_TABLE_RIGHT);
	ctl_table_column(table, "REQ/S", CTL_TABLE_RIGHT);
	ctl_table_column(table, "MEMORY", CTL_TABLE_RIGHT);
	ctl_table_column(table, "CRASHES", CTL_TABLE_RIGHT);
	ctl_table_column(table, "LAST CRASH", CTL_TABLE_LEFT);
}

static void
put_memory(struct buffer *words, const json_t *memory)
{
	if (json_is_object(memory))
		ctl_text_bytes(words, ctl_text_integer(memory, "resident"));
	else
		buffer_append_byte(words, '-');
}

static void
put_worker(struct ctl_table *table, const json_t *earlier, const json_t *status,
    const json_t *worker)
{
	const json_t *connections = json_object_get(worker, "connections");

	ctl_text_member(ctl_table_cell(table), worker, "slot");
	ctl_text_member(ctl_table_cell(table), worker, "pid");
	ctl_text_member(ctl_table_cell(table), worker, "cohort");
	ctl_text_member(ctl_table_cell(table), worker, "state");
	ctl_text_duration(
	    ctl_table_cell(table), ctl_text_integer(worker, "age_ms"));
	ctl_text_member(ctl_table_cell(table), connections, "idle");
	ctl_text_member(ctl_table_cell(table), connections, "busy");
	ctl_text_member(ctl_table_cell(table), worker, "requests");
	ctl_rate_append(
	    ctl_table_cell(table), ctl_rate_requests(earlier, status, worker));
	put_memory(ctl_table_cell(table), json_object_get(worker, "memory"));
	ctl_text_member(ctl_table_cell(table), worker, "crashes");
	ctl_text_time(ctl_table_cell(table), worker, "last_crash");
}

static void
print_workers(const json_t *earlier, const json_t *status)
{
	size_t i, count;
	const json_t **workers = ctl_rate_workers(status, &count);
	struct ctl_table *table = ctl_table_new();

	add_worker_columns(table);
	for (i = 0; i < count; i++)
		put_worker(table, earlier, status, workers[i]);
	putchar('\n');
	ctl_table_print(table, stdout);
	ctl_table_free(&table);
	memory_free(workers);
}

/* ---- the whole ---- */

static void
print_status(const json_t *earlier, const json_t *status)
{
	print_daemon(earlier, status);
	print_cohorts(json_object_get(status, "cohorts"));
	print_workers(earlier, status);
}

/* The rates are those of a moment that we wait for. */
static enum ipc_exit
show_table(const struct ctl_options *options)
{
	const struct timespec moment = { .tv_nsec = SAMPLE_MS * 1000000L };
	json_t *earlier, *status = NULL;
	enum ipc_exit code = IPC_EXIT_OK;

	earlier = ctl_socket_reply(options, "status", &code);
	if (earlier == NULL)
		return code;
	nanosleep(&moment, NULL);
	status = ctl_socket_reply(options, "status", &code);
	if (status != NULL)
		print_status(earlier, status);
	json_decref(earlier);
	json_decref(status);
	return code;
}

static enum ipc_exit
show_json(const struct ctl_options *options)
{
	enum ipc_exit code = IPC_EXIT_OK;
	json_t *status = ctl_socket_reply(options, "status", &code);

	if (status != NULL)
		ctl_text_print_json(status);
	json_decref(status);
	return code;
}

enum ipc_exit
ctl_status(const struct ctl_options *options)
{
	return options->json ? show_json(options) : show_table(options);
}
