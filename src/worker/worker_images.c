/* SPDX-License-Identifier: ISC */
/*
 * What is loaded where: with it an address of a stack is a place in a file,
 * when this process is no more.
 */
#include <elf.h>
#include <link.h>
#include <string.h>

#include "app/app_module.h"
#include "worker/worker_crash.h"
#include "worker/worker_private.h"

static void
take_segment(struct ipc_image *image, const ElfW(Phdr) * segment)
{
	uint64_t begin = image->bias + segment->p_vaddr;
	uint64_t end = begin + segment->p_memsz;

	if (image->end == 0 || begin < image->begin)
		image->begin = begin;
	if (end > image->end)
		image->end = end;
}

/* Name and description are padded to four bytes each. */
static size_t
padded(size_t size)
{
	return (size + 3) & ~(size_t)3;
}

static void
take_notes(struct ipc_image *image, const ElfW(Phdr) * segment)
{
	const char *at =
	    (const char *)(uintptr_t)(image->bias + segment->p_vaddr);
	const char *end = at + segment->p_filesz;
	ElfW(Nhdr) note;

	while ((size_t)(end - at) > sizeof(note)) {
		memcpy(&note, at, sizeof(note));
		at += sizeof(note);
		if (padded(note.n_namesz) + padded(note.n_descsz) >
		    (size_t)(end - at))
			return;
		if (note.n_type == NT_GNU_BUILD_ID &&
		    note.n_descsz <= sizeof(image->build_id)) {
			memcpy(image->build_id, at + padded(note.n_namesz),
			    note.n_descsz);
			image->build_id_size = (uint8_t)note.n_descsz;
			return;
		}
		at += padded(note.n_namesz) + padded(note.n_descsz);
	}
}

/* As it was configured, of a module that was loaded by its descriptor. */
static const char *
path_of(const struct ipc_heritage *heritage, const char *name)
{
	char its_name[APP_MODULE_NAME_SIZE];
	size_t i;

	for (i = 0; i < heritage->module_count; i++) {
		app_module_name(heritage->modules[i].fd, its_name);
		if (strcmp(name, its_name) == 0)
			return heritage->modules[i].path;
	}
	return name;
}

static void
describe(struct ipc_image *image, const struct dl_phdr_info *info,
    const struct ipc_heritage *heritage)
{
	ElfW(Half) i;

	memset(image, 0, sizeof(*image));
	image->bias = info->dlpi_addr;
	strncpy(image->path, path_of(heritage, info->dlpi_name),
	    sizeof(image->path) - 1);
	for (i = 0; i < info->dlpi_phnum; i++) {
		if (info->dlpi_phdr[i].p_type == PT_LOAD)
			take_segment(image, &info->dlpi_phdr[i]);
		else if (info->dlpi_phdr[i].p_type == PT_NOTE &&
		    image->build_id_size == 0)
			take_notes(image, &info->dlpi_phdr[i]);
	}
}

struct notes {
	const struct ipc_heritage *heritage;
	struct ipc_process *process;
	uint32_t count;
};

static int
on_image(struct dl_phdr_info *info, size_t size, void *context)
{
	struct notes *notes = context;

	(void)size;
	if (notes->count == IPC_IMAGES_MAX)
		return 1;
	describe(
	    &notes->process->images[notes->count++], info, notes->heritage);
	return 0;
}

/* Nothing is ever unloaded, so what was there stays in its place. */
void
worker_images_note(struct worker *worker)
{
	struct notes notes = {
		.heritage = worker->heritage,
		.process = worker->process,
	};

	dl_iterate_phdr(on_image, &notes);
	__atomic_store_n(
	    &worker->process->image_count, notes.count, __ATOMIC_RELEASE);
}
