/* SPDX-License-Identifier: ISC */
/*
 * Values of reports.  Strings of JSON are UTF-8, and somebody's terminal
 * shows them: what clients and workers say stands there escaped, as in the
 * log.  All are new references.
 */
#ifndef MASTER_JSON_H
#define MASTER_JSON_H

#include <jansson.h>
#include <stddef.h>
#include <time.h>

/* Escaped. */
json_t *master_json_text(const char *data, size_t size);

/* The same; null for NULL. */
json_t *master_json_text_or_null(const char *text);

/* "2026-01-31T23:59:59Z" */
json_t *master_json_time(time_t seconds);

#endif
