/* SPDX-License-Identifier: ISC */
#include "base/base_clock.h"
#include "master/master_json.h"
#include "master/master_quarantine_private.h"

static uint64_t
left_ms(const struct master_record *record)
{
	uint64_t now = clock_monotonic_ms();

	return now < record->entry.until_ms ? record->entry.until_ms - now : 0;
}

static void
describe_request(json_t *to, const struct ipc_quarantine_entry *entry)
{
	bool is_route = entry->is_route != 0;

	json_object_set_new(to, "method",
	    is_route ? json_null() :
		       master_json_text(entry->method, entry->method_size));
	json_object_set_new(to, "target",
	    is_route ? json_null() :
		       master_json_text(entry->target, entry->target_size));
	json_object_set_new(to, "target_length",
	    is_route ? json_null() : json_integer(entry->target_length));
	json_object_set_new(
	    to, "route", master_json_text_or_null(entry->route));
}

static json_t *
describe_record(const struct master_quarantine *quarantine,
    const struct master_record *record)
{
	const struct master_mount *mount =
	    master_quarantine_mount(quarantine, &record->entry);
	const uint32_t *refusals = quarantine->master->scoreboard->refusals;
	uint64_t left = left_ms(record);
	json_t *json = json_object();

	describe_request(json, &record->entry);
	json_object_set_new(json, "mount",
	    master_json_text_or_null(mount == NULL ? NULL : mount->prefix));
	json_object_set_new(json, "module",
	    master_json_text_or_null(
		mount == NULL || mount->pin == NULL ? NULL : mount->pin->path));
	json_object_set_new(json, "since", master_json_time(record->since));
	json_object_set_new(json, "seconds_left",
	    json_integer((json_int_t)master_quarantine_seconds(left)));
	json_object_set_new(
	    json, "state", json_string(left > 0 ? "refused" : "probing"));
	json_object_set_new(
	    json, "crashes", json_integer((json_int_t)record->crashes));
	json_object_set_new(json, "refusals",
	    json_integer(__atomic_load_n(
		&refusals[master_record_place(quarantine, record)],
		__ATOMIC_RELAXED)));
	return json;
}

json_t *
master_quarantine_list(const struct master *master)
{
	const struct master_quarantine *quarantine =
	    master_quarantine_get(master);
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < IPC_QUARANTINE_MAX; i++)
		if (master_record_is_used(&quarantine->records[i]))
			json_array_append_new(list,
			    describe_record(
				quarantine, &quarantine->records[i]));
	return list;
}

json_t *
master_quarantine_counters(const struct master *master)
{
	const struct master_quarantine_counters *counters =
	    &master_quarantine_get(master)->counters;

	return json_pack("{sI sI sI sI sI sI}", "put",
	    (json_int_t)counters->put, "widened", (json_int_t)counters->widened,
	    "passed", (json_int_t)counters->passed, "failed",
	    (json_int_t)counters->failed, "dropped",
	    (json_int_t)counters->dropped, "cleared",
	    (json_int_t)counters->cleared);
}
