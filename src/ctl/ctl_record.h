/* SPDX-License-Identifier: ISC */
/*
 * The record of a crash, in words.
 */
#ifndef CTL_RECORD_H
#define CTL_RECORD_H

#include <jansson.h>
#include <stdio.h>

#include "base/base_buffer.h"

/* "SIGSEGV", "SIGABRT (hung)", "exit 1" */
void ctl_record_end(struct buffer *words, const json_t *record);

/* "GET /path", what runs without a request, or "-" */
void ctl_record_request(struct buffer *words, const json_t *record);

/* "function (file:line)", "image+0x12", "0x7f..." */
void ctl_record_frame(struct buffer *words, const json_t *frame);

/* All of it, line by line. */
void ctl_record_print(const json_t *record, FILE *to);

#endif
