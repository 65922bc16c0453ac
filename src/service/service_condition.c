/* SPDX-License-Identifier: ISC */
/*
 * The request's fields are walked through once, for the few that matter
 * here: http_condition reads a list of fields, and most requests have none.
 */
#include "service/service_condition.h"

#include "app/app_service.h"
#include "http/http_field.h"

static bool
add(struct service_condition *condition, const struct cohort_pair *field)
{
	if (condition->count == SERVICE_CONDITIONS_MAX)
		return false;
	condition->fields[condition->count++] = *field;
	return true;
}

/* A name has a byte at least, and most begin with neither letter. */
static bool
read_field(struct service_condition *condition, const struct cohort_pair *field)
{
	const struct cohort_str *name = &field->name;

	switch (name->data[0] | 0x20) {
	case 'i':
		return name->size <= 3 ||
		    !http_name_equals(name->data, 3, "if-") ||
		    add(condition, field);
	case 'r':
		if (http_name_equals(name->data, name->size, "range")) {
			condition->range = field->value;
			condition->range_count++;
		}
	}
	return true;
}

bool
service_condition_read(
    const struct cohort_request *request, struct service_condition *condition_r)
{
	const struct http_request *head = app_service_head(request);
	size_t i;

	condition_r->count = condition_r->range_count = 0;
	for (i = 0; i < head->field_count; i++)
		if (!read_field(condition_r, &head->fields[i]))
			return false;
	return true;
}

bool
service_condition_is_any(const struct service_condition *condition)
{
	return condition->count > 0 || condition->range_count > 0;
}

enum http_condition
service_condition_check(const struct service_condition *condition,
    const struct http_validators *validators)
{
	if (condition->count == 0)
		return HTTP_CONDITION_NONE;
	return http_condition_check(
	    condition->fields, condition->count, true, validators);
}

/* Range is for GET alone (14.2). */
bool
service_condition_wants_range(const struct cohort_request *request,
    const struct service_condition *condition,
    const struct http_validators *validators)
{
	return condition->range_count == 1 &&
	    app_service_head(request)->method == HTTP_METHOD_GET &&
	    http_condition_allows_range(
		condition->fields, condition->count, validators);
}

enum cohort_verdict
service_condition_refuse(struct cohort_request *request)
{
	return cohort_reply_text(
	    request, 412, "What is here is another version by now.\n");
}
