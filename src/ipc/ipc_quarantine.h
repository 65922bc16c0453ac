/* SPDX-License-Identifier: ISC */
/*
 * The quarantine: requests that killed workers, and routes that did by many
 * requests.  One area for all workers, made once by the master, its one
 * writer; workers map it without the right to write.
 *
 * An entry is refused until until_ms (503).  From then on one worker may try
 * it: who, is settled by the entry's place in ipc_scoreboard.claims, where
 * the first to put the entry's number wins.  It tells the master how that
 * ended (PROBED), or gives the claim back when the end says nothing; if it
 * dies of it, the master begins a new episode with a new number.
 *
 * What a request is compared by: mount, method, target with its whole
 * length, and route, of which only the first bytes are kept.
 */
#ifndef IPC_QUARANTINE_H
#define IPC_QUARANTINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base_error.h"
#include "ipc/ipc_process.h"
#include "ipc/ipc_scoreboard.h"

#define IPC_QUARANTINE_MAGIC 0x7be0d153u

struct ipc_quarantine_entry {
	uint32_t sequence;      /* odd while it changes */
	uint32_t number;        /* of the episode; 0: the entry is free */
	uint64_t until_ms;      /* monotonic */
	uint32_t is_route;      /* 1: whatever method and target */
	uint32_t target_length; /* before it was cut */
	uint16_t mount;
	uint16_t method_size, target_size;
	char method[24];
	char target[IPC_TEXT_SIZE];
	char route[64];
};

struct ipc_quarantine {
	uint32_t magic, layout;
	uint32_t count; /* entries from here on are not in use */
	struct ipc_quarantine_entry entries[IPC_QUARANTINE_MAX];
};

/* [master] */
int ipc_quarantine_open(
    struct ipc_quarantine **quarantine_r, int *fd_r, struct error *error);
void ipc_quarantine_close(struct ipc_quarantine **quarantine, int *fd);
/* Puts an entry (all but its sequence) in its place. */
void ipc_quarantine_put(struct ipc_quarantine *quarantine, uint32_t place,
    const struct ipc_quarantine_entry *entry);
/* Frees the place. */
void ipc_quarantine_drop(struct ipc_quarantine *quarantine, uint32_t place);

/* [worker] */
int ipc_quarantine_map(
    int fd, const struct ipc_quarantine **quarantine_r, struct error *error);

/* Is it empty, as nearly always?  Then there is nothing to find. */
static inline bool
ipc_quarantine_is_empty(const struct ipc_quarantine *quarantine)
{
	return __atomic_load_n(&quarantine->count, __ATOMIC_ACQUIRE) == 0;
}

/* Is that request in it? */
bool ipc_quarantine_find(const struct ipc_quarantine *quarantine,
    const struct ipc_current_words *request, uint32_t *place_r,
    struct ipc_quarantine_entry *entry_r);

/*
 * ---- claims ----
 *
 * holder: the low half of the worker's generation.
 */

/* [worker] True for the one that may try: place and number as found. */
bool ipc_quarantine_claim(struct ipc_scoreboard *scoreboard, uint32_t place,
    uint32_t number, uint32_t holder);
/* [worker] Another one may try: this try told nothing. */
void ipc_quarantine_release(
    struct ipc_scoreboard *scoreboard, uint32_t number, uint32_t holder);
/* [worker] Counts a refusal. */
void ipc_quarantine_refuse(struct ipc_scoreboard *scoreboard, uint32_t place);
/* [master] False: nobody tries that episode. */
bool ipc_quarantine_holder(const struct ipc_scoreboard *scoreboard,
    uint32_t place, uint32_t number, uint32_t *holder_r);

#endif
