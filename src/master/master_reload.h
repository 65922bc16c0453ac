/* SPDX-License-Identifier: ISC */
/*
 * The parts of a reload: its order is master_reload.c's, which settings it
 * gets master_reload_settings.c's, what is said of it master_reload_words.c's.
 */
#ifndef MASTER_RELOAD_H
#define MASTER_RELOAD_H

#include "master/master_private.h"

/* master_reload.c writes it. */
enum master_reload_state {
	MASTER_RELOAD_IDLE,
	MASTER_RELOAD_WAITING, /* for an old cohort to go */
	MASTER_RELOAD_PROVING, /* master->next is on its way to serve */
	MASTER_RELOAD_HANDING, /* it serves; the old one gives its idle
				* connections up */
	MASTER_RELOAD_STATE_COUNT
};

/* Orders of the control socket that get the same answer. */
struct master_orders {
	struct master_order **orders;
	size_t count;
};

/* What became of a reload that succeeded. */
struct master_reload_result {
	uint32_t cohort, previous; /* previous 0: none */
	unsigned workers;
	uint64_t took_ms;
	uint64_t handed_over, finishing;
};

#define MASTER_RELOAD_MAGIC 0x8d41f6a3u
struct master_reload {
	unsigned magic;
	enum master_reload_state state;
	bool is_asked;   /* a reload follows as soon as it can */
	bool return_due; /* and before it, a return to the base */
	bool is_return;  /* what is proving is one */
	struct master_orders waiting, present;
	struct error failure;
	uint64_t began_ms;
	struct master_reload_result result;
	uint64_t answer_by_ms; /* HANDING */
	bool had_idle;         /* HANDING: at the last look */
	struct event look;     /* then: again */
};

/* master_reload_settings.c: reads and checks; the caller's. */
int master_reload_read(const struct master *master,
    struct settings **settings_r, struct error *error);

/* master_reload_words.c: lines of the log, and answers, in the same words. */
void master_reload_say_serving(
    const struct master_cohort *cohort, uint32_t previous); /* 0: none */
json_t *master_reload_report(const struct master_reload_result *result);
json_t *master_reload_refuse(const struct error *failure);

#endif
