/* SPDX-License-Identifier: ISC */
/*
 * The request's fields are walked through once, for the few that matter
 * here: most requests have none of them.
 */
#include "service/service_condition.h"

#include "app/app_service.h"
#include "http/http_field.h"

/* A name has a byte at least, and most begin with neither letter. */
static bool
read_field(struct service_condition *condition, const struct cohort_pair *field)
{
	const struct cohort_str *name = &field->name;

	switch (name->data[0] | 0x20) {
	case 'i':
		return http_conditions_add(&condition->conditions, field);
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

	http_conditions_init(&condition_r->conditions);
	condition_r->range_count = 0;
	for (i = 0; i < head->field_count; i++)
		if (!read_field(condition_r, &head->fields[i]))
			return false;
	return true;
}

bool
service_condition_is_any(const struct service_condition *condition)
{
	return condition->conditions.count > 0 || condition->range_count > 0;
}

enum http_condition
service_condition_check(const struct service_condition *condition,
    const struct http_validators *validators)
{
	return http_condition_check(&condition->conditions, true, validators);
}

/* Range is for GET alone (14.2). */
bool
service_condition_wants_range(const struct cohort_request *request,
    const struct service_condition *condition,
    const struct http_validators *validators)
{
	return condition->range_count == 1 &&
	    app_service_head(request)->method == HTTP_METHOD_GET &&
	    http_condition_allows_range(&condition->conditions, validators);
}

enum cohort_verdict
service_condition_refuse(struct cohort_request *request)
{
	return cohort_reply_text(
	    request, 412, "What is here is another version by now.\n");
}
