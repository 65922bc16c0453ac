/* SPDX-License-Identifier: ISC */
/*
 * A field that is refused is not only absent: it marks the reply, which then
 * goes out as a 500 (app_send.c).
 */
#include "app/app_field.h"

#include <string.h>

#include "app/app_cookie.h"
#include "app/app_request.h"
#include "app/app_type.h"
#include "http/http_field.h"

#define CONTENT_TYPE      "Content-Type"
#define COOKIE_ATTRIBUTES "Path=/; HttpOnly; SameSite=Lax"

/* The protocol's own: it would send them twice, or they would lie. */
static const char *const framing[] = {
	"connection",
	"content-length",
	"date",
	"keep-alive",
	"proxy-connection",
	"server",
	"te",
	"trailer",
	"transfer-encoding",
	"upgrade",
};

/* What is said of a body that an error page has none of. */
static const char *const content[] = {
	"cache-control",
	"content-disposition",
	"content-encoding",
	"content-language",
	"content-location",
	"content-range",
	"content-type",
	"etag",
	"expires",
	"last-modified",
};

static bool
is_framing(const char *name)
{
	size_t size = strlen(name), i;

	for (i = 0; i < sizeof(framing) / sizeof(framing[0]); i++)
		if (http_name_equals(name, size, framing[i]))
			return true;
	return false;
}

static RARE void
grow(struct cohort_request *request, size_t count)
{
	struct app_reply *reply = &request->reply;
	size_t capacity = reply->field_capacity * 2 + count;
	struct cohort_pair *fields = arena_alloc_raw(
	    &request->exchange->arena, capacity * sizeof(*fields));

	memcpy(fields, reply->fields, reply->field_count * sizeof(*fields));
	reply->fields = fields;
	reply->field_capacity = capacity;
}

void
app_field_append(struct cohort_request *request,
    const struct cohort_pair *fields, size_t count)
{
	struct app_reply *reply = &request->reply;
	struct cohort_pair *to;
	size_t i;

	if (count > reply->field_capacity - reply->field_count)
		grow(request, count);
	to = reply->fields + reply->field_count;
	reply->field_count += count;
	for (i = 0; i < count; i++)
		to[i] = fields[i];
}

void
app_field_add(
    struct cohort_request *request, const char *name, const char *value)
{
	const struct cohort_pair field = {
		.name = { name, strlen(name) },
		.value = { value, strlen(value) },
	};

	app_field_append(request, &field, 1);
}

static void
own(struct cohort_request *request, struct cohort_str *text)
{
	text->data =
	    arena_copy(&request->exchange->arena, text->data, text->size);
}

void
app_field_own(struct cohort_request *request)
{
	struct app_reply *reply = &request->reply;
	size_t i;

	for (i = 0; i < reply->field_count; i++) {
		own(request, &reply->fields[i].name);
		own(request, &reply->fields[i].value);
	}
	reply->has_lent_fields = false;
}

static int
find(const struct cohort_request *request, const char *name)
{
	return http_field_find(
	    request->reply.fields, request->reply.field_count, name, 0);
}

void
app_field_remove(struct cohort_request *request, const char *name)
{
	struct app_reply *reply = &request->reply;
	int index;

	while ((index = find(request, name)) != -1) {
		reply->field_count--;
		memmove(&reply->fields[index], &reply->fields[index + 1],
		    (reply->field_count - (size_t)index) *
			sizeof(*reply->fields));
	}
}

void
app_field_set_type(struct cohort_request *request, struct cohort_str type)
{
	const struct cohort_pair field = {
		.name = APP_LITERAL(CONTENT_TYPE),
		.value = type,
	};

	if (request->reply.field_count > 0)
		app_field_remove(request, CONTENT_TYPE);
	if (type.data != NULL)
		app_field_append(request, &field, 1);
}

static RARE struct cohort_str
copy_type(
    struct cohort_request *request, const char *function, const char *type)
{
	size_t size = strlen(type);

	if (!http_value_is_valid(type, size))
		app_field_refuse(request, function, CONTENT_TYPE, "bad value");
	return (struct cohort_str) {
		.data = arena_copy(&request->exchange->arena, type, size),
		.size = size,
	};
}

/* A thread of the pool does not share the loop's table. */
void
app_field_give_type(
    struct cohort_request *request, const char *function, const char *type)
{
	struct cohort_str copy = { NULL, 0 };

	if (request->job == NULL)
		copy = app_type_find(request->app->types, type);
	if (copy.data == NULL)
		copy = copy_type(request, function, type);
	app_field_set_type(request, copy);
}

void
app_field_remove_content(struct cohort_request *request)
{
	size_t i;

	if (request->reply.field_count == 0)
		return;
	for (i = 0; i < sizeof(content) / sizeof(content[0]); i++)
		app_field_remove(request, content[i]);
}

int
app_field_refuse(struct cohort_request *request, const char *function,
    const char *name, const char *reason)
{
	log_error("%s: field \"%s\" refused, so the reply becomes a 500: %s",
	    function, name == NULL ? "" : name, reason);
	request->reply.refused = true;
	return -1;
}

/* May fields be changed now?  If not, says so in the log. */
static bool
may_edit(struct cohort_request *request, const char *function)
{
	if (!app_request_may(request, APP_MAY_REPLY, function))
		return false;
	if (request->reply.kind != APP_REPLY_STREAM ||
	    app_request_phase(request) != APP_PHASE_HANDLER)
		return true;
	log_error("%s: called when the stream had begun", function);
	return false;
}

/* Why a field may not be sent; NULL if it may. */
static const char *
check(const char *name, const char *value)
{
	if (name == NULL || !http_token_is_valid(name, strlen(name)))
		return "bad name";
	if (is_framing(name))
		return "it is the protocol's own";
	if (value == NULL || !http_value_is_valid(value, strlen(value)))
		return "bad value";
	return NULL;
}

static int
add(struct cohort_request *request, const char *function, const char *name,
    const char *value, bool replaces)
{
	struct arena *arena;
	const char *reason;

	if (!may_edit(request, function))
		return -1;
	reason = check(name, value);
	if (reason != NULL)
		return app_field_refuse(request, function, name, reason);
	if (replaces)
		app_field_remove(request, name);
	arena = &request->exchange->arena;
	app_field_add(request, arena_copy(arena, name, strlen(name)),
	    arena_copy(arena, value, strlen(value)));
	return 0;
}

int
cohort_reply_set(
    struct cohort_request *request, const char *name, const char *value)
{
	return add(request, __func__, name, value, true);
}

int
cohort_reply_add(
    struct cohort_request *request, const char *name, const char *value)
{
	return add(request, __func__, name, value, false);
}

int
cohort_reply_remove(struct cohort_request *request, const char *name)
{
	if (!may_edit(request, __func__))
		return -1;
	app_field_remove(request, name);
	return 0;
}

static const char *
check_cookie(const char *name, const char *value, const char *attributes)
{
	if (name == NULL || !http_token_is_valid(name, strlen(name)))
		return "bad name of a cookie";
	if (!app_cookie_value_is_valid(value))
		return "bad value of a cookie";
	return app_cookie_check_attributes(attributes);
}

/* Of several attributes of a name the last counts (RFC 6265, 5.3). */
int
cohort_reply_cookie(struct cohort_request *request, const char *name,
    const char *value, const char *attributes)
{
	const char *removal = value == NULL ? "; Max-Age=0" : "", *reason;
	const char *separator;

	if (!may_edit(request, __func__))
		return -1;
	if (value == NULL)
		value = "";
	if (attributes == NULL)
		attributes = COOKIE_ATTRIBUTES;
	reason = check_cookie(name, value, attributes);
	if (reason != NULL)
		return app_field_refuse(
		    request, __func__, "Set-Cookie", reason);
	separator = attributes[0] == '\0' ? "" : "; ";
	app_field_add(request, "Set-Cookie",
	    arena_format(&request->exchange->arena, "%s=%s%s%s%s", name, value,
		separator, attributes, removal));
	return 0;
}

const char *
cohort_reply_get(const struct cohort_request *request, const char *name)
{
	int index;

	if (!app_request_may(request, APP_MAY_READ_HEAD, __func__))
		return NULL;
	index = find(request, name);
	return index == -1 ? NULL : request->reply.fields[index].value.data;
}
