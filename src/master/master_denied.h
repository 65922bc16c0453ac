/* SPDX-License-Identifier: ISC */
/*
 * What workers were refused (seccomp), and what they may do at all: lines of
 * the log.
 */
#ifndef MASTER_DENIED_H
#define MASTER_DENIED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct master_cohort;
struct master_worker;

/* Kinds of refusals of one cohort that are logged; the scoreboard counts
 * them all. */
#define MASTER_DENIED_MAX 32

/* What is logged once: a call, and what made it. */
struct master_denied_kind {
	uint32_t architecture, number;
	uint16_t mount;
	char route[64], doing[64]; /* as in struct ipc_current */
};

struct master_denied {
	struct master_denied_kind kinds[MASTER_DENIED_MAX];
	size_t count;
	bool is_full; /* that was logged, too */
};

/* The rules of the cohort, which the kernel keeps to itself. */
void master_denied_describe(const struct master_cohort *cohort);

/* A worker was refused the call of that index. */
void master_denied_on_denied(struct master_worker *worker, uint64_t index);

#endif
