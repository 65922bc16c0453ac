/* SPDX-License-Identifier: ISC */
#include "ipc/ipc_scoreboard.h"

#include <sys/mman.h>

#include "base/base_panic.h"
#include "ipc/ipc_area.h"

#define NAME "cohort-scoreboard"

static size_t
size_of(uint32_t slot_count)
{
	return sizeof(struct ipc_scoreboard) +
	    slot_count * sizeof(struct ipc_slot);
}

int
ipc_scoreboard_open(uint32_t slot_count, struct ipc_scoreboard **scoreboard_r,
    int *fd_r, struct error *error)
{
	struct ipc_scoreboard *scoreboard;
	void *area;

	if (slot_count > IPC_SLOTS_MAX)
		panic("a scoreboard of %u slots", slot_count);
	if (ipc_area_open(NAME, size_of(slot_count), &area, fd_r, error) == -1)
		return -1;
	scoreboard = area;
	scoreboard->magic = IPC_SCOREBOARD_MAGIC;
	scoreboard->layout = IPC_LAYOUT;
	scoreboard->slot_count = slot_count;
	*scoreboard_r = scoreboard;
	return 0;
}

int
ipc_scoreboard_adopt(int fd, uint32_t slot_count,
    struct ipc_scoreboard **scoreboard_r, struct error *error)
{
	void *area;
	size_t size;

	if (ipc_area_map(NAME, fd, true, &area, &size, error) == -1)
		return -1;
	if (size != size_of(slot_count)) {
		munmap(area, size);
		return error_set(error, ERROR_RUNTIME,
		    "memory " NAME ": of a size of %zu", size);
	}
	*scoreboard_r = area;
	return 0;
}

void
ipc_scoreboard_close(struct ipc_scoreboard **scoreboard, int *fd)
{
	ipc_area_close(*scoreboard, fd);
	*scoreboard = NULL;
}
