/* SPDX-License-Identifier: ISC */
/*
 * The fields of a request that make it conditional or ask for ranges, read
 * once for whatever is served.  Workers, loop thread, handlers only.
 */
#ifndef SERVICE_CONDITION_H
#define SERVICE_CONDITION_H

#include <stdbool.h>

#include <cohort/cohort.h>

#include "http/http_condition.h"

struct service_condition {
	struct http_conditions conditions;
	struct cohort_str range;
	unsigned range_count; /* how often Range stands there */
};

/* False: there are too many of them. */
bool service_condition_read(const struct cohort_request *request,
    struct service_condition *condition_r);

/* Does the answer depend on which version of the file there is? */
bool service_condition_is_any(const struct service_condition *condition);

enum http_condition service_condition_check(
    const struct service_condition *condition,
    const struct http_validators *validators);

/* Is there a Range, and may it be used? */
bool service_condition_wants_range(const struct cohort_request *request,
    const struct service_condition *condition,
    const struct http_validators *validators);

/* 412. */
enum cohort_verdict service_condition_refuse(struct cohort_request *request);

#endif
