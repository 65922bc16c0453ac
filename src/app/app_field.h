/* SPDX-License-Identifier: ISC */
/*
 * Header fields of a reply: what is kept, and what is refused (RFC 9110
 * section 5.5).  Names and values are copied into request memory unless said
 * otherwise.  Private to app/.
 */
#ifndef APP_FIELD_H
#define APP_FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include <cohort/cohort.h>

#include "base/base_rare.h"

/* Adds a field of which name and value are right and live long enough. */
void app_field_add(
    struct cohort_request *request, const char *name, const char *value);

/* The same for fields whose sizes are known. */
void app_field_append(struct cohort_request *request,
    const struct cohort_pair *fields, size_t count);

/* Name and value of every field become copies in request memory, as what
 * lent them goes (app_service.h). */
COLD void app_field_own(struct cohort_request *request);

void app_field_remove(struct cohort_request *request, const char *name);

/* Content-Type becomes type, which is right and lives long enough; data NULL
 * removes it. */
void app_field_set_type(struct cohort_request *request, struct cohort_str type);

/* The same for a type that somebody gave, never NULL: it is copied, and
 * refused if it cannot be sent. */
void app_field_give_type(
    struct cohort_request *request, const char *function, const char *type);

/* Removes what described a body that does not go out after all. */
void app_field_remove_content(struct cohort_request *request);

/* Logs why the field is refused, and makes that stick.  Returns -1. */
int app_field_refuse(struct cohort_request *request, const char *function,
    const char *name, const char *reason);

#endif
