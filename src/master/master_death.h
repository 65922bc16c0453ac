/* SPDX-License-Identifier: ISC */
/*
 * What is known of a worker's end, for the files of master_death; everything
 * is a copy, as the worker and its shared area go first.
 */
#ifndef MASTER_DEATH_H
#define MASTER_DEATH_H

#include <jansson.h>
#include <time.h>

#include "base/base_buffer.h"
#include "master/master_private.h"

/* A module that the worker had loaded, and where. */
struct master_death_module {
	char *path;
	char build_id[65];
	uint64_t load;
};

#define MASTER_DEATH_MAGIC 0x90c6d1b7u
struct master_death {
	unsigned magic;
	struct master *master;
	struct list_link link; /* in master->deaths */
	struct event deadline;

	/* The worker. */
	uint32_t slot, cohort;
	pid_t pid;
	enum master_worker_state state; /* it died in */
	char failure[512];              /* its FAILED message */
	uint64_t hung_ms;               /* 0: it was not ended for that */
	struct master_death_module *modules;
	size_t module_count;
	struct master_mounts *mounts; /* of its cohort */

	/* How it ended. */
	time_t time;
	bool has_ended; /* then status is that of waitpid(2) */
	int status;
	bool has_report;
	struct ipc_report report;

	/* What it ran. */
	bool has_current;
	struct ipc_current current;
	uint64_t ran_ms;
	char *module, *mount; /* or NULL */

	/* Its stack; the frames belong to symbolize. */
	struct master_symbolize *symbolize;
	bool is_named;
	const struct master_frame *frames;
	size_t frame_count;

	/* Its connections. */
	unsigned expected; /* not settled yet */
	unsigned adopted, lost;

	bool is_late, is_written;
};

/*
 * master_death_facts.c: from the worker's memory.  take_current: what it
 * ran; has_report is known.  take_modules: what it had loaded.
 * update_report: what it did behind its report, once it has ended.
 */
void master_death_take_current(
    struct master_death *death, const struct master_worker *worker);
void master_death_take_modules(
    struct master_death *death, const struct master_worker *worker);
void master_death_update_report(
    struct master_death *death, const struct master_worker *worker);

/* master_death_words.c: the line of the log. */
void master_death_words(struct buffer *words, const struct master_death *death);

/* The signal it died of; 0: none. */
int master_death_signal(const struct master_death *death);

/* "SEGV_MAPERR", or NULL. */
const char *master_death_code(int signal, int code);

/* Connections that it closed itself, as it says, or that found no place. */
unsigned master_death_lost(const struct master_death *death);

/* Does the address of its report mean anything? */
bool master_death_has_address(const struct master_death *death);

/*
 * master_death_record.c: a new object, for the list of crashes.  Besides
 * what cohortctl shows it holds "modules": for each that was loaded path (as
 * configured), build_id and load, the address it stood at.  All other texts
 * of clients and workers are escaped as in the log.
 */
json_t *master_death_record(const struct master_death *death);

#endif
