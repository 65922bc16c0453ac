/* SPDX-License-Identifier: ISC */
/*
 * gdb goes by names, and takes any file of the right name; of one that has
 * none but /proc/self/fd/N it even opens its own.  So once one name is
 * wrong, it gets every file from us, with the address where it stood.  That
 * is so of every module that was loaded from memory.
 */
#include "ctl/ctl_symbols.h"

#include <stdlib.h>
#include <string.h>

#include "base/base_buffer.h"
#include "base/base_memory.h"

/* ---- commands ---- */

static void
add_command(struct ctl_symbols *symbols, char *command)
{
	symbols->commands = memory_resize(
	    symbols->commands, symbols->count + 1, sizeof(*symbols->commands));
	symbols->commands[symbols->count++] = command;
}

/* gdb's words are quoted as a shell's. */
static void
append_quoted(struct buffer *words, const char *text)
{
	buffer_append_byte(words, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			buffer_append_byte(words, '\\');
		buffer_append_byte(words, *text);
	}
	buffer_append_byte(words, '"');
}

static void
add_file(struct ctl_symbols *symbols, const char *path, uint64_t offset)
{
	struct buffer words;

	buffer_init(&words, 0);
	buffer_append_text(&words, "add-symbol-file ");
	append_quoted(&words, path);
	buffer_format(&words, " -o 0x%llx", (unsigned long long)offset);
	add_command(symbols, memory_copy_text(words.data));
	buffer_fini(&words);
}

/* ---- files ---- */

/* It was made from these bytes: nothing else of that name is taken. */
static char *
find_copy(const char *modules, const char *build_id)
{
	char *path;

	if (modules == NULL || build_id[0] == '\0' ||
	    strspn(build_id, "0123456789abcdef") != strlen(build_id))
		return NULL;
	path = memory_format("%s/%s", modules, build_id);
	if (ctl_image_is_build(path, build_id))
		return path;
	memory_free(path);
	return NULL;
}

/* The file of that build, the caller's; NULL: there is none any more. */
static char *
find_file(const char *path, const char *build_id, const char *modules)
{
	if (path != NULL && ctl_image_is_build(path, build_id))
		return memory_copy_text(path);
	return find_copy(modules, build_id);
}

/* ---- what the record says of the core ---- */

static const char *
text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text == NULL ? "" : text;
}

/* The path of that build, as the record has it, or NULL. */
static const char *
recorded_path(const json_t *list, const char *build_id)
{
	const json_t *module;
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		module = json_array_get(list, i);
		if (strcmp(text_of(module, "build_id"), build_id) == 0)
			return text_of(module, "path");
	}
	return NULL;
}

/* ---- what the core says ---- */

static bool
is_program(const struct ctl_core *core, const struct ctl_core_image *image)
{
	return core->program != NULL && image->path != NULL &&
	    strcmp(core->program, image->path) == 0;
}

/* What has no path is the kernel's. */
static bool
has_changed(const struct ctl_core *core, const struct ctl_core_image *image)
{
	return image->path != NULL && image->build_id[0] != '\0' &&
	    !is_program(core, image) &&
	    !ctl_image_is_build(image->path, image->build_id);
}

static bool
have_changed(const struct ctl_core *core)
{
	size_t i;

	for (i = 0; i < core->image_count; i++)
		if (has_changed(core, &core->images[i]))
			return true;
	return false;
}

static void
add_images(struct ctl_symbols *symbols, const struct ctl_core *core,
    const json_t *list, const char *modules)
{
	const struct ctl_core_image *image;
	uint64_t first;
	char *path;
	size_t i;

	for (i = 0; i < core->image_count; i++) {
		image = &core->images[i];
		if (is_program(core, image))
			continue;
		path = find_file(image->path, image->build_id, modules);
		if (path == NULL)
			path = find_file(recorded_path(list, image->build_id),
			    image->build_id, NULL);
		if (path != NULL && ctl_image_first_address(path, &first) == 0)
			add_file(symbols, path, image->begin - first);
		memory_free(path);
	}
}

/* ---- what the record says ---- */

static bool
knows(const struct ctl_core *core, const char *build_id)
{
	size_t i;

	for (i = 0; i < core->image_count; i++)
		if (strcmp(core->images[i].build_id, build_id) == 0)
			return true;
	return false;
}

/* By the name under which it was loaded, which may lead elsewhere by now. */
static bool
names_changed(const json_t *list)
{
	const json_t *module;
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		module = json_array_get(list, i);
		if (!ctl_image_is_build(
			text_of(module, "path"), text_of(module, "build_id")))
			return true;
	}
	return false;
}

static void
add_modules(struct ctl_symbols *symbols, const struct ctl_core *core,
    const json_t *list, const char *modules)
{
	const char *build_id;
	const json_t *module;
	uint64_t load;
	char *path;
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		module = json_array_get(list, i);
		build_id = text_of(module, "build_id");
		if (knows(core, build_id))
			continue;
		path = find_file(text_of(module, "path"), build_id, modules);
		load = strtoull(text_of(module, "load"), NULL, 16);
		if (path != NULL)
			add_file(symbols, path, load);
		memory_free(path);
	}
}

/* ---- the whole ---- */

void
ctl_symbols_find(const struct ctl_core *core, const json_t *record,
    const char *modules, struct ctl_symbols *symbols_r)
{
	const json_t *list = json_object_get(record, "modules");

	memset(symbols_r, 0, sizeof(*symbols_r));
	symbols_r->is_selective = have_changed(core) || names_changed(list);
	if (!symbols_r->is_selective)
		return;
	add_images(symbols_r, core, list, modules);
	add_modules(symbols_r, core, list, modules);
}

void
ctl_symbols_fini(struct ctl_symbols *symbols)
{
	size_t i;

	for (i = 0; i < symbols->count; i++)
		memory_free(symbols->commands[i]);
	memory_free(symbols->commands);
	memset(symbols, 0, sizeof(*symbols));
}
