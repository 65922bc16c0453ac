/* SPDX-License-Identifier: ISC */
/*
 * The quarantine's part of a state.  Its area is sealed against new mappings
 * that can write, so that the next image makes another one with the same
 * entries; workers of before keep what they have seen last.
 */
#include <string.h>

#include "base/base_memory.h"
#include "base/base_object.h"
#include "config/config_json.h"
#include "master/master_quarantine_private.h"
#include "master/master_state_private.h"

/* clang-format off */
#define M(member) \
	MASTER_MEMBER(struct ipc_quarantine_entry, NUMBER, member, NEEDED, 0, INT64_MAX)
static const struct master_member entry_members[] = {
	M(number), M(until_ms), M(is_route), M(target_length),
};
#undef M

#define M(member) \
	MASTER_MEMBER(struct master_record, NUMBER, member, NEEDED, 0, INT64_MAX)
static const struct master_member record_members[] = {
	M(time_ms), M(tried_ms), M(crashes), M(since),
};
#undef M

#define M(member) \
	MASTER_MEMBER(struct master_quarantine_counters, NUMBER, member, SPARE, 0, INT64_MAX)
static const struct master_member counter_members[] = {
	M(put), M(widened), M(passed), M(failed), M(dropped), M(cleared),
};
#undef M
/* clang-format on */

static const struct master_member_table entry_table =
					    MASTER_MEMBER_TABLE(entry_members),
					record_table =
					    MASTER_MEMBER_TABLE(record_members),
					counter_table = MASTER_MEMBER_TABLE(
					    counter_members);

static int
refuse(struct error *error, const char *what)
{
	return error_set(
	    error, ERROR_RUNTIME, "quarantine: %s makes no sense", what);
}

/* ---- entries ---- */

static json_t *
put_entry(const struct ipc_quarantine_entry *entry)
{
	json_t *json = json_object();

	master_member_put(json, &entry_table, entry);
	json_object_set_new(json, "mount", json_integer(entry->mount));
	json_object_set_new(json, "method",
	    config_json_put_bytes(entry->method, entry->method_size));
	json_object_set_new(json, "target",
	    config_json_put_bytes(entry->target, entry->target_size));
	json_object_set_new(json, "route", config_json_put_text(entry->route));
	return json;
}

/* False: there is no such text, or it is too long. */
static bool
take_bytes(const json_t *from, char *to, size_t room, uint16_t *size_r)
{
	size_t size = 0;
	char *bytes = config_json_take_bytes(from, &size);
	bool fits = bytes != NULL && size <= room;

	if (fits)
		memcpy(to, bytes, size);
	*size_r = fits ? (uint16_t)size : 0;
	memory_free(bytes);
	return fits;
}

static int
take_entry(const json_t *from, size_t mount_count,
    struct ipc_quarantine_entry *entry, struct error *error)
{
	json_int_t mount = json_integer_value(json_object_get(from, "mount"));
	uint16_t route_size;

	memset(entry, 0, sizeof(*entry));
	if (master_member_take(from, &entry_table, entry, error) == -1)
		return -1;
	if (mount < 0 || mount > UINT16_MAX ||
	    (mount > 0 && (size_t)mount >= mount_count))
		return refuse(error, "mount");
	entry->mount = (uint16_t)mount;
	if (!take_bytes(json_object_get(from, "method"), entry->method,
		sizeof(entry->method), &entry->method_size) ||
	    !take_bytes(json_object_get(from, "target"), entry->target,
		sizeof(entry->target), &entry->target_size) ||
	    entry->target_size > entry->target_length ||
	    !take_bytes(json_object_get(from, "route"), entry->route,
		sizeof(entry->route) - 1, &route_size))
		return refuse(error, "request");
	return 0;
}

/* ---- records: at their places, as claims are by place ---- */

static json_t *
put_records(const struct master_quarantine *quarantine)
{
	const struct master_record *record;
	json_t *list = json_array(), *json;
	size_t i;

	for (i = 0; i < IPC_QUARANTINE_MAX; i++) {
		record = &quarantine->records[i];
		if (!master_record_is_used(record))
			continue;
		json = put_entry(&record->entry);
		master_member_put(json, &record_table, record);
		json_object_set_new(json, "place", json_integer((json_int_t)i));
		json_array_append_new(list, json);
	}
	return list;
}

static int
take_record(struct master_quarantine *quarantine, const json_t *from,
    size_t mount_count, struct error *error)
{
	json_int_t place = json_integer_value(json_object_get(from, "place"));
	struct master_record *record;

	if (place < 0 || place >= IPC_QUARANTINE_MAX)
		return refuse(error, "place");
	record = &quarantine->records[place];
	if (take_entry(from, mount_count, &record->entry, error) == -1 ||
	    master_member_take(from, &record_table, record, error) == -1)
		return -1;
	if (!master_record_is_used(record))
		return refuse(error, "number");
	master_record_update(quarantine, record);
	return 0;
}

static int
take_records(struct master_quarantine *quarantine, const json_t *list,
    size_t mount_count, struct error *error)
{
	size_t i;

	for (i = 0; i < json_array_size(list); i++)
		if (take_record(quarantine, json_array_get(list, i),
			mount_count, error) == -1)
			return -1;
	return 0;
}

/* ---- history ---- */

static json_t *
put_times(const uint64_t *crashed_ms, size_t count)
{
	json_t *times = json_array();
	size_t i;

	for (i = 0; i < count; i++)
		json_array_append_new(
		    times, json_integer((json_int_t)crashed_ms[i]));
	return times;
}

static json_t *
put_history(const struct master_history *history)
{
	uint64_t crashed_ms[MASTER_HISTORY_CRASHES];
	struct ipc_quarantine_entry request;
	json_t *list = json_array(), *json;
	size_t i, count;

	for (i = 0; i < MASTER_HISTORY_REQUESTS; i++) {
		count = master_history_look(history, i, &request, crashed_ms);
		if (count == 0)
			continue;
		json = put_entry(&request);
		json_object_set_new(
		    json, "crashed_ms", put_times(crashed_ms, count));
		json_array_append_new(list, json);
	}
	return list;
}

static int
take_history(struct master_history *history, const json_t *list,
    size_t mount_count, struct error *error)
{
	struct ipc_quarantine_entry request;
	const json_t *times;
	size_t i, j;

	for (i = 0; i < json_array_size(list); i++) {
		const json_t *from = json_array_get(list, i);

		if (take_entry(from, mount_count, &request, error) == -1)
			return -1;
		times = json_object_get(from, "crashed_ms");
		for (j = 0; j < json_array_size(times); j++)
			master_history_note(history, &request,
			    (uint64_t)json_integer_value(
				json_array_get(times, j)),
			    0);
	}
	return 0;
}

/* ---- all ---- */

json_t *
master_state_put_quarantine(const struct master *master, json_t *descriptors)
{
	const struct master_quarantine *quarantine =
	    master_quarantine_get(master);
	json_t *json = json_object(), *counters = json_object();

	master_member_put(counters, &counter_table, &quarantine->counters);
	json_object_set_new(
	    json, "last_number", json_integer(quarantine->last_number));
	json_object_set_new(json, "counters", counters);
	json_object_set_new(json, "mounts",
	    master_state_put_mounts(quarantine->mounts, descriptors));
	json_object_set_new(json, "records", put_records(quarantine));
	json_object_set_new(json, "history", put_history(quarantine->history));
	return json;
}

int
master_state_take_quarantine(struct master *master,
    struct master_document *state, const json_t *from, struct error *error)
{
	struct master_quarantine *quarantine = master_quarantine_get(master);
	json_int_t number =
	    json_integer_value(json_object_get(from, "last_number"));
	size_t mounts;

	if (number < 0 || number > UINT32_MAX)
		return refuse(error, "last_number");
	quarantine->last_number = (uint32_t)number;
	if (master_member_take(json_object_get(from, "counters"),
		&counter_table, &quarantine->counters, error) == -1 ||
	    master_state_take_mounts(master, state,
		json_object_get(from, "mounts"), &quarantine->mounts,
		error) == -1)
		return error_wrap(error, "quarantine");
	/* What that program's own code did, this one's need not. */
	if (master->options->builtin != NULL)
		return 0;
	mounts = quarantine->mounts->count;
	if (take_records(quarantine, json_object_get(from, "records"), mounts,
		error) == -1 ||
	    take_history(quarantine->history, json_object_get(from, "history"),
		mounts, error) == -1)
		return error_wrap(error, "quarantine");
	master_quarantine_watch(quarantine);
	return 0;
}
