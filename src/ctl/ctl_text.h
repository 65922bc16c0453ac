/* SPDX-License-Identifier: ISC */
/*
 * Members of JSON objects as words for a person.  A member that is missing,
 * null or of another kind is "-"; what could confuse a terminal is '?', and
 * long texts are cut ("...").  Each appends to a buffer.
 */
#ifndef CTL_TEXT_H
#define CTL_TEXT_H

#include <jansson.h>
#include <stdint.h>

#include "base/base_buffer.h"

#define CTL_TEXT_MAX      200
#define CTL_TEXT_LINE_MAX 4096 /* of what is a line of its own */

/* The member's integer, at least 0, or 0. */
uint64_t ctl_text_integer(const json_t *object, const char *name);

/* Any text, made safe. */
void ctl_text_append(struct buffer *words, const char *text, size_t limit);

/* A string or an integer. */
void ctl_text_member(
    struct buffer *words, const json_t *object, const char *name);

/* "734ms", "12s", "5m 3s", "2h 5m", "3d 4h" */
void ctl_text_duration(struct buffer *words, uint64_t ms);

/* "512", "3.4k", "17.0m", "1.2g" */
void ctl_text_bytes(struct buffer *words, uint64_t bytes);

/* "2026-11-23T21:09:20Z" as local time, "2026-11-23 22:09:20". */
void ctl_text_time(
    struct buffer *words, const json_t *object, const char *name);

/* "cohortd 0.1.0, pid 4711, running for 2h 5m", and, while it is not just
 * running, ", paused": of a reply to "status". */
void ctl_text_daemon(struct buffer *words, const json_t *status);

/* The whole, on standard output: what --json prints. */
void ctl_text_print_json(const json_t *object);

#endif
