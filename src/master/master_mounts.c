/* SPDX-License-Identifier: ISC */
/*
 * A file is read rather than mapped: who overwrites it meanwhile is not to
 * kill the master by a fault.  The hash is FNV-1a, 64 bits, over the bytes
 * and then their number.
 */
#include "master/master_mounts.h"

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

static uint64_t
hash(uint64_t before, const void *data, size_t size)
{
	const unsigned char *bytes = data;
	size_t i;

	for (i = 0; i < size; i++)
		before = (before ^ bytes[i]) * FNV_PRIME;
	return before;
}

/* 0: that failed. */
static uint64_t
hash_content(int fd)
{
	char *buffer = memory_alloc(READ_SIZE);
	uint64_t result = FNV_BASIS, size = 0;
	ssize_t count;

	while ((count = read(fd, buffer, READ_SIZE)) != 0) {
		if (count == -1 && errno == EINTR)
			continue;
		if (count == -1)
			break;
		result = hash(result, buffer, (size_t)count);
		size += (uint64_t)count;
	}
	memory_free(buffer);
	return count == 0 ? hash(result, &size, sizeof(size)) : 0;
}

/* A pipe in its place is not waited for. */
static uint64_t
identify(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	uint64_t identity = 0;

	if (fd == -1)
		return 0;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		identity = hash_content(fd);
	fd_close(&fd);
	return identity;
}

static void
add_mount(struct master_mounts *mounts, const char *host,
    const struct settings_mount *settings)
{
	struct master_mount *mount = &mounts->mounts[mounts->count++];

	mount->host = memory_copy_text(host);
	mount->prefix = memory_copy_text(settings->prefix);
	if (settings->module != NULL) {
		mount->module = memory_copy_text(settings->module);
		mount->identity = identify(settings->module);
	}
}

struct master_mounts *
master_mounts_new(const struct settings *settings)
{
	const struct settings_host *host;
	struct master_mounts *mounts;
	size_t i, j, count = 1;

	OBJECT_NEW(mounts, MASTER_MOUNTS_MAGIC);
	for (i = 0; i < settings->host_count; i++)
		count += settings->hosts[i].mount_count;
	mounts->users = 1;
	mounts->mounts = memory_alloc_array(count, sizeof(*mounts->mounts));
	mounts->count = 1;
	for (i = 0; i < settings->host_count; i++) {
		host = &settings->hosts[i];
		for (j = 0; j < host->mount_count; j++)
			add_mount(mounts, host->name, &host->mounts[j]);
	}
	return mounts;
}

struct master_mounts *
master_mounts_hold(struct master_mounts *mounts)
{
	OBJECT_CHECK(mounts, MASTER_MOUNTS_MAGIC);
	mounts->users++;
	return mounts;
}

static void
free_all(struct master_mounts *mounts)
{
	struct master_mount *mount;
	size_t i;

	for (i = 0; i < mounts->count; i++) {
		mount = &mounts->mounts[i];
		memory_free(mount->host);
		memory_free(mount->prefix);
		memory_free(mount->module);
	}
	memory_free(mounts->mounts);
	OBJECT_FREE(mounts);
}

void
master_mounts_release(struct master_mounts **source)
{
	struct master_mounts *mounts;

	if (*source == NULL)
		return;
	OBJECT_TAKE(mounts, source, MASTER_MOUNTS_MAGIC);
	if (--mounts->users == 0)
		free_all(mounts);
}

/* Of files that could not be read nothing is known. */
static bool
is_same(const struct master_mount *one, const struct master_mount *other)
{
	if (strcmp(one->host, other->host) != 0 ||
	    strcmp(one->prefix, other->prefix) != 0)
		return false;
	if (one->module == NULL || other->module == NULL)
		return one->module == other->module;
	return one->identity != 0 && one->identity == other->identity;
}

uint16_t
master_mounts_find(const struct master_mounts *mounts,
    const struct master_mounts *others, uint16_t number)
{
	size_t i;

	OBJECT_CHECK(mounts, MASTER_MOUNTS_MAGIC);
	OBJECT_CHECK(others, MASTER_MOUNTS_MAGIC);
	if (number == 0 || number >= others->count)
		return 0;
	for (i = 1; i < mounts->count; i++)
		if (is_same(&mounts->mounts[i], &others->mounts[number]))
			return (uint16_t)i;
	return 0;
}
