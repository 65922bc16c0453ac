/* SPDX-License-Identifier: ISC */
/*
 * Owns the parsing of options and their inheritance.  Values have the units
 * and limits of the configuration, so that an operator and a module author
 * write the same.
 */
#include "app/app_option.h"

#include <stddef.h>
#include <string.h>

#include "base/base_buffer.h"
#include "config/config_value.h"

typedef int option_parser(const char *text, void *member, struct error *error);

static option_parser parse_size, parse_duration, parse_half_close,
    parse_blocking, parse_name;

enum option {
#define APP_OPTION(name, word, member, parser, for_scope) OPTION_##name,
#include "app/app_option.tbl"
#undef APP_OPTION
	OPTION_COUNT
};

static const struct {
	const char *word;
	size_t offset, size; /* of the member */
	option_parser *parse;
	bool for_scope;
} table[OPTION_COUNT] = {
#define APP_OPTION(NAME, text, member, parser, scope)                   \
	[OPTION_##NAME] = { text, offsetof(struct app_options, member), \
		sizeof(((struct app_options *)NULL)->member), parser, scope },
#include "app/app_option.tbl"
#undef APP_OPTION
};

static int
parse_size(const char *text, void *member, struct error *error)
{
	return config_size_parse(text, 0, SETTINGS_BODY_MAX, member, error);
}

static int
parse_duration(const char *text, void *member, struct error *error)
{
	return config_duration_parse(
	    text, 1, SETTINGS_DURATION_MAX, member, error);
}

static int
parse_half_close(const char *text, void *member, struct error *error)
{
	bool keep = strcmp(text, "keep") == 0;

	if (!keep && strcmp(text, "end") != 0)
		return error_set(
		    error, ERROR_CONFIG, "\"%s\": end or keep", text);
	*(bool *)member = keep;
	return 0;
}

static int
parse_blocking(const char *text, void *member, struct error *error)
{
	bool is_blocking = strcmp(text, "yes") == 0;

	if (!is_blocking && strcmp(text, "no") != 0)
		return error_set(
		    error, ERROR_CONFIG, "\"%s\": yes or no", text);
	*(bool *)member = is_blocking;
	return 0;
}

static int
parse_name(const char *text, void *member, struct error *error)
{
	if (*text == '\0')
		return error_set(
		    error, ERROR_CONFIG, "\"\": a name is not empty");
	*(const char **)member = text;
	return 0;
}

static void *
member_of(struct app_options *options, size_t row)
{
	return (char *)options + table[row].offset;
}

static int
unknown_option(const char *key, bool of_route, struct error *error)
{
	char words[256];
	struct buffer list;
	size_t row;

	buffer_init_fixed(&list, words, sizeof(words));
	for (row = 0; row < OPTION_COUNT; row++) {
		if (!of_route && !table[row].for_scope)
			continue;
		buffer_format(
		    &list, "%s%s", list.size == 0 ? "" : ", ", table[row].word);
	}
	return error_set(error, ERROR_CONFIG,
	    "option \"%s\": there is none of that name for %s: %s", key,
	    of_route ? "routes" : "scopes", words);
}

void
app_options_init(struct app_options *options, const struct settings_http *http,
    const struct settings_mount *mount)
{
	*options = (struct app_options) {
		.body_limit = mount->max_body,
		.timeout_ms = http->handler_timeout,
		.keep_half_closed = settings_keeps_half_closed(http),
	};
}

int
app_options_set(struct app_options *options, bool of_route, const char *key,
    const char *value, struct error *error)
{
	size_t row;

	for (row = 0; row < OPTION_COUNT; row++)
		if (strcmp(table[row].word, key) == 0 &&
		    (of_route || table[row].for_scope))
			break;
	if (row == OPTION_COUNT)
		return unknown_option(key, of_route, error);
	if (table[row].parse(value, member_of(options, row), error) != 0)
		return error_wrap(error, "option %s", key);
	options->given |= 1u << row;
	return 0;
}

void
app_options_inherit(
    struct app_options *options, const struct app_options *outer)
{
	size_t row;

	for (row = 0; row < OPTION_COUNT; row++)
		if (table[row].for_scope && !(options->given & 1u << row))
			memcpy(member_of(options, row),
			    (const char *)outer + table[row].offset,
			    table[row].size);
}
