/* SPDX-License-Identifier: ISC */
/*
 * Entries are looked at one by one: the master keeps them few, and used
 * places together at the front.  A claim is the episode's number above its
 * holder, so that both change at once.
 */
#include "ipc/ipc_quarantine.h"

#include <string.h>

#include "base/base_panic.h"
#include "ipc/ipc_area.h"

#define AREA_NAME  "cohort-quarantine"
#define READ_TRIES 16

int
ipc_quarantine_open(
    struct ipc_quarantine **quarantine_r, int *fd_r, struct error *error)
{
	struct ipc_quarantine *quarantine;
	void *area;

	if (ipc_area_open_unshared(AREA_NAME, sizeof(*quarantine), false, &area,
		fd_r, error) == -1)
		return -1;
	quarantine = area;
	quarantine->magic = IPC_QUARANTINE_MAGIC;
	quarantine->layout = IPC_LAYOUT;
	*quarantine_r = quarantine;
	return 0;
}

void
ipc_quarantine_close(struct ipc_quarantine **quarantine, int *fd)
{
	ipc_area_close(*quarantine, fd);
	*quarantine = NULL;
}

int
ipc_quarantine_map(
    int fd, const struct ipc_quarantine **quarantine_r, struct error *error)
{
	size_t size;
	void *area;

	if (ipc_area_map(AREA_NAME, fd, false, &area, &size, error) == -1)
		return -1;
	*quarantine_r = area;
	return 0;
}

static void
store(struct ipc_quarantine_entry *place,
    const struct ipc_quarantine_entry *entry)
{
	uint32_t sequence = place->sequence;

	__atomic_store_n(&place->sequence, sequence + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	memcpy((char *)place + sizeof(sequence),
	    (const char *)entry + sizeof(sequence),
	    sizeof(*place) - sizeof(sequence));
	__atomic_store_n(&place->sequence, sequence + 2, __ATOMIC_RELEASE);
}

static void
set_count(struct ipc_quarantine *quarantine, uint32_t count)
{
	__atomic_store_n(&quarantine->count, count, __ATOMIC_RELEASE);
}

void
ipc_quarantine_put(struct ipc_quarantine *quarantine, uint32_t place,
    const struct ipc_quarantine_entry *entry)
{
	if (place >= IPC_QUARANTINE_MAX || entry->number == 0)
		panic("quarantine: place %u, number %u", place, entry->number);
	store(&quarantine->entries[place], entry);
	if (place >= quarantine->count)
		set_count(quarantine, place + 1);
}

void
ipc_quarantine_drop(struct ipc_quarantine *quarantine, uint32_t place)
{
	const struct ipc_quarantine_entry none = { .number = 0 };
	uint32_t count = quarantine->count;

	if (place >= IPC_QUARANTINE_MAX)
		panic("quarantine: place %u", place);
	store(&quarantine->entries[place], &none);
	while (count > 0 && quarantine->entries[count - 1].number == 0)
		count--;
	set_count(quarantine, count);
}

/* ---- search ---- */

/* Whatever happens to the entry meanwhile, what is compared is the copy. */
static bool
copy_entry(
    const struct ipc_quarantine_entry *entry, struct ipc_quarantine_entry *copy)
{
	uint32_t before, after;
	int tries;

	for (tries = 0; tries < READ_TRIES; tries++) {
		before = __atomic_load_n(&entry->sequence, __ATOMIC_ACQUIRE);
		memcpy(copy, entry, sizeof(*copy));
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		after = __atomic_load_n(&entry->sequence, __ATOMIC_RELAXED);
		if (before == after && (before & 1) == 0)
			return true;
	}
	return false;
}

static bool
makes_sense(const struct ipc_quarantine_entry *entry)
{
	return entry->number != 0 &&
	    entry->method_size <= sizeof(entry->method) &&
	    entry->target_size <= sizeof(entry->target) &&
	    entry->target_size <= entry->target_length;
}

/* Kept is what the request has, cut in the same way. */
static bool
is_same_method(const struct ipc_quarantine_entry *entry,
    const struct ipc_current_words *request)
{
	const char *method = request->method != NULL ? request->method : "";

	return strnlen(method, sizeof(entry->method)) == entry->method_size &&
	    memcmp(entry->method, method, entry->method_size) == 0;
}

static bool
is_same_target(const struct ipc_quarantine_entry *entry,
    const struct ipc_current_words *request)
{
	const char *target = request->target != NULL ? request->target : "";
	size_t size = request->target != NULL ? request->target_size : 0;

	return entry->target_length == size &&
	    memcmp(entry->target, target, entry->target_size) == 0;
}

static bool
is_same_route(const struct ipc_quarantine_entry *entry,
    const struct ipc_current_words *request)
{
	const char *route = request->route != NULL ? request->route : "";

	return entry->mount == request->mount &&
	    strncmp(entry->route, route, sizeof(entry->route) - 1) == 0;
}

static bool
matches(const struct ipc_quarantine_entry *entry,
    const struct ipc_current_words *request)
{
	if (!makes_sense(entry) || !is_same_route(entry, request))
		return false;
	return entry->is_route != 0 ||
	    (is_same_method(entry, request) && is_same_target(entry, request));
}

/* Not worth a copy?  A change that is missed comes a moment later. */
static bool
is_other(const struct ipc_quarantine_entry *entry, uint16_t mount)
{
	return __atomic_load_n(&entry->number, __ATOMIC_RELAXED) == 0 ||
	    __atomic_load_n(&entry->mount, __ATOMIC_RELAXED) != mount;
}

bool
ipc_quarantine_find(const struct ipc_quarantine *quarantine,
    const struct ipc_current_words *request, uint32_t *place_r,
    struct ipc_quarantine_entry *entry_r)
{
	const struct ipc_quarantine_entry *entry;
	uint32_t count, i;

	count = __atomic_load_n(&quarantine->count, __ATOMIC_ACQUIRE);
	for (i = 0; i < count && i < IPC_QUARANTINE_MAX; i++) {
		entry = &quarantine->entries[i];
		if (is_other(entry, request->mount) ||
		    !copy_entry(entry, entry_r) || !matches(entry_r, request))
			continue;
		*place_r = i;
		return true;
	}
	return false;
}

/* ---- claims ---- */

static uint64_t
claim_of(uint32_t number, uint32_t holder)
{
	return (uint64_t)number << 32 | holder;
}

bool
ipc_quarantine_claim(struct ipc_scoreboard *scoreboard, uint32_t place,
    uint32_t number, uint32_t holder)
{
	uint64_t *claim = &scoreboard->claims[place], before;

	before = __atomic_load_n(claim, __ATOMIC_ACQUIRE);
	do {
		if (before >> 32 == number)
			return false;
	} while (!__atomic_compare_exchange_n(claim, &before,
	    claim_of(number, holder), false, __ATOMIC_ACQ_REL,
	    __ATOMIC_ACQUIRE));
	return true;
}

void
ipc_quarantine_release(
    struct ipc_scoreboard *scoreboard, uint32_t number, uint32_t holder)
{
	uint64_t before;
	uint32_t i;

	for (i = 0; i < IPC_QUARANTINE_MAX; i++) {
		before = claim_of(number, holder);
		__atomic_compare_exchange_n(&scoreboard->claims[i], &before, 0,
		    false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
	}
}

void
ipc_quarantine_refuse(struct ipc_scoreboard *scoreboard, uint32_t place)
{
	__atomic_fetch_add(&scoreboard->refusals[place], 1, __ATOMIC_RELAXED);
}

bool
ipc_quarantine_holder(const struct ipc_scoreboard *scoreboard, uint32_t place,
    uint32_t number, uint32_t *holder_r)
{
	uint64_t claim =
	    __atomic_load_n(&scoreboard->claims[place], __ATOMIC_ACQUIRE);

	if (claim >> 32 != number)
		return false;
	*holder_r = (uint32_t)claim;
	return true;
}
