/* SPDX-License-Identifier: ISC */
/*
 * A file is read rather than mapped: who overwrites it meanwhile is not to
 * kill the master by a fault.  The hash is FNV-1a, 64 bits.
 */
#include "master/master_pin.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/base_fd.h"
#include "base/base_memory.h"
#include "base/base_object.h"

#define FNV_BASIS 0xcbf29ce484222325u
#define FNV_PRIME 0x00000100000001b3u

#define READ_SIZE 65536

/* From Linux 6.3 on; dlopen(3) maps what no exec(2) takes. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008u
#endif

/* ---- reading ---- */

static int
fail_file(struct error *error, const char *path)
{
	error_set_errno(error, "%s", path);
	error->kind = ERROR_CONFIG;
	return -1;
}

static int
fail_size(struct error *error, const char *path)
{
	return error_set(error, ERROR_CONFIG, "%s: is larger than %u bytes",
	    path, MASTER_PIN_MAX);
}

static void
hash(uint64_t *identity, const char *data, size_t size)
{
	const unsigned char *bytes = (const unsigned char *)data;
	uint64_t value = *identity;
	size_t i;

	for (i = 0; i < size; i++)
		value = (value ^ bytes[i]) * FNV_PRIME;
	*identity = value;
}

/* 0 at the end, 1: there is more of it, or -1. */
static int
copy_piece(struct master_pin *pin, int from, char *piece, struct error *error)
{
	ssize_t count;

	do
		count = read(from, piece, READ_SIZE);
	while (count == -1 && errno == EINTR);
	if (count == -1)
		return fail_file(error, pin->path);
	hash(&pin->identity, piece, (size_t)count);
	pin->size += (uint64_t)count;
	if (pin->size > MASTER_PIN_MAX)
		return fail_size(error, pin->path);
	if (fd_write_all(pin->fd, piece, (size_t)count) == -1)
		return error_set_errno(
		    error, "%s: copying it to memory", pin->path);
	return count > 0;
}

static int
copy(struct master_pin *pin, int from, struct error *error)
{
	char *piece = memory_alloc(READ_SIZE);
	int result;

	pin->identity = FNV_BASIS;
	do
		result = copy_piece(pin, from, piece, error);
	while (result == 1);
	memory_free(piece);
	return result;
}

/* By its path, which may be another file's by now. */
static bool
has_changed(const struct master_pin *pin, const struct stat *before)
{
	struct stat after;

	return pin->size != (uint64_t)before->st_size ||
	    stat(pin->path, &after) == -1 || after.st_dev != before->st_dev ||
	    after.st_ino != before->st_ino ||
	    after.st_size != before->st_size ||
	    after.st_mtim.tv_sec != before->st_mtim.tv_sec ||
	    after.st_mtim.tv_nsec != before->st_mtim.tv_nsec;
}

static int
read_from(struct master_pin *pin, int from, struct error *error)
{
	struct stat before;

	if (fstat(from, &before) == -1)
		return fail_file(error, pin->path);
	if (!S_ISREG(before.st_mode))
		return error_set(
		    error, ERROR_CONFIG, "%s: is no regular file", pin->path);
	if (before.st_size > MASTER_PIN_MAX)
		return fail_size(error, pin->path);
	if (copy(pin, from, error) == -1)
		return -1;
	if (has_changed(pin, &before))
		return error_set(error, ERROR_CONFIG,
		    "%s: changed while it was read: try again when it is "
		    "complete",
		    pin->path);
	return 0;
}

/* A pipe in its place is not waited for. */
static int
read_file(struct master_pin *pin, struct error *error)
{
	int from =
	    open(pin->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int result;

	if (from == -1)
		return fail_file(error, pin->path);
	result = read_from(pin, from, error);
	fd_close(&from);
	return result;
}

/* ---- memory ---- */

/* Where the system forbids memory that could be executed, none that could
 * not is refused; an older kernel does not know the difference. */
static int
make_memory(struct master_pin *pin, struct error *error)
{
	const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	const char *slash = strrchr(pin->path, '/');
	char *name;

	name = memory_format("%.200s", slash != NULL ? slash + 1 : pin->path);
	pin->fd = memfd_create(name, flags | MFD_NOEXEC_SEAL);
	if (pin->fd == -1 && errno == EINVAL)
		pin->fd = memfd_create(name, flags);
	memory_free(name);
	if (pin->fd == -1)
		return error_set_errno(error, "%s: memfd_create", pin->path);
	return 0;
}

static int
seal(struct master_pin *pin, struct error *error)
{
	if (fcntl(pin->fd, F_ADD_SEALS,
		F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) == -1)
		return error_set_errno(error, "%s: seal", pin->path);
	return 0;
}

/* ---- life ---- */

int
master_pin_open(
    const char *path, struct master_pin **pin_r, struct error *error)
{
	struct master_pin *pin;

	OBJECT_NEW(pin, MASTER_PIN_MAGIC);
	pin->users = 1;
	pin->path = memory_copy_text(path);
	pin->fd = -1;
	if (make_memory(pin, error) == -1 || read_file(pin, error) == -1 ||
	    seal(pin, error) == -1) {
		master_pin_release(&pin);
		return -1;
	}
	*pin_r = pin;
	return 0;
}

struct master_pin *
master_pin_hold(struct master_pin *pin)
{
	OBJECT_CHECK(pin, MASTER_PIN_MAGIC);
	pin->users++;
	return pin;
}

void
master_pin_release(struct master_pin **source)
{
	struct master_pin *pin;

	if (*source == NULL)
		return;
	OBJECT_TAKE(pin, source, MASTER_PIN_MAGIC);
	if (--pin->users > 0)
		return;
	fd_close(&pin->fd);
	memory_free(pin->path);
	OBJECT_FREE(pin);
}

/* ---- comparing ---- */

static void *
map(const struct master_pin *pin)
{
	return mmap(NULL, pin->size, PROT_READ, MAP_SHARED, pin->fd, 0);
}

static void
unmap(const struct master_pin *pin, void *bytes)
{
	if (bytes != MAP_FAILED)
		munmap(bytes, pin->size);
}

static bool
have_same_bytes(const struct master_pin *one, const struct master_pin *other)
{
	void *left = map(one), *right = map(other);
	bool result = left != MAP_FAILED && right != MAP_FAILED &&
	    memcmp(left, right, one->size) == 0;

	unmap(one, left);
	unmap(other, right);
	return result;
}

bool
master_pin_is_same(const struct master_pin *one, const struct master_pin *other)
{
	OBJECT_CHECK(one, MASTER_PIN_MAGIC);
	OBJECT_CHECK(other, MASTER_PIN_MAGIC);
	if (one == other)
		return true;
	if (one->size != other->size || one->identity != other->identity)
		return false;
	return one->size == 0 || have_same_bytes(one, other);
}
