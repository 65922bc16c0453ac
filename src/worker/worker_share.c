/* SPDX-License-Identifier: ISC */
/*
 * A turn that takes one sees no second one, and counts as if there were none:
 * only a look finds out.
 */
#include "worker/worker_share.h"

unsigned
worker_share_count(const struct worker_share *share)
{
	if (share->alone < WORKER_SHARE_ALONE ||
	    share->alone % WORKER_SHARE_PROBE == 0)
		return WORKER_SHARE_MAX;
	return 1;
}

void
worker_share_learn(struct worker_share *share, unsigned accepted)
{
	if (accepted > 1)
		share->alone = 0;
	else
		share->alone++;
}
