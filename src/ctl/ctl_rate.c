/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_rate.h"

#include <stdlib.h>
#include <string.h>

#include "base/base_memory.h"
#include "ctl/ctl_text.h"

#define UNKNOWN (-1.0)

/* Below that, one digit behind the point. */
#define WHOLE_FROM 9.95

static int
compare_slots(const void *left, const void *right)
{
	uint64_t one = ctl_text_integer(*(json_t *const *)left, "slot");
	uint64_t other = ctl_text_integer(*(json_t *const *)right, "slot");

	return one < other ? -1 : one > other;
}

const json_t **
ctl_rate_workers(const json_t *status, size_t *count_r)
{
	const json_t *workers = json_object_get(status, "workers");
	size_t i, count = json_array_size(workers);
	const json_t **sorted = memory_alloc_array(count + 1, sizeof(*sorted));

	for (i = 0; i < count; i++)
		sorted[i] = json_array_get(workers, i);
	qsort(sorted, count, sizeof(*sorted), compare_slots);
	*count_r = count;
	return sorted;
}

/* Between two replies of the same process; 0: they have no time between. */
static double
seconds_between(const json_t *earlier, const json_t *later)
{
	uint64_t from = ctl_text_integer(earlier, "time_us");
	uint64_t to = ctl_text_integer(later, "time_us");

	if (earlier == NULL || to <= from ||
	    ctl_text_integer(earlier, "pid") != ctl_text_integer(later, "pid"))
		return 0;
	return (double)(to - from) / 1e6;
}

/* The one of that status with the same member, and the counter, or NULL. */
static const json_t *
find_same(const json_t *status, const json_t *worker, const char *member,
    const char *counter)
{
	const json_t *workers = json_object_get(status, "workers");
	const json_t *wanted = json_object_get(worker, member), *other;
	size_t i;

	for (i = 0; i < json_array_size(workers); i++) {
		other = json_array_get(workers, i);
		if (json_equal(json_object_get(other, member), wanted) &&
		    json_is_integer(json_object_get(other, counter)))
			return other;
	}
	return NULL;
}

static double
rate_of(const json_t *before, const json_t *after, const char *counter,
    double seconds)
{
	uint64_t from = ctl_text_integer(before, counter);
	uint64_t to = ctl_text_integer(after, counter);

	if (before == NULL || !json_is_integer(json_object_get(after, counter)))
		return UNKNOWN;
	if (seconds <= 0 || to < from)
		return UNKNOWN;
	return (double)(to - from) / seconds;
}

double
ctl_rate_requests(
    const json_t *earlier, const json_t *later, const json_t *worker)
{
	return rate_of(find_same(earlier, worker, "slot", "requests"), worker,
	    "requests", seconds_between(earlier, later));
}

/* Milliseconds a second are thousandths. */
double
ctl_rate_cpu(const json_t *earlier, const json_t *later, const json_t *worker)
{
	double rate = rate_of(find_same(earlier, worker, "pid", "cpu_ms"),
	    worker, "cpu_ms", seconds_between(earlier, later));

	return rate < 0 ? rate : rate / 10;
}

double
ctl_rate_total(const json_t *earlier, const json_t *later)
{
	return rate_of(json_object_get(earlier, "totals"),
	    json_object_get(later, "totals"), "requests",
	    seconds_between(earlier, later));
}

void
ctl_rate_append(struct buffer *words, double rate)
{
	if (rate < 0)
		buffer_append_byte(words, '-');
	else
		buffer_format(words, rate < WHOLE_FROM ? "%.1f" : "%.0f", rate);
}
