/* SPDX-License-Identifier: ISC */
/*
 * Places go first: that an option stands in the wrong section is likelier
 * than that its name is a slip for that of another.
 */
#include "config/config_unknown.h"

#include <stdbool.h>
#include <string.h>

#include "base/base_memory.h"
#include "config/config_option.h"
#include "config/config_value.h"

#define OUTSIDE "outside of all sections"

static const char *const option_places[CONFIG_SECTION_COUNT] = {
	[CONFIG_SECTION_ROOT] = OUTSIDE,
	[CONFIG_SECTION_LISTEN] = "in listen",
	[CONFIG_SECTION_HTTP] = "in http",
	[CONFIG_SECTION_MOUNT] = "in mount",
	[CONFIG_SECTION_FILES] = "in mount",
	[CONFIG_SECTION_MODULE] = "in mount",
	[CONFIG_SECTION_REDIRECT] = "in mount",
};

static const struct {
	const char *name, *place;
} sections[] = {
	{ "listen", OUTSIDE },
	{ "http", OUTSIDE },
	{ "host", OUTSIDE },
	{ "mount", "in host" },
	{ "set", "in mount" },
};

#define SECTION_COUNT (sizeof(sections) / sizeof(sections[0]))
#define PLACES_MAX    (CONFIG_SECTION_COUNT + SECTION_COUNT)

static bool
append_places(const char *name, struct buffer *to)
{
	const char *places[PLACES_MAX + 1];
	size_t i, count = 0;

	for (i = 0; i < CONFIG_SECTION_COUNT; i++) {
		if (config_option_find((enum config_section)i, name) != NULL)
			places[count++] = option_places[i];
	}
	for (i = 0; i < SECTION_COUNT; i++) {
		if (strcmp(sections[i].name, name) == 0)
			places[count++] = sections[i].place;
	}
	places[count] = NULL;
	if (count == 0)
		return false;
	buffer_append_text(to, ": it stands ");
	config_words_describe(places, NULL, to);
	return true;
}

static size_t
least_of(size_t one, size_t other)
{
	return one < other ? one : other;
}

/* Levenshtein's: bytes to be inserted, removed and replaced. */
static size_t
distance(const char *one, const char *other)
{
	size_t size = strlen(other), i, diagonal, above, result;
	size_t *row = memory_alloc_array(size + 1, sizeof(*row));

	for (i = 0; i <= size; i++)
		row[i] = i;
	for (; *one != '\0'; one++) {
		diagonal = row[0]++;
		for (i = 1; i <= size; i++) {
			above = row[i];
			row[i] = least_of(least_of(above, row[i - 1]) + 1,
			    diagonal + (*one != other[i - 1]));
			diagonal = above;
		}
	}
	result = row[size];
	memory_free(row);
	return result;
}

/* Those that are nearest, if a third of the name at most is wrong. */
static size_t
find_near(const char *name, const char *const *words, const char **near)
{
	size_t nearest = (strlen(name) + 2) / 3, count = 0, away;

	for (; *words != NULL; words++) {
		away = distance(name, *words);
		if (away < nearest)
			count = 0;
		nearest = least_of(nearest, away);
		if (away == nearest)
			near[count++] = *words;
	}
	near[count] = NULL;
	return count;
}

void
config_unknown_describe(
    const char *name, const char *const *words, struct buffer *to)
{
	const char **near;
	size_t count = 0;

	if (append_places(name, to))
		return;
	while (words[count] != NULL)
		count++;
	near = memory_alloc_array(count + 1, sizeof(*near));
	if (find_near(name, words, near) > 0) {
		buffer_append_text(to, ": did you mean ");
		config_words_describe(near, NULL, to);
		buffer_append_byte(to, '?');
	} else {
		buffer_append_text(to, ": here may stand ");
		config_words_describe(words, NULL, to);
	}
	memory_free(near);
}
