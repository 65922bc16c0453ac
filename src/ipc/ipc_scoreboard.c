/* SPDX-License-Identifier: ISC */
/*
 * The areas are memfds, so that a later program image can map them again.
 * How large a mapping is says its sealed descriptor: what stands in the
 * memory itself any worker may have overwritten.
 */
#include "ipc/ipc_scoreboard.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <string.h>

#include "base/base_fd.h"
#include "base/base_panic.h"

/* How often a reader tries to get a copy while the writer is at work. */
#define READ_TRIES 16

static int
open_area(const char *name, size_t size, void **area_r, int *fd_r,
    struct error *error)
{
	void *area;
	int fd;

	if (fd_shared_memory(name, size, &fd, error) == -1)
		return -1;
	area = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (area == MAP_FAILED) {
		error_set_errno(error, "memory %s: mmap", name);
		fd_close(&fd);
		return -1;
	}
	*area_r = area;
	*fd_r = fd;
	return 0;
}

static void
close_area(void *area, int *fd)
{
	struct stat status;

	if (area != NULL) {
		if (fstat(*fd, &status) == -1)
			panic("shared memory without its descriptor");
		munmap(area, (size_t)status.st_size);
	}
	fd_close(fd);
}

int
ipc_scoreboard_open(uint32_t slot_count, struct ipc_scoreboard **scoreboard_r,
    int *fd_r, struct error *error)
{
	struct ipc_scoreboard *scoreboard;
	void *area;

	if (slot_count > IPC_SLOTS_MAX)
		panic("a scoreboard of %u slots", slot_count);
	if (open_area("cohort-scoreboard",
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

int
ipc_process_open(uint64_t generation, struct ipc_process **process_r, int *fd_r,
    struct error *error)
{
	struct ipc_process *process;
	void *area;

	if (open_area("cohort-process", sizeof(*process), &area, fd_r, error) ==
	    -1)
		return -1;
	if (madvise(area, sizeof(*process), MADV_DONTFORK) == -1) {
		error_set_errno(error, "memory cohort-process: madvise");
		close_area(area, fd_r);
		return -1;
	}
	process = area;
	process->magic = IPC_PROCESS_MAGIC;
	process->layout = IPC_LAYOUT;
	process->generation = generation;
	*process_r = process;
	return 0;
}

int
ipc_process_map(int fd, struct ipc_process **process_r, struct error *error)
{
	void *area;

	area = mmap(NULL, sizeof(struct ipc_process), PROT_READ | PROT_WRITE,
	    MAP_SHARED, fd, 0);
	if (area == MAP_FAILED)
		return error_set_errno(error, "memory cohort-process: mmap");
	*process_r = area;
	return 0;
}

void
ipc_scoreboard_close(struct ipc_scoreboard **scoreboard, int *fd)
{
	close_area(*scoreboard, fd);
	*scoreboard = NULL;
}

void
ipc_process_close(struct ipc_process **process, int *fd)
{
	close_area(*process, fd);
	*process = NULL;
}

static uint16_t
copy_cut(char *to, size_t room, const char *from, size_t size)
{
	if (size > room)
		size = room;
	memcpy(to, from, size);
	return (uint16_t)size;
}

static uint16_t
copy_text(char *to, size_t room, const char *from)
{
	return from == NULL ? 0 : copy_cut(to, room, from, strnlen(from, room));
}

static void
store_what(struct ipc_current *current, const char *what)
{
	uint16_t size;

	size = copy_text(current->what, sizeof(current->what) - 1, what);
	current->what[size] = '\0';
}

static void
store_words(struct ipc_current *current, uint64_t now_ms,
    const struct ipc_current_words *words)
{
	current->running = 1;
	current->since_ms = now_ms;
	current->exchange_id = words->exchange_id;
	current->method_size =
	    copy_text(current->method, sizeof(current->method), words->method);
	current->target_size = 0;
	if (words->target != NULL)
		current->target_size = copy_cut(current->target,
		    sizeof(current->target), words->target, words->target_size);
	current->peer_size =
	    copy_text(current->peer, sizeof(current->peer), words->peer);
	store_what(current, words->what);
}

/* Odd while the words change. */
static uint32_t
open_words(struct ipc_current *current)
{
	uint32_t sequence = current->sequence;

	__atomic_store_n(&current->sequence, sequence + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	return sequence;
}

static void
close_words(struct ipc_current *current, uint32_t sequence)
{
	__atomic_store_n(&current->sequence, sequence + 2, __ATOMIC_RELEASE);
}

void
ipc_current_begin(struct ipc_process *process, uint64_t now_ms,
    const struct ipc_current_words *words)
{
	uint32_t sequence = open_words(&process->current);

	store_words(&process->current, now_ms, words);
	close_words(&process->current, sequence);
}

void
ipc_current_rename(struct ipc_process *process, const char *what)
{
	uint32_t sequence = open_words(&process->current);

	store_what(&process->current, what);
	close_words(&process->current, sequence);
}

void
ipc_current_end(struct ipc_process *process)
{
	__atomic_store_n(&process->current.running, 0, __ATOMIC_RELEASE);
}

/* False when the writer was in the middle of it. */
static bool
try_copy(const struct ipc_current *current, struct ipc_current *copy)
{
	uint32_t before, after;

	before = __atomic_load_n(&current->sequence, __ATOMIC_ACQUIRE);
	memcpy(copy, current, sizeof(*copy));
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	after = __atomic_load_n(&current->sequence, __ATOMIC_RELAXED);
	return before == after && (before & 1) == 0;
}

static bool
makes_sense(const struct ipc_current *current)
{
	return current->running == 1 &&
	    current->method_size <= sizeof(current->method) &&
	    current->target_size <= sizeof(current->target) &&
	    current->peer_size <= sizeof(current->peer) &&
	    memchr(current->what, '\0', sizeof(current->what)) != NULL;
}

bool
ipc_current_read(
    const struct ipc_process *process, struct ipc_current *current_r)
{
	int tries;

	if (process->magic != IPC_PROCESS_MAGIC ||
	    process->layout != IPC_LAYOUT)
		return false;
	for (tries = 0; tries < READ_TRIES; tries++)
		if (try_copy(&process->current, current_r))
			return makes_sense(current_r);
	return false;
}
