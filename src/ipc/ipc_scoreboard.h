/* SPDX-License-Identifier: ISC */
/*
 * The scoreboard: memory that the master shares with all its workers, made
 * once, with one slot for each worker there can be.  Counters stay with
 * their slot when workers change.
 *
 * One writer each: the master writes what is marked [master], the worker
 * that holds the slot everything else, by single aligned stores, without
 * locks.  Only the claims of probes are taken by whoever comes first, and
 * refusals are added to by all.  What a worker writes is gossip to the
 * master.  The area begins with a layout version, which is also that of
 * ipc_process.h, ipc_quarantine.h and of the channel's messages.
 */
#ifndef IPC_SCOREBOARD_H
#define IPC_SCOREBOARD_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base_error.h"
#include "config/config_settings.h"

#define IPC_LAYOUT         5u
#define IPC_SLOTS_MAX      (4 * SETTINGS_WORKERS_MAX) /* of four cohorts */
#define IPC_CLOSE_MAX      32 /* close reasons there is room for */
#define IPC_QUARANTINE_MAX 256

#define IPC_SCOREBOARD_MAGIC 0x5c0be0adu

struct ipc_slot {
	/* [master] who holds it */
	uint64_t generation;
	uint32_t cohort;
	int32_t pid; /* 0: nobody */

	/* Load, for availability. */
	uint64_t open;      /* connections now */
	uint64_t busy;      /* of these, with an exchange */
	uint32_t accepting; /* 1: its accept events are on */
	uint32_t serving;   /* 1: between SERVE and RETIRE */
	uint64_t max_connections;
	uint64_t busy_since_ms; /* monotonic; 0: no callback runs */

	/* Counters. */
	uint64_t accepted;
	uint64_t exchanges;
	uint64_t bytes_sent;
	uint64_t statuses[6]; /* by class: 1xx to 5xx; 0: none */
	uint64_t closed[IPC_CLOSE_MAX];
	uint64_t crashes;    /* [master] */
	uint64_t last_crash; /* [master] seconds since 1970; 0: none */
	uint64_t adopted;    /* connections taken over from others */
	uint64_t refused;    /* requests, by quarantine */
	uint64_t denied;     /* system calls, by seccomp */
} __attribute__((aligned(64)));

struct ipc_scoreboard {
	uint32_t magic, layout;
	uint32_t slot_count;
	/* [master] None from here on was ever held.  Any worker may have
	 * overwritten it: whoever counts up to it stops at IPC_SLOTS_MAX. */
	uint32_t slots_used;
	/* Of the quarantine's entries: the episode whose probe some worker
	 * has claimed, and which; and how often any refused (the master
	 * sets it to 0).  ipc_quarantine.h. */
	uint64_t claims[IPC_QUARANTINE_MAX];
	uint32_t refusals[IPC_QUARANTINE_MAX];
	struct ipc_slot slots[];
};

/* [master] Makes and maps; slot_count at most IPC_SLOTS_MAX. */
int ipc_scoreboard_open(uint32_t slot_count,
    struct ipc_scoreboard **scoreboard_r, int *fd_r, struct error *error);

/* [master] Maps what another image of the same layout made: of that size. */
int ipc_scoreboard_adopt(int fd, uint32_t slot_count,
    struct ipc_scoreboard **scoreboard_r, struct error *error);

/* Unmaps, nulls, and closes *fd. */
void ipc_scoreboard_close(struct ipc_scoreboard **scoreboard, int *fd);

#endif
