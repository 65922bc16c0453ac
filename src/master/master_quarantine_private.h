/* SPDX-License-Identifier: ISC */
/*
 * The parts of the quarantine: the table (what is in it, and what workers see
 * of it), the decisions, their words, and the reports.
 */
#ifndef MASTER_QUARANTINE_PRIVATE_H
#define MASTER_QUARANTINE_PRIVATE_H

#include <jansson.h>
#include <time.h>

#include "base/base_log.h"
#include "ipc/ipc_quarantine.h"
#include "master/master_history.h"
#include "master/master_mounts.h"
#include "master/master_private.h"

/* What the master knows of an entry of the area, at the same place. */
struct master_record {
	struct ipc_quarantine_entry entry; /* number 0: free */
	uint64_t time_ms;                  /* it is refused for */
	bool is_seen;                      /* somebody tries it */
	uint64_t tried_ms; /* how long the present try was seen */
	uint64_t crashes;
	time_t since;
};

/* How often which decision was made. */
struct master_quarantine_counters {
	uint64_t put, widened, passed, failed, dropped, cleared;
};

#define MASTER_QUARANTINE_MAGIC 0xb8e2504du
struct master_quarantine {
	unsigned magic;
	struct master *master;

	/* master_quarantine_table.c */
	struct ipc_quarantine *area;
	int fd;
	uint32_t last_number;
	struct master_record records[IPC_QUARANTINE_MAX];

	/* master_quarantine.c */
	struct master_history *history;
	struct master_mounts *mounts; /* those the entries name; or NULL */
	struct event review;
	uint64_t reviewed_ms;
	struct master_quarantine_counters counters;

	/* Of the cohort that serves. */
	bool is_on;
	uint64_t crashes, within_ms, time_ms, targets;
};

struct master_quarantine *master_quarantine_get(const struct master *master);

/* Something in it may have to be looked at, later and again. */
void master_quarantine_watch(struct master_quarantine *quarantine);

/* ---- master_quarantine_table.c ---- */

bool master_record_is_used(const struct master_record *record);
uint32_t master_record_place(const struct master_quarantine *quarantine,
    const struct master_record *record);

/* A place, for the caller to fill; NULL: none is free. */
struct master_record *master_quarantine_take(
    struct master_quarantine *quarantine);
/* The one that is over first: it makes room. */
struct master_record *master_quarantine_first(
    struct master_quarantine *quarantine);
/* The one that the request is refused for, or NULL. */
struct master_record *master_quarantine_find(
    struct master_quarantine *quarantine,
    const struct ipc_quarantine_entry *request);

/* Workers see it as it is from now on: another episode. */
void master_record_publish(
    struct master_quarantine *quarantine, struct master_record *record);
/* The same, but the episode goes on. */
void master_record_update(
    struct master_quarantine *quarantine, struct master_record *record);
/* Its requests are let through from now on. */
void master_record_drop(
    struct master_quarantine *quarantine, struct master_record *record);
/* All of them; how many. */
size_t master_quarantine_drop_all(struct master_quarantine *quarantine);

/* Drops all of that mount and route; the sum of their crashes. */
uint64_t master_quarantine_drop_route(struct master_quarantine *quarantine,
    const struct ipc_quarantine_entry *route);
/* How many requests of that mount and route there are. */
unsigned master_quarantine_count_route(
    const struct master_quarantine *quarantine,
    const struct ipc_quarantine_entry *route);

/* Does anybody try it; does that worker? */
bool master_record_is_tried(const struct master_quarantine *quarantine,
    const struct master_record *record);
bool master_record_is_tried_by(const struct master_quarantine *quarantine,
    const struct master_record *record, const struct master_worker *worker);

/* ---- master_quarantine_cohort.c ---- */

void master_quarantine_apply(
    struct master_quarantine *quarantine, const struct settings *settings);

/* ---- master_quarantine_words.c ---- */

/* The mount that it names, or NULL. */
const struct master_mount *master_quarantine_mount(
    const struct master_quarantine *quarantine,
    const struct ipc_quarantine_entry *entry);

/* Drops it, and says so behind that: whoever reads it may send it again. */
void master_quarantine_let_go(struct master_quarantine *quarantine,
    struct master_record *record, enum log_level level, const char *words);

/* A line of the log: the words, behind what is refused. */
void master_quarantine_say(enum log_level level,
    const struct master_quarantine *quarantine,
    const struct ipc_quarantine_entry *entry, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Rounded up. */
unsigned long long master_quarantine_seconds(uint64_t ms);

#endif
