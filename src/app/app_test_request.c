/* SPDX-License-Identifier: ISC */
/*
 * A request from arguments instead of bytes, as strict as a protocol with
 * what is no request at all.
 */
#include <string.h>

#include "app/app_test_private.h"
#include "base/base_number.h"
#include "http/http_field.h"

static bool
add_field(struct http_request *request, struct cohort_str name,
    struct cohort_str value)
{
	if (!http_token_is_valid(name.data, name.size) ||
	    !http_value_is_valid(value.data, value.size))
		return false;
	request->fields[request->field_count++] = (struct cohort_pair) {
		.name = name,
		.value = value,
	};
	return true;
}

/* Makes a cohort_str of begin to end, without white space around. */
static struct cohort_str
trimmed(struct arena *arena, const char *begin, const char *end)
{
	while (begin < end && (*begin == ' ' || *begin == '\t'))
		begin++;
	while (end > begin && strchr(" \t\r", end[-1]) != NULL)
		end--;
	return (struct cohort_str) {
		.data = arena_copy(arena, begin, (size_t)(end - begin)),
		.size = (size_t)(end - begin),
	};
}

/* Reads "Name: value\n" lines. */
static bool
read_fields(
    struct http_request *request, struct arena *arena, const char *lines)
{
	const char *line, *end, *colon;
	struct cohort_str name;

	for (line = lines; *line != '\0'; line = *end == '\0' ? end : end + 1) {
		end = strchrnul(line, '\n');
		colon = memchr(line, ':', (size_t)(end - line));
		if (colon == NULL)
			return false;
		name.size = (size_t)(colon - line);
		name.data = arena_copy(arena, line, name.size);
		if (!add_field(request, name, trimmed(arena, colon + 1, end)))
			return false;
	}
	return true;
}

static const char *
find_field(const struct http_request *request, const char *name)
{
	int index =
	    http_field_find(request->fields, request->field_count, name, 0);

	return index == -1 ? NULL : request->fields[index].value.data;
}

/* The value of that field, added where missing. */
static const char *
ensure_field(struct http_request *request, const char *name, const char *value)
{
	const char *found = find_field(request, name);

	if (found != NULL)
		return found;
	add_field(request,
	    (struct cohort_str) { .data = name, .size = strlen(name) },
	    (struct cohort_str) { .data = value, .size = strlen(value) });
	return value;
}

/* How much the head says will come, which may be more than does. */
static bool
read_size(struct cohort_test_reply *reply, bool has_body)
{
	struct http_request *request = &reply->exchange.request;
	struct arena *arena = &reply->exchange.arena;

	request->body_size = 0;
	if (find_field(request, "transfer-encoding") != NULL) {
		request->body_size = HTTP_SIZE_UNKNOWN;
		return true;
	}
	if (!has_body && find_field(request, "content-length") == NULL)
		return true;
	return number_parse(ensure_field(request, "Content-Length",
				arena_format(arena, "%zu", reply->upload_size)),
		   0, INT64_MAX, &request->body_size) == 0;
}

static size_t
count_lines(const char *text)
{
	size_t count = 0;

	while (*text != '\0')
		count += *text++ == '\n';
	return count + 1;
}

bool
app_test_request_read(struct cohort_test_reply *reply, const char *method,
    const char *target, const char *headers, bool has_body)
{
	struct http_request *request = &reply->exchange.request;
	struct arena *arena = &reply->exchange.arena;
	size_t method_size = strlen(method);

	request->method = http_method_parse(method, method_size);
	request->method_name = arena_copy(arena, method, method_size);
	request->target.size = strlen(target);
	request->target.data = arena_copy(arena, target, request->target.size);
	request->version = 0x0101;
	request->scheme = "http";
	request->peer = &reply->test->peer;
	request->fields = arena_alloc(
	    arena, (count_lines(headers) + 2) * sizeof(*request->fields));
	if (!http_token_is_valid(method, method_size) ||
	    !read_fields(request, arena, headers) ||
	    !read_size(reply, has_body) ||
	    http_uri_parse(arena, request->target, &request->uri) == -1)
		return false;
	request->host = ensure_field(request, "Host", "localhost");
	return true;
}
