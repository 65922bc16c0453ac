/* SPDX-License-Identifier: ISC */
/*
 * Crashes are rare, so what is looked through are plain arrays.  Where there
 * is no room for a request, the one that crashed longest ago makes some.
 */
#include "master/master_history.h"

#include <string.h>

#include "base/base_memory.h"
#include "base/base_object.h"

struct line {
	struct ipc_quarantine_entry request;
	uint64_t crashed_ms[MASTER_HISTORY_CRASHES]; /* a ring */
	size_t next;                                 /* in it */
	size_t count;                                /* 0: free */
};

#define MASTER_HISTORY_MAGIC 0x4d1f97c3u
struct master_history {
	unsigned magic;
	struct line lines[MASTER_HISTORY_REQUESTS];
};

struct master_history *
master_history_new(void)
{
	struct master_history *history;

	OBJECT_NEW(history, MASTER_HISTORY_MAGIC);
	return history;
}

void
master_history_free(struct master_history **source)
{
	struct master_history *history;

	OBJECT_TAKE(history, source, MASTER_HISTORY_MAGIC);
	OBJECT_FREE(history);
}

bool
master_history_is_same(const struct ipc_quarantine_entry *one,
    const struct ipc_quarantine_entry *other)
{
	return one->mount == other->mount &&
	    strcmp(one->route, other->route) == 0 &&
	    one->method_size == other->method_size &&
	    memcmp(one->method, other->method, one->method_size) == 0 &&
	    one->target_length == other->target_length &&
	    one->target_size == other->target_size &&
	    memcmp(one->target, other->target, one->target_size) == 0;
}

static uint64_t
last_crash(const struct line *line)
{
	size_t last = line->next == 0 ? MASTER_HISTORY_CRASHES : line->next;

	return line->count == 0 ? 0 : line->crashed_ms[last - 1];
}

/* That request's, else the one to be used for it. */
static struct line *
find_line(
    struct master_history *history, const struct ipc_quarantine_entry *request)
{
	struct line *line, *oldest = &history->lines[0];
	size_t i;

	for (i = 0; i < MASTER_HISTORY_REQUESTS; i++) {
		line = &history->lines[i];
		if (line->count > 0 &&
		    master_history_is_same(&line->request, request))
			return line;
		if (last_crash(line) < last_crash(oldest))
			oldest = line;
	}
	oldest->request = *request;
	oldest->count = oldest->next = 0;
	return oldest;
}

static unsigned
count_since(const struct line *line, uint64_t now_ms, uint64_t within_ms)
{
	unsigned count = 0;
	size_t i;

	for (i = 0; i < line->count; i++)
		count += now_ms - line->crashed_ms[i] <= within_ms;
	return count;
}

unsigned
master_history_note(struct master_history *history,
    const struct ipc_quarantine_entry *request, uint64_t now_ms,
    uint64_t within_ms)
{
	struct line *line;

	OBJECT_CHECK(history, MASTER_HISTORY_MAGIC);
	line = find_line(history, request);
	line->crashed_ms[line->next] = now_ms;
	line->next = (line->next + 1) % MASTER_HISTORY_CRASHES;
	if (line->count < MASTER_HISTORY_CRASHES)
		line->count++;
	return count_since(line, now_ms, within_ms);
}

size_t
master_history_look(const struct master_history *history, size_t index,
    struct ipc_quarantine_entry *request_r,
    uint64_t crashed_ms_r[MASTER_HISTORY_CRASHES])
{
	const struct line *line = &history->lines[index];
	size_t i,
	    oldest = line->count < MASTER_HISTORY_CRASHES ? 0 : line->next;

	*request_r = line->request;
	for (i = 0; i < line->count; i++)
		crashed_ms_r[i] =
		    line->crashed_ms[(oldest + i) % MASTER_HISTORY_CRASHES];
	return line->count;
}

void
master_history_renumber(
    struct master_history *history, const uint16_t *numbers, size_t count)
{
	struct line *line;
	uint16_t mount;
	size_t i;

	OBJECT_CHECK(history, MASTER_HISTORY_MAGIC);
	for (i = 0; i < MASTER_HISTORY_REQUESTS; i++) {
		line = &history->lines[i];
		mount = line->request.mount;
		if (line->count == 0 || mount == 0)
			continue;
		line->request.mount = mount < count ? numbers[mount] : 0;
		if (line->request.mount == 0)
			line->count = 0;
	}
}

void
master_history_clear(struct master_history *history)
{
	size_t i;

	OBJECT_CHECK(history, MASTER_HISTORY_MAGIC);
	for (i = 0; i < MASTER_HISTORY_REQUESTS; i++)
		history->lines[i].count = 0;
}
