/* SPDX-License-Identifier: ISC */
#include "ipc/ipc_process.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include <limits.h>
#include <linux/futex.h>
#include <string.h>
#include <unistd.h>

#include "base/base_fd.h"
#include "ipc/ipc_area.h"
#include "ipc/ipc_scoreboard.h"

#define AREA_NAME "cohort-process"

/* How often a reader tries to get a copy while the writer is at work. */
#define READ_TRIES 16

int
ipc_process_open(uint64_t generation, uint32_t row_count,
    struct ipc_process **process_r, int *fd_r, struct error *error)
{
	struct ipc_process *process;
	void *area;

	if (ipc_area_open_unshared(AREA_NAME,
		sizeof(*process) + row_count * sizeof(struct ipc_row), true,
		&area, fd_r, error) == -1)
		return -1;
	process = area;
	process->magic = IPC_PROCESS_MAGIC;
	process->layout = IPC_LAYOUT;
	process->generation = generation;
	process->row_count = row_count;
	*process_r = process;
	return 0;
}

int
ipc_process_map(int fd, struct ipc_process **process_r, struct error *error)
{
	void *area;
	size_t size;

	if (ipc_area_map(AREA_NAME, fd, true, &area, &size, error) == -1)
		return -1;
	*process_r = area;
	return 0;
}

int
ipc_process_adopt(int fd, struct ipc_process **process_r, struct error *error)
{
	void *area;
	size_t size;

	if (ipc_area_map(AREA_NAME, fd, true, &area, &size, error) == -1)
		return -1;
	if (size < sizeof(struct ipc_process)) {
		munmap(area, size);
		return error_set(error, ERROR_RUNTIME,
		    "memory " AREA_NAME ": of a size of %zu", size);
	}
	if (madvise(area, size, MADV_DONTFORK) == -1) {
		munmap(area, size);
		return error_set_errno(error, "memory " AREA_NAME ": madvise");
	}
	*process_r = area;
	return 0;
}

void
ipc_process_note(struct ipc_process *process)
{
	__atomic_store_n(&process->noted, 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, &process->noted, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

void
ipc_process_close(struct ipc_process **process, int *fd)
{
	ipc_area_close(*process, fd);
	*process = NULL;
}

/* ---- what runs ---- */

/* Of a memcpy of so much at most compilers make a string instruction, which
 * takes long to begin. */
static uint16_t
copy_target(char to[IPC_TEXT_SIZE], const char *from, size_t size)
{
	if (size > IPC_TEXT_SIZE)
		size = IPC_TEXT_SIZE;
	memmove(to, from, size);
	return (uint16_t)size;
}

static uint16_t
copy_text(char *to, size_t room, const char *from)
{
	size_t size = from == NULL ? 0 : strnlen(from, room);

	if (size > 0)
		memcpy(to, from, size);
	return (uint16_t)size;
}

/* NUL-terminated. */
static void
store_word(char *to, size_t room, const char *from)
{
	to[copy_text(to, room - 1, from)] = '\0';
}

static void
store_words(struct ipc_current *current, uint64_t now_ms,
    const struct ipc_current_words *words)
{
	current->running = 1;
	current->since_ms = now_ms;
	current->exchange_id = words->exchange_id;
	current->mount = words->mount;
	current->method_size =
	    copy_text(current->method, sizeof(current->method), words->method);
	current->target_size = 0;
	current->target_length = 0;
	if (words->target != NULL) {
		current->target_length = (uint32_t)words->target_size;
		current->target_size = copy_target(
		    current->target, words->target, words->target_size);
	}
	current->peer = words->peer == NULL ?
	    (struct network_address) { NETWORK_NONE, { 0 } } :
	    *words->peer;
	store_word(current->route, sizeof(current->route), words->route);
	store_word(current->doing, sizeof(current->doing), words->doing);
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
ipc_current_begin(struct ipc_current *current, uint64_t now_ms,
    const struct ipc_current_words *words)
{
	uint32_t sequence = open_words(current);

	store_words(current, now_ms, words);
	close_words(current, sequence);
}

void
ipc_current_rename(struct ipc_current *current, uint16_t mount,
    const char *route, const char *doing)
{
	uint32_t sequence = open_words(current);

	current->mount = mount;
	store_word(current->route, sizeof(current->route), route);
	store_word(current->doing, sizeof(current->doing), doing);
	close_words(current, sequence);
}

void
ipc_current_end(struct ipc_current *current)
{
	__atomic_store_n(&current->running, 0, __ATOMIC_RELEASE);
}

/* False when the writer was in the middle of it.  sequence is a part of
 * what is copied. */
static bool
try_copy(const uint32_t *sequence, const void *from, void *to, size_t size)
{
	uint32_t before, after;

	before = __atomic_load_n(sequence, __ATOMIC_ACQUIRE);
	memcpy(to, from, size);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	after = __atomic_load_n(sequence, __ATOMIC_RELAXED);
	return before == after && (before & 1) == 0;
}

static bool
copy_guarded(const uint32_t *sequence, const void *from, void *to, size_t size)
{
	int tries;

	for (tries = 0; tries < READ_TRIES; tries++)
		if (try_copy(sequence, from, to, size))
			return true;
	return false;
}

static bool
is_area(const struct ipc_process *process)
{
	return process->magic == IPC_PROCESS_MAGIC &&
	    process->layout == IPC_LAYOUT;
}

bool
ipc_current_makes_sense(const struct ipc_current *current)
{
	return current->method_size <= sizeof(current->method) &&
	    current->target_size <= sizeof(current->target) &&
	    current->target_size <= current->target_length &&
	    memchr(current->route, '\0', sizeof(current->route)) != NULL &&
	    memchr(current->doing, '\0', sizeof(current->doing)) != NULL;
}

bool
ipc_current_read(const struct ipc_process *process, uint32_t thread,
    struct ipc_current *current_r)
{
	const struct ipc_current *current;

	if (!is_area(process) || thread >= IPC_THREADS_MAX)
		return false;
	current = &process->threads[thread].current;
	return copy_guarded(
		   &current->sequence, current, current_r, sizeof(*current)) &&
	    current_r->running == 1 && ipc_current_makes_sense(current_r);
}

/* ---- reports ---- */

bool
ipc_report_read(const struct ipc_process *process,
    const struct ipc_report *report, struct ipc_report *report_r)
{
	return is_area(process) &&
	    copy_guarded(
		&report->sequence, report, report_r, sizeof(*report)) &&
	    report_r->sequence != 0 &&
	    report_r->frame_count <= IPC_FRAMES_MAX &&
	    (report_r->thread < IPC_THREADS_MAX ||
		report_r->thread == IPC_THREAD_NONE);
}

bool
ipc_image_read(const struct ipc_process *process, uint32_t index,
    struct ipc_image *image_r)
{
	if (!is_area(process) || index >= IPC_IMAGES_MAX ||
	    index >= __atomic_load_n(&process->image_count, __ATOMIC_ACQUIRE))
		return false;
	/* What is judged must be the copy. */
	*image_r = process->images[index];
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return image_r->build_id_size <= sizeof(image_r->build_id) &&
	    memchr(image_r->path, '\0', sizeof(image_r->path)) != NULL;
}

bool
ipc_image_find(const struct ipc_process *process, uint64_t address,
    struct ipc_image *image_r)
{
	uint32_t i;

	for (i = 0; i < IPC_IMAGES_MAX; i++)
		if (ipc_image_read(process, i, image_r) &&
		    address >= image_r->begin && address < image_r->end)
			return true;
	return false;
}
