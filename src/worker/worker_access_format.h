/* SPDX-License-Identifier: ISC */
/*
 * What a line of the access log looks like.  Whatever comes from a client is
 * cut at a limit and escaped, so that a line can neither be forged nor
 * become longer than WORKER_ACCESS_LINE_MAX.  No state.
 */
#ifndef WORKER_ACCESS_FORMAT_H
#define WORKER_ACCESS_FORMAT_H

#include <stdbool.h>
#include <time.h>

#include "base/base_buffer.h"
#include "http/http_exchange.h"

#define WORKER_ACCESS_LINE_MAX  65536
#define WORKER_ACCESS_DATE_SIZE 32

struct worker_access_format {
	const char *name; /* of the option access_format */
	bool wants_time;  /* http_recorder.wants_time */
	/* The date as lines show it. */
	void (*date)(
	    const struct tm *date, char text_r[WORKER_ACCESS_DATE_SIZE]);
	/* Appends a line with its newline. */
	void (*line)(struct buffer *line, const char *date,
	    const struct http_exchange *exchange, enum cohort_end end);
};

/* combined for a word that is no format's name. */
const struct worker_access_format *worker_access_format_find(const char *name);

#endif
