/* SPDX-License-Identifier: ISC */
/*
 * 304, 412, 416, 206 or 200, in the order of RFC 9110, 13.2.2.
 */
#include "service/service_send.h"

#include "base/base_clock.h"
#include "http/http_range.h"
#include "service/service_multipart.h"

static void
set_validators(
    struct cohort_request *request, const struct service_file *file, time_t now)
{
	char room[HTTP_DATE_SIZE + 1];

	cohort_reply_set(request, "ETag", file->etag);
	cohort_reply_set(
	    request, "Last-Modified", service_file_modified(file, now, room));
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
    struct cohort_str value, time_t now, const char *boundary)
{
	struct http_range ranges[HTTP_RANGES_MAX];
	enum http_range_result result;
	size_t count;

	result = http_range_parse(value, (uint64_t)file->size, ranges, &count);
	if (result == HTTP_RANGE_UNSATISFIABLE)
		return refuse_range(request, file);
	set_validators(request, file, now);
	if (result == HTTP_RANGE_IGNORE)
		return send_whole(request, file);
	if (count == 1)
		return send_range(request, file, ranges);
	return service_multipart_send(request, file, ranges, count, boundary);
}

static enum cohort_verdict
send_parts(struct cohort_request *request, struct service_file *file,
    const struct service_condition *condition,
    const struct http_validators *validators, const char *boundary)
{
	cohort_reply_set(request, "Accept-Ranges", "bytes");
	if (service_condition_wants_range(request, condition, validators))
		return send_ranges(
		    request, file, condition->range, validators->now, boundary);
	set_validators(request, file, validators->now);
	return send_whole(request, file);
}

enum cohort_verdict
service_send(struct cohort_request *request, struct service_file *file,
    const struct service_condition *condition, const char *boundary)
{
	const struct http_validators validators = {
		.etag = file->etag,
		.modified = file->status.st_mtime,
		.now = clock_wall_seconds(),
	};

	switch (service_condition_check(condition, &validators)) {
	case HTTP_CONDITION_NOT_MODIFIED:
		set_validators(request, file, validators.now);
		return app_reply_pieces(
		    request, 304, NULL, NULL, 0, service_file_release, file);
	case HTTP_CONDITION_FAILED:
		service_file_release(file);
		return service_condition_refuse(request);
	case HTTP_CONDITION_NONE:
		break;
	}
	return send_parts(request, file, condition, &validators, boundary);
}
