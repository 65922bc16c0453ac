/* SPDX-License-Identifier: ISC */
/*
 * It is compared with the others' mean, as with two workers none can hold
 * more than twice the mean of both.
 */
#include "master/master_share.h"

uint64_t
master_share_excess(const struct master_share *share, uint64_t open)
{
	uint64_t others;

	if (share->workers < 2 || open > share->total)
		return 0;
	others = (share->total - open) / (share->workers - 1);
	if (open <= 2 * others + MASTER_SHARE_SLACK)
		return 0;
	return (open - share->total / share->workers) / 2;
}
