/* SPDX-License-Identifier: ISC */
/*
 * One worker, for cohortctl status.  What its slot of the scoreboard says is
 * gossip: it is brought within bounds, so that no report shows nonsense.
 *
 * Memory is what /proc/PID/statm says: that is cheap, where the sum of
 * shared shares (smaps) would hold the master up for as long as the worker
 * is large.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/base_clock.h"
#include "base/base_fd.h"
#include "ipc/ipc_scoreboard.h"
#include "master/master_json.h"
#include "master/master_private.h"

/* ---- what a worker says ---- */

static uint64_t
load(const uint64_t *number)
{
	return __atomic_load_n(number, __ATOMIC_RELAXED);
}

static uint64_t
at_most(uint64_t number, uint64_t limit)
{
	return number < limit ? number : limit;
}

static json_t *
count_of(uint64_t number)
{
	return json_integer((json_int_t)at_most(number, INT64_MAX));
}

static json_t *
connections_of(const struct ipc_slot *slot, uint64_t limit)
{
	uint64_t open = at_most(load(&slot->open), limit);
	uint64_t busy = at_most(load(&slot->busy), open);

	return json_pack("{s:o, s:o, s:o}", "open", count_of(open), "busy",
	    count_of(busy), "idle", count_of(open - busy));
}

static json_t *
busy_of(const struct ipc_slot *slot)
{
	uint64_t since = load(&slot->busy_since_ms);
	uint64_t now = clock_monotonic_ms();

	return since == 0 || since > now ? json_integer(0) :
					   count_of(now - since);
}

static json_t *
last_crash_of(const struct ipc_slot *slot)
{
	uint64_t time = load(&slot->last_crash);

	return time == 0 || time > (uint64_t)clock_wall_seconds() ?
	    json_null() :
	    master_json_time((time_t)time);
}

/* The counters of a slot, and what they are called. */
static const struct {
	const char *name;
	size_t offset;
} counters[] = {
	{ "accepted", offsetof(struct ipc_slot, accepted) },
	{ "adopted", offsetof(struct ipc_slot, adopted) },
	{ "requests", offsetof(struct ipc_slot, exchanges) },
	{ "bytes_sent", offsetof(struct ipc_slot, bytes_sent) },
	{ "refused", offsetof(struct ipc_slot, refused) },
	{ "denied", offsetof(struct ipc_slot, denied) },
	{ "crashes", offsetof(struct ipc_slot, crashes) },
	{ "1xx", offsetof(struct ipc_slot, statuses[1]) },
	{ "2xx", offsetof(struct ipc_slot, statuses[2]) },
	{ "3xx", offsetof(struct ipc_slot, statuses[3]) },
	{ "4xx", offsetof(struct ipc_slot, statuses[4]) },
	{ "5xx", offsetof(struct ipc_slot, statuses[5]) },
};

#define COUNTER_COUNT (sizeof(counters) / sizeof(counters[0]))

static uint64_t
counter_of(const struct ipc_slot *slot, size_t index)
{
	const char *place = (const char *)slot + counters[index].offset;

	return load((const uint64_t *)(const void *)place);
}

static void
put_slot(json_t *object, const struct ipc_slot *slot, uint64_t limit)
{
	size_t i;

	json_object_set_new(object, "connections", connections_of(slot, limit));
	json_object_set_new(object, "busy_ms", busy_of(slot));
	json_object_set_new(object, "last_crash", last_crash_of(slot));
	json_object_set_new(object, "accepting",
	    json_boolean(
		__atomic_load_n(&slot->accepting, __ATOMIC_RELAXED) != 0));
	for (i = 0; i < COUNTER_COUNT; i++)
		json_object_set_new(
		    object, counters[i].name, count_of(counter_of(slot, i)));
}

/* Of all slots. */
static json_t *
sum_of(const struct master *master, size_t index,
    uint64_t (*counter)(const struct ipc_slot *slot, size_t index))
{
	const struct ipc_slot *slots = master->scoreboard->slots;
	uint64_t sum = 0, one;
	size_t slot;

	for (slot = 0; slot < master->slots_used; slot++) {
		one = counter(&slots[slot], index);
		sum = one > UINT64_MAX - sum ? UINT64_MAX : sum + one;
	}
	return count_of(sum);
}

json_t *
master_status_totals(const struct master *master)
{
	json_t *totals = json_object();
	size_t i;

	for (i = 0; i < COUNTER_COUNT; i++)
		json_object_set_new(
		    totals, counters[i].name, sum_of(master, i, counter_of));
	return totals;
}

static const char *const close_words[] = {
#define IPC_CLOSE(name, word, is_error, text) word,
#include "ipc/ipc_close.tbl"
#undef IPC_CLOSE
};

#define CLOSE_COUNT (sizeof(close_words) / sizeof(close_words[0]))

static uint64_t
closed_of(const struct ipc_slot *slot, size_t index)
{
	return load(&slot->closed[index]);
}

json_t *
master_status_closed(const struct master *master)
{
	json_t *closed = json_object();
	size_t i;

	for (i = 0; i < CLOSE_COUNT; i++)
		json_object_set_new(
		    closed, close_words[i], sum_of(master, i, closed_of));
	return closed;
}

/* ---- what the kernel says ---- */

static bool
read_process(pid_t pid, const char *name, char *text_r, size_t room)
{
	ssize_t count = -1;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd != -1)
		count = read(fd, text_r, room - 1);
	fd_close(&fd);
	text_r[count > 0 ? count : 0] = '\0';
	return count > 0;
}

/* The time it has used so far.  Behind the name, which may hold anything, the
 * fields utime and stime are the 12th and the 13th. */
static json_t *
cpu_of(pid_t pid)
{
	unsigned long long user, system;
	unsigned long long ticks = (unsigned long long)sysconf(_SC_CLK_TCK);
	const char *rest = NULL;
	char text[1024];

	if (read_process(pid, "stat", text, sizeof(text)))
		rest = strrchr(text, ')');
	if (rest == NULL ||
	    sscanf(rest + 1,
		" %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user,
		&system) != 2)
		return json_null();
	return count_of((user + system) * 1000 / ticks);
}

static json_t *
memory_of(pid_t pid)
{
	unsigned long long size, resident, shared;
	unsigned long long page = (unsigned long long)sysconf(_SC_PAGESIZE);
	char text[256];

	if (!read_process(pid, "statm", text, sizeof(text)))
		return json_null();
	if (sscanf(text, "%llu %llu %llu", &size, &resident, &shared) != 3)
		return json_null();
	return json_pack("{s:o, s:o}", "resident", count_of(resident * page),
	    "shared", count_of(shared * page));
}

json_t *
master_status_worker(const struct master_worker *worker)
{
	const struct master_cohort *cohort = worker->cohort;
	const struct master *master = cohort->master;
	json_t *object = json_pack("{s:I, s:I, s:I, s:s, s:o, s:o, s:o}",
	    "slot", (json_int_t)worker->slot, "pid", (json_int_t)worker->pid,
	    "cohort", (json_int_t)cohort->number, "state",
	    master_worker_state_name(worker->state), "age_ms",
	    count_of(clock_monotonic_ms() - worker->started_ms), "memory",
	    memory_of(worker->pid), "cpu_ms", cpu_of(worker->pid));

	/* Else the slot is its successor's. */
	if (worker->has_slot)
		put_slot(object, &master->scoreboard->slots[worker->slot],
		    cohort->settings->max_connections);
	return object;
}
