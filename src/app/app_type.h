/* SPDX-License-Identifier: ISC */
/*
 * Content types that replies are given with: nearly always the same few
 * literals, so what was judged and copied once is kept as long as the app.
 * Private to app/.  Loop thread.
 */
#ifndef APP_TYPE_H
#define APP_TYPE_H

#include <cohort/types.h>

#define APP_TYPES 32

/* A literal as struct cohort_str. */
#define APP_LITERAL(text)                                 \
	{                                                 \
		.data = (text), .size = sizeof(text) - 1, \
	}

#define APP_TYPE_TEXT "text/plain; charset=utf-8"

struct app_type {
	const char *given;      /* where it stood; NULL: the place is free */
	struct cohort_str text; /* a copy */
};

/* A zeroed table is empty. */
void app_types_free(struct app_type types[APP_TYPES]);

/*
 * The copy of that text, which can be sent.  data NULL: it is none that is
 * kept, whether it can be sent or not.
 */
struct cohort_str app_type_find(
    struct app_type types[APP_TYPES], const char *given);

#endif
