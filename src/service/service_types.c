/* SPDX-License-Identifier: ISC */
/*
 * One sorted array.  Both sources are read by the same function, as the
 * table has the format of the file.
 */
#include "service/service_types.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base_memory.h"
#include "base/base_object.h"
#include "http/http_field.h"

#define SUFFIX_MAX   31
#define SPACE        " \t\r\n\v\f"
#define UNKNOWN_TYPE "application/octet-stream"

#define SERVICE_TYPES_MAGIC 0x766f4ac7u

struct entry {
	char suffix[SUFFIX_MAX + 1]; /* lower case */
	size_t order;                /* the first of a suffix counts */
	char *type;
};

struct service_types {
	unsigned magic;
	struct entry *entries;
	size_t count;
};

static const struct {
	const char *type, *suffixes;
} table[] = {
#define TYPE(type, suffixes) { type, suffixes },
#include "service/service_types.tbl"
#undef TYPE
};

/* Longer ones are not in the list. */
static int
fold(char to[SUFFIX_MAX + 1], const char *suffix)
{
	size_t i;

	for (i = 0; suffix[i] != '\0'; i++) {
		if (i == SUFFIX_MAX)
			return -1;
		to[i] = suffix[i];
		if (to[i] >= 'A' && to[i] <= 'Z')
			to[i] |= 0x20;
	}
	to[i] = '\0';
	return 0;
}

static char *
complete(const char *type)
{
	if (strncmp(type, "text/", 5) != 0 || strchr(type, ';') != NULL)
		return memory_copy_text(type);
	return memory_format("%s; charset=utf-8", type);
}

static void
add(struct service_types *types, const char *type, const char *suffix)
{
	struct entry entry = { .order = types->count };

	if (fold(entry.suffix, suffix) == -1)
		return;
	entry.type = complete(type);
	types->entries = memory_resize(
	    types->entries, types->count + 1, sizeof(*types->entries));
	types->entries[types->count++] = entry;
}

/* Words that white space separates; changes the text. */
static void
add_all(struct service_types *types, const char *type, char *suffixes)
{
	char *next, *suffix = strtok_r(suffixes, SPACE, &next);

	for (; suffix != NULL; suffix = strtok_r(NULL, SPACE, &next))
		add(types, type, suffix);
}

static void
add_table(struct service_types *types)
{
	char *suffixes;
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		suffixes = memory_copy_text(table[i].suffixes);
		add_all(types, table[i].type, suffixes);
		memory_free(suffixes);
	}
}

/* RFC 9110, 8.3.1, without parameters. */
static bool
is_type(const char *text)
{
	const char *slash = strchr(text, '/');

	return slash != NULL &&
	    http_token_is_valid(text, (size_t)(slash - text)) &&
	    http_token_is_valid(slash + 1, strlen(slash + 1));
}

static int
read_line(struct service_types *types, char *line, struct error *error)
{
	char *next, *type;

	line[strcspn(line, "#")] = '\0';
	type = strtok_r(line, SPACE, &next);
	if (type == NULL)
		return 0;
	if (!is_type(type))
		return error_set(error, ERROR_CONFIG,
		    "\"%s\" is no MIME type such as \"text/html\"", type);
	add_all(types, type, next);
	return 0;
}

static int
read_lines(struct service_types *types, FILE *stream, struct error *error)
{
	char *line = NULL;
	size_t capacity = 0;
	unsigned number = 0;
	int result = 0;

	while (result == 0 && getline(&line, &capacity, stream) != -1) {
		number++;
		result = read_line(types, line, error);
	}
	if (result == -1)
		error_wrap(error, "line %u", number);
	else if (ferror(stream))
		result = error_set_errno(error, "read");
	free(line);
	return result;
}

static int
read_file(struct service_types *types, const char *path, struct error *error)
{
	FILE *stream = fopen(path, "re");
	int result;

	if (stream == NULL)
		return error_set_errno(error, "types \"%s\"", path);
	result = read_lines(types, stream, error);
	fclose(stream);
	if (result == -1)
		return error_wrap(error, "types \"%s\"", path);
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const struct entry *one = a, *other = b;
	int order = strcmp(one->suffix, other->suffix);

	if (order != 0)
		return order;
	return one->order < other->order ? -1 : one->order > other->order;
}

int
service_types_new(
    const char *file, struct service_types **types_r, struct error *error)
{
	struct service_types *types;

	OBJECT_NEW(types, SERVICE_TYPES_MAGIC);
	if (*file != '\0' && read_file(types, file, error) == -1) {
		service_types_free(&types);
		return -1;
	}
	add_table(types);
	qsort(types->entries, types->count, sizeof(*types->entries), compare);
	*types_r = types;
	return 0;
}

void
service_types_free(struct service_types **source)
{
	struct service_types *types;
	size_t i;

	OBJECT_TAKE(types, source, SERVICE_TYPES_MAGIC);
	for (i = 0; i < types->count; i++)
		memory_free(types->entries[i].type);
	memory_free(types->entries);
	OBJECT_FREE(types);
}

/* The first entry that does not stand before that suffix. */
static size_t
find_first(const struct service_types *types, const char *suffix)
{
	size_t low = 0, high = types->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(types->entries[middle].suffix, suffix) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* A name that begins with its only dot has no suffix. */
static const char *
suffix_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;
	const char *dot = strrchr(name, '.');

	return dot == NULL || dot == name ? "" : dot + 1;
}

const char *
service_types_find(const struct service_types *types, const char *path)
{
	char suffix[SUFFIX_MAX + 1];
	size_t index;

	OBJECT_CHECK(types, SERVICE_TYPES_MAGIC);
	if (fold(suffix, suffix_of(path)) == -1)
		return UNKNOWN_TYPE;
	index = find_first(types, suffix);
	if (index == types->count ||
	    strcmp(types->entries[index].suffix, suffix) != 0)
		return UNKNOWN_TYPE;
	return types->entries[index].type;
}
