/* SPDX-License-Identifier: ISC */
/*
 * Each option is the text that the file would have for it, so that the table
 * says here too what is allowed.
 */
#include "config/config_json.h"

#include <string.h>

#include "base/base_buffer.h"
#include "base/base_memory.h"
#include "config/config_option.h"

static const struct {
	const char *word;
	enum config_section section;
} services[] = {
	[SETTINGS_SERVICE_NONE] = { "none", CONFIG_SECTION_MOUNT },
	[SETTINGS_SERVICE_FILES] = { "files", CONFIG_SECTION_FILES },
	[SETTINGS_SERVICE_MODULE] = { "module", CONFIG_SECTION_MODULE },
	[SETTINGS_SERVICE_REDIRECT] = { "redirect", CONFIG_SECTION_REDIRECT },
};

#define SERVICE_COUNT (sizeof(services) / sizeof(services[0]))

/* ---- texts ---- */

json_t *
config_json_put_bytes(const void *data, size_t size)
{
	const unsigned char *bytes = data;
	struct buffer wide;
	json_t *json;
	size_t i;

	buffer_init(&wide, 0);
	for (i = 0; i < size; i++) {
		if (bytes[i] < 0x80) {
			buffer_append_byte(&wide, (char)bytes[i]);
			continue;
		}
		buffer_append_byte(&wide, (char)(0xc0 | bytes[i] >> 6));
		buffer_append_byte(&wide, (char)(0x80 | (bytes[i] & 0x3f)));
	}
	json = json_stringn(wide.size == 0 ? "" : wide.data, wide.size);
	buffer_fini(&wide);
	return json;
}

json_t *
config_json_put_text(const char *text)
{
	return text == NULL ? json_null() :
			      config_json_put_bytes(text, strlen(text));
}

char *
config_json_take_bytes(const json_t *json, size_t *size_r)
{
	const char *from = json_string_value(json);
	size_t i, count = 0, size = json_string_length(json);
	unsigned char byte;
	char *bytes;

	if (from == NULL)
		return NULL;
	bytes = memory_alloc(size + 1);
	for (i = 0; i < size; i++) {
		byte = (unsigned char)from[i];
		if (byte > 0xc3) {
			memory_free(bytes);
			return NULL;
		}
		if (byte >= 0x80)
			byte = (unsigned char)(byte << 6 | (from[++i] & 0x3f));
		bytes[count++] = (char)byte;
	}
	*size_r = count;
	return bytes;
}

char *
config_json_take_text(const json_t *json)
{
	size_t size;
	char *text = config_json_take_bytes(json, &size);

	if (text != NULL && strlen(text) != size) {
		memory_free(text);
		return NULL;
	}
	return text;
}

/* ---- to ---- */

static void
put_options(json_t *to, enum config_section section, const void *object)
{
	const struct config_option *option = NULL;
	struct buffer value;

	buffer_init(&value, 0);
	while ((option = config_option_next(section, option)) != NULL) {
		buffer_clear(&value);
		config_option_print(option, object, &value);
		json_object_set_new(to, option->name,
		    config_json_put_text(value.size == 0 ? "" : value.data));
	}
	buffer_fini(&value);
}

static json_t *
options_of(enum config_section section, const void *object)
{
	json_t *options = json_object();

	put_options(options, section, object);
	return options;
}

static json_t *
put_listener(const struct settings_listener *listener)
{
	return json_pack("{s:o, s:o, s:o}", "address",
	    config_json_put_text(listener->address), "place",
	    config_json_put_text(listener->place), "options",
	    options_of(CONFIG_SECTION_LISTEN, listener));
}

static json_t *
put_pairs(const struct settings_mount *mount)
{
	json_t *pairs = json_array();
	size_t i;

	for (i = 0; i < mount->set_count; i++)
		json_array_append_new(pairs,
		    json_pack("[o, o]",
			config_json_put_text(mount->set[i].name),
			config_json_put_text(mount->set[i].value)));
	return pairs;
}

/* COHORT_MAIN's module has no path. */
static bool
has_options(const struct settings_mount *mount)
{
	return mount->service != SETTINGS_SERVICE_MODULE ||
	    mount->module != NULL;
}

static json_t *
put_mount(const struct settings_mount *mount)
{
	json_t *options = options_of(CONFIG_SECTION_MOUNT, mount);

	if (has_options(mount))
		put_options(options, services[mount->service].section, mount);
	return json_pack("{s:o, s:o, s:s, s:o, s:o}", "prefix",
	    config_json_put_text(mount->prefix), "place",
	    config_json_put_text(mount->place), "service",
	    services[mount->service].word, "options", options, "set",
	    put_pairs(mount));
}

static json_t *
put_host(const struct settings_host *host)
{
	json_t *mounts = json_array();
	size_t i;

	for (i = 0; i < host->mount_count; i++)
		json_array_append_new(mounts, put_mount(&host->mounts[i]));
	return json_pack("{s:o, s:o}", "name", config_json_put_text(host->name),
	    "mounts", mounts);
}

json_t *
config_to_json(const struct settings *settings)
{
	json_t *listeners = json_array(), *hosts = json_array();
	size_t i;

	for (i = 0; i < settings->listener_count; i++)
		json_array_append_new(
		    listeners, put_listener(&settings->listeners[i]));
	for (i = 0; i < settings->host_count; i++)
		json_array_append_new(hosts, put_host(&settings->hosts[i]));
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "file",
	    config_json_put_text(settings->file), "options",
	    options_of(CONFIG_SECTION_ROOT, settings), "http",
	    options_of(CONFIG_SECTION_HTTP, &settings->http), "listeners",
	    listeners, "hosts", hosts);
}

/* ---- from ---- */

static int
take_options(const json_t *from, enum config_section section, void *object,
    struct error *error)
{
	const struct config_option *option = NULL;
	const json_t *value;
	int result = 0;
	char *text;

	while (result == 0 &&
	    (option = config_option_next(section, option)) != NULL) {
		value = json_object_get(from, option->name);
		if (value == NULL)
			continue;
		text = config_json_take_text(value);
		result = text == NULL ?
		    error_set(error, ERROR_RUNTIME, "no text") :
		    config_option_set(option, object, text, "/", error);
		if (result == -1)
			error_wrap(error, "settings: %s", option->name);
		memory_free(text);
	}
	return result;
}

/* Two texts that have to be there; the caller frees both in any case. */
static int
take_two(const json_t *one, const json_t *other, char **one_r, char **other_r,
    struct error *error)
{
	*one_r = config_json_take_text(one);
	*other_r = config_json_take_text(other);
	if (*one_r != NULL && *other_r != NULL)
		return 0;
	return error_set(error, ERROR_RUNTIME, "settings: a text is missing");
}

static int
take_listener(
    const json_t *from, struct settings *settings, struct error *error)
{
	struct settings_listener *listener = NULL;
	char *address, *place;

	if (take_two(json_object_get(from, "address"),
		json_object_get(from, "place"), &address, &place, error) == 0)
		listener =
		    settings_add_listener(settings, address, place, error);
	memory_free(address);
	memory_free(place);
	return listener == NULL ? -1 :
				  take_options(json_object_get(from, "options"),
				      CONFIG_SECTION_LISTEN, listener, error);
}

static int
take_service(
    const json_t *from, struct settings_mount *mount, struct error *error)
{
	const char *word = json_string_value(json_object_get(from, "service"));
	size_t i;

	for (i = 0; word != NULL && i < SERVICE_COUNT; i++) {
		if (strcmp(services[i].word, word) != 0)
			continue;
		mount->service = (enum settings_service)i;
		return 0;
	}
	return error_set(error, ERROR_RUNTIME,
	    "settings: mount \"%s\": there is no service \"%.64s\"",
	    mount->prefix, word == NULL ? "" : word);
}

static int
take_pairs(
    const json_t *from, struct settings_mount *mount, struct error *error)
{
	char *name, *value;
	int result = 0;
	size_t i;

	for (i = 0; result == 0 && i < json_array_size(from); i++) {
		const json_t *pair = json_array_get(from, i);

		result = take_two(json_array_get(pair, 0),
		    json_array_get(pair, 1), &name, &value, error);
		if (result == 0)
			settings_add_pair(mount, name, value);
		memory_free(name);
		memory_free(value);
	}
	return result;
}

static int
take_mount(const json_t *from, struct settings *settings,
    struct settings_host *host, struct error *error)
{
	const json_t *options = json_object_get(from, "options");
	struct settings_mount *mount = NULL;
	char *prefix, *place;

	if (take_two(json_object_get(from, "prefix"),
		json_object_get(from, "place"), &prefix, &place, error) == 0)
		mount = settings_add_mount(
		    settings, host, host->mount_count, prefix, place);
	memory_free(prefix);
	memory_free(place);
	if (mount == NULL || take_service(from, mount, error) == -1 ||
	    take_options(options, CONFIG_SECTION_MOUNT, mount, error) == -1 ||
	    take_pairs(json_object_get(from, "set"), mount, error) == -1)
		return -1;
	return take_options(
	    options, services[mount->service].section, mount, error);
}

static int
take_host(const json_t *from, struct settings *settings, struct error *error)
{
	const json_t *mounts = json_object_get(from, "mounts");
	struct settings_host *host;
	char *name = config_json_take_text(json_object_get(from, "name"));
	size_t i;

	if (name == NULL)
		return error_set(
		    error, ERROR_RUNTIME, "settings: a host has no name");
	host = settings_add_host(settings, name);
	memory_free(name);
	for (i = 0; i < json_array_size(mounts); i++)
		if (take_mount(
			json_array_get(mounts, i), settings, host, error) == -1)
			return -1;
	return 0;
}

static int
take_all(const json_t *from, struct settings *settings, struct error *error)
{
	const json_t *listeners = json_object_get(from, "listeners");
	const json_t *hosts = json_object_get(from, "hosts");
	size_t i;

	settings->file = config_json_take_text(json_object_get(from, "file"));
	if (take_options(json_object_get(from, "options"), CONFIG_SECTION_ROOT,
		settings, error) == -1 ||
	    take_options(json_object_get(from, "http"), CONFIG_SECTION_HTTP,
		&settings->http, error) == -1)
		return -1;
	for (i = 0; i < json_array_size(listeners); i++)
		if (take_listener(
			json_array_get(listeners, i), settings, error) == -1)
			return -1;
	for (i = 0; i < json_array_size(hosts); i++)
		if (take_host(json_array_get(hosts, i), settings, error) == -1)
			return -1;
	if (settings->workers == 0)
		return error_set(error, ERROR_RUNTIME, "settings: no workers");
	return 0;
}

int
config_from_json(
    const json_t *json, struct settings **settings_r, struct error *error)
{
	struct settings *settings;

	if (!json_is_object(json))
		return error_set(error, ERROR_RUNTIME, "settings: none");
	settings = settings_new();
	if (take_all(json, settings, error) == -1) {
		settings_free(&settings);
		return -1;
	}
	*settings_r = settings;
	return 0;
}
