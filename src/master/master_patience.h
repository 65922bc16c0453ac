/* SPDX-License-Identifier: ISC */
/*
 * How long a thread has been seen at one piece of application code, and what
 * follows from that: nothing but arithmetic.  Times are in milliseconds; a
 * limit of 0 means never.
 */
#ifndef MASTER_PATIENCE_H
#define MASTER_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

/* What the hang watch has seen of one thread. */
struct master_hang {
	uint64_t since_ms; /* as its row says; 0: nothing runs */
	uint64_t seen_ms;  /* how long the watch has seen that run */
	bool is_warned;    /* the watch did so: who sees sets it */
};

struct master_patience {
	uint64_t warn_ms, end_ms;
	uint64_t most_ms; /* that one look counts for, however late */
};

enum master_hang_action {
	MASTER_HANG_NOTHING,
	MASTER_HANG_WARN, /* once for each run that is warned of */
	MASTER_HANG_END   /* every time from then on */
};

/*
 * The row says that since since_ms, ran_ms ago, something runs (0: nothing
 * does); the last look was passed_ms ago.
 */
enum master_hang_action master_hang_see(struct master_hang *hang,
    const struct master_patience *patience, uint64_t since_ms, uint64_t ran_ms,
    uint64_t passed_ms);

/* It is somebody's will that it does not go on: counts anew. */
void master_hang_forgive(struct master_hang *hang);

/* How often to look for these limits; 0: never.  Rarely, as long as nothing
 * runs: a limit is then passed by half of it at most, else by a quarter,
 * unless it is tiny. */
uint64_t master_hang_period(uint64_t warn_ms, uint64_t end_ms, bool is_idle);

/* What a look may count for that comes after such a period: the watch itself
 * may have been stopped, and whoever it looks at as well. */
uint64_t master_hang_most(uint64_t period_ms, bool is_idle);

#endif
