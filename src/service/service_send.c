/* SPDX-License-Identifier: ISC */
/*
 * 304, 412, 416, 206 or 200, in the order of RFC 9110, 13.2.2.
 */
#include "service/service_send.h"

#include "app/app_service.h"
#include "base/base_clock.h"
#include "http/http_range.h"
#include "service/service_multipart.h"

/*
 * The reply of file that was given gets those of its fields, from first up to
 * end.  A reply that was refused has none, nor may the file be there still.
 */
static enum cohort_verdict
set_fields(struct cohort_request *request, enum cohort_verdict given,
    const struct service_file *file, time_t now, enum service_file_field first,
    enum service_file_field end)
{
	char room[HTTP_DATE_SIZE + 1];

	if (given != COHORT_DONE)
		return given;
	app_service_set_fields(request, file->fields + first, end - first);
	if (file->status.st_mtime > now)
		cohort_reply_set(request, "Last-Modified",
		    service_file_modified(file, now, room));
	return given;
}

static enum cohort_verdict
send_whole(
    struct cohort_request *request, struct service_file *file, time_t now)
{
	struct app_piece piece = service_file_piece(file, 0, file->size);

	return set_fields(request,
	    app_reply_pieces(request, 200, NULL, &piece,
		file->size == 0 ? 0 : 1, service_file_release, file),
	    file, now, SERVICE_FILE_RANGES, SERVICE_FILE_FIELDS);
}

static enum cohort_verdict
send_range(struct cohort_request *request, struct service_file *file,
    const struct http_range *range, time_t now)
{
	struct app_piece piece = service_file_piece(file, (int64_t)range->first,
	    (int64_t)(range->last - range->first + 1));

	cohort_reply_set(request, "Content-Range",
	    service_multipart_range(request, range, file->size));
	return set_fields(request,
	    app_reply_pieces(
		request, 206, NULL, &piece, 1, service_file_release, file),
	    file, now, SERVICE_FILE_RANGES, SERVICE_FILE_FIELDS);
}

/* 15.5.17: the client learns how much there is. */
static enum cohort_verdict
refuse_range(struct cohort_request *request, struct service_file *file)
{
	cohort_reply_set(request, "Accept-Ranges", "bytes");
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
	if (result == HTTP_RANGE_IGNORE)
		return send_whole(request, file, now);
	if (count == 1)
		return send_range(request, file, ranges, now);
	return set_fields(request,
	    service_multipart_send(request, file, ranges, count, boundary),
	    file, now, SERVICE_FILE_RANGES, SERVICE_FILE_TYPE);
}

static enum cohort_verdict
send_parts(struct cohort_request *request, struct service_file *file,
    const struct service_condition *condition,
    const struct http_validators *validators, const char *boundary)
{
	if (service_condition_wants_range(request, condition, validators))
		return send_ranges(
		    request, file, condition->range, validators->now, boundary);
	return send_whole(request, file, validators->now);
}

static enum cohort_verdict
send_not_modified(
    struct cohort_request *request, struct service_file *file, time_t now)
{
	return set_fields(request,
	    app_reply_pieces(
		request, 304, NULL, NULL, 0, service_file_release, file),
	    file, now, SERVICE_FILE_ETAG, SERVICE_FILE_TYPE);
}

enum cohort_verdict
service_send(struct cohort_request *request, struct service_file *file,
    const struct service_condition *condition, const char *boundary)
{
	const struct http_validators validators = {
		.etag = file->fields[SERVICE_FILE_ETAG].value,
		.modified = file->status.st_mtime,
		.now = clock_wall_seconds(),
	};

	switch (service_condition_check(condition, &validators)) {
	case HTTP_CONDITION_NOT_MODIFIED:
		return send_not_modified(request, file, validators.now);
	case HTTP_CONDITION_FAILED:
		service_file_release(file);
		return service_condition_refuse(request);
	case HTTP_CONDITION_NONE:
		break;
	}
	return send_parts(request, file, condition, &validators, boundary);
}
