/* SPDX-License-Identifier: ISC */
/*
 * Owns what a cohort is made of: its logs, its listeners, its settings, all
 * there before the first of its workers is, or none.
 */
#include "base/base_clock.h"
#include "base/base_object.h"
#include "master/master_directory.h"
#include "master/master_mounts.h"
#include "master/master_private.h"
#include "worker/worker_landlock.h"

/* Workers write cores there, which nobody else is to read. */
static int
make_core_directory(const struct settings *settings,
    const struct worker_credentials *credentials, struct error *error)
{
	if (!settings->core_dumps)
		return 0;
	return master_directory_make(settings->core_directory, 0700,
	    credentials->keep ? NULL : credentials, error);
}

static void
on_respawn(evutil_socket_t fd, short events, void *context)
{
	struct master_cohort *cohort;

	OBJECT_CAST(cohort, context, MASTER_COHORT_MAGIC);
	master_cohort_respawn(cohort);
}

/* A return runs the code that ran before, whatever its files are now. */
static int
find_mounts(struct master_cohort *cohort, const struct master_base *base,
    struct error *error)
{
	if (base == NULL)
		return master_mounts_new(cohort->settings,
		    &cohort->master->cohorts, &cohort->mounts, error);
	cohort->mounts = master_mounts_hold(base->mounts);
	return 0;
}

struct master_cohort *
master_cohort_adopt(struct master *master)
{
	struct master_cohort *cohort;

	OBJECT_NEW(cohort, MASTER_COHORT_MAGIC);
	cohort->master = master;
	cohort->started_ms = clock_monotonic_ms();
	cohort->logs.error_log = cohort->logs.access_log = -1;
	list_init(&cohort->workers);
	event_assign(
	    &cohort->respawn_timer, master->base, -1, 0, on_respawn, cohort);
	return cohort;
}

int
master_cohort_new(struct master *master, struct settings *settings,
    const struct master_base *base, struct master_cohort **cohort_r,
    struct error *error)
{
	struct worker_credentials credentials;
	struct master_cohort *cohort;

	/* A return is to what once was good. */
	if ((base == NULL && worker_landlock_check(settings, error) == -1) ||
	    worker_credentials_find(settings, &credentials, error) == -1 ||
	    make_core_directory(settings, &credentials, error) == -1)
		return -1;
	cohort = master_cohort_adopt(master);
	cohort->credentials = credentials;
	cohort->settings = settings;
	cohort->returns_to = base == NULL ? 0 : base->cohort;
	cohort->wanted = (unsigned)settings->workers;
	if (master_logs_open(&cohort->logs, settings, error) == -1)
		goto fail_logs;
	if (master->state == MASTER_STATE_STARTING)
		master_logs_use(master, &cohort->logs, settings);
	if (find_mounts(cohort, base, error) == -1)
		goto fail_mounts;
	if (master_listen_open(cohort, base != NULL, error) == -1)
		goto fail_listen;
	master_forget_init(cohort);
	cohort->number = ++master->last_cohort;
	list_append(&master->cohorts, &cohort->link);
	*cohort_r = cohort;
	return 0;
fail_listen:
	master_mounts_release(&cohort->mounts);
fail_mounts:
	master_logs_close(&cohort->logs);
fail_logs:
	OBJECT_FREE(cohort);
	return -1;
}

void
master_cohort_free(struct master_cohort **cohort_pointer)
{
	struct master_cohort *cohort;

	OBJECT_TAKE(cohort, cohort_pointer, MASTER_COHORT_MAGIC);
	event_del(&cohort->respawn_timer);
	master_listen_release(cohort);
	master_forget_fini(cohort);
	master_logs_close(&cohort->logs);
	master_mounts_release(&cohort->mounts);
	settings_free(&cohort->settings);
	list_remove(&cohort->link);
	OBJECT_FREE(cohort);
}
