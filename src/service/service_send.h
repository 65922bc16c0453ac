/* SPDX-License-Identifier: ISC */
/*
 * A file as the reply to GET or HEAD: validators, conditions (RFC 9110
 * section 13), ranges (section 14), or the whole of it.  Workers, loop
 * thread, handlers only.
 */
#ifndef SERVICE_SEND_H
#define SERVICE_SEND_H

#include <cohort/cohort.h>

#include "service/service_condition.h"
#include "service/service_file.h"

/*
 * Takes the reference to file.  boundary separates the parts of several
 * ranges (RFC 2046, 5.1.1): text that nobody can have put into a file.
 */
enum cohort_verdict service_send(struct cohort_request *request,
    struct service_file *file, const struct service_condition *condition,
    const char *boundary);

#endif
