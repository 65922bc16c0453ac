/* SPDX-License-Identifier: ISC */
/*
 * Paths come from a core or a record, and with them the word of a process
 * that crashed: nothing but a regular file is read.
 */
#include "ctl/ctl_image.h"

#include <sys/stat.h>

#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <unistd.h>

#include "base/base_fd.h"
#include "base/base_number.h"

static Elf *
open_elf(const char *path, int *fd_r)
{
	struct stat status;
	Elf *elf = NULL;

	elf_version(EV_CURRENT);
	*fd_r = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (*fd_r != -1 && fstat(*fd_r, &status) == 0 &&
	    S_ISREG(status.st_mode))
		elf = elf_begin(*fd_r, ELF_C_READ, NULL);
	if (elf == NULL)
		fd_close(fd_r);
	return elf;
}

static void
close_elf(Elf *elf, int *fd)
{
	elf_end(elf);
	fd_close(fd);
}

bool
ctl_image_is_build(const char *path, const char *build_id)
{
	char text[CTL_IMAGE_ID_SIZE];
	const void *id;
	ssize_t size;
	bool result;
	int fd;
	Elf *elf = open_elf(path, &fd);

	if (elf == NULL)
		return false;
	size = dwelf_elf_gnu_build_id(elf, &id);
	number_write_hexadecimal(
	    text, sizeof(text), id, size > 0 ? (size_t)size : 0);
	result = text[0] != '\0' && strcmp(text, build_id) == 0;
	close_elf(elf, &fd);
	return result;
}

static int
find_first(Elf *elf, uint64_t *address_r)
{
	GElf_Phdr segment;
	size_t i, count;

	if (elf_getphdrnum(elf, &count) != 0)
		return -1;
	for (i = 0; i < count; i++) {
		if (gelf_getphdr(elf, (int)i, &segment) == NULL ||
		    segment.p_type != PT_LOAD)
			continue;
		*address_r = segment.p_vaddr;
		if (segment.p_align > 1)
			*address_r &= ~(segment.p_align - 1);
		return 0;
	}
	return -1;
}

int
ctl_image_first_address(const char *path, uint64_t *address_r)
{
	int fd, result;
	Elf *elf = open_elf(path, &fd);

	if (elf == NULL)
		return -1;
	result = find_first(elf, address_r);
	close_elf(elf, &fd);
	return result;
}
