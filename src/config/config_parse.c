/* SPDX-License-Identifier: ISC */
/*
 * The order decides who wins: defaults, file, command line.  What depends on
 * all of them is looked at last.
 */
#include "config/config_parse.h"

#include "config.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base_memory.h"
#include "config/config_build.h"
#include "config/config_option.h"
#include "config/config_source.h"
#include "config/config_tree.h"
#include "config/config_value.h"

#define COMMAND_PLACE "option -%c"

/* What every step needs. */
struct parse {
	const struct config_overrides *overrides;
	char *directory;
	struct settings *settings;
};

/* Sets an option of the root from option -letter of the command line. */
static int
set_option(const struct parse *parse, const char *name, const char *text,
    char letter, struct error *error)
{
	if (config_option_set(config_option_find(CONFIG_SECTION_ROOT, name),
		parse->settings, text, parse->directory, error) == -1)
		return error_wrap(error, COMMAND_PLACE, letter);
	return 0;
}

/* The default places are those of the one daemon of the system. */
static int
use_no_places(const struct parse *parse, struct error *error)
{
	static const struct {
		const char *option;
		char letter;
	} places[] = { { "pid_file", 'p' }, { "control_socket", 'c' },
		{ "state_directory", 'c' } };
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (set_option(parse, places[i].option, "", places[i].letter,
			error) == -1)
			return -1;
	return 0;
}

/* path is absolute; name is what errors call the file. */
static int
load_file(struct settings *settings, const char *path, const char *name,
    struct error *error)
{
	char *directory =
	    memory_copy_bytes(path, (size_t)(strrchr(path, '/') - path));
	struct buffer text;
	cfg_t *tree;
	int result = -1;

	buffer_init(&text, 0);
	if (config_source_read(path, name, &text, error) == 0 &&
	    config_source_blank(text.data, name, error) == 0 &&
	    config_tree_parse(name, text.data, &tree, error) == 0) {
		result = config_build(tree, name, directory, settings, error);
		config_tree_free(&tree);
	}
	buffer_fini(&text);
	memory_free(directory);
	return result;
}

/* Is there something to serve without a file? */
static bool
is_enough(const struct config_overrides *overrides)
{
	return overrides->listen_count > 0 || overrides->module_count > 0 ||
	    overrides->root != NULL || overrides->has_builtin;
}

static int
apply_file(const struct parse *parse, struct error *error)
{
	const char *name = parse->overrides->file;
	struct settings *settings = parse->settings;

	if (name == NULL && !is_enough(parse->overrides))
		name = COHORT_CONFIG_FILE;
	if ((name == NULL || !parse->overrides->is_root) &&
	    use_no_places(parse, error) == -1)
		return -1;
	if (name == NULL)
		return 0;
	if (name[0] == '/')
		settings->file = memory_copy_text(name);
	else
		settings->file = memory_format("%s/%s", parse->directory, name);
	return load_file(settings, settings->file, name, error);
}

/* USER or USER:GROUP; a group of the file's user is not this one's. */
static int
apply_user(const struct parse *parse, const char *text, struct error *error)
{
	const char *colon = strchr(text, ':');
	size_t size = colon == NULL ? strlen(text) : (size_t)(colon - text);
	char *user;
	int result;

	if (size == 0 || (colon != NULL && colon[1] == '\0')) {
		config_value_refuse(text, "USER or USER:GROUP", error);
		return error_wrap(error, COMMAND_PLACE, 'u');
	}
	user = memory_copy_bytes(text, size);
	result = set_option(parse, "user", user, 'u', error);
	memory_free(user);
	if (result == 0)
		result = set_option(
		    parse, "group", colon == NULL ? "" : colon + 1, 'u', error);
	return result;
}

static int
apply_listeners(const struct parse *parse, struct error *error)
{
	const struct config_overrides *overrides = parse->overrides;
	size_t i;

	if (overrides->listen_count > 0)
		settings_drop_listeners(parse->settings);
	for (i = 0; i < overrides->listen_count; i++) {
		if (settings_add_listener(parse->settings, overrides->listen[i],
			"option -l", error) == NULL)
			return error_wrap(error, COMMAND_PLACE, 'l');
	}
	return 0;
}

/* Puts a mount at "/" as the host's index'th. */
static int
add_mount(const struct parse *parse, size_t index,
    enum settings_service service, const char *text, char letter,
    struct error *error)
{
	bool is_files = service == SETTINGS_SERVICE_FILES;
	struct settings *settings = parse->settings;
	struct settings_host *host = settings_find_host(settings, "*");
	struct settings_mount *mount;
	char place[] = COMMAND_PLACE;

	if (host == NULL)
		host = settings_add_host(settings, "*");
	snprintf(place, sizeof(place), COMMAND_PLACE, letter);
	mount = settings_add_mount(
	    settings, host, index, "/", text == NULL ? "this program" : place);
	mount->service = service;
	if (text == NULL)
		return 0;
	if (config_option_set(is_files ?
		    config_option_find(CONFIG_SECTION_FILES, "files") :
		    config_option_find(CONFIG_SECTION_MODULE, "module"),
		mount, text, parse->directory, error) == -1)
		return error_wrap(error, "%s", place);
	return 0;
}

static int
apply_mounts(const struct parse *parse, struct error *error)
{
	const struct config_overrides *overrides = parse->overrides;
	size_t i, count = 0;

	if (overrides->has_builtin &&
	    add_mount(parse, count++, SETTINGS_SERVICE_MODULE, NULL, 'm',
		error) == -1)
		return -1;
	for (i = 0; i < overrides->module_count; i++) {
		if (add_mount(parse, count++, SETTINGS_SERVICE_MODULE,
			overrides->modules[i], 'm', error) == -1)
			return -1;
	}
	if (overrides->root == NULL)
		return 0;
	return add_mount(
	    parse, count, SETTINGS_SERVICE_FILES, overrides->root, 'r', error);
}

static int
apply_command_line(const struct parse *parse, struct error *error)
{
	const struct config_overrides *overrides = parse->overrides;

	if (apply_listeners(parse, error) == -1 ||
	    apply_mounts(parse, error) == -1)
		return -1;
	if (overrides->workers != NULL &&
	    set_option(parse, "workers", overrides->workers, 'w', error) == -1)
		return -1;
	if (overrides->user != NULL &&
	    apply_user(parse, overrides->user, error) == -1)
		return -1;
	if (overrides->pid_file != NULL &&
	    set_option(parse, "pid_file", overrides->pid_file, 'p', error) ==
		-1)
		return -1;
	if (!overrides->foreground)
		return 0;
	return set_option(parse, "error_log", "stderr", 'f', error);
}

/* One for each CPU that this process may run on. */
static uint64_t
usable_cpus(void)
{
	const struct config_option *option =
	    config_option_find(CONFIG_SECTION_ROOT, "workers");
	cpu_set_t cpus;
	long count;

	if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0)
		count = CPU_COUNT(&cpus);
	else
		count = sysconf(_SC_NPROCESSORS_ONLN);
	if (count < 1)
		return 1;
	return (uint64_t)count < option->maximum ? (uint64_t)count :
						   option->maximum;
}

static int
check_whole(const struct settings *settings, struct error *error)
{
	size_t i, mounts = 0;

	if (settings->listener_count == 0)
		return error_set(error, ERROR_CONFIG,
		    "nowhere to listen: -l ADDRESS, or listen in %s",
		    settings->file == NULL ? "a file given by -c" :
					     settings->file);
	for (i = 0; i < settings->host_count; i++)
		mounts += settings->hosts[i].mount_count;
	if (mounts == 0)
		return error_set(error, ERROR_CONFIG,
		    "nothing to serve: -m MODULE, -r DIRECTORY, or mount in %s",
		    settings->file == NULL ? "a file given by -c" :
					     settings->file);
	return 0;
}

static int
finish(const struct parse *parse, struct error *error)
{
	struct settings *settings = parse->settings;

	if (settings->workers == 0)
		settings->workers = usable_cpus();
	return parse->overrides->is_partial ? 0 : check_whole(settings, error);
}

int
config_parse(const struct config_overrides *overrides,
    struct settings **settings_r, struct error *error)
{
	struct parse parse = { .overrides = overrides };
	int result;

	if (overrides->directory != NULL)
		parse.directory = memory_copy_text(overrides->directory);
	else
		parse.directory = get_current_dir_name();
	if (parse.directory == NULL)
		return error_set_errno(error, "working directory");
	parse.settings = settings_new();
	result = apply_file(&parse, error);
	if (result == 0)
		result = apply_command_line(&parse, error);
	if (result == 0)
		result = finish(&parse, error);
	if (result == 0)
		*settings_r = parse.settings;
	else
		settings_free(&parse.settings);
	memory_free(parse.directory);
	return result;
}
