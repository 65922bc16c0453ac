/* SPDX-License-Identifier: ISC */
/*
 * For tests of the master's parts: a master with an event loop, and workers
 * of which there are no processes; a test plays their end of the channel.
 */
#ifndef TEST_MASTER_SETUP_H
#define TEST_MASTER_SETUP_H

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/base_fd.h"
#include "base/base_list.h"
#include "base/base_log.h"
#include "base/base_memory.h"
#include "base/base_object.h"
#include "master/master_private.h"

static struct master_options test_options = { .foreground = true };
static struct master master;
static struct error error;

static inline struct settings *
test_settings(void)
{
	struct settings *settings = settings_new();

	settings->workers = 1;
	memory_free(settings->error_log);
	settings->error_log = memory_copy_text("stderr");
	memory_free(settings->user);
	settings->user = memory_copy_text("");
	return settings;
}

static inline void
test_master_open(void)
{
	struct settings *settings = test_settings();

	master = (struct master) {
		.magic = MASTER_MAGIC,
		.options = &test_options,
		.scoreboard_fd = -1,
		.pid_lock = -1,
		.launcher = -1,
		.log = -1,
		.orphans_max = 1000,
	};
	list_init(&master.listeners);
	list_init(&master.cohorts);
	list_init(&master.orphans);
	list_init(&master.deaths);
	list_init(&master.warnings);
	list_init(&master.waits);
	master_reload_open(&master);
	master.packet = memory_alloc(sizeof(*master.packet));
	master.outgoing = memory_alloc(sizeof(*master.outgoing));
	master.base = event_base_new();
	ck_assert_int_eq(ipc_scoreboard_open(IPC_SLOTS_MAX, &master.scoreboard,
			     &master.scoreboard_fd, &error),
	    0);
	ck_assert_int_eq(master_quarantine_open(&master, settings, &error), 0);
	settings_free(&settings);
}

/* Cohorts are gone. */
static inline void
test_master_close(void)
{
	master_probation_stop(&master);
	master_reload_close(&master);
	master_orphan_close(&master);
	master_death_flush(&master);
	master_symbolize_close(&master);
	master_quarantine_close(&master);
	ipc_scoreboard_close(&master.scoreboard, &master.scoreboard_fd);
	event_base_free(master.base);
	memory_free(master.packet);
	memory_free(master.outgoing);
	fd_close(&master.log);
}

/* Takes the settings. */
static inline struct master_cohort *
test_cohort_of(struct settings *settings)
{
	struct master_cohort *cohort;

	ck_assert_msg(
	    master_cohort_new(&master, settings, NULL, &cohort, &error) == 0,
	    "%s", error.text);
	return cohort;
}

static inline struct master_cohort *
test_cohort(void)
{
	return test_cohort_of(test_settings());
}

/* It serves, and wants no workers. */
static inline struct master_cohort *
test_serving(struct settings *settings)
{
	struct master_cohort *cohort = test_cohort_of(settings);

	master.state = MASTER_STATE_RUNNING;
	master.current = cohort;
	cohort->state = MASTER_COHORT_SERVING;
	cohort->wanted = 0;
	return cohort;
}

static inline void
test_on_deadline(evutil_socket_t fd, short events, void *context)
{
}

/* As master_spawn has it behind the fork; the other end is channel_r's. */
static inline struct master_worker *
test_worker(struct master_cohort *cohort, uint32_t slot, int *channel_r)
{
	struct master_worker *worker;

	OBJECT_NEW(worker, MASTER_WORKER_MAGIC);
	worker->cohort = cohort;
	worker->slot = slot;
	worker->has_slot = true;
	worker->generation = ++master.last_generation;
	worker->layout = IPC_LAYOUT;
	worker->process_fd = -1;
	event_assign(
	    &worker->deadline, master.base, -1, 0, test_on_deadline, worker);
	list_append(&cohort->workers, &worker->link);
	ck_assert_int_eq(ipc_process_open(worker->generation, 4,
			     &worker->process, &worker->process_fd, &error),
	    0);
	ck_assert_int_eq(
	    ipc_channel_open(&worker->channel_fd, channel_r, &error), 0);
	ck_assert_int_eq(master_channel_start(worker, &error), 0);
	return worker;
}

static inline struct master_worker *
test_serving_worker(struct master_cohort *cohort, uint32_t slot, int *channel_r)
{
	struct master_worker *worker = test_worker(cohort, slot, channel_r);

	worker->state = MASTER_WORKER_SERVING;
	worker->had_served = true;
	master.scoreboard->slots[slot].max_connections =
	    cohort->settings->max_connections;
	return worker;
}

/* As its signal handler reports it. */
static inline void
test_crash(struct master_worker *worker, int number)
{
	worker->process->crash.sequence = 2;
	worker->process->crash.signal = number;
	worker->process->crash.thread = IPC_THREAD_LOOP;
	master_worker_advance(worker, MASTER_WORKER_ON_CRASH);
}

static inline void
test_run_request(struct master_worker *worker, const char *method,
    const char *target, const char *route, uint16_t mount)
{
	static const struct network_address client = { NETWORK_IPV4,
		{ 127, 0, 0, 1 } };
	const struct ipc_current_words words = {
		.exchange_id = 42,
		.mount = mount,
		.method = method,
		.target = target,
		.target_size = strlen(target),
		.peer = &client,
		.route = route,
	};

	ipc_current_begin(
	    &worker->process->threads[IPC_THREAD_LOOP].current, 1, &words);
}

#endif
