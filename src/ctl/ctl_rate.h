/* SPDX-License-Identifier: ISC */
/*
 * What takes two replies to "status" to know: how fast counters grow.  The
 * daemon keeps no samples and has no timer for them.  A negative rate is one
 * that cannot be known, as the earlier reply does not have that slot or
 * process, or is none at all (NULL).
 */
#ifndef CTL_RATE_H
#define CTL_RATE_H

#include <jansson.h>
#include <stddef.h>

#include "base/base_buffer.h"

/* The workers of a status by slot: the same place, whoever holds it.  Freed
 * by memory_free; they live as long as status. */
const json_t **ctl_rate_workers(const json_t *status, size_t *count_r);

/* Of a worker of the later status: requests a second of its slot, and how
 * many hundredths of one processor its process uses. */
double ctl_rate_requests(
    const json_t *earlier, const json_t *later, const json_t *worker);
double ctl_rate_cpu(
    const json_t *earlier, const json_t *later, const json_t *worker);

/* Requests a second of all slots together. */
double ctl_rate_total(const json_t *earlier, const json_t *later);

/* "0.0", "9.9", "1234", or "-". */
void ctl_rate_append(struct buffer *words, double rate);

#endif
