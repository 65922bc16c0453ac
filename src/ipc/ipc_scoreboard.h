/* SPDX-License-Identifier: ISC */
/*
 * Shared memory between the master and its workers.
 *
 * The scoreboard: one mapping for all, made once by the master, one slot for
 * each worker there can be.  Counters stay with their slot when workers
 * change.  The process area: one mapping for each worker process, which the
 * master keeps until it has written that worker's death record.
 *
 * One writer each: the master writes what is marked [master], the worker
 * that holds the slot everything else, by single aligned stores, without
 * locks.  The current exchange is guarded by a sequence number (odd while it
 * changes).  What a worker writes is gossip to the master: lengths are
 * checked, text is cut and escaped by the reader.  Both areas begin with a
 * layout version.
 */
#ifndef IPC_SCOREBOARD_H
#define IPC_SCOREBOARD_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base_error.h"
#include "config/config_settings.h"

#define IPC_LAYOUT    1u
#define IPC_SLOTS_MAX (4 * SETTINGS_WORKERS_MAX) /* of four cohorts */
#define IPC_CLOSE_MAX 32 /* close reasons there is room for */

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
} __attribute__((aligned(64)));

struct ipc_scoreboard {
	uint32_t magic, layout;
	uint32_t slot_count;
	/* [master] None from here on was ever held.  Any worker may have
	 * overwritten it: whoever counts up to it stops at IPC_SLOTS_MAX. */
	uint32_t slots_used;
	struct ipc_slot slots[];
};

#define IPC_PROCESS_MAGIC 0x9a0ce55eu
#define IPC_TEXT_SIZE     256

/* The exchange on the stack: stored before application code runs. */
struct ipc_current {
	uint32_t sequence;
	uint32_t running;     /* 1: application code runs */
	uint64_t since_ms;    /* monotonic */
	uint64_t exchange_id; /* 0: none, worker's own code */
	uint64_t exchanges;   /* so far, of this process */
	uint16_t method_size, target_size, peer_size;
	char method[24];
	char target[IPC_TEXT_SIZE]; /* raw, cut */
	char peer[64];
	char what[64]; /* route or doing; NUL-terminated */
};

struct ipc_process {
	uint32_t magic, layout;
	uint64_t generation; /* [master] */
	struct ipc_current current;
};

/* [master] Makes and maps; slot_count at most IPC_SLOTS_MAX. */
int ipc_scoreboard_open(uint32_t slot_count,
    struct ipc_scoreboard **scoreboard_r, int *fd_r, struct error *error);
int ipc_process_open(uint64_t generation, struct ipc_process **process_r,
    int *fd_r, struct error *error);

/* [worker] Maps its own: no child has the master's mappings of these, lest
 * it write into what its siblings are said to have done. */
int ipc_process_map(
    int fd, struct ipc_process **process_r, struct error *error);

/* Unmap, null, and close *fd. */
void ipc_scoreboard_close(struct ipc_scoreboard **scoreboard, int *fd);
void ipc_process_close(struct ipc_process **process, int *fd);

/* [worker] What is about to run.  Bytes are cut to the room there is. */
struct ipc_current_words {
	uint64_t exchange_id;
	const char *method;
	const char *target;
	size_t target_size;
	const char *peer;
	const char *what; /* may be NULL */
};
void ipc_current_begin(struct ipc_process *process, uint64_t now_ms,
    const struct ipc_current_words *words);
/* What runs is called otherwise now. */
void ipc_current_rename(struct ipc_process *process, const char *what);
void ipc_current_end(struct ipc_process *process);

/* [master] A consistent, validated copy; false when nothing was running or
 * the area makes no sense. */
bool ipc_current_read(
    const struct ipc_process *process, struct ipc_current *current_r);

#endif
