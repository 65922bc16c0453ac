/* SPDX-License-Identifier: ISC */
/*
 * What a worker's memory says of its end.  It may say anything, so what is
 * taken is bounded by what the master knows itself.
 */
#include <string.h>

#include "base/base_clock.h"
#include "base/base_memory.h"
#include "base/base_number.h"
#include "master/master_death.h"

/* What the loop runs; if it is nothing, the job that runs for longest. */
static uint32_t
find_running(const struct ipc_process *process)
{
	uint32_t thread, oldest = IPC_THREAD_LOOP;
	struct ipc_current current;
	uint64_t since = UINT64_MAX;

	if (ipc_current_read(process, IPC_THREAD_LOOP, &current))
		return IPC_THREAD_LOOP;
	for (thread = 1; thread < IPC_THREADS_MAX; thread++) {
		if (!ipc_current_read(process, thread, &current) ||
		    current.since_ms >= since)
			continue;
		oldest = thread;
		since = current.since_ms;
	}
	return oldest;
}

static uint32_t
choose_thread(
    const struct master_death *death, const struct master_worker *worker)
{
	if (death->has_report)
		return death->report.thread;
	if (worker->hung_ms > 0)
		return worker->hung_thread;
	return find_running(worker->process);
}

static void
take_mount(struct master_death *death, const struct settings *settings)
{
	const struct settings_mount *mount =
	    settings_find_mount(settings, death->current.mount);

	if (mount == NULL)
		return;
	death->mount = memory_copy_text(mount->prefix);
	death->module = memory_copy_text(mount->module);
}

void
master_death_take_current(
    struct master_death *death, const struct master_worker *worker)
{
	uint64_t until = clock_monotonic_ms();

	death->has_current = ipc_current_read(
	    worker->process, choose_thread(death, worker), &death->current);
	if (!death->has_current)
		return;
	if (death->has_report && death->report.reported_ms < until)
		until = death->report.reported_ms;
	if (death->current.since_ms < until)
		death->ran_ms = until - death->current.since_ms;
	take_mount(death, worker->cohort->settings);
}

static void
add_module(struct master_death *death, const struct ipc_image *image)
{
	struct master_death_module *module;

	death->modules = memory_resize(
	    death->modules, death->module_count + 1, sizeof(*module));
	module = &death->modules[death->module_count++];
	memset(module, 0, sizeof(*module));
	module->path = memory_copy_text(image->path);
	module->load = image->bias;
	number_write_hexadecimal(module->build_id, sizeof(module->build_id),
	    image->build_id, image->build_id_size);
}

static bool
has_module(const struct master_death *death, const char *path)
{
	size_t i;

	for (i = 0; i < death->module_count; i++)
		if (strcmp(death->modules[i].path, path) == 0)
			return true;
	return false;
}

/* Of what the worker had loaded, as it says: each module once. */
void
master_death_take_modules(
    struct master_death *death, const struct master_worker *worker)
{
	const struct settings *settings = worker->cohort->settings;
	struct ipc_image image;
	uint32_t i;

	for (i = 0; i < IPC_IMAGES_MAX; i++)
		if (ipc_image_read(worker->process, i, &image) &&
		    settings_has_module(settings, image.path) &&
		    !has_module(death, image.path))
			add_module(death, &image);
}

void
master_death_update_report(
    struct master_death *death, const struct master_worker *worker)
{
	const struct ipc_process *process = worker->process;
	struct ipc_report report;

	if (!death->has_report ||
	    !ipc_report_read(process, &process->crash, &report))
		return;
	death->report.answered = report.answered;
	death->report.handed = report.handed;
	death->report.closed = report.closed;
}
