/* SPDX-License-Identifier: ISC */
/*
 * A child inherits mappings with their rights, so what it must not write is
 * not in it at all (MADV_DONTFORK) and is sealed against being mapped for
 * writing anew.
 */
#include "ipc/ipc_area.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <fcntl.h>

#include "base/base_fd.h"
#include "base/base_panic.h"

/* Sealed for good once it is mapped: seals is what else is forbidden. */
static int
open_sealed(const char *name, size_t size, int seals, void **area_r, int *fd_r,
    struct error *error)
{
	void *area;
	int fd;

	if (fd_shared_memory(name, size, &fd, error) == -1)
		return -1;
	area = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (area == MAP_FAILED) {
		error_set_errno(error, "memory %s: mmap", name);
		goto fail;
	}
	if (fcntl(fd, F_ADD_SEALS, seals | F_SEAL_SEAL) == -1) {
		error_set_errno(error, "memory %s: seal", name);
		munmap(area, size);
		goto fail;
	}
	*area_r = area;
	*fd_r = fd;
	return 0;
fail:
	fd_close(&fd);
	return -1;
}

int
ipc_area_open(const char *name, size_t size, void **area_r, int *fd_r,
    struct error *error)
{
	return open_sealed(name, size, 0, area_r, fd_r, error);
}

int
ipc_area_open_unshared(const char *name, size_t size, bool may_write,
    void **area_r, int *fd_r, struct error *error)
{
	if (open_sealed(name, size, may_write ? 0 : F_SEAL_FUTURE_WRITE, area_r,
		fd_r, error) == -1)
		return -1;
	if (madvise(*area_r, size, MADV_DONTFORK) == -1) {
		error_set_errno(error, "memory %s: madvise", name);
		ipc_area_close(*area_r, fd_r);
		*area_r = NULL;
		return -1;
	}
	return 0;
}

int
ipc_area_map(const char *name, int fd, bool may_write, void **area_r,
    size_t *size_r, struct error *error)
{
	struct stat status;
	void *area;

	if (fstat(fd, &status) == -1)
		return error_set_errno(error, "memory %s: fstat", name);
	area = mmap(NULL, (size_t)status.st_size,
	    PROT_READ | (may_write ? PROT_WRITE : 0), MAP_SHARED, fd, 0);
	if (area == MAP_FAILED)
		return error_set_errno(error, "memory %s: mmap", name);
	*area_r = area;
	*size_r = (size_t)status.st_size;
	return 0;
}

void
ipc_area_close(void *area, int *fd)
{
	struct stat status;

	if (area != NULL) {
		if (fstat(*fd, &status) == -1)
			panic("shared memory without its descriptor");
		munmap(area, (size_t)status.st_size);
	}
	fd_close(fd);
}
