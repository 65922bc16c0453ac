/* SPDX-License-Identifier: ISC */
/*
 * The records of crashes, from a daemon or, when none is running, from what
 * it left in its state directory.
 */
#ifndef CTL_STATE_H
#define CTL_STATE_H

#include <jansson.h>
#include <sys/types.h>

#include "ctl/ctl_options.h"

struct ctl_state {
	json_t *records; /* an array, newest first */
	char *directory; /* "" for none */
};

/* Whatever is there: what cannot be read is told on standard error. */
void ctl_state_read(
    const struct ctl_options *options, struct ctl_state *state_r);
void ctl_state_fini(struct ctl_state *state);

/* The record of that process, or NULL. */
const json_t *ctl_state_find(const struct ctl_state *state, pid_t pid);

#endif
