/* SPDX-License-Identifier: ISC */
/*
 * A path is the word of a process that crashed: nothing but a regular file
 * is opened, and looking at what it is opens nothing.  Each file is looked
 * at by itself, so that one that lies about where it is hides no other.
 */
#include "symbolize/symbolize_names.h"

#include <sys/stat.h>

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwelf.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base_fd.h"
#include "base/base_object.h"

/* Debug information of a huge program; beyond, it is something else. */
#define FILE_MAX 0x100000000

#define SYMBOLIZE_NAMES_MAGIC 0x71d4e60bu
struct symbolize_names {
	unsigned magic;
	Dwfl *dwfl;
	Dwfl_Module *module;
};

/* What is not loaded here is never looked for by name. */
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

static bool
is_file(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
	    status.st_size > 0 && status.st_size < FILE_MAX;
}

/* -1: none. */
static int
open_file(const char *path)
{
	int place = open(path, O_PATH | O_CLOEXEC), fd = -1;
	char name[64];

	if (place != -1 && is_file(place)) {
		snprintf(name, sizeof(name), "/proc/self/fd/%d", place);
		fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	}
	fd_close(&place);
	return fd;
}

/* A descriptor of its own, or -1. */
static int
open_image(const struct symbolize_image *image)
{
	int fd;

	if (image->descriptor == -1)
		return open_file(image->path);
	fd = fcntl(image->descriptor, F_DUPFD_CLOEXEC, 0);
	if (fd != -1 && !is_file(fd))
		fd_close(&fd);
	return fd;
}

static bool
is_build(Dwfl_Module *module, const char *wanted)
{
	char text[2 * SYMBOLIZE_BUILD_ID_MAX + 1];
	const unsigned char *id;
	GElf_Addr address;
	int i, size;

	if (wanted[0] == '\0')
		return true;
	size = dwfl_module_build_id(module, &id, &address);
	if (size <= 0 || size > SYMBOLIZE_BUILD_ID_MAX)
		return false;
	for (i = 0; i < size; i++)
		snprintf(text + i * 2, 3, "%02x", id[i]);
	return strcmp(text, wanted) == 0;
}

/* Takes fd. */
static Dwfl_Module *
report(Dwfl *dwfl, const struct symbolize_image *image, int fd)
{
	Dwfl_Module *module;

	dwfl_report_begin(dwfl);
	module =
	    dwfl_report_elf(dwfl, "image", image->path, fd, image->bias, true);
	if (module == NULL)
		fd_close(&fd);
	dwfl_report_end(dwfl, NULL, NULL);
	return module;
}

struct symbolize_names *
symbolize_names_open(const struct symbolize_image *image)
{
	struct symbolize_names *names;
	int fd = open_image(image);
	GElf_Addr bias;

	if (fd == -1)
		return NULL;
	OBJECT_NEW(names, SYMBOLIZE_NAMES_MAGIC);
	names->dwfl = dwfl_begin(&callbacks);
	if (names->dwfl == NULL)
		fd_close(&fd);
	else
		names->module = report(names->dwfl, image, fd);
	if (names->module != NULL &&
	    dwfl_module_getelf(names->module, &bias) != NULL &&
	    is_build(names->module, image->build_id))
		return names;
	symbolize_names_close(&names);
	return NULL;
}

void
symbolize_names_close(struct symbolize_names **names_pointer)
{
	struct symbolize_names *names;

	OBJECT_TAKE(names, names_pointer, SYMBOLIZE_NAMES_MAGIC);
	if (names->dwfl != NULL)
		dwfl_end(names->dwfl);
	OBJECT_FREE(names);
}

/* Not by .debug_aranges alone, as not all compilers write it. */
static Dwarf_Die *
find_unit(Dwfl_Module *module, Dwarf_Addr pc, Dwarf_Addr *bias_r)
{
	Dwarf_Die *unit = dwfl_module_addrdie(module, pc, bias_r);

	if (unit != NULL)
		return unit;
	while ((unit = dwfl_module_nextcu(module, unit, bias_r)) != NULL)
		if (dwarf_haspc(unit, pc - *bias_r) == 1)
			break;
	return unit;
}

static const char *
find_function(Dwarf_Die *unit, Dwarf_Addr pc)
{
	const char *name = NULL;
	Dwarf_Die *scopes = NULL;
	int i, tag, count;

	count = dwarf_getscopes(unit, pc, &scopes);
	for (i = 0; i < count && name == NULL; i++) {
		tag = dwarf_tag(&scopes[i]);
		if (tag == DW_TAG_subprogram ||
		    tag == DW_TAG_inlined_subroutine)
			name = dwarf_diename(&scopes[i]);
	}
	free(scopes);
	return name;
}

static const char *
find_directory(Dwarf_Die *unit)
{
	Dwarf_Attribute attribute;

	return dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attribute));
}

static void
find_line(Dwarf_Die *unit, Dwarf_Addr pc, struct symbolize_name *name_r)
{
	Dwarf_Line *line = dwarf_getsrc_die(unit, pc);

	if (line == NULL || dwarf_lineno(line, &name_r->line) == -1)
		return;
	name_r->file = dwarf_linesrc(line, NULL, NULL);
	if (name_r->file != NULL && name_r->file[0] != '/')
		name_r->directory = find_directory(unit);
}

void
symbolize_names_find(
    struct symbolize_names *names, uint64_t pc, struct symbolize_name *name_r)
{
	Dwarf_Addr bias;
	Dwarf_Die *unit;

	OBJECT_CHECK(names, SYMBOLIZE_NAMES_MAGIC);
	memset(name_r, 0, sizeof(*name_r));
	unit = find_unit(names->module, pc, &bias);
	if (unit != NULL) {
		name_r->function = find_function(unit, pc - bias);
		find_line(unit, pc - bias, name_r);
	}
	if (name_r->function == NULL)
		name_r->function = dwfl_module_addrname(names->module, pc);
}
