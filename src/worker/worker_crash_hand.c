/* SPDX-License-Identifier: ISC */
/*
 * Connections go to the master in batches.  Descriptors are closed behind
 * each, so that while this process writes a core nobody is held by it.
 */
#include "worker/worker_crash_private.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <fcntl.h>
#include <unistd.h>

#include "conn/conn_deadline.h"

static bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) != -1;
}

/* By the kernel, which looks whether the memory is there. */
static bool
copy_input(struct worker_crash *crash, const struct ipc_row *row)
{
	struct ipc_packet *packet = &crash->packet;
	size_t size = row->input_size;
	struct iovec to = { packet->input + packet->handover.input_size, size };
	struct iovec from = { (void *)(uintptr_t)row->input, size };

	if (size == 0)
		return true;
	if (process_vm_readv(crash->pid, &to, 1, &from, 1, 0) != (ssize_t)size)
		return false;
	packet->handover.input_size += (uint32_t)size;
	return true;
}

static enum ipc_orphan_kind
kind_of(const struct ipc_row *row)
{
	if (row->deadline_class == CONN_DEADLINE_LINGER)
		return IPC_ORPHAN_LINGER;
	return row->exchange == IPC_ROW_PROXY ? IPC_ORPHAN_PROXY :
						IPC_ORPHAN_IDLE;
}

static void
describe(struct ipc_orphan *orphan, const struct ipc_row *row)
{
	orphan->listener = row->listener;
	orphan->kind = (uint16_t)kind_of(row);
	orphan->port = row->port;
	orphan->deadline_class = row->deadline_class;
	orphan->input_size = row->input_size;
	orphan->due_ms = row->due_ms;
	orphan->request_count = row->request_count;
	orphan->peer = row->peer;
}

static void
begin_batch(struct worker_crash *crash)
{
	struct ipc_packet *packet = &crash->packet;

	packet->descriptor_count = 0;
	packet->handover.count = packet->handover.input_size = 0;
}

/* Each batch has its time, but not one after the other: all of it must be
 * over before the alarm ends it without a core. */
static bool
send_batch(struct worker_crash *crash)
{
	if (!crash->is_refused)
		crash->is_refused = worker_crash_send_orphans(crash) == -1;
	return !crash->is_refused;
}

/* Whoever could not be handed over is closed like the others. */
static void
end_batch(struct worker_crash *crash)
{
	struct ipc_packet *packet = &crash->packet;
	struct ipc_report *report = &crash->process->crash;
	size_t i;

	if (packet->descriptor_count == 0)
		return;
	if (send_batch(crash))
		worker_crash_count(
		    &report->handed, (uint32_t)packet->descriptor_count);
	else
		worker_crash_count(
		    &report->closed, (uint32_t)packet->descriptor_count);
	for (i = 0; i < packet->descriptor_count; i++)
		close(packet->descriptors[i]);
	begin_batch(crash);
}

static void
add(struct worker_crash *crash, struct ipc_row *row)
{
	struct ipc_packet *packet = &crash->packet;
	int fd = row->fd - 1;

	row->fd = 0;
	if (!is_open(fd))
		return;
	if (!copy_input(crash, row)) {
		close(fd);
		worker_crash_count(&crash->process->crash.closed, 1);
		return;
	}
	describe(&packet->handover.orphans[packet->handover.count++], row);
	packet->descriptors[packet->descriptor_count++] = fd;
}

static bool
has_room(const struct ipc_packet *packet, const struct ipc_row *row)
{
	return packet->handover.count < IPC_ORPHANS_MAX &&
	    packet->handover.input_size + row->input_size <= IPC_INPUT_MAX;
}

/* What answering left in the table. */
static bool
is_left(const struct worker_crash *crash, const struct ipc_row *row)
{
	return worker_crash_is_used(crash, row) &&
	    row->input_size <= IPC_ORPHAN_INPUT_MAX;
}

void
worker_crash_hand(struct worker_crash *crash)
{
	struct ipc_row *rows = crash->process->rows;
	uint32_t i;

	begin_batch(crash);
	for (i = 0; i < crash->row_count; i++) {
		if (!is_left(crash, &rows[i]))
			continue;
		if (!has_room(&crash->packet, &rows[i]))
			end_batch(crash);
		add(crash, &rows[i]);
	}
	end_batch(crash);
}
