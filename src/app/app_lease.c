/* SPDX-License-Identifier: ISC */
/*
 * The blocks leave the worker's pool of blocks: a job that never ends must
 * not keep the worker from freeing that.
 */
#include "app/app_lease.h"

#include "app/app_end.h"
#include "app/app_request.h"

#define APP_LEASE_MAGIC 0x6b0fd28cu

struct app_lease {
	unsigned magic;
	struct app *app;
	unsigned holder_count;
	struct arena arena;
	struct app_body body;
	struct app_attachment *attachments;
};

struct app_lease *
app_lease_new(struct cohort_request *request)
{
	struct app *app = request->app;
	struct app_lease *lease;

	OBJECT_NEW(lease, APP_LEASE_MAGIC);
	lease->app = app;
	arena_init(&lease->arena, app->lease_pool, 0);
	arena_move(&request->exchange->arena, &lease->arena);
	lease->body = request->body;
	app_body_init(&request->body);
	lease->attachments = request->attachments;
	request->attachments = NULL;
	return lease;
}

void
app_lease_hold(struct app_lease *lease)
{
	OBJECT_CHECK(lease, APP_LEASE_MAGIC);
	lease->holder_count++;
}

void
app_lease_release(struct app_lease **source)
{
	struct app_lease *lease;

	OBJECT_TAKE(lease, source, APP_LEASE_MAGIC);
	if (--lease->holder_count > 0)
		return;
	app_end_free_attachments(lease->app, &lease->attachments);
	app_body_fini(&lease->body);
	arena_reset(&lease->arena);
	OBJECT_FREE(lease);
}
