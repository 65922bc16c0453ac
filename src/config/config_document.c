/* SPDX-License-Identifier: ISC */
/*
 * Owns how an option looks in the manual and in the sample; what is said
 * about it stands in the table, the rest in the templates.
 */
#include "config/config_document.h"

#include "config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/base_buffer.h"
#include "base/base_memory.h"
#include "config/config_option.h"

#define DIRECTIVE "@options "
#define FILE_MARK "@config_file@"
#define WIDTH     72 /* of a line of prose, with what stands before it */

static const char *const section_words[CONFIG_SECTION_COUNT] = {
	[CONFIG_SECTION_ROOT] = "ROOT",
	[CONFIG_SECTION_LISTEN] = "LISTEN",
	[CONFIG_SECTION_HTTP] = "HTTP",
	[CONFIG_SECTION_MOUNT] = "MOUNT",
	[CONFIG_SECTION_FILES] = "FILES",
	[CONFIG_SECTION_MODULE] = "MODULE",
	[CONFIG_SECTION_REDIRECT] = "REDIRECT",
};

static const char *const type_words[] = {
	[CONFIG_TYPE_TEXT] = "text",
	[CONFIG_TYPE_PATH] = "path",
	[CONFIG_TYPE_PATHS] = "paths",
	[CONFIG_TYPE_NETWORKS] = "networks",
	[CONFIG_TYPE_CALLS] = "names",
	[CONFIG_TYPE_WORD] = "word",
	[CONFIG_TYPE_COUNT] = "number",
	[CONFIG_TYPE_DURATION] = "duration",
	[CONFIG_TYPE_SIZE] = "size",
	[CONFIG_TYPE_MODE] = "mode",
	[CONFIG_TYPE_BOOLEAN] = "boolean",
};

/* One directive of a template. */
struct directive {
	enum config_section section;
	char *indent; /* what stands before it */
	char *name;   /* option with a value of its own, or NULL */
	char *value;
};

/*
 * Appends words in lines that begin with prefix; a sentence begins a line
 * of its own, if so told, as mdoc wants it.
 */
static void
fill(const char *text, const char *prefix, bool by_sentence, struct buffer *to)
{
	size_t column = 0, size;
	bool is_end = false;

	while (*(text += strspn(text, " ")) != '\0') {
		size = strcspn(text, " ");
		if (column == 0 || column + 1 + size > WIDTH ||
		    (is_end && by_sentence)) {
			if (column != 0)
				buffer_append_byte(to, '\n');
			buffer_append_text(to, prefix);
			column = strlen(prefix);
		} else {
			buffer_append_byte(to, ' ');
			column++;
		}
		buffer_append(to, text, size);
		column += size;
		is_end = text[size - 1] == '.';
		text += size;
	}
	if (column != 0)
		buffer_append_byte(to, '\n');
}

/* "Allowed: ...", where the type alone does not say it. */
static void
append_allowed(const struct config_option *option, const char *prefix,
    bool by_sentence, struct buffer *to)
{
	struct buffer text;

	if (option->words == NULL &&
	    (option->type == CONFIG_TYPE_TEXT ||
		option->type == CONFIG_TYPE_PATH))
		return;
	buffer_init(&text, 0);
	buffer_append_text(&text, "Allowed: ");
	config_option_describe(option, &text);
	buffer_append_byte(&text, '.');
	fill(text.data, prefix, by_sentence, to);
	buffer_fini(&text);
}

static void
append_manual(const struct config_option *option, struct buffer *to)
{
	buffer_format(to, ".It Ic %s No = Ar %s\n", option->name,
	    type_words[option->type]);
	fill(option->text, "", true, to);
	append_allowed(option, "", true, to);
	if (option->default_text == NULL)
		buffer_append_text(to, "No default.\n");
	else if (option->default_text[0] == '\0')
		buffer_append_text(to, "Default: empty.\n");
	else
		buffer_format(to, "Default:\n.Li %s .\n", option->default_text);
}

static void
append_sample(const struct config_option *option,
    const struct directive *directive, struct buffer *to)
{
	const char *value = option->default_text;

	if (directive->name != NULL &&
	    strcmp(directive->name, option->name) == 0)
		value = directive->value;
	fill(option->text, "# ", false, to);
	append_allowed(option, "# ", false, to);
	buffer_format(to, "#%s", directive->indent);
	config_option_assign(option, value == NULL ? "" : value, to);
	buffer_append_byte(to, '\n');
}

static void
append_options(enum config_document kind, const struct directive *directive,
    struct buffer *to)
{
	const struct config_option *option = NULL;
	bool is_first = true;

	while (
	    (option = config_option_next(directive->section, option)) != NULL) {
		if (kind == CONFIG_DOCUMENT_MANUAL) {
			append_manual(option, to);
			continue;
		}
		if (!is_first)
			buffer_append_text(to, "\n");
		append_sample(option, directive, to);
		is_first = false;
	}
}

static int
find_section(const char *word, enum config_section *section_r)
{
	size_t i;

	for (i = 0; i < CONFIG_SECTION_COUNT; i++) {
		if (strcmp(section_words[i], word) == 0) {
			*section_r = (enum config_section)i;
			return 0;
		}
	}
	return -1;
}

/* 1: line is a directive; 0: it is not; -1: it is a wrong one. */
static int
parse_directive(
    const char *line, struct directive *directive, struct error *error)
{
	size_t indent = strspn(line, " \t");
	char *word = NULL;
	int result = 1;

	if (strncmp(line + indent, DIRECTIVE, strlen(DIRECTIVE)) != 0)
		return 0;
	memset(directive, 0, sizeof(*directive));
	if (sscanf(line + indent, DIRECTIVE "%m[A-Z] %m[a-z_] %m[^@]@", &word,
		&directive->name, &directive->value) == 2 ||
	    word == NULL || find_section(word, &directive->section) == -1)
		result = error_set(
		    error, ERROR_RUNTIME, "template: bad directive: %s", line);
	directive->indent = memory_copy_bytes(line, indent);
	free(word);
	return result;
}

static void
directive_fini(struct directive *directive)
{
	memory_free(directive->indent);
	free(directive->name);
	free(directive->value);
}

/* A line of the template that is no directive. */
static void
write_text(const char *line, FILE *to)
{
	const char *mark = strstr(line, FILE_MARK);

	if (mark != NULL) {
		fwrite(line, 1, (size_t)(mark - line), to);
		fputs(COHORT_CONFIG_FILE, to);
		line = mark + strlen(FILE_MARK);
	}
	fputs(line, to);
}

static int
write_line(
    enum config_document kind, const char *line, FILE *to, struct error *error)
{
	struct directive directive;
	struct buffer text;
	int result;

	result = parse_directive(line, &directive, error);
	if (result == 0) {
		write_text(line, to);
		return 0;
	}
	if (result == 1) {
		buffer_init(&text, 0);
		append_options(kind, &directive, &text);
		fwrite(text.data, 1, text.size, to);
		buffer_fini(&text);
	}
	directive_fini(&directive);
	return result == 1 ? 0 : -1;
}

int
config_document_write(
    enum config_document kind, FILE *template, FILE *to, struct error *error)
{
	char *line = NULL;
	size_t capacity = 0;
	int result = 0;

	while (result == 0 && getline(&line, &capacity, template) != -1)
		result = write_line(kind, line, to, error);
	free(line);
	if (result == 0 && (ferror(template) || fflush(to) == EOF))
		result = error_set_errno(error, "document");
	return result;
}
