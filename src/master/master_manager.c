/* SPDX-License-Identifier: ISC */
/*
 * Owns what a service manager is told of the daemon's life: which of its
 * states is which line of sd_notify(3), and the status in words, which is
 * said again when it changes.
 */
#include <string.h>
#include <unistd.h>

#include "base/base_buffer.h"
#include "base/base_clock.h"
#include "base/base_memory.h"
#include "master/master_private.h"

/* What a manager takes: its STATUS is cut, not refused. */
#define LINES_MAX 2048

/* Longer than shutdown_timeout: records of crashes are written behind it. */
#define STOP_MARGIN_MS 15000u

struct lines {
	char data[LINES_MAX];
	struct buffer text;
};

static void
begin(struct lines *lines, const char *first)
{
	buffer_init_fixed(&lines->text, lines->data, sizeof(lines->data));
	buffer_append_text(&lines->text, first);
}

static void
end(struct master *master, struct lines *lines)
{
	master_notify_send(master->notify, lines->data);
}

static void
describe_cohort(struct buffer *text, const struct master_cohort *cohort)
{
	unsigned count = master_cohort_count(cohort);

	buffer_format(text, "cohort %u serves with %u worker%s", cohort->number,
	    count, count == 1 ? "" : "s");
}

static void
append_status(struct master *master, struct buffer *text)
{
	buffer_append_text(text, "STATUS=");
	if (master->current != NULL)
		describe_cohort(text, master->current);
	else
		buffer_append_text(text, "no cohort serves; HUP brings one");
	if (master->told.is_reloading)
		buffer_append_text(text, "; reloading");
	if (master->told.failure == NULL)
		return;
	buffer_append_text(text, "; the last reload failed: ");
	buffer_append_escaped(
	    text, master->told.failure, strlen(master->told.failure));
}

/* What is said is remembered: the same need not be said again. */
static void
end_with_status(struct master *master, struct lines *lines)
{
	size_t start = lines->text.size;

	append_status(master, &lines->text);
	memory_free(master->told.status);
	master->told.status = memory_copy_text(lines->data + start);
	end(master, lines);
}

void
master_manager_on_ready(struct master *master)
{
	struct lines lines;

	if (master->notify == NULL)
		return;
	begin(&lines, "READY=1\n");
	/* Else it is the process that the manager started. */
	if (!master->options->foreground)
		buffer_format(&lines.text, "MAINPID=%d\n", (int)getpid());
	end_with_status(master, &lines);
}

void
master_manager_on_status(struct master *master)
{
	struct lines lines;

	if (master->notify == NULL || master->told.is_reloading ||
	    master->state != MASTER_STATE_RUNNING)
		return;
	begin(&lines, "");
	append_status(master, &lines.text);
	if (strcmp(lines.data, master->told.status) == 0)
		return;
	begin(&lines, "");
	end_with_status(master, &lines);
}

static void
set_failure(struct master *master, const char *failure)
{
	memory_free(master->told.failure);
	master->told.failure = memory_copy_text(failure);
}

void
master_manager_on_reload(struct master *master)
{
	struct lines lines;

	if (master->notify == NULL)
		return;
	set_failure(master, NULL);
	master->told.is_reloading = true;
	begin(&lines, "RELOADING=1\n");
	buffer_format(&lines.text, "MONOTONIC_USEC=%llu\n",
	    (unsigned long long)clock_monotonic_us());
	end_with_status(master, &lines);
}

void
master_manager_on_reloaded(struct master *master, const char *failure)
{
	struct lines lines;

	if (master->notify == NULL)
		return;
	set_failure(master, failure);
	master->told.is_reloading = false;
	begin(&lines, "READY=1\n");
	end_with_status(master, &lines);
}

static uint64_t
longest_shutdown(const struct master *master)
{
	struct list_link *link;
	uint64_t longest = 0, ms;

	LIST_FOREACH (link, &master->cohorts) {
		ms = LIST_OBJECT(link, struct master_cohort, link)
			 ->settings->shutdown_timeout;
		if (ms > longest)
			longest = ms;
	}
	return longest;
}

void
master_manager_on_stop(struct master *master, bool at_once)
{
	struct lines lines;

	if (master->notify == NULL)
		return;
	begin(&lines, "STOPPING=1\n");
	/* Its own patience knows nothing of our settings. */
	if (!at_once)
		buffer_format(&lines.text, "EXTEND_TIMEOUT_USEC=%llu\n",
		    (unsigned long long)(longest_shutdown(master) +
			STOP_MARGIN_MS) *
			1000);
	buffer_append_text(&lines.text,
	    at_once ? "STATUS=stopping at once" : "STATUS=stopping");
	end(master, &lines);
}

void
master_manager_on_failure(struct master *master, const char *failure)
{
	struct lines lines;

	if (master->notify == NULL)
		return;
	begin(&lines, "STATUS=");
	buffer_append_escaped(&lines.text, failure, strlen(failure));
	end(master, &lines);
}

void
master_manager_close(struct master *master)
{
	memory_free(master->told.failure);
	memory_free(master->told.status);
	master_notify_free(&master->notify);
}
