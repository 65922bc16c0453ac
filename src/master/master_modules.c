/* SPDX-License-Identifier: ISC */
/*
 * The copy is made with the master's rights, as workers cannot write there;
 * what a worker says, that it had loaded this build, must be true of the
 * bytes.
 */
#include "master/master_modules.h"

#include <sys/sendfile.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/base_fd.h"
#include "base/base_memory.h"
#include "master/master_child.h"

#define COPY_TIME_S   60u
#define NOTES_MAX     65536
#define SEGMENTS_MAX  256
#define BUILD_ID_SIZE 64 /* hexadecimal digits */

/* It becomes the name of a file. */
static bool
is_build_id(const char *text)
{
	size_t size = strlen(text);

	return size >= 2 && size <= BUILD_ID_SIZE &&
	    strspn(text, "0123456789abcdef") == size;
}

/* ---- the build id of a module ---- */

static size_t
aligned(size_t size)
{
	return (size + 3) & ~(size_t)3;
}

static bool
equals(const unsigned char *id, size_t size, const char *wanted)
{
	char text[BUILD_ID_SIZE + 1];
	size_t i;

	if (size * 2 > BUILD_ID_SIZE)
		return false;
	for (i = 0; i < size; i++)
		snprintf(text + i * 2, 3, "%02x", id[i]);
	return size > 0 && strcmp(text, wanted) == 0;
}

static bool
notes_have(const unsigned char *notes, size_t size, const char *wanted)
{
	ElfW(Nhdr) note;
	size_t name, data;

	while (size >= sizeof(note)) {
		memcpy(&note, notes, sizeof(note));
		name = sizeof(note);
		data = name + aligned(note.n_namesz);
		if (note.n_namesz > NOTES_MAX || note.n_descsz > NOTES_MAX ||
		    data + aligned(note.n_descsz) > size)
			return false;
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
		    memcmp(notes + name, "GNU", 4) == 0)
			return equals(notes + data, note.n_descsz, wanted);
		notes += data + aligned(note.n_descsz);
		size -= data + aligned(note.n_descsz);
	}
	return false;
}

static bool
segment_has(int fd, const ElfW(Phdr) * segment, const char *wanted)
{
	unsigned char *notes;
	bool result = false;

	if (segment->p_type != PT_NOTE || segment->p_filesz == 0 ||
	    segment->p_filesz > NOTES_MAX)
		return false;
	notes = memory_alloc(segment->p_filesz);
	if (pread(fd, notes, segment->p_filesz, (off_t)segment->p_offset) ==
	    (ssize_t)segment->p_filesz)
		result = notes_have(notes, segment->p_filesz, wanted);
	memory_free(notes);
	return result;
}

static bool
is_build(int fd, const char *wanted)
{
	ElfW(Ehdr) head;
	ElfW(Phdr) segment;
	off_t place;
	int i;

	if (pread(fd, &head, sizeof(head), 0) != sizeof(head) ||
	    memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 ||
	    head.e_phentsize != sizeof(segment))
		return false;
	for (i = 0; i < head.e_phnum && i < SEGMENTS_MAX; i++) {
		place = (off_t)(head.e_phoff + (size_t)i * sizeof(segment));
		if (pread(fd, &segment, sizeof(segment), place) !=
		    sizeof(segment))
			return false;
		if (segment_has(fd, &segment, wanted))
			return true;
	}
	return false;
}

/* ---- copies ---- */

/* By places of its own: others read the same descriptor. */
static int
copy_bytes(int to, int from, uint64_t size)
{
	off_t place = 0;
	ssize_t count;

	while ((uint64_t)place < size) {
		count = sendfile(to, from, &place, size - (uint64_t)place);
		if (count == -1 && errno == EINTR)
			continue;
		if (count <= 0)
			return -1;
	}
	return 0;
}

/* Whoever has the new file is at work on it. */
static int
copy_to(const char *path, const struct master_pin *pin)
{
	char *new = memory_format("%s.new", path);
	int result = -1;
	int to = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (to != -1) {
		result = copy_bytes(to, pin->fd, pin->size);
		fd_close(&to);
		if (result == 0)
			result = rename(new, path);
		if (result == -1)
			unlink(new);
	}
	memory_free(new);
	return result;
}

int
master_modules_copy(
    const char *directory, const struct master_pin *pin, const char *build_id)
{
	char *target;
	int result;

	if (!is_build_id(build_id) || !is_build(pin->fd, build_id))
		return -1;
	mkdir(directory, 0750);
	target = memory_format("%s/%s", directory, build_id);
	result = copy_to(target, pin);
	memory_free(target);
	return result;
}

static bool
is_kept(const char *directory, const char *build_id)
{
	char *path = memory_format("%s/%s", directory, build_id);
	bool result = access(path, F_OK) == 0;

	memory_free(path);
	return result;
}

void
master_modules_keep(
    const char *directory, const struct master_pin *pin, const char *build_id)
{
	if (!is_build_id(build_id) || is_kept(directory, build_id))
		return;
	if (master_child_fork(&pin->fd, 1, COPY_TIME_S) != 0)
		return;
	_exit(master_modules_copy(directory, pin, build_id) == 0 ? 0 : 1);
}

void
master_modules_drop(const char *directory, const char *build_id)
{
	char *path;

	if (!is_build_id(build_id))
		return;
	path = memory_format("%s/%s", directory, build_id);
	unlink(path);
	memory_free(path);
}

void
master_modules_sweep(const char *directory,
    bool (*is_wanted)(const void *context, const char *build_id),
    const void *context)
{
	DIR *open_directory = opendir(directory);
	struct dirent *entry;

	if (open_directory == NULL)
		return;
	while ((entry = readdir(open_directory)) != NULL)
		if (entry->d_name[0] != '.' &&
		    !is_wanted(context, entry->d_name))
			unlinkat(dirfd(open_directory), entry->d_name, 0);
	closedir(open_directory);
}
