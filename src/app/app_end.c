/* SPDX-License-Identifier: ISC */
/*
 * The route's timeout runs only while somebody waits: it starts with the
 * first LATER and starts anew with the handler, so a slow upload is not the
 * handler's fault, nor what one route took that of the next.  A deadline of
 * the request's own runs to the very end.
 */
#include "app/app_end.h"

#include "app/app_dispatch.h"
#include "app/app_queue.h"

struct app_end_step {
	struct app_end_step *next;
	void (*function)(struct cohort_request *, enum cohort_end, void *);
	void *context;
};

struct app_attachment {
	struct app_attachment *next;
	const void *key;
	void *data;
	cohort_free *free_data;
};

static void
on_deadline(void *context)
{
	struct cohort_request *request;

	OBJECT_CAST(request, context, COHORT_REQUEST_MAGIC);
	request->deadline = NULL;
	app_request_enter(request);
	log_warn("%s: %s", app_request_handler_name(request),
	    request->deadline_is_own ? "its deadline passed" :
				       "gave no reply within its timeout");
	app_request_leave(request);
	app_dispatch_timeout(request);
}

static void
start(struct cohort_request *request, uint64_t ms)
{
	struct app_host *host = request->app->host;

	request->deadline = host->functions->timer_start(host,
	    ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX, on_deadline, request);
}

void
app_end_stop(struct cohort_request *request)
{
	struct app_host *host = request->app->host;

	if (request->deadline != NULL)
		host->functions->timer_stop(host, &request->deadline);
}

void
app_end_watch(struct cohort_request *request)
{
	if (request->deadline == NULL && !request->head_sent)
		start(request, request->route->options.timeout_ms);
}

int
cohort_deadline(struct cohort_request *request, uint32_t ms)
{
	if (!app_request_may(request, APP_MAY_AWAIT, __func__))
		return -1;
	if (ms == 0) {
		log_error("%s: 0 ms", __func__);
		return -1;
	}
	app_end_stop(request);
	request->deadline_is_own = true;
	start(request, ms);
	return 0;
}

int
cohort_on_end(struct cohort_request *request,
    void (*function)(struct cohort_request *, enum cohort_end, void *),
    void *context)
{
	struct app_end_step *step;

	if (!app_request_may(request, APP_MAY_AWAIT, __func__))
		return -1;
	if (function == NULL) {
		log_error("%s: function is NULL", __func__);
		return -1;
	}
	step = arena_alloc_raw(&request->exchange->arena, sizeof(*step));
	step->next = request->end_steps;
	step->function = function;
	step->context = context;
	request->end_steps = step;
	return 0;
}

int
cohort_on_retire(
    struct cohort_request *request, cohort_handler *next, void *context)
{
	if (!app_request_may(request, APP_MAY_AWAIT, __func__))
		return -1;
	request->retire = (struct app_handler) { next, context };
	return 0;
}

/* The attachment of that key, taken out of the list; or NULL. */
static struct app_attachment *
take_attachment(struct cohort_request *request, const void *key)
{
	struct app_attachment **position = &request->attachments, *found;

	while ((found = *position) != NULL && found->key != key)
		position = &found->next;
	if (found != NULL)
		*position = found->next;
	return found;
}

int
cohort_attach(struct cohort_request *request, const void *key, void *data,
    cohort_free *free_data)
{
	struct app_attachment *attachment;

	if (!app_request_may(request, APP_MAY_AWAIT, __func__)) {
		app_call_free(request->app, free_data, data);
		return -1;
	}
	attachment = take_attachment(request, key);
	if (attachment != NULL)
		app_call_free(
		    request->app, attachment->free_data, attachment->data);
	else
		attachment = arena_alloc_raw(
		    &request->exchange->arena, sizeof(*attachment));
	*attachment = (struct app_attachment) {
		.next = request->attachments,
		.key = key,
		.data = data,
		.free_data = free_data,
	};
	request->attachments = attachment;
	return 0;
}

void *
cohort_attached(const struct cohort_request *request, const void *key)
{
	const struct app_attachment *attachment;

	if (!app_request_may(request, APP_MAY_READ_HEAD, __func__))
		return NULL;
	for (attachment = request->attachments; attachment != NULL;
	     attachment = attachment->next)
		if (attachment->key == key)
			return attachment->data;
	return NULL;
}

void
app_end_run(struct cohort_request *request, enum cohort_end end)
{
	struct app_frame outer =
	    app_frame_enter(request->app, request, APP_PHASE_END);
	struct app_end_step *step;

	for (step = request->end_steps; step != NULL; step = step->next)
		step->function(request, end, step->context);
	app_frame_leave(request->app, outer);
}

void
app_end_free_attachments(struct app *app, struct app_attachment **attachments)
{
	struct app_attachment *attachment;

	while ((attachment = *attachments) != NULL) {
		*attachments = attachment->next;
		app_call_free(app, attachment->free_data, attachment->data);
	}
}
