/* SPDX-License-Identifier: ISC */
/*
 * The request's fields are walked through once, for the few that matter
 * here: http_condition reads a list of fields, and most requests have none.
 */
#include "service/service_condition.h"

#include <string.h>

#include "http/http_field.h"

static bool
add(struct service_condition *condition, const struct cohort_pair *field)
{
	if (condition->count == SERVICE_CONDITIONS_MAX)
		return false;
	condition->fields[condition->count++] = *field;
	return true;
}

bool
service_condition_read(
    const struct cohort_request *request, struct service_condition *condition_r)
{
	struct cohort_pair field;
	size_t i;

	condition_r->count = condition_r->range_count = 0;
	for (i = 0; cohort_item(request, COHORT_HEADER, i, &field); i++) {
		const struct cohort_str *name = &field.name;

		if (name->size > 3 && http_name_equals(name->data, 3, "if-")) {
			if (!add(condition_r, &field))
				return false;
		} else if (http_name_equals(name->data, name->size, "range")) {
			condition_r->range = field.value;
			condition_r->range_count++;
		}
	}
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
	    strcmp(cohort_method(request), "GET") == 0 &&
	    http_condition_allows_range(
		condition->fields, condition->count, validators);
}

enum cohort_verdict
service_condition_refuse(struct cohort_request *request)
{
	return cohort_reply_text(
	    request, 412, "What is here is another version by now.\n");
}
