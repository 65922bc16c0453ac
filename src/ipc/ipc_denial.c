/* SPDX-License-Identifier: ISC */
/*
 * A handler may be refused the same a thousand times a second: what is the
 * same but for the request is noted once.  Two threads that are refused at
 * the same moment may both note it, which does no harm.
 */
#include <string.h>

#include "ipc/ipc_process.h"
#include "ipc/ipc_scoreboard.h"

static bool
is_same_text(const char *one, const char *other)
{
	return strncmp(one, other, sizeof(((struct ipc_current *)0)->route)) ==
	    0;
}

static bool
is_same_current(const struct ipc_current *one, const struct ipc_current *other)
{
	if (other == NULL || one->running == 0)
		return other == NULL && one->running == 0;
	return one->mount == other->mount &&
	    is_same_text(one->route, other->route) &&
	    is_same_text(one->doing, other->doing);
}

static bool
is_noted(const struct ipc_denials *denials, uint32_t architecture,
    uint32_t number, const struct ipc_current *current)
{
	const struct ipc_denial *denial;
	size_t i;

	for (i = 0; i < IPC_DENIALS_MAX; i++) {
		denial = &denials->list[i];
		if (__atomic_load_n(&denial->is_complete, __ATOMIC_ACQUIRE) ==
			1 &&
		    denial->architecture == architecture &&
		    denial->number == number &&
		    is_same_current(&denial->current, current))
			return true;
	}
	return false;
}

static bool
is_full(const struct ipc_denials *denials)
{
	return __atomic_load_n(&denials->used, __ATOMIC_RELAXED) >=
	    IPC_DENIALS_MAX;
}

int
ipc_denial_note(struct ipc_denials *denials, uint32_t architecture,
    uint32_t number, const struct ipc_current *current)
{
	struct ipc_denial *denial;
	uint32_t index;

	if (is_full(denials) ||
	    is_noted(denials, architecture, number, current))
		return -1;
	index = __atomic_fetch_add(&denials->used, 1, __ATOMIC_SEQ_CST);
	if (index >= IPC_DENIALS_MAX)
		return -1;
	denial = &denials->list[index];
	denial->architecture = architecture;
	denial->number = number;
	if (current != NULL)
		memcpy(&denial->current, current, sizeof(*current));
	__atomic_store_n(&denial->is_complete, 1, __ATOMIC_RELEASE);
	return (int)index;
}

bool
ipc_denial_read(const struct ipc_process *process, uint64_t index,
    struct ipc_denial *denial_r)
{
	const struct ipc_denial *denial;

	if (process->magic != IPC_PROCESS_MAGIC ||
	    process->layout != IPC_LAYOUT || index >= IPC_DENIALS_MAX)
		return false;
	denial = &process->denials.list[index];
	if (__atomic_load_n(&denial->is_complete, __ATOMIC_ACQUIRE) != 1)
		return false;
	/* What is judged must be the copy. */
	*denial_r = *denial;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return ipc_current_makes_sense(&denial_r->current);
}
