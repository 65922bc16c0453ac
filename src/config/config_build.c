/* SPDX-License-Identifier: ISC */
/*
 * http goes first, because mounts inherit from it wherever it stands.
 */
#include "config/config_build.h"

#include <ctype.h>
#include <string.h>

#include "base/base_memory.h"
#include "config/config_option.h"
#include "config/config_self_check.h"
#include "config/config_tree.h"
#include "config/config_value.h"

#define HEADS_LEAST 8 /* of request_memory, in max_head */

struct build {
	const char *name;
	const char *directory;
	struct settings *settings;
};

/* The option that makes a mount of that kind, and the kind's options. */
static const struct service {
	enum settings_service service;
	enum config_section section;
	const char *option;
} services[] = {
	{ SETTINGS_SERVICE_FILES, CONFIG_SECTION_FILES, "files" },
	{ SETTINGS_SERVICE_MODULE, CONFIG_SECTION_MODULE, "module" },
	{ SETTINGS_SERVICE_REDIRECT, CONFIG_SECTION_REDIRECT, "redirect" },
};

#define SERVICE_COUNT (sizeof(services) / sizeof(services[0]))

/* Puts FILE:LINE: NAME before the error. */
static int
place_error(
    const struct build *build, int line, const char *name, struct error *error)
{
	return error_wrap(error, "%s:%d: %s", build->name, line, name);
}

/* The options of that kind which stand in the section. */
static int
apply(const struct build *build, cfg_t *section, enum config_section kind,
    void *object, struct error *error)
{
	const struct config_option *option = NULL;
	const char *text;
	int line;

	while ((option = config_option_next(kind, option)) != NULL) {
		text = config_tree_value(section, option->name, &line);
		if (text != NULL &&
		    config_option_set(
			option, object, text, build->directory, error) == -1)
			return place_error(build, line, option->name, error);
	}
	return 0;
}

/* The section of that name, NULL when it does not stand there. */
static int
find_single(const struct build *build, cfg_t *parent, const char *name,
    cfg_t **section_r, struct error *error)
{
	unsigned count = cfg_size(parent, name);

	*section_r = count == 0 ? NULL : cfg_getnsec(parent, name, 0);
	if (count <= 1)
		return 0;
	return error_set(error, ERROR_CONFIG,
	    "%s:%d: %s: stands already in line %d", build->name,
	    config_tree_line(cfg_getnsec(parent, name, 1)), name,
	    config_tree_line(*section_r));
}

/* A client must not be able to exhaust request_memory, which is an abort:
 * its head lies there, and what is decoded of it. */
static const char *
find_contradiction(const struct settings_http *http)
{
	if (http->max_request_line > http->max_head)
		return "max_request_line is larger than max_head";
	if (http->request_memory / HEADS_LEAST < http->max_head)
		return "request_memory is smaller than 8 times max_head";
	return NULL;
}

static int
build_http(const struct build *build, cfg_t *tree, struct error *error)
{
	struct settings_http *http = &build->settings->http;
	const char *contradiction;
	cfg_t *section;

	if (find_single(build, tree, "http", &section, error) == -1)
		return -1;
	if (section == NULL)
		return 0;
	if (apply(build, section, CONFIG_SECTION_HTTP, http, error) == -1)
		return -1;
	contradiction = find_contradiction(http);
	if (contradiction == NULL)
		return 0;
	return error_set(error, ERROR_CONFIG, "%s:%d: http: %s", build->name,
	    config_tree_line(section), contradiction);
}

static int
build_listener(const struct build *build, cfg_t *section, struct error *error)
{
	int line = config_tree_line(section);
	struct settings_listener *listener;
	char *place;

	place = memory_format("%s:%d", build->name, line);
	listener = settings_add_listener(
	    build->settings, config_tree_title(section), place, error);
	memory_free(place);
	if (listener == NULL)
		return place_error(build, line, "listen", error);
	return apply(build, section, CONFIG_SECTION_LISTEN, listener, error);
}

/* Exactly one of the services' options stands in the section. */
static int
find_service(
    cfg_t *section, const struct service **service_r, struct error *error)
{
	const char *present[SERVICE_COUNT + 1] = { NULL };
	const char *all[SERVICE_COUNT + 1] = { NULL };
	struct buffer text;
	size_t i, count = 0;
	int line;

	for (i = 0; i < SERVICE_COUNT; i++) {
		all[i] = services[i].option;
		if (config_tree_value(section, all[i], &line) == NULL)
			continue;
		present[count++] = all[i];
		*service_r = &services[i];
	}
	if (count == 1)
		return 0;
	buffer_init(&text, 0);
	buffer_append_text(&text, "exactly one of ");
	config_words_describe(all, NULL, &text);
	buffer_append_text(&text, " must stand here, not ");
	for (i = 0; i < count; i++)
		buffer_format(&text, "%s%s", i == 0 ? "" : " and ", present[i]);
	error_set(
	    error, ERROR_CONFIG, "%s%s", text.data, count == 0 ? "none" : "");
	buffer_fini(&text);
	return -1;
}

/* No option of another kind of mount stands in the section. */
static int
check_kind(const struct build *build, cfg_t *section,
    const struct service *service, struct error *error)
{
	const struct config_option *option;
	size_t i;
	int line;

	for (i = 0; i < SERVICE_COUNT; i++) {
		option = NULL;
		while (&services[i] != service &&
		    (option = config_option_next(
			 services[i].section, option)) != NULL) {
			if (config_tree_value(section, option->name, &line) !=
			    NULL)
				return error_set(error, ERROR_CONFIG,
				    "%s:%d: %s: only beside %s", build->name,
				    line, option->name, services[i].option);
		}
	}
	return 0;
}

static int
build_set(const struct build *build, cfg_t *section,
    struct settings_mount *mount, struct error *error)
{
	const char *name, *value;
	unsigned i;
	cfg_t *set;
	int line;

	if (find_single(build, section, "set", &set, error) == -1)
		return -1;
	if (set == NULL)
		return 0;
	if (mount->service != SETTINGS_SERVICE_MODULE)
		return error_set(error, ERROR_CONFIG,
		    "%s:%d: set: only beside module", build->name,
		    config_tree_line(set));
	for (i = 0; (name = config_tree_name(set, i)) != NULL; i++) {
		value = config_tree_value(set, name, &line);
		if (value != NULL)
			settings_add_pair(mount, name, value);
	}
	return 0;
}

/* What the table does not say about the kinds of mounts. */
static int
check_mount(const struct build *build, cfg_t *section,
    const struct settings_mount *mount, struct error *error)
{
	const char *name;
	int line;

	if (mount->redirect != NULL && mount->redirect[0] != '/' &&
	    strstr(mount->redirect, "://") == NULL) {
		config_value_refuse(mount->redirect,
		    "a path that begins with /, or a URL with its scheme",
		    error);
		name = "redirect";
	} else if (strchr(mount->index, '/') != NULL) {
		config_value_refuse(
		    mount->index, "a file name without /", error);
		name = "index";
	} else
		return 0;
	config_tree_value(section, name, &line);
	return place_error(build, line, name, error);
}

static int
fill_mount(const struct build *build, cfg_t *section,
    struct settings_mount *mount, struct error *error)
{
	const struct service *service;

	if (find_service(section, &service, error) == -1)
		return place_error(
		    build, config_tree_line(section), "mount", error);
	mount->service = service->service;
	if (check_kind(build, section, service, error) == -1 ||
	    apply(build, section, service->section, mount, error) == -1 ||
	    apply(build, section, CONFIG_SECTION_MOUNT, mount, error) == -1)
		return -1;
	if (check_mount(build, section, mount, error) == -1)
		return -1;
	return build_set(build, section, mount, error);
}

/* Is the segment, up to the next slash, one that stands for no name? */
static bool
is_void_segment(const char *segment)
{
	size_t size = strcspn(segment, "/");

	return size == 0 || (size == 1 && segment[0] == '.') ||
	    (size == 2 && segment[0] == '.' && segment[1] == '.');
}

/* "/", or segments without a slash at the end; the caller frees it. */
static int
parse_prefix(const char *text, char **prefix_r, struct error *error)
{
	size_t size = strlen(text);
	const char *slash;
	char *prefix;

	while (size > 1 && text[size - 1] == '/')
		size--;
	prefix = memory_copy_bytes(text, size);
	slash = prefix[0] == '/' && size > 1 ? prefix : NULL;
	while (slash != NULL && !is_void_segment(slash + 1))
		slash = strchr(slash + 1, '/');
	if (prefix[0] == '/' && slash == NULL &&
	    prefix[strcspn(prefix, "?#\\")] == '\0' &&
	    !config_text_has_controls(prefix)) {
		*prefix_r = prefix;
		return 0;
	}
	memory_free(prefix);
	config_value_refuse(text,
	    "a path that begins with /, without empty, . or .. segments, "
	    "without ?, # and \\",
	    error);
	return -1;
}

static int
build_mount(const struct build *build, cfg_t *section,
    struct settings_host *host, struct error *error)
{
	int line = config_tree_line(section);
	struct settings_mount *mount;
	char *prefix, *place;

	if (parse_prefix(config_tree_title(section), &prefix, error) == -1)
		return place_error(build, line, "mount", error);
	place = memory_format("%s:%d", build->name, line);
	mount = settings_add_mount(
	    build->settings, host, host->mount_count, prefix, place);
	memory_free(place);
	memory_free(prefix);
	return fill_mount(build, section, mount, error);
}

/* A name, an address, or "*", in lower case; the caller frees it. */
static int
parse_host(const char *text, char **name_r, struct error *error)
{
	char *name = memory_copy_text(text), *byte;
	bool bracketed = name[0] == '[' && strchr(name, ']') != NULL;
	const char *others = bracketed ? "-._[]:" : "-._";

	for (byte = name; *byte != '\0'; byte++) {
		*byte = (char)tolower((unsigned char)*byte);
		if (!isalnum((unsigned char)*byte) &&
		    strchr(others, *byte) == NULL)
			break;
	}
	if (strcmp(name, "*") == 0 || (byte != name && *byte == '\0')) {
		*name_r = name;
		return 0;
	}
	memory_free(name);
	config_value_refuse(text,
	    "a name or address without a port, or * for all others", error);
	return -1;
}

static int
build_host(
    const struct build *build, cfg_t *tree, unsigned index, struct error *error)
{
	cfg_t *section = cfg_getnsec(tree, "host", index);
	int line = config_tree_line(section);
	struct settings *settings = build->settings;
	struct settings_host *host;
	unsigned i;
	char *name;

	if (parse_host(config_tree_title(section), &name, error) == -1)
		return place_error(build, line, "host", error);
	host = settings_find_host(settings, name);
	if (host != NULL) {
		index = (unsigned)(host - settings->hosts);
		memory_free(name);
		return error_set(error, ERROR_CONFIG,
		    "%s:%d: host: \"%s\": stands already in line %d",
		    build->name, line, host->name,
		    config_tree_line(cfg_getnsec(tree, "host", index)));
	}
	host = settings_add_host(settings, name);
	memory_free(name);
	for (i = 0; i < cfg_size(section, "mount"); i++) {
		if (build_mount(build, cfg_getnsec(section, "mount", i), host,
			error) == -1)
			return -1;
	}
	return 0;
}

static int
check_self_check(const struct build *build, cfg_t *tree, struct error *error)
{
	const char *text = build->settings->self_check;
	struct config_self_check check;
	int line;

	if (text[0] == '\0' ||
	    config_self_check_parse(text, &check, error) == 0)
		return 0;
	config_tree_value(tree, "self_check", &line);
	return place_error(build, line, "self_check", error);
}

int
config_build(cfg_t *tree, const char *name, const char *directory,
    struct settings *settings, struct error *error)
{
	const struct build build = {
		.name = name,
		.directory = directory,
		.settings = settings,
	};
	unsigned i;

	if (apply(&build, tree, CONFIG_SECTION_ROOT, settings, error) == -1 ||
	    check_self_check(&build, tree, error) == -1 ||
	    build_http(&build, tree, error) == -1)
		return -1;
	for (i = 0; i < cfg_size(tree, "listen"); i++) {
		if (build_listener(
			&build, cfg_getnsec(tree, "listen", i), error) == -1)
			return -1;
	}
	for (i = 0; i < cfg_size(tree, "host"); i++) {
		if (build_host(&build, tree, i, error) == -1)
			return -1;
	}
	return 0;
}
