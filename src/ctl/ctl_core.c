/* SPDX-License-Identifier: ISC */
/*
 * Notes by libelf; what was loaded where by libdwfl, which finds it in the
 * memory itself, so that files which are gone or had no name are found too.
 */
#include "ctl/ctl_core.h"

#include <sys/procfs.h>
#include <sys/stat.h>

#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <unistd.h>

#include "base/base_fd.h"
#include "base/base_memory.h"
#include "base/base_number.h"

#define IMAGES_MAX 1024

/* ---- notes ---- */

struct notes {
	const char *data;
	size_t size;
};

/* The mapping of NT_FILE that holds the address: its path, or NULL.  Its
 * layout: count, page size, count times (begin, end, page), the paths. */
static const char *
find_mapping(const struct notes *files, uint64_t address)
{
	const size_t word = sizeof(uint64_t), head = 2 * word;
	const char *name, *end = files->data + files->size;
	uint64_t count, range[2], i;

	if (files->size < head)
		return NULL;
	memcpy(&count, files->data, word);
	if (count > (files->size - head) / (3 * word))
		return NULL;
	name = files->data + head + count * 3 * word;
	for (i = 0; i < count; i++) {
		size_t size = strnlen(name, (size_t)(end - name));

		if (name + size == end)
			return NULL;
		memcpy(range, files->data + head + i * 3 * word, 2 * word);
		if (address >= range[0] && address < range[1])
			return name;
		name += size + 1;
	}
	return NULL;
}

static uint64_t
find_auxiliary(const struct notes *vector, uint64_t type)
{
	uint64_t entry[2];
	size_t i;

	for (i = 0; i + sizeof(entry) <= vector->size; i += sizeof(entry)) {
		memcpy(entry, vector->data + i, sizeof(entry));
		if (entry[0] == type)
			return entry[1];
	}
	return 0;
}

struct found {
	struct notes files, vector;
	pid_t pid;
};

static void
take_note(struct found *found, const GElf_Nhdr *note, const char *data)
{
	const struct notes notes = { .data = data, .size = note->n_descsz };
	struct elf_prpsinfo process;

	if (note->n_type == NT_FILE) {
		found->files = notes;
	} else if (note->n_type == NT_AUXV) {
		found->vector = notes;
	} else if (note->n_type == NT_PRPSINFO &&
	    note->n_descsz >= sizeof(process)) {
		memcpy(&process, data, sizeof(process));
		found->pid = process.pr_pid;
	}
}

static void
take_segment(struct found *found, Elf_Data *data)
{
	size_t offset = 0, name, description;
	const char *bytes = data->d_buf;
	GElf_Nhdr note;

	while ((offset = gelf_getnote(
		    data, offset, &note, &name, &description)) > 0)
		if (note.n_namesz == sizeof("CORE") &&
		    memcmp(bytes + name, "CORE", sizeof("CORE")) == 0)
			take_note(found, &note, bytes + description);
}

/* What it points to lives as long as elf. */
static int
find_notes(Elf *elf, struct found *found)
{
	GElf_Phdr segment;
	Elf_Data *data;
	size_t i, count;

	if (elf_getphdrnum(elf, &count) != 0)
		return -1;
	for (i = 0; i < count; i++) {
		if (gelf_getphdr(elf, (int)i, &segment) == NULL ||
		    segment.p_type != PT_NOTE)
			continue;
		data = elf_getdata_rawchunk(elf, (int64_t)segment.p_offset,
		    segment.p_filesz, ELF_T_NHDR);
		if (data != NULL)
			take_segment(found, data);
	}
	return 0;
}

/* ---- images ---- */

/* Files are of no use here: they may be others by now. */
static int
find_no_elf(Dwfl_Module *module, void **context, const char *name,
    Dwarf_Addr base, char **path_r, Elf **elf_r)
{
	return -1;
}

static const Dwfl_Callbacks callbacks = {
	.find_elf = find_no_elf,
	.find_debuginfo = dwfl_standard_find_debuginfo,
};

struct listing {
	struct ctl_core *core;
	const struct notes *files;
};

static int
add_image(Dwfl_Module *module, void **context, const char *name,
    Dwarf_Addr begin, void *argument)
{
	const struct listing *listing = argument;
	struct ctl_core *core = listing->core;
	struct ctl_core_image *image;
	const unsigned char *id;
	GElf_Addr where;
	int size;

	if (core->image_count == IMAGES_MAX)
		return DWARF_CB_ABORT;
	core->images = memory_resize(
	    core->images, core->image_count + 1, sizeof(*core->images));
	image = &core->images[core->image_count++];
	image->path = memory_copy_text(find_mapping(listing->files, begin));
	image->begin = begin;
	size = dwfl_module_build_id(module, &id, &where);
	number_write_hexadecimal(image->build_id, sizeof(image->build_id), id,
	    size > 0 ? (size_t)size : 0);
	return DWARF_CB_OK;
}

static void
find_images(Elf *elf, const struct notes *files, struct ctl_core *core)
{
	struct listing listing = { .core = core, .files = files };
	Dwfl *dwfl = dwfl_begin(&callbacks);

	if (dwfl == NULL)
		return;
	if (dwfl_core_file_report(dwfl, elf, NULL) > 0 &&
	    dwfl_report_end(dwfl, NULL, NULL) == 0)
		dwfl_getmodules(dwfl, add_image, &listing, 0);
	dwfl_end(dwfl);
}

/* ---- the whole ---- */

static int
read_elf(Elf *elf, struct ctl_core *core)
{
	struct found found = { .pid = 0 };
	const char *program;
	GElf_Ehdr head;

	if (gelf_getehdr(elf, &head) == NULL || head.e_type != ET_CORE ||
	    find_notes(elf, &found) == -1)
		return -1;
	core->pid = found.pid;
	program =
	    find_mapping(&found.files, find_auxiliary(&found.vector, AT_ENTRY));
	core->program = memory_copy_text(program);
	find_images(elf, &found.files, core);
	return 0;
}

int
ctl_core_read(const char *path, struct ctl_core *core_r, struct error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	int result = -1;
	Elf *elf = NULL;

	memset(core_r, 0, sizeof(*core_r));
	if (fd == -1)
		return error_set_errno(error, "%s", path);
	elf_version(EV_CURRENT);
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (elf != NULL && elf_kind(elf) == ELF_K_ELF)
		result = read_elf(elf, core_r);
	elf_end(elf);
	fd_close(&fd);
	if (result == -1)
		return error_set(error, ERROR_RUNTIME, "%s: is no core", path);
	return 0;
}

void
ctl_core_fini(struct ctl_core *core)
{
	size_t i;

	for (i = 0; i < core->image_count; i++)
		memory_free(core->images[i].path);
	memory_free(core->images);
	memory_free(core->program);
	memset(core, 0, sizeof(*core));
}
