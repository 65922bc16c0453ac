/* SPDX-License-Identifier: ISC */
/*
 * Fields that were lent are copied as soon as somebody replaces the reply
 * (app_reply.c), since they then stay without what they were lent by.
 */
#include "app/app_service.h"

#include "app/app_field.h"
#include "app/app_request.h"

const struct http_request *
app_service_head(const struct cohort_request *request)
{
	OBJECT_CHECK(request, COHORT_REQUEST_MAGIC);
	return &request->exchange->request;
}

struct cohort_str
app_service_path(const struct cohort_request *request)
{
	const struct http_uri *uri = &app_service_head(request)->uri;
	size_t depth = request->scope->prefix_segments, offset = 0;

	if (depth > 0)
		offset = uri->segments[depth - 1].offset +
		    uri->segments[depth - 1].size;
	return (struct cohort_str) {
		.data = uri->path.data + offset,
		.size = uri->path.size - offset,
	};
}

uint64_t
app_service_now_ms(const struct cohort_request *request)
{
	const struct app_host *host;

	OBJECT_CHECK(request, COHORT_REQUEST_MAGIC);
	host = request->app->host;
	return host->functions->now_ms(host);
}

uint64_t
app_service_turn(const struct cohort_request *request)
{
	struct app_host *host;

	OBJECT_CHECK(request, COHORT_REQUEST_MAGIC);
	host = request->app->host;
	return request->exchange->is_early ? host->functions->turn(host) : 0;
}

void
app_service_set_fields(struct cohort_request *request,
    const struct cohort_pair *fields, size_t count)
{
	size_t i;

	OBJECT_CHECK(request, COHORT_REQUEST_MAGIC);
	for (i = 0; i < count && request->reply.field_count > 0; i++)
		app_field_remove(request, fields[i].name.data);
	app_field_append(request, fields, count);
	request->reply.has_lent_fields = true;
}
