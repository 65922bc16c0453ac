/* SPDX-License-Identifier: ISC */
/*
 * What becomes of the entries when another cohort serves: they stay with the
 * mounts whose code is the same.
 */
#include "base/base_memory.h"
#include "master/master_quarantine_private.h"

void
master_quarantine_apply(
    struct master_quarantine *quarantine, const struct settings *settings)
{
	quarantine->is_on = settings->quarantine;
	quarantine->crashes = settings->quarantine_crashes;
	quarantine->within_ms = settings->quarantine_within;
	quarantine->time_ms = settings->quarantine_time;
	quarantine->targets = settings->quarantine_targets;
}

/* The new number of each old one; true: some mount is not what it was. */
static bool
map_mounts(const struct master_mounts *old, const struct master_mounts *new,
    uint16_t *numbers)
{
	bool is_changed = false;
	size_t i;

	numbers[0] = 0;
	for (i = 1; i < old->count; i++) {
		numbers[i] = master_mounts_find(new, old, (uint16_t)i);
		is_changed = is_changed || numbers[i] == 0;
	}
	return is_changed;
}

/* Where a request came to no mount, any of them may have been to blame. */
static void
move_record(struct master_quarantine *quarantine, struct master_record *record,
    const uint16_t *numbers, bool is_changed)
{
	uint16_t mount = numbers[record->entry.mount];

	if (mount != 0 || (record->entry.mount == 0 && !is_changed)) {
		record->entry.mount = mount;
		master_record_update(quarantine, record);
		return;
	}
	quarantine->counters.dropped++;
	master_quarantine_let_go(quarantine, record, LOG_LEVEL_INFO,
	    "is let out, as its module has changed");
}

static void
move_all(struct master_quarantine *quarantine, const struct master_mounts *new)
{
	const struct master_mounts *old = quarantine->mounts;
	uint16_t *numbers;
	bool is_changed;
	size_t i;

	numbers = memory_alloc_array(old->count, sizeof(*numbers));
	is_changed = map_mounts(old, new, numbers);
	for (i = 0; i < IPC_QUARANTINE_MAX; i++)
		if (master_record_is_used(&quarantine->records[i]))
			move_record(quarantine, &quarantine->records[i],
			    numbers, is_changed);
	master_history_renumber(quarantine->history, numbers, old->count);
	memory_free(numbers);
}

static size_t
let_all_out(struct master_quarantine *quarantine)
{
	master_history_clear(quarantine->history);
	return master_quarantine_drop_all(quarantine);
}

static void
empty(struct master_quarantine *quarantine)
{
	size_t count = let_all_out(quarantine);

	quarantine->counters.dropped += count;
	if (count > 0)
		log_info(
		    "quarantine: switched off: %zu entries let out", count);
}

void
master_quarantine_on_cohort(struct master_cohort *cohort)
{
	struct master_quarantine *quarantine =
	    master_quarantine_get(cohort->master);

	master_quarantine_apply(quarantine, cohort->settings);
	if (!quarantine->is_on)
		empty(quarantine);
	else if (quarantine->mounts != NULL)
		move_all(quarantine, cohort->mounts);
	master_mounts_release(&quarantine->mounts);
	quarantine->mounts = master_mounts_hold(cohort->mounts);
}

size_t
master_quarantine_clear(struct master *master)
{
	struct master_quarantine *quarantine = master_quarantine_get(master);
	size_t count = let_all_out(quarantine);

	quarantine->counters.cleared += count;
	log_info("quarantine: cleared, %zu entries let out", count);
	return count;
}
