/* SPDX-License-Identifier: ISC */
/*
 * A batch: connections of one worker that are held until another one has
 * them.  Each is given to one worker as a whole; the descriptors stay open
 * here until that one says that it has taken them over, so that its own
 * death on the way costs nothing.
 *
 * All batches stand in master->orphans, and what is in them counts in
 * master->orphan_count.  For the files of master_orphan.
 */
#ifndef MASTER_BATCH_H
#define MASTER_BATCH_H

#include "master/master_private.h"

struct master_orphan {
	int fd;
	struct ipc_orphan facts;
	unsigned char *input; /* facts.input_size; or NULL */
};

#define MASTER_BATCH_MAGIC 0x3d9a51c7u
struct master_batch {
	unsigned magic;
	uint32_t cohort;             /* the number of the one they come from */
	uint64_t number;             /* told to the taker; 0: there is none */
	struct master_worker *taker; /* NULL: none; until its end */
	uint64_t deadline_ms;
	uint64_t giver; /* the generation of whom they come from */
	/* They count as handed over by their cohort, which retires. */
	bool is_counted;
	/* Of whom they come from, or NULL.  It lives as long as it expects
	 * any of them: with a count of 0 it may be gone. */
	struct master_death *death;
	struct list_link link; /* in master->orphans */
	size_t count;
	struct master_orphan orphans[];
};

/* Empty, of what that worker hands over, the last in the list. */
struct master_batch *master_batch_new(
    const struct master_worker *worker, size_t room);

/* Takes the descriptor; copies facts and input. */
void master_batch_add(struct master_batch *batch,
    const struct ipc_orphan *facts, const unsigned char *input, int *fd);

/* All have been added: the worker's death expects them from now on. */
void master_batch_close(struct master *master, struct master_batch *batch);

/*
 * They are settled, and it is freed.  was_adopted: another process has them
 * and keeps them; else they are shut down, as the dying worker may still hold
 * copies.
 */
void master_batch_finish(
    struct master *master, struct master_batch **batch, bool was_adopted);

/* Moves all but the first count to a batch of their own, the next one. */
void master_batch_split(struct master_batch *batch, size_t count);

/* Ends those that the cohort has no listener for; none may be left. */
void master_batch_keep(struct master *master, struct master_batch *batch,
    const struct master_cohort *cohort);

/* It is on its way to that worker, by that number. */
void master_batch_give(
    struct master_batch *batch, struct master_worker *taker, uint64_t number);

/* Nobody has it any more. */
void master_batch_take_back(struct master_batch *batch);

/* Does the taker's memory say that it has taken it over? */
bool master_batch_is_taken(const struct master_batch *batch);

/*
 * master_offer.c: gives what nobody has to workers that have room; what can
 * be nobody's is finished.
 */
void master_offer_all(struct master *master);

#endif
