/* SPDX-License-Identifier: ISC */
/*
 * cohortctl top: the workers, again and again.  Each look is a connection of
 * its own: between two of them the daemon has nothing to do for us.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/base_memory.h"
#include "ctl/ctl.h"
#include "ctl/ctl_rate.h"
#include "ctl/ctl_screen.h"
#include "ctl/ctl_socket.h"
#include "ctl/ctl_table.h"
#include "ctl/ctl_text.h"

struct sums {
	size_t workers;
	uint64_t idle, busy, memory;
	double cpu; /* negative: of none it is known */
};

static void
print_daemon(const json_t *status, FILE *to)
{
	struct buffer words;

	buffer_init(&words, 0);
	ctl_text_daemon(&words, status);
	buffer_append_text(&words, ", requests ");
	ctl_text_member(&words, json_object_get(status, "totals"), "requests");
	buffer_append_text(&words, ", crashes ");
	ctl_text_member(&words, json_object_get(status, "totals"), "crashes");
	fprintf(to, "%s\n\n", words.data);
	buffer_fini(&words);
}

static void
add_columns(struct ctl_table *table)
{
	ctl_table_column(table, "SLOT", CTL_TABLE_RIGHT);
	ctl_table_column(table, "PID", CTL_TABLE_RIGHT);
	ctl_table_column(table, "COHORT", CTL_TABLE_RIGHT);
	ctl_table_column(table, "REQ/S", CTL_TABLE_RIGHT);
	ctl_table_column(table, "IDLE", CTL_TABLE_RIGHT);
	ctl_table_column(table, "BUSY", CTL_TABLE_RIGHT);
	ctl_table_column(table, "MEMORY", CTL_TABLE_RIGHT);
	ctl_table_column(table, "CPU%", CTL_TABLE_RIGHT);
	ctl_table_column(table, "STATE", CTL_TABLE_LEFT);
}

static void
put_worker(struct ctl_table *table, const json_t *earlier, const json_t *later,
    const json_t *worker, struct sums *sums)
{
	const json_t *connections = json_object_get(worker, "connections");
	uint64_t memory =
	    ctl_text_integer(json_object_get(worker, "memory"), "resident");
	double cpu = ctl_rate_cpu(earlier, later, worker);

	ctl_text_member(ctl_table_cell(table), worker, "slot");
	ctl_text_member(ctl_table_cell(table), worker, "pid");
	ctl_text_member(ctl_table_cell(table), worker, "cohort");
	ctl_rate_append(
	    ctl_table_cell(table), ctl_rate_requests(earlier, later, worker));
	ctl_text_member(ctl_table_cell(table), connections, "idle");
	ctl_text_member(ctl_table_cell(table), connections, "busy");
	ctl_text_bytes(ctl_table_cell(table), memory);
	ctl_rate_append(ctl_table_cell(table), cpu);
	ctl_text_member(ctl_table_cell(table), worker, "state");
	sums->idle += ctl_text_integer(connections, "idle");
	sums->busy += ctl_text_integer(connections, "busy");
	sums->memory += memory;
	if (cpu >= 0)
		sums->cpu = sums->cpu < 0 ? cpu : sums->cpu + cpu;
}

static void
put_sums(struct ctl_table *table, const json_t *earlier, const json_t *later,
    const struct sums *sums)
{
	buffer_append_text(ctl_table_cell(table), "all");
	ctl_table_cell(table);
	ctl_table_cell(table);
	ctl_rate_append(ctl_table_cell(table), ctl_rate_total(earlier, later));
	buffer_format(
	    ctl_table_cell(table), "%llu", (unsigned long long)sums->idle);
	buffer_format(
	    ctl_table_cell(table), "%llu", (unsigned long long)sums->busy);
	ctl_text_bytes(ctl_table_cell(table), sums->memory);
	ctl_rate_append(ctl_table_cell(table), sums->cpu);
	buffer_format(ctl_table_cell(table), "%zu worker%s", sums->workers,
	    sums->workers == 1 ? "" : "s");
}

static void
print_workers(const json_t *earlier, const json_t *later, FILE *to)
{
	size_t i, count;
	const json_t **workers = ctl_rate_workers(later, &count);
	struct ctl_table *table = ctl_table_new();
	struct sums sums = { .workers = count, .cpu = -1 };

	add_columns(table);
	for (i = 0; i < count; i++)
		put_worker(table, earlier, later, workers[i], &sums);
	put_sums(table, earlier, later, &sums);
	ctl_table_print(table, to);
	ctl_table_free(&table);
	memory_free(workers);
}

static void
show(struct ctl_screen *screen, const json_t *earlier, const json_t *later)
{
	char *page = NULL;
	size_t size;
	FILE *to = open_memstream(&page, &size);

	if (to == NULL)
		return;
	print_daemon(later, to);
	print_workers(earlier, later, to);
	fclose(to);
	ctl_screen_show(screen, page);
	free(page);
}

/* A rate needs two looks, so that the first one shows none. */
static int
look_again_and_again(
    const struct ctl_options *options, const char *path, struct error *error)
{
	struct ctl_screen *screen = ctl_screen_open();
	json_t *earlier = NULL, *later = NULL;
	uint64_t frames = 0;
	int result;

	for (;;) {
		result = ctl_socket_ask(path, "status", &later, error);
		if (result == -1)
			break;
		show(screen, earlier, later);
		json_decref(earlier);
		earlier = later;
		if (++frames == options->frames ||
		    !ctl_screen_wait(screen, options->interval_ms))
			break;
	}
	json_decref(earlier);
	ctl_screen_close(&screen);
	return result;
}

enum ipc_exit
ctl_top(const struct ctl_options *options)
{
	struct error error;
	char *path;
	int result;

	if (ctl_socket_find(options, &path, NULL, &error) == -1)
		return ctl_socket_complain(&error);
	result = look_again_and_again(options, path, &error);
	memory_free(path);
	return result == -1 ? ctl_socket_complain(&error) : IPC_EXIT_OK;
}
