/* SPDX-License-Identifier: ISC */
/*
 * The only place that reaches members by offset; that each has the C type
 * its option's type says is checked when this file is compiled.
 */
#include "config/config_option.h"

#include <inttypes.h>
#include <string.h>

#include "base/base_memory.h"
#include "base/base_panic.h"
#include "config/config_list.h"
#include "config/config_settings.h"
#include "config/config_value.h"

#define STRUCT_ROOT     struct settings
#define STRUCT_LISTEN   struct settings_listener
#define STRUCT_HTTP     struct settings_http
#define STRUCT_MOUNT    struct settings_mount
#define STRUCT_FILES    struct settings_mount
#define STRUCT_MODULE   struct settings_mount
#define STRUCT_REDIRECT struct settings_mount

#define MEMBER_TEXT     char *
#define MEMBER_PATH     char *
#define MEMBER_PATHS    char *
#define MEMBER_NETWORKS char *
#define MEMBER_CALLS    char *
#define MEMBER_WORD     char *
#define MEMBER_COUNT    uint64_t
#define MEMBER_DURATION uint64_t
#define MEMBER_SIZE     uint64_t
#define MEMBER_MODE     uint64_t
#define MEMBER_BOOLEAN  bool

/* clang-format off */
#define OPTION(section, name, type, value, allowed, text)                  \
	_Static_assert(_Generic(((STRUCT_##section *)NULL)->name,          \
	    MEMBER_##type: 1, default: 0),                                 \
	    #section " " #name " is no " #type);
/* clang-format on */
#define ANY
#define SOME
#define RANGE(least, most)
#define WORDS(...)
#include "config/config_option.tbl"
#undef OPTION
#undef SOME
#undef RANGE
#undef WORDS

#define OPTION(section_, name_, type_, default_, allowed, text_) \
	{ .section = CONFIG_SECTION_##section_,                  \
		.type = CONFIG_TYPE_##type_,                     \
		.name = #name_,                                  \
		.default_text = default_,                        \
		.offset = offsetof(STRUCT_##section_, name_),    \
		.text = text_,                                   \
		allowed },
#define SOME               .needed = true,
#define RANGE(least, most) .minimum = (least), .maximum = (most),
#define WORDS(...) \
	.needed = true, .words = (const char *const[]) { __VA_ARGS__, NULL },

static const struct config_option options[] = {
#include "config/config_option.tbl"
};

#define OPTION_COUNT (sizeof(options) / sizeof(options[0]))

const struct config_option *
config_option_next(
    enum config_section section, const struct config_option *previous)
{
	const struct config_option *option;

	option = previous == NULL ? options : previous + 1;
	while (option < options + OPTION_COUNT && option->section != section)
		option++;
	return option < options + OPTION_COUNT ? option : NULL;
}

const struct config_option *
config_option_find(enum config_section section, const char *name)
{
	const struct config_option *option = NULL;

	while ((option = config_option_next(section, option)) != NULL &&
	    strcmp(option->name, name) != 0)
		;
	return option;
}

void
config_option_set_defaults(enum config_section section, void *object)
{
	const struct config_option *option = NULL;
	struct error error;

	while ((option = config_option_next(section, option)) != NULL) {
		if (option->default_text != NULL &&
		    config_option_set(option, object, option->default_text,
			NULL, &error) == -1)
			panic("default of %s: %s", option->name, error.text);
	}
}

static bool
is_text(const struct config_option *option)
{
	switch (option->type) {
	case CONFIG_TYPE_TEXT:
	case CONFIG_TYPE_PATH:
	case CONFIG_TYPE_PATHS:
	case CONFIG_TYPE_NETWORKS:
	case CONFIG_TYPE_CALLS:
	case CONFIG_TYPE_WORD:
		return true;
	default:
		return false;
	}
}

void
config_option_free(enum config_section section, void *object)
{
	const struct config_option *option = NULL;
	char **member;

	while ((option = config_option_next(section, option)) != NULL) {
		if (!is_text(option))
			continue;
		member = (char **)(void *)((char *)object + option->offset);
		memory_free(*member);
		*member = NULL;
	}
}

static bool
is_word(const struct config_option *option, const char *text)
{
	const char *const *word = option->words;

	while (word != NULL && *word != NULL) {
		if (strcmp(*word, text) == 0)
			return true;
		word++;
	}
	return false;
}

static bool
may_be_empty(const struct config_option *option)
{
	return !option->needed ||
	    (option->default_text != NULL && option->default_text[0] == '\0');
}

static bool
is_fit(const struct config_option *option, const char *text)
{
	if (text[0] == '\0')
		return may_be_empty(option);
	return option->type != CONFIG_TYPE_WORD || is_word(option, text);
}

static int
refuse(
    const struct config_option *option, const char *text, struct error *error)
{
	struct buffer allowed;

	buffer_init(&allowed, 0);
	config_option_describe(option, &allowed);
	config_value_refuse(text, allowed.data, error);
	buffer_fini(&allowed);
	return -1;
}

/* Behind what is wrong with one of a list. */
static int
explain(const struct config_option *option, struct error *error)
{
	const struct error cause = *error;
	struct buffer allowed;

	buffer_init(&allowed, 0);
	config_option_describe(option, &allowed);
	error_set(error, cause.kind, "%s: %s", cause.text, allowed.data);
	buffer_fini(&allowed);
	return -1;
}

/* Of what the type alone does not tell. */
static int
check_text(
    const struct config_option *option, const char *text, struct error *error)
{
	if (config_text_has_controls(text))
		return config_value_refuse(
		    text, "text without control characters", error);
	if (option->type == CONFIG_TYPE_NETWORKS &&
	    config_networks_check(text, error) == -1)
		return explain(option, error);
	if (option->type == CONFIG_TYPE_CALLS)
		return config_calls_check(text, error);
	return 0;
}

/* Words and what is empty are no paths. */
static char *
value_of(
    const struct config_option *option, const char *text, const char *directory)
{
	if (option->type == CONFIG_TYPE_PATHS)
		return config_paths_absolute(text, directory);
	if (option->type == CONFIG_TYPE_PATH && text[0] != '\0' &&
	    !is_word(option, text))
		return config_path_absolute(text, directory);
	return memory_copy_text(text);
}

static int
set_text(const struct config_option *option, char **member, const char *text,
    const char *directory, struct error *error)
{
	if (!is_fit(option, text))
		return refuse(option, text, error);
	if (check_text(option, text, error) == -1)
		return -1;
	memory_free(*member);
	*member = value_of(option, text, directory);
	return 0;
}

static int
set_count(const struct config_option *option, uint64_t *member,
    const char *text, struct error *error)
{
	if (option->words == NULL)
		return config_count_parse(
		    text, option->minimum, option->maximum, member, error);
	if (!is_word(option, text))
		return refuse(option, text, error);
	return config_count_parse(text, 0, UINT64_MAX, member, error);
}

int
config_option_set(const struct config_option *option, void *object,
    const char *text, const char *directory, struct error *error)
{
	void *member = (char *)object + option->offset;

	switch (option->type) {
	case CONFIG_TYPE_TEXT:
	case CONFIG_TYPE_PATH:
	case CONFIG_TYPE_PATHS:
	case CONFIG_TYPE_NETWORKS:
	case CONFIG_TYPE_CALLS:
	case CONFIG_TYPE_WORD:
		return set_text(option, member, text, directory, error);
	case CONFIG_TYPE_COUNT:
		return set_count(option, member, text, error);
	case CONFIG_TYPE_DURATION:
		return config_duration_parse(
		    text, option->minimum, option->maximum, member, error);
	case CONFIG_TYPE_SIZE:
		return config_size_parse(
		    text, option->minimum, option->maximum, member, error);
	case CONFIG_TYPE_MODE:
		return config_mode_parse(text, member, error);
	case CONFIG_TYPE_BOOLEAN:
		return config_boolean_parse(text, member, error);
	}
	panic("option %s: type %d", option->name, (int)option->type);
}

void
config_option_print(
    const struct config_option *option, const void *object, struct buffer *to)
{
	const void *member = (const char *)object + option->offset;

	switch (option->type) {
	case CONFIG_TYPE_TEXT:
	case CONFIG_TYPE_PATH:
	case CONFIG_TYPE_PATHS:
	case CONFIG_TYPE_NETWORKS:
	case CONFIG_TYPE_CALLS:
	case CONFIG_TYPE_WORD:
		buffer_append_text(to, *(char *const *)member);
		break;
	case CONFIG_TYPE_COUNT:
		buffer_format(to, "%" PRIu64, *(const uint64_t *)member);
		break;
	case CONFIG_TYPE_DURATION:
		config_duration_print(*(const uint64_t *)member, to);
		break;
	case CONFIG_TYPE_SIZE:
		config_size_print(*(const uint64_t *)member, to);
		break;
	case CONFIG_TYPE_MODE:
		config_mode_print(*(const uint64_t *)member, to);
		break;
	case CONFIG_TYPE_BOOLEAN:
		buffer_append_text(
		    to, *(const bool *)member ? "true" : "false");
		break;
	}
}

void
config_option_assign(
    const struct config_option *option, const char *value, struct buffer *to)
{
	buffer_format(to, "%s = ", option->name);
	if (option->type == CONFIG_TYPE_COUNT ||
	    option->type == CONFIG_TYPE_BOOLEAN)
		buffer_append_text(to, value);
	else
		config_text_quote(value, to);
}

/* Of text, path and word. */
static void
describe_text(const struct config_option *option, struct buffer *to)
{
	static const char *const kinds[] = {
		[CONFIG_TYPE_PATH] = "a path",
		[CONFIG_TYPE_PATHS] = "paths with colons between them",
		[CONFIG_TYPE_NETWORKS] =
		    "networks with spaces between them, as 10.0.0.0/8, "
		    "2001:db8::/32, 192.0.2.1 or unix",
		[CONFIG_TYPE_CALLS] =
		    "names of system calls with spaces between them",
		[CONFIG_TYPE_WORD] = NULL,
	};
	const char *kind;

	if (option->type == CONFIG_TYPE_TEXT)
		kind = option->needed ? "text that is not empty" : "text";
	else
		kind = kinds[option->type];
	if (option->words != NULL)
		config_words_describe(option->words, kind, to);
	else
		buffer_append_text(to, kind);
}

void
config_option_describe(const struct config_option *option, struct buffer *to)
{
	switch (option->type) {
	case CONFIG_TYPE_TEXT:
	case CONFIG_TYPE_PATH:
	case CONFIG_TYPE_PATHS:
	case CONFIG_TYPE_NETWORKS:
	case CONFIG_TYPE_CALLS:
	case CONFIG_TYPE_WORD:
		describe_text(option, to);
		break;
	case CONFIG_TYPE_COUNT:
		if (option->words != NULL)
			config_words_describe(option->words, NULL, to);
		else
			config_count_describe(
			    option->minimum, option->maximum, to);
		break;
	case CONFIG_TYPE_DURATION:
		config_duration_describe(option->minimum, option->maximum, to);
		break;
	case CONFIG_TYPE_SIZE:
		config_size_describe(option->minimum, option->maximum, to);
		break;
	case CONFIG_TYPE_MODE:
		config_mode_describe(to);
		break;
	case CONFIG_TYPE_BOOLEAN:
		config_boolean_describe(to);
		break;
	}
}
