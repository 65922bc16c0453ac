/* SPDX-License-Identifier: ISC */
/*
 * When a worker holds too large a share of its cohort's connections.
 */
#ifndef MASTER_SHARE_H
#define MASTER_SHARE_H

#include <stdint.h>

/* So many more than the others are no reason for anything. */
#define MASTER_SHARE_SLACK 64u

/* Of the workers that serve. */
struct master_share {
	uint64_t total; /* connections */
	uint64_t workers;
};

/*
 * How many connections one of them that holds open should give away, 0 for
 * none: from more than twice what the others hold on average and the slack
 * on, half of what is above everybody's mean.  So it comes near the mean in a
 * few looks, and no two workers give to each other in turn.
 */
uint64_t master_share_excess(const struct master_share *share, uint64_t open);

#endif
