/* SPDX-License-Identifier: ISC */
/*
 * What writes and what reads the parts of a state share: one table for each
 * struct that goes along, and the parts that have a file of their own.
 */
#ifndef MASTER_STATE_PRIVATE_H
#define MASTER_STATE_PRIVATE_H

#include "master/master_control.h"
#include "master/master_mounts.h"
#include "master/master_private.h"
#include "master/master_state.h"
#include "master/master_state_member.h"

/* A worker's, besides its members. */
struct master_state_wait {
	uint64_t due_ms; /* of its deadline; 0: none */
};

extern const struct master_member_table master_table_master;
extern const struct master_member_table master_table_listener;
extern const struct master_member_table master_table_cohort;
extern const struct master_member_table master_table_worker;
extern const struct master_member_table master_table_wait;

/* Writes a struct's members, and lists its descriptors. */
json_t *master_state_put_object(json_t *descriptors,
    const struct master_member_table *table, const void *object);

/* Reads them, and claims its descriptors; in a trial these become -1, but
 * those of listeners. */
int master_state_take_object(struct master_document *state, const json_t *from,
    const struct master_member_table *table, void *object, struct error *error);

/* master_state_quarantine.c: what is refused, and why.  Take: into one that
 * is open and empty. */
json_t *master_state_put_quarantine(
    const struct master *master, json_t *descriptors);
int master_state_take_quarantine(struct master *master,
    struct master_document *state, const json_t *from, struct error *error);

/* master_state_mounts.c: with the bytes of their modules, which are shared
 * again with the cohorts that had them in common. */
json_t *master_state_put_mounts(
    const struct master_mounts *mounts, json_t *descriptors);
int master_state_take_mounts(const struct master *master,
    struct master_document *state, const json_t *from,
    struct master_mounts **mounts_r, struct error *error);

/* master_state_control.c: the control socket and who is connected.  Take:
 * nothing is heard from any before the loop runs. */
json_t *master_state_put_control(
    const struct master *master, json_t *descriptors);
int master_state_take_control(struct master *master,
    struct master_document *state, const json_t *from, struct error *error);

#endif
