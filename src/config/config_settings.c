/* SPDX-License-Identifier: ISC */
/*
 * What the option table knows is given its default and freed through it;
 * here stands only what it does not know.
 */
#include "config/config_settings.h"

#include <string.h>
#include <unistd.h>

#include "base/base_object.h"
#include "config/config_address.h"
#include "config/config_option.h"

/* Of any kind, so that none of the members is undefined. */
static const enum config_section mount_sections[] = {
	CONFIG_SECTION_MOUNT,
	CONFIG_SECTION_FILES,
	CONFIG_SECTION_MODULE,
	CONFIG_SECTION_REDIRECT,
};

#define MOUNT_SECTION_COUNT (sizeof(mount_sections) / sizeof(mount_sections[0]))

struct settings *
settings_new(void)
{
	struct settings *settings;

	OBJECT_NEW(settings, SETTINGS_MAGIC);
	settings->users = 1;
	config_option_set_defaults(CONFIG_SECTION_ROOT, settings);
	config_option_set_defaults(CONFIG_SECTION_HTTP, &settings->http);
	return settings;
}

static const struct settings_listener *
find_listener(
    const struct settings *settings, const struct config_address *address)
{
	struct config_address other;
	struct error error;
	size_t i;

	for (i = 0; i < settings->listener_count; i++) {
		if (config_address_parse(
			settings->listeners[i].address, &other, &error) == 0 &&
		    config_address_equal(address, &other))
			return &settings->listeners[i];
	}
	return NULL;
}

struct settings_listener *
settings_add_listener(struct settings *settings, const char *address,
    const char *place, struct error *error)
{
	const struct settings_listener *equal;
	struct settings_listener *listener;
	struct config_address parsed;

	if (config_address_parse(address, &parsed, error) == -1)
		return NULL;
	equal = find_listener(settings, &parsed);
	if (equal != NULL) {
		error_set(error, ERROR_CONFIG, "\"%s\": stands already at %s",
		    address, equal->place);
		return NULL;
	}
	settings->listeners = memory_resize(settings->listeners,
	    settings->listener_count + 1, sizeof(*listener));
	listener = &settings->listeners[settings->listener_count++];
	memset(listener, 0, sizeof(*listener));
	config_option_set_defaults(CONFIG_SECTION_LISTEN, listener);
	listener->address = memory_copy_text(address);
	listener->place = memory_copy_text(place);
	return listener;
}

struct settings_host *
settings_add_host(struct settings *settings, const char *name)
{
	struct settings_host *host;

	settings->hosts = memory_resize(
	    settings->hosts, settings->host_count + 1, sizeof(*host));
	host = &settings->hosts[settings->host_count++];
	memset(host, 0, sizeof(*host));
	host->name = memory_copy_text(name);
	return host;
}

struct settings_mount *
settings_add_mount(struct settings *settings, struct settings_host *host,
    size_t index, const char *prefix, const char *place)
{
	struct settings_mount *mount;
	size_t i;

	host->mounts =
	    memory_resize(host->mounts, host->mount_count + 1, sizeof(*mount));
	mount = &host->mounts[index];
	memmove(mount + 1, mount, (host->mount_count - index) * sizeof(*mount));
	host->mount_count++;
	memset(mount, 0, sizeof(*mount));
	for (i = 0; i < MOUNT_SECTION_COUNT; i++)
		config_option_set_defaults(mount_sections[i], mount);
	mount->prefix = memory_copy_text(prefix);
	mount->place = memory_copy_text(place);
	mount->max_body = settings->http.max_body;
	return mount;
}

void
settings_add_pair(
    struct settings_mount *mount, const char *name, const char *value)
{
	struct settings_pair *pair;

	mount->set =
	    memory_resize(mount->set, mount->set_count + 1, sizeof(*pair));
	pair = &mount->set[mount->set_count++];
	pair->name = memory_copy_text(name);
	pair->value = memory_copy_text(value);
}

struct settings_host *
settings_find_host(const struct settings *settings, const char *name)
{
	size_t i;

	for (i = 0; i < settings->host_count; i++) {
		if (strcmp(settings->hosts[i].name, name) == 0)
			return &settings->hosts[i];
	}
	return NULL;
}

void
settings_drop_listeners(struct settings *settings)
{
	struct settings_listener *listener;

	while (settings->listener_count > 0) {
		listener = &settings->listeners[--settings->listener_count];
		config_option_free(CONFIG_SECTION_LISTEN, listener);
		memory_free(listener->address);
		memory_free(listener->place);
	}
	memory_free(settings->listeners);
	settings->listeners = NULL;
}

static void
mount_fini(struct settings_mount *mount)
{
	size_t i;

	for (i = 0; i < MOUNT_SECTION_COUNT; i++)
		config_option_free(mount_sections[i], mount);
	for (i = 0; i < mount->set_count; i++) {
		memory_free(mount->set[i].name);
		memory_free(mount->set[i].value);
	}
	memory_free(mount->set);
	memory_free(mount->prefix);
	memory_free(mount->place);
}

static void
host_fini(struct settings_host *host)
{
	size_t i;

	for (i = 0; i < host->mount_count; i++)
		mount_fini(&host->mounts[i]);
	memory_free(host->mounts);
	memory_free(host->name);
}

const struct settings_mount *
settings_find_mount(const struct settings *settings, uint16_t number)
{
	size_t i, before = 1;

	if (number == 0)
		return NULL;
	for (i = 0; i < settings->host_count; i++) {
		if (number - before < settings->hosts[i].mount_count)
			return &settings->hosts[i].mounts[number - before];
		before += settings->hosts[i].mount_count;
	}
	return NULL;
}

bool
settings_has_module(const struct settings *settings, const char *path)
{
	const struct settings_mount *mount;
	uint16_t number;

	for (number = 1;
	     (mount = settings_find_mount(settings, number)) != NULL; number++)
		if (mount->module != NULL && strcmp(mount->module, path) == 0)
			return true;
	return false;
}

uint16_t
settings_mount_number(
    const struct settings *settings, const struct settings_mount *mount)
{
	const struct settings_host *host;
	size_t i, before = 1;

	for (i = 0; i < settings->host_count; i++) {
		host = &settings->hosts[i];
		if (mount >= host->mounts &&
		    mount < host->mounts + host->mount_count)
			return (
			    uint16_t)(before + (size_t)(mount - host->mounts));
		before += host->mount_count;
	}
	panic("a mount that is not in these settings");
}

bool
settings_keeps_half_closed(const struct settings_http *http)
{
	return strcmp(http->half_close, "keep") == 0;
}

bool
settings_reads_forwarded(const struct settings_http *http)
{
	return strcmp(http->proxy_fields, "forwarded") == 0;
}

char *
settings_spool(const struct settings_http *http)
{
	return memory_format(
	    "%s/cohort-bodies-%u", http->body_directory, (unsigned)geteuid());
}

struct settings *
settings_hold(struct settings *settings)
{
	OBJECT_CHECK(settings, SETTINGS_MAGIC);
	settings->users++;
	return settings;
}

void
settings_free(struct settings **settings)
{
	struct settings *freed;
	size_t i;

	OBJECT_TAKE(freed, settings, SETTINGS_MAGIC);
	if (--freed->users > 0)
		return;
	settings_drop_listeners(freed);
	for (i = 0; i < freed->host_count; i++)
		host_fini(&freed->hosts[i]);
	memory_free(freed->hosts);
	config_option_free(CONFIG_SECTION_HTTP, &freed->http);
	config_option_free(CONFIG_SECTION_ROOT, freed);
	memory_free(freed->file);
	OBJECT_FREE(freed);
}
