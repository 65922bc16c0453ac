/* SPDX-License-Identifier: ISC */
/*
 * The options of config_option.tbl as rows, each with its place in a struct
 * of config_settings.h: what parser, printer and manual have in common.
 * Any process, any time; the rows are const.
 */
#ifndef CONFIG_OPTION_H
#define CONFIG_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base_buffer.h"
#include "base/base_error.h"

/* With the struct whose members the options of the section are. */
enum config_section {
	CONFIG_SECTION_ROOT,   /* struct settings */
	CONFIG_SECTION_LISTEN, /* struct settings_listener */
	CONFIG_SECTION_HTTP,   /* struct settings_http */
	CONFIG_SECTION_MOUNT,  /* struct settings_mount: of any kind */
	CONFIG_SECTION_FILES,  /* the same: of that kind */
	CONFIG_SECTION_MODULE,
	CONFIG_SECTION_REDIRECT,
	CONFIG_SECTION_COUNT
};

enum config_type {
	CONFIG_TYPE_TEXT,     /* char * */
	CONFIG_TYPE_PATH,     /* char *, absolute, a word or "" */
	CONFIG_TYPE_PATHS,    /* char *, absolute ones with colons between */
	CONFIG_TYPE_NETWORKS, /* char *, as base_network.h reads it */
	CONFIG_TYPE_CALLS,    /* char *, names of system calls */
	CONFIG_TYPE_WORD,     /* char *, one of the words */
	CONFIG_TYPE_COUNT,    /* uint64_t, as all that follow */
	CONFIG_TYPE_DURATION, /* milliseconds */
	CONFIG_TYPE_SIZE,     /* bytes */
	CONFIG_TYPE_MODE,     /* permissions */
	CONFIG_TYPE_BOOLEAN   /* bool */
};

struct config_option {
	enum config_section section;
	enum config_type type;
	const char *name;
	const char *default_text;  /* NULL: none */
	uint64_t minimum, maximum; /* of numbers */
	const char *const *words;  /* allowed ones, or NULL */
	bool needed;               /* "" is refused (not as default) */
	size_t offset;             /* of the member */
	const char *text;          /* for the manual */
};

/* The row after previous (NULL: the first) in that section, or NULL. */
const struct config_option *config_option_next(
    enum config_section section, const struct config_option *previous);

/* NULL when there is none. */
const struct config_option *config_option_find(
    enum config_section section, const char *name);

/* Gives every member of that section its default. */
void config_option_set_defaults(enum config_section section, void *object);

/* Frees what the members of that section hold. */
void config_option_free(enum config_section section, void *object);

/*
 * Parses text into the option's member of object, which keeps its value if
 * that fails.  Relative paths stand on directory.  The error says what is
 * allowed, not yet where.
 */
int config_option_set(const struct config_option *option, void *object,
    const char *text, const char *directory, struct error *error);

/* Appends the member's value as it would be written, without quotes. */
void config_option_print(
    const struct config_option *option, const void *object, struct buffer *to);

/* Appends NAME = VALUE, with quotes where usual. */
void config_option_assign(
    const struct config_option *option, const char *value, struct buffer *to);

/* Appends what is allowed: "a whole number from 0 to 512". */
void config_option_describe(
    const struct config_option *option, struct buffer *to);

#endif
