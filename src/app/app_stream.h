/* SPDX-License-Identifier: ISC */
/*
 * A reply whose body comes piece by piece.  What is written before the head
 * went out is held, as that happens only when the function that began the
 * stream has returned and `after` functions have run.  Private to app/.
 *
 * Bounds: a write is answered FULL while more than output_buffer bytes are
 * unsent, and the stream is cut when one comes with APP_STREAM_EXCESS more.
 */
#ifndef APP_STREAM_H
#define APP_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "app/app_host.h"
#include "base/base_buffer.h"

#include <cohort/cohort.h>

#define APP_STREAM_EXCESS 1048576

struct app_stream {
	int64_t size; /* declared; HTTP_SIZE_UNKNOWN */
	int64_t written;
	bool is_events; /* cohort_sse */
	bool must_cut;  /* it cannot be completed any more */
	uint32_t heartbeat_ms;
	uint64_t written_ms; /* when something was last written */
	uint64_t taken;      /* bytes the client had taken when last seen */
	struct app_host_timer *timer;
	struct buffer held;
};

/* The head has gone out: sends what was held. */
void app_stream_flush(struct cohort_request *request);

/* The request waits: its stream may not be silent for ever. */
void app_stream_watch(struct cohort_request *request);

/* Stops the timer. */
void app_stream_unwatch(struct cohort_request *request);

/* Bytes written that the client has not taken. */
uint64_t app_stream_unsent(const struct cohort_request *request);

/* Are these more than output_buffer? */
bool app_stream_is_full(const struct cohort_request *request);

/* Lets on_room come when half of output_buffer is free. */
void app_stream_want_room(const struct cohort_request *request);

/* Forgets what was held. */
void app_stream_drop(struct cohort_request *request);

#endif
