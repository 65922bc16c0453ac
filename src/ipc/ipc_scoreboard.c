/* SPDX-License-Identifier: ISC */
#include "ipc/ipc_scoreboard.h"

#include "base/base_panic.h"
#include "ipc/ipc_area.h"

int
ipc_scoreboard_open(uint32_t slot_count, struct ipc_scoreboard **scoreboard_r,
    int *fd_r, struct error *error)
{
	struct ipc_scoreboard *scoreboard;
	void *area;

	if (slot_count > IPC_SLOTS_MAX)
		panic("a scoreboard of %u slots", slot_count);
	if (ipc_area_open("cohort-scoreboard",
		sizeof(*scoreboard) + slot_count * sizeof(struct ipc_slot),
		&area, fd_r, error) == -1)
		return -1;
	scoreboard = area;
	scoreboard->magic = IPC_SCOREBOARD_MAGIC;
	scoreboard->layout = IPC_LAYOUT;
	scoreboard->slot_count = slot_count;
	*scoreboard_r = scoreboard;
	return 0;
}

void
ipc_scoreboard_close(struct ipc_scoreboard **scoreboard, int *fd)
{
	ipc_area_close(*scoreboard, fd);
	*scoreboard = NULL;
}
