/* SPDX-License-Identifier: ISC */
/*
 * Owns the places: what workers see of an entry is in the shared area, the
 * rest in an array beside it.  An entry's number is that of an episode; a
 * worker that tries one has put its own beside it.
 */
#include <string.h>

#include "master/master_quarantine_private.h"

bool
master_record_is_used(const struct master_record *record)
{
	return record->entry.number != 0;
}

uint32_t
master_record_place(const struct master_quarantine *quarantine,
    const struct master_record *record)
{
	return (uint32_t)(record - quarantine->records);
}

/* ---- places ---- */

struct master_record *
master_quarantine_take(struct master_quarantine *quarantine)
{
	size_t i;

	for (i = 0; i < IPC_QUARANTINE_MAX; i++)
		if (!master_record_is_used(&quarantine->records[i]))
			return &quarantine->records[i];
	return NULL;
}

struct master_record *
master_quarantine_first(struct master_quarantine *quarantine)
{
	struct master_record *record, *first = &quarantine->records[0];
	size_t i;

	for (i = 1; i < IPC_QUARANTINE_MAX; i++) {
		record = &quarantine->records[i];
		if (record->entry.until_ms < first->entry.until_ms)
			first = record;
	}
	return first;
}

static bool
is_same_route(const struct ipc_quarantine_entry *one,
    const struct ipc_quarantine_entry *other)
{
	return one->mount == other->mount &&
	    strcmp(one->route, other->route) == 0;
}

static bool
covers(const struct ipc_quarantine_entry *entry,
    const struct ipc_quarantine_entry *request)
{
	return entry->is_route != 0 ? is_same_route(entry, request) :
				      master_history_is_same(entry, request);
}

struct master_record *
master_quarantine_find(struct master_quarantine *quarantine,
    const struct ipc_quarantine_entry *request)
{
	struct master_record *record;
	size_t i;

	for (i = 0; i < IPC_QUARANTINE_MAX; i++) {
		record = &quarantine->records[i];
		if (master_record_is_used(record) &&
		    covers(&record->entry, request))
			return record;
	}
	return NULL;
}

/* ---- what workers see ---- */

void
master_record_update(
    struct master_quarantine *quarantine, struct master_record *record)
{
	ipc_quarantine_put(quarantine->area,
	    master_record_place(quarantine, record), &record->entry);
}

void
master_record_publish(
    struct master_quarantine *quarantine, struct master_record *record)
{
	/* 0 means a free place. */
	if (++quarantine->last_number == 0)
		quarantine->last_number = 1;
	record->entry.number = quarantine->last_number;
	record->is_seen = false;
	master_record_update(quarantine, record);
}

void
master_record_drop(
    struct master_quarantine *quarantine, struct master_record *record)
{
	ipc_quarantine_drop(
	    quarantine->area, master_record_place(quarantine, record));
	memset(record, 0, sizeof(*record));
}

size_t
master_quarantine_drop_all(struct master_quarantine *quarantine)
{
	size_t i, count = 0;

	for (i = 0; i < IPC_QUARANTINE_MAX; i++) {
		if (!master_record_is_used(&quarantine->records[i]))
			continue;
		master_record_drop(quarantine, &quarantine->records[i]);
		count++;
	}
	return count;
}

/* ---- routes ---- */

uint64_t
master_quarantine_drop_route(struct master_quarantine *quarantine,
    const struct ipc_quarantine_entry *route)
{
	struct master_record *record;
	uint64_t crashes = 0;
	size_t i;

	for (i = 0; i < IPC_QUARANTINE_MAX; i++) {
		record = &quarantine->records[i];
		if (!master_record_is_used(record) ||
		    !is_same_route(&record->entry, route))
			continue;
		crashes += record->crashes;
		master_record_drop(quarantine, record);
	}
	return crashes;
}

unsigned
master_quarantine_count_route(const struct master_quarantine *quarantine,
    const struct ipc_quarantine_entry *route)
{
	const struct master_record *record;
	unsigned count = 0;
	size_t i;

	for (i = 0; i < IPC_QUARANTINE_MAX; i++) {
		record = &quarantine->records[i];
		count += master_record_is_used(record) &&
		    record->entry.is_route == 0 &&
		    is_same_route(&record->entry, route);
	}
	return count;
}

/* ---- tries ---- */

static bool
find_holder(const struct master_quarantine *quarantine,
    const struct master_record *record, uint32_t *holder_r)
{
	return ipc_quarantine_holder(quarantine->master->scoreboard,
	    master_record_place(quarantine, record), record->entry.number,
	    holder_r);
}

bool
master_record_is_tried(const struct master_quarantine *quarantine,
    const struct master_record *record)
{
	uint32_t holder;

	return find_holder(quarantine, record, &holder);
}

bool
master_record_is_tried_by(const struct master_quarantine *quarantine,
    const struct master_record *record, const struct master_worker *worker)
{
	uint32_t holder;

	return master_record_is_used(record) &&
	    find_holder(quarantine, record, &holder) &&
	    holder == (uint32_t)worker->generation;
}
