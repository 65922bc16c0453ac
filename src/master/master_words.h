/* SPDX-License-Identifier: ISC */
/*
 * Words for what a worker did, for log lines.  Whatever comes from a client
 * or a worker is escaped.
 */
#ifndef MASTER_WORDS_H
#define MASTER_WORDS_H

#include "base/base_buffer.h"
#include "master/master_private.h"

/* request 00..2a "GET /" from 127.0.0.1, route R, while D; or what runs
 * without a request. */
void master_words_current(
    struct buffer *words, const struct ipc_current *current);

/* worker 0 (pid 7) has been busy for 9 ms with ..., as above. */
void master_words_busy(struct buffer *words, uint32_t slot, pid_t pid,
    uint64_t seen_ms, const struct ipc_current *current);

/* , at FUNCTION (FILE:LINE) < CALLER ...; nothing without frames.  To the
 * outermost frame of the application, if it has any; limited to a part of a
 * line. */
void master_words_stack(
    struct buffer *words, const struct master_frame *frames, size_t count);

#endif
