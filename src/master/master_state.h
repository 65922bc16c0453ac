/* SPDX-License-Identifier: ISC */
/*
 * The state of a master on its way from one program image to the next one
 * (master_upgrade.c): a sealed memfd with a line of
 *
 *	cohort-state MAJOR SIZE
 *
 * and behind it one JSON object of SIZE bytes.  Members may be added at any
 * time: a reader passes over those that it does not know.  MAJOR changes when
 * an old reader would misunderstand: it refuses others than its own.
 *
 *	pid, version, layout	of the image that wrote it
 *	directory, program	master_options
 *	descriptors		all that go along; what is not claimed in the
 *				end is closed
 *	master, listeners, cohorts, quarantine, control
 *				what these are: master_state_put.c
 */
#ifndef MASTER_STATE_H
#define MASTER_STATE_H

#include <jansson.h>

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "base/base_error.h"

#define MASTER_STATE_MAJOR 1

/* Where an image finds it, in its environment: the descriptor; and, in one
 * that only tries (master_probe.c), that of the pipe for its answer. */
#define MASTER_STATE_VARIABLE "COHORT_STATE"
#define MASTER_PROBE_VARIABLE "COHORT_PROBE"

struct master;
struct master_order;

#define MASTER_DOCUMENT_MAGIC 0x6a17c9e3u
struct master_document {
	unsigned magic;
	json_t *root;
	bool is_trial; /* most descriptors are not here: nothing is touched */
	int *descriptors;
	bool *claimed;
	size_t count;
};

/* ---- master_state.c: the envelope ---- */

/* A new memfd. */
int master_state_seal(const json_t *root, int *fd_r, struct error *error);

/* Reads what pid wrote; leaves fd open. */
int master_state_open(int fd, pid_t pid, bool is_trial,
    struct master_document **state_r, struct error *error);
/* Closes the descriptors that nobody has claimed. */
void master_state_close(struct master_document **state);

/* It is the caller's, and close-on-exec, from now on; -1 passes. */
int master_state_claim(
    struct master_document *state, int fd, struct error *error);

/* A text of the root, for the caller to free, or NULL. */
char *master_state_text(const struct master_document *state, const char *name);

/* ---- master_state_put.c ---- */

/* Everything that the next image has to know; a new reference. */
json_t *master_state_put(const struct master *master);

/* ---- master_state_take.c ---- */

/*
 * Fills a master that has a loop, and nothing else yet.  In a trial it takes
 * over nothing, but finds out whether all of it makes sense.
 */
int master_state_take(
    struct master *master, struct master_document *state, struct error *error);

#endif
