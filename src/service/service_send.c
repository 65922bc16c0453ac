/* SPDX-License-Identifier: ISC */
/*
 * The request's fields are walked through once, for the few that matter
 * here: http_condition reads a list of fields, and most requests have none.
 */
#include "service/service_send.h"

#include <string.h>

#include "base/base_clock.h"
#include "http/http_condition.h"
#include "http/http_field.h"
#include "http/http_range.h"
#include "service/service_multipart.h"

#define CONDITIONS_MAX 16

struct conditions {
	struct cohort_pair fields[CONDITIONS_MAX]; /* If-... */
	size_t count;
	struct cohort_str range;
	unsigned range_count; /* how often Range stands there */
};

static bool
add_condition(struct conditions *conditions, const struct cohort_pair *field)
{
	if (conditions->count == CONDITIONS_MAX)
		return false;
	conditions->fields[conditions->count++] = *field;
	return true;
}

/* False: there are too many of them. */
static bool
read_conditions(
    const struct cohort_request *request, struct conditions *conditions)
{
	struct cohort_pair field;
	size_t i;

	conditions->count = conditions->range_count = 0;
	for (i = 0; cohort_item(request, COHORT_HEADER, i, &field); i++) {
		const struct cohort_str *name = &field.name;

		if (name->size > 3 && http_name_equals(name->data, 3, "if-")) {
			if (!add_condition(conditions, &field))
				return false;
		} else if (http_name_equals(name->data, name->size, "range")) {
			conditions->range = field.value;
			conditions->range_count++;
		}
	}
	return true;
}

static void
set_validators(struct cohort_request *request, const struct service_file *file)
{
	cohort_reply_set(request, "ETag", file->etag);
	cohort_reply_set(request, "Last-Modified", file->modified);
}

static enum cohort_verdict
send_whole(struct cohort_request *request, struct service_file *file)
{
	struct app_piece piece = service_file_piece(file, 0, file->size);

	return app_reply_pieces(request, 200, file->type, &piece,
	    file->size == 0 ? 0 : 1, service_file_release, file);
}

static enum cohort_verdict
send_range(struct cohort_request *request, struct service_file *file,
    const struct http_range *range)
{
	struct app_piece piece = service_file_piece(file, (int64_t)range->first,
	    (int64_t)(range->last - range->first + 1));

	cohort_reply_set(request, "Content-Range",
	    service_multipart_range(request, range, file->size));
	return app_reply_pieces(
	    request, 206, file->type, &piece, 1, service_file_release, file);
}

/* 15.5.17: the client learns how much there is. */
static enum cohort_verdict
refuse_range(struct cohort_request *request, struct service_file *file)
{
	cohort_reply_set(request, "Content-Range",
	    cohort_format(request, "bytes */%lld", (long long)file->size));
	service_file_release(file);
	return cohort_reply_text(
	    request, 416, "The file has nothing in that range.\n");
}

static enum cohort_verdict
send_ranges(struct cohort_request *request, struct service_file *file,
    struct cohort_str value, const char *boundary)
{
	struct http_range ranges[HTTP_RANGES_MAX];
	size_t count;

	switch (http_range_parse(value, (uint64_t)file->size, ranges, &count)) {
	case HTTP_RANGE_UNSATISFIABLE:
		return refuse_range(request, file);
	case HTTP_RANGE_SATISFIABLE:
		set_validators(request, file);
		if (count == 1)
			return send_range(request, file, ranges);
		return service_multipart_send(
		    request, file, ranges, count, boundary);
	case HTTP_RANGE_IGNORE:
		break;
	}
	set_validators(request, file);
	return send_whole(request, file);
}

/* Range is for GET alone (14.2). */
static bool
wants_range(const struct cohort_request *request,
    const struct conditions *conditions,
    const struct http_validators *validators)
{
	return conditions->range_count == 1 &&
	    strcmp(cohort_method(request), "GET") == 0 &&
	    http_condition_allows_range(
		conditions->fields, conditions->count, validators);
}

enum cohort_verdict
service_send(struct cohort_request *request, struct service_file *file,
    const char *boundary)
{
	const struct http_validators validators = {
		.etag = file->etag,
		.modified = file->status.st_mtime,
		.now = clock_wall_seconds(),
	};
	struct conditions conditions;

	if (!read_conditions(request, &conditions)) {
		service_file_release(file);
		return cohort_refuse(request, 400, "too many conditions");
	}
	switch (http_condition_check(
	    conditions.fields, conditions.count, true, &validators)) {
	case HTTP_CONDITION_NOT_MODIFIED:
		set_validators(request, file);
		service_file_release(file);
		return cohort_reply_empty(request, 304);
	case HTTP_CONDITION_FAILED:
		service_file_release(file);
		return cohort_reply_text(
		    request, 412, "The file is another one by now.\n");
	case HTTP_CONDITION_NONE:
		break;
	}
	cohort_reply_set(request, "Accept-Ranges", "bytes");
	if (wants_range(request, &conditions, &validators))
		return send_ranges(request, file, conditions.range, boundary);
	set_validators(request, file);
	return send_whole(request, file);
}
