/* SPDX-License-Identifier: ISC */
/*
 * A request's whole body: in memory while it is small, in an unnamed file
 * beyond, which is mapped when complete.  Memory grows as bytes arrive, never
 * by what a client merely announced.  Private to app/.
 */
#ifndef APP_BODY_H
#define APP_BODY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/base_buffer.h"
#include "base/base_error.h"
#include "config/config_settings.h"

#include <cohort/types.h>

struct app_body {
	struct buffer memory;
	int fd; /* of the file; -1: none */
	char *map;
	size_t size;
};

void app_body_init(struct app_body *body);

/* Forgets the bytes; memory that is not large is kept for the next. */
void app_body_forget(struct app_body *body);

/* The same, for a body that most have none of. */
static inline void
app_body_clear(struct app_body *body)
{
	if (body->size != 0 || body->fd != -1)
		app_body_forget(body);
}

void app_body_fini(struct app_body *body);

/* Takes the next bytes.  -1: the file failed. */
int app_body_append(struct app_body *body, const struct settings_http *http,
    const void *data, size_t size, struct error *error);

/* No more will come.  -1: the file failed. */
int app_body_finish(struct app_body *body, struct error *error);

/* The whole, with a NUL behind, after app_body_finish. */
struct cohort_str app_body_bytes(const struct app_body *body);

/* Are those bytes a part of it? */
bool app_body_has(const struct app_body *body, const void *data, size_t size);

#endif
