/* SPDX-License-Identifier: ISC */
/*
 * The frames of a stack: what they say without names, what cohort-symbolize
 * is asked of them (symbolize_input.h), and what it answers.  Both what the
 * worker reported and the answer are words of strangers.
 */
#ifndef MASTER_FRAMES_H
#define MASTER_FRAMES_H

#include "base/base_buffer.h"
#include "master/master_private.h"

struct master_frames {
	struct master_frame *all;
	size_t count;
};

/* Those of the report, without names; appends the question.  mounts: the
 * modules of the worker's cohort; or NULL. */
void master_frames_init(struct master_frames *frames,
    const struct ipc_process *process, const struct ipc_report *report,
    const struct master_mounts *mounts, struct buffer *question);
void master_frames_fini(struct master_frames *frames);

/* Takes names from an answer, or a part of one; writes to it.  NULL: none. */
void master_frames_name(struct master_frames *frames, char *answer);

#endif
