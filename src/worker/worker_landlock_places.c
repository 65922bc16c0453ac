/* SPDX-License-Identifier: ISC */
/*
 * One walk over the settings serves whoever checks, tells or allows what they
 * name.  A file or folder that a module's option names and that is not there
 * is found before the first worker starts: there it would look like a bug of
 * the module's.  Later workers do without what has gone meanwhile.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/base_fd.h"
#include "base/base_memory.h"
#include "base/base_words.h"
#include "worker/worker_landlock.h"

#define CORE_PATTERN "/proc/sys/kernel/core_pattern"

struct walk {
	worker_landlock_visit *visit;
	void *context;
};

static int
visit(const struct walk *walk, const struct worker_landlock_place *place,
    struct error *error)
{
	if (place->path == NULL || place->path[0] == '\0')
		return 0;
	return walk->visit(walk->context, place, error);
}

static int
visit_list(const struct walk *walk, const char *paths,
    const struct worker_landlock_place *like, struct error *error)
{
	struct worker_landlock_place place = *like;
	int result = 0;
	char *path;

	while (result == 0 && words_next(&paths, ':', &path)) {
		place.path = path;
		result = visit(walk, &place, error);
		memory_free(path);
	}
	return result;
}

static int
visit_files(const struct walk *walk, const struct settings_mount *mount,
    struct error *error)
{
	const struct worker_landlock_place place = {
		.path = mount->files,
		.access = WORKER_LANDLOCK_READ,
		.option = "files",
		.mount = mount,
	};

	return visit(walk, &place, error);
}

static int
visit_module(const struct walk *walk, const struct settings_mount *mount,
    struct error *error)
{
	const struct worker_landlock_place to_read = {
		.access = WORKER_LANDLOCK_READ,
		.option = "read",
		.mount = mount,
	};
	const struct worker_landlock_place to_write = {
		.access = WORKER_LANDLOCK_WRITE,
		.option = "write",
		.mount = mount,
	};

	if (visit_list(walk, mount->read, &to_read, error) == -1)
		return -1;
	return visit_list(walk, mount->write, &to_write, error);
}

static int
visit_mount(const struct walk *walk, const struct settings_mount *mount,
    struct error *error)
{
	switch (mount->service) {
	case SETTINGS_SERVICE_FILES:
		return visit_files(walk, mount, error);
	case SETTINGS_SERVICE_MODULE:
		return visit_module(walk, mount, error);
	default:
		return 0;
	}
}

/* The kernel writes cores as the process that crashed, wherever its pattern
 * says; relative ones are in core_directory.  NULL: nowhere else; or it is
 * the caller's. */
static char *
folder_of_cores(const struct settings *settings)
{
	char pattern[256];
	ssize_t size = -1;
	const char *slash;
	int fd = -1;

	if (settings->core_dumps)
		fd = open(CORE_PATTERN, O_RDONLY | O_CLOEXEC);
	if (fd != -1)
		size = read(fd, pattern, sizeof(pattern) - 1);
	fd_close(&fd);
	pattern[size > 0 ? size : 0] = '\0';
	slash = strrchr(pattern, '/');
	if (pattern[0] != '/' || slash == pattern ||
	    memchr(pattern, '%', (size_t)(slash - pattern)) != NULL)
		return NULL;
	return memory_copy_bytes(pattern, (size_t)(slash - pattern));
}

static int
visit_cores(const struct walk *walk, const struct settings *settings,
    struct error *error)
{
	char *folder = folder_of_cores(settings);
	const struct worker_landlock_place place = {
		.path = folder,
		.access = WORKER_LANDLOCK_KEEP,
		.option = "core_pattern",
	};
	int result = visit(walk, &place, error);

	memory_free(folder);
	return result;
}

static int
visit_own(const struct walk *walk, const struct settings *settings,
    struct error *error)
{
	const struct worker_landlock_place own[] = {
		{ .path = settings->types,
		    .access = WORKER_LANDLOCK_READ,
		    .option = "types" },
		{ .path = settings->http.body_directory,
		    .access = WORKER_LANDLOCK_KEEP,
		    .option = "body_directory",
		    .is_shared = true },
		{ .path =
			settings->core_dumps ? settings->core_directory : NULL,
		    .access = WORKER_LANDLOCK_KEEP,
		    .option = "core_directory" },
	};
	size_t i;

	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (visit(walk, &own[i], error) == -1)
			return -1;
	return 0;
}

int
worker_landlock_each(const struct settings *settings,
    worker_landlock_visit *function, void *context, struct error *error)
{
	const struct walk walk = { .visit = function, .context = context };
	const struct settings_host *host;
	size_t i, k;

	for (i = 0; i < settings->host_count; i++) {
		host = &settings->hosts[i];
		for (k = 0; k < host->mount_count; k++)
			if (visit_mount(&walk, &host->mounts[k], error) == -1)
				return -1;
	}
	if (visit_own(&walk, settings, error) == -1)
		return -1;
	return visit_cores(&walk, settings, error);
}

/* ---- are they there? ---- */

/* What is not a module's, whoever uses it has words for; but the directory of
 * bodies is only used when there is a large one. */
static bool
is_checked(const struct worker_landlock_place *place)
{
	if (place->mount == NULL)
		return place->is_shared;
	return place->mount->service == SETTINGS_SERVICE_MODULE;
}

/* worker_landlock_visit */
static int
check(void *context, const struct worker_landlock_place *place,
    struct error *error)
{
	const struct settings_mount *mount = place->mount;

	(void)context;
	if (!is_checked(place) || access(place->path, F_OK) == 0)
		return 0;
	error_set_errno(error, "%s \"%s\"", place->option, place->path);
	error->kind = ERROR_CONFIG;
	if (mount == NULL)
		return -1;
	return error_wrap(
	    error, "%s: mount \"%s\"", mount->place, mount->prefix);
}

int
worker_landlock_check(const struct settings *settings, struct error *error)
{
	return worker_landlock_each(settings, check, NULL, error);
}

/* ---- what they are, in words ---- */

struct words {
	struct buffer *to;
	enum worker_landlock_access access;
	bool has_begun;
};

/* Each path once, though several mounts may have it. */
static bool
is_told(const struct buffer *words, const char *quoted)
{
	return words->size > 0 && strstr(words->data, quoted) != NULL;
}

static void
tell_path(struct words *words, const char *path)
{
	static const char *const verbs[] = {
		[WORKER_LANDLOCK_READ] = "read",
		[WORKER_LANDLOCK_WRITE] = "read and write",
		[WORKER_LANDLOCK_KEEP] = "keep files in",
	};
	char *quoted = memory_format(" \"%s\"", path);

	if (!is_told(words->to, quoted)) {
		if (!words->has_begun)
			buffer_format(words->to, ", %s", verbs[words->access]);
		buffer_append_text(words->to, quoted);
		words->has_begun = true;
	}
	memory_free(quoted);
}

/* worker_landlock_visit */
static int
tell(void *context, const struct worker_landlock_place *place,
    struct error *error)
{
	struct words *words = context;

	(void)error;
	if (place->access == words->access)
		tell_path(words, place->path);
	return 0;
}

static void
describe_places(const struct settings *settings, struct buffer *to)
{
	static const enum worker_landlock_access order[] = {
		WORKER_LANDLOCK_READ, WORKER_LANDLOCK_WRITE,
		WORKER_LANDLOCK_KEEP
	};
	struct words words = { .to = to };
	struct error error;
	size_t i;

	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		words.access = order[i];
		words.has_begun = false;
		worker_landlock_each(settings, tell, &words, &error);
	}
}

void
worker_landlock_describe(const struct settings *settings, struct buffer *words)
{
	int version = worker_landlock_version();

	if (!settings->landlock) {
		buffer_append_text(words, "landlock is off");
		return;
	}
	if (version == 0) {
		buffer_append_text(words,
		    "no landlock, as the kernel has none: files are as open "
		    "as their user has them");
		return;
	}
	buffer_format(words,
	    "landlock (version %d): workers may read what programs need",
	    version);
	describe_places(settings, words);
	if (worker_landlock_has_scopes(version))
		buffer_append_text(words,
		    "; signals and abstract sockets reach no other process");
}
