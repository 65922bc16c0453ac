/* SPDX-License-Identifier: ISC */
/*
 * What libconfuse 3.3 lets through, and how it is caught here:
 *
 * - An option given twice: the last one silently wins.  on_option notes the
 *   line in the option's unused default number and refuses the second.
 * - A section whose brace is missing at the end of the file.  An assignment
 *   that only the root knows is appended: inside of a section it fails.
 * - "http|keep_alive = 1" reaches into another section.  on_option and
 *   on_section_end refuse options that are not the section's own.
 * - A section keeps the line of its end only, and one of the same title
 *   silently replaces it, but several mounts may have one prefix.  A hidden
 *   option with a default "to be parsed" calls on_section when a section
 *   begins: it notes the line, and marks the title so that none is equal.
 * - CFGF_KEYSTRVAL sections call no function for what stands in them, and
 *   report each name as an error that is none.  So the text is parsed twice:
 *   first to gather the names of all set sections, then with these names as
 *   options like all others.
 * - The error function is called without context.  The first message waits
 *   in the section's comment, which is not used otherwise.
 */
#include "config/config_tree.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/base_buffer.h"
#include "base/base_memory.h"
#include "base/base_panic.h"
#include "config/config_option.h"
#include "config/config_unknown.h"

/* Hidden options: no name that begins so can be a word of the language. */
#define HIDDEN     '<'
#define BEGIN_NAME "<begin>"
#define END_NAME   "<end>"
#define END_TEXT   "\n" END_NAME " = .\n"

#define TITLE_MARK "\n"
#define SET_NAME   "set"
#define UNKNOWN    "no such option '" /* so begins a message of libconfuse */
#define NAME_BYTES \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"

/* A growing array that ends with CFG_END(). */
struct schema {
	cfg_opt_t *options;
	size_t count;
};

struct names {
	char **list;
	size_t count;
};

static void
schema_add(struct schema *schema, const cfg_opt_t *option)
{
	static const cfg_opt_t end = CFG_END();

	schema->options = memory_resize(
	    schema->options, schema->count + 2, sizeof(*schema->options));
	schema->options[schema->count++] = *option;
	schema->options[schema->count] = end;
}

static bool
owns(cfg_t *section, const cfg_opt_t *option)
{
	unsigned i;

	for (i = 0; i < cfg_num(section); i++) {
		if (cfg_getnopt(section, i) == option)
			return true;
	}
	return false;
}

static int
refuse_foreign(cfg_t *section)
{
	cfg_error(
	    section, "what belongs to a section stands between its braces");
	return -1;
}

/* cfg_callback_t of every option. */
static int
on_option(cfg_t *section, cfg_opt_t *option, const char *value, void *result)
{
	if (!owns(section, option))
		return refuse_foreign(section);
	if (option->def.number != 0) {
		cfg_error(section, "%s: stands already in line %ld",
		    option->name, option->def.number);
		return -1;
	}
	option->def.number = section->line;
	*(const char **)result = value;
	return 0;
}

/* cfg_callback_t of the hidden option that begins a section. */
static int
on_section(cfg_t *section, cfg_opt_t *option, const char *value, void *result)
{
	char *title;

	if (option->def.number != 0 || !owns(section, option))
		return refuse_foreign(section);
	option->def.number = section->line;
	if (section->title != NULL) {
		title = memory_format(TITLE_MARK "%s", section->title);
		memory_free(section->title);
		section->title = title;
	}
	*(const char **)result = value;
	return 0;
}

/* cfg_validate_callback_t of every section. */
static int
on_section_end(cfg_t *parent, cfg_opt_t *option)
{
	return owns(parent, option) ? 0 : refuse_foreign(parent);
}

static void
add_option(struct schema *schema, const char *name)
{
	cfg_opt_t option = CFG_STR_CB(name, NULL, CFGF_NODEFAULT, on_option);

	schema_add(schema, &option);
}

static void
add_options(struct schema *schema, enum config_section section)
{
	const struct config_option *option = NULL;

	while ((option = config_option_next(section, option)) != NULL)
		add_option(schema, option->name);
}

static void
add_section(struct schema *schema, const char *name,
    const struct schema *inside, int flags)
{
	cfg_opt_t option = CFG_SEC(name, inside->options, CFGF_MULTI | flags);

	option.validcb = on_section_end;
	schema_add(schema, &option);
}

/* Starts a schema other than the root's. */
static struct schema
begin_section(char *value)
{
	cfg_opt_t option = CFG_STR_CB(BEGIN_NAME, NULL, CFGF_NONE, on_section);
	struct schema schema = { NULL, 0 };

	option.def.parsed = value;
	schema_add(&schema, &option);
	return schema;
}

/* The whole language; libconfuse copies it.  names NULL: any in set. */
static cfg_t *
make_tree(const struct names *names)
{
	char value[] = "0";
	struct schema root = { NULL, 0 }, listen = begin_section(value),
		      http = begin_section(value), host = begin_section(value),
		      mount = begin_section(value), set = begin_section(value);
	cfg_t *tree;
	size_t i;

	for (i = 0; names != NULL && i < names->count; i++)
		add_option(&set, names->list[i]);
	add_options(&mount, CONFIG_SECTION_FILES);
	add_options(&mount, CONFIG_SECTION_MODULE);
	add_options(&mount, CONFIG_SECTION_REDIRECT);
	add_options(&mount, CONFIG_SECTION_MOUNT);
	add_section(&mount, SET_NAME, &set, names == NULL ? CFGF_KEYSTRVAL : 0);
	add_section(&host, "mount", &mount, CFGF_TITLE);
	add_options(&listen, CONFIG_SECTION_LISTEN);
	add_options(&http, CONFIG_SECTION_HTTP);
	add_options(&root, CONFIG_SECTION_ROOT);
	add_section(&root, "listen", &listen, CFGF_TITLE);
	add_section(&root, "http", &http, 0);
	add_section(&root, "host", &host, CFGF_TITLE);
	add_option(&root, END_NAME);
	tree = cfg_init(root.options, CFGF_NONE);
	if (tree == NULL)
		panic("cfg_init failed");
	memory_free(root.options);
	memory_free(listen.options);
	memory_free(http.options);
	memory_free(host.options);
	memory_free(mount.options);
	memory_free(set.options);
	return tree;
}

/* The name stands between quotes in libconfuse's message. */
static char *
name_in(const char *message)
{
	const char *name = message + strlen(UNKNOWN);
	char *copy = memory_copy_text(name), *end = strrchr(copy, '\'');

	if (end != NULL)
		*end = '\0';
	return copy;
}

static void
append_advice(cfg_t *section, const char *message, struct buffer *to)
{
	const char **words;
	unsigned i, count = 0;
	cfg_opt_t *option;
	char *name;

	if (strcmp(cfg_name(section), SET_NAME) == 0) {
		buffer_append_text(
		    to, ": a name is made of letters, digits, _, . and -");
		return;
	}
	words = memory_alloc_array(cfg_num(section) + 1, sizeof(*words));
	for (i = 0; i < cfg_num(section); i++) {
		option = cfg_getnopt(section, i);
		if (cfg_opt_name(option)[0] != HIDDEN)
			words[count++] = cfg_opt_name(option);
	}
	name = name_in(message);
	config_unknown_describe(name, words, to);
	memory_free(name);
	memory_free(words);
}

/* cfg_errfunc_t: the first message of the section, with its place. */
static void
on_error(cfg_t *section, const char *format, va_list arguments)
{
	struct buffer text;
	char *message;
	bool is_unknown;

	if (section->comment != NULL)
		return;
	message = memory_format_v(format, arguments);
	is_unknown = strncmp(message, UNKNOWN, strlen(UNKNOWN)) == 0;
	buffer_init(&text, 0);
	if (is_unknown && strstr(message, END_NAME) != NULL)
		buffer_format(&text, "%s:%d: %s: no } for the { here",
		    section->filename, config_tree_line(section),
		    cfg_name(section));
	else
		buffer_format(&text, "%s:%d: %s", section->filename,
		    section->line, message);
	if (is_unknown && strstr(message, END_NAME) == NULL)
		append_advice(section, message, &text);
	memory_free(message);
	section->comment = text.data;
}

/* cfg_errfunc_t: of the first parse; the second says what is wrong. */
static void
on_error_ignored(cfg_t *section, const char *format, va_list arguments)
{
}

/* Of the section or of one below it; NULL when nothing was wrong. */
static const char *
find_message(cfg_t *section)
{
	const char *message = section->comment;
	cfg_opt_t *option;
	unsigned i, k;

	for (i = 0; i < cfg_num(section) && message == NULL; i++) {
		option = cfg_getnopt(section, i);
		if (option->type != CFGT_SEC)
			continue;
		for (k = 0; k < cfg_opt_size(option) && message == NULL; k++)
			message = find_message(cfg_opt_getnsec(option, k));
	}
	return message;
}

static int
parse(cfg_t *tree, const char *name, const struct buffer *text,
    cfg_errfunc_t on_message)
{
	FILE *file = fmemopen(text->data, text->size, "r");
	int result;

	if (file == NULL)
		panic("fmemopen failed");
	cfg_set_error_function(tree, on_message);
	tree->filename = memory_copy_text(name);
	result = cfg_parse_fp(tree, file);
	fclose(file);
	return result == CFG_SUCCESS ? 0 : -1;
}

static bool
is_name(const char *text)
{
	return text[0] != '\0' && text[strspn(text, NAME_BYTES)] == '\0';
}

static void
add_name(struct names *names, const char *name)
{
	size_t i;

	for (i = 0; i < names->count; i++) {
		if (strcmp(names->list[i], name) == 0)
			return;
	}
	names->list =
	    memory_resize(names->list, names->count + 1, sizeof(*names->list));
	names->list[names->count++] = memory_copy_text(name);
}

/* Of every set section below this one. */
static void
gather_names(cfg_t *section, struct names *names)
{
	bool is_set = strcmp(cfg_name(section), SET_NAME) == 0;
	cfg_opt_t *option;
	unsigned i, k;

	for (i = 0; i < cfg_num(section); i++) {
		option = cfg_getnopt(section, i);
		if (is_set && is_name(cfg_opt_name(option)))
			add_name(names, cfg_opt_name(option));
		if (option->type != CFGT_SEC)
			continue;
		for (k = 0; k < cfg_opt_size(option); k++)
			gather_names(cfg_opt_getnsec(option, k), names);
	}
}

static void
names_fini(struct names *names)
{
	while (names->count > 0)
		memory_free(names->list[--names->count]);
	memory_free(names->list);
}

int
config_tree_parse(
    const char *name, const char *text, cfg_t **tree_r, struct error *error)
{
	struct names names = { NULL, 0 };
	struct buffer whole;
	const char *message;
	cfg_t *tree;
	int result;

	buffer_init(&whole, 0);
	buffer_append_text(&whole, text);
	buffer_append_text(&whole, END_TEXT);
	tree = make_tree(NULL);
	parse(tree, name, &whole, on_error_ignored);
	gather_names(tree, &names);
	config_tree_free(&tree);

	tree = make_tree(&names);
	result = parse(tree, name, &whole, on_error);
	message = find_message(tree);
	if (message != NULL)
		result = error_set(error, ERROR_CONFIG, "%s", message);
	else if (result == -1)
		error_set(error, ERROR_CONFIG, "%s:%d: syntax error", name,
		    tree->line);
	if (result == 0)
		*tree_r = tree;
	else
		config_tree_free(&tree);
	names_fini(&names);
	buffer_fini(&whole);
	return result;
}

void
config_tree_free(cfg_t **tree)
{
	cfg_free(*tree);
	*tree = NULL;
}

const char *
config_tree_value(cfg_t *section, const char *name, int *line_r)
{
	cfg_opt_t *option = cfg_getopt(section, name);

	if (option == NULL)
		panic("section %s has no %s", cfg_name(section), name);
	if (cfg_opt_size(option) == 0)
		return NULL;
	*line_r = (int)option->def.number;
	return cfg_opt_getstr(option);
}

const char *
config_tree_title(const cfg_t *section)
{
	return section->title + strlen(TITLE_MARK);
}

/* The hidden option stands first in every section but the root. */
int
config_tree_line(cfg_t *section)
{
	return (int)cfg_getnopt(section, 0)->def.number;
}

const char *
config_tree_name(cfg_t *set, unsigned index)
{
	cfg_opt_t *option = cfg_getnopt(set, index + 1);

	return option == NULL ? NULL : cfg_opt_name(option);
}
