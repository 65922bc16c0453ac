/* SPDX-License-Identifier: ISC */
/*
 * Which requests are refused: the one place that decides, so that every
 * decision is logged and counted.
 *
 * An entry's mount has the number of the cohort that came to serve last.
 */
#include <string.h>

#include "base/base_clock.h"
#include "base/base_object.h"
#include "master/master_quarantine_private.h"

/* The longest time that doubling leads to. */
#define TIME_MOST_MS 3600000u

/* How often what waits in it is looked at. */
#define REVIEW_MS 500u

struct master_quarantine *
master_quarantine_get(const struct master *master)
{
	struct master_quarantine *quarantine;

	OBJECT_CAST(quarantine, master->quarantine, MASTER_QUARANTINE_MAGIC);
	return quarantine;
}

/* ---- the wait ---- */

/* Something that may have to be looked at. */
void
master_quarantine_watch(struct master_quarantine *quarantine)
{
	const struct timeval wait = clock_timeval(REVIEW_MS);

	if (event_pending(&quarantine->review, EV_TIMEOUT, NULL))
		return;
	quarantine->reviewed_ms = clock_monotonic_ms();
	event_add(&quarantine->review, &wait);
}

static void
publish(struct master_quarantine *quarantine, struct master_record *record)
{
	master_record_publish(quarantine, record);
	master_quarantine_watch(quarantine);
}

static void
refuse_for(struct master_quarantine *quarantine, struct master_record *record,
    uint64_t time_ms)
{
	record->time_ms = time_ms < TIME_MOST_MS ? time_ms : TIME_MOST_MS;
	record->entry.until_ms = clock_monotonic_ms() + record->time_ms;
	publish(quarantine, record);
}

/* ---- crashes ---- */

/* Where none is free, what is over first has to go. */
static struct master_record *
take_place(struct master_quarantine *quarantine)
{
	struct master_record *record = master_quarantine_take(quarantine);

	if (record != NULL)
		return record;
	record = master_quarantine_first(quarantine);
	quarantine->counters.dropped++;
	master_quarantine_let_go(quarantine, record, LOG_LEVEL_WARN,
	    "is let out: there is no room for more");
	return record;
}

static struct master_record *
put(struct master_quarantine *quarantine,
    const struct ipc_quarantine_entry *entry, uint64_t crashes)
{
	struct master_record *record = take_place(quarantine);
	uint32_t place = master_record_place(quarantine, record);

	record->entry = *entry;
	record->since = clock_wall_seconds();
	record->crashes = crashes;
	__atomic_store_n(&quarantine->master->scoreboard->refusals[place], 0,
	    __ATOMIC_RELAXED);
	refuse_for(quarantine, record, quarantine->time_ms);
	return record;
}

static void
widen(struct master_quarantine *quarantine,
    const struct ipc_quarantine_entry *request)
{
	struct ipc_quarantine_entry route = { .is_route = 1 };
	const struct master_record *record;
	uint64_t crashes;

	route.mount = request->mount;
	memcpy(route.route, request->route, sizeof(route.route));
	crashes = master_quarantine_drop_route(quarantine, &route);
	record = put(quarantine, &route, crashes);
	quarantine->counters.widened++;
	master_quarantine_say(LOG_LEVEL_WARN, quarantine, &record->entry,
	    "is refused for %llu s, as %llu different requests of it were",
	    master_quarantine_seconds(record->time_ms),
	    (unsigned long long)quarantine->targets);
}

static void
put_request(struct master_quarantine *quarantine,
    const struct ipc_quarantine_entry *request, unsigned crashes)
{
	const struct master_record *record = put(quarantine, request, crashes);

	quarantine->counters.put++;
	master_quarantine_say(LOG_LEVEL_WARN, quarantine, &record->entry,
	    "is refused for %llu s, as it ended %u workers within %llu s",
	    master_quarantine_seconds(record->time_ms), crashes,
	    master_quarantine_seconds(quarantine->within_ms));
	if (master_quarantine_count_route(quarantine, request) >=
	    quarantine->targets)
		widen(quarantine, request);
}

static void
fail(struct master_quarantine *quarantine, struct master_record *record)
{
	quarantine->counters.failed++;
	refuse_for(quarantine, record, record->time_ms * 2);
	master_quarantine_say(LOG_LEVEL_WARN, quarantine, &record->entry,
	    "was tried again, and ended another worker: refused for %llu s",
	    master_quarantine_seconds(record->time_ms));
}

/* False: of code that does not serve any more, or none that there is. */
static bool
describe(const struct master_quarantine *quarantine,
    const struct master_worker *worker, const struct ipc_current *current,
    struct ipc_quarantine_entry *entry_r)
{
	const struct master_mounts *its = worker->cohort->mounts;
	uint16_t mount = current->mount;

	if (its == NULL || mount >= its->count)
		return false;
	if (mount != 0 && its != quarantine->mounts) {
		if (quarantine->mounts == NULL)
			return false;
		mount = master_mounts_find(quarantine->mounts, its, mount);
		if (mount == 0)
			return false;
	}
	memset(entry_r, 0, sizeof(*entry_r));
	entry_r->mount = mount;
	entry_r->method_size = current->method_size;
	memcpy(entry_r->method, current->method, current->method_size);
	entry_r->target_length = current->target_length;
	entry_r->target_size = current->target_size;
	memcpy(entry_r->target, current->target, current->target_size);
	strcpy(entry_r->route, current->route);
	return true;
}

void
master_quarantine_on_crash(
    struct master_worker *worker, const struct ipc_current *current)
{
	struct master_quarantine *quarantine =
	    master_quarantine_get(worker->cohort->master);
	struct ipc_quarantine_entry request;
	struct master_record *record;
	unsigned crashes;

	worker->is_blamed = true;
	if (!quarantine->is_on || current->exchange_id == 0 ||
	    !describe(quarantine, worker, current, &request))
		return;
	crashes = master_history_note(quarantine->history, &request,
	    clock_monotonic_ms(), quarantine->within_ms);
	record = master_quarantine_find(quarantine, &request);
	if (record == NULL) {
		if (crashes >= quarantine->crashes)
			put_request(quarantine, &request, crashes);
		return;
	}
	record->crashes++;
	if (master_record_is_tried_by(quarantine, record, worker))
		fail(quarantine, record);
}

/* ---- tries ---- */

static void
let_out(struct master_quarantine *quarantine, struct master_record *record)
{
	quarantine->counters.passed++;
	master_quarantine_let_go(quarantine, record, LOG_LEVEL_INFO,
	    "was tried again, and is let out");
}

void
master_quarantine_on_probed(struct master_worker *worker, uint32_t number)
{
	struct master_quarantine *quarantine =
	    master_quarantine_get(worker->cohort->master);
	struct master_record *record;
	size_t i;

	for (i = 0; i < IPC_QUARANTINE_MAX; i++) {
		record = &quarantine->records[i];
		if (record->entry.number == number &&
		    master_record_is_tried_by(quarantine, record, worker))
			let_out(quarantine, record);
	}
}

/* Killed for what it did for too long, without a word of its own. */
static void
blame_hang(struct master_worker *worker)
{
	struct ipc_current current;

	if (ipc_current_read(worker->process, worker->hung_thread, &current))
		master_quarantine_on_crash(worker, &current);
}

void
master_quarantine_on_end(struct master_worker *worker)
{
	struct master_quarantine *quarantine =
	    master_quarantine_get(worker->cohort->master);
	struct master_record *record;
	size_t i;

	if (worker->hung_ms > 0 && !worker->is_blamed)
		blame_hang(worker);
	for (i = 0; i < IPC_QUARANTINE_MAX; i++) {
		record = &quarantine->records[i];
		if (!master_record_is_tried_by(quarantine, record, worker))
			continue;
		master_quarantine_say(LOG_LEVEL_INFO, quarantine,
		    &record->entry,
		    "was being tried by a worker that ended of something "
		    "else: another one may try");
		publish(quarantine, record);
	}
}

/*
 * A try that goes on for as long as the request was refused, as a stream
 * does, has told enough; one that nobody makes is not waited for for ever.
 * How long it had gone on when it was first seen is not known: it may be in
 * the middle of a crash.
 */
static void
review_record(struct master_quarantine *quarantine,
    struct master_record *record, uint64_t now_ms, uint64_t passed_ms)
{
	if (now_ms < record->entry.until_ms)
		return;
	if (!master_record_is_tried(quarantine, record)) {
		record->is_seen = false;
		if (now_ms - record->entry.until_ms < quarantine->within_ms)
			return;
		quarantine->counters.dropped++;
		master_quarantine_let_go(quarantine, record, LOG_LEVEL_INFO,
		    "did not come again, and is forgotten");
		return;
	}
	record->tried_ms = record->is_seen ? record->tried_ms + passed_ms : 0;
	record->is_seen = true;
	if (record->tried_ms >= record->time_ms)
		let_out(quarantine, record);
}

static void
on_review(evutil_socket_t fd, short events, void *context)
{
	uint64_t now = clock_monotonic_ms(), passed;
	struct master_quarantine *quarantine;
	struct master_record *record;
	bool is_empty = true;
	size_t i;

	OBJECT_CAST(quarantine, context, MASTER_QUARANTINE_MAGIC);
	passed = now - quarantine->reviewed_ms;
	/* What was missed while this process slept was not seen. */
	if (passed > 2 * REVIEW_MS)
		passed = 2 * REVIEW_MS;
	for (i = 0; i < IPC_QUARANTINE_MAX; i++) {
		record = &quarantine->records[i];
		if (master_record_is_used(record))
			review_record(quarantine, record, now, passed);
		is_empty = is_empty && !master_record_is_used(record);
	}
	if (!is_empty)
		master_quarantine_watch(quarantine);
}

/* ---- life ---- */

int
master_quarantine_open(
    struct master *master, const struct settings *settings, struct error *error)
{
	struct master_quarantine *quarantine;

	OBJECT_NEW(quarantine, MASTER_QUARANTINE_MAGIC);
	if (ipc_quarantine_open(&quarantine->area, &quarantine->fd, error) ==
	    -1) {
		OBJECT_FREE(quarantine);
		return -1;
	}
	quarantine->master = master;
	quarantine->history = master_history_new();
	master_quarantine_apply(quarantine, settings);
	event_assign(
	    &quarantine->review, master->base, -1, 0, on_review, quarantine);
	master->quarantine = quarantine;
	return 0;
}

void
master_quarantine_close(struct master *master)
{
	struct master_quarantine *quarantine;

	if (master->quarantine == NULL)
		return;
	OBJECT_TAKE(quarantine, &master->quarantine, MASTER_QUARANTINE_MAGIC);
	event_del(&quarantine->review);
	master_history_free(&quarantine->history);
	master_mounts_release(&quarantine->mounts);
	ipc_quarantine_close(&quarantine->area, &quarantine->fd);
	OBJECT_FREE(quarantine);
}

int
master_quarantine_fd(const struct master *master)
{
	return master_quarantine_get(master)->fd;
}
