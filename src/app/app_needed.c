/* SPDX-License-Identifier: ISC */
/*
 * A library that is loaded satisfies whoever needs one of its soname, without
 * any search.  So only those are of interest that the search would have found
 * by $ORIGIN: it is made here as ld.so(8) has it, and ends at the first
 * folder that has the library, whether or not by $ORIGIN.
 *
 * Libraries are not pinned: they are read from their files as they are when
 * the worker starts.
 */
#include "app/app_needed.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "base/base_buffer.h"
#include "base/base_fd.h"
#include "base/base_log.h"
#include "base/base_memory.h"

/* What the dynamic section of an object says; texts are those of its elf. */
struct object {
	Elf *elf;
	Elf_Data *entries;
	size_t texts; /* section of its strings */
	unsigned char class;
	GElf_Half machine;
};

/* ---- objects ---- */

static void
object_fini(struct object *object)
{
	if (object->elf != NULL)
		elf_end(object->elf);
	object->elf = NULL;
}

static void
find_entries(struct object *object)
{
	Elf_Scn *section = NULL;
	GElf_Shdr head;

	while ((section = elf_nextscn(object->elf, section)) != NULL) {
		if (gelf_getshdr(section, &head) == NULL ||
		    head.sh_type != SHT_DYNAMIC)
			continue;
		object->entries = elf_getdata(section, NULL);
		object->texts = head.sh_link;
		return;
	}
}

/* False: it is none that could be loaded. */
static bool
object_init(struct object *object, int fd)
{
	GElf_Ehdr head;

	memset(object, 0, sizeof(*object));
	elf_version(EV_CURRENT);
	object->elf = elf_begin(fd, ELF_C_READ, NULL);
	if (object->elf == NULL || elf_kind(object->elf) != ELF_K_ELF ||
	    gelf_getehdr(object->elf, &head) == NULL) {
		object_fini(object);
		return false;
	}
	object->class = head.e_ident[EI_CLASS];
	object->machine = head.e_machine;
	find_entries(object);
	return true;
}

/* The number-th text of that tag, or NULL. */
static const char *
object_text(const struct object *object, GElf_Sxword tag, size_t number)
{
	GElf_Dyn entry;
	int i;

	for (i = 0; object->entries != NULL &&
	     gelf_getdyn(object->entries, i, &entry) != NULL;
	     i++)
		if (entry.d_tag == tag && number-- == 0)
			return elf_strptr(
			    object->elf, object->texts, entry.d_un.d_val);
	return NULL;
}

/* ---- the search ---- */

struct search {
	const struct object *module;
	char *origin;      /* the folder of the module's file */
	const char *list;  /* its own, of folders; may be NULL */
	const char *first; /* of the environment; may be NULL */
};

static void
search_init(
    struct search *search, const struct object *module, const char *path)
{
	const char *slash = strrchr(path, '/');

	search->module = module;
	if (slash == NULL)
		search->origin = memory_copy_text(".");
	else
		search->origin =
		    memory_copy_bytes(path, (size_t)(slash - path));
	search->list = object_text(module, DT_RUNPATH, 0);
	search->first = search->list != NULL ? getenv("LD_LIBRARY_PATH") : NULL;
	if (search->list == NULL)
		search->list = object_text(module, DT_RPATH, 0);
}

static void
search_fini(struct search *search)
{
	memory_free(search->origin);
}

/* Puts the folder for $ORIGIN; false: it did not stand there. */
static bool
expand(struct buffer *folder, const char *text, size_t size, const char *origin)
{
	static const char *const words[] = { "$ORIGIN", "${ORIGIN}" };
	bool result = false;
	size_t i, length;

	while (size > 0) {
		for (i = 0, length = 0; i < 2; i++)
			if (strlen(words[i]) <= size &&
			    memcmp(text, words[i], strlen(words[i])) == 0)
				length = strlen(words[i]);
		if (length > 0)
			buffer_append_text(folder, origin);
		else
			buffer_append_byte(folder, *text);
		result = result || length > 0;
		length += length == 0;
		text += length;
		size -= length;
	}
	return result;
}

/* As the linker skips what was made for another machine. */
static bool
fits(const struct object *module, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct object object;
	bool result = false;

	if (fd != -1 && object_init(&object, fd)) {
		result = object.class == module->class &&
		    object.machine == module->machine;
		object_fini(&object);
	}
	fd_close(&fd);
	return result;
}

/* The next folder of a list; false: there is none. */
static bool
next_folder(const char **list, const char *origin, struct buffer *folder,
    bool *by_origin_r)
{
	size_t size;

	if (*list == NULL)
		return false;
	*list += strspn(*list, ":");
	size = strcspn(*list, ":");
	buffer_clear(folder);
	*by_origin_r = expand(folder, *list, size, origin);
	*list += size;
	return size > 0;
}

/* The file in the first folder that has it, the caller's, or NULL. */
static char *
find_in(const struct search *search, const char *list, const char *name,
    bool *by_origin_r)
{
	struct buffer file;
	char *path = NULL;

	buffer_init(&file, 0);
	while (path == NULL &&
	    next_folder(&list, search->origin, &file, by_origin_r)) {
		buffer_format(&file, "/%s", name);
		if (fits(search->module, file.data))
			path = memory_copy_text(file.data);
	}
	buffer_fini(&file);
	return path;
}

static char *
find(const struct search *search, const char *name)
{
	bool by_origin = false;
	char *path = find_in(search, search->first, name, &by_origin);

	if (path == NULL)
		path = find_in(search, search->list, name, &by_origin);
	if (by_origin)
		return path;
	memory_free(path);
	return NULL;
}

/* ---- opening ---- */

/* Or it would be loaded, and the module not find it all the same. */
static int
check_name(const char *path, const char *name, struct error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	const char *its_name = NULL;
	struct object object;
	int result = 0;

	if (fd != -1 && object_init(&object, fd)) {
		its_name = object_text(&object, DT_SONAME, 0);
		if (its_name == NULL || strcmp(its_name, name) != 0)
			result = error_set(error, ERROR_CONFIG,
			    "needs %s, found by $ORIGIN, whose soname is %s: "
			    "link %s with -Wl,-soname,%s",
			    name, its_name != NULL ? its_name : "missing", path,
			    name);
		object_fini(&object);
	}
	fd_close(&fd);
	return result;
}

static int
open_library(const char *path, const char *name, struct error *error)
{
	if (check_name(path, name, error) == -1)
		return -1;
	if (dlopen(path, RTLD_NOW | RTLD_LOCAL) == NULL)
		return error_set(
		    error, ERROR_CONFIG, "needs %s: %s", name, dlerror());
	return 0;
}

/* A process that has it takes no other. */
static bool
is_loaded(const char *name)
{
	return dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD) != NULL;
}

static int
open_needed(const struct search *search, const char *name, struct error *error)
{
	char *path = NULL;
	int result = 0;

	if (is_loaded(name))
		return 0;
	if (strchr(name, '/') == NULL)
		path = find(search, name);
	log_debug("a module needs %s, which is no part of it: it is read as "
		  "it is now",
	    path != NULL ? path : name);
	if (path != NULL)
		result = open_library(path, name, error);
	memory_free(path);
	return result;
}

int
app_needed_open(const char *path, int fd, struct error *error)
{
	struct object module;
	struct search search;
	const char *name;
	int result = 0;
	size_t i;

	if (!object_init(&module, fd))
		return 0;
	search_init(&search, &module, path);
	for (i = 0;
	     result == 0 && (name = object_text(&module, DT_NEEDED, i)) != NULL;
	     i++)
		result = open_needed(&search, name, error);
	search_fini(&search);
	object_fini(&module);
	return result;
}

static void
list_folders(const struct search *search, const char *list,
    void (*on_folder)(void *context, const char *folder), void *context)
{
	struct buffer folder;
	bool by_origin;

	buffer_init(&folder, 0);
	while (next_folder(&list, search->origin, &folder, &by_origin))
		on_folder(context, folder.data);
	buffer_fini(&folder);
}

void
app_needed_folders(const char *path, int fd,
    void (*on_folder)(void *context, const char *folder), void *context)
{
	struct object module;
	struct search search;

	if (!object_init(&module, fd))
		return;
	search_init(&search, &module, path);
	list_folders(&search, search.list, on_folder, context);
	list_folders(&search, getenv("LD_LIBRARY_PATH"), on_folder, context);
	search_fini(&search);
	object_fini(&module);
}
