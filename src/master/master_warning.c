/* SPDX-License-Identifier: ISC */
#include "master/master_warning.h"

#include <signal.h>

#include "base/base_buffer.h"
#include "base/base_clock.h"
#include "base/base_log.h"
#include "base/base_object.h"
#include "master/master_thread.h"
#include "master/master_words.h"

/* How long a worker may take to tell its stack. */
#define STACK_WAIT_MS 1000u

#define MASTER_WARNING_MAGIC 0x5be1c0a9u
struct warning {
	unsigned magic;
	struct list_link link; /* in master->warnings */
	struct master *master;
	uint64_t generation;
	uint32_t slot, tid;
	pid_t pid;
	uint64_t seen_ms;
	struct ipc_current current;
	struct event deadline;
	struct master_symbolize *symbolize; /* NULL: no WARNED yet */
};

static void
warning_free(struct warning *warning)
{
	event_del(&warning->deadline);
	if (warning->symbolize != NULL)
		master_symbolize_stop(&warning->symbolize);
	list_remove(&warning->link);
	OBJECT_FREE(warning);
}

static void
warning_finish(
    struct warning *warning, const struct master_frame *frames, size_t count)
{
	char storage[LOG_LINE_MAX];
	struct buffer words;

	buffer_init_fixed(&words, storage, sizeof(storage));
	master_words_busy(&words, warning->slot, warning->pid, warning->seen_ms,
	    &warning->current);
	if (count == 0)
		buffer_append_text(&words, ", its stack is unknown");
	master_words_stack(&words, frames, count);
	log_warn("%s", words.data);
	warning_free(warning);
}

static void
on_no_stack(evutil_socket_t fd, short events, void *context)
{
	struct warning *warning;

	OBJECT_CAST(warning, context, MASTER_WARNING_MAGIC);
	warning_finish(warning, NULL, 0);
}

static void
on_names(void *context, const struct master_frame *frames, size_t count)
{
	struct warning *warning;

	OBJECT_CAST(warning, context, MASTER_WARNING_MAGIC);
	warning_finish(warning, frames, count);
}

static struct warning *
find(const struct master_worker *worker)
{
	struct warning *warning;
	struct list_link *link;

	LIST_FOREACH (link, &worker->cohort->master->warnings) {
		warning = LIST_OBJECT(link, struct warning, link);
		if (warning->generation == worker->generation &&
		    warning->symbolize == NULL)
			return warning;
	}
	return NULL;
}

bool
master_warning_is_asked(const struct master_worker *worker)
{
	return find(worker) != NULL;
}

void
master_warning_start(struct master_worker *worker, uint32_t tid,
    const struct ipc_current *current, uint64_t seen_ms)
{
	const struct timeval wait = clock_timeval(STACK_WAIT_MS);
	struct master *master = worker->cohort->master;
	struct warning *warning;

	OBJECT_NEW(warning, MASTER_WARNING_MAGIC);
	warning->master = master;
	warning->generation = worker->generation;
	warning->slot = worker->slot;
	warning->pid = worker->pid;
	warning->tid = tid;
	warning->seen_ms = seen_ms;
	warning->current = *current;
	event_assign(
	    &warning->deadline, master->base, -1, 0, on_no_stack, warning);
	event_add(&warning->deadline, &wait);
	list_append(&master->warnings, &warning->link);
	master_thread_signal(worker->pid, tid, SIGUSR2);
}

void
master_warning_on_warned(struct master_worker *worker)
{
	struct warning *warning = find(worker);
	struct ipc_report report;

	/* One that comes too late is no nonsense. */
	if (warning == NULL ||
	    !ipc_report_read(
		worker->process, &worker->process->warning, &report) ||
	    report.tid != warning->tid)
		return;
	event_del(&warning->deadline);
	warning->symbolize = master_symbolize_start(
	    worker->cohort, worker->process, &report, on_names, warning);
}

void
master_warning_close(struct master *master)
{
	struct list_link *link;

	while ((link = list_first(&master->warnings)) != NULL)
		warning_free(LIST_OBJECT(link, struct warning, link));
}
