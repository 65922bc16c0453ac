/* SPDX-License-Identifier: ISC */
/*
 * Everything is printed, also what has its default: that is what the reader
 * wants to know.
 */
#include "config/config_print.h"

#include <string.h>

#include "base/base_buffer.h"
#include "config/config_option.h"
#include "config/config_value.h"

static void
indent(unsigned depth, struct buffer *to)
{
	while (depth-- > 0)
		buffer_append_byte(to, '\t');
}

static void
print_options(enum config_section section, const void *object, unsigned depth,
    struct buffer *to)
{
	const struct config_option *option = NULL;
	struct buffer value;

	buffer_init(&value, 0);
	while ((option = config_option_next(section, option)) != NULL) {
		buffer_clear(&value);
		config_option_print(option, object, &value);
		indent(depth, to);
		config_option_assign(
		    option, value.size == 0 ? "" : value.data, to);
		buffer_append_byte(to, '\n');
	}
	buffer_fini(&value);
}

/* WORD "TITLE" { */
static void
print_opening(
    const char *word, const char *title, unsigned depth, struct buffer *to)
{
	indent(depth, to);
	buffer_append_text(to, word);
	if (title != NULL) {
		buffer_append_byte(to, ' ');
		config_text_quote(title, to);
	}
	buffer_append_text(to, " {\n");
}

static void
print_closing(unsigned depth, struct buffer *to)
{
	indent(depth, to);
	buffer_append_text(to, "}\n");
}

static void
print_set(const struct settings_mount *mount, struct buffer *to)
{
	size_t i;

	if (mount->set_count == 0)
		return;
	print_opening("set", NULL, 2, to);
	for (i = 0; i < mount->set_count; i++) {
		indent(3, to);
		buffer_format(to, "%s = ", mount->set[i].name);
		config_text_quote(mount->set[i].value, to);
		buffer_append_byte(to, '\n');
	}
	print_closing(2, to);
}

static void
print_mount(const struct settings_mount *mount, struct buffer *to)
{
	static const enum config_section sections[] = {
		[SETTINGS_SERVICE_NONE] = CONFIG_SECTION_MOUNT,
		[SETTINGS_SERVICE_FILES] = CONFIG_SECTION_FILES,
		[SETTINGS_SERVICE_MODULE] = CONFIG_SECTION_MODULE,
		[SETTINGS_SERVICE_REDIRECT] = CONFIG_SECTION_REDIRECT,
	};

	if (mount->service == SETTINGS_SERVICE_MODULE &&
	    mount->module == NULL) {
		indent(1, to);
		buffer_format(
		    to, "# mount \"%s\": %s\n", mount->prefix, mount->place);
		return;
	}
	print_opening("mount", mount->prefix, 1, to);
	print_options(sections[mount->service], mount, 2, to);
	print_options(CONFIG_SECTION_MOUNT, mount, 2, to);
	print_set(mount, to);
	print_closing(1, to);
}

static void
print_listener(const struct settings_listener *listener, struct buffer *to)
{
	print_opening("listen", listener->address, 0, to);
	print_options(CONFIG_SECTION_LISTEN, listener, 1, to);
	print_closing(0, to);
}

static void
print_host(const struct settings_host *host, struct buffer *to)
{
	size_t i;

	print_opening("host", host->name, 0, to);
	for (i = 0; i < host->mount_count; i++)
		print_mount(&host->mounts[i], to);
	print_closing(0, to);
}

void
config_print(const struct settings *settings, FILE *to)
{
	struct buffer text;
	size_t i;

	buffer_init(&text, 0);
	print_options(CONFIG_SECTION_ROOT, settings, 0, &text);
	for (i = 0; i < settings->listener_count; i++)
		print_listener(&settings->listeners[i], &text);
	print_opening("http", NULL, 0, &text);
	print_options(CONFIG_SECTION_HTTP, &settings->http, 1, &text);
	print_closing(0, &text);
	for (i = 0; i < settings->host_count; i++)
		print_host(&settings->hosts[i], &text);
	fwrite(text.data, 1, text.size, to);
	buffer_fini(&text);
}
