/* SPDX-License-Identifier: ISC */
/*
 * How often which request crashed workers, lately: of the last ones that
 * did, so that memory is bounded whatever is sent.  Times are monotonic
 * milliseconds and go one way.  What a request is: ipc_quarantine.h; of its
 * entries the number, until_ms and is_route do not matter here.
 */
#ifndef MASTER_HISTORY_H
#define MASTER_HISTORY_H

#include "ipc/ipc_quarantine.h"

/* Requests that are remembered, and crashes of each. */
#define MASTER_HISTORY_REQUESTS 256
#define MASTER_HISTORY_CRASHES  100

struct master_history;

struct master_history *master_history_new(void);
void master_history_free(struct master_history **history);

/* It crashed a worker now.  How often it did within that time, this one
 * included. */
unsigned master_history_note(struct master_history *history,
    const struct ipc_quarantine_entry *request, uint64_t now_ms,
    uint64_t within_ms);

/* The request of that index, and when it crashed workers: how often, oldest
 * first; 0: there is none. */
size_t master_history_look(const struct master_history *history, size_t index,
    struct ipc_quarantine_entry *request_r,
    uint64_t crashed_ms_r[MASTER_HISTORY_CRASHES]);

/* Mounts have other numbers: numbers[old], below count; or were replaced:
 * 0, and what is known of them is forgotten. */
void master_history_renumber(
    struct master_history *history, const uint16_t *numbers, size_t count);

void master_history_clear(struct master_history *history);

/* The same request? */
bool master_history_is_same(const struct ipc_quarantine_entry *one,
    const struct ipc_quarantine_entry *other);

#endif
